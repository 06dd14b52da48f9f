//! Arguments of `hooks`.

use clap::{Args, Subcommand, ValueEnum};

/// The verbs of `hooks`.
#[derive(Debug, Subcommand)]
pub(crate) enum HooksCommand {
    /// Put our hooks behind those that are there
    ///
    /// post-commit, post-rewrite and post-merge: what git commits, rewrites and merges is recorded at once. A hook that is
    /// there keeps its arguments, input and exit code, and runs first. Linked worktrees share the hooks. Ours never fail
    /// git, and without consent they send nothing.
    #[command(after_help = "Examples:\n  pawtrail hooks install\n  pawtrail hooks install --audit")]
    Install(HooksInstallArgs),
    /// Take our hooks away; the ones from before get their names back
    #[command(after_help = "Example:\n  pawtrail hooks remove")]
    Remove,
    /// Do what a hook does; git runs it
    #[command(
        after_help = "Examples, in hooks of your own:\n  pawtrail hooks run pre-commit || exit 1\n  pawtrail hooks run post-commit"
    )]
    Run(HooksRunArgs),
}

/// Arguments of `hooks install`.
#[derive(Debug, Args)]
pub(crate) struct HooksInstallArgs {
    /// Also refuse commits of event files that hold private data (pre-commit)
    #[arg(long)]
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
    /// Records the commit that git made
    PostCommit,
    /// Records which commits an amend or a rebase replaced, from standard input
    PostRewrite,
    /// Records what a merge or a pull brought
    PostMerge,
}
