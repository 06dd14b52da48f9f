//! What git's hooks tell: a commit was made, commits were rewritten, something was merged.
//!
//! Each looks at the refs as they are and records what they say, so that a hook that ran twice, late or never changes
//! nothing but the time at which a frame is known. What only a hook knows is which commit a rewrite made of which.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use gix::ObjectId;
use pawtrail_event::CommitHash;

use super::document::{Document, Rewrite, Unread};
use super::{amended, catch_up, file, first_sight, record_commit_within, record_within, refresh};
use crate::error::Result;
use crate::history;
use crate::local_commits::{self, Framer, Outcome, Purpose, object_id};
use crate::project::{self, Project};
use crate::references;

/// How long git waits for a hook of ours, where another process changes the file.
const PATIENCE: Duration = Duration::from_secs(2);

/// Records the commit that git has just made on the branch that is checked out.
///
/// # Errors
/// As [`super::record`]; waits for a lock for two seconds at most.
pub fn committed(project: &Project) -> Result<()> {
    let Some((branch, commit)) = mission_head(project)? else {
        return Ok(());
    };
    match history::parents(project, commit)?[..] {
        [parent] => record_commit_within(project, &branch, Some(parent), commit, PATIENCE),
        [] | [_, ..] => record_within(project, PATIENCE).map(drop),
    }
}

/// Records what a merge or a pull brought to the branch that is checked out.
///
/// # Errors
/// As [`committed`].
pub fn merged(project: &Project) -> Result<()> {
    if mission_head(project)?.is_none() {
        return Ok(());
    }
    record_within(project, PATIENCE).map(drop)
}

/// What rewrote commits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rewriter {
    /// `git commit --amend`.
    Amend,
    /// `git rebase`, and whatever else tells.
    Rebase,
}

/// Records what an amend or a rebase made of commits, as git lists it: where several became one, each is listed with it.
///
/// # Errors
/// As [`committed`].
pub fn rewritten(project: &Project, by: Rewriter, rewrites: &[Rewrite]) -> Result<()> {
    if by == Rewriter::Amend && references::head(project)?.branch.is_none() {
        // A step of a rebase, which tells at its end what became of what a branch had.
        return Ok(());
    }
    if by == Rewriter::Amend && are_replaced(project, rewrites)? {
        return Ok(());
    }
    let mut framer = Framer::new(project, Purpose::Store);
    let mut told = Vec::new();
    for rewrite in rewrites {
        // Rewrites of other commits say nothing about frames.
        if is_announced(&mut framer, &rewrite.old)? || is_announced(&mut framer, &rewrite.new)? {
            told.push(rewrite.clone());
        }
    }
    if told.is_empty() && mission_head(project)?.is_none() {
        return Ok(());
    }
    first_sight(project)?;
    let lock = file::lock(project, PATIENCE)?;
    let mut stored = file::open_locked(project, lock, file::text(project)?)?;
    stored.document.remember(&told);
    refresh(project, &mut framer, &mut stored)?;
    file::save(project, &stored)
}

/// Remembers what git told where `post-commit` has exchanged the frames already. Returns whether that was all.
fn are_replaced(project: &Project, rewrites: &[Rewrite]) -> Result<bool> {
    if rewrites.is_empty() {
        return Ok(false);
    }
    let _lock = file::lock(project, PATIENCE)?;
    let text = file::text(project)?;
    let unread = text.and_then(|text| Unread::open(&text, project.sanitizer()));
    let Some(unread) = unread else {
        return Ok(false);
    };
    let Some(text) = amended::told(unread, rewrites)? else {
        return Ok(false);
    };
    file::replace(project, &text)?;
    Ok(true)
}

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

/// What became of each commit.
pub(super) fn heirs(rewrites: &[Rewrite]) -> HashMap<CommitHash, CommitHash> {
    rewrites
        .iter()
        .map(|rewrite| (rewrite.old.clone(), rewrite.new.clone()))
        .collect()
}

/// Follows what became of a commit to the first that is `wanted`; a rewrite may have been rewritten.
pub(super) fn heir<'h>(
    heirs: &'h HashMap<CommitHash, CommitHash>,
    old: &CommitHash,
    wanted: impl Fn(&CommitHash) -> bool,
) -> Option<&'h CommitHash> {
    let mut at = heirs.get(old)?;
    // There are no more steps than rewrites, though a commit can become itself again.
    for _ in 0..heirs.len() {
        if wanted(at) {
            return Some(at);
        }
        at = heirs.get(at)?;
    }
    None
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
fn is_announced(framer: &mut Framer<'_>, hash: &CommitHash) -> Result<bool> {
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

/// The branch that is checked out with its commit, if it is a mission's.
fn mission_head(project: &Project) -> Result<Option<(String, ObjectId)>> {
    let head = references::head(project)?;
    let (Some(branch), Some(commit)) = (head.branch, head.commit) else {
        return Ok(None);
    };
    Ok(local_commits::is_mission_branch(project, &branch)?.then_some((branch, commit)))
}
