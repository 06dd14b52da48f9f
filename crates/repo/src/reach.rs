//! Which commits some tips reach and others don't.

use std::collections::{BTreeSet, BinaryHeap, HashMap};

use gix::ObjectId;

use crate::error::{GitContext, Result};

/// How far clocks may differ between a commit and its parent, in seconds, so that the answer is exact. The library's
/// own walk allows for none, and errs already where commits were made in the same second.
const CLOCK_SKEW: i64 = 4 * 24 * 60 * 60;

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
pub(crate) fn only_from(
    git: &gix::Repository,
    visible: &[ObjectId],
    hidden: &[ObjectId],
) -> Result<HashMap<ObjectId, Node>> {
    let mut walk = Walk {
        git,
        nodes: HashMap::new(),
        queue: BinaryHeap::new(),
        local: BTreeSet::new(),
        open: 0,
    };
    for id in visible {
        walk.paint(*id, true, false)?;
    }
    for id in hidden {
        walk.paint(*id, false, true)?;
    }
    while walk.step()? {}
    let mut nodes = walk.nodes;
    nodes.retain(|_, node| node.is_local());
    Ok(nodes)
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

impl Walk<'_> {
    fn step(&mut self) -> Result<bool> {
        let Some((time, _)) = self.queue.peek() else {
            return Ok(false);
        };
        if self.open == 0 {
            // Only hidden commits are left, and they matter as long as they may lead to a local one.
            match self.local.first() {
                Some((oldest, _)) if *time >= oldest.saturating_sub(CLOCK_SKEW) => {}
                Some(_) | None => return Ok(false),
            }
        }
        let Some((_, id)) = self.queue.pop() else {
            return Ok(false);
        };
        let Some(node) = self.nodes.get_mut(&id) else {
            return Ok(true);
        };
        node.queued = false;
        self.open -= usize::from(node.is_local());
        let (visible, hidden) = (node.visible, node.hidden);
        for parent in node.parents.clone() {
            self.paint(parent, visible, hidden)?;
        }
        Ok(true)
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
