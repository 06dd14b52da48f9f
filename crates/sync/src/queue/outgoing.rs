//! The uploader's side of the queue: what is taken to be sent, and what becomes of it.

use pawtrail_event::ProjectUuid;
use rusqlite::{Connection, params};

use super::{Queue, State, failed};
use crate::error::SyncError;

/// The code of an event that is of another project than consent was given for.
const OTHER_PROJECT: &str = "OTHER_PROJECT";
const BARRED: &str = "it is not of the project that consent was given for";

/// An event that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Outgoing {
    pub(crate) sequence: i64,
    pub(crate) event_id: String,
    /// Its envelope, as text.
    pub(crate) body: String,
}

/// An event that waits or is on its way, as it stands in the queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Candidate {
    pub(crate) sequence: i64,
    pub(crate) event_id: String,
    pub(crate) body: String,
    pub(crate) project_uuid: String,
    /// When it may go, in milliseconds since 1970.
    pub(crate) due_at: i64,
    /// Whether it was taken.
    pub(crate) in_flight: bool,
}

/// What a hub said of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It has it.
    Delivered,
    /// Again, and not before this time, in milliseconds since 1970.
    Again(i64),
    /// Not to be sent again.
    SetAside {
        /// A stable code.
        code: String,
        /// The reason, for a person.
        reason: String,
    },
}

impl Queue {
    /// Takes back what an uploader that ended had taken.
    pub(crate) fn recover(&mut self) -> Result<(), SyncError> {
        let transaction = self.begin()?;
        requeue(&transaction, None, 0).map_err(failed("write"))?;
        transaction.commit().map_err(failed("write"))
    }

    /// Takes the oldest events that are due, at most so many and so many bytes, but one at least.
    /// They are on their way until [`Self::settle`]. One of another project than consent was given for
    /// is set aside instead.
    pub(crate) fn take(
        &mut self,
        project: &ProjectUuid,
        now_ms: i64,
        events: usize,
        bytes: usize,
    ) -> Result<Vec<Outgoing>, SyncError> {
        let transaction = self.begin()?;
        let taken = take(&transaction, project, now_ms, events, bytes).map_err(failed("read"))?;
        transaction.commit().map_err(failed("write"))?;
        Ok(taken)
    }

    /// Notes durably what became of events that were taken.
    pub(crate) fn settle(&mut self, outcomes: &[(&Outgoing, Outcome)]) -> Result<(), SyncError> {
        let transaction = self.begin()?;
        for (event, outcome) in outcomes {
            settle(&transaction, event, outcome).map_err(failed("write"))?;
        }
        transaction.commit().map_err(failed("write"))
    }

    /// Whether anything is to be sent now.
    pub(crate) fn is_due(&self, now_ms: i64) -> Result<bool, SyncError> {
        self.db
            .prepare_cached("SELECT 1 FROM events WHERE state = 0 AND due_at <= ?1 LIMIT 1")
            .and_then(|mut statement| statement.exists([now_ms]))
            .map_err(failed("read"))
    }

    /// Shows all that waits or is on its way, oldest first, and changes nothing. One on its way for which a newer one
    /// stands is left out: it would not go again.
    pub(crate) fn candidates(&self, mut each: impl FnMut(Candidate)) -> Result<(), SyncError> {
        let mut show = || -> rusqlite::Result<()> {
            let mut statement = self.db.prepare_cached(
                "SELECT sequence, event_id, body, project_uuid, due_at, state = 1 FROM events
                 WHERE state = 0 OR (state = 1 AND (coalesce_key IS NULL OR NOT EXISTS (
                     SELECT 1 FROM events newer WHERE newer.coalesce_key = events.coalesce_key
                         AND newer.sequence > events.sequence AND newer.state <> 2)))
                 ORDER BY sequence",
            )?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                each(Candidate {
                    sequence: row.get(0)?,
                    event_id: row.get(1)?,
                    body: row.get(2)?,
                    project_uuid: row.get(3)?,
                    due_at: row.get(4)?,
                    in_flight: row.get(5)?,
                });
            }
            Ok(())
        };
        show().map_err(failed("read"))
    }

    /// Returns when the next waiting event is due, in milliseconds since 1970.
    pub(crate) fn next_due(&self) -> Result<Option<i64>, SyncError> {
        self.db
            .query_row(
                "SELECT min(due_at) FROM events WHERE state = 0",
                [],
                |row| row.get(0),
            )
            .map_err(failed("read"))
    }
}

