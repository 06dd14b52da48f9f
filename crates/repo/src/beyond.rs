//! What stands between the repository and a path of it: a link, a file, another repository.
//!
//! Git goes beyond none of them, and neither do we: what was written there would come to a place outside.

use std::path::Path;

use gix::ObjectId;

use crate::durable;
use crate::error::{Error, GitContext, IoContext, Result};
use crate::program;
use crate::project::Project;

/// Names what keeps a path from being a file of the worktree at `root`; nothing where it is one, or can become one.
pub(crate) fn on_disk(root: &Path, path: &str) -> Result<Option<String>> {
    for (part, is_last) in parts(path) {
        let here = root.join(part);
        let kind = match here.symlink_metadata() {
            Ok(known) => known.file_type(),
            Err(error) if durable::is_absent(&error) => return Ok(None),
            Err(error) => return Err(error).at("inspect", &here),
        };
        let what = if kind.is_symlink() {
            "a symbolic link"
        } else if is_last && !kind.is_file() {
            "no file"
        } else if !is_last && !kind.is_dir() {
            "no directory"
        } else if !is_last && here.join(".git").symlink_metadata().is_ok() {
            "a repository of its own"
        } else {
            continue;
        };
        return Ok(Some(format!(
            "{part} is {what} in {}, so nothing of the project can be kept there",
            root.display()
        )));
    }
    Ok(None)
}

/// Fails where a path that is to be written, relative to the worktree at `root`, leads out of it.
///
/// # Errors
/// [`Error::Beyond`], with what stands on the way.
pub(crate) fn refuse(root: &Path, path: &str) -> Result<()> {
    match on_disk(root, path)? {
        Some(reason) => Err(Error::Beyond { reason }),
        None => Ok(()),
    }
}

/// Names what a commit has in place of a directory that leads to the path.
pub(crate) fn in_commit(project: &Project, commit: ObjectId, path: &str) -> Result<Option<String>> {
    let commit = project.git().find_commit(commit).git("reading a commit")?;
    let root = commit.tree_id().git("reading a commit")?.detach();
    let mut tree = program::tree(project.git(), root)?;
    for (part, is_last) in parts(path) {
        let name = part.rsplit('/').next().unwrap_or(part);
        let Some(entry) = tree.iter().flatten().find(|entry| entry.filename() == name) else {
            return Ok(None);
        };
        if is_last {
            return Ok(None);
        }
        let mode = entry.mode();
        if !mode.is_tree() {
            let what = if mode.is_link() {
                "a symbolic link"
            } else if mode.is_commit() {
                "a submodule"
            } else {
                "a file"
            };
            return Ok(Some(format!(
                "{part} is {what} in the branch, and not a directory"
            )));
        }
        let id = entry.object_id();
        tree = program::tree(project.git(), id)?;
    }
    Ok(None)
}

/// The path's beginnings, shortest first, and whether each is the whole of it.
fn parts(path: &str) -> impl Iterator<Item = (&str, bool)> {
    let dirs = path.match_indices('/').map(|(at, _)| (&path[..at], false));
    dirs.chain([(path, true)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_no_plain_way_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        std::fs::create_dir_all(root.join("a/b")).unwrap();
        std::fs::write(root.join("a/file"), "").unwrap();
        std::fs::create_dir_all(root.join("sub/.git")).unwrap();
        let what = |path: &str| on_disk(root, path).unwrap();
        for free in ["a/b/c", "a/file", "new/er/file"] {
            assert_eq!(what(free), None, "{free}");
        }
        for (path, word) in [
            ("a/b", "a/b is no file"),
            ("a/file/c", "a/file is no directory"),
            ("sub/x", "sub is a repository of its own"),
        ] {
            assert!(what(path).unwrap().starts_with(word), "{path}");
        }
    }
}
