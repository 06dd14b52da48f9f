//! Turns lines and files into commits on a ledger branch, published by compare-and-swap.
//!
//! A commit is the union of the branch's tip and what is to be added, built anew on each lost race. Where the branch
//! is checked out, its index is locked from beginning to end, and replaced after the branch is reserved and before it
//! moves: so a git that sees our branch sees our index too, and one that saw the branch before can't commit to it any
//! more. In the other order the user's next commit could revert ours.

mod branches;
mod derived;
mod engine;
mod executable;
mod held;
mod index;
mod library;
mod objects;
mod refs;

use std::borrow::Cow;
use std::hash::{BuildHasher, RandomState};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use gix::ObjectId;
use pawtrail_event::glossary::{Scope, Term};
use pawtrail_event::merge as merge_events;

use crate::aside::Aside;
use crate::checkouts::{self, Checkout};
use crate::durable;
use crate::engine::{self as choice, Kind};
use crate::error::{Error, IoContext, Result};
use crate::failpoint;
use crate::glossary;
use crate::history;
use crate::leftovers;
use crate::lines;
use crate::lock::{self, Lock};
use crate::placement::{self, Placement};
use crate::project::Project;
use crate::sparse;

pub(crate) use branches::{is_event_file, merge};
pub(crate) use derived::Derived;
use engine::{Engine, NewCommit};
use held::Held;
pub(crate) use held::dead_locks;
use index::{Obstacle, Staged};
pub(crate) use objects::NOBODY;
use objects::{Person, Role};
use refs::{Move, Reservation, Reserved};

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
        let path = Self::lock_path(project);
        let lock = Lock::acquire(&path, lock::PATIENCE)?;
        held::recover(project)?;
        if lock.at_work(true).at("write to", &path)? {
            leftovers::sweep(project)?;
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
        }
    }
}

/// Commits unless git holds a lock.
fn attempt(
    project: &Project,
    placement: &Placement,
    message: &str,
    changes: &[Change],
) -> Result<Outcome> {
    if let Some((root, operation)) = &placement.busy {
        return Ok(Outcome::Deferred(format!(
            "a {operation} of {} is in progress in {}",
            placement.ledger_ref,
            root.display()
        )));
    }
    let paths: Vec<&str> = changes.iter().map(|change| change.path.as_str()).collect();
    let mut kind = choice::before_indexes(project, placement, &paths)?.engine;
    let mut indexes = match take_indexes(project, placement)? {
        Ok(indexes) => indexes,
        Err(reason) => return Ok(Outcome::Locked(reason)),
    };
    let mut tip = placement.tip;
    'attempt: loop {
        let engine = engine::of(project, kind);
        let base = tip.or(placement.base);
        let built = match build(project, &*engine, placement, base, changes)? {
            Built::Files(files) => files,
            Built::Nothing(commit) if tip.is_some() => {
                let mut done = Committed::before(commit);
                // Whoever made that commit may not have flushed it; git by itself doesn't.
                let flushed = objects::flush_paths(project, commit, &paths)
                    .and_then(|()| refs::flush_any(project, &placement.ledger_ref));
                done.shaky = flushed.err().map(|error| error.to_string());
                return Ok(Outcome::Committed(done));
            }
            // The branch is to be created; its base holds everything already.
            Built::Nothing(_) => Vec::new(),
            Built::Taken(path) => return Ok(Outcome::Taken(path)),
            Built::Rewritten(path) => return Ok(Outcome::Deferred(rewritten(&path))),
        };
        let at = project.now();
        let ids: Vec<(String, ObjectId)> = built
            .iter()
            .map(|file| (file.path.clone(), file.after))
            .collect();
        let (tree, trees) = engine.trees(base, &ids)?;
        let commit = engine.commit(&NewCommit {
            tree,
            parents: base.into_iter().collect(),
            message,
            at,
        })?;
        failpoint::reached("ledger::objects").at("write to", project.common_dir())?;
        let written: Vec<ObjectId> = ids
            .iter()
            .map(|(_, id)| *id)
            .chain(trees)
            .chain([commit])
            .collect();
        let ready = engine.ready(&placement.ledger_ref, commit, &written)?;
        for (checkout, held) in &indexes {
            project_files(project, checkout, &built)?;
            let staged: Vec<Staged<'_>> = built.iter().map(|file| file.staged(base)).collect();
            match engine.index(checkout, held, &staged)? {
                Ok(()) => {}
                // Only now was the index read; git itself keeps any form.
                Err(Obstacle::Form(_)) if project.forced_engine().is_none() => {
                    kind = Kind::Executable;
                    continue 'attempt;
                }
                Err(obstacle) => return Ok(Outcome::Deferred(describe(obstacle, checkout))),
            }
            failpoint::reached("ledger::index-written").at("write", &checkout.git_dir)?;
        }
        if let Some(flush) = ready.flush {
            flush.wait()?;
        }
        failpoint::reached("ledger::flushed").at("flush", project.common_dir())?;
        let step = Move {
            branch: &placement.ledger_ref,
            from: tip,
            to: commit,
            who: &Person::of(project, Role::Committer, at),
            why: &format!("commit: {message}"),
            checkouts: &placement.checkouts,
        };
        let held: Vec<&Held> = indexes.iter().map(|(_, held)| held).collect();
        let reserved = match engine.reserve(ready.token, &held, &step)? {
            Reservation::Ours(reserved) => reserved,
            Reservation::Lost => {
                tip = history::tip(project, &placement.ledger_ref)?;
                continue 'attempt;
            }
            Reservation::Locked => {
                return Ok(Outcome::Locked(format!(
                    "another git process holds the lock of {}",
                    placement.ledger_ref
                )));
            }
        };
        publish(project, reserved, &mut indexes)?;
        // The branch has moved. Whatever fails now, the commit is there, and that is what has to be said.
        let flushed = refs::flush(project, &placement.ledger_ref);
        let released = release(project, indexes);
        let shaky = flushed.and(released).err();
        return Ok(Outcome::Committed(Committed {
            commit,
            parent: base,
            new: true,
            shaky: shaky.map(|error| error.to_string()),
        }));
    }
}

