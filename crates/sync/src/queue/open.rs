//! Opening the queue's file: its schema, its version, and the journal mode that the file system allows.

use std::fs::OpenOptions;
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, TransactionBehavior};

use super::{Queue, failed, kept_back};
use crate::error::SyncError;
use crate::private_file;

/// `PWTQ`: tells our file from others.
const APPLICATION: i64 = 0x5057_5451;

/// One script a version: the script at index `n` leads from version `n` to `n + 1`.
const STEPS: &[&str] = &["
CREATE TABLE events (
    sequence     INTEGER PRIMARY KEY,
    event_id     TEXT    NOT NULL UNIQUE,
    event_type   TEXT    NOT NULL,
    project_uuid TEXT    NOT NULL,
    body         TEXT    NOT NULL,
    queued_at    INTEGER NOT NULL,
    due_at       INTEGER NOT NULL DEFAULT 0,
    state        INTEGER NOT NULL DEFAULT 0 CHECK (state IN (0, 1, 2)),
    attempts     INTEGER NOT NULL DEFAULT 0,
    reason_code  TEXT,
    reason       TEXT,
    coalesce_key TEXT
) STRICT;

CREATE INDEX events_by_state ON events (state, sequence);
CREATE INDEX events_coalesced ON events (coalesce_key, sequence) WHERE coalesce_key IS NOT NULL;

CREATE TABLE known (
    event_id TEXT NOT NULL PRIMARY KEY
) STRICT, WITHOUT ROWID;

CREATE TABLE cursors (
    journal TEXT    NOT NULL PRIMARY KEY,
    rows    INTEGER NOT NULL,
    digest  BLOB    NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE standing (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
"];

/// The version that this program writes.
pub(super) fn newest() -> i64 {
    i64::try_from(STEPS.len()).unwrap_or(i64::MAX)
}

/// Opens the file, made where it is missing, brought to the newest version.
pub(super) fn make(path: &Path, patience: Duration) -> Result<Queue, SyncError> {
    create_private(path).map_err(SyncError::file("open", path))?;
    let db = Connection::open(path).map_err(failed("open"))?;
    prepared(db, path, patience)
}

pub(super) fn prepared(
    mut db: Connection,
    path: &Path,
    patience: Duration,
) -> Result<Queue, SyncError> {
    let found = known_version(&db, path, patience)?;
    settings(&db).map_err(failed("open"))?;
    if found < newest() {
        migrate(&mut db, path)?;
    }
    Ok(Queue {
        db,
        path: path.to_owned(),
    })
}

/// Takes a connection that only reads; none where the file is still empty.
pub(super) fn to_look_at(
    db: Connection,
    path: &Path,
    patience: Duration,
) -> Result<Option<Queue>, SyncError> {
    let found = known_version(&db, path, patience)?;
    Ok((found > 0).then(|| Queue {
        db,
        path: path.to_owned(),
    }))
}

/// Returns the version of a file that is a queue of a version that is known, or is empty (0).
fn known_version(db: &Connection, path: &Path, patience: Duration) -> Result<i64, SyncError> {
    db.busy_timeout(patience).map_err(failed("open"))?;
    let foreign = || SyncError::QueueForeign(path.to_owned());
    let found = version(db).map_err(|error| match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => foreign(),
        Some(_) | None => failed("open")(error),
    })?;
    refuse_newer(found, path)?;
    if found == 0 {
        let tables: i64 = db
            .query_row("SELECT count(*) FROM sqlite_master", [], |row| row.get(0))
            .map_err(failed("open"))?;
        // Another process may be at making it: then its version is there as well.
        if tables > 0 && version(db).map_err(failed("open"))? == 0 {
            return Err(foreign());
        }
    } else if pragma(db, "application_id").map_err(failed("open"))? != APPLICATION {
        return Err(foreign());
    }
    Ok(found)
}

fn migrate(db: &mut Connection, path: &Path) -> Result<(), SyncError> {
    let transaction = db
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(failed("open"))?;
    // Two processes may make the file at once: the version is read again under the lock.
    let found = version(&transaction).map_err(failed("open"))?;
    refuse_newer(found, path)?;
    for (at, step) in STEPS.iter().enumerate() {
        let at = i64::try_from(at).unwrap_or(i64::MAX);
        if at >= found {
            transaction
                .execute_batch(step)
                .and_then(|()| transaction.pragma_update(None, "application_id", APPLICATION))
                .and_then(|()| transaction.pragma_update(None, "user_version", at + 1))
                .map_err(failed("open"))?;
        }
    }
    if found == 0 {
        kept_back::restore(&transaction, path)?;
    }
    transaction.commit().map_err(failed("open"))
}

/// A write-ahead log where the file system can share memory between processes; else a rollback
/// journal. Either way a commit is on the disk before it is reported.
fn settings(db: &Connection) -> rusqlite::Result<()> {
    let asked: rusqlite::Result<String> =
        db.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0));
    match asked {
        Ok(mode) if mode.eq_ignore_ascii_case("wal") => {}
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => {
            return Err(error);
        }
        Ok(_) | Err(_) => {
            db.pragma_update_and_check(None, "journal_mode", "DELETE", |_| Ok(()))?;
        }
    }
    db.pragma_update(None, "synchronous", "FULL")
}

fn refuse_newer(found: i64, path: &Path) -> Result<(), SyncError> {
    if found > newest() {
        return Err(SyncError::QueueNewer {
            path: path.to_owned(),
            found,
            known: newest(),
        });
    }
    Ok(())
}

fn version(db: &Connection) -> rusqlite::Result<i64> {
    pragma(db, "user_version")
}

fn pragma(db: &Connection, name: &str) -> rusqlite::Result<i64> {
    db.pragma_query_value(None, name, |row| row.get(0))
}

/// Makes the file where it is missing, readable by its owner alone. SQLite gives the files beside it
/// the same mode.
fn create_private(path: &Path) -> std::io::Result<()> {
    if let Some(dir) = path.parent() {
        private_file::create_dir(dir)?;
    }
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}
