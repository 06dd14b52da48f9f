//! Looking into the queue without writing: no file is made, changed or locked for long, so that it works where
//! nothing can be written.
//!
//! A write-ahead log without its file beside it holds nothing that the main file lacks. Then the main file is read
//! as it is, because SQLite would make that file otherwise; who writes meanwhile makes it, and the look begins anew.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use rusqlite::{Connection, OpenFlags};
use url::Url;

use super::{FILE, PATIENT, Queue, failed, open};
use crate::error::SyncError;

/// How often a look begins anew because somebody wrote meanwhile.
const ATTEMPTS: usize = 5;
/// Where SQLite's header says which kind of journal goes with a file: 2 is a write-ahead log.
const KIND_AT: usize = 18;
const WRITE_AHEAD: u8 = 2;

/// What shows that a file is still as it was.
#[derive(PartialEq, Eq)]
struct Stamp {
    bytes: u64,
    modified: Option<SystemTime>,
}

impl Queue {
    /// Shows a clone's queue as it is; none where there is none. `show` may run again where somebody writes meanwhile.
    ///
    /// # Errors
    /// When the file can't be read, or is no queue that this program knows; what `show` returns.
    pub fn look<T>(
        state_dir: &Path,
        show: impl Fn(&Queue) -> Result<T, SyncError>,
    ) -> Result<Option<T>, SyncError> {
        let path = state_dir.join(FILE);
        for _ in 0..ATTEMPTS {
            let Some(before) = stamp(&path)? else {
                return Ok(None);
            };
            if !rests(&path)? {
                break;
            }
            // A look at what is being changed may fail in any way, so the change is asked for first.
            let seen = resting(&path).and_then(|found| found.as_ref().map(&show).transpose());
            if rests(&path)? && stamp(&path)?.as_ref() == Some(&before) {
                return seen;
            }
        }
        // Somebody has it open, so all its files are there.
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let db = Connection::open_with_flags(&path, flags).map_err(failed("open"))?;
        open::to_look_at(db, &path, PATIENT)?
            .as_ref()
            .map(&show)
            .transpose()
    }
}

/// Opens a file that nobody writes.
fn resting(path: &Path) -> Result<Option<Queue>, SyncError> {
    let whole = std::path::absolute(path).map_err(SyncError::file("open", path))?;
    let mut address = Url::from_file_path(&whole)
        .map_err(|()| io::Error::from(io::ErrorKind::InvalidFilename))
        .map_err(SyncError::file("open", path))?;
    address.set_query(Some("immutable=1"));
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_URI;
    let db = Connection::open_with_flags(address.as_str(), flags).map_err(failed("open"))?;
    open::to_look_at(db, path, PATIENT)
}

/// Whether the file is one whose changes all pass a write-ahead log, and there is none.
fn rests(path: &Path) -> Result<bool, SyncError> {
    if beside(path).exists() {
        return Ok(false);
    }
    let mut head = [0; KIND_AT + 1];
    match File::open(path).and_then(|mut file| file.read_exact(&mut head)) {
        Ok(()) => Ok(head[KIND_AT] == WRITE_AHEAD),
        // It is being made, or is none.
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(SyncError::file("read", path)(error)),
    }
}

fn beside(path: &Path) -> PathBuf {
    let mut name = OsString::from(path);
    name.push("-wal");
    name.into()
}

fn stamp(path: &Path) -> Result<Option<Stamp>, SyncError> {
    match fs::metadata(path) {
        Ok(found) => Ok(Some(Stamp {
            bytes: found.len(),
            modified: found.modified().ok(),
        })),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(SyncError::file("inspect", path)(error)),
    }
}
