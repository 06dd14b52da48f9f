//! Turns lines and files into commits on a ledger branch, published by compare-and-swap.
//!
//! A commit is the union of the branch's tip and what is to be added, built anew on each lost race. Where the branch
//! is checked out, its index is locked from beginning to end, and replaced after the branch is reserved and before it
//! moves: so a git that sees our branch sees our index too, and one that saw the branch before can't commit to it any
//! more. In the other order the user's next commit could revert ours.

mod attempt;
mod branches;
mod build;
mod derived;
mod engine;
mod engines;
mod executable;
mod held;
mod index;
mod library;
mod loose;
mod objects;
mod refs;

use std::hash::{BuildHasher, RandomState};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use gix::ObjectId;
use pawtrail_event::glossary::{Scope, Term};

use crate::aside::Aside;
use crate::error::{IoContext, Result};
use crate::leftovers;
use crate::lock::{self, Lock};
use crate::placement::Placement;
use crate::project::Project;

use attempt::attempt;
pub(crate) use branches::{is_event_file, merge};
pub(crate) use derived::Derived;
pub(crate) use held::dead_locks;
pub(crate) use objects::NOBODY;

/// How long a commit waits for a lock of git's before the lines stay spooled.
const PATIENCE: Duration = Duration::from_secs(3);
/// How long a command lets others go first while git holds a lock, more or less. In microseconds.
const PAUSE_MICROS: u64 = 6_000;

/// The clone's one lock for journals and ledger; whoever has it has also cleared away what dead commands left.
#[derive(Debug)]
pub(crate) struct Ledger {
    lock: Option<Lock>,
}

impl Ledger {
    /// Waits for the lock.
    pub(crate) fn lock(project: &Project) -> Result<Self> {
        project.check_clock()?;
        let path = Self::lock_path(project);
        let lock = Lock::acquire(&path, lock::PATIENCE)?;
        held::recover(project)?;
        if lock.at_work(true).at("write to", &path)? {
            leftovers::sweep(project)?;
            loose::sweep(project)?;
        }
        Ok(Self { lock: Some(lock) })
    }

    /// Lets others have the lock for a moment, and waits for it again. After an error it isn't held.
    fn step_aside(&mut self, project: &Project) -> Result<()> {
        self.free();
        // Not all at the same time again.
        let micros = RandomState::new().hash_one(0) % PAUSE_MICROS;
        std::thread::sleep(Duration::from_micros(PAUSE_MICROS / 4 + micros));
        *self = Self::lock(project)?;
        Ok(())
    }

    fn free(&mut self) {
        if let Some(lock) = self.lock.take() {
            // If the note stays, the next command looks for leftovers and finds none.
            let _ = lock.at_work(false);
        }
    }

    fn lock_path(project: &Project) -> PathBuf {
        project.state_dir().join("locks").join("ledger.lock")
    }
}

impl Drop for Ledger {
    fn drop(&mut self) {
        self.free();
    }
}

/// One file of a commit.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    /// Its path, relative to the repository root.
    pub(crate) path: String,
    /// What becomes of it.
    pub(crate) content: Content,
}

/// What becomes of a file.
#[derive(Debug, Clone)]
pub(crate) enum Content {
    /// A log gets these lines, those it lacks.
    Lines(Vec<String>),
    /// A file that isn't there yet gets this content.
    New(Vec<u8>),
    /// A log that is checked out nowhere loses what is no event; that goes to a file of its own.
    Folded(Aside),
    /// A file that is made anew from a log, as the commit will have it.
    Derived(Derived),
    /// A seed file of this scope lets these terms mean what they say; everything else in it stays. The checked-out file
    /// is the caller's.
    Seed(Scope, Vec<Term>),
}

/// The end of an attempt to merge a branch.
#[derive(Debug)]
pub(crate) enum Merging {
    /// The branch is at this commit, durably.
    Done(ObjectId),
    /// Nothing was changed, for this reason.
    Stuck(String),
}

/// The end of an attempt to commit.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// Everything is in the branch: in this commit, or already in the tip.
    Committed(Committed),
    /// Nothing was committed, for this reason; what is spooled stays spooled.
    Deferred(String),
    /// Nothing was committed, because git is at work here, as this says.
    Locked(String),
    /// Another file is at this path.
    Taken(String),
    /// Another command has committed it meanwhile; the branch's tip, which has it.
    Elsewhere(ObjectId),
}

/// A commit that is in the branch, durably.
#[derive(Debug, Clone)]
pub(crate) struct Committed {
    pub(crate) commit: ObjectId,
    pub(crate) parent: Option<ObjectId>,
    /// False where the tip had everything and no commit was needed.
    pub(crate) new: bool,
    /// What failed when the commit was in the branch already. It may then not survive a power loss.
    pub(crate) shaky: Option<String>,
    /// Why a new commit could not be recorded for a hub. The next look at the branches finds it.
    pub(crate) unrecorded: Option<String>,
}

/// Commits to a placement's branch. While git is at work there, others get their turns, for some seconds at most.
///
/// `changes` says what there is to commit at each attempt; nothing, when another command has committed it meanwhile.
/// `again` says at each but the first what has become of the placement. The outcome is never [`Outcome::Locked`].
pub(crate) fn commit(
    project: &Project,
    held: &mut Ledger,
    placement: &Placement,
    message: &str,
    again: impl Fn() -> Result<Placement>,
    changes: impl Fn() -> Result<Option<Vec<Change>>>,
) -> Result<Outcome> {
    let deadline = Instant::now() + PATIENCE;
    let mut place = placement.clone();
    loop {
        let outcome = match (changes()?, place.tip) {
            (Some(changes), _) => attempt(project, &place, message, &changes)?,
            (None, Some(tip)) => Outcome::Elsewhere(tip),
            (None, None) => Outcome::Deferred(format!("{} is gone", place.ledger_ref)),
        };
        let Outcome::Locked(reason) = outcome else {
            return Ok(outcome);
        };
        if Instant::now() >= deadline {
            return Ok(Outcome::Deferred(reason));
        }
        held.step_aside(project)?;
        place = again()?;
        if place.ledger_ref != placement.ledger_ref {
            return Ok(Outcome::Deferred(format!(
                "the mission's events go to {} now",
                place.ledger_ref
            )));
        }
    }
}

impl Committed {
    /// What is to be committed is in the branch already.
    pub(crate) fn before(commit: ObjectId) -> Self {
        Self {
            commit,
            parent: None,
            new: false,
            shaky: None,
            unrecorded: None,
        }
    }

    /// Says what did not work besides, for a person.
    pub(crate) fn not_recorded(&self) -> Option<String> {
        let reason = self.unrecorded.as_ref()?;
        Some(format!(
            "the hub's list of commits was not updated: {reason}"
        ))
    }
}
