//! What the engines do in their own ways: reading the branch, making objects, writing an index, moving the branch.

use gix::ObjectId;

use super::held::Held;
use super::index::{Obstacle, Staged};
use super::objects::NewCommit;
use super::refs::{Move, Reservation};
use crate::checkout::Checkout;
use crate::durable::Unflushed;
use crate::error::Result;

/// One way to commit. All but the reading expects the ledger's lock to be held.
pub(super) trait Engine {
    /// Returns the object that a path names in a commit.
    fn entry(&self, commit: ObjectId, path: &str) -> Result<Option<ObjectId>>;

    /// Returns a blob's content.
    fn content(&self, blob: ObjectId) -> Result<Vec<u8>>;

    /// Writes the content of a file that is to be at `path` in a child of `base`.
    fn blob(
        &self,
        base: Option<ObjectId>,
        path: &str,
        content: &[u8],
    ) -> Result<Result<ObjectId, Obstacle>>;

    /// Writes the tree of `parent` with files replaced or added, and the directories on the way.
    fn trees(&self, parent: Option<ObjectId>, files: &[(String, ObjectId)]) -> Result<ObjectId>;

    /// Writes a commit.
    fn commit(&self, new: &NewCommit<'_>) -> Result<ObjectId>;

    /// Readies the branch's move to `commit`. Returns the lock of the branch as it will be, where the engine makes its own.
    fn ready(&self, branch: &str, commit: ObjectId) -> Result<Option<Held>>;

    /// Writes a worktree's index as it will be into its lock; all but the given paths stays as it is.
    fn index(
        &self,
        checkout: &Checkout,
        held: &Held,
        files: &[Staged<'_>],
    ) -> Result<Result<(), Obstacle>>;

    /// Makes everything that was written so far durable, and what these locks hold: the branch's and the indexes' as they
    /// will be. A file `beside` them is flushed with them; how that went is the inner result.
    fn settle(&self, locks: &[&Held], beside: Option<Unflushed<'_>>) -> Result<Result<()>>;

    /// Takes the branch's lock and looks whether it still is where the caller saw it. `indexes` are held meanwhile.
    fn reserve<'a>(
        &'a self,
        token: Option<Held>,
        indexes: &[&Held],
        step: &'a Move<'a>,
    ) -> Result<Reservation<'a>>;
}
