//! Brings the remembered answer up to date with git's refs.

use std::collections::{BTreeMap, HashMap, HashSet};

use gix::ObjectId;
use pawtrail_event::CommitHash;
use pawtrail_event::frame::Announcement;

use super::document::Document;
use super::floor;
use super::heirs::heirs;
use super::rewrite::{self, Gone};
use crate::error::{GitContext, Result};
use crate::history;
use crate::local_commits::{self, Framer, Local, Tips, object_id, present, unreached};
use crate::project::{self, Project};
use crate::record;

/// The most vanished commits that are remembered on one branch, in case something replaces them.
const MAX_GONE: usize = 100;
/// The most commits that are remembered as pushed.
const MAX_PUSHED: usize = 1_000;

/// Git's refs as they are now.
struct Refs {
    tips: Tips,
    /// What the remote-tracking branches name, here or not.
    remotes: Vec<ObjectId>,
    digest: String,
}

/// Derives what the refs say now. Where nothing moved since the last time, no history is read.
pub(super) fn catch_up(
    project: &Project,
    framer: &mut Framer<'_>,
    document: &mut Document,
) -> Result<()> {
    // Without a floor everything that is there counts as seen.
    let Some(floor) = floor::read(project)? else {
        return Ok(());
    };
    let refs = refs(project)?;
    let cursors: BTreeMap<String, CommitHash> = refs
        .tips
        .iter()
        .map(|(name, tip)| (name.clone(), project::hash(*tip)))
        .collect();
    let same_remotes = document.remotes.as_deref() == Some(&*refs.digest);
    if same_remotes && document.cursors == cursors {
        return Ok(());
    }
    let pushed = document
        .pushed
        .iter()
        .filter_map(|hash| object_id(framer.git(), hash));
    let base: Vec<ObjectId> = floor
        .into_iter()
        .chain(refs.remotes.iter().copied())
        .chain(pushed)
        .collect();
    let base = present(framer.git(), base);
    let added = match only_grown(framer.git(), document, &refs.tips)? {
        Some(seen) if same_remotes => add_new(framer, document, &refs, &base, seen)?,
        Some(_) => false,
        None => {
            if framer.stores() {
                floor::hold(project, framer.git())?;
            }
            false
        }
    };
    if !added {
        derive_all(framer, document, &refs, &base)?;
    }
    remember_deleted(project, document, &cursors)?;
    document.cursors = cursors;
    document.remotes = Some(refs.digest);
    Ok(())
}

fn refs(project: &Project) -> Result<Refs> {
    let remotes = history::noted_of_remotes(project)?;
    let text: String = remotes
        .iter()
        .map(|(name, id)| format!("{name} {id}\n"))
        .collect();
    let kind = project.git().object_hash();
    let digest = gix::objs::compute_hash(kind, gix::objs::Kind::Blob, text.as_bytes())
        .git("hashing the remote-tracking branches")?;
    Ok(Refs {
        tips: local_commits::mission_branches(project)?,
        remotes: remotes.into_iter().map(|(_, id)| id).collect(),
        digest: digest.to_string(),
    })
}

/// Returns those of `ids` that no mission branch and no remote reaches, and that were not there before Pawtrail.
pub(super) fn unreached_by_any(
    project: &Project,
    git: &gix::Repository,
    ids: &[ObjectId],
) -> Result<HashSet<ObjectId>> {
    let refs = refs(project)?;
    let floor = floor::read(project)?.unwrap_or_default();
    let tips = refs.tips.into_values().chain(refs.remotes).chain(floor);
    unreached(git, ids, &present(git, tips))
}

/// The remembered cursors, where the branches of now still reach each of them.
fn only_grown(
    git: &gix::Repository,
    document: &Document,
    tips: &Tips,
) -> Result<Option<Vec<ObjectId>>> {
    if document.cursors.is_empty() {
        return Ok(None);
    }
    let named: Vec<ObjectId> = document
        .cursors
        .values()
        .filter_map(|hash| object_id(git, hash))
        .collect();
    let seen = present(git, named.iter().copied());
    let distinct: HashSet<ObjectId> = named.into_iter().collect();
    if seen.len() < distinct.len() {
        return Ok(None);
    }
    let now: HashSet<ObjectId> = tips.values().copied().collect();
    let moved: Vec<ObjectId> = seen
        .iter()
        .copied()
        .filter(|id| !now.contains(id))
        .collect();
    let now: Vec<ObjectId> = now.into_iter().collect();
    let lost = unreached(git, &moved, &now)?;
    Ok(lost.is_empty().then_some(seen))
}

