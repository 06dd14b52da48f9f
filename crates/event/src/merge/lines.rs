//! The lines of a log, each with its place in the order.

use serde_json::{Map, Value};

use crate::json;

/// Where a line stands: by time, then event id, both as text.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) at: String,
    pub(super) event_id: String,
}

/// One line that isn't blank.
#[derive(Debug)]
pub(super) struct Line<'a> {
    /// Its number, from 1.
    pub(super) number: usize,
    /// With its line end.
    pub(super) raw: &'a [u8],
    /// Without line feed and carriage return at its end.
    pub(super) text: &'a [u8],
    /// Its own place, or that of the event before it where it is none.
    pub(super) key: Key,
    /// The event.
    pub(super) row: Option<Map<String, Value>>,
    /// Why it is no event.
    pub(super) damage: Option<String>,
}

/// One version of a log.
#[derive(Debug)]
pub(super) struct Reading<'a> {
    pub(super) lines: Vec<Line<'a>>,
}

impl<'a> Reading<'a> {
    /// Reads a log; blank lines are passed over.
    pub(super) fn of(content: &'a [u8]) -> Self {
        let mut lines = Vec::new();
        let mut last = Key::default();
        for (at, raw) in content.split_inclusive(|byte| *byte == b'\n').enumerate() {
            let text = raw.strip_suffix(b"\n").unwrap_or(raw);
            let text = text.strip_suffix(b"\r").unwrap_or(text);
            if text.trim_ascii().is_empty() {
                continue;
            }
            let (key, row, damage) = match event(text) {
                Ok((key, row)) => {
                    last = key.clone();
                    (key, Some(row), None)
                }
                Err(reason) => (last.clone(), None, Some(reason)),
            };
            lines.push(Line {
                number: at + 1,
                raw,
                text,
                key,
                row,
                damage,
            });
        }
        Self { lines }
    }
}

/// Reads a line as an event: a JSON object with a text `event_id` that isn't blank.
fn event(text: &[u8]) -> Result<(Key, Map<String, Value>), String> {
    if super::is_marker(text) {
        return Err("the line is a conflict marker".to_owned());
    }
    let text = std::str::from_utf8(text).map_err(|_| "the line is not UTF-8".to_owned())?;
    let row = json::parse(text).map_err(|error| error.to_string())?;
    let event_id = row
        .get("event_id")
        .and_then(Value::as_str)
        .filter(|id| !id.trim().is_empty())
        .ok_or("the row has no text `event_id`")?
        .to_owned();
    let at = ["at", "timestamp"]
        .iter()
        .find_map(|name| row.get(*name).and_then(as_time))
        .unwrap_or_default();
    Ok((Key { at, event_id }, row))
}

/// A time as text, as Python's `str` has it; nothing where Python takes the value for false.
fn as_time(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => (!text.is_empty()).then(|| text.clone()),
        Value::Number(number) => (number.as_f64() != Some(0.0)).then(|| number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}
