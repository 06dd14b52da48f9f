//! What git told of rewrites: the frames of the new commits name the old ones.

use std::collections::{HashMap, HashSet};

use pawtrail_event::CommitHash;

use super::catch_up;
use super::document::Document;
use super::heirs::{heir, heirs};
use crate::error::Result;
use crate::local_commits::{self, Framer, Outcome, object_id};
use crate::project::{self, Project};

/// Names old commits in the frames of those that took their place, once these are known, and forgets what is settled.
pub(super) fn settle(
    project: &Project,
    framer: &mut Framer<'_>,
    document: &mut Document,
) -> Result<()> {
    if document.rewritten.is_empty() {
        return Ok(());
    }
    let heirs = heirs(&document.rewritten);
    let at: HashMap<CommitHash, usize> = document
        .pending
        .iter()
        .enumerate()
        .map(|(at, frame)| (frame.git_hash.clone(), at))
        .collect();
    let replaced: Vec<(CommitHash, usize)> = document
        .rewritten
        .iter()
        .filter_map(|rewrite| {
            let new = heir(&heirs, &rewrite.old, |hash| at.contains_key(hash))?;
            Some((rewrite.old.clone(), at.get(new).copied()?))
        })
        .collect();
    let gone = gone(project, framer, replaced.iter().map(|(old, _)| old))?;
    for (old, heir) in replaced.into_iter().filter(|(old, _)| gone.contains(old)) {
        for (at, frame) in document.pending.iter_mut().enumerate() {
            if at != heir {
                frame.spare(&old);
            }
        }
        if let Some(frame) = document.pending.get_mut(heir) {
            frame.supersede(document.acknowledged.supersedes(&old));
            frame.supersede([old.clone()]);
        }
        for hashes in document.withdrawn.values_mut() {
            hashes.retain(|hash| *hash != old);
        }
        document.acknowledged.retain(|hash| *hash != old);
    }
    document.withdrawn.retain(|_, hashes| !hashes.is_empty());
    forget_settled(project, framer, document)
}

/// Forgets the rewrites whose new commit has its frame, or that a branch has and that needs none; unless a waiting frame
/// says that it replaces the old one, or that is remembered itself and may yet be replaced.
fn forget_settled(project: &Project, framer: &Framer<'_>, document: &mut Document) -> Result<()> {
    let git = framer.git();
    let known: HashSet<CommitHash> = document.known().into_iter().cloned().collect();
    let heirs = heirs(&document.rewritten);
    let new = document
        .rewritten
        .iter()
        .filter_map(|rewrite| object_id(git, &rewrite.new));
    let new = local_commits::present(git, new);
    let waits: HashSet<CommitHash> = catch_up::unreached_by_any(project, git, &new)?
        .into_iter()
        .map(project::hash)
        .collect();
    // What a waiting frame replaces may move on with it when that is rewritten in turn.
    let named: HashSet<CommitHash> = document
        .pending
        .iter()
        .flat_map(|frame| frame.supersedes.iter().cloned())
        .collect();
    let withdrawn: HashSet<CommitHash> = document.withdrawn.values().flatten().cloned().collect();
    document.rewritten.retain(|rewrite| {
        named.contains(&rewrite.old)
            || known.contains(&rewrite.old)
            || withdrawn.contains(&rewrite.old)
            || (waits.contains(&rewrite.new)
                && heir(&heirs, &rewrite.old, |hash| known.contains(hash)).is_none())
    });
    Ok(())
}

/// Those of `old` that had a frame to be replaced: they touch `kitty-specs/`, no branch has them any more, and they came
/// after Pawtrail.
fn gone<'o>(
    project: &Project,
    framer: &mut Framer<'_>,
    old: impl Iterator<Item = &'o CommitHash>,
) -> Result<HashSet<CommitHash>> {
    let mut asked = Vec::new();
    for hash in old {
        if is_announced(framer, hash)?
            && let Some(id) = object_id(framer.git(), hash)
        {
            asked.push(id);
        }
    }
    let lost = catch_up::unreached_by_any(project, framer.git(), &asked)?;
    Ok(lost.into_iter().map(project::hash).collect())
}

/// Says whether a commit touches `kitty-specs/`. One that git has removed says nothing.
pub(super) fn is_announced(framer: &mut Framer<'_>, hash: &CommitHash) -> Result<bool> {
    let Some(id) = object_id(framer.git(), hash) else {
        return Ok(false);
    };
    if local_commits::present(framer.git(), [id]).is_empty() {
        return Ok(false);
    }
    Ok(match framer.frame(id, None)? {
        Outcome::Frame(_) | Outcome::Unattributed => true,
        Outcome::Untouched => false,
    })
}
