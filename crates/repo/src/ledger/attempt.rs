//! One attempt to commit: everything is prepared and flushed, then the index is put in place, then the branch moves,
//! which is flushed. The record of the commit is prepared and flushed with everything else where that can be done.

use std::fs::File;
use std::path::{Path, PathBuf};

use gix::ObjectId;

use super::build::{self, Built, File as Changed};
use super::engines;
use super::held::Held;
use super::index::{Obstacle, Staged};
use super::objects::{self, NewCommit, Person, Role};
use super::refs::{self, Move, Reservation, Reserved};
use super::{Change, Committed, Outcome};
use crate::checkout::Checkout;
use crate::checkouts;
use crate::durable;
use crate::engine::{self as choice, Kind};
use crate::error::{Error, IoContext, Result};
use crate::failpoint;
use crate::history;
use crate::local_commits::Made;
use crate::placement::{self, Placement};
use crate::project::Project;
use crate::sync_state::{self, Recording};

/// Commits unless git holds a lock.
pub(super) fn attempt(
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
        let engine = engines::of(project, kind);
        let base = tip.or(placement.base);
        let built = match build::build(project, &*engine, placement, base, changes)? {
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
            Built::Beyond(reason) => return Ok(Outcome::Deferred(reason)),
            Built::Rewritten(path) => return Ok(Outcome::Deferred(build::rewritten(&path))),
        };
        let at = project.now();
        let ids: Vec<(String, ObjectId)> = built
            .iter()
            .map(|file| (file.path.clone(), file.after))
            .collect();
        let tree = engine.trees(base, &ids)?;
        let commit = engine.commit(&NewCommit {
            tree,
            parents: base.into_iter().collect(),
            message,
            at,
        })?;
        failpoint::reached("ledger::objects").at("write to", project.common_dir())?;
        let token = engine.ready(&placement.ledger_ref, commit)?;
        for (checkout, held) in &indexes {
            build::project_files(project, checkout, &built)?;
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
        let held: Vec<&Held> = indexes.iter().map(|(_, held)| held).collect();
        let locks: Vec<&Held> = held.iter().copied().chain(&token).collect();
        let paths: Vec<&str> = built.iter().map(|file| file.path.as_str()).collect();
        // Where git makes the move, it may run what waits for the same lock.
        let mut ahead = match (base, kind) {
            (Some(parent), Kind::Library) if built.iter().all(Changed::replaces) => {
                let made = Made {
                    commit,
                    parent,
                    committed: at.as_second(),
                    paths: &paths,
                };
                // What fails here is tried again when the branch has moved, and told of then.
                sync_state::recording_ahead(project, &placement.ledger_ref, &made).unwrap_or(None)
            }
            (_, Kind::Library | Kind::Executable) => None,
        };
        let beside = ahead.as_ref().and_then(Recording::unflushed);
        if engine.settle(&locks, beside)?.is_err() {
            ahead = None;
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
        let reserved = match engine.reserve(token, &held, &step)? {
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
        let moved = refs::unflushed(project, &placement.ledger_ref);
        let released = release(project, indexes);
        let (flushed, recorded) = match ahead {
            Some(record) => {
                let flushed = moved.and_then(|moved| made_durable(project, moved));
                (flushed, record.finish())
            }
            None => finish(project, &placement.ledger_ref, base, commit, moved),
        };
        return Ok(Outcome::Committed(Committed {
            commit,
            parent: base,
            new: true,
            shaky: flushed.and(released).err().map(|error| error.to_string()),
            unrecorded: recorded.err().map(|error| error.to_string()),
        }));
    }
}

/// Makes the branch's move durable.
fn made_durable(project: &Project, moved: Option<(File, PathBuf)>) -> Result<()> {
    if let Some((open, dir)) = moved {
        open.sync_all().at("flush", &dir)?;
    }
    failpoint::reached("ledger::ref-flushed").at("write to", project.common_dir())
}

/// Makes the branch's move durable, and records the commit for a hub; both are flushed together. Returns how it went with
/// the one and with the other.
fn finish(
    project: &Project,
    branch: &str,
    parent: Option<ObjectId>,
    commit: ObjectId,
    moved: Result<Option<(File, PathBuf)>>,
) -> (Result<()>, Result<()>) {
    let (moved, failed) = match moved {
        Ok(moved) => (moved, None),
        Err(error) => (None, Some(error)),
    };
    let record = sync_state::recording(project, branch, parent, commit);
    let mut files: Vec<(&File, &Path)> = Vec::new();
    files.extend(moved.iter().map(|(open, dir)| (open, dir.as_path())));
    files.extend(record.iter().filter_map(Recording::unflushed));
    let mut flushed = durable::flush_each(&files).into_iter();
    let branch_flushed = match (&moved, failed) {
        (_, Some(error)) => Err(error),
        (Some(_), None) => flushed.next().unwrap_or(Ok(())),
        (None, None) => Ok(()),
    }
    .and_then(|()| failpoint::reached("ledger::ref-flushed").at("write to", project.common_dir()));
    let recorded = record.and_then(|record| {
        flushed.next().unwrap_or(Ok(()))?;
        record.finish()
    });
    (branch_flushed, recorded)
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
    let released: Vec<Result<()>> = indexes
        .into_iter()
        .map(|(_, held)| held.release())
        .collect();
    failpoint::reached("ledger::released").at("write to", project.common_dir())?;
    released.into_iter().collect()
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
        Obstacle::Rewritten => build::rewritten("the file"),
    }
}
