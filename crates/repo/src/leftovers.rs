//! Files in the making that killed commands have left: swept by the next command that gets the ledger's lock.
//!
//! Whoever makes such a file holds a lock on it, which ends with the process; so none of a living one is taken.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use crate::checkouts;
use crate::durable::{self, PREFIX, RANDOM};
use crate::error::{IoContext, Result};
use crate::mission::SPECS_DIR;
use crate::project::Project;

/// Where the system's locks don't tell, a file is a leftover when it is older. In seconds.
#[cfg(not(unix))]
const OLD: u64 = 3_600;

/// Removes what is left where this crate writes files.
pub(crate) fn sweep(project: &Project) -> Result<()> {
    let state = project.state_dir();
    let mut dirs: Vec<PathBuf> = ["missions", "keys", "creating", "sync"]
        .iter()
        .map(|name| state.join(name))
        .collect();
    dirs.push(project.common_dir().join("info"));
    dirs.push(state);
    for checkout in checkouts::all(project)? {
        dirs.push(checkout.git_dir.join("pawtrail"));
        let kittify = checkout.root.join(".kittify");
        dirs.push(kittify.join("spool"));
        dirs.push(kittify.join("glossaries"));
        dirs.push(kittify);
        let specs = checkout.root.join(SPECS_DIR);
        for entry in durable::entries(&specs)? {
            dirs.push(entry);
        }
        dirs.push(checkout.root);
    }
    for dir in dirs {
        for path in durable::entries(&dir)? {
            if is_in_the_making(&path) {
                remove_dead(&path)?;
            }
        }
    }
    Ok(())
}

fn is_in_the_making(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    name.and_then(|name| name.strip_prefix(PREFIX))
        .is_some_and(|rest| rest.len() == RANDOM && rest.bytes().all(|b| b.is_ascii_alphanumeric()))
        && fs::symlink_metadata(path).is_ok_and(|known| known.is_file())
}

fn remove_dead(path: &Path) -> Result<()> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if durable::is_absent(&error) => return Ok(()),
        Err(error) => return Err(error).at("open", path),
    };
    if !is_dead(&file) {
        return Ok(());
    }
    match fs::remove_file(path) {
        Ok(()) => Ok(()),
        Err(error) if durable::is_absent(&error) => Ok(()),
        Err(error) => Err(error).at("remove", path),
    }
}

/// Its maker's lock has ended.
#[cfg(unix)]
fn is_dead(file: &File) -> bool {
    file.try_lock().is_ok()
}

#[cfg(not(unix))]
fn is_dead(file: &File) -> bool {
    let age = file.metadata().and_then(|known| known.modified());
    age.is_ok_and(|at| at.elapsed().is_ok_and(|age| age.as_secs() > OLD))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn only_a_dead_file_of_ours_is_removed() {
        let dir = tempfile::tempdir().unwrap();
        let [dead, living, others] = [".pawtrail-aB3xYz", ".pawtrail-000000", ".pawtrail-notes.md"]
            .map(|name| {
                let path = dir.path().join(name);
                fs::write(&path, "half").unwrap();
                path
            });
        let maker = File::open(&living).unwrap();
        maker.lock().unwrap();
        for path in durable::entries(dir.path()).unwrap() {
            if is_in_the_making(&path) {
                remove_dead(&path).unwrap();
            }
        }
        assert_eq!(
            [&dead, &living, &others].map(|path| path.exists()),
            [false, true, true]
        );
    }
}
