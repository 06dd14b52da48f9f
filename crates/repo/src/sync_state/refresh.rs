//! Brings what the file says up to date with git: all that can have happened since, and frames of another tool.

use std::collections::HashSet;

use pawtrail_event::CommitHash;

use super::file::Stored;
use super::{catch_up, told};
use crate::error::Result;
use crate::local_commits::{self, Framer, Outcome};
use crate::project::Project;

/// Derives from git, and exchanges frames of another tool for ours.
pub(super) fn refresh(
    project: &Project,
    framer: &mut Framer<'_>,
    stored: &mut Stored,
) -> Result<()> {
    let foreign = std::mem::take(&mut stored.foreign);
    if !foreign.is_empty() {
        // They may be of any branch: all is looked at again.
        stored.document.cursors.clear();
    }
    let mut known: HashSet<CommitHash> = stored.document.known().into_iter().cloned().collect();
    for hash in &foreign {
        if known.insert(hash.clone())
            && let Some(id) = local_commits::object_id(framer.git(), hash)
            && let Outcome::Frame(frame) = framer.frame(id, None)?
        {
            stored.document.pending.push(*frame);
        }
    }
    catch_up::catch_up(project, framer, &mut stored.document)?;
    told::settle(project, framer, &mut stored.document)?;
    let known = stored.document.known();
    if !foreign.iter().all(|hash| known.contains(hash)) {
        stored.unexplained = true;
    }
    Ok(())
}
