//! The journals of a clone whose rows go to a hub: of each mission the status and the glossary.

use pawtrail_event::MissionId;
use pawtrail_event::envelope::{EnvelopeId, Queueable};
use pawtrail_repo::glossary::{self, Logged};
use pawtrail_repo::status::{self, Offered};
use pawtrail_repo::{Project, mission, runs};

use super::runs::RunLog;
use super::{CaughtUp, Draft, Journal, Queue};
use crate::error::SyncError;

/// Queues what a mission's status log holds, committed, and the queue never had: what a command does after
/// it wrote a row. It never waits long, and where it fails, the next one finds the same rows.
///
/// # Errors
/// When the log or the queue can't be read or written, or the project has no identity.
pub fn offer_status(project: &Project, mission: &MissionId) -> Result<CaughtUp, SyncError> {
    offer(project, &StatusLog::read(project, mission)?)
}

/// Queues what a mission's glossary log holds and the queue never had, as [`offer_status`] does.
///
/// # Errors
/// As [`offer_status`].
pub fn offer_glossary(project: &Project, mission: &MissionId) -> Result<CaughtUp, SyncError> {
    offer(project, &GlossaryLog::read(project, mission)?)
}

/// Queues what the journals of all missions hold and the queue never had: what died between a row and
/// the queue, and what the Python tool wrote.
///
/// # Errors
/// When a journal or the queue can't be read or written.
pub(crate) fn catch_up_all(project: &Project) -> Result<(), SyncError> {
    // A clone that has nothing to send needs no queue.
    let mut queue: Option<Queue> = Queue::open_existing(&project.state_dir())?;
    each(project, |journal| {
        let open = match queue.take() {
            Some(open) => open,
            None => Queue::open(project)?,
        };
        queue.insert(open).catch_up(project, journal).map(drop)
    })
}

/// Counts the events that [`catch_up_all`] would queue. It changes nothing.
///
/// # Errors
/// When a journal or the queue can't be read.
pub(crate) fn uncaught(project: &Project) -> Result<usize, SyncError> {
    let seen = Queue::look(&project.state_dir(), |queue| {
        count(project, |journal| {
            queue.fresh(&journal.name(), journal.ids())
        })
    })?;
    match seen {
        Some(count) => Ok(count),
        None => count(project, |journal| Ok((0..journal.ids().len()).collect())),
    }
}

/// Counts the events among the rows that are `fresh`.
fn count(
    project: &Project,
    fresh: impl Fn(&dyn Journal) -> Result<Vec<usize>, SyncError>,
) -> Result<usize, SyncError> {
    let mut count = 0;
    each(project, |journal| {
        count += fresh(journal)?
            .into_iter()
            .filter(|at| journal.draft(*at).is_some())
            .count();
        Ok(())
    })?;
    Ok(count)
}

/// Visits the journals that have rows.
fn each(
    project: &Project,
    mut visit: impl FnMut(&dyn Journal) -> Result<(), SyncError>,
) -> Result<(), SyncError> {
    let mut offer = |journal: &dyn Journal| match journal.ids().is_empty() {
        true => Ok(()),
        false => visit(journal),
    };
    let recorded = status::recorded(project)?;
    for mission in &recorded {
        offer(&StatusLog::read(project, mission)?)?;
        offer(&GlossaryLog::read(project, mission)?)?;
    }
    for mission in &runs::missions(project)? {
        offer(&RunLog::read(project, mission)?)?;
    }
    // A glossary's log needs no ledger branch, so its mission may not be recorded.
    for mission in mission::list(project)?.missions {
        if !recorded.contains(&mission.mission_id) {
            offer(&GlossaryLog::read(project, &mission.mission_id)?)?;
        }
    }
    Ok(())
}

/// A journal without rows needs no queue.
pub(super) fn offer(project: &Project, journal: &dyn Journal) -> Result<CaughtUp, SyncError> {
    if journal.ids().is_empty() {
        return Ok(CaughtUp::default());
    }
    Queue::open(project)?.catch_up(project, journal)
}

/// The status log of one mission.
struct StatusLog<'a> {
    project: &'a Project,
    mission: MissionId,
    rows: Vec<Offered>,
    ids: Vec<EnvelopeId>,
}

impl<'a> StatusLog<'a> {
    fn read(project: &'a Project, mission: &MissionId) -> Result<Self, SyncError> {
        // A row whose id is neither ULID nor UUID has no place in an envelope.
        let (rows, ids) = status::offered(project, mission)?
            .into_iter()
            .filter_map(|row| Some((row.event_id.parse().ok()?, row)))
            .map(|(id, row)| (row, id))
            .unzip();
        Ok(Self {
            project,
            mission: mission.clone(),
            rows,
            ids,
        })
    }
}

impl Journal for StatusLog<'_> {
    fn name(&self) -> String {
        format!("status/{}", self.mission)
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
            mission_id: Some(self.mission.clone()),
            correlation_id: None,
            causation_id: None,
            payload: self.project.sanitizer().sanitize(&event.payload),
        })
    }
}

/// The glossary log of one mission.
struct GlossaryLog {
    mission: MissionId,
    rows: Vec<Logged>,
    ids: Vec<EnvelopeId>,
}

impl GlossaryLog {
    fn read(project: &Project, mission: &MissionId) -> Result<Self, SyncError> {
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
