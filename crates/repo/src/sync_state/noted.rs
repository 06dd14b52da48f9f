//! Which commits the state file says were on a branch, for who looks for those that no branch has any more.

use std::collections::BTreeMap;

use pawtrail_event::CommitHash;

use super::file;
use crate::error::{Error, Result};
use crate::project::Project;

/// Returns the commits of which the state file, as it stands, says that a branch had them, by the branch's full name.
/// It reads and never writes.
///
/// # Errors
/// When the file can't be read. A damaged file names none.
pub(crate) fn noted(project: &Project) -> Result<BTreeMap<String, Vec<CommitHash>>> {
    let document = match file::read(project) {
        Ok(stored) => stored.document,
        // What keeps this file from being used is told where it is.
        Err(Error::StateNewer { .. } | Error::Beyond { .. }) => return Ok(BTreeMap::new()),
        Err(error) => return Err(error),
    };
    let mut noted: BTreeMap<String, Vec<CommitHash>> = document.withdrawn;
    let pending = document.pending.iter();
    let pending = pending.filter_map(|frame| Some((frame.branch.as_deref()?, &frame.git_hash)));
    let stood = document.cursors.iter().chain(&document.deleted);
    let stood = stood.map(|(branch, hash)| (branch.as_str(), hash));
    for (branch, hash) in pending
        .chain(document.acknowledged.by_branch())
        .chain(stood)
    {
        noted
            .entry(branch.to_owned())
            .or_default()
            .push(hash.clone());
    }
    Ok(noted)
}
