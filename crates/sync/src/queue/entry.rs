//! One event of the queue, to be shown, tried again or dropped.

use jiff::Timestamp;
use pawtrail_event::envelope::EnvelopeId;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use rusqlite::{OptionalExtension, Row, params};
use serde::Serialize;
use serde_json::Value;

use super::{Queue, failed};
use crate::error::SyncError;

const COLUMNS: &str = "event_id, event_type, state, reason_code, reason, attempts, queued_at";

/// Where an event is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// To be sent.
    Waiting,
    /// Sent, and not answered yet.
    InFlight,
    /// Not to be sent; the reason says why.
    SetAside,
}

impl ToSql for State {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Self::Waiting => 0,
            Self::InFlight => 1,
            Self::SetAside => 2,
        }
        .into())
    }
}

impl FromSql for State {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        match value.as_i64()? {
            0 => Ok(Self::Waiting),
            1 => Ok(Self::InFlight),
            2 => Ok(Self::SetAside),
            other => Err(FromSqlError::OutOfRange(other)),
        }
    }
}

/// An event of the queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// The event.
    pub event_id: String,
    /// Its type.
    pub event_type: String,
    /// Where it is.
    pub state: State,
    /// A stable code, where it was set aside.
    pub reason_code: Option<String>,
    /// Why it was set aside, for a person.
    pub reason: Option<String>,
    /// How often it was sent.
    pub attempts: u64,
    /// When it was queued, RFC 3339 in UTC.
    pub queued_at: String,
}

impl Queue {
    /// Returns the oldest `limit` events, those in `state` if one is named.
    ///
    /// # Errors
    /// When the file can't be read.
    pub fn list(&self, state: Option<State>, limit: u32) -> Result<Vec<Entry>, SyncError> {
        let read = || {
            let mut statement = self.db.prepare_cached(&format!(
                "SELECT {COLUMNS} FROM events WHERE ?1 IS NULL OR state = ?1 ORDER BY sequence LIMIT ?2"
            ))?;
            let rows = statement.query_map(params![state, limit], entry)?;
            rows.collect::<rusqlite::Result<Vec<Entry>>>()
        };
        read().map_err(failed("read"))
    }

    /// Returns one event and its envelope.
    ///
    /// # Errors
    /// When there is none, or the file can't be read.
    pub fn show(&self, id: &EnvelopeId) -> Result<(Entry, Value), SyncError> {
        let found = self
            .db
            .query_row(
                &format!("SELECT {COLUMNS}, body FROM events WHERE event_id = ?1"),
                [id.as_str()],
                |row| Ok((entry(row)?, row.get::<_, String>(7)?)),
            )
            .optional()
            .map_err(failed("read"))?;
        let (entry, body) = found.ok_or_else(|| SyncError::EventUnknown(id.clone()))?;
        // What was written there is JSON; a text shows what it is if it isn't.
        let envelope = serde_json::from_str(&body).unwrap_or(Value::String(body));
        Ok((entry, envelope))
    }

    /// Lets an event that was set aside wait again. Returns whether it had been set aside.
    ///
    /// # Errors
    /// When there is none, it would be refused again without being sent, or the file can't be written.
    pub fn retry(&mut self, id: &EnvelopeId) -> Result<bool, SyncError> {
        let (entry, envelope) = self.show(id)?;
        match entry.state {
            State::Waiting | State::InFlight => return Ok(false),
            State::SetAside => {}
        }
        if let Err(violation) = pawtrail_event::envelope::check(&envelope) {
            return Err(SyncError::EventInvalid(id.clone(), violation.to_string()));
        }
        let transaction = self.begin()?;
        // A newer one that says the same thing of the same object stands for it.
        let replaced = transaction
            .execute(
                "DELETE FROM events WHERE event_id = ?1 AND coalesce_key IN
                    (SELECT coalesce_key FROM events WHERE state = 0)",
                [id.as_str()],
            )
            .map_err(failed("write"))?;
        if replaced == 0 {
            transaction
                .execute(
                    "UPDATE events SET state = 0, due_at = 0, reason_code = NULL, reason = NULL
                     WHERE event_id = ?1 AND state = 2",
                    [id.as_str()],
                )
                .map_err(failed("write"))?;
        }
        transaction.commit().map_err(failed("write"))?;
        Ok(true)
    }

    /// Removes an event for good. What a journal holds of it stays there and isn't queued again.
    ///
    /// # Errors
    /// When there is none, it is on its way, or the file can't be written.
    pub fn discard(&mut self, id: &EnvelopeId) -> Result<Entry, SyncError> {
        let (entry, _) = self.show(id)?;
        let gone = self
            .db
            .execute(
                "DELETE FROM events WHERE event_id = ?1 AND state <> 1",
                [id.as_str()],
            )
            .map_err(failed("write"))?;
        if gone == 0 {
            return Err(SyncError::EventInFlight(id.clone()));
        }
        Ok(entry)
    }

    /// Sets aside all that waits. Returns how many that were.
    ///
    /// # Errors
    /// When the file can't be written.
    pub fn set_all_aside(&mut self, code: &str, reason: &str) -> Result<usize, SyncError> {
        self.db
            .execute(
                "UPDATE events SET state = 2, reason_code = ?1, reason = ?2 WHERE state <> 2",
                [code, reason],
            )
            .map_err(failed("write"))
    }
}

fn entry(row: &Row<'_>) -> rusqlite::Result<Entry> {
    let queued_at: i64 = row.get(6)?;
    let at = Timestamp::from_millisecond(queued_at).unwrap_or(Timestamp::UNIX_EPOCH);
    Ok(Entry {
        event_id: row.get(0)?,
        event_type: row.get(1)?,
        state: row.get(2)?,
        reason_code: row.get(3)?,
        reason: row.get(4)?,
        attempts: row.get::<_, i64>(5)?.unsigned_abs(),
        queued_at: format!("{at:.3}"),
    })
}
