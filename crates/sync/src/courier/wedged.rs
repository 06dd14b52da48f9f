//! A courier that accepts its callers and never answers them: who notices, and who takes its place.
//!
//! It is found by asking, never by its process id, and nobody ends it. Its lock's file is exchanged for a new one, which the
//! next courier holds; the old one, if it ever goes on, sees that at its door and ends without another byte.

use std::fs::{self, FileTimes, TryLockError};
use std::time::{Duration, SystemTime};

use crate::courier::lifetime::{self, Identity, LOCK, Lock};
use crate::error::SyncError;
use crate::place::Place;
use crate::private_file;

/// How many questions in a row it may leave without an answer, each for [`super::PATIENCE`].
pub(super) const QUESTIONS: u32 = 3;
/// Held by whoever takes a place, so that one does at a time.
const TAKING: &str = "courier-taking.lock";
/// When somebody last had a courier looked after.
const ASKED: &str = "courier-late";
/// How often that is done.
const SELDOM: Duration = Duration::from_secs(2);

/// Says whether it is time to have a courier looked after that was late, and notes that it is done. Where that can't be
/// noted it is done as well.
pub(super) fn is_due(place: &Place) -> bool {
    let path = place.lock_file(ASKED);
    let now = SystemTime::now();
    let before = fs::metadata(&path).and_then(|meta| meta.modified()).ok();
    // A time in the future is a clock that jumped.
    let is_fresh = before
        .and_then(|before| now.duration_since(before).ok())
        .is_some_and(|age| age < SELDOM);
    if is_fresh {
        return false;
    }
    let noted = private_file::append_new(&path)
        .and_then(|file| file.set_times(FileTimes::new().set_modified(now)));
    drop(noted);
    true
}

/// Takes the place of the courier that holds this lock and doesn't answer. `None` where somebody else is at it or was
/// before, or the system keeps the name of a file that is open.
///
/// # Errors
/// When a lock can't be opened or removed.
pub(super) fn take_place(place: &Place, silent: Identity) -> Result<Option<Lock>, SyncError> {
    let path = place.lock_file(TAKING);
    let taking = private_file::append_new(&path).map_err(SyncError::file("open", &path))?;
    match taking.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Ok(None),
        Err(TryLockError::Error(error)) => return Err(SyncError::file("lock", &path)(error)),
    }
    // It may have ended, or found a successor, before this.
    if let Some(lock) = lifetime::try_take(place)? {
        return Ok(Some(lock));
    }
    // Its successor was asked nothing yet.
    if lifetime::identity(place) != Some(silent) {
        return Ok(None);
    }
    let held = place.lock_file(LOCK);
    private_file::remove(&held).map_err(SyncError::file("remove", &held))?;
    lifetime::try_take(place)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::testing;

    #[test]
    fn one_takes_the_place_and_the_old_one_knows() {
        let dir = tempfile::tempdir().unwrap();
        let place = testing::place(dir.path());
        let old = lifetime::try_take(&place).unwrap().unwrap();
        let silent = lifetime::identity(&place).unwrap();
        let taking = private_file::append_new(&place.lock_file(TAKING)).unwrap();
        taking.lock().unwrap();
        assert!(
            take_place(&place, silent).unwrap().is_none(),
            "somebody is at it"
        );
        taking.unlock().unwrap();
        assert!(old.is_ours());
        let new = take_place(&place, silent).unwrap().unwrap();
        assert!(new.is_ours() && !old.is_ours());
        // Who asked the old one as well, and comes later, leaves the new one alone.
        assert!(take_place(&place, silent).unwrap().is_none());
        assert!(new.is_ours());
        assert!(lifetime::try_take(&place).unwrap().is_none());
        drop(old);
        assert!(lifetime::try_take(&place).unwrap().is_none());
    }

    #[test]
    fn it_is_looked_after_seldom() {
        let dir = tempfile::tempdir().unwrap();
        let place = testing::place(dir.path());
        assert!(is_due(&place));
        assert!(!is_due(&place));
        let file = fs::File::options()
            .append(true)
            .open(place.lock_file(ASKED))
            .unwrap();
        let ahead = SystemTime::now() + Duration::from_secs(86_400);
        file.set_modified(ahead).unwrap();
        assert!(is_due(&place), "a clock that jumped");
    }
}
