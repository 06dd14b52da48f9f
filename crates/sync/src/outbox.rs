//! What a session needs from the repository: the commits that wait, and where to note what became
//! of them.

use std::borrow::Borrow;

use pawtrail_event::CommitHash;
use pawtrail_event::frame::{Announcement, LocalCommitAck, Snapshot};
use pawtrail_repo::{Project, sync_state};

use crate::error::SyncError;

/// The commits of one clone that wait for a hub.
pub trait Outbox {
    /// Returns all that wait, in the order in which they are to be sent.
    ///
    /// # Errors
    /// When the repository can't be read.
    fn pending(&self) -> Result<Vec<Announcement>, SyncError>;

    /// Compares what is remembered with what the hub says that it has: what it has waits no longer, what it has lost
    /// waits again.
    ///
    /// # Errors
    /// When the repository can't be read, or it can't be noted.
    fn reconcile(&self, said: &Snapshot) -> Result<(), SyncError>;

    /// Returns how many commits a hub has acknowledged that would go to one that doesn't have them.
    ///
    /// # Errors
    /// When the repository can't be read.
    fn acknowledged(&self) -> Result<usize, SyncError>;

    /// Notes durably that these never wait again, whatever a hub says that it has.
    ///
    /// # Errors
    /// When it can't be noted.
    fn keep_back(&self) -> Result<(), SyncError>;

    /// Notes durably that the hub has these.
    ///
    /// # Errors
    /// When it can't be noted.
    fn acknowledge(&self, acks: &[LocalCommitAck]) -> Result<(), SyncError>;

    /// Notes durably that this one is not to be sent, and why.
    ///
    /// # Errors
    /// When it can't be noted.
    fn set_aside(&self, commit: &CommitHash, code: &str, message: &str) -> Result<(), SyncError>;

    /// The same for many, which a file notes at once.
    ///
    /// # Errors
    /// When it can't be noted.
    fn set_all_aside(
        &self,
        commits: &[CommitHash],
        code: &str,
        message: &str,
    ) -> Result<(), SyncError> {
        commits
            .iter()
            .try_for_each(|commit| self.set_aside(commit, code, message))
    }
}

/// The outbox of a project, kept by `pawtrail_repo::sync_state`.
pub(crate) struct ProjectOutbox<P> {
    project: P,
}

impl<P: Borrow<Project>> ProjectOutbox<P> {
    pub(crate) fn new(project: P) -> Self {
        Self { project }
    }
}

impl<P: Borrow<Project>> Outbox for ProjectOutbox<P> {
    fn pending(&self) -> Result<Vec<Announcement>, SyncError> {
        Ok(sync_state::record(self.project.borrow())?)
    }

    fn reconcile(&self, said: &Snapshot) -> Result<(), SyncError> {
        Ok(sync_state::reconcile(self.project.borrow(), said)?)
    }

    fn acknowledged(&self) -> Result<usize, SyncError> {
        Ok(sync_state::acknowledged(self.project.borrow())?.len())
    }

    fn keep_back(&self) -> Result<(), SyncError> {
        Ok(sync_state::keep_back(self.project.borrow())?)
    }

    fn acknowledge(&self, acks: &[LocalCommitAck]) -> Result<(), SyncError> {
        Ok(sync_state::acknowledge(self.project.borrow(), acks)?)
    }

    fn set_aside(&self, commit: &CommitHash, code: &str, message: &str) -> Result<(), SyncError> {
        self.set_all_aside(std::slice::from_ref(commit), code, message)
    }

    fn set_all_aside(
        &self,
        commits: &[CommitHash],
        code: &str,
        message: &str,
    ) -> Result<(), SyncError> {
        Ok(sync_state::set_all_aside(
            self.project.borrow(),
            commits,
            code,
            message,
        )?)
    }
}
