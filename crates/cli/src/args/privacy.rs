//! Arguments of what keeps private data out of git: `audit`, `sanitize`, `hooks`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

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

/// The verbs of `hooks`.
#[derive(Debug, Subcommand)]
pub(crate) enum HooksCommand {
    /// Put our hooks before git, beside those that are there
    ///
    /// A hook that is there keeps its arguments, input and exit code, and runs first. Linked worktrees share the hooks.
    #[command(after_help = "Example:\n  pawtrail hooks install --audit")]
    Install(HooksInstallArgs),
    /// Take our hooks away; the ones from before get their names back
    #[command(after_help = "Example:\n  pawtrail hooks remove")]
    Remove,
    /// Do what a hook does; git runs it
    #[command(
        after_help = "Example, in a hook of your own:\n  pawtrail hooks run pre-commit || exit 1"
    )]
    Run(HooksRunArgs),
}

/// Arguments of `hooks install`.
#[derive(Debug, Args)]
pub(crate) struct HooksInstallArgs {
    /// Refuse commits of event files that hold private data
    #[arg(long, required = true)]
    pub(crate) audit: bool,
}

/// Arguments of `hooks run`.
#[derive(Debug, Args)]
pub(crate) struct HooksRunArgs {
    /// Git's name of the hook
    #[arg(value_name = "NAME")]
    pub(crate) hook: HookArg,
    /// What git hands to the hook
    #[arg(last = true, value_name = "ARGUMENT", hide = true)]
    pub(crate) rest: Vec<std::ffi::OsString>,
}

/// The hooks that we have something to do in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum HookArg {
    /// Looks for private data in what is about to be committed
    PreCommit,
}
