//! Who may answer which question, and what an answer then does.

use pawtrail_event::DecisionId;
use pawtrail_event::decision::Actor;
use pawtrail_event::run::raci::Source;
use pawtrail_event::run::{self, SoftGate};

use crate::run::Run;
use crate::template::Template;

/// In which role an actor answers, and by what right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authority {
    /// The role: `mission_owner`, `human`, `service`, or that of a delegation.
    pub role: String,
    /// Why a language model may answer.
    pub rationale_linkage: Option<String>,
    /// Where the roles of the step come from.
    pub raci_source: Option<Source>,
    /// Why the template sets them.
    pub override_reason: Option<String>,
    /// What the answer does.
    pub effect: Effect,
}

/// What an answer does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It goes to the decision journal.
    Answers,
    /// It puts the question off: a row of the run log, and the question stays open.
    PutsOff(SoftGate),
}

/// Why an answer is not taken.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Refused {
    /// The run doesn't ask this.
    #[error("{0}")]
    Unknown(String),
    /// The actor may not answer. The row is to be written.
    #[error("{}", .0.reason)]
    Denied(Box<run::Denied>),
    /// It is no answer to this question.
    #[error("{0}")]
    Invalid(String),
}

/// Says whether an actor may give this answer, and what it does. Names are compared as they are written: `actor` has to
/// be sanitized like the rows of the run.
///
/// # Errors
/// When the question isn't open, the actor has no right to answer, or the answer is none.
pub fn may_answer(
    template: &Template,
    run: &Run,
    decision_id: &DecisionId,
    actor: &Actor,
    answer: &str,
) -> Result<Authority, Refused> {
    let _ = (template, run, actor, answer);
    Err(Refused::Unknown(format!(
        "Decision '{decision_id}' not found in pending_decisions for run '{}'",
        run.run_id
    )))
}

/// Says whether an actor may name an owner or delegate a decision: only people may.
///
/// # Errors
/// With the reason.
pub fn may_govern(run: &Run, actor: &Actor) -> Result<(), String> {
    let _ = run;
    match actor.actor_type {
        pawtrail_event::decision::ActorType::Human => Ok(()),
        pawtrail_event::decision::ActorType::Llm | pawtrail_event::decision::ActorType::Service => {
            Err("Only a person may name an owner or delegate a decision".to_owned())
        }
    }
}
