//! What hubs answered: commits that they have stored, and commits that they refuse for good.

use std::collections::HashSet;

use pawtrail_event::CommitHash;
use pawtrail_event::frame::LocalCommitAck;

use super::file::{self, Stored};
use super::refresh::refresh;
use super::set_aside::SetAside;
use crate::error::Result;
use crate::local_commits::{Framer, Purpose};
use crate::project::Project;

/// The longest code and message of a refusal that are kept, in characters.
const MAX_CODE: usize = 80;
const MAX_MESSAGE: usize = 1_000;
/// Takes note that a hub has stored these commits durably: they wait no longer, and the last of
/// them that is known becomes the confirmed one. The file is written once.
///
/// # Errors
/// As [`record`](super::record).
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
/// As [`record`](super::record).
pub fn set_aside(project: &Project, commit: &CommitHash, code: &str, message: &str) -> Result<()> {
    set_all_aside(project, std::slice::from_ref(commit), code, message)
}

/// Takes commits out of the waiting ones, with one reason for all. The file is written once.
///
/// # Errors
/// As [`record`](super::record).
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
