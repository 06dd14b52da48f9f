//! Reading files and reachability from git's own data.

use gix::ObjectId;

use crate::error::{GitContext, Result};
use crate::program;
use crate::project::Project;
use crate::reach;

pub(crate) use crate::references::{branches, tip};

/// Returns a file's content in a commit; `None` when it isn't there.
pub(crate) fn file_at(project: &Project, commit: ObjectId, path: &str) -> Result<Option<Vec<u8>>> {
    let Some(id) = entry_at(project, commit, path)? else {
        return Ok(None);
    };
    content(project, id).map(Some)
}

/// Returns a blob's content. What a partial clone lacks is fetched by git.
pub(crate) fn content(project: &Project, id: ObjectId) -> Result<Vec<u8>> {
    let found = project
        .git()
        .try_find_object(id)
        .git("reading a file from a commit")?;
    match found {
        Some(mut blob) => Ok(std::mem::take(&mut blob.data)),
        None => program::blob(project, id),
    }
}

/// Returns the object that a path names in a commit.
pub(crate) fn entry_at(
    project: &Project,
    commit: ObjectId,
    path: &str,
) -> Result<Option<ObjectId>> {
    let tree = project
        .git()
        .find_commit(commit)
        .git("reading a commit")?
        .tree()
        .git("reading a tree")?;
    let entry = tree.lookup_entry_by_path(path).git("looking up a path")?;
    Ok(entry.map(|entry| entry.object_id()))
}

/// Says whether there is any remote-tracking branch.
pub(crate) fn has_remotes(project: &Project) -> Result<bool> {
    Ok(!branches(project, "refs/remotes/")?.is_empty())
}

/// Returns the parents of a commit.
pub(crate) fn parents(project: &Project, commit: ObjectId) -> Result<Vec<ObjectId>> {
    let commit = project.git().find_commit(commit).git("reading a commit")?;
    Ok(commit.parent_ids().map(|id| id.detach()).collect())
}

/// Says whether a remote-tracking branch reaches the commit.
pub(crate) fn is_pushed(project: &Project, commit: ObjectId) -> Result<bool> {
    let remotes: Vec<ObjectId> = branches(project, "refs/remotes/")?
        .into_iter()
        .map(|(_, id)| id)
        .collect();
    is_reached(project, commit, &remotes)
}

/// Says whether one of `tips` is the commit or descends from it.
pub(crate) fn is_reached(project: &Project, commit: ObjectId, tips: &[ObjectId]) -> Result<bool> {
    if tips.contains(&commit) {
        return Ok(true);
    }
    if tips.is_empty() || !project.git().has_object(commit) {
        return Ok(false);
    }
    let parents = parents(project, commit)?;
    let found = reach::has(project.git(), tips, commit, &parents, usize::MAX)?;
    Ok(found == Some(true))
}
