//! The status logs of missions as journals of the queue: what is committed of them, by bytes.

use pawtrail_event::MissionId;
use pawtrail_event::envelope::{EnvelopeId, Queueable};
use pawtrail_repo::Project;
use pawtrail_repo::status::{self, Appended, Offers, Seen};

use super::catch_up::Cursor;
use super::{CaughtUp, Draft, Queue};
use crate::error::SyncError;

/// Queues what a mission's status log holds, committed, and the queue never had: what a command does after
/// it wrote a row. It never waits long, and where it fails, the next one finds the same rows. Where the
/// queue has seen the log up to what was `appended`, the log is not read again.
///
/// # Errors
/// When the log or the queue can't be read or written, or the project has no identity.
pub fn offer_status(
    project: &Project,
    mission: &MissionId,
    appended: Option<&Appended>,
) -> Result<CaughtUp, SyncError> {
    // A log without rows needs no queue.
    if !project.state_dir().join(super::FILE).exists()
        && StatusLog::read(project, mission, None, appended)?
            .ids
            .is_empty()
    {
        return Ok(CaughtUp::default());
    }
    catch_up(&mut Queue::open(project)?, project, mission, appended)
}

/// Queues the rows of a status log behind the queue's cursor.
pub(super) fn catch_up(
    queue: &mut Queue,
    project: &Project,
    mission: &MissionId,
    appended: Option<&Appended>,
) -> Result<CaughtUp, SyncError> {
    // Without an identity nothing is anybody's; once there is one, all of it is found.
    if project.identity()?.is_none() {
        return Ok(CaughtUp::default());
    }
    let name = name(mission);
    let before = queue.cursor(&name)?;
    let log = StatusLog::read(project, mission, before.clone(), appended)?;
    let Some(cursor) = &log.cursor else {
        return Ok(CaughtUp::default());
    };
    // A last line without its end is behind the cursor, however often it was looked at.
    if log.cursor == before && queue.fresh(&log.ids)?.is_empty() {
        return Ok(CaughtUp::default());
    }
    queue.take_in(project, &name, cursor, &log.ids, |at| log.draft(at))
}

/// Names the journal of a mission's status.
pub(super) fn name(mission: &MissionId) -> String {
    format!("status/{mission}")
}

/// The rows of a mission's status log behind a cursor, which counts bytes.
pub(super) struct StatusLog<'a> {
    project: &'a Project,
    mission: &'a MissionId,
    /// How far the log is read with these rows.
    cursor: Option<Cursor>,
    offers: Offers,
    /// The places of the rows with an id, and their ids.
    places: Vec<usize>,
    pub(super) ids: Vec<EnvelopeId>,
}

impl<'a> StatusLog<'a> {
    /// Reads what is behind `before`; of what was just `appended`, nothing is read again.
    pub(super) fn read(
        project: &'a Project,
        mission: &'a MissionId,
        before: Option<Cursor>,
        appended: Option<&Appended>,
    ) -> Result<Self, SyncError> {
        let before = before.map(|cursor| Seen {
            bytes: cursor.length,
            object: cursor.digest,
        });
        let offers = match appended.and_then(|appended| appended.behind(before.as_ref())) {
            Some(offers) => offers,
            None => status::offered(project, mission, before.as_ref())?,
        };
        // A row whose id is neither ULID nor UUID has no place in an envelope.
        let named = |(at, id): (usize, &str)| Some((at, id.parse::<EnvelopeId>().ok()?));
        let (places, ids) = offers.ids().enumerate().filter_map(named).unzip();
        let cursor = offers.seen.as_ref().map(|seen| Cursor {
            length: seen.bytes,
            digest: seen.object.clone(),
        });
        Ok(Self {
            project,
            mission,
            cursor,
            offers,
            places,
            ids,
        })
    }

    /// Drafts the event of the row at this place; none where it doesn't go to a hub.
    pub(super) fn draft(&self, at: usize) -> Option<Draft> {
        let event = self.offers.event(*self.places.get(at)?)?;
        Some(Draft {
            kind: Queueable::new(&event.event_type).ok()?,
            event_id: self.ids.get(at)?.clone(),
            aggregate_id: event.aggregate_id,
            aggregate_type: Some(event.aggregate_type),
            timestamp: event.timestamp,
            mission_id: Some(self.mission.clone()),
            correlation_id: None,
            causation_id: None,
            payload: self.project.sanitizer().sanitize(&event.payload),
        })
    }
}
