//! Recording what is new: all that git has, or a commit of our own, without a look at all of history where the file knew
//! its branch.

use std::fs::File;
use std::path::Path;
use std::time::Duration;

use gix::ObjectId;
use pawtrail_event::CommitHash;
use pawtrail_event::frame::Announcement;

use super::document::{Document, Unread};
use super::refresh::refresh;
use super::{amended, file, floor};
use crate::durable::Replacement;
use crate::error::{IoContext, Result};
use crate::history;
use crate::local_commits::{self, Framer, Outcome, Purpose};
use crate::lock::{Lock, PATIENCE};
use crate::project::{self, Project};

/// The most commits of git's own between two of ours that are looked at one by one.
const MAX_BETWEEN: usize = 64;

/// Brings the file up to date with git and returns the frames that wait.
///
/// # Errors
/// When git's data can't be read, or the file can't be read, locked or written.
pub fn record(project: &Project) -> Result<Vec<Announcement>> {
    record_within(project, PATIENCE)
}

pub(super) fn record_within(project: &Project, patience: Duration) -> Result<Vec<Announcement>> {
    floor::first_sight(project, None)?;
    let lock = file::lock(project, patience)?;
    let mut stored = file::open_locked(project, lock, file::text(project)?)?;
    let mut framer = Framer::new(project, Purpose::Store);
    refresh(project, &mut framer, &mut stored)?;
    file::save(project, &stored)?;
    Ok(stored.document.pending)
}

/// Records a commit of our own that `branch` points to now and that has `parent` as its only parent.
///
/// Where the file knew the branch at `parent`, or not far below it, no other history is read.
///
/// # Errors
/// As [`record`].
pub fn record_commit(
    project: &Project,
    branch: &str,
    parent: Option<ObjectId>,
    commit: ObjectId,
) -> Result<()> {
    record_commit_within(project, branch, parent, commit, PATIENCE)
}

pub(super) fn record_commit_within(
    project: &Project,
    branch: &str,
    parent: Option<ObjectId>,
    commit: ObjectId,
    patience: Duration,
) -> Result<()> {
    let record = recording_within(project, branch, parent, commit, patience)?;
    if let Some((file, path)) = record.unflushed() {
        file.sync_all().at("flush", path)?;
    }
    record.finish()
}

/// The file as it will be when a commit is recorded, written beside it. Nobody else changes the file meanwhile.
#[must_use = "the file changes when it is finished"]
#[derive(Debug)]
pub(crate) struct Recording {
    /// None where it says so already.
    pub(super) next: Option<Replacement>,
    /// Freed last.
    pub(super) _lock: Lock,
}

impl Recording {
    /// What has to be flushed before [`Self::finish`], and the path that an error is to name.
    pub(crate) fn unflushed(&self) -> Option<(&File, &Path)> {
        self.next.as_ref().map(Replacement::unflushed)
    }

    /// Puts it in place.
    pub(crate) fn finish(self) -> Result<()> {
        self.next.map_or(Ok(()), Replacement::finish)
    }
}

/// Begins what [`record_commit`] does, for who has more to flush.
///
/// # Errors
/// As [`record`].
pub(crate) fn recording(
    project: &Project,
    branch: &str,
    parent: Option<ObjectId>,
    commit: ObjectId,
) -> Result<Recording> {
    recording_within(project, branch, parent, commit, PATIENCE)
}

fn recording_within(
    project: &Project,
    branch: &str,
    parent: Option<ObjectId>,
    commit: ObjectId,
    patience: Duration,
) -> Result<Recording> {
    floor::first_sight(project, Some((commit, parent)))?;
    let lock = file::lock(project, patience)?;
    Ok(Recording {
        next: with_commit(project, branch, parent, commit)?,
        _lock: lock,
    })
}