/// Puts the indexes in place and then moves the branch: all of it, or nothing.
fn publish(
    project: &Project,
    reserved: Box<dyn Reserved + '_>,
    indexes: &mut [(&Checkout, Held)],
) -> Result<()> {
    let Err(error) = go_ahead(project, reserved, indexes) else {
        return Ok(());
    };
    for (_, held) in indexes {
        held.put_back().map_err(|worse| Error::Git {
            action: "putting an index back".to_owned(),
            message: format!("{worse}; that was to be done because of this: {error}"),
        })?;
    }
    Err(error)
}

fn go_ahead(
    project: &Project,
    reserved: Box<dyn Reserved + '_>,
    indexes: &mut [(&Checkout, Held)],
) -> Result<()> {
    failpoint::reached("ledger::ref-locked").at("write to", project.common_dir())?;
    for (_, held) in indexes {
        held.put_in_place()?;
    }
    failpoint::reached("ledger::index-renamed").at("write to", project.common_dir())?;
    reserved.publish()
}

/// Frees the indexes.
fn release(project: &Project, indexes: Vec<(&Checkout, Held)>) -> Result<()> {
    failpoint::reached("ledger::ref-flushed").at("write to", project.common_dir())?;
    indexes
        .into_iter()
        .map(|(_, held)| held.release())
        .collect::<Vec<_>>()
        .into_iter()
        .collect()
}

/// Locks the index of each worktree that has the branch checked out, unless git is at work in one.
fn take_indexes<'a>(
    project: &Project,
    placement: &'a Placement,
) -> Result<Result<Vec<(&'a Checkout, Held)>, String>> {
    let mut taken: Vec<(&Checkout, Held)> = Vec::new();
    for checkout in &placement.checkouts {
        let index: PathBuf = checkout.git_dir.join("index");
        let mut held = Held::prepare(project, &index)?;
        let before: Vec<&Held> = taken.iter().map(|(_, held)| held).collect();
        if !held.lock(project, &before)? {
            return Ok(Err(format!(
                "another git process holds {}.lock",
                index.display()
            )));
        }
        failpoint::reached("ledger::index-locked").at("write", &checkout.git_dir)?;
        taken.push((checkout, held));
    }
    // A worktree may have been switched to or from the branch before its index was locked.
    let now = placement::checkouts_of(checkouts::all(project)?, &placement.ledger_ref);
    if now != placement.checkouts {
        return Ok(Err(format!(
            "git is switching a worktree to or from {}",
            placement.ledger_ref
        )));
    }
    Ok(Ok(taken))
}

/// A file of the coming commit.
struct File {
    path: String,
    before: Option<ObjectId>,
    after: ObjectId,
    content: Vec<u8>,
    added: Added,
}

/// What a file of the coming commit adds to what a user may have staged of it.
enum Added {
    /// The lines of a log.
    Lines(Vec<String>),
    /// The terms of a seed file.
    Terms(Scope, Vec<Term>),
    /// It is made from a log: what is staged of it can be made again, and gives way.
    Derived,
    /// It is a file as a whole, and what the user staged stays.
    Whole,
}

impl File {
    fn staged(&self, base: Option<ObjectId>) -> Staged<'_> {
        Staged {
            path: &self.path,
            base,
            before: self.before,
            after: self.after,
            content: &self.content,
            added: &self.added,
        }
    }
}

enum Built {
    Files(Vec<File>),
    Nothing(ObjectId),
    Taken(String),
    Rewritten(String),
}