/// Adds what came on top of the cursors. False, and nothing is done, where it may name the mission of commits that had
/// none.
fn add_new(
    framer: &mut Framer<'_>,
    document: &mut Document,
    refs: &Refs,
    base: &[ObjectId],
    seen: Vec<ObjectId>,
) -> Result<bool> {
    let hidden: Vec<ObjectId> = base.iter().copied().chain(seen).collect();
    let local = local_commits::local(framer.git(), &refs.tips, &hidden)?;
    let found = local_commits::frames(framer, &local, |_| true)?;
    let mut frames = found.frames.iter().map(|(_, frame)| frame);
    if !document.unattributed.is_empty() && frames.any(local_commits::names_a_mission) {
        return Ok(false);
    }
    let known: HashSet<CommitHash> = document.known().into_iter().cloned().collect();
    let mut fresh: Vec<Announcement> = found
        .frames
        .into_iter()
        .map(|(_, frame)| frame)
        .filter(|frame| !known.contains(&frame.git_hash))
        .collect();
    if !document.withdrawn.is_empty() {
        // A branch may have been moved back to what it had given up.
        let back: HashSet<CommitHash> = local.order.iter().copied().map(project::hash).collect();
        let gone = withdrawn(document, |hash| !back.contains(hash));
        replace_gone(framer.git(), document, refs, gone, &mut fresh)?;
    }
    document.pending.extend(fresh);
    document
        .unattributed
        .extend(found.unattributed.into_iter().map(project::hash));
    remember_pushed(framer.git(), document, refs, &local)?;
    Ok(true)
}

/// Derives everything again and keeps of what was remembered what the refs don't contradict.
fn derive_all(
    framer: &mut Framer<'_>,
    document: &mut Document,
    refs: &Refs,
    base: &[ObjectId],
) -> Result<()> {
    let local = local_commits::local(framer.git(), &refs.tips, base)?;
    // What a frame says of its commit doesn't change, but for the branch that it is found on.
    let kept: HashSet<ObjectId> = document
        .pending
        .iter()
        .filter_map(|frame| Some((object_id(framer.git(), &frame.git_hash)?, frame)))
        .filter(|(id, frame)| local.branch.get(id) == frame.branch.as_ref())
        .map(|(id, _)| id)
        .collect();
    let found = local_commits::frames(framer, &local, |id| !kept.contains(id))?;
    let vanished = vanished(framer.git(), document, refs, &local)?;
    let here: HashSet<CommitHash> = local.order.iter().copied().map(project::hash).collect();
    let settled: HashSet<CommitHash> = document
        .acknowledged
        .hashes()
        .chain(document.set_aside.iter().map(|entry| &entry.git_hash))
        .cloned()
        .collect();

    let mut stored: HashMap<CommitHash, Announcement> = HashMap::new();
    let mut pending = Vec::new();
    let mut gone_pending = Vec::new();
    for frame in std::mem::take(&mut document.pending) {
        if here.contains(&frame.git_hash) {
            stored.insert(frame.git_hash.clone(), frame);
        } else if vanished.contains(&frame.git_hash) {
            gone_pending.push(frame);
        } else {
            // Pushed before a hub confirmed it: it waits on.
            pending.push(frame);
        }
    }
    let mut derived: HashMap<CommitHash, Announcement> = found
        .frames
        .into_iter()
        .map(|(_, frame)| (frame.git_hash.clone(), frame))
        .collect();
    let mut fresh = Vec::new();
    let mut local_frames = Vec::new();
    for id in &local.order {
        let hash = project::hash(*id);
        let frame = match (stored.remove(&hash), derived.remove(&hash)) {
            (Some(old), Some(mut new)) => {
                // The checkout that made it and what it replaces aren't in git.
                new.stay(&old);
                new
            }
            (Some(old), None) => old,
            (None, Some(new)) if settled.contains(&hash) => {
                drop(new);
                continue;
            }
            (None, Some(new)) => {
                fresh.push(new);
                continue;
            }
            (None, None) => continue,
        };
        local_frames.push(frame);
    }

    let mut gone = withdrawn(document, |hash| vanished.contains(hash));
    let listed: HashSet<CommitHash> = gone.iter().map(|old| old.hash.clone()).collect();
    let acknowledged = &document.acknowledged;
    let lost = acknowledged
        .by_branch()
        .filter(|(_, hash)| vanished.contains(*hash) && !listed.contains(*hash));
    gone.extend(lost.map(|(branch, hash)| Gone {
        hash: hash.clone(),
        branch: branch.to_owned(),
        supersedes: acknowledged.supersedes(hash),
    }));
    gone.extend(gone_pending.into_iter().filter_map(|frame| {
        Some(Gone {
            hash: frame.git_hash.clone(),
            branch: frame.branch.clone()?,
            supersedes: frame.supersedes.clone(),
        })
    }));
    replace_gone(framer.git(), document, refs, gone, &mut fresh)?;
    // A confirmed commit that came back needs no second frame; one on a remote needs no memory. What a consent left out is
    // below the floor, and confirmed all the same.
    let remembered: HashSet<CommitHash> = document.withdrawn.values().flatten().cloned().collect();
    let kept_back = document.acknowledged.kept_back.clone();
    document.acknowledged.retain(|hash| {
        here.contains(hash)
            || remembered.contains(hash)
            || (kept_back.contains(hash) && !vanished.contains(hash))
    });

    document
        .set_aside
        .retain(|entry| !vanished.contains(&entry.git_hash));
    document.unattributed = found.unattributed.into_iter().map(project::hash).collect();
    pending.extend(in_order(&local, local_frames, fresh));
    document.pending = pending;
    remember_pushed(framer.git(), document, refs, &local)
}

