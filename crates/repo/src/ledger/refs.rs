//! Moving a branch by compare-and-swap, flushed, with its log: what git does, made durable.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use gix::ObjectId;

use super::held::Held;
use super::objects::Person;
use crate::checkout::Checkout;
use crate::durable;
use crate::error::{Error, IoContext, Result};
use crate::failpoint;
use crate::history;
use crate::project::Project;
use crate::ref_storage;

/// The end of an attempt to reserve a branch.
pub(super) enum Reservation<'a> {
    /// Its lock is held for the caller, and it is where the caller saw it.
    Ours(Box<dyn Reserved + 'a>),
    /// Somebody moved it first.
    Lost,
    /// Another process holds its lock.
    Locked,
}

/// A branch whose lock is held. Dropping it frees the lock and leaves the branch where it is.
pub(super) trait Reserved {
    /// Moves the branch, with its log, and frees its lock; [`flush`] makes the move durable. After an error it is
    /// where it was.
    fn publish(self: Box<Self>) -> Result<()>;
}

/// A branch that is to move.
pub(super) struct Move<'a> {
    pub(super) branch: &'a str,
    pub(super) from: Option<ObjectId>,
    pub(super) to: ObjectId,
    /// Who moves it, and when.
    pub(super) who: &'a Person,
    pub(super) why: &'a str,
    /// The worktrees that have it checked out, whose HEAD has a log of its own.
    pub(super) checkouts: &'a [Checkout],
}

/// Makes the token of the branch's lock, holding the new commit; the caller flushes it with the objects.
pub(super) fn prepare(project: &Project, branch: &str, to: ObjectId) -> Result<Held> {
    let file = project.common_dir().join(branch);
    let held = Held::prepare(project, &file)?;
    held.rewrite(|token| {
        token
            .write_all(format!("{to}\n").as_bytes())
            .at("write the lock of", &file)
    })?;
    Ok(held)
}

/// Takes the branch's lock, beside those of `indexes`, and looks where the branch is. `token` holds the new commit,
/// durably.
pub(super) fn reserve<'a>(
    project: &'a Project,
    mut token: Held,
    indexes: &[&Held],
    step: &'a Move<'a>,
) -> Result<Reservation<'a>> {
    let file = project.common_dir().join(step.branch);
    let dir = file.parent().unwrap_or(project.common_dir());
    if !dir.is_dir() {
        fs::create_dir_all(dir).map_err(|source| Error::Git {
            action: format!("creating {}", step.branch),
            message: format!("a branch of a shorter name is in the way ({source})"),
        })?;
        // The round that makes the branch durable flushes no more than the last of them.
        for above in dir.ancestors().skip(1) {
            durable::sync_dir(above)?;
            if above == project.common_dir() {
                break;
            }
        }
    }
    if !token.lock(project, indexes)? {
        return Ok(Reservation::Locked);
    }
    if history::tip(project, step.branch)? != step.from {
        return Ok(Reservation::Lost);
    }
    Ok(Reservation::Ours(Box::new(Locked {
        project,
        token,
        step,
    })))
}

/// A branch whose lock is ours, holding the new commit.
struct Locked<'a> {
    project: &'a Project,
    token: Held,
    step: &'a Move<'a>,
}

impl Reserved for Locked<'_> {
    fn publish(self: Box<Self>) -> Result<()> {
        write_logs(self.project, self.step)?;
        self.token.finish()
    }
}

/// Returns the directory that has to be flushed so that the last move of a branch survives a power loss; none where there
/// is nothing to flush.
pub(super) fn unflushed(project: &Project, branch: &str) -> Result<Option<(File, PathBuf)>> {
    let file = project.common_dir().join(branch);
    failpoint::reached("ledger::ref-moved").at("flush", &file)?;
    let dir = if project.refs_by_git() {
        // Git has flushed what it wrote; this is the name of it.
        let dir = project.common_dir().join(ref_storage::name(project.git()));
        if !dir.is_dir() {
            return Ok(None);
        }
        dir
    } else {
        let dir = file.parent().unwrap_or(project.common_dir());
        dir.to_owned()
    };
    Ok(durable::open_dir(&dir)?.map(|open| (open, dir)))
}

/// Makes the last move of a branch survive a power loss.
pub(super) fn flush(project: &Project, branch: &str) -> Result<()> {
    match unflushed(project, branch)? {
        Some((open, dir)) => open.sync_all().at("flush", &dir),
        None => Ok(()),
    }
}

/// Makes a branch survive a power loss, whoever moved it. One that stands among the packed ones git has flushed.
pub(super) fn flush_any(project: &Project, branch: &str) -> Result<()> {
    let file = project.common_dir().join(branch);
    match File::open(&file).and_then(|file| file.sync_all()) {
        Ok(()) => flush(project, branch),
        Err(error) if durable::is_absent(&error) => Ok(()),
        Err(error) => Err(error).at("flush", &file),
    }
}

fn write_logs(project: &Project, step: &Move<'_>) -> Result<()> {
    let setting = project
        .git()
        .config_snapshot()
        .string("core.logAllRefUpdates");
    let wanted = match setting
        .as_ref()
        .map(|value| value.to_string().to_lowercase())
    {
        Some(value) => !matches!(value.as_str(), "false" | "no" | "off" | "0"),
        None => project.primary().is_some(),
    };
    append_log(
        &project.common_dir().join("logs").join(step.branch),
        &line(project, step),
        wanted,
    )?;
    for checkout in step.checkouts {
        let log = checkout.git_dir.join("logs").join("HEAD");
        append_log(&log, &line(project, step), false)?;
    }
    Ok(())
}

fn line(project: &Project, step: &Move<'_>) -> String {
    let old = step
        .from
        .unwrap_or_else(|| ObjectId::null(project.git().object_hash()));
    format!("{old} {} {}\t{}\n", step.to, step.who.header(), step.why)
}

/// Appends to a log that is there; creates it where `create` says so.
fn append_log(log: &Path, line: &str, create: bool) -> Result<()> {
    if !create && !log.exists() {
        return Ok(());
    }
    if let Some(dir) = log.parent() {
        durable::create_dir(dir)?;
    }
    OpenOptions::new()
        .create(true)
        .append(true)
        .open(log)
        .and_then(|mut file| file.write_all(line.as_bytes()))
        .at("append to", log)
}
