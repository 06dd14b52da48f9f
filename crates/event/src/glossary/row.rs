//! One row of the local log, whoever wrote it: Pawtrail's have a payload, the Python tool's are flat.

use serde_json::{Map, Value};

use super::field::PayloadError;
use super::payload::Payload;
use super::surface;
use super::word::{Scope, Status, WordError};
use crate::id::ConflictId;
use crate::json;
use crate::row::{RowError, text};

/// The longest event id of a foreign row, in bytes.
pub(crate) const MAX_ID_BYTES: usize = 128;

/// A row as it was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The event's identity; the Python tool's `resolve` writes none.
    pub event_id: Option<String>,
    /// When it happened, as it was written.
    pub at: String,
    /// The mission as it was written: an id, another tool's slug, or nothing.
    pub mission: Option<String>,
    /// The type, as it was written.
    pub event_type: String,
    /// What happened.
    pub payload: RowPayload,
}

/// What a row says.
#[derive(Debug, Clone, PartialEq)]
pub enum RowPayload {
    /// What a term means was asked.
    Asked(Asked),
    /// What a term means was said.
    Resolved(Resolved),
    /// A meaning was found.
    Sensed(Sensed),
    /// An event that changes no meaning.
    Other,
}

/// A question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The conflict.
    pub conflict_id: ConflictId,
    /// The term, in lower case.
    pub surface: String,
    /// The question.
    pub question: String,
    /// Proposed meanings.
    pub options: Vec<String>,
    /// How urgent it is, as it was written.
    pub urgency: String,
    /// The scope it is asked for, where the row names one.
    pub scope: Option<Scope>,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved {
    /// The conflict.
    pub conflict_id: ConflictId,
    /// The term, in lower case.
    pub surface: String,
    /// The scope.
    pub scope: Scope,
    /// The meaning.
    pub definition: String,
}

/// A meaning that nobody was asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sensed {
    /// The term, in lower case.
    pub surface: String,
    /// The scope.
    pub scope: Scope,
    /// The meaning.
    pub definition: String,
    /// How settled it is.
    pub status: Status,
}

/// Reads one row. Fields that nothing here needs are passed over.
///
/// # Errors
/// When the line is no JSON object, has no `event_type`, or doesn't say what its type has to.
pub fn parse_row(line: &str) -> Result<Row, RowError> {
    let map = json::parse(line)?;
    let event_type = text(&map, "event_type")?;
    let event_id = optional(&map, "event_id").map(str::to_owned);
    if event_id.as_ref().is_some_and(|id| id.len() > MAX_ID_BYTES) {
        return Err(RowError::EventIdTooLong(MAX_ID_BYTES));
    }
    let at = optional(&map, "at")
        .or_else(|| optional(&map, "timestamp"))
        .unwrap_or_default();
    let known = super::EVENT_TYPES
        .iter()
        .find(|known| **known == event_type);
    let payload = match (map.get("payload"), known) {
        (Some(payload), Some(known)) => ours(known, payload, event_id.as_deref())?,
        (Some(_), None) => RowPayload::Other,
        (None, _) => flat(event_type, &map)?,
    };
    Ok(Row {
        at: at.to_owned(),
        mission: optional(&map, "mission_id").map(str::to_owned),
        event_type: event_type.to_owned(),
        event_id,
        payload,
    })
}

fn ours(
    event_type: &'static str,
    payload: &Value,
    event_id: Option<&str>,
) -> Result<RowPayload, RowError> {
    let parsed = Payload::parse(event_type, payload).map_err(|error| misread(event_type, error))?;
    Ok(match parsed {
        Payload::ClarificationRequested(asked) => RowPayload::Asked(Asked {
            conflict_id: conflict(event_id.ok_or(RowError::Missing("event_id"))?)?,
            surface: surface(&asked.term),
            question: asked.question,
            options: asked.options,
            urgency: asked.urgency.to_string(),
            // The contract lets a scope have any name; only ours have a seed file.
            scope: asked.scope_id.parse().ok(),
        }),
        Payload::ClarificationResolved(said) => RowPayload::Resolved(Resolved {
            conflict_id: match said.conflict_id {
                Some(id) => id,
                None => conflict(&said.clarification_event_id)?,
            },
            surface: surface(&said.term_surface.ok_or(RowError::Missing("term_surface"))?),
            scope: scope(&said.scope_id.ok_or(RowError::Missing("scope_id"))?)?,
            definition: said.selected_meaning,
        }),
        Payload::SenseUpdated(sense) => RowPayload::Sensed(Sensed {
            surface: surface(&sense.term_surface),
            scope: scope(&sense.scope_id)?,
            definition: sense.after_sense,
            status: Status::Draft,
        }),
        Payload::ScopeActivated(_)
        | Payload::TermObserved(_)
        | Payload::CheckEvaluated(_)
        | Payload::GenerationBlocked(_)
        | Payload::StrictnessSet(_) => RowPayload::Other,
    })
}

