//! Where the state file is, and how it is read, locked, replaced and kept aside when damaged.

use std::path::{Path, PathBuf};
use std::time::Duration;

use pawtrail_event::CommitHash;
use serde_json::Value;

use super::document::{self, Content, Document};
use crate::beyond;
use crate::clone_state;
use crate::durable::{self, Access, Replacement};
use crate::error::{Error, Result};
use crate::lock::{Lock, PATIENCE};
use crate::project::Project;

const NAME: &str = "sync-state.json";
const ASIDE: &str = "sync-state.json.damaged-";

/// The file as it was read, and what it is to say.
#[derive(Debug, Default)]
pub(super) struct Stored {
    /// What it says.
    pub(super) document: Document,
    /// Commits of frames that another tool wrote in its own way.
    pub(super) foreign: Vec<CommitHash>,
    /// Whether it holds something that the document doesn't say, so that a copy must be kept.
    pub(super) unexplained: bool,
    text: Option<Vec<u8>>,
    lock: Option<Lock>,
}

/// Reads the file as it is now.
pub(super) fn read(project: &Project) -> Result<Stored> {
    understood(project, text(project)?)
}

/// Returns the file's text.
pub(super) fn text(project: &Project) -> Result<Option<Vec<u8>>> {
    stays_inside(project, NAME)?;
    durable::read(&path(project))
}

/// Fails where a file beside this name would lie outside of the checkout.
fn stays_inside(project: &Project, name: &str) -> Result<()> {
    match project.primary() {
        Some(root) => beyond::refuse(root, &format!(".kittify/{name}")),
        None => Ok(()),
    }
}

/// Reads a text of the file.
///
/// # Errors
/// [`Error::StateNewer`] where a later version of this program wrote it.
pub(super) fn understood(project: &Project, text: Option<Vec<u8>>) -> Result<Stored> {
    let Some(text) = text else {
        return Ok(Stored::default());
    };
    let mut stored = Stored::default();
    match document::read(&text, project.sanitizer()) {
        Content::Sound(document) => stored.document = *document,
        Content::Foreign(document, frames) => {
            stored.document = *document;
            for frame in frames {
                match frame
                    .get("git_hash")
                    .and_then(Value::as_str)
                    .map(str::parse)
                {
                    Some(Ok(hash)) => stored.foreign.push(hash),
                    Some(Err(_)) | None => {
                        stored.unexplained = true;
                        // Whichever commit it was, git still has it: all is looked at again.
                        stored.document.cursors.clear();
                    }
                }
            }
        }
        Content::Newer(found) => {
            return Err(Error::StateNewer {
                path: path(project),
                found,
                known: document::VERSION,
            });
        }
        Content::Damaged => stored.unexplained = true,
    }
    stored.text = Some(text);
    Ok(stored)
}

/// Waits until nobody else changes the file, at most so long.
pub(super) fn lock(project: &Project, patience: Duration) -> Result<Lock> {
    let path = project.state_dir().join("locks").join("sync-state.lock");
    Lock::acquire(&path, patience)
}

/// Takes the same lock where nobody has it.
pub(super) fn try_lock(project: &Project) -> Result<Option<Lock>> {
    match lock(project, Duration::ZERO) {
        Ok(lock) => Ok(Some(lock)),
        Err(Error::LockTimeout { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Reads the file to change it: nobody else can until the result is dropped.
pub(super) fn open(project: &Project) -> Result<Stored> {
    let lock = lock(project, PATIENCE)?;
    open_locked(project, lock, text(project)?)
}

/// The same where the lock is held and the text was read already.
pub(super) fn open_locked(project: &Project, lock: Lock, text: Option<Vec<u8>>) -> Result<Stored> {
    let mut stored = understood(project, text)?;
    stored.lock = Some(lock);
    Ok(stored)
}

/// Replaces the file by a text that says more.
pub(super) fn replace(project: &Project, text: &[u8]) -> Result<()> {
    begin(project, text)?.flush_and_finish()
}

/// Begins to replace the file by a text that says more.
pub(super) fn begin(project: &Project, text: &[u8]) -> Result<Replacement> {
    Replacement::begin(&path(project), text, Access::Shared)
}

/// Replaces the file, where it would change. What it can't keep is kept beside it first.
pub(super) fn save(project: &Project, stored: &Stored) -> Result<()> {
    next(project, stored)?.map_or(Ok(()), Replacement::flush_and_finish)
}

/// Begins to replace the file, as [`save`] does.
pub(super) fn next(project: &Project, stored: &Stored) -> Result<Option<Replacement>> {
    let path = path(project);
    let size = stored.text.as_ref().map_or(0, Vec::len);
    let text = document::write(&stored.document, size)?;
    match &stored.text {
        Some(before) if *before == text => return Ok(None),
        Some(before) if stored.unexplained => {
            let aside = path.with_file_name(format!("{ASIDE}{}", project.ulid()));
            clone_state::ignore_private_files(project.common_dir())?;
            durable::create_new(&aside, before, Access::Shared)?;
        }
        Some(_) => {}
        None if stored.document.is_empty() => return Ok(None),
        None => {
            clone_state::ignore_private_files(project.common_dir())?;
        }
    }
    Replacement::begin(&path, &text, Access::Shared).map(Some)
}

/// Lists the damaged files that were kept, oldest first.
pub(super) fn kept_aside(project: &Project) -> Result<Vec<PathBuf>> {
    let path = path(project);
    let dir = path.parent().unwrap_or(Path::new("."));
    let is_kept = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default();
        name.to_string_lossy().starts_with(ASIDE)
    };
    let mut found = durable::entries(dir)?;
    found.retain(is_kept);
    found.sort();
    Ok(found)
}

/// The primary checkout's file; the clone's own where there is no checkout.
fn path(project: &Project) -> PathBuf {
    match project.primary() {
        Some(root) => root.join(".kittify").join(NAME),
        None => project.state_dir().join(NAME),
    }
}
