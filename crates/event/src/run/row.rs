//! One row of a run log, whoever wrote it.

use serde_json::{Map, Value};

use super::Payload;
use crate::id::{EventId, IdError};
use crate::json::{self, ParseError};

/// How much is said about a malformed payload, in characters.
const MAX_REASON_CHARS: usize = 200;

/// A row as it was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The event's identity; other tools write none.
    pub event_id: Option<EventId>,
    /// When it happened, as it was written.
    pub at: String,
    /// What happened.
    pub payload: RowPayload,
}

/// What a row says.
#[derive(Debug, Clone, PartialEq)]
#[allow(
    clippy::large_enum_variant,
    reason = "nearly every row is one of a run"
)]
pub enum RowPayload {
    /// An event of a run.
    Run(Payload),
    /// An event of another type, which is named: kept, and no part of the run's state.
    Other(String),
}

/// Why a line is no row of the log.
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
        event_type: String,
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

/// Reads one row. Fields that nothing here needs are passed over.
///
/// # Errors
/// When the line is no JSON object, lacks `event_type` or `timestamp`, or doesn't say what its type has to.
pub fn parse_row(line: &str) -> Result<Row, RowError> {
    let map = json::parse(line)?;
    let event_id = match map.get("event_id") {
        None | Some(Value::Null) => None,
        Some(_) => Some(text(&map, "event_id")?.parse()?),
    };
    let at = text(&map, "timestamp")?.to_owned();
    let event_type = text(&map, "event_type")?;
    let malformed = |reason: String| RowError::Payload {
        event_type: event_type.chars().take(MAX_REASON_CHARS).collect(),
        reason: reason.chars().take(MAX_REASON_CHARS).collect(),
    };
    let payload = match Payload::read(event_type, map.get("payload").unwrap_or(&Value::Null)) {
        None => RowPayload::Other(event_type.to_owned()),
        Some(read) => RowPayload::Run(read.map_err(|error| malformed(error.to_string()))?),
    };
    Ok(Row {
        event_id,
        at,
        payload,
    })
}

fn text<'a>(map: &'a Map<String, Value>, key: &'static str) -> Result<&'a str, RowError> {
    map.get(key)
        .and_then(Value::as_str)
        .ok_or(RowError::Missing(key))
}
