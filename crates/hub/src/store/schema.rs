//! The schema of the SQLite store, and how a file gets to its newest version.

use std::path::Path;

use rusqlite::{Connection, ErrorCode, TransactionBehavior};

use crate::error::{HubError, Result};

/// One script a version: the script at index `n` leads from version `n` to `n + 1`.
const STEPS: &[&str] = &["
CREATE TABLE projects (
    project_uuid TEXT NOT NULL PRIMARY KEY,
    created_at   TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE tokens (
    id           TEXT NOT NULL PRIMARY KEY,
    project_uuid TEXT NOT NULL REFERENCES projects,
    sha256       BLOB NOT NULL UNIQUE,
    label        TEXT NOT NULL,
    created_at   TEXT NOT NULL,
    revoked_at   TEXT
) STRICT, WITHOUT ROWID;

CREATE TABLE commits (
    project_uuid        TEXT    NOT NULL REFERENCES projects,
    git_hash            TEXT    NOT NULL,
    sequence            INTEGER NOT NULL UNIQUE,
    mission_id          TEXT    NOT NULL,
    build_id            TEXT    NOT NULL,
    changed_files       TEXT    NOT NULL,
    changed_files_total INTEGER,
    committed_at        TEXT    NOT NULL,
    mission_slug        TEXT,
    branch              TEXT,
    parents             TEXT    NOT NULL,
    supersedes          TEXT    NOT NULL,
    received_at         TEXT    NOT NULL,
    superseded_by       TEXT,
    PRIMARY KEY (project_uuid, git_hash)
) STRICT, WITHOUT ROWID;

CREATE INDEX commits_by_sequence ON commits (project_uuid, sequence);
CREATE INDEX commits_current ON commits (project_uuid, sequence) WHERE superseded_by IS NULL;

CREATE TABLE supersessions (
    project_uuid TEXT NOT NULL REFERENCES projects,
    old_hash     TEXT NOT NULL,
    new_hash     TEXT NOT NULL,
    PRIMARY KEY (project_uuid, old_hash)
) STRICT, WITHOUT ROWID;

CREATE TABLE builds (
    project_uuid      TEXT NOT NULL REFERENCES projects,
    build_id          TEXT NOT NULL,
    last_acknowledged TEXT,
    last_seen         TEXT NOT NULL,
    PRIMARY KEY (project_uuid, build_id)
) STRICT, WITHOUT ROWID;
", "
CREATE TABLE events (
    sequence      INTEGER NOT NULL PRIMARY KEY,
    project_uuid  TEXT    NOT NULL REFERENCES projects,
    event_id      TEXT    NOT NULL,
    event_type    TEXT    NOT NULL,
    aggregate_id  TEXT    NOT NULL,
    mission_id    TEXT,
    node_id       TEXT    NOT NULL,
    lamport_clock INTEGER NOT NULL,
    occurred_at   TEXT    NOT NULL,
    received_at   TEXT    NOT NULL,
    envelope      TEXT    NOT NULL,
    UNIQUE (project_uuid, event_id)
) STRICT;

CREATE TABLE lanes (
    project_uuid TEXT    NOT NULL REFERENCES projects,
    mission_slug TEXT    NOT NULL,
    wp_id        TEXT    NOT NULL,
    mission_id   TEXT,
    lane         TEXT    NOT NULL,
    actor        TEXT    NOT NULL,
    occurred_at  TEXT    NOT NULL,
    rollback     INTEGER NOT NULL,
    event_id     TEXT    NOT NULL,
    PRIMARY KEY (project_uuid, mission_slug, wp_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE clarifications (
    project_uuid TEXT NOT NULL REFERENCES projects,
    request_id   TEXT NOT NULL,
    mission_id   TEXT,
    term         TEXT,
    question     TEXT,
    meaning      TEXT,
    actor        TEXT,
    resolved_at  TEXT,
    resolved_by  TEXT,
    PRIMARY KEY (project_uuid, request_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX clarifications_resolved ON clarifications (project_uuid, resolved_at) WHERE resolved_at IS NOT NULL;
", "
CREATE TABLE store (name TEXT NOT NULL) STRICT;
INSERT INTO store (name) VALUES (lower(hex(randomblob(16))));
ALTER TABLE builds ADD COLUMN frames INTEGER NOT NULL DEFAULT 0;
", "
ALTER TABLE tokens ADD COLUMN access TEXT NOT NULL DEFAULT 'read_write';

CREATE TABLE sessions (
    sha256     BLOB NOT NULL PRIMARY KEY,
    token_id   TEXT NOT NULL REFERENCES tokens,
    created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX sessions_of_token ON sessions (token_id, created_at);
"];

/// The version that this program writes.
fn newest() -> i64 {
    i64::try_from(STEPS.len()).unwrap_or(i64::MAX)
}

/// Brings the file to the newest version, and the connection to its durable settings. A file that
/// isn't ours, or is newer, is left as it is.
pub(super) fn prepare(connection: &mut Connection, path: &Path) -> Result<()> {
    let foreign = || HubError::StoreForeign {
        path: path.to_owned(),
    };
    let found = version(connection).map_err(|error| match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => foreign(),
        Some(_) | None => HubError::Store(error),
    })?;
    refuse_newer(found, path)?;
    if found == 0 && tables(connection)? > 0 {
        return Err(foreign());
    }
    settings(connection)?;

    // Two processes may open a new store at once: the version is read again under the lock.
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found = version(&transaction)?;
    refuse_newer(found, path)?;
    for (at, step) in STEPS.iter().enumerate() {
        let at = i64::try_from(at).unwrap_or(i64::MAX);
        if at >= found {
            transaction.execute_batch(step)?;
            transaction.pragma_update(None, "user_version", at + 1)?;
        }
    }
    transaction.commit()?;
    Ok(())
}

/// Sets what holds for one connection.
pub(super) fn settings(connection: &Connection) -> Result<()> {
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    Ok(())
}

fn refuse_newer(found: i64, path: &Path) -> Result<()> {
    if found > newest() {
        return Err(HubError::StoreNewer {
            path: path.to_owned(),
            found,
            known: newest(),
        });
    }
    Ok(())
}

fn version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

fn tables(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row("SELECT count(*) FROM sqlite_master", [], |row| row.get(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(path: &Path) -> Result<Connection> {
        let mut connection = Connection::open(path).unwrap();
        prepare(&mut connection, path).map(|()| connection)
    }

    #[test]
    fn a_new_file_gets_the_newest_version_and_durable_settings() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("hub.db");
        let connection = open(&path).unwrap();
        let text = |name: &str| -> String {
            connection
                .pragma_query_value(None, name, |row| row.get::<_, rusqlite::types::Value>(0))
                .map(|value| format!("{value:?}"))
                .unwrap()
        };
        assert_eq!(version(&connection).unwrap(), newest());
        assert_eq!(text("journal_mode"), "Text(\"wal\")");
        assert_eq!(text("synchronous"), "Integer(2)");
        assert_eq!(text("foreign_keys"), "Integer(1)");
        assert!(open(&path).is_ok());
    }

    #[test]
    fn a_token_of_an_older_file_may_still_send() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("hub.db");
        let old = Connection::open(&path).unwrap();
        for step in &STEPS[..3] {
            old.execute_batch(step).unwrap();
        }
        old.pragma_update(None, "user_version", 3).unwrap();
        old.execute_batch(
            "INSERT INTO projects VALUES ('f97f4d9b-d2fa-4ce6-a7ee-9bbca7308aab', '2026-11-01T00:00:00Z');
             INSERT INTO tokens VALUES ('tok_000000000000', 'f97f4d9b-d2fa-4ce6-a7ee-9bbca7308aab',
                                        x'00', 'laptop', '2026-11-01T00:00:00Z', NULL);",
        )
        .unwrap();
        drop(old);
        let connection = open(&path).unwrap();
        assert_eq!(version(&connection).unwrap(), newest());
        let tokens = super::super::tokens::all(&connection).unwrap();
        assert_eq!(tokens.len(), 1);
        assert_eq!(tokens[0].access, crate::token::Access::ReadWrite);
    }

    #[test]
    fn a_newer_file_is_refused_and_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("hub.db");
        let connection = open(&path).unwrap();
        connection
            .pragma_update(None, "user_version", newest() + 1)
            .unwrap();
        let error = open(&path).unwrap_err();
        assert_eq!(error.code(), "HUB_STORE_NEWER");
        assert!(
            error
                .to_string()
                .contains(&format!("version {}", newest() + 1))
        );
        assert_eq!(version(&connection).unwrap(), newest() + 1);
    }

    #[test]
    fn a_file_of_something_else_is_refused_and_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("notes.db");
        Connection::open(&path)
            .unwrap()
            .execute_batch("CREATE TABLE notes (text TEXT)")
            .unwrap();
        let before = std::fs::read(&path).unwrap();
        assert_eq!(open(&path).unwrap_err().code(), "HUB_STORE_FOREIGN");
        assert_eq!(std::fs::read(&path).unwrap(), before);

        let path = dir.path().join("notes.txt");
        std::fs::write(
            &path,
            "not a database, but long enough to look at\n".repeat(40),
        )
        .unwrap();
        assert_eq!(open(&path).unwrap_err().code(), "HUB_STORE_FOREIGN");
    }
}
