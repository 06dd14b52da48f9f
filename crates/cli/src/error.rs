//! The one error of the program: what went wrong, what to do next, and the exit code.

use std::borrow::Cow;

use clap::error::ErrorKind;
use serde_json::{Value, json};

/// Why a command failed.
#[derive(Debug)]
pub(crate) struct CliError {
    /// A stable name in `UPPER_SNAKE`.
    pub(crate) code: Cow<'static, str>,
    /// What is wrong, for a person.
    pub(crate) message: String,
    /// A command that can be run next.
    pub(crate) next_step: Option<String>,
    /// More, for a program; an object.
    pub(crate) details: Value,
    /// The exit code.
    pub(crate) exit: u8,
    /// Whether the command did its work and the answer is a "no": what it found, the details, is `data` too.
    pub(crate) is_answer: bool,
}

impl CliError {
    /// A refusal: exit code 1.
    pub(crate) fn refused(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code: Cow::Borrowed(code),
            message: message.into(),
            next_step: None,
            details: json!({}),
            exit: 1,
            is_answer: false,
        }
    }

    /// A "no" in answer to a question: what was found is `data`, as with a "yes", and the error's details too.
    pub(crate) fn answer(code: &'static str, message: impl Into<String>, found: Value) -> Self {
        Self {
            details: found,
            is_answer: true,
            ..Self::refused(code, message)
        }
    }

    /// Adds the command to run next.
    pub(crate) fn next(mut self, command: impl Into<String>) -> Self {
        self.next_step = Some(command.into());
        self
    }

    /// A value that clap can't judge: exit code 2.
    pub(crate) fn bad_argument(what: &str, message: impl std::fmt::Display) -> Self {
        Self {
            details: json!({ "argument": what }),
            exit: 2,
            ..Self::refused("INVALID_ARGUMENT", format!("{what}: {message}"))
        }
    }

    /// A defect of this program.
    pub(crate) fn internal(error: &dyn std::fmt::Display) -> Self {
        Self::refused("INTERNAL", error.to_string())
    }

    /// A failed read or write of something that has no crate of its own.
    pub(crate) fn io(what: &str, error: &std::io::Error) -> Self {
        Self::refused("IO", format!("{what}: {error}"))
    }

    /// A command line that clap refuses; `text` is what clap would print, `meant` the command.
    pub(crate) fn usage(kind: ErrorKind, text: &str, meant: &str) -> Self {
        let missing = matches!(
            kind,
            ErrorKind::MissingSubcommand | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
        );
        let message = if missing {
            format!("`{meant}` needs a command")
        } else {
            first_paragraph(text)
        };
        Self {
            code: Cow::Borrowed("USAGE"),
            message,
            next_step: Some(format!("{meant} --help")),
            details: json!({ "usage": usage_line(text) }),
            exit: 2,
            is_answer: false,
        }
    }
}

impl From<pawtrail_repo::Error> for CliError {
    fn from(error: pawtrail_repo::Error) -> Self {
        Self {
            code: Cow::Borrowed(error.code()),
            message: error.to_string(),
            next_step: error.next_step(),
            details: error.details(),
            exit: error.exit_code(),
            is_answer: false,
        }
    }
}

impl From<pawtrail_runtime::Error> for CliError {
    fn from(error: pawtrail_runtime::Error) -> Self {
        Self {
            code: Cow::Borrowed(error.code()),
            message: error.to_string(),
            next_step: error.next_step(),
            details: error.details(),
            exit: error.exit_code(),
            is_answer: false,
        }
    }
}

impl From<pawtrail_sync::SyncError> for CliError {
    fn from(error: pawtrail_sync::SyncError) -> Self {
        if let pawtrail_sync::SyncError::Repo(inner) = error {
            return inner.into();
        }
        Self {
            code: Cow::Borrowed(error.code()),
            message: error.to_string(),
            next_step: error.next_step(),
            details: json!({}),
            exit: error.exit_code(),
            is_answer: false,
        }
    }
}

impl From<pawtrail_hub::HubError> for CliError {
    fn from(error: pawtrail_hub::HubError) -> Self {
        Self {
            code: Cow::Borrowed(error.code()),
            message: error.to_string(),
            next_step: error.next_step(),
            details: json!({}),
            exit: error.exit_code(),
            is_answer: false,
        }
    }
}

/// The text up to the first blank line, on one line, without clap's `error: `.
fn first_paragraph(text: &str) -> String {
    text.lines()
        .take_while(|line| !line.trim().is_empty())
        .map(str::trim)
        .collect::<Vec<_>>()
        .join(" ")
        .trim_start_matches("error: ")
        .to_owned()
}

fn usage_line(text: &str) -> Option<&str> {
    text.lines()
        .find_map(|line| line.strip_prefix("Usage: "))
        .map(str::trim)
}
