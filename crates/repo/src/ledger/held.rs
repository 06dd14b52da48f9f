//! Lock files that git respects, each with a proof that it is ours.
//!
//! A lock is a hard link to a token of ours, made in one step. When its holder dies, the next command finds token
//! and lock to be the same file, which no foreign lock can be, and removes the lock.

use std::cell::RefCell;
use std::fs::{self, File, OpenOptions};
use std::io::{Seek, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::de::Error as _;
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::durable;
use crate::error::{Error, GitContext, IoContext, Result};
use crate::lock::Lock;
use crate::project::Project;

/// The file that says which lock each token beside it stands for, one line a token; rewritten in place under the
/// ledger's lock, so that a crash leaves the whole of one version or of the other.
const NOTES: &str = "notes";

/// Which lock a token stands for; written before the lock exists.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Note {
    /// The token's file name.
    token: String,
    /// The lock file: text, or the bytes of a path that is none.
    #[serde(serialize_with = "write_path", deserialize_with = "read_path")]
    lock: PathBuf,
}

fn write_path<S: Serializer>(path: &Path, to: S) -> std::result::Result<S::Ok, S::Error> {
    match path.to_str() {
        Some(text) => to.serialize_str(text),
        None => {
            let bytes = gix::path::into_bstr(path).map_err(S::Error::custom)?;
            to.collect_seq(bytes.iter())
        }
    }
}

fn read_path<'de, D: Deserializer<'de>>(from: D) -> std::result::Result<PathBuf, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Text(PathBuf),
        Bytes(Vec<u8>),
    }
    match Written::deserialize(from)? {
        Written::Text(path) => Ok(path),
        Written::Bytes(bytes) => gix::path::from_byte_slice(&bytes)
            .map(Path::to_owned)
            .map_err(D::Error::custom),
    }
}

/// A token that may become a lock file. Dropping it frees the lock.
#[derive(Debug)]
pub(super) struct Held {
    token: PathBuf,
    note: Note,
    /// The token's file, while it is being written.
    file: RefCell<Option<File>>,
    /// The file that the lock stands for.
    target: PathBuf,
    locked: bool,
    replaced: Replaced,
}

/// What has become of the target while its lock is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Replaced {
    /// It is as it was.
    No,
    /// It has the token's content; what it was stands beside the token.
    Kept,
    /// It has the token's content; there was nothing before.
    Created,
}

impl Held {
    /// Makes a token for the lock of `target`, without taking the lock. The ledger's own lock must be held.
    pub(super) fn prepare(project: &Project, target: &Path) -> Result<Self> {
        let name = project.ulid().to_string();
        let mut lock = target.as_os_str().to_owned();
        lock.push(".lock");
        let mut held = Self {
            file: RefCell::default(),
            token: held_dir(project).join(&name),
            note: Note {
                token: name,
                lock: lock.into(),
            },
            target: target.to_owned(),
            locked: false,
            replaced: Replaced::No,
        };
        let create = || {
            OpenOptions::new()
                .write(true)
                .create_new(true)
                .open(&held.token)
        };
        let file = match create() {
            Err(error) if durable::is_absent(&error) => {
                durable::create_dir(&held_dir(project))?;
                create()
            }
            other => other,
        };
        held.file = RefCell::new(Some(file.at("create", &held.token)?));
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

    /// Lets `write` fill the token, emptied, with what its target will hold. Once that is in place, it is too late.
    pub(super) fn rewrite(&self, write: impl FnOnce(&mut File) -> Result<()>) -> Result<()> {
        let mut file = self.opened()?;
        file.set_len(0)
            .and_then(|()| file.rewind())
            .at("empty", &self.token)?;
        write(&mut file)?;
        *self.file.borrow_mut() = Some(file);
        Ok(())
    }

    /// The token's file: it is open since its creation, unless it was flushed.
    fn opened(&self) -> Result<File> {
        match self.file.take() {
            Some(file) => Ok(file),
            None => OpenOptions::new()
                .write(true)
                .open(&self.token)
                .at("open", &self.token),
        }
    }

    /// Returns where the token is.
    pub(super) fn token(&self) -> &Path {
        &self.token
    }

    /// Returns the files of tokens, to be flushed and closed.
    pub(super) fn written<'a>(held: &[&'a Self]) -> Result<Vec<(File, &'a Path)>> {
        held.iter()
            .map(|held| Ok((held.opened()?, held.token.as_path())))
            .collect()
    }

    /// Makes the token's content the target's, in one step; the lock stays.
    pub(super) fn put_in_place(&mut self) -> Result<()> {
        let (old, new) = (self.old(), self.token.with_extension("new"));
        let before = match fs::hard_link(&self.target, &old) {
            Ok(()) => Replaced::Kept,
            Err(error) if durable::is_absent(&error) => Replaced::Created,
            Err(error) => return Err(error).at("keep", &self.target),
        };
        fs::hard_link(&self.token, &new).at("link", &self.token)?;
        if let Err(error) = fs::rename(&new, &self.target) {
            // The next command sweeps what this leaves.
            let _ = fs::remove_file(&new);
            return Err(error).at("replace", &self.target);
        }
        self.replaced = before;
        Ok(())
    }

    /// Makes the target what it was before it was replaced.
    pub(super) fn put_back(&mut self) -> Result<()> {
        match self.replaced {
            Replaced::No => {}
            Replaced::Kept => fs::rename(self.old(), &self.target).at("put back", &self.target)?,
            Replaced::Created => fs::remove_file(&self.target).at("remove", &self.target)?,
        }
        self.replaced = Replaced::No;
        Ok(())
    }

    /// Makes the lock's content the target's and frees the lock, in one step.
    pub(super) fn finish(mut self) -> Result<()> {
        fs::rename(&self.note.lock, &self.target).at("replace", &self.target)?;
        self.locked = false;
        Ok(())
    }

    /// Frees the lock.
    pub(super) fn release(mut self) -> Result<()> {
        fs::remove_file(&self.note.lock).at("remove", &self.note.lock)?;
        self.locked = false;
        Ok(())
    }

    fn old(&self) -> PathBuf {
        self.token.with_extension("old")
    }
}

impl Drop for Held {
    /// What stays behind all the same is cleared away by the next command: where the lock stays, so does its proof.
    fn drop(&mut self) {
        let _ = fs::remove_file(self.old());
        let free = !self.locked || fs::remove_file(&self.note.lock).is_ok();
        if free {
            let _ = fs::remove_file(&self.token);
        }
    }
}

/// Notes which locks the tokens stand for.
fn write_notes<'a>(project: &Project, tokens: impl Iterator<Item = &'a Held>) -> Result<()> {
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
            settle(&dir.join(&note.token), &note.lock)?;
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

/// Removes a lock that is the token's.
fn settle(token: &Path, lock: &Path) -> Result<()> {
    if same_file::is_same_file(token, lock).unwrap_or(false) {
        fs::remove_file(lock).at("remove", lock)?;
    }
    Ok(())
}

fn held_dir(project: &Project) -> PathBuf {
    project.state_dir().join("held")
}
