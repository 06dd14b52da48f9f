//! From YAML to a template: what each mapping must hold.

use pawtrail_event::{InputKey, StepId};

use super::fields::{Fields, Findings, MAX_NAME_BYTES, MAX_TEXT_BYTES, Others, shown};
use super::problem::Place;
use super::yaml::{Kind, Yaml};
use super::{Audit, Enforcement, Step, TriggerMode, roles, weights};

const META: &[&str] = &["key", "name", "version", "description"];
const FULL: &[&str] = &["mission", "steps", "audit_steps"];
const SHORT: &[&str] = &[
    "key",
    "name",
    "version",
    "description",
    "steps",
    "audit_steps",
];
const STEP: &[&str] = &[
    "id",
    "title",
    "description",
    "prompt",
    "prompt_template",
    "expected_output",
    "requires_inputs",
    "depends_on",
    "raci",
    "raci_override_reason",
    "agent_profile",
    "agent-profile",
    "contract_ref",
];
const AUDIT_STEP: &[&str] = &[
    "id",
    "title",
    "description",
    "audit",
    "significance",
    "depends_on",
    "raci",
    "raci_override_reason",
];
const AUDIT: &[&str] = &["trigger_mode", "enforcement", "label", "metadata"];

/// What a template says of itself.
#[derive(Debug, Default)]
pub(super) struct Meta {
    pub(super) key: String,
    pub(super) name: String,
    pub(super) version: String,
    pub(super) description: String,
}

/// What was read, with the places that later checks need.
#[derive(Debug, Default)]
pub(super) struct Read {
    pub(super) meta: Meta,
    pub(super) steps: Vec<Step>,
    pub(super) audits: Vec<Audit>,
    /// Of each step, then of each audit.
    pub(super) marks: Vec<Mark>,
}

/// Where the parts of a step or an audit stand.
#[derive(Debug)]
pub(super) struct Mark {
    pub(super) id: StepId,
    pub(super) place: Place,
    pub(super) depends_on: Vec<(Place, StepId)>,
}

/// Reads a document. What can't be read is left out and reported.
pub(super) fn read(root: &Yaml, directory: &str, findings: &mut Findings) -> Read {
    let mut read = Read::default();
    let Kind::Map(members) = &root.value else {
        let message = format!("a template is a mapping, and this is {}", root.kind());
        findings.problem(root.place, message);
        return read;
    };
    let full = members.iter().any(|(key, _)| key.name == "mission");
    let known = if full { FULL } else { SHORT };
    let Some(top) = Fields::of("the template", root, known, Others::Reported, findings) else {
        return read;
    };
    read.meta = if full {
        top.get("mission")
            .and_then(|yaml| meta(yaml, findings))
            .unwrap_or_default()
    } else {
        short_meta(&top, directory, findings)
    };
    let steps = top.list("steps", findings);
    let audits = top.list("audit_steps", findings);
    for (number, yaml) in steps.iter().enumerate() {
        if let Some((mark, step)) = step(number, yaml, findings) {
            read.steps.extend(step);
            read.marks.push(mark);
        }
    }
    for (number, yaml) in audits.iter().enumerate() {
        if let Some((mark, audit)) = audit_step(number, yaml, findings) {
            read.audits.extend(audit);
            read.marks.push(mark);
        }
    }
    let empty = |name| {
        top.get(name)
            .is_none_or(|yaml| yaml.value == Kind::List(Vec::new()))
    };
    if empty("steps") && empty("audit_steps") {
        findings.problem(root.place, "the template has no steps");
    }
    read
}

fn meta(yaml: &Yaml, findings: &mut Findings) -> Option<Meta> {
    let fields = Fields::of("`mission`", yaml, META, Others::Reported, findings)?;
    let mut required = |name| {
        let found = fields.required(name, MAX_NAME_BYTES, findings);
        found.map(|(_, text)| text.to_owned()).unwrap_or_default()
    };
    Some(Meta {
        key: required("key"),
        name: required("name"),
        version: required("version"),
        description: description(&fields, findings),
    })
}

