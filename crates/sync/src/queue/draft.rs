//! A draft: an event as a journal has it, before it gets the sender's names and its place in time.

use pawtrail_event::envelope::{Envelope, EnvelopeId, Header, Queueable};
use pawtrail_event::sanitize::{Sanitized, Sanitizer};
use pawtrail_event::{BuildId, CommitHash, MissionId, NodeId, ProjectUuid};
use pawtrail_repo::Project;

use crate::error::SyncError;

/// An event that is to be queued.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// Its type.
    pub kind: Queueable,
    /// Its row's id: the same however often it is drafted.
    pub event_id: EnvelopeId,
    /// What it is about.
    pub aggregate_id: String,
    /// What kind of thing that is: `Mission`, `WorkPackage`.
    pub aggregate_type: Option<String>,
    /// When it happened, as its row says.
    pub timestamp: String,
    /// Its mission.
    pub mission_id: Option<MissionId>,
    /// What belongs together; the mission, else the event itself.
    pub correlation_id: Option<EnvelopeId>,
    /// The event that led to it.
    pub causation_id: Option<EnvelopeId>,
    /// Its content.
    pub payload: Sanitized,
}

/// Who sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The checkout.
    pub build_id: BuildId,
    /// The clone.
    pub node_id: NodeId,
    /// The project.
    pub project_uuid: ProjectUuid,
    /// Its short name.
    pub project_slug: Option<String>,
    /// The branch that is checked out.
    pub git_branch: Option<String>,
    /// Its commit.
    pub head_commit_sha: Option<CommitHash>,
}

impl Origin {
    /// Looks who sends from here.
    ///
    /// # Errors
    /// When the project has no identity, or a file can't be read or written.
    pub fn of(project: &Project) -> Result<Self, SyncError> {
        let identity = project.identity()?.ok_or(SyncError::NoIdentity)?;
        let git = project.git();
        // Both are told where they are known: a branch without commits has no hash, a detached head no name.
        let git_branch = git.head_name().ok().flatten();
        let head_commit_sha = git.head_id().ok();
        Ok(Self {
            build_id: project.build_id()?,
            node_id: project.node_id()?,
            project_uuid: identity.uuid,
            project_slug: identity.slug,
            git_branch: git_branch.map(|name| name.shorten().to_string()),
            head_commit_sha: head_commit_sha.and_then(|id| id.to_string().parse().ok()),
        })
    }
}

impl Draft {
    /// Makes the envelope.
    pub fn envelope(&self, origin: &Origin, lamport_clock: u64, rules: &Sanitizer) -> Envelope {
        let mission = self.mission_id.as_ref();
        let of_mission = mission.and_then(|mission| mission.as_str().parse().ok());
        let header = Header {
            event_id: self.event_id.clone(),
            aggregate_id: self.aggregate_id.clone(),
            aggregate_type: self.aggregate_type.clone(),
            timestamp: self.timestamp.clone(),
            build_id: origin.build_id.clone(),
            node_id: origin.node_id.clone(),
            lamport_clock,
            project_uuid: origin.project_uuid.clone(),
            project_slug: origin.project_slug.clone(),
            mission_id: mission.cloned(),
            correlation_id: self
                .correlation_id
                .clone()
                .or(of_mission)
                .unwrap_or_else(|| self.event_id.clone()),
            causation_id: self.causation_id.clone(),
            git_branch: origin.git_branch.clone(),
            head_commit_sha: origin.head_commit_sha.clone(),
        };
        Envelope::new(self.kind, &header, &self.payload, rules)
    }
}
