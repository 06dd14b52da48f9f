//! The queue: events that wait for a hub, in one SQLite file a clone.
//!
//! It is filled from the journals and never loses an event: it has no limit, a delivered event is
//! removed when the hub has said so, and one that can't be delivered is set aside with its reason.

mod catch_up;
mod draft;
mod entry;
mod glossary_rows;
mod journals;
mod kept_back;
#[cfg(test)]
mod log_tests;
mod look;
mod open;
mod outgoing;
mod project_rows;
mod run_rows;
mod status_rows;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use pawtrail_event::envelope::{Envelope, EnvelopeId};
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};
use serde::Serialize;

pub use catch_up::{CaughtUp, Journal};
pub use draft::{Draft, Origin};
pub use entry::{Entry, State};
pub use glossary_rows::offer_glossary;
pub(crate) use journals::{catch_up_all, uncaught};
pub(crate) use outgoing::{Candidate, Outcome, Outgoing};
pub use project_rows::offer_project;
pub use run_rows::offer_run;
pub use status_rows::offer_status;

use crate::error::SyncError;
use crate::url::HubUrl;
use pawtrail_repo::Project;

/// The queue's file in the clone's private state.
pub const FILE: &str = "queue.sqlite";
/// The code of an event that its contract refuses.
pub const INVALID: &str = "EVENT_INVALID";
/// The code of an event that is too large to be sent.
pub const TOO_LARGE: &str = "EVENT_TOO_LARGE";

/// How long a command waits for another process's write. What it can't write now is caught up.
const BRIEF: Duration = Duration::from_millis(200);
/// How long the courier and the commands about the queue wait.
const PATIENT: Duration = Duration::from_secs(5);

/// An open queue. What changes it takes `&mut`, so that a shared one only shows.
pub struct Queue {
    db: Connection,
    path: PathBuf,
}

/// What became of events that were offered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Added {
    /// Put at the end.
    pub waiting: usize,
    /// Set aside at once: a hub would refuse them.
    pub set_aside: usize,
    /// There already.
    pub known: usize,
}

/// How many events are where.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Waiting, or on their way.
    pub queued: u64,
    /// Of these on their way.
    pub in_flight: u64,
    /// Set aside.
    pub set_aside: u64,
    /// When the oldest that waits was queued, in milliseconds since 1970.
    #[serde(skip)]
    pub oldest_ms: Option<i64>,
}

impl Queue {
    /// Opens the queue of a clone for a command that wrote an event: made where it is missing, never
    /// waited for.
    ///
    /// # Errors
    /// When the file can't be made or used.
    pub fn open(project: &Project) -> Result<Self, SyncError> {
        open::make(&project.state_dir().join(FILE), BRIEF)
    }

    /// Opens a queue that is there, to change what is in it; none where there is no file. [`Self::look`] shows it.
    ///
    /// # Errors
    /// When the file can't be used.
    pub fn open_existing(state_dir: &Path) -> Result<Option<Self>, SyncError> {
        let path = state_dir.join(FILE);
        if !path.exists() {
            return Ok(None);
        }
        open::make(&path, PATIENT).map(Some)
    }

    /// Adds events at the end, durably. One that is there already stays as it is; one that breaks its
    /// contract is set aside; one that replaces another of its kind takes its place.
    ///
    /// # Errors
    /// When the file can't be written; then none was added.
    pub fn add(&mut self, events: &[Envelope], now: Timestamp) -> Result<Added, SyncError> {
        let transaction = self.begin()?;
        let mut added = Added::default();
        for event in events {
            add_one(&transaction, event, now, &mut added).map_err(failed("add to"))?;
        }
        transaction.commit().map_err(failed("add to"))?;
        Ok(added)
    }

    /// Counts what is in it.
    ///
    /// # Errors
    /// When the file can't be read.
    pub fn counts(&self) -> Result<Counts, SyncError> {
        count(&self.db).map_err(failed("count"))
    }

    /// Notes a trouble of the upload that a person should know of; none: it is over.
    pub(crate) fn note_trouble(&mut self, trouble: Option<&str>) -> Result<(), SyncError> {
        self.note("trouble", trouble)
    }

    /// Returns the trouble that the last upload had, if it isn't over.
    ///
    /// # Errors
    /// When the file can't be read.
    pub fn trouble(&self) -> Result<Option<String>, SyncError> {
        self.noted("trouble")
    }

    /// Notes until when, in milliseconds since 1970, a hub wants to be left alone; none: no more.
    pub(crate) fn note_pause(&mut self, pause: Option<(i64, &HubUrl)>) -> Result<(), SyncError> {
        let text = pause.map(|(until_ms, url)| format!("{until_ms} {url}"));
        if self.noted("pause")? != text {
            self.note("pause", text.as_deref())?;
        }
        Ok(())
    }

    /// Returns until when this hub wants to be left alone, in milliseconds since 1970, as it was noted last.
    pub(crate) fn pause(&self, url: &HubUrl) -> Result<Option<i64>, SyncError> {
        let noted = self.noted("pause")?;
        Ok(noted.and_then(|text| {
            let (until_ms, by) = text.split_once(' ')?;
            let until_ms = until_ms.parse().ok()?;
            (by == url.to_string()).then_some(until_ms)
        }))
    }

