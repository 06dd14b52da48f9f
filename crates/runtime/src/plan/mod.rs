//! What comes next in a run: a pure function of its template, its state and the time.

mod board;

use jiff::Timestamp;
use pawtrail_event::run::raci::Binding;
use pawtrail_event::run::significance::Band;
use pawtrail_event::run::{Payload, SoftGate};
use pawtrail_event::{DecisionId, InputKey, StepId, TemplateHash};

use crate::run::{Block, Issued, Run};
use crate::template::{Node, Template};
use board::Board;
pub(crate) use board::audit_of;

/// What a plan depends on beside the template and the run.
#[derive(Debug, Clone, Copy)]
pub struct Circumstances<'a> {
    /// Now.
    pub now: Timestamp,
    /// The hash of the template where it was found; none where the file is gone, which is no change.
    pub live_template: Option<&'a TemplateHash>,
}

/// What comes next, and what has to be written down first.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// What comes next.
    pub next: Next,
    /// Events to append before acting, each once: audits weighed or passed, questions that waited too long.
    pub records: Vec<Payload>,
    /// What of each step and audit led to this, in their order.
    pub why: Vec<Why>,
}

/// What comes next.
#[derive(Debug, Clone, PartialEq)]
pub enum Next {
    /// A step for an agent.
    Step(StepPlan),
    /// A question that has to be answered.
    Decision(DecisionPlan),
    /// Nothing until somebody acts.
    Blocked(BlockedPlan),
    /// Nothing: all is done.
    Terminal(TerminalPlan),
}

/// A step for an agent.
#[derive(Debug, Clone, PartialEq)]
pub struct StepPlan {
    /// The step.
    pub step_id: StepId,
    /// What it is called.
    pub title: String,
    /// What it is for.
    pub description: String,
    /// What the agent is told, in the template itself or by default.
    pub prompt: String,
    /// The file that says what the agent is told.
    pub prompt_template: Option<String>,
    /// What it has to leave behind.
    pub expected_output: Option<String>,
    /// The profile of the agent that it is meant for.
    pub agent_profile: Option<String>,
    /// Whether it is an audit that an agent makes.
    pub audit: bool,
    /// Who has it already; none where it is still to be issued.
    pub issued: Option<Issued>,
}

/// A question that has to be answered.
#[derive(Debug, Clone, PartialEq)]
pub struct DecisionPlan {
    /// Its id.
    pub decision_id: DecisionId,
    /// The step that it holds up; empty where it names none.
    pub step_id: String,
    /// What that step is called, where it is one of the template's.
    pub step_title: Option<String>,
    /// The question.
    pub question: String,
    /// The proposed answers; none where any is as good.
    pub options: Option<Vec<String>>,
    /// The input that it asks for.
    pub input_key: Option<InputKey>,
    /// `pending_decision`, `missing_required_input`, or nothing for an audit.
    pub reason: Option<&'static str>,
    /// Whether it was asked already; where not, the request is to be written.
    pub requested: bool,
    /// The band of the audit, where it has one.
    pub band: Option<Band>,
    /// What was last done at its soft gate.
    pub soft_gate: Option<SoftGate>,
    /// Who is to be told, where it has waited too long.
    pub escalation: Vec<Binding>,
}

/// Nothing until somebody acts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockedPlan {
    /// Why, for people.
    pub reason: String,
    /// What blocks.
    pub cause: Cause,
}

/// What blocks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// A step or an audit, until it is cleared.
    Block(Block),
    /// The template is not the one that the run began with.
    TemplateChanged,
    /// Steps wait for what can never be complete.
    Unschedulable(Vec<StepId>),
}

impl Cause {
    /// Returns the command that leads out, for a mission's handle.
    pub fn way_out(&self, mission: &str) -> String {
        match self {
            Self::Block(_) => format!("pawtrail next unblock --mission {mission}"),
            Self::TemplateChanged => format!("pawtrail next template adopt --mission {mission}"),
            Self::Unschedulable(_) => format!("pawtrail next --mission {mission} --explain"),
        }
    }
}

/// Nothing is left to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TerminalPlan {
    /// Why, for people.
    pub reason: String,
    /// Whether the log says so already; where not, that is to be written.
    pub recorded: bool,
}

/// What of one step or audit led to a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Why {
    /// The step or audit.
    pub step_id: StepId,
    /// How it stands.
    pub standing: Standing,
}

/// How a step or an audit stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It is complete.
    Complete,
    /// It must be complete: something that came after it is known.
    Assumed,
    /// An audit on which so little hangs that it passes by itself.
    Passed,
    /// Somebody has it.
    Issued,
    /// It blocks the run.
    Blocks,
    /// It comes next.
    Next,
    /// It needs an answer first.
    Asks(DecisionId),
    /// It could come, after the one that comes next.
    Later,
    /// It waits for these.
    Waits(Vec<StepId>),
}

/// Says what comes next. The order is that of the Python tool: what blocks, a template that changed, open questions, then
/// the first step, or else audit, that waits for nothing.
pub fn plan(template: &Template, run: &Run, given: Circumstances<'_>) -> Plan {
    let mut board = Board::new(template, run);
    if let Some(cause) = blocked(run, given.live_template) {
        return board.plan(Next::Blocked(cause.plan()));
    }
    for pending in &run.pending {
        board.weigh_pending(pending, given.now);
    }
    if let Some(pending) = run.pending.first() {
        let next = board.pending(pending);
        return board.plan(next);
    }
    if let Some(issued) = &run.issued
        && let Some(node) = template.node(&issued.step_id)
    {
        let next = Next::Step(step(node, Some(issued.clone())));
        return board.plan(next);
    }
    let next = board.schedule();
    board.plan(next)
}

fn blocked(run: &Run, live: Option<&TemplateHash>) -> Option<Cause> {
    if let Some(block) = run.blocks.first() {
        return Some(Cause::Block(block.clone()));
    }
    let frozen = run.template_hash.as_ref();
    let changed = frozen
        .zip(live)
        .is_some_and(|(frozen, live)| frozen != live);
    changed.then_some(Cause::TemplateChanged)
}

impl Cause {
    fn plan(self) -> BlockedPlan {
        let reason = match &self {
            Self::Block(block) => block.reason(),
            Self::TemplateChanged => {
                "Template changed during active run. Migration required.".to_owned()
            }
            Self::Unschedulable(_) => {
                "No eligible steps: remaining steps have unmet dependencies.".to_owned()
            }
        };
        BlockedPlan {
            reason,
            cause: self,
        }
    }
}

fn step(node: Node<'_>, issued: Option<Issued>) -> StepPlan {
    match node {
        Node::Step(step) => StepPlan {
            step_id: step.id.clone(),
            title: step.title.clone(),
            description: step.description.clone(),
            prompt: match &step.prompt {
                Some(prompt) if !prompt.is_empty() => prompt.clone(),
                Some(_) | None => format!("Execute step '{}': {}", step.id, step.title),
            },
            prompt_template: step.prompt_template.clone(),
            expected_output: step.expected_output.clone(),
            agent_profile: step.agent_profile.clone(),
            audit: false,
            issued,
        },
        Node::Audit(audit) => StepPlan {
            step_id: audit.id.clone(),
            title: audit.title.clone(),
            description: audit.description.clone(),
            prompt: format!("Execute audit step '{}': {}", audit.id, audit.title),
            prompt_template: None,
            expected_output: None,
            agent_profile: None,
            audit: true,
            issued,
        },
    }
}
