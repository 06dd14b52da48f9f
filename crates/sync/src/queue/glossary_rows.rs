//! The glossary logs of missions as journals of the queue.

use pawtrail_event::MissionId;
use pawtrail_event::envelope::{EnvelopeId, Queueable};
use pawtrail_repo::Project;
use pawtrail_repo::glossary::{self, Logged};

use super::catch_up::offer;
use super::{CaughtUp, Draft, Journal};
use crate::error::SyncError;

/// Queues what a mission's glossary log holds and the queue never had, as [`super::offer_status`] does.
///
/// # Errors
/// As [`super::offer_status`].
pub fn offer_glossary(project: &Project, mission: &MissionId) -> Result<CaughtUp, SyncError> {
    offer(project, &GlossaryLog::read(project, mission)?)
}

/// The glossary log of one mission.
pub(super) struct GlossaryLog {
    mission: MissionId,
    rows: Vec<Logged>,
    ids: Vec<EnvelopeId>,
}

impl GlossaryLog {
    /// Reads all rows of it.
    pub(super) fn read(project: &Project, mission: &MissionId) -> Result<Self, SyncError> {
        let rows = glossary::logged(project, mission)?;
        let ids = rows.iter().map(|row| row.event_id.clone()).collect();
        let mission = mission.clone();
        Ok(Self { mission, rows, ids })
    }
}

impl Journal for GlossaryLog {
    fn name(&self) -> String {
        format!("glossary/{}", self.mission)
    }

    fn ids(&self) -> &[EnvelopeId] {
        &self.ids
    }

    fn draft(&self, at: usize) -> Option<Draft> {
        let row = self.rows.get(at)?;
        Some(Draft {
            kind: Queueable::new(&row.event_type).ok()?,
            event_id: row.event_id.clone(),
            aggregate_id: self.mission.to_string(),
            aggregate_type: Some("Mission".to_owned()),
            timestamp: row.at.clone(),
            mission_id: Some(self.mission.clone()),
            correlation_id: None,
            causation_id: row.causation(),
            payload: row.payload.clone(),
        })
    }
}
