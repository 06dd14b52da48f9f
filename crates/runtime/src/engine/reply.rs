//! What `next` says: the document of the Python tool, key by key and in its order.
//!
//! Source: spec-kitty 3.2.7, `next --json`. What is added stands behind, and only where there is something to say.

use pawtrail_event::run::raci::Binding;
use pawtrail_event::time;
use pawtrail_repo::mission::Mission;
use pawtrail_repo::runs::{self, Stored};
use pawtrail_repo::shell::quoted;
use pawtrail_repo::{Project, Receipt};
use serde::Serialize;

use super::answer::Taken;
use crate::discovery;
use crate::error::Result;
use crate::plan::{Cause, Next, Plan, Standing, Why};
use crate::progress::{self, Progress};
use crate::run::{Block, Run};

/// What kind of answer it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A step to do.
    Step,
    /// A question to answer first.
    DecisionRequired,
    /// Nothing until somebody acts.
    Blocked,
    /// All is done.
    Terminal,
    /// How it stands; nothing was written.
    Query,
}

/// Where a step's template was found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Origin {
    /// The kind of place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mission_tier: Option<&'static str>,
    /// The place, relative to the repository.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mission_path: Option<String>,
}

/// The document.
#[derive(Debug, Clone, Serialize)]
#[expect(missing_docs, reason = "the keys are the Python tool's")]
pub struct Document {
    pub kind: Kind,
    pub agent: Option<String>,
    pub mission_slug: String,
    pub mission_number: String,
    pub mission_type: String,
    pub mission: String,
    pub mission_state: String,
    pub timestamp: String,
    pub action: Option<String>,
    pub wp_id: Option<String>,
    pub workspace_path: Option<String>,
    pub prompt_file: Option<String>,
    pub reason: Option<String>,
    pub guard_failures: Vec<String>,
    pub progress: Option<Progress>,
    pub origin: Origin,
    pub run_id: Option<String>,
    pub step_id: Option<String>,
    pub decision_id: Option<String>,
    pub input_key: Option<String>,
    pub question: Option<String>,
    pub options: Option<Vec<String>>,
    pub is_query: bool,
    pub preview_step: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answered: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
    /// What is true of an answer that was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub receipt: Option<Receipt>,
    /// Who has the step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issued_to: Option<String>,
    /// Since when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issued_at: Option<String>,
    /// The command that leads out of a block.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_step: Option<String>,
    /// Who is to be told, where a question has waited too long.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub escalation: Vec<Binding>,
    /// Why this and nothing else, where that was asked.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub explain: Vec<Explained>,
    /// What did not work beside it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// How one step or audit stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explained {
    /// The step or audit.
    pub step_id: String,
    /// In a word.
    pub standing: &'static str,
    /// In a sentence.
    pub why: String,
}

/// What a call of `next` comes to.
#[derive(Debug, Clone)]
pub struct Reply {
    /// What it says.
    pub document: Document,
    why: Vec<Explained>,
}

/// What a document is made of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) project: &'a Project,
    pub(super) mission: &'a Mission,
    pub(super) run: &'a Run,
    pub(super) plan: &'a Plan,
    pub(super) stored: Option<&'a Stored>,
    pub(super) agent: Option<&'a str>,
}

impl Reply {
    /// Says in the document why this comes next and nothing else.
    #[must_use]
    pub fn explained(mut self) -> Self {
        self.document.explain = std::mem::take(&mut self.why);
        self
    }

    /// Says whether nothing can go on until somebody acts.
    pub fn is_blocked(&self) -> bool {
        self.document.kind == Kind::Blocked
    }

    pub(super) fn with_warnings(mut self, warnings: Vec<String>) -> Self {
        self.document.warnings.extend(warnings);
        self
    }

    pub(super) fn with_receipt(mut self, receipt: Option<Receipt>) -> Self {
        self.document.receipt = receipt;
        self
    }

    pub(super) fn with_answer(mut self, taken: &Taken) -> Self {
        self.document.answered = Some(taken.decision_id.to_string());
        self.document.answer = Some(taken.answer.clone());
        self
    }