/// A row of the Python tool: everything at the top.
fn flat(event_type: &str, map: &Map<String, Value>) -> Result<RowPayload, RowError> {
    Ok(match event_type {
        "GlossaryClarificationRequested" => RowPayload::Asked(Asked {
            conflict_id: conflict(text(map, "conflict_id")?)?,
            surface: surface(text(map, "term")?),
            question: text(map, "question")?.to_owned(),
            options: texts(map.get("options")),
            urgency: optional(map, "urgency").unwrap_or_default().to_owned(),
            scope: None,
        }),
        "GlossaryClarificationResolved" => {
            let sense = object(map, "selected_sense")?;
            RowPayload::Resolved(Resolved {
                conflict_id: conflict(text(map, "conflict_id")?)?,
                surface: surface_of(sense, map)?,
                // A resolution that names no scope changes none: nothing is guessed.
                scope: scope(text(sense, "scope")?)?,
                definition: filled(sense, "definition")?,
            })
        }
        "GlossarySenseUpdated" => {
            let sense = object(map, "new_sense")?;
            let named = optional(sense, "scope").map_or_else(|| text(map, "scope"), Ok)?;
            RowPayload::Sensed(Sensed {
                surface: surface_of(sense, map)?,
                scope: scope(named)?,
                definition: filled(sense, "definition")?,
                status: optional(sense, "status")
                    .and_then(|status| status.parse().ok())
                    .unwrap_or(Status::Draft),
            })
        }
        _ => RowPayload::Other,
    })
}

fn surface_of(sense: &Map<String, Value>, row: &Map<String, Value>) -> Result<String, RowError> {
    let nested = sense.get("surface").and_then(|surface| {
        // Some writers put the surface into an object of its own.
        surface
            .as_str()
            .or_else(|| surface.get("surface_text").and_then(Value::as_str))
    });
    let found = surface(nested.map_or_else(|| text(row, "term_surface"), Ok)?);
    if found.is_empty() {
        return Err(RowError::Missing("term_surface"));
    }
    Ok(found)
}

fn conflict(id: &str) -> Result<ConflictId, RowError> {
    id.parse().map_err(RowError::ConflictId)
}

fn scope(name: &str) -> Result<Scope, RowError> {
    let parsed: Result<Scope, WordError> = name.parse();
    parsed.map_err(|error| RowError::Scope(error.to_string()))
}

fn misread(event_type: &'static str, error: PayloadError) -> RowError {
    let reason = match error {
        PayloadError::Malformed { reason, .. } => reason,
        other @ (PayloadError::UnknownType(_)
        | PayloadError::Field(_)
        | PayloadError::Confidence(_)
        | PayloadError::TermNotPlain) => other.to_string(),
    };
    RowError::Payload { event_type, reason }
}

fn filled(map: &Map<String, Value>, key: &'static str) -> Result<String, RowError> {
    match text(map, key)? {
        blank if blank.trim().is_empty() => Err(RowError::Missing(key)),
        filled => Ok(filled.to_owned()),
    }
}

fn optional<'a>(map: &'a Map<String, Value>, key: &str) -> Option<&'a str> {
    map.get(key).and_then(Value::as_str)
}

fn object<'a>(
    map: &'a Map<String, Value>,
    key: &'static str,
) -> Result<&'a Map<String, Value>, RowError> {
    map.get(key)
        .and_then(Value::as_object)
        .ok_or(RowError::Missing(key))
}

fn texts(list: Option<&Value>) -> Vec<String> {
    let items = list.and_then(Value::as_array).into_iter().flatten();
    items
        .filter_map(|item| item.as_str().map(str::to_owned))
        .collect()
}
