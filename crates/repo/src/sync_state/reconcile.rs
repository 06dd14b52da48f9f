//! What a hub says that it has, beside what is remembered of it: either side may have lost what the other knows.

use std::collections::HashSet;

use pawtrail_event::CommitHash;

use super::document::Document;
use super::{file, refresh};
use crate::error::Result;
use crate::local_commits::{Framer, Purpose};
use crate::project::Project;

/// Takes the last commit of each build that a hub has, as it says itself.
///
/// One that still waits is there: its acknowledgement was lost, and it waits no longer. And where the hub has forgotten
/// what it acknowledged later (a store from a backup), that waits again: of each branch what was acknowledged after the
/// last that the hub names. A commit that it never had, or that went to another hub before, is not among them.
///
/// # Errors
/// As [`super::record`].
pub fn reconcile(project: &Project, named: &[CommitHash]) -> Result<()> {
    if named.is_empty() {
        return Ok(());
    }
    let named: HashSet<&CommitHash> = named.iter().collect();
    let mut stored = file::open(project)?;
    let mut framer = Framer::new(project, Purpose::Store);
    refresh(project, &mut framer, &mut stored)?;
    settle(&mut stored.document, &named);
    if forget(&mut stored.document, &named) {
        // They are frames again as soon as the branches are looked at anew.
        stored.document.cursors.clear();
        refresh(project, &mut framer, &mut stored)?;
    }
    file::save(project, &stored)
}

/// Moves what waits and is named to what is acknowledged.
fn settle(document: &mut Document, named: &HashSet<&CommitHash>) {
    let (there, pending) = std::mem::take(&mut document.pending)
        .into_iter()
        .partition(|frame| named.contains(&frame.git_hash));
    document.pending = pending;
    let there: Vec<_> = there;
    for frame in there {
        document.confirmed = Some(frame.git_hash.clone());
        let branch = frame.branch.clone().unwrap_or_default();
        let group = document.acknowledged.entry(branch).or_default();
        group.push(frame.git_hash.clone());
    }
}

/// Forgets what was acknowledged after the last that is named, branch by branch. Returns whether there was any.
fn forget(document: &mut Document, named: &HashSet<&CommitHash>) -> bool {
    let withdrawn: HashSet<CommitHash> = document.withdrawn.values().flatten().cloned().collect();
    let mut forgotten = false;
    for hashes in document.acknowledged.values_mut() {
        let Some(last) = hashes.iter().rposition(|hash| named.contains(hash)) else {
            continue;
        };
        let mut at = 0;
        hashes.retain(|hash| {
            at += 1;
            // What no branch has any more is remembered for the commit that may replace it.
            let stays = at <= last + 1 || withdrawn.contains(hash);
            forgotten |= !stays;
            stays
        });
    }
    forgotten
}
