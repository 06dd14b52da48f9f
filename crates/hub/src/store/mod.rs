//! What the hub keeps: tokens, commits and builds, behind one small trait.

mod clarifications;
mod commits;
mod events;
mod lanes;
mod schema;
mod sessions;
mod shown;
mod sqlite;
mod supersede;
mod tokens;
mod writer;

use jiff::Timestamp;
use pawtrail_event::envelope::Addressed;
use pawtrail_event::frame::{BuildState, LocalCommit};
use pawtrail_event::{BuildId, CommitHash, ProjectUuid};

use serde_json::Value;

use crate::error::Result;
use crate::secret::SecretHash;
use crate::token::{Access, NewToken, Token, TokenId};

pub(crate) use sqlite::Sqlite;
pub(crate) use writer::{Job, Writer, WriterHandle};

/// A commit as the hub keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredCommit {
    /// Its place in the order of receipt, over all projects of the store.
    pub sequence: u64,
    /// The frame as it came; `project_uuid` is always there.
    pub frame: LocalCommit,
    /// When the hub received it, in microseconds.
    pub received_at: Timestamp,
    /// The commit that stands in its place (amend, rebase), if one does.
    pub superseded_by: Option<CommitHash>,
}

/// What a token allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Grant {
    pub(crate) token: TokenId,
    pub(crate) project: ProjectUuid,
    pub(crate) access: Access,
}

/// A frame to be written, and by whose token it came.
#[derive(Debug, Clone)]
pub(crate) struct Incoming {
    pub(crate) grant: Grant,
    pub(crate) frame: LocalCommit,
    pub(crate) received_at: Timestamp,
}

/// What became of one frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Stored now.
    Accepted,
    /// Stored before.
    Duplicate,
    /// Its token was revoked: nothing was stored.
    Revoked,
}

/// What became of one commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Written {
    pub(crate) outcome: Outcome,
    /// How many frames of its build were taken with this one.
    pub(crate) frames: u64,
}

/// An event to be written. It was checked: its envelope is valid, and of the grant's project.
#[derive(Debug, Clone)]
pub(crate) struct IncomingEvent {
    pub(crate) addressed: Addressed,
    pub(crate) envelope: Value,
}

/// The lane of a work package, as the last transition says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Lane {
    pub(crate) mission_slug: String,
    pub(crate) mission_id: Option<String>,
    pub(crate) wp_id: String,
    pub(crate) lane: String,
    pub(crate) actor: String,
    /// As its maker wrote it.
    pub(crate) occurred_at: String,
}

/// A term whose meaning was clarified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Resolution {
    pub(crate) request_id: String,
    /// Known once the question itself has come.
    pub(crate) term: Option<String>,
    pub(crate) question: Option<String>,
    pub(crate) meaning: String,
    pub(crate) actor: String,
    /// As its maker wrote it.
    pub(crate) resolved_at: String,
}

/// A project in the list of projects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ProjectSummary {
    pub(crate) project: ProjectUuid,
    /// Commits that no other supersedes.
    pub(crate) commits: u64,
    pub(crate) last_received: Option<Timestamp>,
}

/// A build that has sent a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Build {
    pub(crate) build_id: BuildId,
    pub(crate) last_acknowledged: Option<CommitHash>,
    /// How many of its frames were taken, each as often as it came.
    pub(crate) frames: u64,
}

/// The builds of a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Builds {
    /// The name of the store, made with it.
    pub(crate) store: String,
    pub(crate) builds: Vec<Build>,
    /// How many there are in all.
    pub(crate) total: u64,
}

impl From<Build> for BuildState {
    fn from(build: Build) -> Self {
        Self {
            build_id: build.build_id,
            last_acknowledged: build.last_acknowledged,
            frames: Some(build.frames),
        }
    }
}

/// Where the hub keeps what it knows. Calls block, so async code makes them on a blocking thread.
///
/// A method that writes returns after the write is durable.
pub(crate) trait Store: Send + Sync {
    /// Adds a token and, where it is new, its project.
    fn add_token(
        &self,
        token: &NewToken,
        hash: SecretHash,
        label: &str,
        at: Timestamp,
    ) -> Result<()>;

    /// Returns all tokens, the oldest first.
    fn tokens(&self) -> Result<Vec<Token>>;

    /// Revokes a token; one that is revoked stays as it is. False where there is none.
    fn revoke(&self, id: &TokenId, at: Timestamp) -> Result<bool>;

    /// Returns what the token with this hash allows, unless it is unknown or revoked.
    fn authorize(&self, hash: SecretHash) -> Result<Option<Grant>>;

    /// Returns whether a token is there and not revoked.
    fn is_active(&self, id: &TokenId) -> Result<bool>;

    /// Begins a session of a token, which ends by itself at `until`. False where the token is revoked.
    fn begin_session(
        &self,
        hash: SecretHash,
        token: &TokenId,
        at: Timestamp,
        until: Timestamp,
    ) -> Result<bool>;

    /// Returns the project whose board a session may see, unless it is unknown, has ended, or its token is revoked.
    fn session(&self, hash: SecretHash, at: Timestamp) -> Result<Option<ProjectUuid>>;

    /// Ends a session, if there is one.
    fn end_session(&self, hash: SecretHash) -> Result<()>;

    /// Writes all frames in one transaction, in order, and returns one outcome for each.
    fn write(&self, batch: &[Incoming]) -> Result<Vec<Written>>;

    /// Writes all events in one transaction, in order, and returns one outcome for each.
    fn write_events(
        &self,
        grant: &Grant,
        events: &[IncomingEvent],
        received_at: Timestamp,
    ) -> Result<Vec<Outcome>>;

    /// Returns how many events of a project are stored.
    fn events(&self, project: &ProjectUuid) -> Result<u64>;

    /// Returns the lanes of a project's work packages, at most `limit`, by mission and package.
    fn lanes(&self, project: &ProjectUuid, limit: u32) -> Result<Vec<Lane>>;

    /// Returns a project's last `limit` clarified terms, the newest first.
    fn resolutions(&self, project: &ProjectUuid, limit: u32) -> Result<Vec<Resolution>>;

    /// Returns all commits of a project by sequence.
    fn commits(&self, project: &ProjectUuid) -> Result<Vec<StoredCommit>>;

    /// Returns the newest `limit` commits of a project that no other supersedes, newest first,
    /// and how many there are in all; nothing for an unknown project.
    fn current(
        &self,
        project: &ProjectUuid,
        limit: u32,
    ) -> Result<Option<(Vec<StoredCommit>, u64)>>;

    /// Returns a project's builds, at most `limit`, the last seen first.
    fn builds(&self, project: &ProjectUuid, limit: u32) -> Result<Builds>;

    /// Returns the projects, the one heard of last first.
    fn projects(&self) -> Result<Vec<ProjectSummary>>;
}
