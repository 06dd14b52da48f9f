//! The lock that the Python tool takes for a mission's status files, taken by us as well.
//!
//! Source: spec-kitty's `status/locking.py`: `<common dir>/spec-kitty-locks/<mission directory>.status.lock`, held with
//! `flock`, and on Windows with a lock of its first byte. It is taken before the ledger's lock, never after: while the
//! Python tool holds it, it runs git, and git runs our hooks.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::error::{Error, Result};
use crate::lock::Lock;
use crate::project::Project;

/// The mission's status files are ours until this is dropped.
#[derive(Debug)]
pub(crate) struct StatusLock {
    _lock: Lock,
}

impl StatusLock {
    /// Waits for the lock of the mission in the directory `mission`, at most `patience`.
    pub(crate) fn acquire(project: &Project, mission: &str, patience: Duration) -> Result<Self> {
        let path = path(project, mission);
        let end = Instant::now() + patience;
        loop {
            let lock = Lock::acquire(&path, end.saturating_duration_since(Instant::now()))?;
            // Whoever cleans up may remove the file; a lock of a removed file keeps nobody out.
            if lock.stands_at(&path) {
                return Ok(Self { _lock: lock });
            }
            if Instant::now() >= end {
                return Err(Error::LockTimeout {
                    path,
                    seconds: patience.as_secs(),
                });
            }
        }
    }
}

fn path(project: &Project, mission: &str) -> PathBuf {
    project
        .common_dir()
        .join("spec-kitty-locks")
        .join(format!("{mission}.status.lock"))
}

#[cfg(all(test, unix))]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_lock_of_a_removed_file_counts_for_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("m.status.lock");
        let first = Lock::acquire(&path, Duration::ZERO).unwrap();
        assert!(first.stands_at(&path));
        std::fs::remove_file(&path).unwrap();
        assert!(!first.stands_at(&path));
        let second = Lock::acquire(&path, Duration::ZERO).unwrap();
        assert!(second.stands_at(&path) && !first.stands_at(&path));
    }
}
