//! The engine in this process.

use gix::ObjectId;

use super::engine::Engine;
use super::held::Held;
use super::index::{self, Obstacle, Staged};
use super::loose::Loose;
use super::objects::{self, NewCommit};
use super::refs::{self, Move, Reservation};
use crate::checkout::Checkout;
use crate::durable::Unflushed;
use crate::error::{Error, Result};
use crate::history;
use crate::project::Project;

/// Commits in this process.
pub(super) struct Library<'a> {
    project: &'a Project,
    loose: Loose<'a>,
}

impl<'a> Library<'a> {
    pub(super) fn new(project: &'a Project) -> Self {
        Self {
            project,
            loose: Loose::new(project),
        }
    }
}

impl Engine for Library<'_> {
    fn entry(&self, commit: ObjectId, path: &str) -> Result<Option<ObjectId>> {
        history::entry_at(self.project, commit, path)
    }

    fn content(&self, blob: ObjectId) -> Result<Vec<u8>> {
        history::content(self.project, blob)
    }

    fn blob(
        &self,
        _base: Option<ObjectId>,
        _path: &str,
        content: &[u8],
    ) -> Result<Result<ObjectId, Obstacle>> {
        objects::blob(&self.loose, content).map(Ok)
    }

    fn trees(&self, parent: Option<ObjectId>, files: &[(String, ObjectId)]) -> Result<ObjectId> {
        objects::tree(self.project, &self.loose, parent, files)
    }

    fn commit(&self, new: &NewCommit<'_>) -> Result<ObjectId> {
        objects::commit(self.project, &self.loose, new)
    }

    fn ready(&self, branch: &str, commit: ObjectId) -> Result<Option<Held>> {
        refs::prepare(self.project, branch, commit).map(Some)
    }

    fn index(
        &self,
        checkout: &Checkout,
        held: &Held,
        files: &[Staged<'_>],
    ) -> Result<Result<(), Obstacle>> {
        index::prepare(self.project, &self.loose, checkout, held, files)
    }

    fn settle(&self, locks: &[&Held], beside: Option<Unflushed<'_>>) -> Result<Result<()>> {
        self.loose.settle_with(locks, beside)
    }

    fn reserve<'a>(
        &'a self,
        token: Option<Held>,
        indexes: &[&Held],
        step: &'a Move<'a>,
    ) -> Result<Reservation<'a>> {
        let token = token.ok_or_else(|| Error::Git {
            action: format!("moving {}", step.branch),
            message: "its lock was not prepared".to_owned(),
        })?;
        refs::reserve(self.project, token, indexes, step)
    }
}
