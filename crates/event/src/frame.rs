//! Frames: what a clone and a hub say to each other, version 1 of the wire (`docs/protocol.md`).

mod announcement;
mod limits;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::{BuildId, CommitHash, EventId, MissionId, MissionSlug, ProjectUuid};
use crate::pattern;

pub use announcement::{Announcement, Outgoing};
pub use limits::{
    MAX_BRANCH_BYTES, MAX_CHANGED_BYTES, MAX_CHANGED_FILES, MAX_PARENTS, MAX_SUPERSEDES,
};

/// The version of the wire that this crate speaks.
pub const PROTOCOL: u32 = 1;
/// The largest frame, in bytes of JSON text.
pub const MAX_FRAME_BYTES: usize = 64 * 1024;
/// How much is said about a malformed frame, in characters.
const MAX_REASON_CHARS: usize = 200;
/// The directory whose commits are announced.
pub const SPECS_PREFIX: &str = "kitty-specs/";

/// One commit that the clone has and may not have pushed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename = "LocalCommit")]
pub struct LocalCommit {
    /// The commit.
    pub git_hash: CommitHash,
    /// The mission it belongs to; the first by path where it touches several.
    pub mission_id: MissionId,
    /// The checkout it was made in.
    pub build_id: BuildId,
    /// Paths under `kitty-specs/` that the commit changes, relative to the repository root.
    #[schemars(
        length(min = 1, max = MAX_CHANGED_FILES),
        inner(regex(pattern = pattern::CHANGED_FILE))
    )]
    pub changed_files: Vec<String>,
    /// When it was committed, RFC 3339 in UTC.
    #[schemars(regex(pattern = pattern::UTC))]
    pub committed_at: String,
    /// The project; a hub refuses a frame of another project than the token's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project_uuid: Option<ProjectUuid>,
    /// The mission's directory name, for display.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mission_slug: Option<MissionSlug>,
    /// The full name of the branch it was found on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = MAX_BRANCH_BYTES))]
    pub branch: Option<String>,
    /// The commit's parents.
    #[serde(
        default,
        deserialize_with = "null_is_none",
        skip_serializing_if = "Vec::is_empty"
    )]
    #[schemars(with = "Option<Vec<CommitHash>>", length(max = MAX_PARENTS))]
    pub parents: Vec<CommitHash>,
    /// Commits whose frames this one replaces (amend, rebase).
    #[serde(
        default,
        deserialize_with = "null_is_none",
        skip_serializing_if = "Vec::is_empty"
    )]
    #[schemars(with = "Option<Vec<CommitHash>>", length(max = MAX_SUPERSEDES))]
    pub supersedes: Vec<CommitHash>,
    /// How many paths changed, where more than are listed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed_files_total: Option<u64>,
}

/// An optional list may be `null` where it is empty, as the other optional fields may.
fn null_is_none<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<CommitHash>, D::Error> {
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// Says that a hub has stored a commit durably.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename = "LocalCommitAck")]
pub struct LocalCommitAck {
    /// The commit.
    pub git_hash: CommitHash,
    /// Whether it was new to the hub.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<AckStatus>,
    /// How many commits of that build the hub has acknowledged with this one, each as often as it came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frames: Option<u64>,
}

impl From<CommitHash> for LocalCommitAck {
    fn from(git_hash: CommitHash) -> Self {
        Self {
            git_hash,
            status: None,
            frames: None,
        }
    }
}

/// What a hub made of a frame that it accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum AckStatus {
    /// Stored now.
    Accepted,
    /// Stored before.
    Duplicate,
}

/// The hub's first frame: what it knows of this project's builds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename = "snapshot")]
pub struct Snapshot {
    /// The hub's version of the wire.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protocol: Option<u32>,
    /// One entry a build, the last seen first. Empty where the hub knows none; `None` where it doesn't say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub builds: Option<Vec<BuildState>>,
    /// How many builds the hub knows, where more than are listed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub builds_total: Option<u64>,
    /// The name of the hub's store: another one where the store was made anew, the same in a backup of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub store: Option<String>,
}

/// What a snapshot says of one build.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Word<'s> {
    /// This is the last commit that the hub acknowledged to it, and how many it did, if it says so.
    Last(&'s CommitHash, Option<u64>),
    /// The hub has no commit of it.
    None,
    /// Neither: the hub doesn't say.
    Unsaid,
}

impl Snapshot {
    /// Returns what the hub says of a build. Where not all builds are listed, nothing follows from one that isn't.
    pub fn of(&self, build: &BuildId) -> Word<'_> {
        let Some(builds) = &self.builds else {
            return Word::Unsaid;
        };
        match builds.iter().find(|state| state.build_id == *build) {
            Some(state) => {
                let last = state.last_acknowledged.as_ref();
                last.map_or(Word::None, |last| Word::Last(last, state.frames))
            }
            None if self.is_complete(builds.len()) => Word::None,
            None => Word::Unsaid,
        }
    }

    /// Returns the commits that the hub names, each the last of a build.
    pub fn named(&self) -> impl Iterator<Item = &CommitHash> {
        let builds = self.builds.iter().flatten();
        builds.filter_map(|state| state.last_acknowledged.as_ref())
    }

    fn is_complete(&self, listed: usize) -> bool {
        self.builds_total.is_none_or(|total| total <= listed as u64)
    }
}

