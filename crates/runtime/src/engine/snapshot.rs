//! A run as the Python tool's `state.json` shows it: for its readers. Nothing here is ever read back.
//!
//! Source: `MissionRunSnapshot` of spec-kitty 3.2.7.

use pawtrail_event::decision::{Actor, ActorType, GivenAnswer};
use pawtrail_event::run::raci::Source;
use pawtrail_event::{DecisionId, StepId};
use pawtrail_repo::runs::{self, Stored};
use pawtrail_repo::{Project, decisions};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::known::Known;
use crate::error::{Error, Result};
use crate::plan::{Cause, Next};
use crate::raci;
use crate::run::Run;

/// Returns the document.
///
/// # Errors
/// When a record has no form in JSON. None that is here lacks one; a document without it is never made instead.
pub(super) fn state(known: &Known, run: &Run, project: &Project, stored: &Stored) -> Result<Value> {
    let mut inputs: Map<String, Value> = run
        .inputs
        .iter()
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    if let Some(owner) = &run.owner {
        inputs.insert("mission_owner_id".to_owned(), json!(owner));
    }
    if !run.delegations.is_empty() {
        let delegations: Map<String, Value> = run
            .delegations
            .iter()
            .map(|(which, given)| {
                let record = json!({
                    "authority_role": given.authority_role,
                    "rationale_linkage": given.rationale_linkage,
                });
                (String::from(which.clone()), record)
            })
            .collect();
        inputs.insert("llm_delegations".to_owned(), Value::Object(delegations));
    }
    Ok(json!({
        "blocked_reason": blocked(known, run, project),
        "completed_steps": run.completed,
        "decisions": records(known, run)?,
        "inputs": inputs,
        "issued_step_id": run.issued.as_ref().map(|issued| &issued.step_id),
        "mission_id": run.mission_id,
        "mission_key": known.template.key,
        "mission_slug": run.mission_slug,
        "pending_decisions": pending(run),
        "policy_snapshot": {
            "default_route": "same_llm_context",
            "extras": {},
            "strictness": "medium",
        },
        "run_id": known.run_id,
        "template_hash": crate::template::hash(&stored.template),
        "template_path": template_path(run, project, stored),
    }))
}

fn blocked(known: &Known, run: &Run, project: &Project) -> Option<String> {
    match known.plan(project, run).next {
        Next::Blocked(blocked) => match blocked.cause {
            Cause::Block(_) => Some(blocked.reason),
            Cause::TemplateChanged | Cause::Unschedulable(_) => None,
        },
        Next::Step(_) | Next::Decision(_) | Next::Terminal(_) => None,
    }
}

/// The live template where it is a file of the project, or else the frozen one: the Python tool opens it.
fn template_path(run: &Run, project: &Project, stored: &Stored) -> String {
    let live = run
        .template_path
        .as_deref()
        .zip(project.primary())
        .map(|(path, root)| root.join(path))
        .filter(|path| path.is_file());
    let path = live.unwrap_or_else(|| stored.dir.join(runs::TEMPLATE));
    path.to_string_lossy().into_owned()
}

fn pending(run: &Run) -> Map<String, Value> {
    let asker = decisions::actor("pawtrail", ActorType::Service);
    run.pending
        .iter()
        .map(|one| {
            let record = json!({
                "decision_id": one.decision_id,
                "options": one.options,
                "question": one.question,
                "requested_at": zulu(&one.requested_at),
                "requested_by": actor(&asker),
                "step_id": one.step_id,
            });
            (one.decision_id.to_string(), record)
        })
        .collect()
}

/// Answers, and what was found out about steps and audits.
fn records(known: &Known, run: &Run) -> Result<Map<String, Value>> {
    let mut records = Map::new();
    for (id, given) in &run.answered {
        records.insert(id.to_string(), answer(known, run, id, given));
    }
    for node in known.template.nodes() {
        let at_work = run
            .issued
            .as_ref()
            .is_some_and(|issued| issued.step_id == *node.id());
        let weighed = run
            .significance
            .values()
            .any(|one| one.step_id == *node.id());
        if at_work || weighed || run.completed.contains(node.id()) {
            let roles = raci::resolve(node, names(run));
            records.insert(format!("raci:{}", node.id()), written(&roles)?);
        }
    }
    for (id, one) in &run.significance {
        records.insert(format!("significance:{id}"), one.score.to_value());
    }
    for (id, one) in &run.timeouts {
        records.insert(format!("timeout:{id}"), written(one)?);
    }
    for (id, one) in &run.soft_gates {
        let score = run.significance.get(id).map(|one| one.score.to_value());
        records.insert(
            format!("soft_gate:{id}"),
            json!({
                "action": one.action.as_str(),
                "actor": {
                    "actor_id": one.actor.actor_id,
                    "actor_type": one.actor.actor_type.as_str(),
                },
                "decision_id": id,
                "outcome": null,
                "participants": [],
                "significance_score": score,
                "timestamp": null,
            }),
        );
    }
    Ok(records)
}

fn written(record: &impl Serialize) -> Result<Value> {
    serde_json::to_value(record).map_err(|error| Error::Internal(error.to_string()))
}

fn names(run: &Run) -> raci::Known<'_> {
    raci::Known {
        owner: run.owner.as_deref(),
        agent: run.issued.as_ref().map(|issued| issued.agent_id.as_str()),
    }
}

fn answer(known: &Known, run: &Run, id: &DecisionId, given: &GivenAnswer) -> Value {
    use pawtrail_event::run::Delegable;

    let delegation = match given.actor.actor_type {
        ActorType::Llm => run
            .delegations
            .get(&Delegable::One(id.clone()))
            .or_else(|| run.delegations.get(&Delegable::All)),
        ActorType::Human | ActorType::Service => None,
    };
    let audit = id.as_str().strip_prefix("audit:");
    let role = match (audit, delegation) {
        (Some(_), _) => "mission_owner".to_owned(),
        (None, Some(delegation)) => delegation.authority_role.clone(),
        (None, None) => given.actor.actor_type.as_str().to_owned(),
    };
    let mut record = json!({
        "actor_id": given.actor.actor_id,
        "actor_type": given.actor.actor_type.as_str(),
        "answer": given.answer,
        "answered_at": zulu(&given.at),
        "answered_by": actor(&given.actor),
        "authority_role": role,
        "decision_id": id,
        "rationale_linkage": delegation.map(|delegation| &delegation.rationale_linkage),
    });
    let step = audit
        .and_then(|step| step.split('#').next())
        .and_then(|step| step.parse::<StepId>().ok());
    if let Some(node) = step.and_then(|step| known.template.node(&step)) {
        let roles = raci::resolve(node, names(run));
        record["raci_source"] = json!(roles.source.as_str());
        match roles.source {
            Source::Explicit => record["override_reason"] = json!(roles.override_reason),
            Source::Inferred => {}
        }
    }
    record
}

fn actor(actor: &Actor) -> Value {
    json!({
        "actor_id": actor.actor_id,
        "actor_type": actor.actor_type.as_str(),
        "display_name": actor.display_name,
        "model": actor.model,
        "provider": actor.provider,
        "tool": actor.tool,
    })
}

/// The form in which the Python tool's models write times.
fn zulu(at: &str) -> String {
    at.strip_suffix("+00:00")
        .map_or_else(|| at.to_owned(), |at| format!("{at}Z"))
}
