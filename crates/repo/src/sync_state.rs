//! `.kittify/sync-state.json`: the locked, atomic cache of which local commits wait for a hub.

mod ahead;
mod amended;
mod answers;
mod catch_up;
mod document;
mod file;
mod floor;
mod heirs;
mod hooked;
mod memory;
mod noted;
mod reconcile;
mod recording;
mod refresh;
mod rewrite;
mod set_aside;
mod told;

use std::path::PathBuf;

use pawtrail_event::CommitHash;
use pawtrail_event::frame::Announcement;

use crate::error::{Error, Result};
use crate::local_commits::{Framer, Purpose};
use crate::project::Project;
use document::Document;
use refresh::refresh;

pub(crate) use ahead::recording as recording_ahead;
pub use answers::{acknowledge, set_all_aside, set_aside};
pub use document::Rewrite;
pub(crate) use document::schema;
pub use hooked::{Rewriter, committed, merged, rewritten};
pub(crate) use noted::noted;
pub use reconcile::{acknowledged, keep_back, reconcile};
pub(crate) use recording::{Recording, recording};
pub use recording::{record, record_commit};
pub use set_aside::SetAside;

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

fn shown(project: &Project) -> Result<Document> {
    let mut stored = file::read(project)?;
    let mut framer = Framer::new(project, Purpose::Show);
    refresh(project, &mut framer, &mut stored)?;
    Ok(stored.document)
}
