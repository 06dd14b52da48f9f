//! Every version that a clone's history holds of the paths in a scope, and the commit that brought it.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet};

use gix::ObjectId;
use gix::bstr::ByteSlice;

use super::scope::{Place, Scope};
use crate::checkouts;
use crate::error::{GitContext, Result};
use crate::program::Git;
use crate::project::Project;

/// One version of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Version {
    /// Its content.
    pub(super) blob: ObjectId,
    /// The path that had it first, as an index into [`Versions::paths`].
    pub(super) path: usize,
    /// The first commit that has it.
    pub(super) commit: ObjectId,
}

/// All versions, each content once, in the order in which commits brought them.
#[derive(Debug, Default)]
pub(super) struct Versions {
    pub(super) paths: Vec<String>,
    pub(super) versions: Vec<Version>,
    pub(super) commits: usize,
}

struct Commit {
    id: ObjectId,
    tree: ObjectId,
    committed: i64,
    parents: Vec<usize>,
}

/// Reads commits and trees, no blob.
pub(super) fn find(project: &Project, git: &gix::Repository, scope: &Scope) -> Result<Versions> {
    let commits = in_order(reachable(git, tips(project)?)?);
    let mut walk = Walk {
        git,
        scope,
        trees: HashSet::new(),
        blobs: HashSet::new(),
        names: HashMap::new(),
        found: Versions {
            commits: commits.len(),
            ..Versions::default()
        },
    };
    for commit in &commits {
        walk.commit(commit)?;
    }
    Ok(walk.found)
}

/// What references point to, and the HEAD of every worktree.
fn tips(project: &Project) -> Result<Vec<ObjectId>> {
    let mut tips = match project.refs_by_git() {
        true => tips_by_git(project)?,
        false => tips_by_library(project)?,
    };
    tips.sort();
    tips.dedup();
    Ok(tips)
}

fn tips_by_git(project: &Project) -> Result<Vec<ObjectId>> {
    let names = "--format=%(objectname) %(*objectname)";
    let mut names = Git::in_dir(project, project.common_dir())
        .args(["for-each-ref", names])
        .expect(b"")?;
    let linked = checkouts::places(project)?.into_iter().map(|(_, dir)| dir);
    for dir in linked.chain([project.common_dir().to_owned()]) {
        // A branch without commits has no history.
        let head = ["rev-parse", "--quiet", "--verify", "HEAD"];
        names.push(b'\n');
        names.extend(Git::in_dir(project, &dir).args(head).run(b"")?.output);
    }
    let names = names.split(u8::is_ascii_whitespace);
    let names = names.filter(|name| !name.is_empty());
    names
        .map(|name| ObjectId::from_hex(name).git("listing references"))
        .collect()
}

fn tips_by_library(project: &Project) -> Result<Vec<ObjectId>> {
    let git = project.git();
    let mut tips = Vec::new();
    let platform = git.references().git("listing references")?;
    for reference in platform.all().git("listing references")? {
        let mut reference = reference.git("listing references")?;
        // A reference whose object is gone has no history.
        if let Ok(id) = reference.peel_to_id() {
            tips.push(id.detach());
        }
    }
    for worktree in std::iter::once(git.clone()).chain(others(project)?) {
        // A branch without commits has no history.
        let head = worktree.head().git("reading a HEAD")?;
        let tip = head.try_into_peeled_id().git("reading a HEAD")?;
        tips.extend(tip.map(|id| id.detach()));
    }
    Ok(tips)
}

fn others(project: &Project) -> Result<Vec<gix::Repository>> {
    let main = project.git().main_repo();
    let mut found = vec![main.git("opening the clone's repository")?];
    for proxy in project.git().worktrees().git("listing worktrees")? {
        found.push(
            proxy
                .into_repo_with_possibly_inaccessible_worktree()
                .git("opening a worktree")?,
        );
    }
    Ok(found)
}

