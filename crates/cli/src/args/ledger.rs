//! Arguments of what proves, mends and merges ledgers: `verify`, `doctor`, `merge-events`.

use std::path::PathBuf;

use clap::Args;

// Arguments of `verify`.
#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    /// Mission id, its first 8 characters, directory name, slug, or number; default: all missions
    #[arg(long, value_name = "MISSION")]
    pub(crate) mission: Option<String>,
}

// Arguments of `doctor`.
#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    /// Show the plan and carry it out; branches change by new commits alone
    #[arg(long)]
    pub(crate) fix: bool,
}

// Arguments of `merge-events`.
#[derive(Debug, Args)]
pub(crate) struct MergeEventsArgs {
    /// The version that both sides come from; an empty file where there is none
    pub(crate) base: PathBuf,
    /// Our version, which gets the result
    pub(crate) ours: PathBuf,
    /// Their version
    pub(crate) theirs: PathBuf,
    /// The file's name in the repository, for messages
    #[arg(long, value_name = "PATH")]
    pub(crate) path: Option<String>,
}
