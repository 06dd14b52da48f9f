//! The state of a run: a fold of its log and of the mission's decisions. Nothing else is state.

use std::collections::BTreeMap;

use pawtrail_event::decision::{Actor, Decision, GivenAnswer};
use pawtrail_event::run::{
    Delegable, Delegated, Row, Significance, SoftGated, StepResult, TimedOut,
};
use pawtrail_event::{DecisionId, InputKey, MissionId, MissionSlug, RunId, StepId, TemplateHash};
use serde_json::Value;

use crate::template::Template;

/// Where a run stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// The run.
    pub run_id: RunId,
    /// Whether its log says that it began. Until then all that is known comes from git.
    pub started: bool,
    /// The key of its template, as the log has it.
    pub mission_type: Option<String>,
    /// The mission, as the log has it.
    pub mission_id: Option<MissionId>,
    /// The mission's directory, as the log has it.
    pub mission_slug: Option<MissionSlug>,
    /// The hash of the frozen template, as the log has it.
    pub template_hash: Option<TemplateHash>,
    /// Where the live template is, as the log has it.
    pub template_path: Option<String>,
    /// The step that somebody has.
    pub issued: Option<Issued>,
    /// The complete steps and audits, in the order in which they became so; what is assumed comes first.
    pub completed: Vec<StepId>,
    /// Those of the complete ones that no row says to be: something that came after them proves it.
    pub assumed: Vec<StepId>,
    /// What is known, by its key.
    pub inputs: BTreeMap<String, Value>,
    /// Who decides audits, as it is written: sanitized, like every name in a row.
    pub owner: Option<String>,
    /// What language models may answer.
    pub delegations: BTreeMap<Delegable, Delegated>,
    /// What is asked and not answered, by id.
    pub pending: Vec<Pending>,
    /// The answers that count.
    pub answered: BTreeMap<DecisionId, GivenAnswer>,
    /// What was last done at each soft gate.
    pub soft_gates: BTreeMap<DecisionId, SoftGated>,
    /// What hangs on each audit that was reached.
    pub significance: BTreeMap<DecisionId, Significance>,
    /// What has waited too long.
    pub timeouts: BTreeMap<DecisionId, TimedOut>,
    /// The round of each audit's question, where it isn't the first.
    pub rounds: BTreeMap<StepId, u32>,
    /// What blocks the run, the first thing first.
    pub blocks: Vec<Block>,
    /// Whether its log says that it is complete.
    pub finished: bool,
    /// Whether it continues an earlier run from what git knows.
    pub recovered: bool,
    /// Rows that are no part of the state, with the reason: for those who look for a fault.
    pub ignored: Vec<Ignored>,
}

/// A step that somebody has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issued {
    /// The step.
    pub step_id: StepId,
    /// Who has it.
    pub agent_id: String,
    /// The same agent, as an actor.
    pub actor: Actor,
    /// Since when, as it was written.
    pub at: String,
}

/// A question that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// Its id.
    pub decision_id: DecisionId,
    /// The step that it holds up, where it names one.
    pub step_id: String,
    /// The question.
    pub question: String,
    /// The proposed answers.
    pub options: Vec<String>,
    /// The input that it asks for.
    pub input_key: Option<InputKey>,
    /// Since when, as it was written.
    pub requested_at: String,
}

/// What blocks a run until somebody clears it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block {
    /// A step ended without success.
    Step {
        /// The step.
        step_id: StepId,
        /// How it ended: failed or blocked.
        result: StepResult,
    },
    /// An audit was rejected.
    Rejected {
        /// The audit.
        step_id: StepId,
        /// Its question.
        decision_id: DecisionId,
        /// Who rejected it, as it is written.
        actor_id: String,
    },
    /// An audit's question has an answer that is none.
    NotAnAnswer {
        /// The audit.
        step_id: StepId,
        /// Its question.
        decision_id: DecisionId,
        /// Why it is none.
        reason: String,
    },
}

/// A row that is no part of the state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ignored {
    /// Its place among the rows, from 0.
    pub row: usize,
    /// Why.
    pub reason: String,
}

/// Folds the rows of a run and the mission's decisions to where the run stands.
pub fn fold(run_id: &RunId, rows: &[Row], decisions: &[Decision], template: &Template) -> Run {
    let _ = (rows, decisions, template);
    Run {
        run_id: run_id.clone(),
        started: false,
        mission_type: None,
        mission_id: None,
        mission_slug: None,
        template_hash: None,
        template_path: None,
        issued: None,
        completed: Vec::new(),
        assumed: Vec::new(),
        inputs: BTreeMap::new(),
        owner: None,
        delegations: BTreeMap::new(),
        pending: Vec::new(),
        answered: BTreeMap::new(),
        soft_gates: BTreeMap::new(),
        significance: BTreeMap::new(),
        timeouts: BTreeMap::new(),
        rounds: BTreeMap::new(),
        blocks: Vec::new(),
        finished: false,
        recovered: false,
        ignored: Vec::new(),
    }
}
