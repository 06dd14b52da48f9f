//! Turns lines and files into commits on a ledger branch, published by compare-and-swap.
//!
//! A commit is the union of the branch's tip and what is to be added, built anew on each lost race. Where the branch
//! is checked out, the order is: lock the index, write its next content into the lock, move the branch, rename the
//! index. In the other order a crash would let the user's next commit revert ours.

mod branches;
mod engine;
mod executable;
mod held;
mod index;
mod library;
mod objects;
mod refs;

use std::path::PathBuf;
use std::rc::Rc;
use std::time::{Duration, Instant};

use gix::ObjectId;
use pawtrail_event::merge as merge_events;

use crate::checkouts::Checkout;
use crate::durable;
use crate::engine::{self as choice, Kind};
use crate::error::{IoContext, Result};
use crate::failpoint;
use crate::history;
use crate::lines;
use crate::lock::{self, Lock};
use crate::placement::Placement;
use crate::project::Project;
use crate::sparse;

pub(crate) use branches::{is_event_file, merge};
use engine::{Engine, NewCommit};
use held::Held;
pub(crate) use held::dead_locks;
use index::{Obstacle, Staged};
pub(crate) use objects::NOBODY;
use objects::{Person, Role};
use refs::{Move, Swap};

/// How long a commit waits for a lock of git's before the lines stay spooled.
const PATIENCE: Duration = Duration::from_secs(3);

/// The clone's one lock for journals and ledger; whoever has it has also cleared away what dead commands left.
#[derive(Debug)]
pub(crate) struct Ledger {
    lock: Lock,
}

impl Ledger {
    /// Waits for the lock.
    pub(crate) fn lock(project: &Project) -> Result<Self> {
        let lock = Lock::acquire(&Self::lock_path(project), lock::PATIENCE)?;
        held::recover(project)?;
        Ok(Self { lock })
    }

    fn lock_path(project: &Project) -> PathBuf {
        project.state_dir().join("locks").join("ledger.lock")
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
    /// A log that is checked out nowhere loses what is no event; that goes to a new file at this path.
    Folded(String),
    /// A file that is made anew from a log, as the commit will have it.
    Derived(Derived),
}

/// A file that says what a log says, in other words; it replaces what is there.
#[derive(Clone)]
pub(crate) struct Derived {
    /// The path of the log, which stands before this file in the list of changes.
    pub(crate) from: String,
    /// Makes the file's content from the log's.
    pub(crate) make: Rc<dyn Fn(&[u8]) -> Vec<u8>>,
}

impl std::fmt::Debug for Derived {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Derived").field("from", &self.from).finish()
    }
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
    /// Another file is at this path.
    Taken(String),
}

/// A commit that is in the branch, durably.
#[derive(Debug, Clone)]
pub(crate) struct Committed {
    pub(crate) commit: ObjectId,
    pub(crate) parent: Option<ObjectId>,
    /// False where the tip had everything and no commit was needed.
    pub(crate) new: bool,
}

