//! Lock files that git respects, each with a proof that it is ours.
//!
//! A lock is a hard link to a token of ours, made in one step. When its holder dies, the next command finds token
//! and lock to be the same file, which no foreign lock can be, and removes it or finishes what it stood for.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use gix::ObjectId;
use serde::{Deserialize, Serialize};

use crate::durable;
use crate::error::{Error, GitContext, IoContext, Result};
use crate::history;
use crate::lock::Lock;
use crate::project::Project;

/// The file that says what the tokens beside it stand for, one line a token; rewritten in place under the ledger's
/// lock, so that a crash leaves the whole of one version or of the other.
const NOTES: &str = "notes";

/// What a token stands for; written before its lock exists.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Note {
    /// The token's file name.
    token: String,
    /// The lock file.
    lock: PathBuf,
    /// The file that the lock becomes once `commit` is in `branch`; without one a dead lock is only removed.
    target: PathBuf,
    branch: String,
    commit: Option<String>,
}

/// A token that may become a lock file. Dropping it frees the lock and leaves its target as it was.
#[derive(Debug)]
pub(super) struct Held {
    token: PathBuf,
    note: Note,
    locked: bool,
}

impl Held {
    /// Makes a token for the lock of `target`, without taking the lock. The ledger's own lock must be held.
    pub(super) fn prepare(project: &Project, target: &Path, branch: &str) -> Result<Self> {
        let name = project.ulid().to_string();
        let mut lock = target.as_os_str().to_owned();
        lock.push(".lock");
        let held = Self {
            token: held_dir(project).join(&name),
            note: Note {
                token: name,
                lock: lock.into(),
                target: target.to_owned(),
                branch: branch.to_owned(),
                commit: None,
            },
            locked: false,
        };
        let create = || {
            OpenOptions::new()
                .write(true)
                .create_new(true)
                .open(&held.token)
        };
        match create() {
            Err(error) if durable::is_absent(&error) => {
                durable::create_dir(&held_dir(project))?;
                create()
            }
            other => other,
        }
        .at("create", &held.token)?;
        Ok(held)
    }

    /// Takes the lock that `others` and this token stand for, unless somebody has it; says whether it is ours now.
    pub(super) fn lock(&mut self, project: &Project, others: &[&Self]) -> Result<bool> {
        write_notes(project, others.iter().copied().chain([&*self]))?;
        match fs::hard_link(&self.token, &self.note.lock) {
            Ok(()) => {
                self.locked = true;
                Ok(true)
            }
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(false),
            Err(error) => Err(error).at("create the lock", &self.note.lock),
        }
    }

    /// Returns the token, emptied, to write what its target will hold.
    pub(super) fn rewrite(&self) -> Result<File> {
        OpenOptions::new()
            .write(true)
            .truncate(true)
            .open(&self.token)
            .at("open", &self.token)
    }

    /// Returns where the token is.
    pub(super) fn path(&self) -> &Path {
        &self.token
    }

    /// Says that the content is whole and belongs to `commit`: once noted, a dead lock is finished, not removed.
    pub(super) fn promise(&mut self, commit: ObjectId) {
        self.note.commit = Some(commit.to_string());
    }

    /// Makes the lock's content the target's, in one step, and frees the lock.
    ///
    /// A promised content isn't given up when that fails: the lock stays, and the next command finishes it.
    pub(super) fn finish(mut self) -> Result<()> {
        let renamed = fs::rename(&self.note.lock, &self.note.target);
        match renamed.at("replace", &self.note.target) {
            Ok(()) => {
                self.locked = false;
                Ok(())
            }
            Err(error) => {
                if self.note.commit.is_some() {
                    std::mem::forget(self);
                }
                Err(error)
            }
        }
    }
}

impl Drop for Held {
    /// What stays behind all the same is cleared away by the next command.
    fn drop(&mut self) {
        if self.locked {
            let _ = fs::remove_file(&self.note.lock);
        }
        let _ = fs::remove_file(&self.token);
    }
}

/// Notes what the tokens stand for.
pub(super) fn write_notes<'a>(
    project: &Project,
    tokens: impl Iterator<Item = &'a Held>,
) -> Result<()> {
    let mut text = Vec::new();
    for held in tokens {
        serde_json::to_writer(&mut text, &held.note).git("encoding a note")?;
        text.push(b'\n');
    }
    let path = held_dir(project).join(NOTES);
    let mut file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .at("open", &path)?;
    file.write_all(&text)
        .and_then(|()| file.set_len(text.len() as u64))
        .at("write", &path)
}

/// Clears away what commands that died have left. The ledger's own lock must be held: then every holder is dead.
pub(super) fn recover(project: &Project) -> Result<()> {
    let dir = held_dir(project);
    let entries = match fs::read_dir(&dir) {
        Ok(entries) => entries,
        Err(error) if durable::is_absent(&error) => return Ok(()),
        Err(error) => return Err(error).at("list", &dir),
    };
    let mut tokens = Vec::new();
    for entry in entries {
        let entry = entry.at("list", &dir)?;
        if entry.file_name() != NOTES {
            tokens.push(entry.path());
        }
    }
    if tokens.is_empty() {
        return Ok(());
    }
    let notes = durable::read(&dir.join(NOTES))?.unwrap_or_default();
    for line in notes.split(|byte| *byte == b'\n') {
        // A line that is none is what a longer version left behind; the lines before it are whole.
        if let Ok(note) = serde_json::from_slice::<Note>(line) {
            settle(project, &dir.join(&note.token), &note)?;
        }
    }
    for token in tokens {
        match fs::remove_file(&token) {
            Ok(()) => {}
            Err(error) if durable::is_absent(&error) => {}
            Err(error) => return Err(error).at("remove", &token),
        }
    }
    Ok(())
}

/// Lists the locks that commands of ours left behind when they died. It changes nothing; where a command is at work,
/// it finds none.
pub(crate) fn dead_locks(project: &Project) -> Result<Vec<PathBuf>> {
    let dir = held_dir(project);
    let Some(notes) = durable::read(&dir.join(NOTES))? else {
        return Ok(Vec::new());
    };
    let lock = super::Ledger::lock_path(project);
    let _free = match Lock::acquire(&lock, Duration::ZERO) {
        Ok(lock) => lock,
        Err(Error::LockTimeout { .. }) => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    Ok(notes
        .split(|byte| *byte == b'\n')
        .filter_map(|line| serde_json::from_slice::<Note>(line).ok())
        .filter(|note| same_file::is_same_file(dir.join(&note.token), &note.lock).unwrap_or(false))
        .map(|note| note.lock)
        .collect())
}

fn settle(project: &Project, token: &Path, note: &Note) -> Result<()> {
    if !same_file::is_same_file(token, &note.lock).unwrap_or(false) {
        return Ok(());
    }
    let commit = note
        .commit
        .as_ref()
        .and_then(|commit| ObjectId::from_hex(commit.as_bytes()).ok());
    let arrived = match (commit, history::tip(project, &note.branch)?) {
        (Some(commit), Some(tip)) => history::is_reached(project, commit, &[tip])?,
        (Some(_) | None, _) => false,
    };
    if arrived {
        fs::rename(&note.lock, &note.target).at("replace", &note.target)
    } else {
        fs::remove_file(&note.lock).at("remove", &note.lock)
    }
}

fn held_dir(project: &Project) -> PathBuf {
    project.state_dir().join("held")
}
