//! The worktrees of a clone: what each has checked out, and which branches an operation keeps busy.

use std::fs;
use std::path::{Path, PathBuf};

use crate::checkout::Checkout;
use crate::durable;
use crate::error::Result;
use crate::project::Project;
use crate::references;

/// Returns all worktrees of the clone that have files, the primary one first.
pub(crate) fn all(project: &Project) -> Result<Vec<Checkout>> {
    places(project)?
        .into_iter()
        .map(|(root, git_dir)| read(project, root, git_dir))
        .collect()
}

/// Returns their roots and their own git directories, in the same order, for who doesn't ask what they have checked out.
pub(crate) fn places(project: &Project) -> Result<Vec<(PathBuf, PathBuf)>> {
    let mut found = Vec::new();
    if let Some(root) = project.primary() {
        found.push((root.to_owned(), project.common_dir().to_owned()));
    }
    let linked = project.common_dir().join("worktrees");
    let mut dirs = durable::entries(&linked)?;
    if dirs.is_empty() {
        return Ok(found);
    }
    dirs.sort();
    let here = fs::canonicalize(project.git_dir()).unwrap_or_else(|_| project.git_dir().to_owned());
    for git_dir in dirs {
        // `gitdir` names the worktree's `.git` file; without it the directory is a leftover.
        let Some(pointer) = durable::read(&git_dir.join("gitdir"))? else {
            continue;
        };
        // A directory's name may be no UTF-8.
        let Ok(pointer) = gix::path::from_byte_slice(pointer.trim_ascii_end()) else {
            continue;
        };
        // Git may have written it relative to the worktree's git directory.
        let pointer = git_dir.join(pointer);
        let told = pointer.parent().filter(|root| root.is_dir());
        // A worktree that was moved by hand is where it was found, whatever git noted.
        let found_here = (git_dir == here).then(|| project.checkout()).flatten();
        let Some(root) = found_here.or(told) else {
            continue;
        };
        let root = fs::canonicalize(root).unwrap_or_else(|_| root.to_owned());
        found.push((root, git_dir));
    }
    Ok(found)
}

fn read(project: &Project, root: PathBuf, git_dir: PathBuf) -> Result<Checkout> {
    let branch = if project.refs_by_git() {
        references::branch_of_worktree(project, &git_dir)?
    } else {
        let head = text(&git_dir.join("HEAD"))?.unwrap_or_default();
        head.strip_prefix("ref: ")
            .map(|name| references::meant(project, name.trim()))
            .transpose()?
    };
    let busy = busy(&git_dir)?;
    Ok(Checkout {
        root,
        git_dir,
        branch,
        busy,
    })
}

/// A rebase or bisect detaches HEAD and remembers the branch it will move or return to.
fn busy(git_dir: &Path) -> Result<Vec<(String, &'static str)>> {
    let mut found = Vec::new();
    for dir in ["rebase-merge", "rebase-apply"] {
        let dir = git_dir.join(dir);
        found.extend(text(&dir.join("head-name"))?.map(|name| (name, "rebase")));
        // The branches that it takes along: a name, where it was, where it is to be, a line each.
        let along = text(&dir.join("update-refs"))?.unwrap_or_default();
        let along = along.lines().step_by(3);
        found.extend(along.map(|name| (name.trim().to_owned(), "rebase")));
    }
    if let Some(start) = text(&git_dir.join("BISECT_START"))? {
        let name = if start.starts_with("refs/") {
            start
        } else {
            format!("refs/heads/{start}")
        };
        found.push((name, "bisect"));
    }
    Ok(found)
}

fn text(path: &Path) -> Result<Option<String>> {
    Ok(durable::read(path)?.map(|bytes| String::from_utf8_lossy(&bytes).trim().to_owned()))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::os::unix::ffi::OsStrExt;
    use std::sync::Arc;

    use pawtrail_testkit::Scratch;

    use super::*;
    use crate::source::System;

    #[test]
    fn a_worktree_is_found_whose_path_is_no_text() {
        let scratch = Scratch::new();
        let repo = scratch.repo("r");
        let root = scratch
            .path()
            .join(std::ffi::OsStr::from_bytes(b"w\xff \n"));
        let mut git = repo.env().command("git");
        git.current_dir(repo.path());
        git.args(["worktree", "add", "-q", "-b", "topic"]);
        assert!(git.arg(&root).status().unwrap().success());
        let project = Project::discover(repo.path(), Arc::new(System)).unwrap();
        let found = all(&project).unwrap();
        assert_eq!(found.len(), 2);
        assert_eq!(found[1].root, fs::canonicalize(&root).unwrap());
        assert_eq!(found[1].branch.as_deref(), Some("refs/heads/topic"));
    }
}
