//! Rows of a mission's life that are to be written: created, begun, finished, reopened.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::id::{EventId, MissionId, MissionSlug, ProjectUuid, WorkPackageId};
use crate::sanitize::{Sanitized, Sanitizer};
use crate::time;

/// The version of the row's form, as the Python tool writes it.
const SCHEMA_VERSION: &str = "5.0.0";
/// The event type of a project's first row in its own log.
pub const PROJECT_INITIALIZED: &str = "ProjectInitialized";
/// The event type of a mission's first row.
pub const MISSION_CREATED: &str = "MissionCreated";
/// The event type of a work package's first row.
pub const WP_CREATED: &str = "WPCreated";

/// An event of a mission's life.
#[derive(Debug, Clone, PartialEq)]
pub struct Lifecycle {
    /// The event's own identity.
    pub event_id: EventId,
    /// When the row is written.
    pub at: Timestamp,
    /// The mission's directory name.
    pub mission_slug: MissionSlug,
    /// The project; the Python tool writes it for missions that it creates, and null elsewhere.
    pub project: Option<(ProjectUuid, Option<String>)>,
    /// What happened.
    pub event: LifecycleEvent,
}

/// What happened.
#[derive(Debug, Clone, PartialEq)]
pub enum LifecycleEvent {
    /// `MissionCreated`.
    MissionCreated(MissionCreated),
    /// `SpecifyStarted`, `PlanStarted`, `TasksStarted`.
    PhaseStarted(Phase, PhaseFacts),
    /// `SpecifyCompleted`, `PlanCompleted`, `TasksCompleted`.
    PhaseCompleted(Phase, PhaseFacts),
    /// `WPCreated`.
    WorkPackageCreated(WorkPackageCreated),
    /// `ReviewerSelfApproval`: who did the work approved it, for want of a reviewer.
    ReviewerSelfApproval {
        /// The work package.
        wp_id: WorkPackageId,
        /// Who did the work.
        implementing_actor: String,
        /// Who should have reviewed.
        intended_reviewer: String,
        /// Why that came to nothing.
        failure_reason: String,
        /// Whether the approval counts.
        fallback_approved: bool,
        /// When.
        at: Timestamp,
    },
    /// `MissionReopened`.
    MissionReopened {
        /// The mission.
        mission_id: MissionId,
        /// Why.
        reason: String,
        /// Who.
        reopened_by: String,
        /// When.
        at: Timestamp,
        /// What was taken out of `meta.json`.
        cleared_merge: Option<Map<String, Value>>,
    },
    /// `FollowUpRecorded`.
    FollowUpRecorded {
        /// The mission.
        mission_id: MissionId,
        /// What followed.
        follow_up: FollowUp,
        /// Who recorded it.
        recorded_by: String,
        /// When.
        at: Timestamp,
    },
}

/// A new mission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissionCreated {
    /// Its identity.
    pub mission_id: Option<MissionId>,
    /// Its number, once it has one.
    pub mission_number: Option<u64>,
    /// Its type.
    pub mission_type: String,
    /// The branch that it is for.
    pub target_branch: String,
    /// How many work packages it has.
    pub wp_count: u64,
    /// Its title; the slug with blanks where there is none.
    pub friendly_name: Option<String>,
    /// What it is for, in a line; the title where that isn't said.
    pub purpose_tldr: Option<String>,
    /// What it is for; a sentence made of title and branch where that isn't said.
    pub purpose_context: Option<String>,
    /// When.
    pub created_at: Timestamp,
}

/// A phase of a mission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// The specification.
    Specify,
    /// The plan.
    Plan,
    /// The work packages.
    Tasks,
}

/// What is said of a phase that begins or ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhaseFacts {
    /// Who.
    pub actor: String,
    /// When.
    pub at: Timestamp,
    /// The mission's number, once it has one.
    pub mission_number: Option<u64>,
    /// The file of the phase. An end always names it.
    pub artifact_path: Option<String>,
    /// What came out, in a line; written at the end.
    pub summary: Option<String>,
    /// How many work packages came out; written at the end of the tasks.
    pub wp_count: u64,
}

/// A new work package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkPackageCreated {
    /// The work package.
    pub wp_id: WorkPackageId,
    /// Its title.
    pub wp_title: String,
    /// Its file, relative to the repository.
    pub wp_path: Option<String>,
    /// The work packages that it needs.
    pub depends_on: Vec<WorkPackageId>,
    /// Who made it.
    pub actor: String,
    /// The mission's number, once it has one.
    pub mission_number: Option<u64>,
    /// When.
    pub created_at: Timestamp,
}

