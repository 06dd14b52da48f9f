//! A commit that a hub refused for good, as the file keeps it.

use pawtrail_event::CommitHash;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A commit that a hub refused for good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SetAside {
    /// The commit.
    pub git_hash: CommitHash,
    /// The hub's code.
    pub code: String,
    /// The hub's words.
    pub message: String,
    /// When it was set aside, RFC 3339 in UTC.
    pub at: String,
}
