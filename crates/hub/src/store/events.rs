//! Events in SQLite, each once, and what follows from them for the board.

use jiff::Timestamp;
use pawtrail_event::ProjectUuid;
use rusqlite::{Connection, params};

use super::commits::instant;
use super::{IncomingEvent, Outcome, clarifications, lanes};
use crate::error::Result;

/// Adds an event unless it is there.
pub(super) fn add(
    connection: &Connection,
    project: &ProjectUuid,
    event: &IncomingEvent,
    received_at: Timestamp,
) -> Result<Outcome> {
    let addressed = &event.addressed;
    let added = connection
        .prepare_cached(
            "INSERT INTO events (project_uuid, event_id, event_type, aggregate_id, mission_id, node_id,
                 lamport_clock, occurred_at, received_at, envelope)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
             ON CONFLICT (project_uuid, event_id) DO NOTHING",
        )?
        .execute(params![
            project.as_str(),
            addressed.event_id.as_str(),
            addressed.event_type,
            addressed.aggregate_id,
            addressed.mission_id.as_ref().map(|id| id.as_str()),
            addressed.node_id,
            i64::try_from(addressed.lamport_clock).unwrap_or(i64::MAX),
            addressed.timestamp,
            instant(received_at),
            event.envelope.to_string(),
        ])?;
    if added == 0 {
        return Ok(Outcome::Duplicate);
    }
    match addressed.event_type.as_str() {
        "WPStatusChanged" => lanes::apply(connection, project, event)?,
        "GlossaryClarificationRequested" => clarifications::ask(connection, project, event)?,
        "GlossaryClarificationResolved" => clarifications::resolve(connection, project, event)?,
        // Kept, and of no consequence for the board.
        _ => {}
    }
    Ok(Outcome::Accepted)
}

pub(super) fn count(connection: &Connection, project: &ProjectUuid) -> Result<u64> {
    let count: i64 = connection
        .prepare_cached("SELECT count(*) FROM events WHERE project_uuid = ?1")?
        .query_row([project.as_str()], |row| row.get(0))?;
    Ok(count.unsigned_abs())
}
