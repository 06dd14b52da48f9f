//! A snapshot that both sides of a merge changed: made anew from the logs of both, because it only repeats them.

use std::path::Path;

use gix::ObjectId;
use pawtrail_event::merge;
use pawtrail_event::status::{self, Log};

use super::read;
use crate::durable::{self, Access};
use crate::error::{Error, Result};
use crate::history;
use crate::mission::META;
use crate::project::Project;
use crate::references;

/// Where git says what is merged into HEAD, beside the variables `GITHEAD_<commit>` of `git merge`.
const HEADS: [&str; 4] = [
    "MERGE_HEAD",
    "CHERRY_PICK_HEAD",
    "REBASE_HEAD",
    "REVERT_HEAD",
];
const VARIABLE: &str = "GITHEAD_";

/// Writes what the merged log will fold to into `ours`, the file that git handed to its merge driver.
///
/// `path` is the snapshot's path in the repository.
///
/// # Errors
/// [`Error::SnapshotNotMerged`] where git doesn't say which commits it merges; `ours` is then as it was.
pub fn merge_snapshot(project: &Project, path: &str, ours: &Path) -> Result<()> {
    let dir = path.strip_suffix(status::SNAPSHOT_FILE).unwrap_or_default();
    let sides = sides(project)?;
    let [_, _, ..] = sides[..] else {
        return Err(Error::SnapshotNotMerged {
            path: path.to_owned(),
        });
    };
    let mut whole = Vec::new();
    let mut identity = None;
    for side in sides {
        let log = history::file_at(project, side, &format!("{dir}{}", status::FILE))?;
        whole = merge::merge(b"", &whole, &log.unwrap_or_default()).content;
        if identity.is_none() {
            identity = history::file_at(project, side, &format!("{dir}{META}"))?;
        }
    }
    let content = folded(project, &whole, identity.as_deref())?;
    durable::replace(ours, &content, Access::Shared)
}

/// Folds a log to the content of its snapshot; `meta` is the mission's `meta.json`.
pub(crate) fn folded(project: &Project, log: &[u8], meta: Option<&[u8]>) -> Result<Vec<u8>> {
    let identity = read::parsed(meta.unwrap_or(b"{}")).map_err(|message| Error::Damaged {
        path: META.into(),
        message,
    })?;
    let snapshot = status::reduce(&Log::read(log), &identity, read::order(project)?);
    Ok(snapshot.to_json().into_bytes())
}

/// HEAD and the commits that are merged into it.
fn sides(project: &Project) -> Result<Vec<ObjectId>> {
    let mut found = Vec::new();
    let mut add = |id: ObjectId| {
        if project.git().has_object(id) && !found.contains(&id) {
            found.push(id);
        }
    };
    if let Some(head) = references::named(project, "HEAD")? {
        add(head);
    }
    for (name, _) in std::env::vars_os() {
        if let Some(hex) = name.to_str().and_then(|name| name.strip_prefix(VARIABLE))
            && let Ok(id) = ObjectId::from_hex(hex.as_bytes())
        {
            add(id);
        }
    }
    // A rebase notes what it picks before it picks it.
    let done = durable::read(&project.git_dir().join("rebase-merge/done"))?.unwrap_or_default();
    let done = String::from_utf8_lossy(&done).into_owned();
    let picked = done.lines().last().and_then(|line| line.split(' ').nth(1));
    if let Some(picked) = picked
        && let Ok(id) = project.git().rev_parse_single(picked)
    {
        add(id.detach());
    }
    for name in HEADS {
        let file = durable::read(&project.git_dir().join(name))?;
        if file.is_none()
            && project.refs_by_git()
            && let Some(id) = references::named(project, name)?
        {
            // A reftable holds it.
            add(id);
        }
        for line in String::from_utf8_lossy(&file.unwrap_or_default()).lines() {
            if let Ok(id) = ObjectId::from_hex(line.trim().as_bytes()) {
                add(id);
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use pawtrail_testkit::Scratch;

    use super::*;
    use crate::System;

    #[allow(clippy::print_stderr)]
    fn both_sides(form: &str) {
        let scratch = Scratch::new();
        let repo = scratch.empty_repo("repo");
        std::fs::remove_dir_all(repo.path().join(".git")).unwrap();
        let made = repo.try_git(&["init", "-q", form, "-b", "ours"]);
        if made.status != 0 {
            eprintln!("SKIPPED: this git has no {form}: {made}");
            return;
        }
        repo.commit_file("a", "base\n", "Base");
        repo.git(&["switch", "-q", "-c", "theirs"]);
        repo.commit_file("a", "theirs\n", "Theirs");
        repo.git(&["switch", "-q", "ours"]);
        repo.commit_file("a", "ours\n", "Ours");
        let expected = ["ours", "theirs"].map(|side| repo.rev(side).unwrap());
        for begin in ["merge", "cherry-pick"] {
            repo.try_git(&[begin, "theirs"]);
            let project = Project::discover(repo.path(), Arc::new(System)).unwrap();
            let sides: Vec<String> = sides(&project)
                .unwrap()
                .iter()
                .map(ToString::to_string)
                .collect();
            assert_eq!(sides, expected, "{form}: {begin}");
            repo.git(&[begin, "--abort"]);
        }
    }

    #[test]
    fn both_sides_are_found_wherever_git_keeps_its_heads() {
        both_sides("--ref-format=files");
        both_sides("--ref-format=reftable");
    }
}
