//! Which paths differ between two directories of git's object store.

use std::collections::BTreeMap;

use gix::ObjectId;
use gix::objs::tree::EntryMode;

use crate::error::{GitContext, Result};
use crate::program;

/// A directory in two states, and the path that leads to it.
struct Pair {
    before: Option<ObjectId>,
    after: Option<ObjectId>,
    prefix: String,
}

#[derive(Default)]
struct Sides {
    before: Option<(EntryMode, ObjectId)>,
    after: Option<(EntryMode, ObjectId)>,
}

/// Returns the files that differ between two trees: added, modified, deleted, both names of a
/// renamed one. Each path begins with `prefix`, which ends with `/`; the list is sorted.
pub(super) fn changed_files(
    git: &gix::Repository,
    before: Option<ObjectId>,
    after: Option<ObjectId>,
    prefix: &str,
) -> Result<Vec<String>> {
    let mut found = Vec::new();
    let mut open = vec![Pair {
        before,
        after,
        prefix: prefix.to_owned(),
    }];
    while let Some(pair) = open.pop() {
        for (name, sides) in entries(git, &pair)? {
            if sides.before == sides.after {
                continue;
            }
            // Git checks out no such name; a frame with one would be refused.
            if matches!(&name[..], b"" | b"." | b"..") {
                continue;
            }
            let path = format!("{}{}", pair.prefix, String::from_utf8_lossy(&name));
            let tree = |side: Option<(EntryMode, ObjectId)>| {
                side.filter(|(mode, _)| mode.is_tree()).map(|(_, id)| id)
            };
            let file =
                |side: Option<(EntryMode, ObjectId)>| side.filter(|(mode, _)| !mode.is_tree());
            if file(sides.before) != file(sides.after) {
                found.push(path.clone());
            }
            let (before, after) = (tree(sides.before), tree(sides.after));
            if before != after {
                open.push(Pair {
                    before,
                    after,
                    prefix: format!("{path}/"),
                });
            }
        }
    }
    found.sort();
    found.dedup();
    Ok(found)
}

fn entries(git: &gix::Repository, pair: &Pair) -> Result<BTreeMap<Vec<u8>, Sides>> {
    let mut all: BTreeMap<Vec<u8>, Sides> = BTreeMap::new();
    if let Some(id) = pair.before {
        each(git, id, |name, entry| {
            all.entry(name).or_default().before = Some(entry);
        })?;
    }
    if let Some(id) = pair.after {
        each(git, id, |name, entry| {
            all.entry(name).or_default().after = Some(entry);
        })?;
    }
    Ok(all)
}

fn each(
    git: &gix::Repository,
    tree: ObjectId,
    mut visit: impl FnMut(Vec<u8>, (EntryMode, ObjectId)),
) -> Result<()> {
    let tree = program::tree(git, tree)?;
    for entry in tree.iter() {
        let entry = entry.git("reading a tree")?;
        visit(entry.filename().to_vec(), (entry.mode(), entry.object_id()));
    }
    Ok(())
}
