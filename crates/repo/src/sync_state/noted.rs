//! Which commits the state file names, for who looks for commits that no branch has any more.

use std::collections::BTreeMap;

use pawtrail_event::CommitHash;

use super::file;
use crate::error::{Error, Result};
use crate::project::Project;

/// Commits that the state file names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Noted {
    /// Those of which it says the branch, by the branch's full name.
    pub(crate) by_branch: BTreeMap<String, Vec<CommitHash>>,
    /// All others.
    pub(crate) others: Vec<CommitHash>,
}

/// Returns the commits that the state file names, as it stands. It reads and never writes.
///
/// # Errors
/// When the file can't be read. A damaged file names none.
pub(crate) fn noted(project: &Project) -> Result<Noted> {
    let document = match file::read(project) {
        Ok(stored) => stored.document,
        // What keeps this file from being used is told where it is.
        Err(Error::StateNewer { .. } | Error::Beyond { .. }) => return Ok(Noted::default()),
        Err(error) => return Err(error),
    };
    let mut noted = Noted::default();
    let mut add = |branch: &str, hash: &CommitHash| match branch {
        "" => noted.others.push(hash.clone()),
        branch => noted
            .by_branch
            .entry(branch.to_owned())
            .or_default()
            .push(hash.clone()),
    };
    for frame in &document.pending {
        add(frame.branch.as_deref().unwrap_or_default(), &frame.git_hash);
    }
    for (branch, hash) in document.acknowledged.by_branch() {
        add(branch, hash);
    }
    for (branch, hashes) in &document.withdrawn {
        for hash in hashes {
            add(branch, hash);
        }
    }
    for (branch, hash) in document.cursors.iter().chain(&document.deleted) {
        add(branch, hash);
    }
    let bare = document.confirmed.iter().chain(&document.pushed);
    for hash in bare.chain(document.set_aside.iter().map(|entry| &entry.git_hash)) {
        add("", hash);
    }
    Ok(noted)
}