/// Without `mission:`, what is missing is made up: the name is that of the directory, the key the name.
fn short_meta(top: &Fields<'_>, directory: &str, findings: &mut Findings) -> Meta {
    let mut named = |name| {
        let found = top.optional(name, MAX_NAME_BYTES, findings);
        let filled = found.filter(|(_, text)| !text.trim().is_empty());
        filled.map(|(_, text)| text.to_owned())
    };
    let name = named("name");
    let key = named("key");
    let version = match top.get("version").map(|yaml| &yaml.value) {
        None => "1.0.0".to_owned(),
        Some(Kind::Int(number)) => number.to_string(),
        Some(Kind::Float(number)) => format!("{number:?}"),
        Some(Kind::Null | Kind::Bool(_) | Kind::Text(_) | Kind::List(_) | Kind::Map(_)) => {
            let found = top.required("version", MAX_NAME_BYTES, findings);
            found.map(|(_, text)| text.to_owned()).unwrap_or_default()
        }
    };
    Meta {
        key: key
            .or_else(|| name.clone())
            .unwrap_or_else(|| directory.to_owned()),
        name: name.unwrap_or_else(|| directory.to_owned()),
        version,
        description: description(top, findings),
    }
}

fn description(fields: &Fields<'_>, findings: &mut Findings) -> String {
    text(fields, "description", MAX_TEXT_BYTES, findings).unwrap_or_default()
}

fn text(
    fields: &Fields<'_>,
    name: &'static str,
    limit: usize,
    findings: &mut Findings,
) -> Option<String> {
    let found = fields.optional(name, limit, findings)?;
    Some(found.1.to_owned())
}

/// What steps and audits have in common.
struct Common {
    /// None where it was reported.
    title: Option<String>,
    description: String,
    mark: Mark,
}

impl Mark {
    fn dependencies(&self) -> Vec<StepId> {
        self.depends_on.iter().map(|(_, id)| id.clone()).collect()
    }
}

/// Names a step for messages by its id, where it has one.
fn what(kind: &str, number: usize, yaml: &Yaml) -> String {
    if let Kind::Map(members) = &yaml.value
        && let Some((_, id)) = members.iter().find(|(key, _)| key.name == "id")
        && let Kind::Text(id) = &id.value
    {
        return format!("{kind} `{}`", shown(id));
    }
    format!("{kind} {}", number + 1)
}

fn common(fields: &Fields<'_>, findings: &mut Findings) -> Option<Common> {
    let id = fields
        .required("id", MAX_NAME_BYTES, findings)
        .and_then(|(place, text)| match text.parse::<StepId>() {
            Ok(id) => Some((place, id)),
            Err(error) => {
                findings.problem(place, format!("{}: {error}", fields.what));
                None
            }
        });
    let title = fields.required("title", MAX_NAME_BYTES, findings);
    if let Some((place, text)) = title
        && text.chars().any(char::is_control)
    {
        findings.problem(
            place,
            format!("{}: `title` is more than one line", fields.what),
        );
    }
    let description = description(fields, findings);
    let depends_on = fields.texts("depends_on", findings, |text| {
        text.parse::<StepId>().map_err(|error| error.to_string())
    });
    let (place, id) = id?;
    Some(Common {
        title: title.map(|(_, text)| text.to_owned()),
        description,
        mark: Mark {
            id,
            place,
            depends_on,
        },
    })
}

