//! JSON Schemas (draft 2020-12) of what this crate reads and writes, made from its types when somebody asks for one.
//!
//! Where serde's derive says what a type looks like, schemars' derive says it too. What is read by hand is described
//! beside the same constants. A schema says what a reader takes: who writes by it is understood.

mod decision;
mod envelope;
mod frames;
mod glossary;
mod status;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value, json};

use crate::json;

pub use crate::nullable::or_null;
pub use crate::pattern::{MISSION_NUMBER, SAID, SURFACE};

/// The dialect that all schemas are written in.
pub const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";
/// How the identity of each schema begins; its name follows.
pub const ID_PREFIX: &str = "urn:pawtrail:schema:";

/// A schema that can be made, by its name.
#[derive(Debug, Clone, Copy)]
pub struct Named {
    /// The name: lower case, with hyphens.
    pub name: &'static str,
    /// What it is the schema of, in one line.
    pub title: &'static str,
    /// What the schema can't say itself, for a reader: limits in bytes, order, who writes it.
    pub about: fn() -> String,
    /// Makes the schema but for its head.
    pub body: fn() -> Value,
}

impl Named {
    /// Returns the whole schema.
    pub fn schema(&self) -> Value {
        let mut map = match (self.body)() {
            Value::Object(map) => map,
            // A schema that is no object says yes or no to everything; it stays that where a head is put before it.
            other @ (Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_)) => Map::from_iter([("allOf".to_owned(), json!([other]))]),
        };
        map.insert("$schema".to_owned(), DIALECT.into());
        map.insert("$id".to_owned(), format!("{ID_PREFIX}{}", self.name).into());
        map.insert("title".to_owned(), self.title.into());
        map.insert("description".to_owned(), (self.about)().into());
        Value::Object(map)
    }

    /// Returns the schema as it is printed: keys sorted, two spaces a level, a line feed at the end.
    pub fn text(&self) -> String {
        json::pretty(&self.schema())
    }
}

/// The schemas of the frames.
pub const FRAMES: &[Named] = &[
    frames::SNAPSHOT,
    frames::LOCAL_COMMIT,
    frames::LOCAL_COMMIT_ACK,
    frames::ERROR,
    frames::PING,
    frames::PONG,
];
/// The schemas of what stands in a queue, a log or a snapshot.
pub const EVENTS: &[Named] = &[
    envelope::ENVELOPE,
    decision::ROW,
    status::ROW,
    status::SNAPSHOT,
    glossary::ROW,
];

/// Returns what a reader of this type takes, with the definitions that it refers to.
pub fn read<T: JsonSchema>() -> Value {
    tidy(
        SchemaSettings::draft2020_12()
            .into_generator()
            .into_root_schema_for::<T>()
            .to_value(),
    )
}

/// Returns what a writer of this type writes, with the definitions that it refers to.
pub fn written<T: JsonSchema>() -> Value {
    tidy(
        SchemaSettings::draft2020_12()
            .for_serialize()
            .into_generator()
            .into_root_schema_for::<T>()
            .to_value(),
    )
}

/// Types that a schema written by hand refers to.
pub struct Definitions(SchemaGenerator);

impl Default for Definitions {
    fn default() -> Self {
        Self(SchemaSettings::draft2020_12().into_generator())
    }
}

impl Definitions {
    /// Returns the reference to a type, which is defined from here on.
    pub fn of<T: JsonSchema>(&mut self) -> Value {
        self.0.subschema_for::<T>().to_value()
    }

    /// Adds what was referred to.
    pub fn into(mut self, mut body: Value) -> Value {
        let defs = self.0.take_definitions(true);
        if let Value::Object(map) = &mut body {
            let known = map.entry("$defs").or_insert_with(|| json!({}));
            if let Value::Object(known) = known {
                known.extend(defs);
            }
        }
        tidy(body)
    }
}

/// Takes out what only programs in Rust understand (the widths of integers), and says the largest value of one instead.
fn tidy(mut schema: Value) -> Value {
    match &mut schema {
        Value::Object(map) => {
            let format = map.get("format").and_then(Value::as_str);
            let most = match format {
                Some("uint32") => Some(json!(u32::MAX)),
                Some("uint64") => Some(json!(u64::MAX)),
                Some("int64") => Some(json!(i64::MAX)),
                Some("uint" | "int" | "double") => Some(Value::Null),
                Some(_) | None => None,
            };
            if let Some(most) = most {
                map.remove("format");
                if !most.is_null() {
                    map.entry("maximum").or_insert(most);
                }
            }
            for value in map.values_mut() {
                *value = tidy(value.take());
            }
        }
        Value::Array(items) => {
            for value in items {
                *value = tidy(value.take());
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
    schema
}

#[cfg(test)]
pub(crate) mod tests;
