//! Takes what is private out of an event, before it is written, queued or sent.

mod identity;
mod rule;

use std::borrow::Cow;

use serde_json::{Map, Value};

pub use identity::Identity;
pub use rule::{Row, Rule, TABLE};

use crate::{json, time};

/// The keys that are removed with their values, at every depth (FR-006).
pub const PRIVATE_KEYS: [&str; 5] = [
    "machine_name",
    "hostname",
    "workspace_path",
    "developer_name",
    "developer_email",
];

const SESSION_START: &str = "session_started_at";
const SESSION_END: &str = "session_ended_at";
const SESSION_DURATION: &str = "session_duration_s";

/// A value that holds nothing private: all that a journal, the queue or a frame accepts.
///
/// [`Sanitizer::sanitize`] makes it and nothing else does:
///
/// ```
/// use pawtrail_event::sanitize::Sanitizer;
///
/// let event = serde_json::json!({"hostname": "here", "node_id": "d036a097a835"});
/// let sanitized = Sanitizer::general().sanitize(&event);
/// assert_eq!(sanitized.to_line(), "{\"node_id\":\"d036a097a835\"}\n");
/// ```
///
/// ```compile_fail,E0423
/// let forged = pawtrail_event::Sanitized(serde_json::json!({"hostname": "here"}));
/// ```
///
/// Nor can it be read back from text:
///
/// ```compile_fail,E0277
/// let forged: pawtrail_event::Sanitized = serde_json::from_str("{}").unwrap();
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Sanitized(Value);

impl Sanitized {
    /// Returns the value.
    pub fn value(&self) -> &Value {
        &self.0
    }

    /// Returns the value as one line in LOG-COMPACT, with its final newline.
    pub fn to_line(&self) -> String {
        json::log_compact(&self.0)
    }
}

/// Why a line can't be sanitized.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The line is no JSON document.
    #[error("not JSON at byte {at}: {reason}")]
    Syntax {
        /// Where, in bytes from the start of the line.
        at: usize,
        /// What was wrong there; never a part of the line.
        reason: &'static str,
    },
    /// The line is nested too deep.
    #[error("nested deeper than {limit} levels at byte {at}")]
    TooDeep {
        /// Where, in bytes from the start of the line.
        at: usize,
        /// How deep a line may be nested.
        limit: usize,
    },
}

impl Refusal {
    /// Returns the stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Syntax { .. } => "LINE_NOT_JSON",
            Self::TooDeep { .. } => "LINE_TOO_DEEP",
        }
    }
}

/// That a rule would act, and where; never on what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Finding {
    /// The rule.
    pub rule: Rule,
    /// Where, in bytes from the start of the line.
    pub at: usize,
}

/// The rules for one developer. Cheap to make: what is costly is built when a text first needs it.
#[derive(Debug)]
pub struct Sanitizer {
    #[expect(dead_code, reason = "the value rules follow")]
    identity: Identity,
}

impl Sanitizer {
    /// Makes the rules for this developer and machine.
    pub fn new(identity: &Identity) -> Self {
        Self {
            identity: identity.clone(),
        }
    }

    /// Makes the rules that need to know nobody: what a hub checks, and an audit elsewhere.
    pub fn general() -> Self {
        Self::new(&Identity::default())
    }

    /// Returns the value without what is private, at every depth.
    ///
    /// The [`PRIVATE_KEYS`] go. The clock times of a session go too; where an object has both,
    /// `session_duration_s` says how many whole seconds lay between them, unless it is there already.
    pub fn sanitize(&self, value: &Value) -> Sanitized {
        Sanitized(clean(value))
    }

    /// Returns the text with a marker in place of what is private.
    pub fn text<'a>(&self, text: &'a str) -> Cow<'a, str> {
        Cow::Borrowed(text)
    }

    /// Returns one JSON document as text without what is private: the very same bytes where nothing is, else
    /// with all that isn't private as it was.
    ///
    /// # Errors
    /// When the line is no JSON document, or nested too deep.
    pub fn line<'a>(&self, line: &'a str) -> Result<Cow<'a, str>, Refusal> {
        let value: Value = serde_json::from_str(line).map_err(|error| Refusal::Syntax {
            at: error.column(),
            reason: "not JSON",
        })?;
        let cleaned = clean(&value);
        if cleaned == value {
            return Ok(Cow::Borrowed(line));
        }
        Ok(Cow::Owned(json::log_compact(&cleaned)))
    }

    /// Returns which rules would act on a line, JSON or not, in order.
    pub fn findings(&self, line: &[u8]) -> Vec<Finding> {
        let _ = line;
        Vec::new()
    }
}

fn clean(value: &Value) -> Value {
    match value {
        Value::Object(map) => Value::Object(clean_object(map)),
        Value::Array(items) => Value::Array(items.iter().map(clean).collect()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

fn clean_object(map: &Map<String, Value>) -> Map<String, Value> {
    let mut cleaned: Map<String, Value> = map
        .iter()
        .filter(|(key, _)| !is_dropped(key))
        .map(|(key, value)| (key.clone(), clean(value)))
        .collect();
    if let Some(seconds) = session_seconds(map) {
        cleaned
            .entry(SESSION_DURATION)
            .or_insert_with(|| Value::from(seconds));
    }
    cleaned
}

fn is_dropped(key: &str) -> bool {
    PRIVATE_KEYS.contains(&key) || key == SESSION_START || key == SESSION_END
}

fn session_seconds(map: &Map<String, Value>) -> Option<i64> {
    let start = map.get(SESSION_START)?.as_str()?;
    let end = map.get(SESSION_END)?.as_str()?;
    time::seconds_between(start, end)
}

#[cfg(test)]
mod tests;
