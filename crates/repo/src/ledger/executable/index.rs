//! The index of a worktree, written by git: on a copy beside our lock, which then becomes the lock's content.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use gix::ObjectId;

use super::Executable;
use crate::checkout::Checkout;
use crate::error::{Error, GitContext, IoContext, Result};
use crate::ledger::engine::Engine;
use crate::ledger::held::Held;
use crate::ledger::index::{Obstacle, Staged};
use crate::program::Git;
use crate::project::Project;
use crate::{durable, sparse};

/// A copy of an index that git may write; gone when dropped, or else with the next command.
struct Copy<'a> {
    project: &'a Project,
    checkout: &'a Checkout,
    path: PathBuf,
}

impl Copy<'_> {
    fn git(&self) -> Git {
        let mut git = Git::at(self.project, self.checkout);
        git.env("GIT_INDEX_FILE", &self.path);
        git
    }
}

impl Drop for Copy<'_> {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

/// What the index says of a path.
struct Known {
    mode: String,
    id: ObjectId,
    stage: String,
    skip_worktree: bool,
    assume_unchanged: bool,
}

/// Writes the index as it will be into its lock.
pub(super) fn prepare(
    engine: &Executable<'_>,
    checkout: &Checkout,
    held: &Held,
    files: &[Staged<'_>],
) -> Result<Result<(), Obstacle>> {
    let project = engine.project;
    let index = checkout.git_dir.join("index");
    let copy = Copy {
        project,
        checkout,
        path: held.token().with_extension("index"),
    };
    if let Some(content) = durable::read(&index)? {
        fs::write(&copy.path, content).at("write", &copy.path)?;
        // By this time git knows which files may have changed since without showing it.
        let time = fs::metadata(&index).and_then(|known| known.modified());
        let copied = fs::File::options().write(true).open(&copy.path);
        copied
            .and_then(|file| file.set_modified(time?))
            .at("keep the time of", &copy.path)?;
    }
    let mut orders = Vec::new();
    let mut present = Vec::new();
    let (mut skipped, mut assumed) = (Vec::new(), Vec::new());
    for file in files {
        let known = known(&copy, file.path)?;
        if known.iter().any(|entry| entry.stage != "0") {
            return Ok(Err(Obstacle::Conflict));
        }
        let known = known.first();
        let Some(id) = staged(engine, file, known.map(|entry| entry.id))? else {
            continue;
        };
        let id = match id {
            Ok(id) => id,
            Err(obstacle) => return Ok(Err(obstacle)),
        };
        let mode = match known {
            Some(entry) if entry.mode.starts_with("100") => &entry.mode,
            // A symbolic link and a submodule give way too: the commit has a file.
            Some(_) | None => "100644",
        };
        orders.extend_from_slice(format!("{mode} {id} 0\t{}\0", file.path).as_bytes());
        let name = format!("{}\0", file.path);
        // Git forgets these marks with the old entry.
        if known.is_some_and(|entry| entry.assume_unchanged) {
            assumed.extend_from_slice(name.as_bytes());
        }
        let left_out = match known {
            Some(entry) => entry.skip_worktree,
            None => sparse::leaves_out(project, checkout, file.path)?,
        };
        if left_out {
            skipped.extend_from_slice(name.as_bytes());
        } else {
            present.push(file.path);
        }
    }
    copy.git()
        .args(["update-index", "-z", "--index-info"])
        .expect(&orders)?;
    for (mark, names) in [
        ("--skip-worktree", &skipped),
        ("--assume-unchanged", &assumed),
    ] {
        if !names.is_empty() {
            copy.git()
                .args(["update-index", mark, "-z", "--stdin"])
                .expect(names)?;
        }
    }
    if !present.is_empty() {
        // Spares the next `git status` a look into the files; where it fails, git looks.
        copy.git()
            .args(["add", "--refresh", "--"])
            .args(present)
            .run(b"")?;
    }
    hand_over(&copy.path, held)?;
    Ok(Ok(()))
}

/// Says what the index is to have of a file; `None` where it stays as it is.
fn staged(
    engine: &Executable<'_>,
    file: &Staged<'_>,
    known: Option<ObjectId>,
) -> Result<Option<Result<ObjectId, Obstacle>>> {
    match (known, file.before) {
        // The user has taken the file out of the index; that stays so.
        (None, Some(_)) => Ok(None),
        (None, None) => Ok(Some(Ok(file.after))),
        (Some(id), Some(before)) if id == before => Ok(Some(Ok(file.after))),
        (Some(id), _) => {
            let Some(content) = file.with_staged(&engine.content(id)?)? else {
                return Ok(None);
            };
            engine.blob(file.base, file.path, &content).map(Some)
        }
    }
}

fn known(copy: &Copy<'_>, path: &str) -> Result<Vec<Known>> {
    let output = copy
        .git()
        .args(["ls-files", "-z", "-s", "-v", "--", path])
        .expect(b"")?;
    let strange = || Error::Git {
        action: "git ls-files".to_owned(),
        message: "it printed something else than index entries".to_owned(),
    };
    let text = String::from_utf8_lossy(&output);
    let mut found = Vec::new();
    for line in text.split('\0').filter(|line| !line.is_empty()) {
        let (head, name) = line.split_once('\t').ok_or_else(strange)?;
        if name != path {
            continue;
        }
        let words: Vec<&str> = head.split(' ').collect();
        let [tag, mode, id, stage] = words[..] else {
            return Err(strange());
        };
        found.push(Known {
            mode: mode.to_owned(),
            id: ObjectId::from_hex(id.as_bytes()).git("reading the index")?,
            stage: stage.to_owned(),
            skip_worktree: tag.eq_ignore_ascii_case("S"),
            assume_unchanged: tag.chars().all(|c| c.is_ascii_lowercase()),
        });
    }
    Ok(found)
}

fn hand_over(from: &Path, held: &Held) -> Result<()> {
    let content = fs::read(from).at("read", from)?;
    held.rewrite(|token| token.write_all(&content).at("write", held.token()))
}
