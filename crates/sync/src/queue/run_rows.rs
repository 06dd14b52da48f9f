//! The run logs of a clone as journals: what a run's steps look like from outside.
//!
//! A run that begins is a mission that starts, a step that is issued a phase that is entered, once, and a run that is
//! complete a mission that is. Nothing else of a run goes to a hub, and no decision ever stands in its log.

use pawtrail_event::MissionId;
use pawtrail_event::envelope::{EnvelopeId, Queueable};
use pawtrail_event::run::{Payload, Row, RowPayload};
use pawtrail_repo::{Project, runs};
use serde_json::{Value, json};

use super::catch_up::offer;
use super::{CaughtUp, Draft, Journal};
use crate::error::SyncError;

/// The phase of a mission before its first step.
const NOT_STARTED: &str = "not_started";

/// Queues what a mission's run log holds and the queue never had, as [`super::offer_status`] does.
///
/// # Errors
/// When the log or the queue can't be read or written, or the project has no identity.
pub fn offer_run(project: &Project, mission: &MissionId) -> Result<CaughtUp, SyncError> {
    offer(project, &RunLog::read(project, mission)?)
}

/// The run log of one mission.
pub(super) struct RunLog<'a> {
    project: &'a Project,
    mission: MissionId,
    ids: Vec<EnvelopeId>,
    events: Vec<Option<Event>>,
}

/// What a row says to a hub.
struct Event {
    kind: Queueable,
    at: String,
    payload: Value,
}

impl<'a> RunLog<'a> {
    pub(super) fn read(project: &'a Project, mission: &MissionId) -> Result<Self, SyncError> {
        let stored = runs::find(project, mission)?;
        let rows = stored.map_or_else(Vec::new, |stored| stored.log.rows);
        let mut phase = NOT_STARTED.to_owned();
        let mut entered = Vec::new();
        let mut log = Self {
            project,
            mission: mission.clone(),
            ids: Vec::new(),
            events: Vec::new(),
        };
        for row in &rows {
            let event = log.event(row, &mut phase, &mut entered);
            // A row without an id of its own is another tool's, which tells its hub itself.
            let Some(id) = row
                .event_id
                .as_ref()
                .and_then(|id| id.as_str().parse().ok())
            else {
                continue;
            };
            log.ids.push(id);
            log.events.push(event);
        }
        Ok(log)
    }

    fn event(&self, row: &Row, phase: &mut String, entered: &mut Vec<String>) -> Option<Event> {
        let RowPayload::Run(payload) = &row.payload else {
            return None;
        };
        let mission_id = self.mission.as_str();
        let (event_type, payload) = match payload {
            // The mission started with the run that this one continues.
            Payload::Started(started) if started.recovered => return None,
            Payload::Started(started) => (
                "MissionStarted",
                json!({
                    "mission_id": mission_id,
                    "mission_type": started.mission_type,
                    "initial_phase": NOT_STARTED,
                    "actor": started.actor.actor_id,
                }),
            ),
            Payload::StepIssued(issued) => {
                let step = issued.step_id.to_string();
                let before = std::mem::replace(phase, step.clone());
                if entered.contains(&step) {
                    return None;
                }
                entered.push(step.clone());
                (
                    "PhaseEntered",
                    json!({
                        "mission_id": mission_id,
                        "phase_name": step,
                        "previous_phase": before,
                        "actor": issued.agent_id,
                    }),
                )
            }
            Payload::Completed(completed) => (
                "MissionCompleted",
                json!({
                    "mission_id": mission_id,
                    "mission_type": completed.mission_type,
                    "final_phase": phase.as_str(),
                    "actor": completed.actor.actor_id,
                }),
            ),
            Payload::StepCompleted(_)
            | Payload::Significance(_)
            | Payload::TimedOut(_)
            | Payload::Denied(_)
            | Payload::OwnerSet(_)
            | Payload::Delegated(_)
            | Payload::SoftGated(_)
            | Payload::BlockCleared(_)
            | Payload::TemplateAdopted(_) => return None,
        };
        Some(Event {
            kind: Queueable::new(event_type).ok()?,
            at: row.at.clone(),
            payload,
        })
    }
}

impl Journal for RunLog<'_> {
    fn name(&self) -> String {
        format!("run/{}", self.mission)
    }

    fn ids(&self) -> &[EnvelopeId] {
        &self.ids
    }

    fn draft(&self, at: usize) -> Option<Draft> {
        let event = self.events.get(at)?.as_ref()?;
        Some(Draft {
            kind: event.kind,
            event_id: self.ids.get(at)?.clone(),
            aggregate_id: self.mission.to_string(),
            aggregate_type: Some("Mission".to_owned()),
            timestamp: event.at.clone(),
            mission_id: Some(self.mission.clone()),
            correlation_id: None,
            causation_id: None,
            payload: self.project.sanitizer().sanitize(&event.payload),
        })
    }
}
