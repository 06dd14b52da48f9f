//! Directories: what is in them, and how they are made.

use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use super::present::is_absent;
use crate::error::{IoContext, Result};

/// The directory of the clone's own state in a git directory.
#[cfg(unix)]
const STATE: &str = "pawtrail";

/// Returns the names in a directory that are identifiers, in order; another name is none of ours. None where there is no
/// directory.
pub(crate) fn identifiers<T: FromStr + Ord>(dir: &Path) -> Result<Vec<T>> {
    let mut found: Vec<T> = entries(dir)?
        .iter()
        .filter_map(|path| path.file_name()?.to_str()?.parse().ok())
        .collect();
    found.sort();
    Ok(found)
}

/// Lists a directory's entries; none where there is no such directory.
pub(crate) fn entries(dir: &Path) -> Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if is_absent(&error) => return Ok(Vec::new()),
        Err(error) => return Err(error).at("list", dir),
    };
    entries
        .map(|entry| Ok(entry.at("list", dir)?.path()))
        .collect()
}

/// Creates a directory and what leads to it.
pub(crate) fn create_dir(dir: &Path) -> Result<()> {
    // It nearly always is there, which is cheaper to see than to be told.
    if dir.is_dir() {
        return Ok(());
    }
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    if is_private(dir) {
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    }
    builder.create(dir).at("create", dir)
}

/// Says whether a directory is the clone's own state, or lies in it: then it is nobody else's. A git directory that was
/// set up for a group (`git init --shared`, which marks it so) has it as the group's umask says.
#[cfg(unix)]
fn is_private(dir: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    // Elsewhere a new directory is its parent's group's anyway, and git marks nothing.
    const OF_A_GROUP: u32 = if cfg!(target_os = "linux") {
        0o2000
    } else {
        0o020
    };
    let state = dir
        .ancestors()
        .find(|at| at.file_name() == Some(STATE.as_ref()));
    let git = state.and_then(Path::parent);
    git.is_some_and(|git| {
        git.join("HEAD").is_file()
            && fs::metadata(git).is_ok_and(|known| known.mode() & OF_A_GROUP == 0)
    })
}
