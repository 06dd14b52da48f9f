//! Locks among Pawtrail's own processes: the operating system frees them when their holder dies.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use crate::durable;
use crate::error::{Error, IoContext, Result};
use crate::failpoint;

/// How long a command waits for a lock before it gives up with exit code 4.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

const AT_WORK: &[u8; 1] = b"+";

/// An exclusive lock; dropping it frees it. The lock file itself stays for ever.
#[derive(Debug)]
pub(crate) struct Lock {
    file: File,
}

impl Lock {
    /// Says whether the file that is locked is the one at `path` still.
    #[cfg(unix)]
    pub(crate) fn stands_at(&self, path: &Path) -> bool {
        use std::os::unix::fs::MetadataExt;
        let known = |file: std::io::Result<std::fs::Metadata>| {
            file.ok().map(|file| (file.dev(), file.ino()))
        };
        let here = known(self.file.metadata());
        here.is_some() && here == known(std::fs::metadata(path))
    }

    /// Says whether the file that is locked is the one at `path` still. Windows removes no file that is open.
    #[cfg(not(unix))]
    pub(crate) fn stands_at(&self, _path: &Path) -> bool {
        true
    }

    /// Waits for the lock at `path`, at most `patience`.
    ///
    /// Whoever comes later waits in the system's queue, so that among many each gets its turn.
    pub(crate) fn acquire(path: &Path, patience: Duration) -> Result<Self> {
        if let Some(dir) = path.parent() {
            durable::create_dir(dir)?;
        }
        let file = failpoint::reached("lock::open")
            .and_then(|()| open(path))
            .at("open the lock", path)?;
        match file.try_lock() {
            Ok(()) => return Ok(Self { file }),
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
            Some(file) => Ok(Self { file }),
            None => Err(timeout()),
        }
    }

    /// Notes in the lock file whether its holder is at work; returns what was noted before. A holder that finds itself
    /// noted as at work comes after one that died.
    pub(crate) fn at_work(&self, now: bool) -> std::io::Result<bool> {
        let mut file = &self.file;
        let mut before = [0];
        file.seek(SeekFrom::Start(0))?;
        let known = file.read(&mut before)? == 1;
        file.seek(SeekFrom::Start(0))?;
        file.write_all(if now { AT_WORK } else { b"-" })?;
        Ok(known && before == *AT_WORK)
    }
}

fn open(path: &Path) -> std::io::Result<File> {
    OpenOptions::new()
        .create(true)
        .truncate(false)
        .read(true)
        .write(true)
        .open(path)
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
        // The thread that waited too long gets it now, and lets go at once.
        Lock::acquire(&path, PATIENCE).unwrap();
    }
}
