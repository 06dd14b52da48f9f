//! `.kittify/sync-state.json`: the locked, atomic cache of which local commits wait for a hub.

mod ahead;
mod amended;
mod catch_up;
mod document;
mod file;
mod floor;
mod hooked;
mod memory;
mod reconcile;
mod rewrite;

use std::collections::HashSet;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use gix::ObjectId;
use pawtrail_event::CommitHash;
use pawtrail_event::frame::{Announcement, LocalCommitAck};
use serde::{Deserialize, Serialize};

use crate::durable::Replacement;
use crate::error::{Error, IoContext, Result};
use crate::history;
use crate::local_commits::{self, Framer, Outcome, Purpose};
use crate::lock::{Lock, PATIENCE};
use crate::project::{self, Project};
use document::{Document, Unread};
use file::Stored;

pub(crate) use ahead::recording as recording_ahead;
pub use document::Rewrite;
pub use hooked::{Rewriter, committed, merged, rewritten};
pub use reconcile::{acknowledged, keep_back, reconcile};

/// The longest code and message of a refusal that are kept, in characters.
const MAX_CODE: usize = 80;
const MAX_MESSAGE: usize = 1_000;
/// The most commits of git's own between two of ours that are looked at one by one.
const MAX_BETWEEN: usize = 64;

/// A commit that a hub refused for good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetAside {
    /// The commit.
    pub git_hash: CommitHash,
    /// The hub's code.
    pub code: String,
    /// The hub's words.
    pub message: String,
    /// When it was set aside, RFC 3339 in UTC.
    pub at: String,
}

/// What waits, what was confirmed, what was refused.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct State {
    /// The last commit that a hub confirmed.
    pub confirmed: Option<CommitHash>,
    /// The frames that wait, in the order in which they are to be sent.
    pub pending: Vec<Announcement>,
    /// The commits that a hub refused for good.
    pub set_aside: Vec<SetAside>,
    /// When the oldest waiting commit was made, RFC 3339 in UTC.
    pub oldest_at: Option<String>,
    /// How many local commits touch `kitty-specs/` for no mission that can be named.
    pub unattributed: usize,
    /// Damaged state files that were kept aside.
    pub kept_aside: Vec<PathBuf>,
}

/// Remembers what the clone holds when Pawtrail first sees it; none of that is ever announced.
///
/// # Errors
/// When git's data can't be read or the record can't be written.
pub fn first_sight(project: &Project) -> Result<()> {
    floor::first_sight(project, None)
}

/// Returns the frames that wait, from git and the file. It reads and never writes.
///
/// # Errors
/// When git's data or the file can't be read. A damaged file is no error.
pub fn pending(project: &Project) -> Result<Vec<Announcement>> {
    Ok(shown(project)?.pending)
}

/// Returns all that is known of this clone's local commits. It reads and never writes.
///
/// # Errors
/// When git's data or the file can't be read. A damaged file is no error.
pub fn state(project: &Project) -> Result<State> {
    let document = shown(project)?;
    Ok(State {
        oldest_at: document
            .pending
            .iter()
            .map(|frame| frame.committed_at.clone())
            .min(),
        confirmed: document.confirmed,
        pending: document.pending,
        set_aside: document.set_aside,
        unattributed: document.unattributed.len(),
        kept_aside: file::kept_aside(project)?,
    })
}

/// Says whether a hub confirmed a commit that no remote has, as far as this program knows. It reads and never writes.
///
/// # Errors
/// When the file can't be read.
pub fn is_acknowledged(project: &Project, commit: &CommitHash) -> Result<bool> {
    let document = match file::read(project) {
        Ok(stored) => stored.document,
        // Whoever asks wants to know of a commit; what keeps this file from being used is told where it is.
        Err(Error::StateNewer { .. } | Error::Beyond { .. }) => return Ok(false),
        Err(error) => return Err(error),
    };
    Ok(document.acknowledged.hashes().any(|hash| hash == commit))
}

/// Brings the file up to date with git and returns the frames that wait.
///
/// # Errors
/// When git's data can't be read, or the file can't be read, locked or written.
pub fn record(project: &Project) -> Result<Vec<Announcement>> {
    record_within(project, PATIENCE)
}

