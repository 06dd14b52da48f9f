//! Arguments of `commit`.

use std::path::PathBuf;

use clap::Args;

// Arguments of `commit`.
#[derive(Debug, Args)]
pub(crate) struct CommitArgs {
    /// The commit message
    #[arg(short, long, value_name = "TEXT")]
    pub(crate) message: String,
    /// The paths to commit, relative to the current directory
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// Refuse unless this branch is checked out here
    #[arg(long, value_name = "BRANCH")]
    pub(crate) branch: Option<String>,
}