/// The last commit that a hub acknowledged to one build.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BuildState {
    /// The build.
    pub build_id: BuildId,
    /// Its last acknowledged commit.
    pub last_acknowledged: Option<CommitHash>,
    /// How many of its commits the hub has acknowledged, each as often as it came: of a store that was set back, fewer
    /// than it said before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frames: Option<u64>,
}

/// Something that a peer refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename = "error")]
pub struct ErrorFrame {
    /// A stable code in `UPPER_SNAKE`.
    pub code: String,
    /// What is wrong, for a person.
    pub message: String,
    /// Whether the same frame may be sent again.
    #[serde(default)]
    pub retryable: bool,
    /// The commit it concerns, if one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub git_hash: Option<CommitHash>,
    /// The event it concerns, if one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_id: Option<EventId>,
}

/// A hub's question whether the clone is alive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename = "ping")]
pub struct Ping {
    /// The hub's time, RFC 3339 in UTC, returned as it came.
    pub timestamp: String,
}

/// The answer to a ping.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename = "pong")]
pub struct Pong {
    /// The ping's time.
    pub timestamp: String,
    /// The checkout that answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub build_id: Option<BuildId>,
}

/// Any frame of the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame {
    /// Hub to clone, first.
    Snapshot(Snapshot),
    /// Clone to hub.
    LocalCommit(LocalCommit),
    /// Hub to clone.
    LocalCommitAck(LocalCommitAck),
    /// Either way.
    Error(ErrorFrame),
    /// Hub to clone.
    Ping(Ping),
    /// Clone to hub.
    Pong(Pong),
    /// A type that this version doesn't know: ignored and counted.
    Unknown(String),
}

/// Why a text is no frame.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// Larger than [`MAX_FRAME_BYTES`].
    #[error("the frame has {0} bytes; the limit is {MAX_FRAME_BYTES}")]
    TooLarge(usize),
    /// Not JSON, not an object, without a `type`, or a field is missing or of the wrong kind.
    #[error("the frame is malformed: {0}")]
    Malformed(String),
    /// A field's value is outside its limits.
    #[error("the frame is invalid: {0}")]
    Invalid(&'static str),
    /// A frame of ours that has no form in JSON.
    #[error("the frame can't be written: {0}")]
    Unwritable(String),
}

impl FrameError {
    /// Returns the stable code, which also stands in the `error` frame that answers it.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLarge(_) => "FRAME_TOO_LARGE",
            Self::Malformed(_) => "FRAME_MALFORMED",
            Self::Invalid(_) => "FRAME_INVALID",
            Self::Unwritable(_) => "FRAME_UNWRITABLE",
        }
    }
}

impl Frame {
    /// Reads a frame from its text.
    ///
    /// # Errors
    /// When the text is too large, malformed, or a limit of the protocol doesn't hold. An unknown
    /// type is no error.
    pub fn parse(text: &str) -> Result<Self, FrameError> {
        if text.len() > MAX_FRAME_BYTES {
            return Err(FrameError::TooLarge(text.len()));
        }
        // The reader quotes what it doesn't know; the answer to a frame has to fit in a frame.
        let malformed = |error: serde_json::Error| {
            FrameError::Malformed(error.to_string().chars().take(MAX_REASON_CHARS).collect())
        };
        // Serde would take an array for a struct; a frame is an object.
        if !text.trim_ascii_start().starts_with('{') {
            return Err(FrameError::Malformed("not a JSON object".to_owned()));
        }
        let head: Head = serde_json::from_str(text).map_err(malformed)?;
        Ok(match head.kind.as_str() {
            "snapshot" => Self::Snapshot(serde_json::from_str(text).map_err(malformed)?),
            "LocalCommit" => {
                let frame: LocalCommit = serde_json::from_str(text).map_err(malformed)?;
                frame.validate()?;
                Self::LocalCommit(frame)
            }
            "LocalCommitAck" => {
                Self::LocalCommitAck(serde_json::from_str(text).map_err(malformed)?)
            }
            "error" => Self::Error(serde_json::from_str(text).map_err(malformed)?),
            "ping" => Self::Ping(serde_json::from_str(text).map_err(malformed)?),
            "pong" => Self::Pong(serde_json::from_str(text).map_err(malformed)?),
            other => Self::Unknown(other.chars().take(80).collect()),
        })
    }

    /// Returns the frame as it stands on the wire.
    ///
    /// # Errors
    /// [`FrameError::Unwritable`] when a field has no form in JSON. None that is here lacks one; an empty text is never sent
    /// instead.
    pub fn to_text(&self) -> Result<String, FrameError> {
        let text = match self {
            Self::Snapshot(frame) => serde_json::to_string(frame),
            Self::LocalCommit(frame) => serde_json::to_string(frame),
            Self::LocalCommitAck(frame) => serde_json::to_string(frame),
            Self::Error(frame) => serde_json::to_string(frame),
            Self::Ping(frame) => serde_json::to_string(frame),
            Self::Pong(frame) => serde_json::to_string(frame),
            Self::Unknown(kind) => serde_json::to_string(&serde_json::json!({ "type": kind })),
        };
        text.map_err(|error| FrameError::Unwritable(error.to_string()))
    }
}

#[derive(Deserialize)]
struct Head {
    #[serde(rename = "type")]
    kind: String,
}

#[cfg(test)]
mod tests;