/// The file with a commit recorded in it, where that changes it. Its lock is held.
fn with_commit(
    project: &Project,
    branch: &str,
    parent: Option<ObjectId>,
    commit: ObjectId,
) -> Result<Option<Replacement>> {
    let text = file::text(project)?;
    let mut framer = Framer::new(project, Purpose::Store);
    let unread = text
        .as_deref()
        .and_then(|text| Unread::open(text, project.sanitizer()));
    if let Some(unread) = unread {
        match new_on_top(project, &unread.rest, branch, parent, commit)? {
            Some(new) if !new.iter().any(|id| unread.names(&project::hash(*id))) => {
                if let Some(next) = append(project, &mut framer, unread, branch, &new)? {
                    return Ok(Some(next));
                }
            }
            Some(_) | None => {
                let text = amended::replace(project, &mut framer, unread, branch, parent, commit)?;
                if let Some(text) = text {
                    return file::begin(project, &text).map(Some);
                }
            }
        }
    }
    let mut stored = file::understood(project, text)?;
    let hash = project::hash(commit);
    let cursor = stored.document.cursors.get(branch);
    if cursor.is_none() && !local_commits::is_mission_branch(project, branch)? {
        return Ok(None);
    }
    if cursor == Some(&hash) {
        return Ok(None);
    }
    let new = new_on_top(project, &stored.document, branch, parent, commit)?;
    if let Some(new) = new
        && stored.foreign.is_empty()
    {
        let document = &mut stored.document;
        let had_no_mission = !document.unattributed.is_empty();
        let mut names_one = false;
        for id in &new {
            match framer.frame(*id, Some(branch))? {
                Outcome::Frame(frame) => {
                    names_one |= local_commits::names_a_mission(&frame);
                    // Another branch may have been moved onto the commit and recorded already.
                    if !document.knows(&frame.git_hash) {
                        document.pending.push(*frame);
                    }
                }
                Outcome::Untouched => {}
                Outcome::Unattributed => document.unattributed.push(project::hash(*id)),
            }
        }
        document.cursors.insert(branch.to_owned(), hash);
        if had_no_mission && names_one {
            // It may be the one that commits before it lacked.
            document.cursors.clear();
            refresh(project, &mut framer, &mut stored)?;
        }
    } else {
        refresh(project, &mut framer, &mut stored)?;
    }
    file::next(project, &stored)
}

/// Adds the frames of commits that the file doesn't name, the last of which `branch` points to, without reading those
/// that wait before them. Nothing where they name a mission that commits before them may have lacked.
fn append(
    project: &Project,
    framer: &mut Framer<'_>,
    mut unread: Unread,
    branch: &str,
    new: &[ObjectId],
) -> Result<Option<Replacement>> {
    let had_no_mission = !unread.rest.unattributed.is_empty();
    let mut frames = Vec::new();
    for id in new {
        match framer.frame(*id, Some(branch))? {
            Outcome::Frame(frame) => frames.push(*frame),
            Outcome::Untouched => {}
            Outcome::Unattributed => unread.rest.unattributed.push(project::hash(*id)),
        }
        unread
            .rest
            .cursors
            .insert(branch.to_owned(), project::hash(*id));
    }
    if had_no_mission && frames.iter().any(local_commits::names_a_mission) {
        return Ok(None);
    }
    file::begin(project, &unread.with(&frames)?).map(Some)
}

/// Returns the commits that came on top of what is remembered of `branch`, oldest first; nothing where only a look at
/// all branches can tell.
pub(super) fn new_on_top(
    project: &Project,
    known: &Document,
    branch: &str,
    parent: Option<ObjectId>,
    commit: ObjectId,
) -> Result<Option<Vec<ObjectId>>> {
    // What a branch gave up may be replaced by this commit: the long way finds out.
    if known.withdrawn.contains_key(branch) {
        return Ok(None);
    }
    let new = commits_since(project, known.cursors.get(branch), parent, commit)?;
    // So may what git said it was made of.
    Ok(new.filter(|new| {
        new.iter()
            .map(|id| project::hash(*id))
            .all(|hash| !known.rewritten.iter().any(|rewrite| rewrite.new == hash))
    }))
}

/// Returns the commits after `cursor` up to `commit`, whose only parent is `parent`, oldest first; nothing where only
/// a look at all branches can tell.
///
/// Commits that git itself made in between count where they follow each other and no remote can have them.
fn commits_since(
    project: &Project,
    cursor: Option<&CommitHash>,
    parent: Option<ObjectId>,
    commit: ObjectId,
) -> Result<Option<Vec<ObjectId>>> {
    let (Some(cursor), Some(mut at)) = (cursor, parent) else {
        return Ok(None);
    };
    let mut new = vec![commit];
    while project::hash(at) != *cursor {
        if new.len() > MAX_BETWEEN || (new.len() == 1 && history::has_remotes(project)?) {
            return Ok(None);
        }
        new.push(at);
        // A shallow clone ends somewhere.
        if !project.git().has_object(at) {
            return Ok(None);
        }
        match history::parents(project, at)?[..] {
            [only] => at = only,
            [] | [_, ..] => return Ok(None),
        }
    }
    new.reverse();
    Ok(Some(new))
}
