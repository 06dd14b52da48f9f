//! The store in one SQLite file: a connection that writes, and one that reads beside it.

use std::fs::{self, OpenOptions};
use std::path::Path;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use jiff::Timestamp;
use pawtrail_event::ProjectUuid;
use rusqlite::{Connection, TransactionBehavior};

use super::{
    Builds, Grant, Incoming, IncomingEvent, Lane, Outcome, ProjectSummary, Resolution, Store,
    StoredCommit, Written, clarifications, commits, events, lanes, schema, sessions, tokens,
};
use crate::error::{HubError, Result};
use crate::lock::locked;
use crate::secret::SecretHash;
use crate::token::{NewToken, Token, TokenId};

/// How long one process waits for another's write.
const BUSY: Duration = Duration::from_secs(5);

/// A store in one SQLite file.
pub(crate) struct Sqlite {
    writer: Mutex<Connection>,
    reader: Mutex<Connection>,
}

impl Sqlite {
    /// Opens the store, and makes it where it is missing.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        create_private(path).map_err(|source| HubError::StoreOpen {
            path: path.to_owned(),
            source,
        })?;
        let mut writer = Connection::open(path)?;
        writer.busy_timeout(BUSY)?;
        schema::prepare(&mut writer, path)?;
        let reader = Connection::open(path)?;
        reader.busy_timeout(BUSY)?;
        schema::settings(&reader)?;
        reader.pragma_update(None, "query_only", true)?;
        Ok(Self {
            writer: Mutex::new(writer),
            reader: Mutex::new(reader),
        })
    }

    fn reader(&self) -> MutexGuard<'_, Connection> {
        locked(&self.reader)
    }

    fn in_transaction<T>(&self, act: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let mut writer = locked(&self.writer);
        let transaction = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let result = act(&transaction)?;
        transaction.commit()?;
        Ok(result)
    }
}

impl Store for Sqlite {
    fn add_token(
        &self,
        token: &NewToken,
        hash: SecretHash,
        label: &str,
        at: Timestamp,
    ) -> Result<()> {
        self.in_transaction(|connection| tokens::add(connection, token, hash, label, at))
    }

    fn tokens(&self) -> Result<Vec<Token>> {
        tokens::all(&self.reader())
    }

    fn revoke(&self, id: &TokenId, at: Timestamp) -> Result<bool> {
        self.in_transaction(|connection| {
            sessions::end_all(connection, id)?;
            tokens::revoke(connection, id, at)
        })
    }

    fn authorize(&self, hash: SecretHash) -> Result<Option<Grant>> {
        tokens::authorize(&self.reader(), hash)
    }

    fn is_active(&self, id: &TokenId) -> Result<bool> {
        tokens::is_active(&self.reader(), id)
    }

    fn begin_session(
        &self,
        hash: SecretHash,
        token: &TokenId,
        at: Timestamp,
        until: Timestamp,
    ) -> Result<bool> {
        self.in_transaction(|connection| {
            // Asked inside the transaction, as with frames.
            let is_active = tokens::is_active(connection, token)?;
            if is_active {
                sessions::begin(connection, hash, token, at, until)?;
            }
            Ok(is_active)
        })
    }

    fn session(&self, hash: SecretHash, at: Timestamp) -> Result<Option<ProjectUuid>> {
        sessions::project(&self.reader(), hash, at)
    }

    fn end_session(&self, hash: SecretHash) -> Result<()> {
        self.in_transaction(|connection| sessions::end(connection, hash))
    }

    fn write(&self, batch: &[Incoming]) -> Result<Vec<Written>> {
        self.in_transaction(|connection| {
            batch
                .iter()
                .map(|incoming| {
                    // Asked inside the transaction: a revoked token writes nothing after it.
                    if tokens::is_active(connection, &incoming.grant.token)? {
                        commits::add(connection, incoming)
                    } else {
                        Ok(Written {
                            outcome: Outcome::Revoked,
                            frames: 0,
                        })
                    }
                })
                .collect()
        })
    }

    fn write_events(
        &self,
        grant: &Grant,
        incoming: &[IncomingEvent],
        received_at: Timestamp,
    ) -> Result<Vec<Outcome>> {
        self.in_transaction(|connection| {
            if !tokens::is_active(connection, &grant.token)? {
                return Ok(vec![Outcome::Revoked; incoming.len()]);
            }
            incoming
                .iter()
                .map(|event| events::add(connection, &grant.project, event, received_at))
                .collect()
        })
    }

    fn events(&self, project: &ProjectUuid) -> Result<u64> {
        events::count(&self.reader(), project)
    }

    fn lanes(&self, project: &ProjectUuid, limit: u32) -> Result<Vec<Lane>> {
        lanes::all(&self.reader(), project, limit)
    }

    fn resolutions(&self, project: &ProjectUuid, limit: u32) -> Result<Vec<Resolution>> {
        clarifications::resolved(&self.reader(), project, limit)
    }

    fn commits(&self, project: &ProjectUuid) -> Result<Vec<StoredCommit>> {
        commits::all(&self.reader(), project)
    }

    fn current(
        &self,
        project: &ProjectUuid,
        limit: u32,
    ) -> Result<Option<(Vec<StoredCommit>, u64)>> {
        let mut reader = self.reader();
        let transaction = reader.transaction()?;
        if !tokens::project_exists(&transaction, project)? {
            return Ok(None);
        }
        commits::current(&transaction, project, limit).map(Some)
    }

    fn builds(&self, project: &ProjectUuid, limit: u32) -> Result<Builds> {
        let mut reader = self.reader();
        let transaction = reader.transaction()?;
        commits::builds(&transaction, project, limit)
    }

    fn projects(&self) -> Result<Vec<ProjectSummary>> {
        commits::projects(&self.reader())
    }
}

/// Makes the file where it is missing, readable by its owner alone where the system has such modes.
fn create_private(path: &Path) -> std::io::Result<()> {
    if let Some(parent) = path.parent().filter(|p| !p.as_os_str().is_empty()) {
        fs::create_dir_all(parent)?;
    }
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}
