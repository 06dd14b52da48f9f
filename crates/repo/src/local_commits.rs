//! Frames from git: the commits on mission branches that nobody else has yet, in order of ancestry.

mod diff;
mod framer;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashMap, HashSet};

use gix::ObjectId;
use pawtrail_event::frame::Announcement;

use framer::META;
pub(crate) use framer::{Framer, Made, Outcome, Purpose, object_id};
use reach::Node;

use crate::error::Result;
use crate::history;
use crate::mission::BRANCH_PREFIX;
use crate::project::Project;
use crate::reach;
use crate::record;

/// Branches by full name, with the commits they point to.
pub(crate) type Tips = BTreeMap<String, ObjectId>;

/// The commits that tips reach and hidden commits don't.
#[derive(Debug, Default)]
pub(crate) struct Local {
    /// All of them, parents before children; else by committer time, then by hash.
    pub(crate) order: Vec<ObjectId>,
    /// The branch of each: the first by name that reaches it.
    pub(crate) branch: HashMap<ObjectId, String>,
    /// Where the walk ended: hidden commits that are tips or parents of what was found.
    pub(crate) edge: Vec<ObjectId>,
}

/// What a set of commits has to announce.
#[derive(Debug, Default)]
pub(crate) struct Frames {
    /// The frames, in the order of the commits.
    pub(crate) frames: Vec<(ObjectId, Announcement)>,
    /// Commits under `kitty-specs/` of no mission that can be named.
    pub(crate) unattributed: Vec<ObjectId>,
}

/// Returns the branches whose commits are announced: mission branches with their lanes, and the
/// recorded ledger branches.
pub(crate) fn mission_branches(project: &Project) -> Result<Tips> {
    let mut tips: Tips = history::branches(project, BRANCH_PREFIX)?
        .into_iter()
        .collect();
    for name in record::branches(project)? {
        if !tips.contains_key(&name)
            && let Some(tip) = history::tip(project, &name)?
        {
            tips.insert(name, tip);
        }
    }
    Ok(tips)
}

/// Says whether commits on this branch are announced.
pub(crate) fn is_mission_branch(project: &Project, name: &str) -> Result<bool> {
    Ok(name.starts_with(BRANCH_PREFIX)
        || record::branches(project)?.iter().any(|known| known == name))
}

/// Keeps the names of commits that are in this clone, each once.
pub(crate) fn present(
    git: &gix::Repository,
    ids: impl IntoIterator<Item = ObjectId>,
) -> Vec<ObjectId> {
    let mut seen = HashSet::new();
    ids.into_iter()
        .filter(|id| seen.insert(*id))
        .filter(|id| git.find_header(*id).is_ok_and(|h| h.kind().is_commit()))
        .collect()
}

/// Returns those of `ids` that none of `tips` reaches. The ids must be commits of this clone.
pub(crate) fn unreached(
    git: &gix::Repository,
    ids: &[ObjectId],
    tips: &[ObjectId],
) -> Result<HashSet<ObjectId>> {
    if ids.is_empty() {
        return Ok(HashSet::new());
    }
    let found = reach::only_from(git, ids, tips)?;
    Ok(ids
        .iter()
        .copied()
        .filter(|id| found.contains_key(id))
        .collect())
}

/// Finds the commits that `tips` reach and `hidden` don't.
pub(crate) fn local(git: &gix::Repository, tips: &Tips, hidden: &[ObjectId]) -> Result<Local> {
    let starts: Vec<ObjectId> = tips.values().copied().collect();
    let nodes = reach::only_from(git, &starts, hidden)?;
    let mut edge: Vec<ObjectId> = starts
        .iter()
        .chain(nodes.values().flat_map(|node| &node.parents))
        .copied()
        .filter(|id| !nodes.contains_key(id))
        .collect();
    edge.sort();
    edge.dedup();
    Ok(Local {
        branch: branches(tips, &nodes),
        order: in_order(&nodes),
        edge,
    })
}

/// Makes the frames of those commits that are `wanted`.
pub(crate) fn frames(
    framer: &mut Framer<'_>,
    local: &Local,
    wanted: impl Fn(&ObjectId) -> bool,
) -> Result<Frames> {
    let mut found = Frames::default();
    for id in local.order.iter().filter(|id| wanted(id)) {
        let branch = local.branch.get(id).map(String::as_str);
        match framer.frame(*id, branch)? {
            Outcome::Frame(frame) => found.frames.push((*id, *frame)),
            Outcome::Untouched => {}
            Outcome::Unattributed => found.unattributed.push(*id),
        }
    }
    Ok(found)
}

/// Says whether a commit may name a mission that nobody could name before it.
pub(crate) fn names_a_mission(frame: &Announcement) -> bool {
    let meta = |path: &String| path.rsplit_once('/').is_some_and(|(_, name)| name == META);
    frame.changed_files.iter().any(meta)
}

/// A mission's branch comes before its lanes by name, so it owns what they share.
fn branches(tips: &Tips, nodes: &HashMap<ObjectId, Node>) -> HashMap<ObjectId, String> {
    let mut owner: HashMap<ObjectId, String> = HashMap::new();
    for (name, tip) in tips {
        let mut open = vec![*tip];
        while let Some(id) = open.pop() {
            if let Some(node) = nodes.get(&id)
                && !owner.contains_key(&id)
            {
                owner.insert(id, name.clone());
                open.extend(&node.parents);
            }
        }
    }
    owner
}

fn in_order(nodes: &HashMap<ObjectId, Node>) -> Vec<ObjectId> {
    let mut waits: HashMap<ObjectId, usize> = HashMap::new();
    let mut children: HashMap<ObjectId, Vec<ObjectId>> = HashMap::new();
    for (id, node) in nodes {
        // A commit may name the same parent twice.
        let parents: HashSet<&ObjectId> = node.parents.iter().collect();
        let known = parents.iter().filter(|p| nodes.contains_key(**p)).count();
        waits.insert(*id, known);
        for parent in parents {
            children.entry(*parent).or_default().push(*id);
        }
    }
    let mut ready: BinaryHeap<Reverse<(i64, ObjectId)>> = nodes
        .iter()
        .filter(|(id, _)| waits.get(*id) == Some(&0))
        .map(|(id, node)| Reverse((node.committed, *id)))
        .collect();
    let mut order = Vec::with_capacity(nodes.len());
    while let Some(Reverse((_, id))) = ready.pop() {
        order.push(id);
        for child in children.get(&id).into_iter().flatten() {
            if let (Some(count), Some(node)) = (waits.get_mut(child), nodes.get(child)) {
                *count -= 1;
                if *count == 0 {
                    ready.push(Reverse((node.committed, *child)));
                }
            }
        }
    }
    order
}