fn in_order(
    local: &Local,
    stored: Vec<Announcement>,
    fresh: Vec<Announcement>,
) -> Vec<Announcement> {
    let mut by_hash: HashMap<CommitHash, Announcement> = stored
        .into_iter()
        .chain(fresh)
        .map(|frame| (frame.git_hash.clone(), frame))
        .collect();
    local
        .order
        .iter()
        .filter_map(|id| by_hash.remove(&project::hash(*id)))
        .collect()
}

/// Everything that is remembered and that no mission branch and no remote reaches any more.
fn vanished(
    git: &gix::Repository,
    document: &Document,
    refs: &Refs,
    local: &Local,
) -> Result<HashSet<CommitHash>> {
    let here: HashSet<ObjectId> = local.order.iter().copied().collect();
    let mut gone = HashSet::new();
    let mut asked = Vec::new();
    let remembered = document
        .pending
        .iter()
        .map(|frame| &frame.git_hash)
        .chain(document.acknowledged.hashes())
        .chain(document.withdrawn.values().flatten())
        .chain(document.set_aside.iter().map(|entry| &entry.git_hash));
    for hash in remembered {
        match object_id(git, hash) {
            Some(id) if here.contains(&id) => {}
            Some(id) if !present(git, [id]).is_empty() => asked.push(id),
            // Git has removed it, which it does only with what no ref reaches.
            Some(_) | None => {
                gone.insert(hash.clone());
            }
        }
    }
    let tips = refs.tips.values().chain(&refs.remotes).copied();
    let lost = unreached(git, &asked, &present(git, tips))?;
    gone.extend(lost.into_iter().map(project::hash));
    Ok(gone)
}

/// Takes the withdrawn commits and returns those that are `gone` still.
fn withdrawn(document: &mut Document, gone: impl Fn(&CommitHash) -> bool) -> Vec<Gone> {
    let mut found = Vec::new();
    for (branch, hashes) in std::mem::take(&mut document.withdrawn) {
        for hash in hashes.into_iter().filter(|hash| gone(hash)) {
            found.push(Gone {
                hash,
                branch: branch.clone(),
                supersedes: Vec::new(),
            });
        }
    }
    found
}

/// Names gone commits in the fresh frames that replace them, and remembers the others as withdrawn.
fn replace_gone(
    git: &gix::Repository,
    document: &mut Document,
    refs: &Refs,
    gone: Vec<Gone>,
    fresh: &mut [Announcement],
) -> Result<()> {
    let told = heirs(&document.rewritten);
    for old in rewrite::supersede(git, gone, fresh, &told)? {
        if refs.tips.contains_key(&old.branch) {
            let group = document.withdrawn.entry(old.branch).or_default();
            group.extend(old.supersedes);
            group.push(old.hash);
            group.drain(..group.len().saturating_sub(MAX_GONE));
        }
    }
    let replaced: HashSet<&CommitHash> = fresh.iter().flat_map(|frame| &frame.supersedes).collect();
    document
        .acknowledged
        .retain(|hash| !replaced.contains(hash));
    Ok(())
}

/// Git forgets where a deleted branch stood. Whose recorded ledger it was may want it back.
fn remember_deleted(
    project: &Project,
    document: &mut Document,
    cursors: &BTreeMap<String, CommitHash>,
) -> Result<()> {
    document
        .deleted
        .retain(|branch, _| !cursors.contains_key(branch));
    let mut deleted = std::mem::take(&mut document.cursors);
    deleted.retain(|branch, _| !cursors.contains_key(branch));
    if !deleted.is_empty() {
        let recorded = record::branches(project)?;
        deleted.retain(|branch, _| recorded.contains(branch));
        document.deleted.append(&mut deleted);
    }
    Ok(())
}

/// What was on a remote once stays so, though the remote branch is pruned or overwritten.
fn remember_pushed(
    git: &gix::Repository,
    document: &mut Document,
    refs: &Refs,
    local: &Local,
) -> Result<()> {
    if refs.remotes.is_empty() {
        return Ok(());
    }
    let edge = present(git, local.edge.iter().copied());
    let remotes = present(git, refs.remotes.iter().copied());
    let elsewhere = unreached(git, &edge, &remotes)?;
    let reached: Vec<ObjectId> = edge
        .into_iter()
        .filter(|id| !elsewhere.contains(id))
        .collect();
    let before = document
        .pushed
        .iter()
        .filter_map(|hash| object_id(git, hash));
    let before = present(git, before);
    let beyond = unreached(git, &before, &reached)?;
    let mut pushed: Vec<ObjectId> = before
        .into_iter()
        .filter(|id| beyond.contains(id))
        .collect();
    pushed.extend(reached);
    pushed.drain(..pushed.len().saturating_sub(MAX_PUSHED));
    document.pushed = pushed.into_iter().map(project::hash).collect();
    Ok(())
}
