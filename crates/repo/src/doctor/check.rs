//! What is said of a thing that was looked at, and of a step that mends it.

use serde::Serialize;

use crate::error::Result;

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What was looked at.
    pub name: &'static str,
    /// Whether it is as it should be.
    pub ok: bool,
    /// What was found.
    pub message: String,
    /// The command that mends it.
    pub next_step: Option<String>,
}

impl Check {
    /// All is well.
    pub(super) fn good(name: &'static str, message: impl Into<String>) -> Self {
        Self {
            name,
            ok: true,
            message: message.into(),
            next_step: None,
        }
    }

    /// Something is wrong.
    pub(super) fn bad(
        name: &'static str,
        message: impl Into<String>,
        next_step: Option<&str>,
    ) -> Self {
        Self {
            name,
            ok: false,
            message: message.into(),
            next_step: next_step.map(str::to_owned),
        }
    }
}

/// The command that mends what this crate can mend.
pub(super) const FIX: Option<&str> = Some("pawtrail doctor --fix");

/// What a step came to: done, in words, or left to the user.
pub(super) type Attempt = Result<std::result::Result<String, Manual>>;

/// What a step leaves to the user.
#[derive(Debug)]
pub(super) struct Manual {
    /// Why.
    pub(super) message: String,
    /// The command that does it, or tries again.
    pub(super) next_step: Option<String>,
}

/// A number with its noun.
pub(super) fn count(number: usize, noun: &str) -> String {
    match number {
        1 => format!("1 {noun}"),
        more => format!("{more} {noun}s"),
    }
}
