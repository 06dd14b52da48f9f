//! Which commits some tips reach and others don't.

use std::collections::{BTreeSet, BinaryHeap, HashMap};

use gix::ObjectId;

use crate::error::{GitContext, Result};

/// Of commits that git's commit-graph doesn't know, and beyond [`ALL`] of them: how far clocks may differ between a commit
/// and its parent, in seconds, so that the answer is exact. The library's own walk allows for none, and errs already where
/// commits were made in the same second.
const CLOCK_SKEW: i64 = 4 * 24 * 60 * 60;
/// So many commits that the commit-graph doesn't know are looked at whatever their clocks say.
const ALL: usize = 512;
/// From here on the commit-graph doesn't tell generations apart.
const GREATEST: u32 = 0x3fff_ffff;

/// A commit that was looked at.
#[derive(Debug)]
pub(crate) struct Node {
    /// Its parents.
    pub(crate) parents: Vec<ObjectId>,
    /// When it was committed, in seconds since 1970.
    pub(crate) committed: i64,
    visible: bool,
    hidden: bool,
    queued: bool,
}

impl Node {
    fn is_local(&self) -> bool {
        self.visible && !self.hidden
    }
}

/// Returns the commits that `visible` reach and `hidden` don't. What isn't a commit of this clone reaches nothing.
///
/// Order is ancestry: clocks only say where to look first, and may only end the search in a long history that git's
/// commit-graph doesn't cover.
pub(crate) fn only_from(
    git: &gix::Repository,
    visible: &[ObjectId],
    hidden: &[ObjectId],
) -> Result<HashMap<ObjectId, Node>> {
    let mut walk = Walk::new(git);
    for id in visible {
        walk.paint(*id, true, false)?;
    }
    for id in hidden {
        walk.paint(*id, false, true)?;
    }
    while walk.open > 0 {
        walk.step()?;
    }
    walk.finish()?;
    let mut nodes = walk.nodes;
    nodes.retain(|_, node| node.is_local());
    Ok(nodes)
}

/// Says whether one of `tips` reaches `wanted`, which has these `parents`: exactly, because what is at or below a parent
/// can't. `None` where more than `limit` commits would have to be looked at.
pub(crate) fn has(
    git: &gix::Repository,
    tips: &[ObjectId],
    wanted: ObjectId,
    parents: &[ObjectId],
    limit: usize,
) -> Result<Option<bool>> {
    let tips: BTreeSet<ObjectId> = tips.iter().copied().collect();
    if tips.contains(&wanted) {
        return Ok(Some(true));
    }
    if tips.len() > limit {
        return Ok(None);
    }
    let mut walk = Walk::new(git);
    for id in tips {
        walk.paint(id, true, false)?;
    }
    for id in parents {
        walk.paint(*id, false, true)?;
    }
    while walk.open > 0 && !walk.nodes.contains_key(&wanted) {
        if walk.nodes.len() > limit {
            return Ok(None);
        }
        walk.step()?;
    }
    Ok(Some(walk.nodes.contains_key(&wanted)))
}

/// A walk from newer commits to older ones that hands each mark on to the parents.
struct Walk<'g> {
    git: &'g gix::Repository,
    nodes: HashMap<ObjectId, Node>,
    queue: BinaryHeap<(i64, ObjectId)>,
    /// The local commits so far, oldest first.
    local: BTreeSet<(i64, ObjectId)>,
    /// How many of them are in the queue.
    open: usize,
}

impl<'g> Walk<'g> {
    fn new(git: &'g gix::Repository) -> Self {
        Self {
            git,
            nodes: HashMap::new(),
            queue: BinaryHeap::new(),
            local: BTreeSet::new(),
            open: 0,
        }
    }

    /// Hands on the marks of the newest commit in the queue.
    fn step(&mut self) -> Result<()> {
        let Some((_, id)) = self.queue.pop() else {
            return Ok(());
        };
        let Some(node) = self.nodes.get_mut(&id) else {
            return Ok(());
        };
        node.queued = false;
        self.open -= usize::from(node.is_local());
        let (visible, hidden) = (node.visible, node.hidden);
        for parent in node.parents.clone() {
            self.paint(parent, visible, hidden)?;
        }
        Ok(())
    }

    /// Goes on where only hidden commits are left in the queue: they matter as long as they may lead to a local one.
    fn finish(&mut self) -> Result<()> {
        if self.local.is_empty() || self.queue.is_empty() {
            return Ok(());
        }
        let graph = self.graph()?;
        let generation = |id: &ObjectId| graph.as_ref().and_then(|graph| generation(graph, *id));
        // Local commits only become fewer from here on.
        let lowest = self.local.iter().map(|(_, id)| generation(id));
        let lowest = lowest
            .min_by_key(|known| known.unwrap_or(GREATEST))
            .flatten();
        let mut unknown = 0;
        while let Some((time, id)) = self.queue.peek() {
            let Some((oldest, _)) = self.local.first() else {
                return Ok(());
            };
            let leads = match generation(id) {
                // A generation is greater than those of all that it reaches.
                Some(known) => lowest.is_some_and(|lowest| known > lowest),
                None => {
                    unknown += 1;
                    unknown <= ALL || *time >= oldest.saturating_sub(CLOCK_SKEW)
                }
            };
            if leads {
                self.step()?;
            } else {
                self.queue.pop();
            }
        }
        Ok(())
    }

    /// Git's commit-graph, where there is one that may be used.
    fn graph(&self) -> Result<Option<gix::commitgraph::Graph>> {
        // Where history is cut, or replaced, a generation says nothing.
        if self
            .git
            .is_shallow()
            .git("looking for the end of a shallow clone")?
        {
            return Ok(None);
        }
        // It only shortens the search: git, too, goes without one that it can't read.
        Ok(self.git.commit_graph_if_enabled().unwrap_or_default())
    }

    fn paint(&mut self, id: ObjectId, visible: bool, hidden: bool) -> Result<()> {
        if !self.nodes.contains_key(&id) {
            let Some(node) = read(self.git, id)? else {
                return Ok(());
            };
            self.nodes.insert(id, node);
        }
        let Some(node) = self.nodes.get_mut(&id) else {
            return Ok(());
        };
        if (node.visible || !visible) && (node.hidden || !hidden) {
            return Ok(());
        }
        let before = node.is_local();
        node.visible |= visible;
        node.hidden |= hidden;
        let after = node.is_local();
        let key = (node.committed, id);
        if before && !after {
            self.local.remove(&key);
            self.open -= usize::from(node.queued);
        } else if after && !before {
            self.local.insert(key);
            self.open += usize::from(node.queued);
        }
        if !node.queued {
            node.queued = true;
            self.open += usize::from(after);
            self.queue.push(key);
        }
        Ok(())
    }
}

/// The generation of a commit; nothing where the graph doesn't know it, or was written without them.
fn generation(graph: &gix::commitgraph::Graph, id: ObjectId) -> Option<u32> {
    let known = graph.commit_by_id(id)?.generation();
    (1..GREATEST).contains(&known).then_some(known)
}

fn read(git: &gix::Repository, id: ObjectId) -> Result<Option<Node>> {
    let Some(object) = git.try_find_object(id).git("reading a commit")? else {
        return Ok(None);
    };
    let Ok(commit) = object.try_into_commit() else {
        return Ok(None);
    };
    let decoded = commit.decode().git("reading a commit")?;
    Ok(Some(Node {
        parents: decoded.parents().collect(),
        committed: decoded.committer().git("reading a commit")?.seconds(),
        visible: false,
        hidden: false,
        queued: false,
    }))
}