/// What followed a mission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FollowUp {
    /// A commit.
    Commit(String),
    /// A pull request.
    PullRequest(u64),
}

impl Lifecycle {
    /// Returns the type under which the event is written.
    pub fn event_type(&self) -> &'static str {
        match &self.event {
            LifecycleEvent::MissionCreated(_) => MISSION_CREATED,
            LifecycleEvent::PhaseStarted(Phase::Specify, _) => "SpecifyStarted",
            LifecycleEvent::PhaseStarted(Phase::Plan, _) => "PlanStarted",
            LifecycleEvent::PhaseStarted(Phase::Tasks, _) => "TasksStarted",
            LifecycleEvent::PhaseCompleted(Phase::Specify, _) => "SpecifyCompleted",
            LifecycleEvent::PhaseCompleted(Phase::Plan, _) => "PlanCompleted",
            LifecycleEvent::PhaseCompleted(Phase::Tasks, _) => "TasksCompleted",
            LifecycleEvent::WorkPackageCreated(_) => WP_CREATED,
            LifecycleEvent::ReviewerSelfApproval { .. } => "ReviewerSelfApproval",
            LifecycleEvent::MissionReopened { .. } => "MissionReopened",
            LifecycleEvent::FollowUpRecorded { .. } => "FollowUpRecorded",
        }
    }

    /// Makes the row that is appended to [`super::FILE`].
    pub fn row(&self, sanitizer: &Sanitizer) -> Sanitized {
        let slug = self.mission_slug.as_str();
        let (aggregate_type, aggregate_id) = match &self.event {
            LifecycleEvent::MissionCreated(created) => (
                "Mission",
                created.mission_id.as_ref().map_or(slug, MissionId::as_str),
            ),
            LifecycleEvent::PhaseStarted(..) | LifecycleEvent::PhaseCompleted(..) => {
                ("Mission", slug)
            }
            LifecycleEvent::MissionReopened { mission_id, .. }
            | LifecycleEvent::FollowUpRecorded { mission_id, .. } => {
                ("Mission", mission_id.as_str())
            }
            LifecycleEvent::WorkPackageCreated(created) => ("WorkPackage", created.wp_id.as_str()),
            LifecycleEvent::ReviewerSelfApproval { wp_id, .. } => ("WorkPackage", wp_id.as_str()),
        };
        let project_slug = self.project.as_ref().and_then(|(_, slug)| slug.as_deref());
        sanitizer.sanitize(&json!({
            "event_id": self.event_id.as_str(),
            "event_type": self.event_type(),
            "aggregate_id": aggregate_id,
            "aggregate_type": aggregate_type,
            "schema_version": SCHEMA_VERSION,
            "timestamp": time::iso(self.at),
            "payload": self.payload(),
            "project_uuid": self.project.as_ref().map(|(uuid, _)| uuid.as_str()),
            "project_slug": project_slug,
        }))
    }

    fn payload(&self) -> Value {
        let slug = self.mission_slug.as_str();
        match &self.event {
            LifecycleEvent::MissionCreated(created) => created.payload(slug),
            LifecycleEvent::PhaseStarted(_, facts) => {
                let mut payload = facts.payload(slug);
                if let Some(path) = &facts.artifact_path {
                    payload.insert("artifact_path".to_owned(), path.as_str().into());
                }
                payload.into()
            }
            LifecycleEvent::PhaseCompleted(phase, facts) => {
                let mut payload = facts.payload(slug);
                payload.insert(
                    "artifact_path".to_owned(),
                    facts.artifact_path.clone().unwrap_or_default().into(),
                );
                payload.insert("summary".to_owned(), facts.summary.clone().into());
                if *phase == Phase::Tasks {
                    payload.insert("wp_count".to_owned(), facts.wp_count.into());
                }
                payload.into()
            }
            LifecycleEvent::WorkPackageCreated(created) => json!({
                "mission_slug": slug,
                "mission_number": created.mission_number,
                "wp_id": created.wp_id.as_str(),
                "wp_title": created.wp_title,
                "wp_path": created.wp_path,
                "depends_on": created.depends_on.iter().map(WorkPackageId::as_str).collect::<Vec<_>>(),
                "actor": created.actor,
                "created_at": zulu(created.created_at),
            }),
            LifecycleEvent::ReviewerSelfApproval {
                wp_id,
                implementing_actor,
                intended_reviewer,
                failure_reason,
                fallback_approved,
                at,
            } => json!({
                "mission_slug": slug,
                "wp_id": wp_id.as_str(),
                "implementing_actor": implementing_actor,
                "intended_reviewer": intended_reviewer,
                "failure_reason": failure_reason,
                "fallback_approved": fallback_approved,
                "timestamp": time::iso(*at),
            }),
            LifecycleEvent::MissionReopened {
                mission_id,
                reason,
                reopened_by,
                at,
                cleared_merge,
            } => json!({
                "mission_id": mission_id.as_str(),
                "mission_slug": slug,
                "reason": reason,
                "reopened_by": reopened_by,
                "reopened_at": time::iso(*at),
                "cleared_merge": cleared_merge,
            }),
            LifecycleEvent::FollowUpRecorded {
                mission_id,
                follow_up,
                recorded_by,
                at,
            } => {
                let (kind, commit, number) = match follow_up {
                    FollowUp::Commit(commit) => ("commit", Some(commit), None),
                    FollowUp::PullRequest(number) => ("pr", None, Some(number)),
                };
                json!({
                    "mission_id": mission_id.as_str(),
                    "mission_slug": slug,
                    "follow_up_type": kind,
                    "commit_sha": commit,
                    "pr_number": number,
                    "recorded_by": recorded_by,
                    "recorded_at": time::iso(*at),
                })
            }
        }
    }
}

