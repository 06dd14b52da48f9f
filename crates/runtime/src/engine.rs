//! What `next` does: the only part of the runtime that writes.
//!
//! Under the run's lock: fold, plan, append rows, ask or answer through the decision service, show the state to the
//! Python tool's readers. A decision's only way into the journal is [`pawtrail_repo::decisions`]; run rows can't carry one,
//! because [`pawtrail_event::run::Payload`] has no such variant.

mod answer;
mod govern;
mod known;
mod reply;
mod session;
mod snapshot;
mod turn;

use pawtrail_event::decision::Actor;
use pawtrail_event::run::StepResult;
use pawtrail_event::{DecisionId, StepId};

pub use answer::permit;
pub use govern::{Delegation, Governed, adopt, delegate, set_owner, unblock};
pub use reply::{Document, Explained, Kind, Origin, Reply};
pub use turn::{query, report, take_over};

/// What an agent says when it asks for what comes next.
#[derive(Debug, Clone)]
pub struct Turn {
    /// Who it is.
    pub agent: String,
    /// How the step ended that it has.
    pub result: StepResult,
    /// Which step the result is for; none: the one that is issued.
    pub step: Option<StepId>,
    /// An answer that comes first.
    pub answer: Option<Given>,
}

/// An answer to a decision of a run.
#[derive(Debug, Clone)]
pub struct Given {
    /// The answer.
    pub answer: String,
    /// The decision; none: the one that waits.
    pub decision_id: Option<DecisionId>,
    /// Who answers.
    pub actor: Actor,
}
