//! Lock files of git: ours, which the next command clears away, and foreign ones, which nobody touches.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::check::{Check, FIX};
use crate::error::{IoContext, Result};
use crate::project::Project;
use crate::{checkouts, durable};

/// A lock that is held for longer has probably lost its holder.
const OLD: Duration = Duration::from_secs(60);
/// How deep branch names are followed.
const MAX_DEPTH: usize = 32;

pub(super) fn check(project: &Project, dead: &[PathBuf]) -> Result<Check> {
    let mut foreign = Vec::new();
    for path in candidates(project)? {
        if !dead.contains(&path)
            && let Some(age) = age(&path)?
            && age > OLD
        {
            foreign.push(format!("{} ({} s old)", path.display(), age.as_secs()));
        }
    }
    if !foreign.is_empty() {
        let message = format!(
            "another program's locks are older than a minute and are left alone; once no git runs, remove them: {}",
            foreign.join(", ")
        );
        return Ok(Check::bad("locks", message, None));
    }
    if dead.is_empty() {
        return Ok(Check::good("locks", "no stale lock"));
    }
    let message = format!("a dead command left {}", names(dead));
    Ok(Check::bad("locks", message, FIX))
}

pub(super) fn names(paths: &[PathBuf]) -> String {
    let names: Vec<String> = paths
        .iter()
        .map(|path| path.display().to_string())
        .collect();
    names.join(", ")
}

/// How old a file is; nothing when it isn't there.
fn age(path: &Path) -> Result<Option<Duration>> {
    match fs::symlink_metadata(path).and_then(|found| found.modified()) {
        Ok(modified) => Ok(Some(
            SystemTime::now()
                .duration_since(modified)
                .unwrap_or_default(),
        )),
        Err(error) if durable::is_absent(&error) => Ok(None),
        Err(error) => Err(error).at("inspect", path),
    }
}

fn candidates(project: &Project) -> Result<Vec<PathBuf>> {
    let common = project.common_dir();
    let mut found: Vec<PathBuf> = ["packed-refs.lock", "config.lock", "shallow.lock"]
        .iter()
        .map(|name| common.join(name))
        .collect();
    for checkout in checkouts::all(project)? {
        for name in ["index.lock", "HEAD.lock"] {
            found.push(checkout.git_dir.join(name));
        }
    }
    below(&common.join("refs").join("heads"), 0, &mut found)?;
    found.sort();
    found.dedup();
    Ok(found)
}

fn below(dir: &Path, depth: usize, found: &mut Vec<PathBuf>) -> Result<()> {
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if durable::is_absent(&error) => return Ok(()),
        Err(error) => return Err(error).at("list", dir),
    };
    for entry in entries {
        let entry = entry.at("list", dir)?;
        let path = entry.path();
        if entry.file_type().at("inspect", &path)?.is_dir() {
            if depth < MAX_DEPTH {
                below(&path, depth + 1, found)?;
            }
        } else if path.extension().is_some_and(|end| end == "lock") {
            found.push(path);
        }
    }
    Ok(())
}
