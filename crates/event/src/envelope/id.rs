//! Identifiers of envelopes: a ULID or a UUID, in one spelling.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use ulid::Ulid;

use crate::{EventId, IdError, ProjectUuid, pattern};

/// The identity of an event or of a chain of events. ULIDs are upper-case, UUIDs lower-case with
/// hyphens, whatever way they came.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EnvelopeId(String);

impl EnvelopeId {
    /// Returns the identifier as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl JsonSchema for EnvelopeId {
    fn schema_name() -> Cow<'static, str> {
        Cow::Borrowed("EnvelopeId")
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "The identity of an event or of a chain of events: a ULID or a UUID.",
            "pattern": pattern::ENVELOPE_ID,
            "type": "string",
        })
    }
}

impl FromStr for EnvelopeId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let ulid = text.len() == 26
            && text.bytes().all(|b| {
                b.is_ascii_alphanumeric()
                    && !matches!(b.to_ascii_uppercase(), b'I' | b'L' | b'O' | b'U')
            });
        if ulid {
            return Ok(Self(text.to_ascii_uppercase()));
        }
        hyphenated(text)
            .map(Self)
            .ok_or_else(|| IdError::new("an event id (a ULID or a UUID)", text))
    }
}

impl TryFrom<String> for EnvelopeId {
    type Error = IdError;

    fn try_from(text: String) -> Result<Self, IdError> {
        text.parse()
    }
}

impl From<EnvelopeId> for String {
    fn from(id: EnvelopeId) -> Self {
        id.0
    }
}

impl From<&EventId> for EnvelopeId {
    fn from(id: &EventId) -> Self {
        Self(id.as_str().to_owned())
    }
}

impl From<Ulid> for EnvelopeId {
    fn from(ulid: Ulid) -> Self {
        Self(ulid.to_string())
    }
}

impl fmt::Display for EnvelopeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Reads a project's UUID in any of the spellings that Python's `UUID` takes.
pub(super) fn uuid(text: &str) -> Option<ProjectUuid> {
    let bare = text.strip_prefix("urn:uuid:").unwrap_or(text);
    let bare = bare
        .strip_prefix('{')
        .and_then(|inner| inner.strip_suffix('}'))
        .unwrap_or(bare);
    hyphenated(bare)?.parse().ok()
}

fn hyphenated(text: &str) -> Option<String> {
    let shape = text.bytes().enumerate().all(|(at, b)| match at {
        8 | 13 | 18 | 23 if text.len() == 36 => b == b'-',
        _ => b.is_ascii_hexdigit(),
    });
    if !shape {
        return None;
    }
    let lower = text.to_ascii_lowercase();
    match lower.len() {
        36 => Some(lower),
        32 => Some(format!(
            "{}-{}-{}-{}-{}",
            &lower[..8],
            &lower[8..12],
            &lower[12..16],
            &lower[16..20],
            &lower[20..]
        )),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_one_spelling() {
        for (text, id) in [
            ("01kt12vtxhqvy4c5sw6xyps16j", "01KT12VTXHQVY4C5SW6XYPS16J"),
            (
                "550E8400e29b41d4a716446655440000",
                "550e8400-e29b-41d4-a716-446655440000",
            ),
            (
                "550E8400-e29b-41d4-a716-446655440000",
                "550e8400-e29b-41d4-a716-446655440000",
            ),
        ] {
            assert_eq!(text.parse::<EnvelopeId>().unwrap().as_str(), id);
        }
        for text in [
            "",
            "01KT12VTXHQVY4C5SW6XYPS16U",
            "01KT12VTXHQVY4C5SW6XYPS16",
            "550e8400-e29b-41d4-a716-44665544000é",
            "550e8400e-29b-41d4-a716-446655440000",
        ] {
            assert!(text.parse::<EnvelopeId>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_project_is_read_in_each_spelling() {
        let plain = "550e8400-e29b-41d4-a716-446655440000";
        for text in [
            plain,
            "550e8400e29b41d4a716446655440000",
            "{550E8400-E29B-41D4-A716-446655440000}",
            "urn:uuid:550e8400-e29b-41d4-a716-446655440000",
        ] {
            assert_eq!(uuid(text).unwrap().as_str(), plain);
        }
        assert_eq!(uuid("550e8400"), None);
    }
}
