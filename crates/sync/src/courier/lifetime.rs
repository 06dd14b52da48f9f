//! One courier a clone: the lock that a courier holds as long as it lives.

use std::fs::{File, TryLockError};
use std::path::PathBuf;

use crate::error::SyncError;
use crate::place::Place;
use crate::private_file;

/// The lock's file. It stays for ever, unless it is exchanged for another one ([`super::wedged`]).
pub(super) const LOCK: &str = "courier.lock";

/// The lock, held until it is dropped.
pub(crate) struct Lock {
    file: File,
    path: PathBuf,
}

impl Lock {
    /// Tells whether what is held is still what another courier would have to take. It isn't where
    /// somebody removed the private state of the clone, whether or not it was made anew.
    pub(crate) fn is_ours(&self) -> bool {
        same_file(&self.file, &self.path)
    }
}

/// Takes the lock; `None` if another courier holds it.
pub(crate) fn try_take(place: &Place) -> Result<Option<Lock>, SyncError> {
    let path = place.lock_file(LOCK);
    let file = private_file::append_new(&path).map_err(SyncError::file("open", &path))?;
    match file.try_lock() {
        // Exchanged between opening and locking, it locks nobody out.
        Ok(()) => Ok(Some(Lock { file, path }).filter(Lock::is_ours)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(SyncError::file("lock", &path)(error)),
    }
}

/// Which file the lock's is at the moment, so that it can be known again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(
    not(unix),
    expect(dead_code, reason = "elsewhere no file has a number")
)]
pub(super) struct Identity(u64, u64);

/// Returns it; none where there is no such file, or the system doesn't number files.
#[cfg(unix)]
pub(super) fn identity(place: &Place) -> Option<Identity> {
    use std::os::unix::fs::MetadataExt;
    let file = std::fs::metadata(place.lock_file(LOCK)).ok()?;
    Some(Identity(file.dev(), file.ino()))
}

#[cfg(not(unix))]
pub(super) fn identity(_place: &Place) -> Option<Identity> {
    None
}

#[cfg(unix)]
fn same_file(file: &File, path: &std::path::Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    match (file.metadata(), std::fs::metadata(path)) {
        (Ok(held), Ok(there)) => (held.dev(), held.ino()) == (there.dev(), there.ino()),
        (Err(_), _) | (_, Err(_)) => false,
    }
}

/// Elsewhere an open file keeps its name: as long as the name is there, it is the file's.
#[cfg(not(unix))]
fn same_file(_file: &File, path: &std::path::Path) -> bool {
    path.exists()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    #[test]
    fn one_at_a_time() {
        let dir = tempfile::tempdir().unwrap();
        let place = testing::place(dir.path());
        let first = try_take(&place).unwrap().unwrap();
        assert!(first.is_ours());
        assert!(try_take(&place).unwrap().is_none());
        drop(first);
        assert!(try_take(&place).unwrap().is_some());
    }

    #[cfg(unix)]
    #[test]
    fn a_lock_whose_file_was_removed_locks_nobody_out() {
        let dir = tempfile::tempdir().unwrap();
        let place = testing::place(dir.path());
        let old = try_take(&place).unwrap().unwrap();
        std::fs::remove_dir_all(&place.state_dir).unwrap();
        assert!(!old.is_ours());
        let new = try_take(&place).unwrap().unwrap();
        assert!(new.is_ours());
        assert!(!old.is_ours());
    }
}
