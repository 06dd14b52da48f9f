//! One row of the decision journal, whoever wrote it.

use serde_json::{Map, Value};

use super::{ANSWERED, Answered, REQUESTED, Requested};
use crate::id::{BuildId, EventId, MissionId};
use crate::json;
use crate::row::{RowError, event_id, payload, text};

/// A row as it was read. The order of rows as such has no meaning; it only makes choices repeatable.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Row {
    /// The event's identity.
    pub event_id: EventId,
    /// When it happened, as it was written.
    pub at: String,
    /// The checkout; other tools leave it out.
    pub build_id: Option<BuildId>,
    /// The mission; other tools write null or a slug, which reads as none.
    pub mission_id: Option<MissionId>,
    /// What happened.
    pub payload: RowPayload,
}

/// What a row says.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum RowPayload {
    /// A decision was asked for.
    Requested(Requested),
    /// A decision was taken.
    Answered(Answered),
    /// An event of another type, which is named: kept, and no part of any decision.
    Other(String),
}

/// Reads one row. Fields beyond those of [`Row`] are passed over.
///
/// # Errors
/// When the line is no JSON object, lacks `event_id`, `at` or `event_type`, or has the payload of
/// no decision under a decision's type.
pub fn parse_row(line: &str) -> Result<Row, RowError> {
    let map = json::parse(line)?;
    let event_id = event_id(&map)?.ok_or(RowError::Missing("event_id"))?;
    let at = text(&map, "at")?.to_owned();
    let payload = match text(&map, "event_type")? {
        REQUESTED => RowPayload::Requested(payload(&map, REQUESTED)?),
        ANSWERED => RowPayload::Answered(payload(&map, ANSWERED)?),
        other => RowPayload::Other(other.to_owned()),
    };
    Ok(Row {
        event_id,
        at,
        build_id: optional(&map, "build_id"),
        mission_id: optional(&map, "mission_id"),
        payload,
    })
}

fn optional<T: std::str::FromStr>(map: &Map<String, Value>, key: &str) -> Option<T> {
    map.get(key)?.as_str()?.parse().ok()
}
