//! Clarified terms: a question and its answer, in whatever order they came.

use pawtrail_event::ProjectUuid;
use pawtrail_event::envelope::EnvelopeId;
use rusqlite::{Connection, params};

use super::shown::text;
use super::{IncomingEvent, Resolution};
use crate::error::Result;

pub(super) fn ask(
    connection: &Connection,
    project: &ProjectUuid,
    event: &IncomingEvent,
) -> Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO clarifications (project_uuid, request_id, mission_id, term, question)
             VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (project_uuid, request_id)
             DO UPDATE SET term = excluded.term, question = excluded.question",
        )?
        .execute(params![
            project.as_str(),
            event.addressed.event_id.as_str(),
            event.addressed.mission_id.as_ref().map(|id| id.as_str()),
            text(event, "term"),
            text(event, "question"),
        ])?;
    Ok(())
}

/// Of several answers the first one stands, as for decisions.
pub(super) fn resolve(
    connection: &Connection,
    project: &ProjectUuid,
    event: &IncomingEvent,
) -> Result<()> {
    // The contract, which the event was held against, asks for it.
    let request = text(event, "clarification_event_id").unwrap_or_default();
    let request = match request.parse::<EnvelopeId>() {
        Ok(id) => id.to_string(),
        Err(_) => request,
    };
    connection
        .prepare_cached(
            "INSERT INTO clarifications (project_uuid, request_id, mission_id, meaning, actor, resolved_at, resolved_by)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
             ON CONFLICT (project_uuid, request_id) DO UPDATE SET
                 meaning = excluded.meaning, actor = excluded.actor, resolved_at = excluded.resolved_at,
                 resolved_by = excluded.resolved_by
             WHERE clarifications.resolved_at IS NULL
                 OR (excluded.resolved_at, excluded.resolved_by) < (clarifications.resolved_at, clarifications.resolved_by)",
        )?
        .execute(params![
            project.as_str(),
            request,
            event.addressed.mission_id.as_ref().map(|id| id.as_str()),
            text(event, "selected_meaning"),
            text(event, "actor"),
            event.addressed.timestamp,
            event.addressed.event_id.as_str(),
        ])?;
    Ok(())
}

pub(super) fn resolved(
    connection: &Connection,
    project: &ProjectUuid,
    limit: u32,
) -> Result<Vec<Resolution>> {
    let mut statement = connection.prepare_cached(
        "SELECT request_id, term, question, meaning, actor, resolved_at FROM clarifications
         WHERE project_uuid = ?1 AND resolved_at IS NOT NULL ORDER BY resolved_at DESC, request_id LIMIT ?2",
    )?;
    let rows = statement.query_map(params![project.as_str(), limit], |row| {
        Ok(Resolution {
            request_id: row.get(0)?,
            term: row.get(1)?,
            question: row.get(2)?,
            meaning: row.get::<_, Option<String>>(3)?.unwrap_or_default(),
            actor: row.get::<_, Option<String>>(4)?.unwrap_or_default(),
            resolved_at: row.get(5)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
