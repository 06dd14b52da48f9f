//! What lies in a directory.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Returns each file below a directory with its content. Sockets and pipes have none.
///
/// # Panics
/// When one of them can't be read.
pub fn files_below(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut open = vec![dir.to_owned()];
    while let Some(dir) = open.pop() {
        for entry in fs::read_dir(&dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.is_file() {
                let content = fs::read(&path).unwrap();
                found.insert(path, content);
            }
        }
    }
    found
}
