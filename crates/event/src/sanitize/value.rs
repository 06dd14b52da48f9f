//! A value in memory without what is private.

use serde_json::{Map, Value};

use super::Sanitizer;
use super::members::{
    Member, SESSION_DURATION, SESSION_END, SESSION_START, distinct, session_seconds,
};
use super::rule::Rule;

/// How deep a value may be nested: as deep as what readers of events accept. What lies deeper becomes a marker.
pub const MAX_DEPTH: usize = 127;

/// Returns the value without what is private; `depth` says how many containers it lies in.
pub(super) fn clean(rules: &Sanitizer, value: &Value, depth: usize) -> Value {
    match value {
        Value::Object(_) | Value::Array(_) if depth >= MAX_DEPTH => {
            Value::from(Rule::Depth.marker())
        }
        Value::Object(map) => Value::Object(object(rules, map, depth + 1)),
        Value::Array(items) => items
            .iter()
            .map(|item| clean(rules, item, depth + 1))
            .collect(),
        Value::String(text) => Value::from(rules.text(text)),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}

fn object(rules: &Sanitizer, map: &Map<String, Value>, depth: usize) -> Map<String, Value> {
    let mut cleaned = Map::new();
    let mut renamed = Vec::new();
    for (key, value) in map {
        let member = Member::of(key);
        if member.goes() {
            continue;
        }
        let value = match value {
            Value::String(_) if member.passes() => value.clone(),
            Value::String(_)
            | Value::Object(_)
            | Value::Array(_)
            | Value::Null
            | Value::Bool(_)
            | Value::Number(_) => clean(rules, value, depth),
        };
        match rules.text(key) {
            std::borrow::Cow::Borrowed(_) => {
                cleaned.insert(key.clone(), value);
            }
            std::borrow::Cow::Owned(redacted) => renamed.push((key.clone(), redacted, value)),
        }
    }
    let text = |key| map.get(key).and_then(Value::as_str);
    if let Some(seconds) = session_seconds(text(SESSION_START), text(SESSION_END)) {
        cleaned
            .entry(SESSION_DURATION)
            .or_insert_with(|| Value::from(seconds));
    }
    rename(&mut cleaned, renamed);
    cleaned
}

/// Adds the members whose keys were redacted.
fn rename(cleaned: &mut Map<String, Value>, mut renamed: Vec<(String, String, Value)>) {
    if renamed.is_empty() {
        return;
    }
    // Both lists are in the order of what the keys were.
    renamed.sort_by(|one, other| one.0.cmp(&other.0));
    let mut names: Vec<(String, String)> = renamed
        .iter()
        .map(|(was, became, _)| (was.clone(), became.clone()))
        .collect();
    distinct(cleaned.keys().map(String::as_str), &mut names);
    for ((_, name), (_, _, value)) in names.into_iter().zip(renamed) {
        cleaned.insert(name, value);
    }
}
