//! What a snapshot says of its mission, as `meta.json` has it.

use serde_json::{Map, Value};

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

impl MissionIdentity {
    /// Reads what `meta.json` says. A number may stand there as text, with zeros before it.
    ///
    /// # Errors
    /// When the number is neither a whole number, nor text that is one, nor null or blank.
    pub fn of_meta(meta: &Map<String, Value>) -> Result<Self, IdentityError> {
        let mission_number = match meta.get("mission_number") {
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
        let mission_type = meta.get("mission_type").and_then(Value::as_str);
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
