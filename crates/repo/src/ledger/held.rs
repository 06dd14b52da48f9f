//! Lock files that git respects, each with a proof that it is ours.
//!
//! A lock is a hard link to a token of ours, made in one step. When its holder dies, the next command finds token
//! and lock to be the same file, which no foreign lock can be, and removes it or finishes what it stood for.

use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};

use gix::ObjectId;
use serde::{Deserialize, Serialize};

use crate::durable;
use crate::error::{GitContext, IoContext, Result};
use crate::history;
use crate::project::Project;

/// What the token stands for; written beside it before the lock exists.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Note {
    /// The lock file.
    lock: PathBuf,
    /// The file that the lock becomes once `commit` is in `branch`; without one a dead lock is only removed.
    target: Option<PathBuf>,
    branch: String,
    commit: Option<String>,
}

/// A lock file of ours. Dropping it frees the lock and leaves its target as it was.
#[derive(Debug)]
pub(super) struct Held {
    token: PathBuf,
    note_path: PathBuf,
    note: Note,
    done: bool,
}

impl Held {
    /// Takes the lock of `target`, if nobody has it. The ledger's own lock must be held.
    pub(super) fn take(project: &Project, target: &Path, branch: &str) -> Result<Option<Self>> {
        let dir = held_dir(project);
        durable::create_dir(&dir)?;
        let name = project.ulid().to_string();
        let (token, note_path) = (dir.join(&name), dir.join(format!("{name}.json")));
        let mut lock = target.as_os_str().to_owned();
        lock.push(".lock");
        let held = Self {
            note: Note {
                lock: lock.into(),
                target: Some(target.to_owned()),
                branch: branch.to_owned(),
                commit: None,
            },
            token,
            note_path,
            done: false,
        };
        OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&held.token)
            .at("create", &held.token)?;
        held.write_note()?;
        match fs::hard_link(&held.token, &held.note.lock) {
            Ok(()) => Ok(Some(held)),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
                held.forget();
                Ok(None)
            }
            Err(error) => {
                let lock = held.note.lock.clone();
                held.forget();
                Err(error).at("create the lock", &lock)
            }
        }
    }

    /// Returns the lock file, emptied, to write what its target will hold.
    pub(super) fn rewrite(&self) -> Result<File> {
        OpenOptions::new()
            .write(true)
            .truncate(true)
            .open(&self.token)
            .at("open", &self.token)
    }

    /// Notes that the content is whole and belongs to `commit`: from then on a dead lock is finished, not removed.
    pub(super) fn promise(&mut self, commit: ObjectId) -> Result<()> {
        self.note.commit = Some(commit.to_string());
        self.write_note()
    }

    /// Makes the lock's content the target's, in one step, and frees the lock.
    pub(super) fn finish(mut self) -> Result<()> {
        if let Some(target) = &self.note.target {
            fs::rename(&self.note.lock, target).at("replace", target)?;
        }
        self.done = true;
        self.remove_notes();
        Ok(())
    }

    /// Drops the notes of a lock that was never taken.
    fn forget(mut self) {
        self.done = true;
        self.remove_notes();
    }

    fn write_note(&self) -> Result<()> {
        let text = serde_json::to_vec(&self.note).git("encoding a note")?;
        let beside = self.note_path.with_extension("new");
        fs::write(&beside, text)
            .and_then(|()| fs::rename(&beside, &self.note_path))
            .at("write", &self.note_path)
    }

    /// A note or token that stays behind is cleared away by the next command.
    fn remove_notes(&self) {
        let _ = fs::remove_file(&self.note_path);
        let _ = fs::remove_file(&self.token);
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if !self.done {
            let _ = fs::remove_file(&self.note.lock);
            self.remove_notes();
        }
    }
}

/// Clears away what commands that died have left. The ledger's own lock must be held: then every holder is dead.
pub(super) fn recover(project: &Project) -> Result<()> {
    let dir = held_dir(project);
    let entries = match fs::read_dir(&dir) {
        Ok(entries) => entries,
        Err(error) if durable::is_absent(&error) => return Ok(()),
        Err(error) => return Err(error).at("list", &dir),
    };
    let mut names = Vec::new();
    for entry in entries {
        names.push(entry.at("list", &dir)?.path());
    }
    // Notes first: a token without a note has no lock.
    for note_path in names
        .iter()
        .filter(|name| name.extension().is_some_and(|e| e == "json"))
    {
        let token = note_path.with_extension("");
        let note = durable::read(note_path)?.and_then(|text| serde_json::from_slice(&text).ok());
        if let Some(note) = note {
            settle(project, &token, &note)?;
        }
    }
    for name in names {
        match fs::remove_file(&name) {
            Ok(()) => {}
            Err(error) if durable::is_absent(&error) => {}
            Err(error) => return Err(error).at("remove", &name),
        }
    }
    Ok(())
}

fn settle(project: &Project, token: &Path, note: &Note) -> Result<()> {
    if !same_file::is_same_file(token, &note.lock).unwrap_or(false) {
        return Ok(());
    }
    let arrived = match (&note.commit, history::tip(project, &note.branch)?) {
        (Some(commit), Some(tip)) => match ObjectId::from_hex(commit.as_bytes()) {
            Ok(commit) => history::is_reached(project, commit, &[tip]).unwrap_or(false),
            Err(_) => false,
        },
        (Some(_), None) | (None, _) => false,
    };
    match &note.target {
        Some(target) if arrived => fs::rename(&note.lock, target).at("replace", target),
        Some(_) | None => fs::remove_file(&note.lock).at("remove", &note.lock),
    }
}

fn held_dir(project: &Project) -> PathBuf {
    project.state_dir().join("held")
}
