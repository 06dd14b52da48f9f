//! Receipts: what is true after a write.

use pawtrail_event::{CommitHash, EventId, MissionId};
use schemars::JsonSchema;
use serde::Serialize;

/// How far a write has travelled to the hub.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Delivery {
    /// It isn't on its way: this project has no hub.
    None,
    /// It waits for the hub's acknowledgement.
    Pending,
    /// The hub has stored it.
    Acknowledged,
}

/// What is true now, after a write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Receipt {
    /// The event that was written, if one was.
    pub event_id: Option<EventId>,
    /// The mission it belongs to, if one.
    pub mission_id: Option<MissionId>,
    /// The file that holds it, relative to the repository root.
    pub path: String,
    /// The branch that holds it or will, by its full name.
    pub r#ref: String,
    /// The commit that holds it.
    pub commit: Option<CommitHash>,
    /// Whether that commit is reachable from the branch.
    pub committed: bool,
    /// Whether a remote-tracking branch reaches it.
    pub pushed: bool,
    /// How far it has travelled to the hub.
    pub delivery: Delivery,
}

impl Receipt {
    /// What is true right after a write: it is here, in a commit where there is one, and nowhere else yet.
    pub(crate) fn here(
        event_id: Option<EventId>,
        mission_id: Option<MissionId>,
        path: String,
        branch: &str,
        commit: Option<CommitHash>,
    ) -> Self {
        Self {
            event_id,
            mission_id,
            path,
            r#ref: branch.to_owned(),
            committed: commit.is_some(),
            commit,
            pushed: false,
            delivery: Delivery::None,
        }
    }
}
