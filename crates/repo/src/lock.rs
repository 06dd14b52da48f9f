//! Locks among Pawtrail's own processes: the operating system frees them when their holder dies.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use crate::durable;
use crate::error::{Error, IoContext, Result};
use crate::failpoint;

/// How long a command waits for a lock before it gives up with exit code 4.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// An exclusive lock; dropping it frees it. The lock file itself stays for ever.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

impl Lock {
    /// Waits for the lock at `path`, at most `patience`.
    ///
    /// Whoever comes later waits in the system's queue, so that among many each gets its turn.
    pub(crate) fn acquire(path: &Path, patience: Duration) -> Result<Self> {
        if let Some(dir) = path.parent() {
            durable::create_dir(dir)?;
        }
        let file = failpoint::reached("lock::open")
            .and_then(|()| OpenOptions::new().create(true).append(true).open(path))
            .at("open the lock", path)?;
        match file.try_lock() {
            Ok(()) => return Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(error)) => return Err(error).at("lock", path),
        }
        let timeout = || Error::LockTimeout {
            path: path.to_owned(),
            seconds: patience.as_secs(),
        };
        if patience.is_zero() {
            return Err(timeout());
        }
        match queued(file, patience).at("lock", path)? {
            Some(file) => Ok(Self { _file: file }),
            None => Err(timeout()),
        }
    }
}

/// Waits for a lock in the system's queue, which itself knows no end of patience: hence the thread, which frees the
/// lock at once when it gets it too late.
fn queued(file: File, patience: Duration) -> std::io::Result<Option<File>> {
    let (sender, receiver) = mpsc::channel();
    std::thread::Builder::new()
        .stack_size(64 * 1024)
        .spawn(move || {
            let locked = file.lock().map(|()| file);
            // Nobody waits any more: the file, and with it the lock, goes with the message.
            let _ = sender.send(locked);
        })?;
    match receiver.recv_timeout(patience) {
        Ok(locked) => locked.map(Some),
        Err(RecvTimeoutError::Timeout) => Ok(None),
        Err(RecvTimeoutError::Disconnected) => {
            Err(std::io::Error::other("the wait for it ended early"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_holder_waits_and_then_gives_up() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("locks/a.lock");
        let first = Lock::acquire(&path, Duration::ZERO).unwrap();
        let error = Lock::acquire(&path, Duration::from_millis(20)).unwrap_err();
        assert_eq!((error.code(), error.exit_code()), ("LOCK_TIMEOUT", 4));
        drop(first);
        Lock::acquire(&path, Duration::ZERO).unwrap();
    }
}
