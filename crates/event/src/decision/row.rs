//! One row of the decision journal, whoever wrote it.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{ANSWERED, Answered, REQUESTED, Requested};
use crate::id::{BuildId, EventId, IdError, MissionId};
use crate::json::{self, ParseError};

/// How much is said about a malformed payload, in characters.
const MAX_REASON_CHARS: usize = 200;

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

/// Why a line is no row of the journal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RowError {
    /// The line is no JSON object.
    #[error(transparent)]
    Json(#[from] ParseError),
    /// A field is missing or no string.
    #[error("the row has no text `{0}`")]
    Missing(&'static str),
    /// The event id is none.
    #[error("`event_id`: {0}")]
    EventId(#[from] IdError),
    /// The payload isn't that of its event type.
    #[error("the payload of {event_type} is malformed: {reason}")]
    Payload {
        /// The type.
        event_type: &'static str,
        /// What is wrong with it.
        reason: String,
    },
}

impl RowError {
    /// Returns the stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Json(error) => error.code(),
            Self::Missing(_) => "ROW_FIELD_MISSING",
            Self::EventId(_) => "ROW_EVENT_ID_INVALID",
            Self::Payload { .. } => "ROW_PAYLOAD_MALFORMED",
        }
    }
}

/// Reads one row. Fields beyond those of [`Row`] are passed over.
///
/// # Errors
/// When the line is no JSON object, lacks `event_id`, `at` or `event_type`, or has the payload of
/// no decision under a decision's type.
pub fn parse_row(line: &str) -> Result<Row, RowError> {
    let map = json::parse(line)?;
    let event_id: EventId = text(&map, "event_id")?.parse()?;
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

fn text<'a>(map: &'a Map<String, Value>, key: &'static str) -> Result<&'a str, RowError> {
    map.get(key)
        .and_then(Value::as_str)
        .ok_or(RowError::Missing(key))
}

fn optional<T: std::str::FromStr>(map: &Map<String, Value>, key: &str) -> Option<T> {
    map.get(key)?.as_str()?.parse().ok()
}

fn payload<'a, T: Deserialize<'a>>(
    map: &'a Map<String, Value>,
    event_type: &'static str,
) -> Result<T, RowError> {
    // The reader quotes what it doesn't know, however long that is.
    let malformed = |reason: String| RowError::Payload {
        event_type,
        reason: reason.chars().take(MAX_REASON_CHARS).collect(),
    };
    // Serde would take arrays for structs, field by field.
    let payload = map.get("payload").filter(|payload| payload.is_object());
    let payload = payload.ok_or_else(|| malformed("it is no object".to_owned()))?;
    if payload.get("actor").is_some_and(Value::is_array) {
        return Err(malformed("`actor` is no object".to_owned()));
    }
    T::deserialize(payload).map_err(|error| malformed(error.to_string()))
}
