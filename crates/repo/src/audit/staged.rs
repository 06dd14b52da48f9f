//! What a commit is about to add: the lines of staged event files that no parent of the commit holds.

use std::collections::HashSet;
use std::path::PathBuf;

use gix::ObjectId;
use gix::bstr::ByteSlice;

use super::report::{Finding, Whereabouts, finding};
use super::scan::{Offence, Scanner};
use super::scope::Scope;
use crate::durable;
use crate::error::{GitContext, Result};
use crate::history;
use crate::project::Project;
use crate::references;

/// Names the index of the commit that git is making, to its hooks.
const INDEX: &str = "GIT_INDEX_FILE";

/// Scans the added lines of the event files that are staged, in the index that git's environment names.
///
/// # Errors
/// When the index or git's data can't be read.
pub fn staged(project: &Project) -> Result<Vec<Finding>> {
    let git = project.git();
    let path = std::env::var_os(INDEX).filter(|name| !name.is_empty());
    let path = path.map_or_else(|| git.index_path(), PathBuf::from);
    if !path.exists() {
        return Ok(Vec::new());
    }
    let options = gix::index::decode::Options::default();
    let index = gix::index::File::at(path, git.object_hash(), true, options)
        .git("reading the index of the commit")?;
    let scope = Scope::event_files();
    let parents = parents(project)?;
    let sanitizer = project.sanitizer();
    let scanner = Scanner::new(sanitizer);
    let mut found = Vec::new();
    for entry in index.entries() {
        let path = entry.path(&index).to_str_lossy();
        let is_file = entry.mode.contains(gix::index::entry::Mode::FILE);
        if !is_file || !scope.takes_path(&path) {
            continue;
        }
        let mut before = Vec::new();
        for parent in &parents {
            before.extend(history::entry_at(project, *parent, &path)?);
        }
        if before.contains(&entry.id) {
            continue;
        }
        let offences = scan(project, &scanner, entry.id)?;
        if offences.is_empty() {
            continue;
        }
        let mut known = HashSet::new();
        for id in before {
            let offences = scan(project, &scanner, id)?;
            known.extend(offences.iter().map(|one| (one.digest, one.rule)));
        }
        let shown = sanitizer.text(&path);
        for offence in offences {
            if !known.contains(&(offence.digest, offence.rule)) {
                found.push(Finding {
                    place: Whereabouts::Index,
                    ..finding(&shown, offence, None)
                });
            }
        }
    }
    found.sort();
    Ok(found)
}

fn scan(project: &Project, scanner: &Scanner<'_>, id: ObjectId) -> Result<Vec<Offence>> {
    Ok(scanner.text(&history::content(project, id)?, 0, 1))
}

/// The parents that the coming commit has: HEAD, and what is being merged.
fn parents(project: &Project) -> Result<Vec<ObjectId>> {
    let mut parents = Vec::from_iter(references::head_commit(project)?);
    let merged = durable::read(&project.git_dir().join("MERGE_HEAD"))?.unwrap_or_default();
    let merged = merged
        .lines()
        .filter_map(|line| ObjectId::from_hex(line.trim_ascii()).ok());
    parents.extend(merged);
    Ok(parents)
}
