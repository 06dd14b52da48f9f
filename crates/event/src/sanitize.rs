//! Takes what is private out of an event, before it is written, queued or sent.

use serde_json::{Map, Value};

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
/// [`sanitize`] makes it and nothing else does:
///
/// ```
/// let event = serde_json::json!({"hostname": "here", "node_id": "d036a097a835"});
/// let sanitized = pawtrail_event::sanitize::sanitize(&event);
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

/// Returns the value without what is private, at every depth.
///
/// The [`PRIVATE_KEYS`] go. The clock times of a session go too; where an object has both,
/// `session_duration_s` says how many whole seconds lay between them, unless it is there already.
pub fn sanitize(value: &Value) -> Sanitized {
    Sanitized(clean(value))
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
