//! Locks among Pawtrail's own processes: the operating system frees them when their holder dies.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;
use std::time::{Duration, Instant};

use crate::durable;
use crate::error::{Error, IoContext, Result};
use crate::failpoint;

/// How long a command waits for a lock before it gives up with exit code 4.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// An exclusive lock; dropping it frees it. The lock file itself stays for ever.
#[derive(Debug)]
pub(crate) struct Lock {
    file: File,
}

impl Lock {
    /// Returns another handle of the same lock, which a child process can keep: on Unix the lock is free when all have
    /// gone.
    pub(crate) fn share(&self) -> Result<File> {
        self.file.try_clone().at("share", Path::new("a lock"))
    }

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
    pub(crate) fn acquire(path: &Path, patience: Duration) -> Result<Self> {
        if let Some(dir) = path.parent() {
            durable::create_dir(dir)?;
        }
        let file = failpoint::reached("lock::open")
            .and_then(|()| OpenOptions::new().create(true).append(true).open(path))
            .at("open the lock", path)?;
        let deadline = Instant::now() + patience;
        let mut pause = Duration::from_micros(200);
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Self { file }),
                Err(TryLockError::WouldBlock) if Instant::now() >= deadline => {
                    return Err(Error::LockTimeout {
                        path: path.to_owned(),
                        seconds: patience.as_secs(),
                    });
                }
                Err(TryLockError::WouldBlock) => {
                    std::thread::sleep(pause);
                    pause = (pause * 2).min(Duration::from_millis(5));
                }
                Err(TryLockError::Error(error)) => return Err(error).at("lock", path),
            }
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
