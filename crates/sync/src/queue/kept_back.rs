//! The events that a consent left out, in a file of their own: a queue that is made anew would find them in the journals
//! and take them for new.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use pawtrail_event::envelope::EnvelopeId;
use rusqlite::Connection;

use super::{Queue, failed};
use crate::error::SyncError;
use crate::private_file;

/// One id a line.
const FILE: &str = "kept-back";
/// The most bytes of it that are read: two million events.
const MAX_BYTES: u64 = 64 * 1024 * 1024;

impl Queue {
    /// Notes durably that nothing of what this queue has seen so far is to be sent, whatever becomes of the queue.
    ///
    /// # Errors
    /// When the queue can't be read or the file can't be written.
    pub(crate) fn keep_back(&self) -> Result<(), SyncError> {
        let mut text = String::new();
        let mut read = || -> rusqlite::Result<()> {
            let mut statement = self.db.prepare_cached("SELECT event_id FROM known")?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                text.push_str(row.get_ref(0)?.as_str()?);
                text.push('\n');
            }
            Ok(())
        };
        read().map_err(failed("read"))?;
        let file = file(&self.path);
        private_file::replace(&file, text.as_bytes()).map_err(SyncError::file("write", &file))
    }
}

/// Lets a new queue know them.
pub(super) fn restore(db: &Connection, queue: &Path) -> Result<(), SyncError> {
    let file = file(queue);
    let text = private_file::read(&file, MAX_BYTES).map_err(SyncError::file("read", &file))?;
    let mut known = db
        .prepare("INSERT INTO known (event_id) VALUES (?1) ON CONFLICT DO NOTHING")
        .map_err(failed("write"))?;
    for line in text.iter().flat_map(|text| text.lines()) {
        let id: EnvelopeId = line.parse().map_err(|_| {
            SyncError::file("read", &file)(std::io::Error::new(
                std::io::ErrorKind::InvalidData,
                "it holds a line that is no event's id; enable sync again",
            ))
        })?;
        known.execute([id.as_str()]).map_err(failed("write"))?;
    }
    Ok(())
}

/// Returns their ids, where there may be no queue.
///
/// # Errors
/// When the file can't be read.
pub(super) fn of_state(state_dir: &Path) -> Result<HashSet<String>, SyncError> {
    let file = file(&state_dir.join(super::FILE));
    let text = private_file::read(&file, MAX_BYTES).map_err(SyncError::file("read", &file))?;
    let lines = text.iter().flat_map(|text| text.lines());
    Ok(lines.map(str::to_owned).collect())
}

fn file(queue: &Path) -> PathBuf {
    let state_dir = queue.parent().unwrap_or(queue);
    state_dir.join("sync").join(FILE)
}
