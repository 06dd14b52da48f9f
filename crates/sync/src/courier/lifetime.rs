//! One courier a clone: the lock that a courier holds as long as it lives.

use std::fs::{File, TryLockError};

use crate::error::SyncError;
use crate::place::Place;
use crate::private_file;

const LOCK: &str = "courier.lock";

/// Takes the lock; `None` if another courier holds it. The file itself stays for ever.
pub(crate) fn try_take(place: &Place) -> Result<Option<File>, SyncError> {
    let path = place.lock_file(LOCK);
    let file = private_file::append(&path).map_err(SyncError::file("open", &path))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(SyncError::file("lock", &path)(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_at_a_time() {
        let dir = tempfile::tempdir().unwrap();
        let place = Place {
            common_dir: dir.path().to_owned(),
            state_dir: dir.path().join("pawtrail"),
            project_uuid: None,
        };
        let first = try_take(&place).unwrap();
        assert!(first.is_some());
        assert!(try_take(&place).unwrap().is_none());
        drop(first);
        assert!(try_take(&place).unwrap().is_some());
    }
}
