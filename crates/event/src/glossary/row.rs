//! One row of the local log, whoever wrote it: Pawtrail's have a payload, the Python tool's are flat.

use serde_json::{Map, Value};

use super::payload::{Payload, PayloadError};
use super::surface;
use super::word::{Scope, Status, WordError};
use crate::id::{ConflictId, IdError};
use crate::json::{self, ParseError};

/// The longest event id of a foreign row, in bytes.
const MAX_ID_BYTES: usize = 128;

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

/// Why a line is no row of the log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RowError {
    /// The line is no JSON object.
    #[error(transparent)]
    Json(#[from] ParseError),
    /// A field is missing or no string.
    #[error("the row has no text `{0}`")]
    Missing(&'static str),
    /// The event id is too long.
    #[error("`event_id` has more than {MAX_ID_BYTES} bytes")]
    EventId,
    /// The conflict id is none.
    #[error("`conflict_id`: {0}")]
    ConflictId(#[from] IdError),
    /// The scope is none.
    #[error("the scope: {0}")]
    Word(#[from] WordError),
    /// The payload isn't that of its event type.
    #[error(transparent)]
    Payload(#[from] PayloadError),
}

impl RowError {
    /// Returns the stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Json(error) => error.code(),
            Self::Missing(_) => "ROW_FIELD_MISSING",
            Self::EventId => "ROW_EVENT_ID_INVALID",
            Self::ConflictId(_) => "ROW_CONFLICT_ID_INVALID",
            Self::Word(_) => "ROW_SCOPE_INVALID",
            Self::Payload(error) => error.code(),
        }
    }
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
        return Err(RowError::EventId);
    }
    let at = optional(&map, "at")
        .or_else(|| optional(&map, "timestamp"))
        .unwrap_or_default();
    let payload = match map.get("payload") {
        Some(payload) if super::EVENT_TYPES.contains(&event_type) => {
            ours(event_type, payload, event_id.as_deref())?
        }
        Some(_) => RowPayload::Other,
        None => flat(event_type, &map)?,
    };
    Ok(Row {
        at: at.to_owned(),
        mission: optional(&map, "mission_id").map(str::to_owned),
        event_type: event_type.to_owned(),
        event_id,
        payload,
    })
}

fn ours(event_type: &str, payload: &Value, event_id: Option<&str>) -> Result<RowPayload, RowError> {
    Ok(match Payload::parse(event_type, payload)? {
        Payload::ClarificationRequested(asked) => RowPayload::Asked(Asked {
            conflict_id: event_id.ok_or(RowError::Missing("event_id"))?.parse()?,
            surface: surface(&asked.term),
            question: asked.question,
            options: asked.options,
            urgency: asked.urgency.to_string(),
            scope: asked.scope_id.parse().ok(),
        }),
        Payload::ClarificationResolved(said) => RowPayload::Resolved(Resolved {
            conflict_id: match said.conflict_id {
                Some(id) => id,
                None => said.clarification_event_id.parse()?,
            },
            surface: surface(&said.term_surface.ok_or(RowError::Missing("term_surface"))?),
            scope: said
                .scope_id
                .ok_or(RowError::Missing("scope_id"))?
                .parse()?,
            definition: said.selected_meaning,
        }),
        Payload::SenseUpdated(sense) => RowPayload::Sensed(Sensed {
            surface: surface(&sense.term_surface),
            scope: sense.scope_id.parse()?,
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
            conflict_id: text(map, "conflict_id")?.parse()?,
            surface: surface(text(map, "term")?),
            question: text(map, "question")?.to_owned(),
            options: texts(map.get("options")),
            urgency: optional(map, "urgency").unwrap_or_default().to_owned(),
            scope: None,
        }),
        "GlossaryClarificationResolved" => {
            let sense = object(map, "selected_sense")?;
            RowPayload::Resolved(Resolved {
                conflict_id: text(map, "conflict_id")?.parse()?,
                surface: surface_of(sense, map)?,
                // A resolution that names no scope changes none: nothing is guessed.
                scope: text(sense, "scope")?.parse()?,
                definition: filled(sense, "definition")?,
            })
        }
        "GlossarySenseUpdated" => {
            let sense = object(map, "new_sense")?;
            let scope = optional(sense, "scope").map_or_else(|| text(map, "scope"), Ok)?;
            RowPayload::Sensed(Sensed {
                surface: surface_of(sense, map)?,
                scope: scope.parse()?,
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

fn text<'a>(map: &'a Map<String, Value>, key: &'static str) -> Result<&'a str, RowError> {
    optional(map, key).ok_or(RowError::Missing(key))
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
