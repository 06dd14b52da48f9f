//! Templates: which steps a mission has, on what each waits, and which audits stand between them.

mod fields;
mod graph;
mod problem;
mod read;
mod roles;
mod spelling;
mod weights;
mod yaml;

pub use problem::{Place, Problem, TemplateError};

use pawtrail_event::run::raci::Binding;
use pawtrail_event::run::significance::Score;
use pawtrail_event::{InputKey, StepId, TemplateHash};
use serde_json::Value;
use sha2::{Digest, Sha256};

use fields::Findings;
use read::Read;

/// The largest template, in bytes.
pub const MAX_BYTES: usize = 1024 * 1024;

/// A template that can be planned with.
#[derive(Debug, Clone, PartialEq)]
pub struct Template {
    /// The type of mission that it is for.
    pub key: String,
    /// What it is called.
    pub name: String,
    /// Its version, as it is written.
    pub version: String,
    /// What it is for.
    pub description: String,
    /// The steps, in the file's order.
    pub steps: Vec<Step>,
    /// The audits, in the file's order.
    pub audits: Vec<Audit>,
    /// What is odd about the file and does no harm: keys that nobody knows.
    pub warnings: Vec<Problem>,
}

/// Something that an agent does.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Its identity in the template.
    pub id: StepId,
    /// What it is called.
    pub title: String,
    /// What it is for.
    pub description: String,
    /// What the agent is told.
    pub prompt: Option<String>,
    /// The file that says what the agent is told, beside the template or in a project's `command-templates`.
    pub prompt_template: Option<String>,
    /// What it has to leave behind.
    pub expected_output: Option<String>,
    /// What has to be known before it begins.
    pub requires_inputs: Vec<InputKey>,
    /// What has to be complete before it begins.
    pub depends_on: Vec<StepId>,
    /// Its roles, where they are not those of its kind.
    pub raci: Option<Roles>,
    /// The profile of the agent that it is meant for.
    pub agent_profile: Option<String>,
    /// The contract of the step elsewhere; carried along.
    pub contract_ref: Option<String>,
}

/// A checkpoint.
#[derive(Debug, Clone, PartialEq)]
pub struct Audit {
    /// Its identity in the template.
    pub id: StepId,
    /// What it is called.
    pub title: String,
    /// What it is for.
    pub description: String,
    /// When it is made; carried along.
    pub trigger_mode: TriggerMode,
    /// Whether a person has to decide it.
    pub enforcement: Enforcement,
    /// A label; carried along.
    pub label: Option<String>,
    /// Anything more; carried along.
    pub metadata: Option<Value>,
    /// How much hangs on it.
    pub significance: Option<Score>,
    /// What has to be complete before it.
    pub depends_on: Vec<StepId>,
    /// Its roles, where they are not those of its kind.
    pub raci: Option<Roles>,
}

/// When an audit is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TriggerMode {
    /// When its turn comes.
    Manual,
    /// After a merge.
    PostMerge,
    /// Either.
    Both,
}

/// What an audit is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Enforcement {
    /// A step for an agent.
    Advisory,
    /// A question to the mission's owner.
    Blocking,
}

/// The roles that a template gives to a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roles {
    /// Who does it.
    pub responsible: Binding,
    /// Who answers for it: a person.
    pub accountable: Binding,
    /// Who is asked.
    pub consulted: Vec<Binding>,
    /// Who is told.
    pub informed: Vec<Binding>,
    /// Why they are not those of its kind.
    pub override_reason: String,
}

/// A step or an audit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Node<'a> {
    /// A step.
    Step(&'a Step),
    /// An audit.
    Audit(&'a Audit),
}

impl<'a> Node<'a> {
    /// Returns its identity.
    pub fn id(self) -> &'a StepId {
        match self {
            Self::Step(step) => &step.id,
            Self::Audit(audit) => &audit.id,
        }
    }

    /// Returns what it is called.
    pub fn title(self) -> &'a str {
        match self {
            Self::Step(step) => &step.title,
            Self::Audit(audit) => &audit.title,
        }
    }

    /// Returns what has to be complete before it.
    pub fn depends_on(self) -> &'a [StepId] {
        match self {
            Self::Step(step) => &step.depends_on,
            Self::Audit(audit) => &audit.depends_on,
        }
    }

    /// Returns its roles, where the template gives some.
    pub fn roles(self) -> Option<&'a Roles> {
        match self {
            Self::Step(step) => step.raci.as_ref(),
            Self::Audit(audit) => audit.raci.as_ref(),
        }
    }
}

impl Template {
    /// Returns all steps, then all audits: the order in which they are planned.
    pub fn nodes(&self) -> impl Iterator<Item = Node<'_>> {
        let steps = self.steps.iter().map(Node::Step);
        steps.chain(self.audits.iter().map(Node::Audit))
    }

    /// Returns the step or audit with this id.
    pub fn node(&self, id: &StepId) -> Option<Node<'_>> {
        self.nodes().find(|node| node.id() == id)
    }
}

/// Parses a template. One without `mission:` and without a key of its own is called `mission`.
///
/// # Errors
/// With everything that is wrong with it, each with its place.
pub fn parse(text: &str) -> Result<Template, TemplateError> {
    parse_in(text, "mission")
}

/// Parses a template. One without `mission:` and without a key of its own is named after `directory`, where it lies.
///
/// # Errors
/// With everything that is wrong with it, each with its place.
pub fn parse_in(text: &str, directory: &str) -> Result<Template, TemplateError> {
    let mut findings = Findings::default();
    let read = if text.len() > MAX_BYTES {
        let message = format!(
            "the template has {} bytes; the limit is {MAX_BYTES}",
            text.len()
        );
        findings.problem(Place { line: 1, column: 1 }, message);
        Read::default()
    } else {
        match yaml::read(text) {
            Ok(root) => read::read(&root, directory, &mut findings),
            Err(problem) => {
                findings.problems.push(problem);
                Read::default()
            }
        }
    };
    graph::check(&read.marks, &mut findings);
    if !findings.problems.is_empty() {
        findings.problems.sort_by_key(|problem| problem.place);
        return Err(TemplateError {
            problems: findings.problems,
        });
    }
    Ok(Template {
        key: read.meta.key,
        name: read.meta.name,
        version: read.meta.version,
        description: read.meta.description,
        steps: read.steps,
        audits: read.audits,
        warnings: findings.warnings,
    })
}

/// Returns the hash by which a template's bytes are known.
pub fn hash(bytes: &[u8]) -> TemplateHash {
    TemplateHash::of_digest(Sha256::digest(bytes).into())
}

#[cfg(test)]
mod tests;