/// None where nobody can depend on it, because its id can't be read.
fn step(number: usize, yaml: &Yaml, findings: &mut Findings) -> Option<(Mark, Option<Step>)> {
    let fields = Fields::of(
        what("step", number, yaml),
        yaml,
        STEP,
        Others::Reported,
        findings,
    )?;
    let common = common(&fields, findings);
    let prompt = text(&fields, "prompt", MAX_TEXT_BYTES, findings);
    let prompt_template = prompt_template(&fields, findings);
    let expected_output = text(&fields, "expected_output", MAX_TEXT_BYTES, findings);
    let requires_inputs = fields.texts("requires_inputs", findings, |text| {
        text.parse::<InputKey>().map_err(|error| error.to_string())
    });
    let raci = roles::read(&fields, None, findings);
    // Both spellings are in use; the one with the hyphen counts.
    let profile = text(&fields, "agent-profile", MAX_NAME_BYTES, findings);
    let profile_too = text(&fields, "agent_profile", MAX_NAME_BYTES, findings);
    let contract_ref = text(&fields, "contract_ref", MAX_NAME_BYTES, findings);
    let common = common?;
    let step = common.title.map(|title| Step {
        depends_on: common.mark.dependencies(),
        id: common.mark.id.clone(),
        title,
        description: common.description,
        prompt,
        prompt_template,
        expected_output,
        requires_inputs: requires_inputs.into_iter().map(|(_, key)| key).collect(),
        raci,
        agent_profile: profile.or(profile_too),
        contract_ref,
    });
    Some((common.mark, step))
}

/// The name of a file is looked up in fixed places, so it must not lead out of them.
fn prompt_template(fields: &Fields<'_>, findings: &mut Findings) -> Option<String> {
    let (place, text) = fields.optional("prompt_template", MAX_NAME_BYTES, findings)?;
    let inside = !text.is_empty()
        && !text
            .chars()
            .any(|c| c.is_control() || c == '\\' || c == ':')
        && text.split('/').all(|part| !matches!(part, "" | "." | ".."));
    if !inside {
        let message = format!(
            "{}: `prompt_template` is no path relative to the template, with `/` and without `..`",
            fields.what
        );
        findings.problem(place, message);
        return None;
    }
    Some(text.to_owned())
}

fn audit_step(
    number: usize,
    yaml: &Yaml,
    findings: &mut Findings,
) -> Option<(Mark, Option<Audit>)> {
    let what = what("audit step", number, yaml);
    let fields = Fields::of(what, yaml, AUDIT_STEP, Others::Reported, findings)?;
    let common = common(&fields, findings);
    let significance = weights::read(&fields, findings);
    let config = match fields.get("audit") {
        Some(yaml) => {
            let what = format!("{}: `audit`", fields.what);
            Fields::of(what, yaml, AUDIT, Others::Refused, findings)
        }
        None => {
            findings.problem(fields.place, format!("{} has no `audit`", fields.what));
            None
        }
    };
    let config = config.and_then(|config| {
        let trigger_mode = config.word(
            "trigger_mode",
            &[
                ("manual", TriggerMode::Manual),
                ("post_merge", TriggerMode::PostMerge),
                ("both", TriggerMode::Both),
            ],
            findings,
        );
        let enforcement = config.word(
            "enforcement",
            &[
                ("advisory", Enforcement::Advisory),
                ("blocking", Enforcement::Blocking),
            ],
            findings,
        );
        let label = text(&config, "label", MAX_NAME_BYTES, findings);
        let metadata = config
            .get("metadata")
            .filter(|yaml| yaml.value != Kind::Null);
        if let Some(yaml) = metadata
            && !matches!(yaml.value, Kind::Map(_))
        {
            let message = format!(
                "{}: `metadata` is {}, not a mapping",
                config.what,
                yaml.kind()
            );
            findings.problem(yaml.place, message);
        }
        Some((
            trigger_mode?,
            enforcement?,
            label,
            metadata.map(Yaml::to_json),
        ))
    });
    let enforcement = config.as_ref().map(|(_, enforcement, ..)| *enforcement);
    let raci = roles::read(&fields, enforcement, findings);
    if let (Some(Enforcement::Advisory), Some(yaml)) = (enforcement, fields.get("significance")) {
        let message = format!("{}: an advisory audit is never weighed", fields.what);
        findings.warning(yaml.place, message);
    }
    let common = common?;
    let audit = config.zip(common.title).map(|(config, title)| {
        let (trigger_mode, enforcement, label, metadata) = config;
        Audit {
            depends_on: common.mark.dependencies(),
            id: common.mark.id.clone(),
            title,
            description: common.description,
            trigger_mode,
            enforcement,
            label,
            metadata,
            significance,
            raci,
        }
    });
    Some((common.mark, audit))
}
