//! What git's hooks tell: a commit was made, commits were rewritten, something was merged.
//!
//! Each looks at the refs as they are and records what they say, so that a hook that ran twice, late or never changes
//! nothing but the time at which a frame is known. What only a hook knows is which commit a rewrite made of which.

use std::time::Duration;

use gix::ObjectId;

use super::document::{Rewrite, Unread};
use super::recording::{record_commit_within, record_within};
use super::refresh::refresh;
use super::told::is_announced;
use super::{amended, file, floor};
use crate::error::Result;
use crate::history;
use crate::local_commits::{self, Framer, Purpose};
use crate::project::Project;
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
    if by == Rewriter::Amend && references::head_branch(project)?.is_none() {
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
    floor::first_sight(project, None)?;
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

/// The branch that is checked out with its commit, if it is a mission's.
fn mission_head(project: &Project) -> Result<Option<(String, ObjectId)>> {
    let Some(branch) = references::head_branch(project)? else {
        return Ok(None);
    };
    let Some(commit) = references::tip(project, &branch)? else {
        return Ok(None);
    };
    Ok(local_commits::is_mission_branch(project, &branch)?.then_some((branch, commit)))
}
