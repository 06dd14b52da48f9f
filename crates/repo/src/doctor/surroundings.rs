//! What the project stands on: its identity, git, the merge driver, and files kept aside.

use std::path::Path;

use super::Check;
use crate::engine;
use crate::error::Result;
use crate::program::Git;
use crate::project::Project;
use crate::references;
use crate::{merge_driver, sync_state};

const INIT: Option<&str> = Some("pawtrail init");

pub(super) fn identity(project: &Project) -> Check {
    match project.identity() {
        Ok(Some(identity)) => Check::good("identity", format!("project {}", identity.uuid)),
        Ok(None) => Check::bad("identity", "this repository has no project identity", INIT),
        Err(error) => Check::bad("identity", error.to_string(), error.next_step().as_deref()),
    }
}

/// The library makes commits; the git executable makes what only it can.
pub(super) fn engine_of(project: &Project) -> Result<Check> {
    let version = match Git::new(project).arg("version").expect(b"") {
        Ok(said) => String::from_utf8_lossy(&said).trim().to_owned(),
        Err(error) => return Ok(Check::bad("engine", error.to_string(), None)),
    };
    let storage = references::storage(project.git());
    let hash = project.git().object_hash();
    let kind = engine::of_clone(project)?.as_str();
    Ok(Check::good(
        "engine",
        format!("{version}, objects {hash}, refs {storage}; commits are made by the {kind}"),
    ))
}

pub(super) fn merge_driver(project: &Project) -> Result<Check> {
    const NAME: &str = "merge_driver";
    let Some(root) = project.checkout().or(project.primary()) else {
        return Ok(Check::good(NAME, "nothing is merged in a bare repository"));
    };
    Ok(match merge_driver::trouble(project, root)? {
        None => Check::good(NAME, "git merges event files as logs"),
        Some(trouble) => {
            let next = if trouble.init_mends { INIT } else { None };
            Check::bad(NAME, trouble.message, next)
        }
    })
}

pub(super) fn kept_aside(project: &Project) -> Result<Check> {
    let kept = sync_state::state(project)?.kept_aside;
    if kept.is_empty() {
        return Ok(Check::good("sync_state", "no damaged copy is kept"));
    }
    let names: Vec<String> = kept.iter().map(|path| shown(path)).collect();
    let message = format!(
        "damaged versions were kept and can be removed once they were looked at: {}",
        names.join(", ")
    );
    Ok(Check::bad("sync_state", message, None))
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}
