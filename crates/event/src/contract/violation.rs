//! Why a payload or an envelope is refused: where, and what is asked for there.

use std::fmt;

/// Why a payload or an envelope is not what the contract asks for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{path}` {expected}")]
pub struct Violation {
    /// Where: the field, with dots and indices. Never holds a value.
    pub path: String,
    /// What is asked for, as the end of a sentence.
    pub expected: String,
}

impl Violation {
    pub(crate) fn new(path: impl fmt::Display, expected: impl fmt::Display) -> Self {
        Self {
            path: path.to_string(),
            expected: expected.to_string(),
        }
    }
}