/// Commits the changes to the placement's branch.
pub(crate) fn commit(
    project: &Project,
    ledger: &Ledger,
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
    let deadline = Instant::now() + PATIENCE;
    let paths: Vec<&str> = changes.iter().map(|change| change.path.as_str()).collect();
    let mut kind = choice::before_indexes(project, placement, &paths)?.engine;
    let mut indexes = match take_indexes(project, placement, deadline)? {
        Ok(indexes) => indexes,
        Err(reason) => return Ok(Outcome::Deferred(reason)),
    };
    let mut tip = placement.tip;
    'attempt: loop {
        let engine = engine::of(project, &ledger.lock, kind);
        let base = tip.or(placement.base);
        let built = match build(&*engine, placement, base, changes)? {
            Built::Files(files) => files,
            Built::Nothing(commit) if tip.is_some() => {
                return Ok(Outcome::Committed(Committed {
                    commit,
                    parent: None,
                    new: false,
                }));
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
        for (checkout, held) in &mut indexes {
            project_files(project, checkout, &built)?;
            let staged: Vec<Staged<'_>> = built.iter().map(|file| file.staged(base)).collect();
            match engine.index(checkout, held, &staged)? {
                Ok(()) => held.promise(commit),
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
        match engine.swap(ready.token, &held, &step)? {
            Swap::Done => {
                // The branch has moved: whatever fails now, each index is finished, so that the user's next commit
                // doesn't revert ours. At once, because git reads an index before it locks it.
                let finished: Vec<Result<()>> =
                    indexes.into_iter().map(|(_, held)| held.finish()).collect();
                refs::flush(project, &placement.ledger_ref)?;
                finished.into_iter().collect::<Result<()>>()?;
                failpoint::reached("ledger::index-renamed").at("flush", project.common_dir())?;
                return Ok(Outcome::Committed(Committed {
                    commit,
                    parent: base,
                    new: true,
                }));
            }
            Swap::Lost => tip = history::tip(project, &placement.ledger_ref)?,
            Swap::Locked if Instant::now() < deadline => {
                std::thread::sleep(Duration::from_millis(1));
                tip = history::tip(project, &placement.ledger_ref)?;
            }
            Swap::Locked => {
                return Ok(Outcome::Deferred(format!(
                    "another git process holds the lock of {}",
                    placement.ledger_ref
                )));
            }
        }
    }
}

/// Locks the index of each worktree that has the branch checked out.
fn take_indexes<'a>(
    project: &Project,
    placement: &'a Placement,
    deadline: Instant,
) -> Result<Result<Vec<(&'a Checkout, Held)>, String>> {
    let mut taken: Vec<(&Checkout, Held)> = Vec::new();
    for checkout in &placement.checkouts {
        let index: PathBuf = checkout.git_dir.join("index");
        let mut held = Held::prepare(project, &index, &placement.ledger_ref)?;
        let before: Vec<&Held> = taken.iter().map(|(_, held)| held).collect();
        loop {
            if held.lock(project, &before)? {
                failpoint::reached("ledger::index-locked").at("write", &checkout.git_dir)?;
                break;
            }
            if Instant::now() >= deadline {
                return Ok(Err(format!(
                    "another git process holds {}.lock",
                    index.display()
                )));
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        taken.push((checkout, held));
    }
    Ok(Ok(taken))
}

/// A file of the coming commit.
struct File {
    path: String,
    before: Option<ObjectId>,
    after: ObjectId,
    content: Vec<u8>,
    lines: Option<Vec<String>>,
    derived: bool,
}

impl File {
    fn staged(&self, base: Option<ObjectId>) -> Staged<'_> {
        Staged {
            path: &self.path,
            base,
            before: self.before,
            after: self.after,
            content: &self.content,
            lines: self.lines.as_deref(),
            derived: self.derived,
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
    engine: &dyn Engine,
    placement: &Placement,
    base: Option<ObjectId>,
    changes: &[Change],
) -> Result<Built> {
    let mut files = Vec::new();
    for change in changes {
        let before = match base {
            Some(base) => engine.entry(base, &change.path)?,
            None => None,
        };
        let old = match before {
            Some(before) => engine.content(before)?,
            None => Vec::new(),
        };
        let (content, lines) = match &change.content {
            Content::Lines(lines) => {
                let mut lines = lines.clone();
                for checkout in &placement.checkouts {
                    let file = durable::read(&checkout.root.join(&change.path))?;
                    let foreign = lines::foreign_lines(&file.unwrap_or_default(), &old, &lines);
                    // What another tool wrote came before what is written now.
                    lines.splice(0..0, foreign);
                }
                (lines::union(&old, &lines), Some(lines))
            }
            Content::New(content) if before.is_some() && *content != old => {
                return Ok(Built::Taken(change.path.clone()));
            }
            Content::New(content) => (content.clone(), None),
            Content::Folded(side) => {
                let folded = merge_events::fold(&old);
                if !folded.unreadable.is_empty() {
                    let Ok(after) = engine.blob(base, side, &folded.unreadable)? else {
                        return Ok(Built::Rewritten(side.clone()));
                    };
                    files.push(File {
                        path: side.clone(),
                        before: None,
                        after,
                        content: folded.unreadable,
                        lines: None,
                        derived: false,
                    });
                }
                (folded.merged.content, None)
            }
            Content::Derived(derived) => (made(engine, base, &files, derived)?, None),
        };
        if before.is_some() && content == old {
            continue;
        }
        let Ok(after) = engine.blob(base, &change.path, &content)? else {
            return Ok(Built::Rewritten(change.path.clone()));
        };
        files.push(File {
            path: change.path.clone(),
            before,
            after,
            content,
            lines,
            derived: matches!(change.content, Content::Derived(_)),
        });
    }
    match (files.is_empty(), base) {
        (true, Some(base)) => Ok(Built::Nothing(base)),
        (true, None) | (false, _) => Ok(Built::Files(files)),
    }
}

/// Makes a derived file from its log: as this commit changes it, else as the branch has it.
fn made(
    engine: &dyn Engine,
    base: Option<ObjectId>,
    files: &[File],
    derived: &Derived,
) -> Result<Vec<u8>> {
    if let Some(log) = files.iter().find(|file| file.path == derived.from) {
        return Ok((derived.make)(&log.content));
    }
    let known = match base {
        Some(base) => engine.entry(base, &derived.from)?,
        None => None,
    };
    let log = match known {
        Some(blob) => engine.content(blob)?,
        None => Vec::new(),
    };
    Ok((derived.make)(&log))
}

/// Brings a worktree's files up to the coming commit: logs by append, new files where there is none, derived ones
/// replaced.
fn project_files(project: &Project, checkout: &Checkout, files: &[File]) -> Result<()> {
    for file in files {
        if sparse::leaves_out(project, checkout, &file.path)? {
            continue;
        }
        let path = checkout.root.join(&file.path);
        match &file.lines {
            Some(_) => lines::project_into(&path, &file.content)?,
            None if file.derived => {
                if durable::read(&path)?.as_ref() != Some(&file.content) {
                    durable::replace_cache(&path, &file.content)?;
                }
            }
            None => {
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
