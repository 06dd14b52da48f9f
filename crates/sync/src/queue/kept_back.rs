//! What `sync enable --from-now` left out, noted beside the consent: a queue that is made anew from the journals keeps it
//! back all the same.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use pawtrail_event::envelope::EnvelopeId;
use rusqlite::Connection;

use super::{FILE, Queue, failed};
use crate::consent::FROM_NOW;
use crate::error::SyncError;
use crate::private_file;

/// The code's words for a person.
pub(crate) const REASON: &str = "it happened before sync was enabled with `--from-now`";

const NAME: &str = "sync/kept_back";
/// The largest list that is read, in bytes: more than a million events.
const MAX_FILE: u64 = 64 * 1024 * 1024;

impl Queue {
    /// Sets aside what waits, and notes durably that nothing of what the journals hold by now is ever sent. Returns how
    /// many events were set aside.
    ///
    /// # Errors
    /// When a file can't be read or written. Then nothing was set aside.
    pub(crate) fn keep_back(&mut self) -> Result<usize, SyncError> {
        let mut ids: BTreeSet<String> = read(&self.path)?.into_iter().collect();
        let seen = self
            .db
            .prepare("SELECT event_id FROM known UNION SELECT event_id FROM events")
            .and_then(|mut statement| {
                let rows = statement.query_map([], |row| row.get(0))?;
                rows.collect::<rusqlite::Result<Vec<String>>>()
            })
            .map_err(failed("read"))?;
        ids.extend(seen);
        let path = beside(&self.path);
        let text: String = ids.iter().flat_map(|id| [id.as_str(), "\n"]).collect();
        private_file::replace(&path, text.as_bytes()).map_err(SyncError::file("write", &path))?;
        self.set_all_aside(FROM_NOW, REASON)
    }

    /// Says whether a journal's row is kept back.
    pub(super) fn keeps_back(&self, id: &EnvelopeId) -> Result<bool, SyncError> {
        self.db
            .prepare_cached("SELECT 1 FROM kept_back WHERE event_id = ?1")
            .and_then(|mut statement| statement.exists([id.as_str()]))
            .map_err(failed("read"))
    }
}

/// Returns the ids that the queue of this path is never to send.
///
/// # Errors
/// When the list can't be read.
pub(super) fn read(queue: &Path) -> Result<Vec<String>, SyncError> {
    let path = beside(queue);
    let text = private_file::read(&path, MAX_FILE).map_err(SyncError::file("read", &path))?;
    let text = text.unwrap_or_default();
    let ids = text
        .lines()
        .filter_map(|line| line.parse::<EnvelopeId>().ok());
    Ok(ids.map(|id| id.as_str().to_owned()).collect())
}

/// The same for a queue that may not be there.
pub(super) fn of_state(state_dir: &Path) -> Result<BTreeSet<String>, SyncError> {
    Ok(read(&state_dir.join(FILE))?.into_iter().collect())
}

/// Notes them in a queue that is being made.
pub(super) fn note(db: &Connection, ids: &[String]) -> rusqlite::Result<()> {
    let mut kept =
        db.prepare("INSERT INTO kept_back (event_id) VALUES (?1) ON CONFLICT DO NOTHING")?;
    for id in ids {
        kept.execute([id])?;
    }
    Ok(())
}

fn beside(queue: &Path) -> PathBuf {
    queue.with_file_name(NAME)
}
