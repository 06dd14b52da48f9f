//! One row of a run log, whoever wrote it.

use super::Payload;
use crate::id::EventId;
use crate::json;
use crate::row::{RowError, event_id, text};

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

/// Reads one row. Fields that nothing here needs are passed over.
///
/// # Errors
/// When the line is no JSON object, lacks `event_type` or `timestamp`, or doesn't say what its type has to.
pub fn parse_row(line: &str) -> Result<Row, RowError> {
    let map = json::parse(line)?;
    let event_id = event_id(&map)?;
    let at = text(&map, "timestamp")?.to_owned();
    let event_type = text(&map, "event_type")?;
    let payload = match Payload::read(event_type, &map) {
        None => RowPayload::Other(event_type.to_owned()),
        Some(payload) => RowPayload::Run(payload?),
    };
    Ok(Row {
        event_id,
        at,
        payload,
    })
}