/// Makes the row of the project's own log that says that the project has an identity now: `ProjectInitialized`.
pub fn project_initialized(
    event_id: &EventId,
    at: Timestamp,
    project: &(ProjectUuid, Option<String>),
    actor: &str,
    runtime_version: &str,
    sanitizer: &Sanitizer,
) -> Sanitized {
    let (uuid, slug) = project;
    sanitizer.sanitize(&json!({
        "event_id": event_id.as_str(),
        "event_type": PROJECT_INITIALIZED,
        "aggregate_id": uuid.as_str(),
        "aggregate_type": "Project",
        "schema_version": SCHEMA_VERSION,
        "timestamp": time::iso(at),
        "payload": {
            "project_uuid": uuid.as_str(),
            "project_slug": slug,
            "actor": actor,
            "runtime_version": runtime_version,
            "initialized_at": zulu(at),
        },
        "project_uuid": uuid.as_str(),
        "project_slug": slug,
    }))
}

impl MissionCreated {
    fn payload(&self, slug: &str) -> Value {
        let given = |text: &Option<String>| {
            let text = text.as_deref().map(str::trim);
            text.filter(|text| !text.is_empty()).map(str::to_owned)
        };
        let name = given(&self.friendly_name).unwrap_or_else(|| title(slug));
        let purpose = given(&self.purpose_context).unwrap_or_else(|| {
            format!(
                "This mission advances {name} on {} so stakeholders can track the work from mission creation onward.",
                self.target_branch
            )
        });
        let mut payload = json!({
            "created_at": time::iso(self.created_at),
            "mission_number": self.mission_number,
            "mission_slug": slug,
            "mission_type": self.mission_type,
            "purpose_context": purpose,
            "purpose_tldr": given(&self.purpose_tldr).unwrap_or_else(|| name.clone()),
            "friendly_name": name,
            "target_branch": self.target_branch,
            "wp_count": self.wp_count,
        });
        if let (Value::Object(map), Some(mission_id)) = (&mut payload, &self.mission_id) {
            map.insert("mission_id".to_owned(), mission_id.as_str().into());
        }
        payload
    }
}

impl PhaseFacts {
    fn payload(&self, slug: &str) -> Map<String, Value> {
        [
            ("actor", Value::from(self.actor.as_str())),
            ("at", zulu(self.at).into()),
            ("mission_number", self.mission_number.into()),
            ("mission_slug", slug.into()),
        ]
        .map(|(key, value)| (key.to_owned(), value))
        .into_iter()
        .collect()
    }
}

/// A slug with blanks for hyphens.
fn title(slug: &str) -> String {
    let parts: Vec<&str> = slug.split('-').filter(|part| !part.is_empty()).collect();
    parts.join(" ")
}

/// Writes an instant as the Python tool's payload models do: with `Z` for the offset.
fn zulu(at: Timestamp) -> String {
    time::iso(at).replace("+00:00", "Z")
}
