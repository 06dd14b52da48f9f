//! One worktree, as it was read.

use std::path::PathBuf;

/// One worktree of the clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkout {
    /// Its root.
    pub root: PathBuf,
    /// Its own git directory.
    pub git_dir: PathBuf,
    /// The branch that HEAD names, in full; `None` when HEAD is detached.
    pub branch: Option<String>,
    /// The branch that a rebase or bisect in this worktree will come back to, with the operation's name.
    pub busy: Option<(String, &'static str)>,
}
