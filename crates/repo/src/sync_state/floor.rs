//! The floor: what the clone held when Pawtrail first saw it, and what a consent left out. Nothing at or below it is announced.

use std::path::PathBuf;

use gix::ObjectId;

use crate::durable::{self, Access};
use crate::error::{Error, Result};
use crate::history;
use crate::local_commits::present;
use crate::project::Project;
use crate::reach;

/// Returns the recorded floor; `None` when Pawtrail hasn't written here yet.
///
/// # Errors
/// When it can't be read, or is damaged.
pub(super) fn read(project: &Project) -> Result<Option<Vec<ObjectId>>> {
    let path = path(project);
    let Some(content) = durable::read(&path)? else {
        return Ok(None);
    };
    let kind = project.git().object_hash();
    let text = String::from_utf8_lossy(&content);
    let id = |line: &str| ObjectId::from_hex(line.trim().as_bytes()).ok();
    let ids = text
        .lines()
        .map(|line| id(line).filter(|id| id.kind() == kind));
    // A line less would announce what was there before.
    match ids.collect() {
        Some(ids) => Ok(Some(ids)),
        None => Err(Error::Damaged {
            path,
            message: "a line of it is no name of a commit; remove it, and what the clone has now is never announced"
                .to_owned(),
        }),
    }
}

/// Says whether there is one.
pub(super) fn is_known(project: &Project) -> bool {
    path(project).exists()
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
    let mut tips = tips(project, made)?;
    tips.sort();
    tips.dedup();
    durable::create_new(&path, &text(&tips), Access::Private)?;
    Ok(())
}

/// Adds commits to the floor: neither they nor what is below them is ever announced, whatever becomes of the state file.
pub(super) fn raise(project: &Project, more: impl IntoIterator<Item = ObjectId>) -> Result<()> {
    first_sight(project, None)?;
    let before = read(project)?.unwrap_or_default();
    let mut tips: Vec<ObjectId> = before.iter().copied().chain(more).collect();
    tips.sort();
    tips.dedup();
    if tips == before {
        return Ok(());
    }
    durable::replace(&path(project), &text(&tips), Access::Private)
}

/// Keeps the floor where a branch was rewritten below it: git forgets in time what no branch has, and all that such a
/// commit kept down would come up. What lies right below, and a branch still has, takes its place beside it.
pub(super) fn hold(project: &Project, git: &gix::Repository) -> Result<()> {
    let Some(floor) = read(project)? else {
        return Ok(());
    };
    let tips = present(git, tips(project, None)?);
    let given_up = reach::only_from(git, &present(git, floor.iter().copied()), &tips)?;
    let below: Vec<ObjectId> = given_up
        .values()
        .flat_map(|node| &node.parents)
        .copied()
        .filter(|id| !given_up.contains_key(id) && !floor.contains(id))
        .collect();
    if below.is_empty() {
        return Ok(());
    }
    raise(project, below)
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

fn text(tips: &[ObjectId]) -> Vec<u8> {
    let lines: String = tips.iter().map(|tip| format!("{tip}\n")).collect();
    lines.into_bytes()
}

fn path(project: &Project) -> PathBuf {
    project.state_dir().join("floor")
}