    /// The answer of a call that changes nothing.
    pub(super) fn query(asked: &Asked<'_>) -> Result<Self> {
        let mut document = empty(asked, Kind::Query)?;
        document.is_query = true;
        let run = asked.run;
        let begun = run.issued.is_some()
            || !run.completed.is_empty()
            || !run.pending.is_empty()
            || !run.answered.is_empty()
            || !run.blocks.is_empty();
        let next = match &asked.plan.next {
            Next::Step(step) => Some(step.step_id.to_string()),
            Next::Decision(decision) => Some(decision.step_id.clone()),
            Next::Blocked(_) | Next::Terminal(_) => None,
        };
        if let (false, Some(next)) = (begun, next) {
            document.mission_state = "not_started".to_owned();
            document.preview_step = Some(next);
            return Ok(Self {
                why: explain(&asked.plan.why),
                document,
            });
        }
        let issued = run.issued.as_ref().map(|issued| issued.step_id.to_string());
        match &asked.plan.next {
            Next::Step(step) => {
                document.mission_state = step.step_id.to_string();
                document.step_id = Some(step.step_id.to_string());
                // What isn't issued yet has none, though an interrupted call may have written it.
                if step.issued.is_some() {
                    document.prompt_file = asked.prompt(step.step_id.as_str());
                }
            }
            Next::Decision(decision) => {
                let step = issued.unwrap_or_else(|| decision.step_id.clone());
                document.mission_state.clone_from(&step);
                document.step_id = Some(step);
                ask(&mut document, asked.plan);
            }
            Next::Blocked(blocked) => {
                document.mission_state = issued.clone().unwrap_or_else(|| "blocked".to_owned());
                document.step_id = issued;
                document.reason = Some(blocked.reason.clone());
                document.next_step = Some(way_out(asked, &blocked.cause));
            }
            Next::Terminal(_) => document.mission_state = "done".to_owned(),
        }
        Ok(Self {
            why: explain(&asked.plan.why),
            document,
        })
    }

    /// The answer of a call that reports something.
    pub(super) fn turn(asked: &Asked<'_>) -> Result<Self> {
        let kind = match &asked.plan.next {
            Next::Step(_) => Kind::Step,
            Next::Decision(_) => Kind::DecisionRequired,
            Next::Blocked(_) => Kind::Blocked,
            Next::Terminal(_) => Kind::Terminal,
        };
        let mut document = empty(asked, kind)?;
        document.origin = origin(asked)?;
        match &asked.plan.next {
            Next::Step(step) => {
                document.mission_state = step.step_id.to_string();
                document.action = Some(step.step_id.to_string());
                document.step_id = Some(step.step_id.to_string());
                document.prompt_file = asked.prompt(step.step_id.as_str());
            }
            Next::Decision(decision) => {
                document.mission_state.clone_from(&decision.step_id);
                document.step_id = Some(decision.step_id.clone());
                let reason = decision.reason.unwrap_or("Decision required");
                document.reason = Some(reason.to_owned());
                document.prompt_file = asked.prompt(decision.decision_id.as_str());
                ask(&mut document, asked.plan);
            }
            Next::Blocked(blocked) => {
                document.reason = Some(blocked.reason.clone());
                document.next_step = Some(way_out(asked, &blocked.cause));
            }
            Next::Terminal(terminal) => {
                document.mission_state = "done".to_owned();
                document.reason = Some(terminal.reason.clone());
            }
        }
        Ok(Self {
            why: explain(&asked.plan.why),
            document,
        })
    }
}

impl Asked<'_> {
    /// The prompt of a step or a question, where it is there.
    fn prompt(&self, name: &str) -> Option<String> {
        let path = runs::prompt_path(self.stored?, name);
        path.is_file().then(|| path.to_string_lossy().into_owned())
    }
}

