//! The contract of event payloads: which fields an event type has, and what they may hold.
//!
//! Source: the models and JSON Schemas of `spec-kitty-events` 6.1.0. A payload is valid here where
//! both of its layers accept it, so nothing is coerced: a number in quotes is no number.

mod describe;
mod lanes;
mod shape;
mod tables;
mod violation;

use serde_json::Value;

use crate::time;
use shape::{Kind, Shape};

pub use violation::Violation;

/// Checks a payload against the contract of its type; that of a type that the contract doesn't know is any object.
///
/// # Errors
/// With the first violation.
pub fn check(event_type: &str, payload: &Value) -> Result<(), Violation> {
    match (tables::shape(event_type), payload) {
        (Some(shape), payload) => object("payload", shape, payload),
        (None, Value::Object(_)) => Ok(()),
        (None, _) => Err(Violation::new("payload", "must be an object")),
    }
}

/// Returns the types that the contract knows.
pub(crate) fn event_types() -> impl Iterator<Item = &'static str> {
    tables::TABLE.iter().map(|(name, _)| *name)
}

/// Returns the JSON Schema of a type's payload; nothing where the contract doesn't know the type.
pub(crate) fn payload_schema(event_type: &str) -> Option<Value> {
    tables::shape(event_type).map(describe::shape)
}

fn object(path: &str, shape: &Shape, value: &Value) -> Result<(), Violation> {
    let Value::Object(map) = value else {
        return Err(Violation::new(path, "must be an object"));
    };
    for field in shape.all() {
        let at = || format!("{path}.{}", field.name);
        match map.get(field.name) {
            None if field.required => return Err(Violation::new(at(), "is missing")),
            None => {}
            Some(Value::Null) if field.nullable => {}
            Some(value) => kind(&at(), field.kind, value)?,
        }
    }
    if shape.closed
        && let Some(extra) = map
            .keys()
            .find(|key| !shape.all().any(|field| field.name == **key))
    {
        // A key comes from outside: cut, so that a reason stays short.
        let name: String = extra.chars().take(80).collect();
        return Err(Violation::new(
            path,
            format!("has no field `{}`", name.escape_debug()),
        ));
    }
    shape.rule.map_or(Ok(()), |rule| (rule.check)(map))
}

fn kind(path: &str, kind: Kind, value: &Value) -> Result<(), Violation> {
    let asked = |fits: bool, expected: &str| {
        if fits {
            Ok(())
        } else {
            Err(Violation::new(path, expected))
        }
    };
    let text = value.as_str();
    match kind {
        Kind::Text => asked(text.is_some(), "must be a text"),
        Kind::Filled => asked(
            text.is_some_and(|text| !text.is_empty()),
            "must be a text that isn't empty",
        ),
        Kind::OneOf(words) => asked(
            text.is_some_and(|text| words.contains(&text)),
            &format!("must be one of: {}", words.join(", ")),
        ),
        Kind::Int(least) => asked(
            integer(value).is_some_and(|number| number >= i128::from(least)),
            &format!("must be an integer of at least {least}"),
        ),
        Kind::Number => asked(
            value.as_u64().is_some_and(|number| number > 0),
            "must be an integer of at least 1, without a fraction",
        ),
        Kind::Share => asked(
            value
                .as_f64()
                .is_some_and(|number| (0.0..=1.0).contains(&number)),
            "must be a number from 0 to 1",
        ),
        Kind::Bool => asked(value.is_boolean(), "must be true or false"),
        Kind::Time => asked(text.is_some_and(time::is_iso), "must be a time in ISO 8601"),
        Kind::Url => asked(
            text.is_some_and(is_url),
            "must be an address that starts with http:// or https://",
        ),
        Kind::Texts(least) => asked(
            value
                .as_array()
                .is_some_and(|list| list.len() >= least && list.iter().all(Value::is_string)),
            &format!("must be a list of at least {least} texts"),
        ),
        Kind::TextMap => asked(
            value
                .as_object()
                .is_some_and(|map| map.values().all(Value::is_string)),
            "must be an object of texts",
        ),
        Kind::Actor => asked(
            match value {
                Value::String(text) => !text.trim().is_empty(),
                Value::Object(map) => !map.is_empty(),
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => false,
            },
            "must be a name or an object, not empty",
        ),
        Kind::Object(shape) => object(path, shape, value),
        Kind::Objects(shape, least) => {
            let list = value.as_array().filter(|list| list.len() >= least);
            let Some(list) = list else {
                let expected = format!("must be a list of at least {least} objects");
                return Err(Violation::new(path, expected));
            };
            list.iter()
                .enumerate()
                .try_for_each(|(at, item)| object(&format!("{path}[{at}]"), shape, item))
        }
    }
}

/// Returns the whole number that a JSON number is: `1.0` is one, in JSON Schema as in Python.
pub(crate) fn integer(value: &Value) -> Option<i128> {
    let Value::Number(number) = value else {
        return None;
    };
    if let Some(number) = number.as_i64() {
        return Some(i128::from(number));
    }
    if let Some(number) = number.as_u64() {
        return Some(i128::from(number));
    }
    // Beyond 2^53 a float names no single integer.
    let number = number.as_f64()?;
    let exact = number.fract() == 0.0 && number.abs() <= 9_007_199_254_740_992.0;
    #[allow(clippy::cast_possible_truncation, reason = "whole and small enough")]
    exact.then_some(number as i128)
}

fn is_url(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let rest = lower
        .strip_prefix("https://")
        .or_else(|| lower.strip_prefix("http://"));
    rest.is_some_and(|rest| {
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        !host.is_empty() && !text.chars().any(|c| c.is_whitespace() || c.is_control())
    })
}

#[cfg(test)]
mod tests;
