//! The two engines.

use serde::Serialize;

/// What makes the objects, moves the branch and writes the index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// In this process.
    Library,
    /// The `git` program.
    Executable,
}

impl Kind {
    /// Returns its name: `library` or `executable`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Library => "library",
            Self::Executable => "executable",
        }
    }
}
