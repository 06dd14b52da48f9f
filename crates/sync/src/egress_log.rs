//! The record of what left: one JSON object a line, private, never a payload and never a token.

use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::error::SyncError;
use crate::place::Place;
use crate::private_file;

const FILE: &str = "egress.jsonl";
const OLD_FILE: &str = "egress.1.jsonl";
const LOCK: &str = "egress.lock";
/// A log of this size is put aside, in place of the one before.
const ROTATE_BYTES: u64 = 1024 * 1024;

/// One thing that left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// When, RFC 3339 in UTC.
    pub at: String,
    /// To which hub.
    pub url: String,
    /// What: `connect`, `health` for the question after a hub's limits, the type of a frame, or `events` for a batch.
    pub kind: String,
    /// How many bytes, of a batch as it was packed.
    pub bytes: u64,
    /// The commit that it was about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub git_hash: Option<String>,
    /// How many events a batch held.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub events: Option<u64>,
    /// The first of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_id: Option<String>,
}

/// How much left, as far as the kept log reaches back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// Frames and batches.
    pub frames: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// Writes the log.
pub(crate) struct EgressLog {
    path: PathBuf,
    old: PathBuf,
    lock: PathBuf,
}

impl EgressLog {
    pub(crate) fn of(place: &Place) -> Self {
        Self {
            path: place.sync_file(FILE),
            old: place.sync_file(OLD_FILE),
            lock: place.lock_file(LOCK),
        }
    }

    /// Adds entries. They are written before the bytes leave: the log never holds less than left.
    pub(crate) fn add(&self, entries: &[Entry]) -> Result<(), SyncError> {
        self.try_add(entries)
            .map_err(SyncError::file("write", &self.path))
    }

    fn try_add(&self, entries: &[Entry]) -> io::Result<()> {
        let mut lines = Vec::new();
        for entry in entries {
            serde_json::to_writer(&mut lines, entry)?;
            lines.push(b'\n');
        }
        if self.is_full() {
            self.rotate()?;
        }
        private_file::append(&self.path)?.write_all(&lines)
    }

    fn is_full(&self) -> bool {
        fs::metadata(&self.path).is_ok_and(|meta| meta.len() >= ROTATE_BYTES)
    }

    /// Frames and batches leave from two threads: the second must not put the new file in place of the full one.
    fn rotate(&self) -> io::Result<()> {
        let lock = private_file::append(&self.lock)?;
        lock.lock()?;
        if self.is_full() {
            fs::rename(&self.path, &self.old)?;
        }
        Ok(())
    }

    /// Returns the kept entries, oldest first. A torn line is left out.
    pub(crate) fn entries(&self) -> Result<Vec<Entry>, SyncError> {
        let mut entries = Vec::new();
        for path in [&self.old, &self.path] {
            let text = private_file::read(path, ROTATE_BYTES + 64 * 1024)
                .map_err(SyncError::file("read", path))?
                .unwrap_or_default();
            entries.extend(
                text.lines()
                    .filter_map(|line| serde_json::from_str::<Entry>(line).ok()),
            );
        }
        Ok(entries)
    }

    pub(crate) fn totals(&self) -> Result<Totals, SyncError> {
        let mut totals = Totals::default();
        for entry in self.entries()? {
            if !matches!(entry.kind.as_str(), "connect" | "health") {
                totals.frames += 1;
                totals.bytes += entry.bytes;
            }
        }
        Ok(totals)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(kind: &str, bytes: u64) -> Entry {
        Entry {
            at: "2026-06-01T07:55:08Z".to_owned(),
            url: "https://hub.example".to_owned(),
            kind: kind.to_owned(),
            bytes,
            git_hash: None,
            events: None,
            event_id: None,
        }
    }

    #[test]
    fn what_left_is_counted_and_old_logs_are_put_aside() {
        let dir = tempfile::tempdir().unwrap();
        let log = EgressLog {
            path: dir.path().join(FILE),
            old: dir.path().join(OLD_FILE),
            lock: dir.path().join(LOCK),
        };
        assert_eq!(log.totals().unwrap(), Totals::default());
        log.add(&[entry("connect", 300)]).unwrap();
        log.add(&[entry("health", 300)]).unwrap();
        log.add(&[entry("LocalCommit", 200)]).unwrap();
        let blank = " ".repeat(usize::try_from(ROTATE_BYTES).unwrap());
        fs::write(
            &log.path,
            [fs::read(&log.path).unwrap(), blank.into()].concat(),
        )
        .unwrap();
        log.add(&[entry("pong", 50)]).unwrap();
        assert_eq!(log.entries().unwrap().len(), 4);
        assert_eq!(
            log.totals().unwrap(),
            Totals {
                frames: 2,
                bytes: 250
            }
        );
        assert!(fs::metadata(&log.path).unwrap().len() < 1_000);
    }
}
