//! What was tried, and on which file: what turns the errors of the operating system and of the git library into ours.

use std::path::Path;

use super::{Error, Result};

/// Adds what was tried, and on which file, to an error of the operating system.
pub(crate) trait IoContext<T> {
    fn at(self, action: &'static str, path: &Path) -> Result<T>;
}

impl<T> IoContext<T> for std::io::Result<T> {
    fn at(self, action: &'static str, path: &Path) -> Result<T> {
        self.map_err(|source| Error::Io {
            action,
            path: path.to_owned(),
            source,
        })
    }
}

/// Adds what was tried to an error of the git library.
pub(crate) trait GitContext<T> {
    fn git(self, action: &str) -> Result<T>;
}

impl<T, E: std::error::Error> GitContext<T> for std::result::Result<T, E> {
    fn git(self, action: &str) -> Result<T> {
        self.map_err(|error| Error::Git {
            action: action.to_owned(),
            message: with_causes(&error),
        })
    }
}

/// An error with what led to it: the operating system's word comes last.
pub(crate) fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let words = cause.to_string();
        if !text.contains(&words) {
            text.push_str(": ");
            text.push_str(&words);
        }
        next = cause.source();
    }
    text
}
