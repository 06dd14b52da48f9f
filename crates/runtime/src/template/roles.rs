//! How a template says who has which role in a step.

use pawtrail_event::decision::ActorType;
use pawtrail_event::run::raci::Binding;

use super::fields::{Fields, Findings, MAX_NAME_BYTES, MAX_TEXT_BYTES, Others};
use super::yaml::{Kind, Yaml};
use super::{Enforcement, Roles};

const ROLES: &[&str] = &["responsible", "accountable", "consulted", "informed"];
const ROLE: &[&str] = &["actor_type", "actor_id"];

/// Reads the block `raci` of a step, or of an audit of this kind, and why it is there.
pub(super) fn read(
    fields: &Fields<'_>,
    enforcement: Option<Enforcement>,
    findings: &mut Findings,
) -> Option<Roles> {
    let yaml = fields.get("raci").filter(|yaml| yaml.value != Kind::Null);
    let reason = fields.optional("raci_override_reason", MAX_TEXT_BYTES, findings);
    let Some(yaml) = yaml else {
        if let Some((place, _)) = reason {
            let message = format!("{}: `raci_override_reason` without `raci`", fields.what);
            findings.problem(place, message);
        }
        return None;
    };
    let reason = reason.filter(|(_, text)| !text.trim().is_empty());
    if reason.is_none() {
        let message = format!(
            "{}: `raci` needs a `raci_override_reason` that says why",
            fields.what
        );
        findings.problem(yaml.place, message);
    }
    let what = format!("{}: `raci`", fields.what);
    let block = Fields::of(what, yaml, ROLES, Others::Refused, findings)?;
    let one = |name, findings: &mut Findings| {
        let Some(yaml) = block.get(name) else {
            findings.problem(block.place, format!("{} has no `{name}`", block.what));
            return None;
        };
        let role = role(&format!("{}: `{name}`", block.what), yaml, findings)?;
        Some((yaml.place, role))
    };
    let responsible = one("responsible", findings);
    let accountable = one("accountable", findings);
    let many = |name, findings: &mut Findings| -> Vec<Binding> {
        let all = block.list(name, findings).iter();
        all.filter_map(|yaml| role(&format!("{}: `{name}`", block.what), yaml, findings))
            .collect()
    };
    let consulted = many("consulted", findings);
    let informed = many("informed", findings);
    if let Some((place, role)) = &accountable
        && role.actor_type != ActorType::Human
    {
        let message = format!("{}: `accountable` must be human", block.what);
        findings.problem(*place, message);
    }
    if let (Some((place, role)), Some(Enforcement::Blocking)) = (&responsible, enforcement)
        && role.actor_type != ActorType::Human
    {
        let message = format!(
            "{}: `responsible` of a blocking audit must be human",
            block.what
        );
        findings.problem(*place, message);
    }
    let ((_, responsible), (_, accountable), (_, reason)) = (responsible?, accountable?, reason?);
    Some(Roles {
        responsible,
        accountable,
        consulted,
        informed,
        override_reason: reason.to_owned(),
    })
}

fn role(what: &str, yaml: &Yaml, findings: &mut Findings) -> Option<Binding> {
    let fields = Fields::of(what, yaml, ROLE, Others::Refused, findings)?;
    let actor_type = fields.word(
        "actor_type",
        &[
            ("human", ActorType::Human),
            ("llm", ActorType::Llm),
            ("service", ActorType::Service),
        ],
        findings,
    );
    let actor_id = fields.optional("actor_id", MAX_NAME_BYTES, findings);
    Some(Binding {
        actor_type: actor_type?,
        actor_id: actor_id.map(|(_, text)| text.to_owned()),
    })
}
