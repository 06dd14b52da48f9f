//! The last commit of a branch made anew, as by `git commit --amend`: one frame takes the place of one, and no other is
//! read.

use gix::ObjectId;
use pawtrail_event::CommitHash;

use super::document::{Rewrite, Unread};
use crate::error::Result;
use crate::history;
use crate::local_commits::{self, Framer, Outcome, object_id, present};
use crate::project::{self, Project};
use crate::reach;

/// The most commits that are looked at to learn whether another branch has the commit that was.
const MAX_WALK: usize = 256;

/// What becomes of the frame of the commit that was.
enum Former {
    /// It has none.
    Nothing,
    /// It was confirmed: the new one goes behind the others.
    Confirmed,
    /// It waits: the new one takes its place.
    Waits,
}

/// Exchanges the frame of the commit that `branch` had for that of `commit`, which has the same only parent. Returns the
/// file's new text; nothing where only a look at all branches can tell what became of what.
pub(super) fn replace(
    project: &Project,
    framer: &mut Framer<'_>,
    mut unread: Unread,
    branch: &str,
    parent: Option<ObjectId>,
    commit: ObjectId,
) -> Result<Option<Vec<u8>>> {
    let (Some(old), Some(parent)) = (unread.rest.cursors.get(branch).cloned(), parent) else {
        return Ok(None);
    };
    let new = project::hash(commit);
    let Some(former) = former(&unread, branch, &old, &new) else {
        return Ok(None);
    };
    let Some(old_id) = only_child(project, &old, parent)? else {
        return Ok(None);
    };
    if !is_given_up(project, branch, parent, old_id)? {
        return Ok(None);
    }
    let Outcome::Frame(mut frame) = framer.frame(commit, Some(branch))? else {
        return Ok(None);
    };
    unread.rest.cursors.insert(branch.to_owned(), new);
    match former {
        Former::Nothing => unread.with(&[*frame]).map(Some),
        Former::Confirmed => {
            for hashes in unread.rest.acknowledged.values_mut() {
                hashes.retain(|hash| *hash != old);
            }
            unread
                .rest
                .acknowledged
                .retain(|_, hashes| !hashes.is_empty());
            frame.supersede([old]);
            unread.with(&[*frame]).map(Some)
        }
        Former::Waits => {
            let Some((place, was)) = unread.frame(&old) else {
                return Ok(None);
            };
            if was.branch.as_deref() != Some(branch) {
                return Ok(None);
            }
            frame.supersede(was.supersedes);
            frame.supersede([old]);
            unread.put(place, &frame)?;
            unread.with(&[]).map(Some)
        }
    }
}

/// Says how the commit that was is remembered; nothing where it isn't simple.
fn former(unread: &Unread, branch: &str, old: &CommitHash, new: &CommitHash) -> Option<Former> {
    let rest = &unread.rest;
    let told = rest
        .rewritten
        .iter()
        .any(|rewrite| rewrite.old == *old || rewrite.new == *new);
    let odd = told
        || unread.names(new)
        || rest.withdrawn.contains_key(branch)
        || rest.unattributed.contains(old)
        || rest.set_aside.iter().any(|entry| entry.git_hash == *old);
    if odd {
        return None;
    }
    let confirmed: Vec<&String> = rest
        .acknowledged
        .iter()
        .filter(|(_, hashes)| hashes.contains(old))
        .map(|(branch, _)| branch)
        .collect();
    match (unread.frame(old).is_some(), &confirmed[..]) {
        (true, []) => Some(Former::Waits),
        (false, [group]) if *group == branch => Some(Former::Confirmed),
        // A frame names it that can't be found, or that came after it.
        (false, []) if unread.named_by_frames(old) == 0 => Some(Former::Nothing),
        _ => None,
    }
}

/// Returns the object name of `old`, if `parent` is its only parent.
fn only_child(project: &Project, old: &CommitHash, parent: ObjectId) -> Result<Option<ObjectId>> {
    let git = project.git();
    let Some(id) = object_id(git, old) else {
        return Ok(None);
    };
    if present(git, [id]).is_empty() {
        return Ok(None);
    }
    Ok((history::parents(project, id)?[..] == [parent]).then_some(id))
}

/// Says whether neither another mission branch nor a remote has a commit whose only parent is `parent`. Where that takes
/// long to find out, the answer is no.
fn is_given_up(project: &Project, branch: &str, parent: ObjectId, old: ObjectId) -> Result<bool> {
    let mut tips = local_commits::mission_branches(project)?;
    tips.remove(branch);
    let remotes = history::branches(project, "refs/remotes/")?;
    let others: Vec<ObjectId> = tips
        .into_values()
        .chain(remotes.into_iter().map(|(_, id)| id))
        .collect();
    Ok(reach::has(project.git(), &others, old, &[parent], MAX_WALK)? == Some(false))
}

/// Remembers what an amend made of commits, where each new one's frame says already that it replaces the old one. Returns
/// the file's new text; nothing where more is to be done.
pub(super) fn told(mut unread: Unread, rewrites: &[Rewrite]) -> Result<Option<Vec<u8>>> {
    for rewrite in rewrites {
        let Some((_, frame)) = unread.frame(&rewrite.new) else {
            return Ok(None);
        };
        let rest = &unread.rest;
        let mut elsewhere = rest
            .acknowledged
            .values()
            .chain(rest.withdrawn.values())
            .flatten();
        let plain = frame.supersedes.contains(&rewrite.old)
            && unread.named_by_frames(&rewrite.old) == 1
            && !elsewhere.any(|hash| *hash == rewrite.old);
        if !plain {
            return Ok(None);
        }
    }
    unread.rest.remember(rewrites);
    unread.with(&[]).map(Some)
}