fn record_within(project: &Project, patience: Duration) -> Result<Vec<Announcement>> {
    first_sight(project)?;
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

fn record_commit_within(
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
    next: Option<Replacement>,
    /// Freed last.
    _lock: Lock,
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
fn new_on_top(
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

/// Takes note that a hub has stored these commits durably: they wait no longer, and the last of
/// them that is known becomes the confirmed one. The file is written once.
///
/// # Errors
/// As [`record`].
pub fn acknowledge(project: &Project, acks: &[LocalCommitAck]) -> Result<()> {
    if acks.is_empty() {
        return Ok(());
    }
    let commits: Vec<CommitHash> = acks.iter().map(|ack| ack.git_hash.clone()).collect();
    let mut stored = open_with(project, &commits)?;
    let document = &mut stored.document;
    let named: HashSet<&CommitHash> = commits.iter().collect();
    let mut known: HashSet<CommitHash> = document
        .acknowledged
        .hashes()
        .filter(|hash| named.contains(hash))
        .cloned()
        .collect();
    // In the order of the hub's answers: by that a hub that was set back is known.
    let taken = document.acknowledged.take(&mut document.pending, acks);
    known.extend(taken);
    document.set_aside.retain(|entry| {
        let confirmed = named.contains(&entry.git_hash);
        if confirmed {
            known.insert(entry.git_hash.clone());
            document.acknowledged.add_bare(entry.git_hash.clone());
        }
        !confirmed
    });
    if let Some(last) = commits.iter().rev().find(|hash| known.contains(*hash)) {
        document.confirmed = Some(last.clone());
    }
    file::save(project, &stored)
}

/// Takes a commit that a hub refused for good out of the waiting ones, with the hub's reason.
///
/// # Errors
/// As [`record`].
pub fn set_aside(project: &Project, commit: &CommitHash, code: &str, message: &str) -> Result<()> {
    set_all_aside(project, std::slice::from_ref(commit), code, message)
}

/// Takes commits out of the waiting ones, with one reason for all. The file is written once.
///
/// # Errors
/// As [`record`].
pub fn set_all_aside(
    project: &Project,
    commits: &[CommitHash],
    code: &str,
    message: &str,
) -> Result<()> {
    if commits.is_empty() {
        return Ok(());
    }
    let mut stored = open_with(project, commits)?;
    let document = &mut stored.document;
    let named: HashSet<&CommitHash> = commits.iter().collect();
    let (gone, pending): (Vec<_>, Vec<_>) = std::mem::take(&mut document.pending)
        .into_iter()
        .partition(|frame| named.contains(&frame.git_hash));
    document.pending = pending;
    // The hub's words may repeat what it was told.
    let message: String = project
        .sanitizer()
        .text(message)
        .chars()
        .take(MAX_MESSAGE)
        .collect();
    let at = project.now().to_string();
    document
        .set_aside
        .extend(gone.into_iter().map(|frame| SetAside {
            git_hash: frame.git_hash.clone(),
            code: code.chars().take(MAX_CODE).collect(),
            message: message.clone(),
            at: at.clone(),
        }));
    file::save(project, &stored)
}

/// Opens the file; where it doesn't know one of `commits`, brings it up to date first.
fn open_with(project: &Project, commits: &[CommitHash]) -> Result<Stored> {
    let mut stored = file::open(project)?;
    let known = stored.document.known();
    if !commits.iter().all(|hash| known.contains(hash)) {
        let mut framer = Framer::new(project, Purpose::Store);
        refresh(project, &mut framer, &mut stored)?;
    }
    Ok(stored)
}

fn shown(project: &Project) -> Result<Document> {
    let mut stored = file::read(project)?;
    let mut framer = Framer::new(project, Purpose::Show);
    refresh(project, &mut framer, &mut stored)?;
    Ok(stored.document)
}

/// Derives from git, and exchanges frames of another tool for ours.
fn refresh(project: &Project, framer: &mut Framer<'_>, stored: &mut Stored) -> Result<()> {
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
    hooked::settle(project, framer, &mut stored.document)?;
    let known = stored.document.known();
    if !foreign.iter().all(|hash| known.contains(hash)) {
        stored.unexplained = true;
    }
    Ok(())
}