fn take(
    db: &Connection,
    project: &ProjectUuid,
    now_ms: i64,
    events: usize,
    bytes: usize,
) -> rusqlite::Result<Vec<Outgoing>> {
    let mut taken: Vec<Outgoing> = Vec::new();
    let mut size = 0;
    let mut others = Vec::new();
    let mut statement = db.prepare_cached(
        "SELECT sequence, event_id, body, project_uuid FROM events WHERE state = 0 AND due_at <= ?1 ORDER BY sequence LIMIT ?2",
    )?;
    let mut rows = statement.query(params![now_ms, i64::try_from(events).unwrap_or(i64::MAX)])?;
    while let Some(row) = rows.next()? {
        if row.get_ref(3)?.as_str().ok() != Some(project.as_str()) {
            others.push(row.get(0)?);
            continue;
        }
        let body: String = row.get(2)?;
        // Its comma is a byte too.
        size += body.len() + 1;
        if size > bytes && !taken.is_empty() {
            break;
        }
        taken.push(Outgoing {
            sequence: row.get(0)?,
            event_id: row.get(1)?,
            body,
        });
    }
    for sequence in others {
        let sequence: i64 = sequence;
        set_aside(db, sequence, State::Waiting, OTHER_PROJECT, BARRED)?;
    }
    let mut mark = db.prepare_cached(
        "UPDATE events SET state = 1, attempts = attempts + 1 WHERE sequence = ?1",
    )?;
    for event in &taken {
        mark.execute([event.sequence])?;
    }
    Ok(taken)
}

/// An event that was set aside or left the queue meanwhile is not on its way any more: all that counts then is that a
/// hub has it.
fn settle(db: &Connection, event: &Outgoing, outcome: &Outcome) -> rusqlite::Result<()> {
    match outcome {
        Outcome::Delivered => db
            // The number alone may be another event's by now.
            .prepare_cached("DELETE FROM events WHERE sequence = ?1 AND event_id = ?2")?
            .execute(params![event.sequence, event.event_id])
            .map(drop),
        Outcome::Again(due_at) => requeue(db, Some(event.sequence), *due_at),
        Outcome::SetAside { code, reason } => {
            set_aside(db, event.sequence, State::InFlight, code, reason)
        }
    }
}

fn set_aside(
    db: &Connection,
    sequence: i64,
    from: State,
    code: &str,
    reason: &str,
) -> rusqlite::Result<()> {
    db.prepare_cached(
        "UPDATE events SET state = ?3, reason_code = ?4, reason = ?5 WHERE sequence = ?1 AND state = ?2",
    )?
    .execute(params![sequence, from, State::SetAside, code, reason])
    .map(drop)
}

/// Lets events on their way wait again, of one sequence or of all; one that a newer one stands for is dropped.
fn requeue(db: &Connection, only: Option<i64>, due_at: i64) -> rusqlite::Result<()> {
    let (first, last) = only.map_or((i64::MIN, i64::MAX), |sequence| (sequence, sequence));
    db.prepare_cached(
        "DELETE FROM events WHERE state = 1 AND sequence BETWEEN ?1 AND ?2 AND coalesce_key IS NOT NULL
             AND EXISTS (SELECT 1 FROM events newer WHERE newer.coalesce_key = events.coalesce_key
                 AND newer.sequence > events.sequence AND newer.state <> 2)",
    )?
    .execute([first, last])?;
    db.prepare_cached(
        "UPDATE events SET state = 0, due_at = ?3 WHERE state = 1 AND sequence BETWEEN ?1 AND ?2",
    )?
    .execute([first, last, due_at])
    .map(drop)
}
