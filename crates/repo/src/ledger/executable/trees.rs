//! Trees, read and written by git.

use std::collections::BTreeMap;

use gix::ObjectId;

use crate::error::{Error, GitContext, Result};
use crate::program::Git;
use crate::project::Project;

const FILE: &str = "100644";
const DIRECTORY: &str = "040000";

/// One line of a tree.
pub(super) struct Entry {
    mode: String,
    pub(super) id: ObjectId,
    name: Vec<u8>,
}

/// Writes `base` with files replaced or added; `base` names a tree, and without one the tree is new.
pub(super) fn with_files(
    project: &Project,
    base: Option<&str>,
    files: &[(&str, ObjectId)],
) -> Result<ObjectId> {
    let mut entries = match base {
        Some(base) => {
            let output = Git::new(project)
                .args(["ls-tree", "-z", "--full-tree", base])
                .expect(b"")?;
            parse(&output)?
        }
        None => Vec::new(),
    };
    let mut below: BTreeMap<&str, Vec<(&str, ObjectId)>> = BTreeMap::new();
    for (path, id) in files {
        match path.split_once('/') {
            Some((dir, rest)) => below.entry(dir).or_default().push((rest, *id)),
            None => put(&mut entries, path, FILE, *id),
        }
    }
    for (dir, files) in below {
        let old = entries
            .iter()
            .find(|entry| entry.name == dir.as_bytes() && entry.mode == DIRECTORY)
            .map(|entry| entry.id.to_string());
        let new = with_files(project, old.as_deref(), &files)?;
        put(&mut entries, dir, DIRECTORY, new);
    }
    let mut input = Vec::new();
    for entry in &entries {
        let kind = match entry.mode.as_str() {
            DIRECTORY => "tree",
            "160000" => "commit",
            _ => "blob",
        };
        input.extend_from_slice(format!("{} {kind} {}\t", entry.mode, entry.id).as_bytes());
        input.extend_from_slice(&entry.name);
        input.push(0);
    }
    // A partial clone need not have what the other lines name.
    Git::new(project)
        .args(["mktree", "-z", "--missing"])
        .object(&input)
}

fn put(entries: &mut Vec<Entry>, name: &str, mode: &str, id: ObjectId) {
    entries.retain(|entry| entry.name != name.as_bytes());
    entries.push(Entry {
        mode: mode.to_owned(),
        id,
        name: name.as_bytes().to_vec(),
    });
}

/// Reads what `ls-tree -z` prints.
pub(super) fn parse(output: &[u8]) -> Result<Vec<Entry>> {
    let strange = || Error::Git {
        action: "git ls-tree".to_owned(),
        message: "it printed something else than a tree".to_owned(),
    };
    output
        .split(|byte| *byte == 0)
        .filter(|line| !line.is_empty())
        .map(|line| {
            let tab = line
                .iter()
                .position(|byte| *byte == b'\t')
                .ok_or_else(strange)?;
            let head = std::str::from_utf8(&line[..tab]).git("reading a tree")?;
            let mut words = head.split(' ');
            let (Some(mode), Some(_), Some(id)) = (words.next(), words.next(), words.next()) else {
                return Err(strange());
            };
            Ok(Entry {
                mode: mode.to_owned(),
                id: ObjectId::from_hex(id.as_bytes()).git("reading a tree")?,
                name: line[tab + 1..].to_vec(),
            })
        })
        .collect()
}