/// Builds the files of a commit on `base`; lines that only a checked-out file holds come along.
fn build(
    project: &Project,
    engine: &dyn Engine,
    placement: &Placement,
    base: Option<ObjectId>,
    changes: &[Change],
) -> Result<Built> {
    let mut files = Vec::new();
    // A file that was made before its turn.
    let mut ahead = None;
    for (at, change) in changes.iter().enumerate() {
        let before = match base {
            Some(base) => engine.entry(base, &change.path)?,
            None => None,
        };
        let old = match before {
            Some(before) => engine.content(before)?,
            None => Vec::new(),
        };
        let (content, added) = match &change.content {
            Content::Lines(lines) => {
                let mut lines = lines.clone();
                for checkout in &placement.checkouts {
                    let file = checkout.root.join(&change.path);
                    let foreign = lines::foreign_in(&file, &old, &lines)?;
                    // What another tool wrote came before what is written now.
                    lines.splice(0..0, foreign);
                }
                // Whoever wrote them.
                let lines = sanitized(project, &change.path, lines)?;
                (lines::union(&old, &lines), Added::Lines(lines))
            }
            Content::New(content) if before.is_some() && *content != old => {
                return Ok(Built::Taken(change.path.clone()));
            }
            Content::New(content) => (content.clone(), Added::Whole),
            Content::Seed(scope, terms) => {
                let known = before.is_some().then_some(old.as_slice());
                let added = Added::Terms(*scope, terms.clone());
                (glossary::set(*scope, known, terms)?, added)
            }
            Content::Folded(aside) => {
                let folded = merge_events::fold(&old);
                let side = &aside.beside;
                if !folded.unreadable.is_empty()
                    && aside.may_be_committed(project, &folded.unreadable)?
                {
                    let Ok(after) = engine.blob(base, side, &folded.unreadable)? else {
                        return Ok(Built::Rewritten(side.clone()));
                    };
                    files.push(File {
                        path: side.clone(),
                        before: None,
                        after,
                        content: folded.unreadable,
                        added: Added::Whole,
                    });
                }
                (folded.merged.content, Added::Whole)
            }
            Content::Derived(derived) => {
                let content = match ahead.take() {
                    Some(content) => content,
                    None => derived::made(engine, base, &files, derived)?,
                };
                (content, Added::Derived)
            }
        };
        if before.is_some() && content == old {
            continue;
        }
        let next = changes.get(at + 1);
        let (stored, made) = derived::store(engine, base, &change.path, &content, next)?;
        let Ok(after) = stored else {
            return Ok(Built::Rewritten(change.path.clone()));
        };
        ahead = made;
        files.push(File {
            path: change.path.clone(),
            before,
            after,
            content,
            added,
        });
    }
    match (files.is_empty(), base) {
        (true, Some(base)) => Ok(Built::Nothing(base)),
        (true, None) | (false, _) => Ok(Built::Files(files)),
    }
}

/// Takes what is private out of lines that are about to be committed.
fn sanitized(project: &Project, path: &str, lines: Vec<String>) -> Result<Vec<String>> {
    let clean = |line: String| match project.sanitizer().line(&line) {
        Ok(Cow::Borrowed(_)) => Ok(line),
        Ok(Cow::Owned(clean)) => Ok(clean),
        Err(refusal) => Err(Error::Damaged {
            path: PathBuf::from(path),
            message: refusal.to_string(),
        }),
    };
    lines.into_iter().map(clean).collect()
}

/// Brings a worktree's files up to the coming commit: logs by append, new files where there is none, derived ones
/// replaced.
fn project_files(project: &Project, checkout: &Checkout, files: &[File]) -> Result<()> {
    for file in files {
        if sparse::leaves_out(project, checkout, &file.path)? {
            continue;
        }
        let path = checkout.root.join(&file.path);
        match &file.added {
            Added::Lines(_) => lines::project_into(&path, &file.content)?,
            Added::Derived => {
                if durable::read(&path)?.as_ref() != Some(&file.content) {
                    durable::replace_cache(&path, &file.content)?;
                }
            }
            // A seed file is a user's file; whoever commits to it has edited it already.
            Added::Terms(..) => {}
            Added::Whole => {
                durable::create_new(&path, &file.content, durable::Access::Shared)?;
            }
        }
    }
    Ok(())
}

fn describe(obstacle: Obstacle, checkout: &Checkout) -> String {
    match obstacle {
        Obstacle::Form(form) => format!(
            "the index of {} is {form}, which this engine would not keep",
            checkout.root.display()
        ),
        Obstacle::Conflict => format!(
            "the file is in conflict in {}; resolve it first",
            checkout.root.display()
        ),
        Obstacle::Rewritten => rewritten("the file"),
    }
}

fn rewritten(path: &str) -> String {
    format!(
        "git's attributes would store {path} in another form, and event files must be readable as they are; \
         add `/kitty-specs/** -filter -ident -working-tree-encoding` to .gitattributes of the branch"
    )
}
