//! Arguments of what keeps private data out of git: `audit`, `sanitize`.

use std::path::PathBuf;

use clap::Args;

// Arguments of `audit`.
#[derive(Debug, Args)]
pub(crate) struct AuditArgs {
    /// Every version in the history of all branches and tags too
    #[arg(long)]
    pub(crate) history: bool,
    /// Only these files and directories; default: all event files
    #[arg(value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
}

// Arguments of `sanitize`.
#[derive(Debug, Args)]
pub(crate) struct SanitizeArgs {
    /// One JSON document a line; default: one in all
    #[arg(long)]
    pub(crate) lines: bool,
}
