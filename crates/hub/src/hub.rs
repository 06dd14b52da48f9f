//! The hub as a value: its store, its tokens, and what is connected now.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use pawtrail_event::ProjectUuid;

use crate::counters::{Counters, Running};
use crate::error::{HubError, Result};
use crate::live::Live;
use crate::presence::Presence;
use crate::store::{Sqlite, Store, StoredCommit};
use crate::token::{self, Access, NewToken, Token, TokenId};

/// How long the hub waits for its peers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timing {
    /// Between two pings of one connection.
    pub ping_every: Duration,
    /// Until a peer that says nothing, not even pong, is disconnected.
    pub silence: Duration,
    /// Until a peer that doesn't read is disconnected.
    pub slow_send: Duration,
    /// From the call to stop until open connections are left behind.
    pub shutdown: Duration,
    /// Until a request's head must be there, the wait for the next one of a connection included.
    pub head: Duration,
    /// Until a handshake of TLS that isn't done is given up.
    pub handshake: Duration,
    /// Between two looks at the files of the certificate.
    pub certificate: Duration,
    /// Until a wrong token is answered, where other machines can reach the hub.
    pub wrong_token: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            ping_every: Duration::from_secs(20),
            silence: Duration::from_secs(60),
            slow_send: Duration::from_secs(10),
            shutdown: Duration::from_secs(5),
            head: Duration::from_secs(30),
            handshake: Duration::from_secs(10),
            certificate: Duration::from_secs(10),
            wrong_token: Duration::from_secs(1),
        }
    }
}

/// A hub. A clone is the same hub.
#[derive(Clone)]
pub struct Hub {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) live: Arc<Live>,
    pub(crate) presence: Arc<Presence>,
    pub(crate) counters: Arc<Running>,
    pub(crate) timing: Timing,
}

impl std::fmt::Debug for Hub {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hub")
            .field("timing", &self.timing)
            .finish_non_exhaustive()
    }
}

impl Hub {
    /// Opens a hub on the store at `store`, which is made where it is missing.
    ///
    /// # Errors
    /// When the file can't be opened, holds something else, or is of a newer version.
    pub fn open(store: &Path) -> Result<Self> {
        let store = Sqlite::open(store)?;
        let run = u64::try_from(Timestamp::now().as_microsecond()).unwrap_or_default();
        let live = Arc::new(Live::new(run));
        Ok(Self {
            store: Arc::new(store),
            presence: Arc::new(Presence::new(Arc::clone(&live))),
            live,
            counters: Arc::default(),
            timing: Timing::default(),
        })
    }

    /// Returns the same hub with other waiting times.
    #[must_use]
    pub fn with_timing(mut self, timing: Timing) -> Self {
        self.timing = timing;
        self
    }

    /// Makes a token that may send what a project makes, and look at its board. Its text is returned here and never
    /// again.
    ///
    /// # Errors
    /// When the label is no label, the system gives no random bytes, or the store fails.
    pub fn create_token(&self, project: &ProjectUuid, label: &str) -> Result<NewToken> {
        self.add_token(project, label, Access::ReadWrite)
    }

    /// Makes a token that may look at a project's board, and send nothing.
    ///
    /// # Errors
    /// As [`Self::create_token`].
    pub fn create_read_only_token(&self, project: &ProjectUuid, label: &str) -> Result<NewToken> {
        self.add_token(project, label, Access::ReadOnly)
    }

    fn add_token(&self, project: &ProjectUuid, label: &str, access: Access) -> Result<NewToken> {
        token::check_label(label)?;
        let (new, hash) = token::generate(project, access)?;
        self.store.add_token(&new, hash, label, Timestamp::now())?;
        self.live.changed(project);
        Ok(new)
    }

    /// Returns all tokens, revoked ones too, the oldest first.
    ///
    /// # Errors
    /// When the store fails.
    pub fn tokens(&self) -> Result<Vec<Token>> {
        self.store.tokens()
    }

    /// Revokes a token, from the next frame of a live connection on, and ends its sessions. Again is harmless.
    ///
    /// # Errors
    /// When there is no such token, or the store fails.
    pub fn revoke(&self, id: &TokenId) -> Result<()> {
        if self.store.revoke(id, Timestamp::now())? {
            Ok(())
        } else {
            Err(HubError::TokenUnknown(id.to_string()))
        }
    }

    /// Returns all commits of a project in the order of receipt, superseded ones too.
    ///
    /// # Errors
    /// When the store fails.
    pub fn commits(&self, project: &ProjectUuid) -> Result<Vec<StoredCommit>> {
        self.store.commits(project)
    }

    /// Returns how many events of a project are stored.
    ///
    /// # Errors
    /// When the store fails.
    pub fn events(&self, project: &ProjectUuid) -> Result<u64> {
        self.store.events(project)
    }

    /// Returns what this hub took and refused since it was opened.
    pub fn counters(&self) -> Counters {
        self.counters.read()
    }

    /// Runs a call to the store where it may block.
    pub(crate) async fn blocking<T: Send + 'static>(
        &self,
        act: impl FnOnce(&dyn Store) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let store = Arc::clone(&self.store);
        tokio::task::spawn_blocking(move || act(&*store))
            .await
            .map_err(|_| HubError::Stopped("store"))?
    }
}