/// All commits that the tips reach; what isn't a commit of this clone reaches nothing.
fn reachable(git: &gix::Repository, tips: Vec<ObjectId>) -> Result<Vec<Commit>> {
    let mut commits: Vec<Commit> = Vec::new();
    let mut known: HashMap<ObjectId, Option<usize>> = HashMap::new();
    let mut parents_of: Vec<Vec<ObjectId>> = Vec::new();
    let mut open = tips;
    while let Some(id) = open.pop() {
        if known.contains_key(&id) {
            continue;
        }
        let commit = match git.try_find_object(id).git("reading a commit")? {
            Some(object) if object.kind == gix::objs::Kind::Commit => object.into_commit(),
            Some(_) | None => {
                known.insert(id, None);
                continue;
            }
        };
        let decoded = commit.decode().git("reading a commit")?;
        let parents: Vec<ObjectId> = decoded.parents().collect();
        known.insert(id, Some(commits.len()));
        commits.push(Commit {
            id,
            tree: decoded.tree(),
            committed: decoded.committer().git("reading a commit")?.seconds(),
            parents: Vec::new(),
        });
        open.extend(&parents);
        parents_of.push(parents);
    }
    for (commit, parents) in commits.iter_mut().zip(parents_of) {
        commit.parents = parents
            .iter()
            .filter_map(|parent| known.get(parent).copied().flatten())
            .collect();
        commit.parents.sort_unstable();
        // A commit may name the same parent twice.
        commit.parents.dedup();
    }
    Ok(commits)
}

/// Parents before children, older ones first where neither descends from the other.
fn in_order(commits: Vec<Commit>) -> Vec<Commit> {
    let mut children: Vec<Vec<usize>> = vec![Vec::new(); commits.len()];
    let mut waits: Vec<usize> = vec![0; commits.len()];
    let mut ready = BinaryHeap::new();
    for (at, commit) in commits.iter().enumerate() {
        waits[at] = commit.parents.len();
        for parent in &commit.parents {
            children[*parent].push(at);
        }
        if commit.parents.is_empty() {
            ready.push(Reverse((commit.committed, commit.id, at)));
        }
    }
    let mut order = Vec::with_capacity(commits.len());
    while let Some(Reverse((_, _, at))) = ready.pop() {
        order.push(at);
        for child in &children[at] {
            waits[*child] -= 1;
            if waits[*child] == 0 {
                ready.push(Reverse((
                    commits[*child].committed,
                    commits[*child].id,
                    *child,
                )));
            }
        }
    }
    let mut commits: Vec<Option<Commit>> = commits.into_iter().map(Some).collect();
    order
        .into_iter()
        .filter_map(|at| commits[at].take())
        .collect()
}

/// A walk over trees that looks at each once for each place it stands at.
struct Walk<'a> {
    git: &'a gix::Repository,
    scope: &'a Scope,
    trees: HashSet<(ObjectId, Place)>,
    blobs: HashSet<ObjectId>,
    names: HashMap<String, usize>,
    found: Versions,
}

impl Walk<'_> {
    fn commit(&mut self, commit: &Commit) -> Result<()> {
        let mut open = vec![(commit.tree, self.scope.root(), String::new())];
        while let Some((id, place, path)) = open.pop() {
            if !self.trees.insert((id, place.clone())) {
                continue;
            }
            let tree = self.git.find_tree(id).git("reading a tree")?;
            for entry in tree.iter() {
                let entry = entry.git("reading a tree")?;
                let name = entry.filename().to_str_lossy();
                if entry.mode().is_tree() {
                    if let Some(inside) = self.scope.enter(&place, &name) {
                        open.push((entry.object_id(), inside, format!("{path}{name}/")));
                    }
                } else if entry.mode().is_blob_or_symlink()
                    && self.scope.takes(&place, &name)
                    && self.blobs.insert(entry.object_id())
                {
                    let path = self.name(format!("{path}{name}"));
                    self.found.versions.push(Version {
                        blob: entry.object_id(),
                        path,
                        commit: commit.id,
                    });
                }
            }
        }
        Ok(())
    }

    fn name(&mut self, path: String) -> usize {
        if let Some(known) = self.names.get(&path) {
            return *known;
        }
        let at = self.found.paths.len();
        self.found.paths.push(path.clone());
        self.names.insert(path, at);
        at
    }
}
