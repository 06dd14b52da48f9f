//! What a hub says that it has, beside what is remembered of it: either side may have lost what the other knows.

use std::collections::{HashMap, HashSet};

use pawtrail_event::CommitHash;
use pawtrail_event::frame::{Announcement, LocalCommitAck, Snapshot};

use super::document::Document;
use super::file::{self, Stored};
use super::floor;
use super::memory::Memory;
use super::refresh::refresh;
use crate::error::Result;
use crate::local_commits::{Framer, Purpose, object_id};
use crate::project::Project;

/// Takes the hub's own view: the last commit of each build that it has.
///
/// One that still waits is there: its acknowledgement was lost, and it waits no longer. And where the hub has lost what it
/// acknowledged (its store was removed, or comes from a backup, or this is another hub), that waits again: what a build
/// was answered after the commit that the hub names, and all of a build that the hub doesn't know. A commit that
/// a remote has meanwhile is not among them.
///
/// # Errors
/// As [`super::record`].
pub fn reconcile(project: &Project, said: &Snapshot) -> Result<()> {
    if said.builds.is_none() {
        return Ok(());
    }
    let mut stored = file::open(project)?;
    let mut framer = Framer::new(project, Purpose::Store);
    refresh(project, &mut framer, &mut stored)?;
    settle(&mut stored.document, said);
    let forgotten =
        stored
            .document
            .acknowledged
            .forget(said, &project.build_id()?, project.now().as_second());
    announce_again(project, &mut framer, &mut stored, forgotten)?;
    file::save(project, &stored)
}

/// Keeps all that doesn't wait from ever being announced, or announced again, whatever a hub says and whatever becomes of
/// the state file: a consent that begins now doesn't cover it.
///
/// # Errors
/// As [`super::record`].
pub fn keep_back(project: &Project) -> Result<()> {
    let mut stored = file::open(project)?;
    let mut framer = Framer::new(project, Purpose::Store);
    refresh(project, &mut framer, &mut stored)?;
    stored.document.acknowledged.keep_back();
    file::save(project, &stored)?;
    // Anybody may remove the file, which is a cache. What was excluded must not wait again then.
    let document = &stored.document;
    let excluded: Vec<&CommitHash> = if document.pending.is_empty() {
        document.cursors.values().collect()
    } else {
        // What came meanwhile waits, and is on top of what doesn't.
        let aside = document.set_aside.iter().map(|entry| &entry.git_hash);
        let others = document.unattributed.iter().chain(aside);
        document.acknowledged.hashes().chain(others).collect()
    };
    let ids = excluded
        .into_iter()
        .filter_map(|hash| object_id(project.git(), hash));
    floor::raise(project, ids)
}

/// Returns what is acknowledged and would be announced again to a hub that doesn't have it. It reads and never writes.
///
/// # Errors
/// When git's data or the file can't be read.
pub fn acknowledged(project: &Project) -> Result<Vec<Announcement>> {
    let mut stored = file::read(project)?;
    let mut framer = Framer::new(project, Purpose::Show);
    refresh(project, &mut framer, &mut stored)?;
    if stored.document.acknowledged.groups.is_empty() {
        return Ok(Vec::new());
    }
    let waiting: HashSet<CommitHash> = hashes(&stored.document.pending);
    let forgotten = stored.document.acknowledged.forget_all(&framer.build_id()?);
    announce_again(project, &mut framer, &mut stored, forgotten)?;
    let mut frames = stored.document.pending;
    frames.retain(|frame| !waiting.contains(&frame.git_hash));
    Ok(frames)
}

/// Moves what waits and is named to what is acknowledged.
fn settle(document: &mut Document, said: &Snapshot) {
    let mut waiting = document.pending.iter().rev();
    let named: HashSet<&CommitHash> = said.named().collect();
    if let Some(last) = waiting.find(|frame| named.contains(&frame.git_hash)) {
        document.confirmed = Some(last.git_hash.clone());
    }
    let builds = said.builds.iter().flatten();
    let acks: Vec<LocalCommitAck> = builds
        .filter_map(|build| {
            let mut ack = LocalCommitAck::from(build.last_acknowledged.clone()?);
            ack.frames = build.frames;
            Some(ack)
        })
        .collect();
    // The count may be another build's. What is said of this one is taken up right after this.
    let last = document.acknowledged.last.clone();
    document.acknowledged.take(&mut document.pending, &acks);
    document.acknowledged.last = last;
}

/// Makes frames again of what is no longer taken for acknowledged.
fn announce_again(
    project: &Project,
    framer: &mut Framer<'_>,
    stored: &mut Stored,
    mut forgotten: HashMap<CommitHash, Memory>,
) -> Result<()> {
    if forgotten.is_empty() {
        return Ok(());
    }
    // They are frames again as soon as the branches are looked at anew.
    stored.document.cursors.clear();
    refresh(project, framer, stored)?;
    let document = &mut stored.document;
    for frame in &mut document.pending {
        if let Some(memory) = forgotten.remove(&frame.git_hash) {
            memory.recall(frame);
        }
    }
    Ok(())
}

fn hashes(frames: &[Announcement]) -> HashSet<CommitHash> {
    frames.iter().map(|frame| frame.git_hash.clone()).collect()
}
