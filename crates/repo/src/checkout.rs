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
    /// The branches that a rebase or bisect in this worktree will come back to or move, with the operation's name.
    pub busy: Vec<(String, &'static str)>,
}

impl Checkout {
    /// Returns the operation in this worktree that keeps the branch of this full name busy.
    pub fn keeps_busy(&self, branch: &str) -> Option<&'static str> {
        let found = self.busy.iter().find(|(busy, _)| busy == branch);
        found.map(|(_, operation)| *operation)
    }
}
