//! What the project stands on: its identity, git, the merge driver, and files kept aside.

use std::path::Path;

use super::check::{Check, FIX};
use crate::engine;
use crate::error::{Error, Result};
use crate::merge_driver::{self, Remedy, Trouble};
use crate::program::Git;
use crate::project::Project;
use crate::ref_storage;
use crate::sync_state;

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
    let storage = ref_storage::name(project.git());
    let hash = project.git().object_hash();
    let kind = engine::of_clone(project)?.as_str();
    Ok(Check::good(
        "engine",
        format!("{version}, objects {hash}, refs {storage}; commits are made by the {kind}"),
    ))
}

/// What keeps git from merging event files as logs; in a bare repository nothing is merged.
pub(super) fn driver_trouble(project: &Project) -> Result<Option<Trouble>> {
    match project.checkout().or(project.primary()) {
        Some(root) => merge_driver::trouble(project, root),
        None => Ok(None),
    }
}

pub(super) fn merge_driver(trouble: Option<&Trouble>) -> Check {
    const NAME: &str = "merge_driver";
    match trouble {
        None => Check::good(NAME, "git merges event files as logs"),
        Some(trouble) => {
            let next = match trouble.remedy {
                Remedy::Configure => FIX,
                Remedy::Init => INIT,
                Remedy::User => None,
            };
            Check::bad(NAME, trouble.message.clone(), next)
        }
    }
}

pub(super) fn kept_aside(project: &Project) -> Result<Check> {
    let kept = match sync_state::state(project) {
        Ok(state) => state.kept_aside,
        Err(error @ (Error::StateNewer { .. } | Error::Beyond { .. } | Error::Damaged { .. })) => {
            return Ok(Check::bad("sync_state", error.to_string(), None));
        }
        Err(error) => return Err(error),
    };
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
