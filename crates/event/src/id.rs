//! Identifiers: one type each, so that a slug can never stand where an id is meant.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use ulid::Ulid;

use crate::pattern;

/// Says which identifier a text failed to be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{value}` is not {expected}")]
pub struct IdError {
    /// What was expected, with its article: "a mission id (26 characters, ULID)".
    pub expected: &'static str,
    /// The refused text, cut to 80 characters.
    pub value: String,
}

impl IdError {
    pub(crate) fn new(expected: &'static str, value: &str) -> Self {
        Self {
            expected,
            value: value.chars().take(80).collect(),
        }
    }
}

macro_rules! text_id {
    ($(#[doc = $doc:literal])* $name:ident, $expected:literal, $valid:path, $pattern:expr) => {
        $(#[doc = $doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Returns the identifier as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                if $valid(text) {
                    Ok(Self(text.to_owned()))
                } else {
                    Err(IdError::new($expected, text))
                }
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;

            fn try_from(text: String) -> Result<Self, IdError> {
                if $valid(&text) {
                    Ok(Self(text))
                } else {
                    Err(IdError::new($expected, &text))
                }
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                Cow::Borrowed(stringify!($name))
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({
                    "description": concat!($($doc),*).trim(),
                    "pattern": $pattern,
                    "type": "string",
                })
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }
    };
}

macro_rules! ulid_id {
    ($name:ident) => {
        impl From<Ulid> for $name {
            fn from(ulid: Ulid) -> Self {
                Self(ulid.to_string())
            }
        }
    };
}

text_id!(
    /// The identity of one event: a ULID, unique everywhere.
    EventId,
    "an event id (26 characters, ULID)",
    is_ulid,
    pattern::ULID
);
ulid_id!(EventId);

text_id!(
    /// The identity of a mission: the ULID in its `meta.json`. Never its slug.
    MissionId,
    "a mission id (26 characters, ULID)",
    is_ulid,
    pattern::ULID
);
ulid_id!(MissionId);

impl MissionId {
    /// Returns the first eight characters, which name directories and branches.
    pub fn mid8(&self) -> &str {
        &self.0[..8]
    }
}

text_id!(
    /// The directory name of a mission under `kitty-specs/`.
    MissionSlug,
    "a mission slug (letters, digits, `-` and `_`, at most 200, starting with a letter or digit)",
    is_slug,
    pattern::SLUG
);

text_id!(
    /// The identity of one checkout. Pawtrail writes a ULID; other tools write a UUID.
    BuildId,
    "a build id (a ULID or a UUID)",
    is_ulid_or_uuid,
    pattern::ULID_OR_UUID
);
ulid_id!(BuildId);

text_id!(
    /// The private identity of one clone.
    NodeId,
    "a node id (12 to 26 letters and digits)",
    is_node,
    pattern::NODE
);
ulid_id!(NodeId);

text_id!(
    /// The identity of a project: the lower-case hyphenated UUID in `.kittify/config.yaml`.
    ProjectUuid,
    "a project UUID (8-4-4-4-12 lower-case hexadecimal digits)",
    is_uuid,
    pattern::UUID
);

text_id!(
    /// The name of a work package: `WP` and a number.
    WorkPackageId,
    "a work package (`WP` and a number)",
    is_work_package,
    pattern::WORK_PACKAGE
);

text_id!(
    /// A full git object name: 40 (SHA-1) or 64 (SHA-256) lower-case hexadecimal digits.
    CommitHash,
    "a commit hash (40 or 64 lower-case hexadecimal digits)",
    is_commit,
    pattern::COMMIT
);

text_id!(
    /// The identity of a decision in its mission: a ULID, `input:<key>` or `audit:<step>`.
    DecisionId,
    "a decision id (a ULID, `input:<key>` or `audit:<step>`)",
    is_decision,
    pattern::DECISION
);
ulid_id!(DecisionId);

text_id!(
    /// The identity of a question about a term: the id of the event that asks, or what another tool made up for it.
    ConflictId,
    "a conflict id (1 to 128 letters, digits, `-`, `_`, `.` and `:`)",
    is_conflict,
    pattern::CONFLICT
);

impl DecisionId {
    /// Returns the id of the decision that asks for input `key`.
    ///
    /// # Errors
    /// When the key is empty, too long, or holds white space or control characters.
    pub fn for_input(key: &str) -> Result<Self, IdError> {
        format!("input:{key}").parse()
    }
}

text_id!(
    /// The identity of one run of a mission, and the name of its directory.
    RunId,
    "a run id (1 to 64 letters, digits, `-` and `_`, starting with a letter or digit)",
    is_run,
    pattern::RUN
);

text_id!(
    /// A step or an audit of a mission's template.
    StepId,
    "a step id (1 to 128 letters, digits, `-`, `_`, `.` and `:`, starting with a letter or digit)",
    is_step,
    pattern::STEP
);

text_id!(
    /// What a step needs to know before it begins.
    InputKey,
    "an input key (1 to 200 bytes without white space and control characters)",
    is_key,
    pattern::KEY
);

text_id!(
    /// The SHA-256 of a template's bytes: 64 lower-case hexadecimal digits.
    TemplateHash,
    "a template hash (64 lower-case hexadecimal digits)",
    is_template_hash,
    pattern::TEMPLATE_HASH
);

impl TemplateHash {
    /// Returns the hash with these bytes.
    pub fn of_digest(digest: [u8; 32]) -> Self {
        Self(digest.iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

impl DecisionId {
    /// Returns the id of the question that an audit asks; the second and later rounds have their number in it.
    pub fn for_audit(step: &StepId, round: u32) -> Self {
        Self(match round {
            0 | 1 => format!("audit:{step}"),
            round => format!("audit:{step}#{round}"),
        })
    }
}

impl From<&InputKey> for DecisionId {
    fn from(key: &InputKey) -> Self {
        Self(format!("input:{key}"))
    }
}

/// Crockford's alphabet in upper case, 26 characters, the first at most `7`.
fn is_ulid(text: &str) -> bool {
    text.len() == 26
        && text.as_bytes()[0] <= b'7'
        && text
            .bytes()
            .all(|b| matches!(b, b'0'..=b'9' | b'A'..=b'H' | b'J' | b'K' | b'M' | b'N' | b'P'..=b'T' | b'V'..=b'Z'))
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, b)| match at {
            8 | 13 | 18 | 23 => b == b'-',
            _ => matches!(b, b'0'..=b'9' | b'a'..=b'f'),
        })
}

fn is_ulid_or_uuid(text: &str) -> bool {
    is_ulid(text) || is_uuid(text)
}

fn is_slug(text: &str) -> bool {
    text.len() <= 200
        && text
            .bytes()
            .next()
            .is_some_and(|b| b.is_ascii_alphanumeric())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

fn is_node(text: &str) -> bool {
    (12..=26).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric())
}

fn is_work_package(text: &str) -> bool {
    text.strip_prefix("WP").is_some_and(|digits| {
        (1..=9).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit())
    })
}

fn is_commit(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

fn is_conflict(text: &str) -> bool {
    (1..=128).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b':'))
}

fn is_run(text: &str) -> bool {
    text.len() <= 64 && is_slug(text)
}

/// Without `#`, which sets off the number of an audit's round.
fn is_step(text: &str) -> bool {
    is_conflict(text)
        && text
            .bytes()
            .next()
            .is_some_and(|b| b.is_ascii_alphanumeric())
}

fn is_key(text: &str) -> bool {
    (1..=200).contains(&text.len()) && !text.chars().any(|c| c.is_whitespace() || c.is_control())
}

fn is_template_hash(text: &str) -> bool {
    text.len() == 64 && is_commit(text)
}

fn is_decision(text: &str) -> bool {
    is_ulid(text)
        || ["input:", "audit:"]
            .iter()
            .any(|prefix| text.strip_prefix(prefix).is_some_and(is_key))
}

#[cfg(test)]
mod tests;
