//! Which new commit stands in the place of one that an amend, a rebase or a reset took away.

use std::collections::{HashMap, HashSet};

use pawtrail_event::CommitHash;
use pawtrail_event::frame::Announcement;

use super::heirs::heir;
use crate::error::{GitContext, Result};
use crate::local_commits::object_id;

/// A commit that was remembered and that no branch has any more.
#[derive(Debug, Clone)]
pub(super) struct Gone {
    /// The commit.
    pub(super) hash: CommitHash,
    /// The branch that had it.
    pub(super) branch: String,
    /// The commits that it had replaced itself.
    pub(super) supersedes: Vec<CommitHash>,
}

/// What a commit object tells about its place.
struct Place {
    parents: Vec<CommitHash>,
    authored: i64,
}

/// Names each gone commit in the new frame that replaces it: the one that git said it became (`told`); else the one with
/// the same parents on the same branch; else the one on that branch that was authored at the same time; else the one that
/// replaces its parent, as when several are squashed. Returns those that nothing replaces.
pub(super) fn supersede(
    git: &gix::Repository,
    gone: Vec<Gone>,
    fresh: &mut [Announcement],
    told: &HashMap<CommitHash, CommitHash>,
) -> Result<Vec<Gone>> {
    let at: HashMap<CommitHash, usize> = fresh
        .iter()
        .enumerate()
        .map(|(at, frame)| (frame.git_hash.clone(), at))
        .collect();
    let mut places = Vec::with_capacity(fresh.len());
    for frame in fresh.iter() {
        places.push(place(git, &frame.git_hash)?);
    }
    let mut taken: HashSet<usize> = HashSet::new();
    let mut heirs: HashMap<CommitHash, usize> = HashMap::new();
    let mut left = Vec::new();
    // What git said leaves less to be found out.
    let (known, unknown): (Vec<_>, Vec<_>) = gone
        .into_iter()
        .partition(|old| heir(told, &old.hash, |hash| at.contains_key(hash)).is_some());
    for old in known {
        let new = heir(told, &old.hash, |hash| at.contains_key(hash));
        let Some(heir) = new.and_then(|new| at.get(new).copied()) else {
            continue;
        };
        taken.insert(heir);
        heirs.insert(old.hash.clone(), heir);
        inherit(fresh, heir, old);
    }
    for old in unknown {
        let Some(was) = place(git, &old.hash)? else {
            left.push(old);
            continue;
        };
        let same = |rule: &dyn Fn(&Place) -> bool| {
            fresh
                .iter()
                .zip(&places)
                .enumerate()
                .find_map(|(at, (frame, place))| {
                    let fits = !taken.contains(&at)
                        && frame.branch.as_deref() == Some(&*old.branch)
                        && place.as_ref().is_some_and(rule);
                    fits.then_some(at)
                })
        };
        let heir = same(&|new| new.parents == was.parents)
            .or_else(|| same(&|new| new.authored == was.authored))
            .or_else(|| was.parents.iter().find_map(|p| heirs.get(p).copied()));
        match heir {
            Some(at) => {
                taken.insert(at);
                heirs.insert(old.hash.clone(), at);
                inherit(fresh, at, old);
            }
            None => left.push(old),
        }
    }
    Ok(left)
}

fn inherit(fresh: &mut [Announcement], at: usize, old: Gone) {
    if let Some(frame) = fresh.get_mut(at) {
        frame.supersede(old.supersedes);
        frame.supersede([old.hash]);
    }
}

/// Reads a commit; `None` when git has removed it already.
fn place(git: &gix::Repository, hash: &CommitHash) -> Result<Option<Place>> {
    let Some(id) = object_id(git, hash) else {
        return Ok(None);
    };
    let Some(object) = git.try_find_object(id).git("reading a commit")? else {
        return Ok(None);
    };
    let Ok(commit) = object.try_into_commit() else {
        return Ok(None);
    };
    let author = commit.author().git("reading a commit")?;
    let parents = commit
        .parent_ids()
        .map(|id| crate::project::hash(id.detach()));
    Ok(Some(Place {
        parents: parents.collect(),
        authored: author.seconds(),
    }))
}
