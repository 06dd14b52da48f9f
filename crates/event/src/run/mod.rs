//! The run of a mission: its events, as they stand in the run log.
//!
//! What is asked and answered is no part of it: that stands in the mission's decision journal ([`crate::decision`]).

mod log;
mod payload;
pub mod raci;
mod row;
mod shape;
pub mod significance;

pub use log::Log;
pub use payload::Payload;
pub use row::{Row, RowPayload, parse_row};
pub use shape::{
    BlockCleared, Completed, Delegable, Delegated, Denied, OwnerSet, Significance, SoftGate,
    SoftGated, Started, StepCompleted, StepIssued, StepResult, TemplateAdopted, TimedOut,
};

pub use crate::row::{RowError, UnwritableError};

use serde_json::json;

use crate::id::EventId;
use crate::sanitize::{Sanitized, Sanitizer};

/// The name of a run's log in its directory.
pub const FILE: &str = "run.events.jsonl";

/// Makes the event that is appended to [`FILE`], in the form LOG. `at` is UTC, as [`crate::time::iso`] writes it.
///
/// # Errors
/// As [`Payload::to_value`].
pub fn event(
    sanitizer: &Sanitizer,
    at: &str,
    event_id: &EventId,
    payload: &Payload,
) -> Result<Sanitized, UnwritableError> {
    Ok(sanitizer.sanitize(&json!({
        "event_id": event_id.as_str(),
        "event_type": payload.event_type(),
        "payload": payload.to_value()?,
        "timestamp": at,
    })))
}

#[cfg(test)]
mod tests;
