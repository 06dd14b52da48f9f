//! The journals of a clone whose rows go to a hub: the project's own, and of each mission status, glossary and run.

use pawtrail_event::MissionId;
use pawtrail_event::envelope::{EnvelopeId, Queueable};
use pawtrail_repo::glossary::{self, Logged};
use pawtrail_repo::status::{self, Appended, Offers, Seen};
use pawtrail_repo::{Project, mission, runs};

use super::catch_up::Cursor;
use super::project_rows::ProjectLog;
use super::runs::RunLog;
use super::{CaughtUp, Draft, Journal, Queue, kept_back};
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
    catch_up_status(&mut Queue::open(project)?, project, mission, appended)
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
    for mission in &status::recorded(project)? {
        if queue.is_some()
            || !StatusLog::read(project, mission, None, None)?
                .ids
                .is_empty()
        {
            catch_up_status(opened(project, &mut queue)?, project, mission, None)?;
        }
    }
    each(project, |journal| {
        opened(project, &mut queue)?
            .catch_up(project, journal)
            .map(drop)
    })
}

fn opened<'q>(project: &Project, queue: &'q mut Option<Queue>) -> Result<&'q mut Queue, SyncError> {
    let open = match queue.take() {
        Some(open) => open,
        None => Queue::open(project)?,
    };
    Ok(queue.insert(open))
}

/// Counts the events that [`catch_up_all`] would queue. It changes nothing.
///
/// # Errors
/// When a journal or the queue can't be read.
pub(crate) fn uncaught(project: &Project) -> Result<usize, SyncError> {
    let seen = Queue::look(&project.state_dir(), |queue| count(project, Some(queue)))?;
    match seen {
        Some(count) => Ok(count),
        None => count(project, None),
    }
}

/// Which of these a queue would be new to, if it were made now.
fn uncovered(project: &Project, ids: &[EnvelopeId]) -> Result<Vec<usize>, SyncError> {
    let kept_back = kept_back::of_state(&project.state_dir())?;
    let each = ids.iter().enumerate();
    let new = each.filter(|(_, id)| !kept_back.contains(id.as_str()));
    Ok(new.map(|(at, _)| at).collect())
}

/// Counts the events among the rows that a queue never had; among all rows, where there is none.
fn count(project: &Project, queue: Option<&Queue>) -> Result<usize, SyncError> {
    let mut count = 0;
    for mission in &status::recorded(project)? {
        let cursor = match queue {
            Some(queue) => queue.cursor(&status_name(mission))?,
            None => None,
        };
        let log = StatusLog::read(project, mission, cursor, None)?;
        let fresh = match queue {
            Some(queue) => queue.fresh(&log.ids)?,
            None => uncovered(project, &log.ids)?,
        };
        count += fresh
            .into_iter()
            .filter(|at| log.draft(*at).is_some())
            .count();
    }
    each(project, |journal| {
        let fresh = match queue {
            Some(queue) => queue.unseen(journal)?,
            None => uncovered(project, journal.ids())?,
        };
        let drafted = fresh.into_iter().filter(|at| journal.draft(*at).is_some());
        count += drafted.count();
        Ok(())
    })?;
    Ok(count)
}

/// Visits the journals that have rows, but for status logs.
fn each(
    project: &Project,
    mut visit: impl FnMut(&dyn Journal) -> Result<(), SyncError>,
) -> Result<(), SyncError> {
    let mut offer = |journal: &dyn Journal| match journal.ids().is_empty() {
        true => Ok(()),
        false => visit(journal),
    };
    offer(&ProjectLog::read(project)?)?;
    let recorded = status::recorded(project)?;
    for mission in &recorded {
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

/// Queues the rows of a status log behind the queue's cursor.
fn catch_up_status(
    queue: &mut Queue,
    project: &Project,
    mission: &MissionId,
    appended: Option<&Appended>,
) -> Result<CaughtUp, SyncError> {
    // Without an identity nothing is anybody's; once there is one, all of it is found.
    if project.identity()?.is_none() {
        return Ok(CaughtUp::default());
    }
    let name = status_name(mission);
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

fn status_name(mission: &MissionId) -> String {
    format!("status/{mission}")
}

/// The rows of a mission's status log behind a cursor, which counts bytes.
struct StatusLog<'a> {
    project: &'a Project,
    mission: &'a MissionId,
    /// How far the log is read with these rows.
    cursor: Option<Cursor>,
    offers: Offers,
    /// The places of the rows with an id, and their ids.
    places: Vec<usize>,
    ids: Vec<EnvelopeId>,
}

impl<'a> StatusLog<'a> {
    fn read(
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
    fn draft(&self, at: usize) -> Option<Draft> {
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
