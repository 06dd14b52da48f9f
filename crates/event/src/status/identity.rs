//! What a snapshot says of its mission, as `meta.json` has it.

use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::{Map, Value};

use super::loose::Key;

/// A mission's number and type.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MissionIdentity {
    /// Its number, in digits; none before it is merged.
    pub mission_number: Option<String>,
    /// Its type; empty where it has none.
    pub mission_type: String,
}

/// A mission number that is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`mission_number` in meta.json is {0}, and must be a number or null")]
pub struct IdentityError(
    /// What stands there, cut to 80 characters.
    pub String,
);

/// A `meta.json` that can't be read.
#[derive(Debug, thiserror::Error)]
pub enum ParseMetaError {
    /// It is no JSON object.
    #[error("{0}")]
    Json(#[from] serde_json::Error),
    /// Its number is none.
    #[error(transparent)]
    Identity(#[from] IdentityError),
}

/// What counts of a `meta.json`.
#[derive(Default)]
struct Meta {
    number: Option<Value>,
    kind: Option<Value>,
}

impl<'de> Deserialize<'de> for Meta {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MetaVisitor;
        impl<'de> Visitor<'de> for MetaVisitor {
            type Value = Meta;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Meta, A::Error> {
                let mut meta = Meta::default();
                while let Some(Key(key)) = map.next_key()? {
                    match key.as_ref() {
                        // Of a repeated key the last counts.
                        "mission_number" => meta.number = Some(map.next_value()?),
                        "mission_type" => meta.kind = Some(map.next_value()?),
                        _ => drop(map.next_value::<IgnoredAny>()?),
                    }
                }
                Ok(meta)
            }
        }
        deserializer.deserialize_map(MetaVisitor)
    }
}

impl MissionIdentity {
    /// Reads what `meta.json` says. A number may stand there as text, with zeros before it.
    ///
    /// # Errors
    /// When the number is neither a whole number, nor text that is one, nor null or blank.
    pub fn of_meta(meta: &Map<String, Value>) -> Result<Self, IdentityError> {
        Self::of(meta.get("mission_number"), meta.get("mission_type"))
    }

    /// Reads the text of a `meta.json`; all but number and type is passed over.
    ///
    /// # Errors
    /// When it is no JSON object, or as [`Self::of_meta`].
    pub fn parse(meta: &[u8]) -> Result<Self, ParseMetaError> {
        let meta: Meta = serde_json::from_slice(meta)?;
        Ok(Self::of(meta.number.as_ref(), meta.kind.as_ref())?)
    }

    fn of(number: Option<&Value>, kind: Option<&Value>) -> Result<Self, IdentityError> {
        let mission_number = match number {
            None | Some(Value::Null) => None,
            Some(Value::Number(number)) if !number.is_f64() => Some(number.to_string()),
            Some(Value::String(text)) if text.trim().is_empty() => None,
            Some(Value::String(text)) if text.trim().bytes().all(|byte| byte.is_ascii_digit()) => {
                Some(without_zeros(text.trim()))
            }
            Some(other) => {
                return Err(IdentityError(other.to_string().chars().take(80).collect()));
            }
        };
        let mission_type = kind.and_then(Value::as_str);
        Ok(Self {
            mission_number,
            mission_type: mission_type.unwrap_or_default().trim().to_owned(),
        })
    }
}

/// Returns digits without the zeros before them; at least one stays.
pub(super) fn without_zeros(digits: &str) -> String {
    match digits.trim_start_matches('0') {
        "" => "0".to_owned(),
        rest => rest.to_owned(),
    }
}
