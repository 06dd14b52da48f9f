//! The floor: what the clone held when Pawtrail first saw it, or when somebody said that only later commits may be
//! announced. Nothing at or below it is.

use std::collections::HashSet;
use std::path::PathBuf;

use gix::ObjectId;
use pawtrail_event::CommitHash;

use crate::durable::{self, Access};
use crate::error::Result;
use crate::history;
use crate::local_commits::present;
use crate::project::{self, Project};
use crate::reach;

/// Returns the recorded floor; `None` when Pawtrail hasn't written here yet.
pub(super) fn read(project: &Project) -> Result<Option<Vec<ObjectId>>> {
    let Some(content) = durable::read(&path(project))? else {
        return Ok(None);
    };
    let kind = project.git().object_hash();
    let ids = String::from_utf8_lossy(&content)
        .lines()
        .filter_map(|line| ObjectId::from_hex(line.trim().as_bytes()).ok())
        .filter(|id| id.kind() == kind)
        .collect();
    Ok(Some(ids))
}

/// Records the present tips as the floor, unless there is one. `made` is a commit of our own that
/// is there already, with what its branch held before: that counts instead.
pub(super) fn first_sight(
    project: &Project,
    made: Option<(ObjectId, Option<ObjectId>)>,
) -> Result<()> {
    let path = path(project);
    if path.exists() {
        return Ok(());
    }
    durable::create_new(
        &path,
        text(tips(project, made)?).as_bytes(),
        Access::Private,
    )?;
    Ok(())
}

/// Raises the floor to the present tips: whatever becomes of the state file, nothing of now is announced any more. What
/// `waits` on top of a branch stays above it.
pub(super) fn raise(project: &Project, waits: &HashSet<CommitHash>) -> Result<()> {
    let mut all = read(project)?.unwrap_or_default();
    let mut open = tips(project, None)?;
    while let Some(tip) = open.pop() {
        if waits.contains(&project::hash(tip)) {
            open.extend(history::parents(project, tip)?);
        } else {
            all.push(tip);
        }
    }
    durable::replace(&path(project), text(all).as_bytes(), Access::Private)
}

/// Keeps the floor where a branch was rewritten below it: git forgets in time what no branch has, and all that such a
/// commit kept down would come up. What lies right below, and a branch still has, takes its place beside it.
pub(super) fn hold(project: &Project, git: &gix::Repository) -> Result<()> {
    let Some(mut all) = read(project)? else {
        return Ok(());
    };
    let kept = present(git, all.iter().copied());
    let tips = present(git, tips(project, None)?);
    let given_up = reach::only_from(git, &kept, &tips)?;
    let below: Vec<ObjectId> = given_up
        .values()
        .flat_map(|node| &node.parents)
        .copied()
        .filter(|id| !given_up.contains_key(id) && !all.contains(id))
        .collect();
    if below.is_empty() {
        return Ok(());
    }
    all.extend(below);
    durable::replace(&path(project), text(all).as_bytes(), Access::Private)
}

fn tips(project: &Project, made: Option<(ObjectId, Option<ObjectId>)>) -> Result<Vec<ObjectId>> {
    let mut tips = Vec::new();
    for prefix in ["refs/heads/", "refs/remotes/"] {
        for (_, tip) in history::branches(project, prefix)? {
            match made {
                Some((commit, parent)) if commit == tip => tips.extend(parent),
                Some(_) | None => tips.push(tip),
            }
        }
    }
    Ok(tips)
}

fn text(mut tips: Vec<ObjectId>) -> String {
    tips.sort();
    tips.dedup();
    tips.iter().map(|tip| format!("{tip}\n")).collect()
}

fn path(project: &Project) -> PathBuf {
    project.state_dir().join("floor")
}