    fn note(&mut self, name: &str, value: Option<&str>) -> Result<(), SyncError> {
        let noted = match value {
            Some(text) => self.db.execute(
                "INSERT INTO standing (name, value) VALUES (?1, ?2)
                 ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                [name, text],
            ),
            None => self
                .db
                .execute("DELETE FROM standing WHERE name = ?1", [name]),
        };
        noted.map(drop).map_err(failed("write"))
    }

    fn noted(&self, name: &str) -> Result<Option<String>, SyncError> {
        self.db
            .query_row(
                "SELECT value FROM standing WHERE name = ?1",
                [name],
                |row| row.get(0),
            )
            .optional()
            .map_err(failed("read"))
    }

    /// Returns the file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn begin(&mut self) -> Result<rusqlite::Transaction<'_>, SyncError> {
        self.db
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(failed("lock"))
    }
}

/// Returns how a clone's queue stands; all zero where it has none.
///
/// # Errors
/// When the file can't be read.
pub fn standing(state_dir: &Path) -> Result<(Counts, Option<String>), SyncError> {
    let found = Queue::look(state_dir, |queue| Ok((queue.counts()?, queue.trouble()?)))?;
    Ok(found.unwrap_or_default())
}

/// Makes a closure that turns SQLite's error into ours.
fn failed(doing: &'static str) -> impl FnOnce(rusqlite::Error) -> SyncError {
    move |source| SyncError::Queue { doing, source }
}

fn count(db: &Connection) -> rusqlite::Result<Counts> {
    let mut counts = Counts::default();
    let mut oldest: Option<i64> = None;
    let mut statement =
        db.prepare_cached("SELECT state, count(*), min(sequence) FROM events GROUP BY state")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let number = row.get::<_, i64>(1)?.unsigned_abs();
        match row.get(0)? {
            State::Waiting => counts.queued += number,
            State::InFlight => {
                counts.queued += number;
                counts.in_flight = number;
            }
            State::SetAside => {
                counts.set_aside = number;
                continue;
            }
        }
        let first: i64 = row.get(2)?;
        oldest = Some(oldest.map_or(first, |other| other.min(first)));
    }
    if let Some(sequence) = oldest {
        counts.oldest_ms = db
            .prepare_cached("SELECT queued_at FROM events WHERE sequence = ?1")?
            .query_row([sequence], |row| row.get(0))
            .optional()?;
    }
    Ok(counts)
}

fn add_one(
    db: &Connection,
    event: &Envelope,
    now: Timestamp,
    added: &mut Added,
) -> rusqlite::Result<()> {
    let body = event.to_text();
    let fault = if body.len() > pawtrail_event::envelope::MAX_ENVELOPE_BYTES {
        Some((TOO_LARGE, format!("it has {} bytes", body.len())))
    } else {
        event.check().err().map(|why| (INVALID, why.to_string()))
    };
    let key = event.coalesce_key();
    if is_there(db, event.event_id())? {
        added.known += 1;
        return Ok(());
    }
    if let (Some(key), None) = (&key, &fault) {
        db.prepare_cached("DELETE FROM events WHERE coalesce_key = ?1 AND state = 0")?
            .execute([key])?;
    }
    let state = if fault.is_some() {
        State::SetAside
    } else {
        State::Waiting
    };
    let (code, reason) = fault.unzip();
    db.prepare_cached(
        "INSERT INTO events (event_id, event_type, project_uuid, body, queued_at, state, reason_code, reason, coalesce_key)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?
    .execute(params![
        event.event_id().as_str(),
        event.kind().event_type(),
        event.project().as_str(),
        body,
        now.as_millisecond(),
        state,
        code,
        reason,
        key,
    ])?;
    match state {
        State::SetAside => added.set_aside += 1,
        State::Waiting | State::InFlight => added.waiting += 1,
    }
    Ok(())
}

fn is_there(db: &Connection, id: &EnvelopeId) -> rusqlite::Result<bool> {
    db.prepare_cached("SELECT 1 FROM events WHERE event_id = ?1")?
        .exists([id.as_str()])
}

#[cfg(test)]
impl Queue {
    /// Opens a queue in a directory without a repository.
    pub(crate) fn for_tests(dir: &Path) -> Self {
        open::make(&dir.join(FILE), PATIENT).unwrap()
    }

    /// Adds so many events as they would be after their checks.
    pub(crate) fn fill(&mut self, project: &str, events: usize) {
        let transaction = self.begin().unwrap();
        for number in 0..events {
            let id = format!("01KT12VTXHQVY4C5SW{number:08}");
            let body = serde_json::json!({"event_id": id, "payload": {"text": "x".repeat(400)}});
            transaction
                .prepare_cached(
                    "INSERT INTO events (event_id, event_type, project_uuid, body, queued_at) VALUES (?1, 'X', ?2, ?3, 0)",
                )
                .unwrap()
                .execute(params![id, project, body.to_string()])
                .unwrap();
        }
        transaction.commit().unwrap();
    }
}
