//! The project's own log as a journal of the queue: that the project was given its identity.

use pawtrail_event::envelope::{EnvelopeId, Queueable};
use pawtrail_repo::status::Offered;
use pawtrail_repo::{Project, project_log};

use super::catch_up::offer;
use super::{CaughtUp, Draft, Journal};
use crate::error::SyncError;

/// Queues what the project's own log holds and the queue never had.
///
/// # Errors
/// When the log or the queue can't be read or written.
pub fn offer_project(project: &Project) -> Result<CaughtUp, SyncError> {
    offer(project, &ProjectLog::read(project)?)
}

/// The log of a project.
pub(super) struct ProjectLog<'a> {
    project: &'a Project,
    rows: Vec<Offered>,
    ids: Vec<EnvelopeId>,
}

impl<'a> ProjectLog<'a> {
    /// Reads the rows of the log.
    pub(super) fn read(project: &'a Project) -> Result<Self, SyncError> {
        let (rows, ids) = project_log::offered(project)?
            .into_iter()
            .filter_map(|row| Some((row.event_id.parse().ok()?, row)))
            .map(|(id, row)| (row, id))
            .unzip();
        Ok(Self { project, rows, ids })
    }
}

impl Journal for ProjectLog<'_> {
    fn name(&self) -> String {
        "project".to_owned()
    }

    fn ids(&self) -> &[EnvelopeId] {
        &self.ids
    }

    fn draft(&self, at: usize) -> Option<Draft> {
        let event = self.rows.get(at)?.event.as_ref()?;
        Some(Draft {
            kind: Queueable::new(&event.event_type).ok()?,
            event_id: self.ids.get(at)?.clone(),
            aggregate_id: event.aggregate_id.clone(),
            aggregate_type: Some(event.aggregate_type.clone()),
            timestamp: event.timestamp.clone(),
            mission_id: None,
            correlation_id: None,
            causation_id: None,
            payload: self.project.sanitizer().sanitize(&event.payload),
        })
    }
}
