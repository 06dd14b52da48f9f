//! The lane of each work package: of all its transitions the last one counts.
//!
//! Which is the last is what the fold of `status.events.jsonl` says: by time as text, at the same time
//! a review's way back before others, then by event id. The order of arrival doesn't matter.

use pawtrail_event::ProjectUuid;
use rusqlite::{Connection, params};
use serde_json::Value;

use super::shown::{shortened, text};
use super::{IncomingEvent, Lane};
use crate::error::Result;

pub(super) fn apply(
    connection: &Connection,
    project: &ProjectUuid,
    event: &IncomingEvent,
) -> Result<()> {
    let payload = &event.envelope["payload"];
    // The contract, which the event was held against, asks for each.
    let word = |name: &str| text(event, name).unwrap_or_default();
    let (from, to) = (word("from_lane"), word("to_lane"));
    let reviewed =
        from == "in_review" || (from == "for_review" && payload["review_ref"].is_string());
    let rollback = to == "in_progress" && reviewed;
    connection
        .prepare_cached(
            "INSERT INTO lanes (project_uuid, mission_slug, wp_id, mission_id, lane, actor, occurred_at, rollback, event_id)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
             ON CONFLICT (project_uuid, mission_slug, wp_id) DO UPDATE SET
                 mission_id = coalesce(excluded.mission_id, lanes.mission_id), lane = excluded.lane,
                 actor = excluded.actor, occurred_at = excluded.occurred_at, rollback = excluded.rollback,
                 event_id = excluded.event_id
             WHERE (excluded.occurred_at, excluded.rollback, excluded.event_id)
                 > (lanes.occurred_at, lanes.rollback, lanes.event_id)",
        )?
        .execute(params![
            project.as_str(),
            word("mission_slug"),
            word("wp_id"),
            event.addressed.mission_id.as_ref().map(|id| id.as_str()),
            to,
            actor(&payload["actor"]),
            event.addressed.timestamp,
            rollback,
            event.addressed.event_id.as_str(),
        ])?;
    Ok(())
}

pub(super) fn all(connection: &Connection, project: &ProjectUuid, limit: u32) -> Result<Vec<Lane>> {
    let mut statement = connection.prepare_cached(
        "SELECT mission_slug, mission_id, wp_id, lane, actor, occurred_at FROM lanes
         WHERE project_uuid = ?1 ORDER BY mission_slug, wp_id LIMIT ?2",
    )?;
    let rows = statement.query_map(params![project.as_str(), limit], |row| {
        Ok(Lane {
            mission_slug: row.get(0)?,
            mission_id: row.get(1)?,
            wp_id: row.get(2)?,
            lane: row.get(3)?,
            actor: row.get(4)?,
            occurred_at: row.get(5)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Names who moved it: the name itself, or of an object the part that says most.
fn actor(actor: &Value) -> String {
    let parts = ["tool", "profile", "role", "display_name", "actor_id"];
    let name = actor
        .as_str()
        .or_else(|| parts.iter().find_map(|part| actor.get(part)?.as_str()));
    shortened(name.unwrap_or_default())
}
