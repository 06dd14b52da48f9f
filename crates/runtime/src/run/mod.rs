//! The state of a run: a fold of its log and of the mission's decisions. Nothing else is state.

mod decided;
mod log;

pub(crate) use decided::NOT_HUMAN;

use std::collections::{BTreeMap, HashMap, HashSet};

use pawtrail_event::decision::{Actor, Decision, GivenAnswer};
use pawtrail_event::run::{
    Delegable, Delegated, Row, Significance, SoftGated, StepResult, TimedOut,
};
use pawtrail_event::time::Moment;
use pawtrail_event::{DecisionId, InputKey, MissionId, MissionSlug, RunId, StepId, TemplateHash};
use serde_json::Value;

use crate::template::{Node, Template};

/// The input that names the mission's owner.
const OWNER: &str = "mission_owner_id";

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
///
/// An event counts once, however often its row is there. What a row proves holds though other rows are lost: a step that
/// was issued had all that it depends on. `decisions` are those of the mission, whatever run asked for them.
pub fn fold(run_id: &RunId, rows: &[Row], decisions: &[Decision], template: &Template) -> Run {
    let nodes = log::nodes(template);
    let said = log::read(run_id, rows, &nodes);
    let decided = decided::read(run_id, decisions, template, &said.cleared);
    let recovered = match said.started {
        Some(started) => started.recovered,
        None => decided.earlier_run,
    };

    let order: HashMap<&StepId, usize> = template.nodes().map(|node| node.id()).zip(0..).collect();
    let mut at: Vec<(Moment, usize, &StepId)> = said
        .completed
        .iter()
        .copied()
        .chain(decided.approved.iter().copied())
        .filter_map(|(at, id)| Some((Moment::of(at), *order.get(id)?, id)))
        .collect();
    at.sort();
    let mut seen: HashSet<&StepId> = HashSet::new();
    at.retain(|(.., id)| seen.insert(id));

    let mut proofs = said.proofs;
    if recovered {
        proofs.extend(decided.proofs);
    }
    let proven = behind(&proofs, &nodes);
    let held: HashSet<&StepId> = decided
        .blocks
        .iter()
        .map(Block::step_id)
        .chain(said.issued.as_ref().map(|issued| &issued.step_id))
        .collect();
    let assumed: Vec<&StepId> = template
        .nodes()
        .map(Node::id)
        .filter(|id| proven.contains(id) && !seen.contains(id) && !held.contains(id))
        .collect();
    let completed = assumed
        .iter()
        .copied()
        .chain(at.into_iter().map(|(.., id)| id));
    let completed: Vec<StepId> = completed.cloned().collect();

    let mut inputs = said
        .started
        .map(|one| one.inputs.clone())
        .unwrap_or_default();
    inputs.extend(decided.inputs);
    let complete: HashSet<&StepId> = completed.iter().collect();
    let pending = decided::pending(decided.open, template, &complete, &inputs);
    let failed = template.nodes().map(Node::id).filter_map(|id| {
        let result = *said.failed.get(id)?;
        (!complete.contains(id)).then(|| Block::Step {
            step_id: id.clone(),
            result,
        })
    });
    let blocks: Vec<Block> = failed.chain(decided.blocks.iter().cloned()).collect();
    let started = said.started;
    Run {
        run_id: run_id.clone(),
        started: started.is_some(),
        mission_type: started.map(|one| one.mission_type.clone()),
        mission_id: started.and_then(|one| one.mission_id.clone()),
        mission_slug: started.and_then(|one| one.mission_slug.clone()),
        template_hash: said.template_hash,
        template_path: said.template_path,
        issued: said.issued.clone(),
        assumed: assumed.into_iter().cloned().collect(),
        completed,
        // As in the Python tool an input says so, from the start or as an answer, unless somebody was named since.
        owner: said
            .owner
            .or_else(|| Some(inputs.get(OWNER)?.as_str()?.to_owned())),
        inputs,
        delegations: said.delegations,
        pending,
        answered: decided.answered,
        soft_gates: said.soft_gates,
        significance: said.significance,
        timeouts: said.timeouts,
        rounds: decided.rounds,
        blocks,
        finished: said.finished,
        recovered,
        ignored: said.ignored,
    }
}

/// Returns all that these depend on, however far behind.
fn behind<'t>(
    proofs: &HashSet<&StepId>,
    nodes: &HashMap<&'t StepId, Node<'t>>,
) -> HashSet<&'t StepId> {
    let mut found = HashSet::new();
    let mut open: Vec<Node<'t>> = proofs
        .iter()
        .filter_map(|id| nodes.get(id))
        .copied()
        .collect();
    while let Some(node) = open.pop() {
        for id in node.depends_on() {
            if found.insert(id)
                && let Some(node) = nodes.get(id)
            {
                open.push(*node);
            }
        }
    }
    found
}

impl Block {
    /// Returns the step or audit that it is about.
    pub fn step_id(&self) -> &StepId {
        match self {
            Self::Step { step_id, .. }
            | Self::Rejected { step_id, .. }
            | Self::NotAnAnswer { step_id, .. } => step_id,
        }
    }

    /// Returns the audit's question, where it is one that blocks.
    pub fn decision_id(&self) -> Option<&DecisionId> {
        match self {
            Self::Step { .. } => None,
            Self::Rejected { decision_id, .. } | Self::NotAnAnswer { decision_id, .. } => {
                Some(decision_id)
            }
        }
    }

    /// Says what blocks, in the words of the Python tool where it has some.
    pub fn reason(&self) -> String {
        match self {
            Self::Step {
                step_id,
                result: StepResult::Blocked,
            } => format!("Previous step '{step_id}' reported blocked state."),
            Self::Step {
                step_id,
                result: StepResult::Failed | StepResult::Success,
            } => format!("Previous step '{step_id}' failed; manual intervention required."),
            Self::Rejected {
                step_id, actor_id, ..
            } => format!("Audit step '{step_id}' rejected by {actor_id}"),
            Self::NotAnAnswer {
                step_id, reason, ..
            } => format!("Audit step '{step_id}' has an answer that does not count: {reason}"),
        }
    }
}
