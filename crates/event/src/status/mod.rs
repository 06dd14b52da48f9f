//! The status of work packages: the rows of `status.events.jsonl`, the lane machine, and the snapshot they fold to.

mod actor;
mod annotation;
mod delta;
mod head;
mod identity;
mod lane;
mod lifecycle;
mod log;
mod loose;
mod machine;
mod payload;
mod read;
mod reduce;
mod refusal;
mod retrospective;
mod row;
mod scan;
mod slot;
mod snapshot;
mod transition;

pub(crate) use actor::KEYS as ACTOR_KEYS;
pub use actor::{Actor, Binding};
pub use annotation::Annotation;
pub(crate) use delta::REVIEW as REVIEW_KEYS;
pub use delta::{Delta, Override};
pub(crate) use head::REVIEW_RESULT as REVIEW_RESULT_KEYS;
pub use identity::{IdentityError, MissionIdentity, ParseMetaError};
pub use lane::{Lane, LaneError};
pub use lifecycle::{
    FollowUp, Lifecycle, LifecycleEvent, MISSION_CREATED, MissionCreated, PROJECT_INITIALIZED,
    Phase, PhaseFacts, WP_CREATED, WorkPackageCreated, project_initialized,
};
pub use log::{Content, Line, Log};
pub use machine::{Context, check};
pub use payload::{QueueEvent, payload, queue_event};
pub use reduce::{Order, reduce};
pub use refusal::{Part, Refusal, Rule};
pub use retrospective::Retrospective;
pub use row::{AnnotationRow, RetrospectiveRow, Row, TransitionRow, TypedRow};
pub use slot::Slot;
pub use snapshot::{Snapshot, WorkPackage};
pub use transition::{
    Approval, Evidence, ExecutionMode, ReasonSource, RepoEvidence, ReviewResult, Transition,
    Verdict, Verification,
};

use crate::json;
use crate::sanitize::Sanitized;

/// The name of a mission's status journal in its directory.
pub const FILE: &str = "status.events.jsonl";
/// The name of the snapshot beside it.
pub const SNAPSHOT_FILE: &str = "status.json";
/// The event type of a lane transition; its row in git carries none.
pub const WP_STATUS_CHANGED: &str = "WPStatusChanged";
/// The event type of an annotation; its row in git carries none.
pub const INNER_STATE_CHANGED: &str = "InnerStateChanged";

/// The event types of a mission's life.
pub const LIFECYCLE_TYPES: [&str; 12] = [
    "ProjectInitialized",
    "MissionCreated",
    "SpecifyStarted",
    "SpecifyCompleted",
    "PlanStarted",
    "PlanCompleted",
    "TasksStarted",
    "TasksCompleted",
    "WPCreated",
    "ReviewerSelfApproval",
    "MissionReopened",
    "FollowUpRecorded",
];

/// How the types of interview decisions begin.
const DECISION_POINT: &str = "DecisionPoint";
/// How the names of retrospective events begin, where they stand under `event_name`.
pub(crate) const RETROSPECTIVE: &str = "retrospective.";
/// The types of retrospective events, where they stand under `type`.
pub(crate) const RETROSPECTIVE_TYPES: [&str; 3] = [
    "RetrospectiveCaptured",
    "RetrospectiveCaptureFailed",
    "RetrospectiveSkipped",
];

/// Returns a row as the line that stands in [`FILE`]: LOG, with its final newline.
pub fn line(row: &Sanitized) -> String {
    json::log(row.value())
}

#[cfg(test)]
mod tests;
