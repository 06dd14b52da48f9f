//! The floor: what the clone held when Pawtrail first saw it. Nothing at or below it is announced.

use std::path::PathBuf;

use gix::ObjectId;

use crate::durable::{self, Access};
use crate::error::Result;
use crate::history;
use crate::project::Project;

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
    let mut tips = Vec::new();
    for prefix in ["refs/heads/", "refs/remotes/"] {
        for (_, tip) in history::branches(project, prefix)? {
            match made {
                Some((commit, parent)) if commit == tip => tips.extend(parent),
                Some(_) | None => tips.push(tip),
            }
        }
    }
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

fn text(tips: &[ObjectId]) -> Vec<u8> {
    let lines: String = tips.iter().map(|tip| format!("{tip}\n")).collect();
    lines.into_bytes()
}

fn path(project: &Project) -> PathBuf {
    project.state_dir().join("floor")
}