/// The command that leads out of a block, said by who may.
fn way_out(asked: &Asked<'_>, cause: &Cause) -> String {
    let command = cause.way_out(asked.mission.mission_slug.as_str());
    let governs = match cause {
        Cause::Block(Block::Step { .. }) | Cause::Unschedulable(_) => false,
        Cause::Block(Block::Rejected { .. } | Block::NotAnAnswer { .. })
        | Cause::TemplateChanged => true,
    };
    match (&asked.run.owner, governs) {
        (_, false) => command,
        (None, true) => format!("{command} --actor-type human"),
        (Some(owner), true) => format!("{command} --actor-type human --actor {}", quoted(owner)),
    }
}

fn ask(document: &mut Document, plan: &Plan) {
    let Next::Decision(decision) = &plan.next else {
        return;
    };
    document.decision_id = Some(decision.decision_id.to_string());
    document.input_key = decision
        .input_key
        .as_ref()
        .map(|key| key.as_str().to_owned());
    document.question = Some(decision.question.clone());
    document.options.clone_from(&decision.options);
    document.escalation.clone_from(&decision.escalation);
}

fn empty(asked: &Asked<'_>, kind: Kind) -> Result<Document> {
    let mission = asked.mission;
    Ok(Document {
        kind,
        agent: asked.agent.map(str::to_owned),
        mission_slug: mission.mission_slug.to_string(),
        mission_number: mission
            .number
            .map_or_else(String::new, |number| number.to_string()),
        mission_type: mission.mission_type.clone(),
        mission: mission.mission_type.clone(),
        mission_state: "unknown".to_owned(),
        timestamp: time::iso(asked.project.now()),
        action: None,
        wp_id: None,
        workspace_path: None,
        prompt_file: None,
        reason: None,
        guard_failures: Vec::new(),
        progress: progress::of(asked.project, mission)?,
        origin: Origin::default(),
        run_id: asked.stored.map(|stored| stored.run_id.to_string()),
        step_id: None,
        decision_id: None,
        input_key: None,
        question: None,
        options: None,
        is_query: false,
        preview_step: None,
        answered: None,
        answer: None,
        receipt: None,
        issued_to: asked
            .run
            .issued
            .as_ref()
            .map(|issued| issued.agent_id.clone()),
        issued_at: asked.run.issued.as_ref().map(|issued| issued.at.clone()),
        next_step: None,
        escalation: Vec::new(),
        explain: Vec::new(),
        warnings: Vec::new(),
    })
}

/// Where the run's template is; `unknown` where its log doesn't say.
fn origin(asked: &Asked<'_>) -> Result<Origin> {
    let path = asked.run.template_path.clone();
    let tier = path.as_deref().map_or("unknown", discovery::tier_of);
    Ok(Origin {
        mission_tier: Some(tier),
        mission_path: Some(path.unwrap_or_else(|| "unknown".to_owned())),
    })
}

fn explain(why: &[Why]) -> Vec<Explained> {
    let list = |ids: &[pawtrail_event::StepId]| {
        let ids: Vec<&str> = ids.iter().map(|id| id.as_str()).collect();
        ids.join(", ")
    };
    why.iter()
        .map(|one| {
            let (standing, why) = match &one.standing {
                Standing::Complete => ("complete", "it is complete".to_owned()),
                Standing::Assumed => (
                    "assumed",
                    "it must be complete: something that came after it is known".to_owned(),
                ),
                Standing::Passed => (
                    "passed",
                    "so little hangs on this audit that it passes by itself".to_owned(),
                ),
                Standing::Issued => ("issued", "an agent has it".to_owned()),
                Standing::Blocks => ("blocks", "it blocks the run".to_owned()),
                Standing::Next => (
                    "next",
                    "what it depends on is complete, and it is the first such".to_owned(),
                ),
                Standing::Asks(decision) => ("asks", format!("decision {decision} comes first")),
                Standing::Later => (
                    "later",
                    "what it depends on is complete; others come before it".to_owned(),
                ),
                Standing::Waits(steps) => ("waits", format!("it waits for {}", list(steps))),
            };
            Explained {
                step_id: one.step_id.to_string(),
                standing,
                why,
            }
        })
        .collect()
}
