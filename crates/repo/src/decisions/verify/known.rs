//! Commits that this clone knows to have been on a ledger branch, and what of them no branch holds any more.
//!
//! They are known from `sync-state.json` and from git's reflogs. What counts is what a commit holds, not the commit: after
//! a rebase, an amended commit, a squash or a merge the same events are in others, and nothing is lost.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

use gix::ObjectId;
use pawtrail_event::decision::{Log, Row};

use crate::checkouts;
use crate::error::Result;
use crate::history;
use crate::local_commits::object_id;
use crate::project::Project;
use crate::reach::{self, Node};
use crate::references::{self, Logged};
use crate::sync_state;

/// So many of the latest entries of a reflog are looked at.
const MAX_LOGGED: usize = 4_096;

/// How git notes in HEAD's reflog that another branch is checked out.
const MOVED: &str = "checkout: moving from ";

/// What is known of one clone.
pub(super) struct Known {
    /// By the full name of the branch that had them.
    by_branch: BTreeMap<String, Vec<ObjectId>>,
    /// What all branches, remote-tracking branches, tags and HEAD name now, each once.
    tips: Vec<ObjectId>,
}

/// The log of a mission in a commit that no branch has any more.
pub(super) struct Left {
    pub(super) commit: ObjectId,
    pub(super) rows: Vec<Row>,
}

impl Known {
    pub(super) fn read(project: &Project) -> Result<Self> {
        let mut by_branch: BTreeMap<String, Vec<ObjectId>> = BTreeMap::new();
        for (branch, hashes) in sync_state::noted(project)? {
            let ids = hashes
                .iter()
                .filter_map(|hash| object_id(project.git(), hash));
            by_branch.entry(branch).or_default().extend(ids);
        }
        let mut git_dirs: HashSet<_> = [project.common_dir(), project.git_dir()]
            .map(Path::to_owned)
            .into();
        git_dirs.extend(checkouts::places(project)?.into_iter().map(|(_, dir)| dir));
        for dir in git_dirs {
            for entry in references::logged(project, &dir, "HEAD", MAX_LOGGED)? {
                for (branch, id) in left_and_entered(&entry) {
                    by_branch.entry(branch).or_default().push(id);
                }
            }
        }
        Ok(Self {
            by_branch,
            tips: tips(project)?,
        })
    }

    /// Returns the commits that have a file at `path`, one for each content of it: `first`, where it has one, and what
    /// branches, remote-tracking branches and tags name.
    pub(super) fn holders(
        &self,
        project: &Project,
        first: Option<ObjectId>,
        path: &str,
    ) -> Result<Vec<ObjectId>> {
        let mut seen = HashSet::new();
        let mut found = Vec::new();
        for tip in first.iter().chain(&self.tips) {
            if let Some(blob) = history::entry_at(project, *tip, path)?
                && seen.insert(blob)
            {
                found.push(*tip);
            }
        }
        Ok(found)
    }

    /// Returns those of the commits known of a branch that its tip doesn't reach, or nothing where the branch is gone:
    /// only those that no other of them reaches, the latest first.
    pub(super) fn lost(
        &self,
        project: &Project,
        branch: &str,
        tip: Option<ObjectId>,
    ) -> Result<Vec<ObjectId>> {
        let mut own = self.by_branch.get(branch).cloned().unwrap_or_default();
        for entry in references::logged(project, project.common_dir(), branch, MAX_LOGGED)? {
            own.extend(entry.old);
            own.push(entry.new);
        }
        let hidden = match &tip {
            Some(tip) => std::slice::from_ref(tip),
            None => &self.tips,
        };
        Ok(latest(&unreached(project, &own, hidden)?, &own))
    }

    /// Reads the log at `path` in these commits, each content once.
    pub(super) fn logs(project: &Project, commits: &[ObjectId], path: &str) -> Result<Vec<Left>> {
        let mut seen = HashSet::new();
        let mut found = Vec::new();
        for commit in commits {
            if let Some(blob) = history::entry_at(project, *commit, path)?
                && seen.insert(blob)
            {
                found.push(Left {
                    commit: *commit,
                    rows: Log::read(&history::content(project, blob)?).rows,
                });
            }
        }
        Ok(found)
    }
}

/// Where the branches were that HEAD left and came to: of a deleted branch, git keeps no other log.
fn left_and_entered(entry: &Logged) -> impl Iterator<Item = (String, ObjectId)> {
    let moved = entry.message.strip_prefix(MOVED);
    let named = moved.and_then(|names| names.split_once(" to "));
    named.into_iter().flat_map(|(from, to)| {
        let full = |name: &str| format!("refs/heads/{name}");
        let left = entry.old.map(|old| (full(from), old));
        left.into_iter().chain([(full(to), entry.new)])
    })
}

fn tips(project: &Project) -> Result<Vec<ObjectId>> {
    let mut found: Vec<ObjectId> = references::head_commit(project)?.into_iter().collect();
    for prefix in ["refs/heads/", "refs/remotes/", "refs/tags/"] {
        for (_, id) in references::branches(project, prefix)? {
            // A tag may name what is no commit, and a shallow clone lacks some.
            let object = project.git().try_find_object(id).ok().flatten();
            if let Some(commit) = object.and_then(|object| object.peel_to_commit().ok()) {
                found.push(commit.id);
            }
        }
    }
    let mut seen = HashSet::new();
    found.retain(|id| seen.insert(*id));
    Ok(found)
}

fn unreached(
    project: &Project,
    commits: &[ObjectId],
    hidden: &[ObjectId],
) -> Result<HashMap<ObjectId, Node>> {
    let present: Vec<ObjectId> = commits
        .iter()
        .filter(|id| project.git().has_object(**id))
        .copied()
        .collect();
    match present.is_empty() {
        true => Ok(HashMap::new()),
        false => reach::only_from(project.git(), &present, hidden),
    }
}

/// Those of the commits that are among the unreached and that no other of these descends from, the latest first.
fn latest(unreached: &HashMap<ObjectId, Node>, commits: &[ObjectId]) -> Vec<ObjectId> {
    let parents: HashSet<&ObjectId> = unreached.values().flat_map(|node| &node.parents).collect();
    let mut found: Vec<(i64, ObjectId)> = commits
        .iter()
        .filter(|id| !parents.contains(id))
        .filter_map(|id| Some((unreached.get(id)?.committed, *id)))
        .collect();
    found.sort();
    found.dedup();
    found.into_iter().rev().map(|(_, id)| id).collect()
}
