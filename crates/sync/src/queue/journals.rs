//! The journals of a clone whose rows go to a hub: of each mission the status and the glossary.

use pawtrail_event::MissionId;
use pawtrail_event::envelope::{EnvelopeId, Queueable};
use pawtrail_repo::glossary::{self, Logged};
use pawtrail_repo::status::{self, Appended, Seen};
use pawtrail_repo::{Project, mission};

use super::catch_up::Cursor;
use super::{CaughtUp, Draft, Journal, Queue};
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
    if !project.state_dir().join(super::FILE).exists() && is_unwritten(project, mission)? {
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
    let recorded = status::recorded(project)?;
    // A clone that has nothing to send needs no queue.
    let mut queue: Option<Queue> = Queue::open_existing(&project.state_dir())?;
    for mission in &recorded {
        if queue.is_none() && is_unwritten(project, mission)? {
            continue;
        }
        let open = opened(project, &mut queue)?;
        catch_up_status(open, project, mission, None)?;
    }
    // A glossary's log needs no ledger branch, so its mission may not be recorded.
    let listed = mission::list(project)?.missions;
    let listed = listed.into_iter().map(|mission| mission.mission_id);
    let others = listed.filter(|mission| !recorded.contains(mission));
    for mission in recorded.iter().cloned().chain(others) {
        let log = GlossaryLog::read(project, &mission)?;
        if !log.ids().is_empty() {
            opened(project, &mut queue)?.catch_up(project, &log)?;
        }
    }
    Ok(())
}

fn opened<'q>(project: &Project, queue: &'q mut Option<Queue>) -> Result<&'q mut Queue, SyncError> {
    let open = match queue.take() {
        Some(open) => open,
        None => Queue::open(project)?,
    };
    Ok(queue.insert(open))
}

fn is_unwritten(project: &Project, mission: &MissionId) -> Result<bool, SyncError> {
    Ok(status::offered(project, mission, None)?
        .ids()
        .next()
        .is_none())
}

/// A journal without rows needs no queue.
fn offer(project: &Project, journal: &dyn Journal) -> Result<CaughtUp, SyncError> {
    if journal.ids().is_empty() {
        return Ok(CaughtUp::default());
    }
    Queue::open(project)?.catch_up(project, journal)
}

/// Queues the rows of a status log behind the cursor, which is as far as its first bytes are known.
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
    let name = format!("status/{mission}");
    let before = queue.cursor(&name)?.map(|cursor| Seen {
        bytes: cursor.length,
        object: cursor.digest,
    });
    let offers = match appended.and_then(|appended| appended.behind(before.as_ref())) {
        Some(offers) => offers,
        None => status::offered(project, mission, before.as_ref())?,
    };
    let Some(seen) = offers
        .seen
        .clone()
        .filter(|seen| Some(seen) != before.as_ref())
    else {
        return Ok(CaughtUp::default());
    };
    let cursor = Cursor {
        length: seen.bytes,
        digest: seen.object,
    };
    // A row whose id is neither ULID nor UUID has no place in an envelope.
    let named = |(at, id): (usize, &str)| Some((at, id.parse::<EnvelopeId>().ok()?));
    let (places, ids): (Vec<usize>, Vec<EnvelopeId>) =
        offers.ids().enumerate().filter_map(named).unzip();
    let draft = |at: usize| {
        let event = offers.event(*places.get(at)?)?;
        Some(Draft {
            kind: Queueable::new(&event.event_type).ok()?,
            event_id: ids.get(at)?.clone(),
            aggregate_id: event.aggregate_id,
            aggregate_type: Some(event.aggregate_type),
            timestamp: event.timestamp,
            mission_id: Some(mission.clone()),
            correlation_id: None,
            causation_id: None,
            payload: project.sanitizer().sanitize(&event.payload),
        })
    };
    queue.take_in(project, &name, &cursor, &ids, draft)
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
