//! What hubs have acknowledged and no remote has: enough of it to announce it again to a hub that has lost it.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use pawtrail_event::frame::{Announcement, LocalCommitAck, Snapshot, Word};
use pawtrail_event::{BuildId, CommitHash};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A branch and the build that announced its commits; nothing where that isn't remembered.
pub(super) type Place = (String, Option<BuildId>);

/// How often at most, within [`AGAIN_S`], what a hub acknowledged goes to it again because it says that it lacks it. Only a hub
/// that counts what it takes is believed each time: another one may say the same of every connection, and then all
/// would be sent with each of them.
const MOST_AGAIN: u32 = 5;
/// That time, in seconds.
const AGAIN_S: i64 = 3_600;

/// The acknowledged commits.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Acknowledged {
    /// In the order of the hub's answers.
    pub(super) groups: BTreeMap<Place, Vec<CommitHash>>,
    /// What those of them replaced that replaced something.
    pub(super) supersedes: BTreeMap<CommitHash, Vec<CommitHash>>,
    /// The last answer to each build.
    pub(super) last: BTreeMap<BuildId, Answer>,
    /// The name of the store of the hub that gave them, if it told one.
    pub(super) store: Option<String>,
    /// Those that are never announced again, because a later consent doesn't cover them.
    pub(super) kept_back: BTreeSet<CommitHash>,
    /// How often a hub that doesn't count said of a build that it lacks what it had acknowledged.
    pub(super) again: BTreeMap<BuildId, Again>,
}

/// So many times since then, in seconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(super) struct Again {
    times: u32,
    since: i64,
}

/// An answer of a hub to a build.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(super) struct Answer {
    /// The commit that it was about.
    git_hash: CommitHash,
    /// How many frames of the build the hub had taken by then, if it said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    frames: Option<u64>,
}

/// What git doesn't tell of a commit that is announced again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Memory {
    build_id: Option<BuildId>,
    supersedes: Vec<CommitHash>,
}

impl Memory {
    /// Lets the new frame say what the first one said.
    pub(super) fn recall(self, frame: &mut Announcement) {
        if let Some(build_id) = self.build_id {
            frame.be_of(build_id);
        }
        frame.supersede(self.supersedes);
    }
}

/// How much of a build a hub has lost.
enum Lost<'s> {
    /// Everything, as far as can be known.
    All,
    /// Everything but what came on this commit's branch up to it.
    AllBut(&'s CommitHash),
    /// What came after this commit on its branch; of the rest nothing is known.
    After(&'s CommitHash),
    /// Nothing.
    Nothing,
}

impl Acknowledged {
    /// Returns all of them.
    pub(super) fn hashes(&self) -> impl Iterator<Item = &CommitHash> {
        self.groups.values().flatten()
    }

    /// Returns all of them with their branches.
    pub(super) fn by_branch(&self) -> impl Iterator<Item = (&str, &CommitHash)> {
        let groups = self.groups.iter();
        groups.flat_map(|((branch, _), hashes)| hashes.iter().map(move |hash| (&**branch, hash)))
    }

    /// Returns what a commit replaced.
    pub(super) fn supersedes(&self, hash: &CommitHash) -> Vec<CommitHash> {
        self.supersedes.get(hash).cloned().unwrap_or_default()
    }

    /// Takes what a hub has just acknowledged out of what waits, in the order of its answers. Returns what waited.
    pub(super) fn take(
        &mut self,
        pending: &mut Vec<Announcement>,
        there: &[LocalCommitAck],
    ) -> HashSet<CommitHash> {
        let named: HashSet<&CommitHash> = there.iter().map(|ack| &ack.git_hash).collect();
        let (gone, stays): (Vec<_>, Vec<_>) = std::mem::take(pending)
            .into_iter()
            .partition(|frame| named.contains(&frame.git_hash));
        *pending = stays;
        let gone: HashMap<CommitHash, Announcement> = gone
            .into_iter()
            .map(|frame| (frame.git_hash.clone(), frame))
            .collect();
        let mut found = HashSet::new();
        for ack in there {
            if let Some(frame) = gone.get(&ack.git_hash)
                && found.insert(ack.git_hash.clone())
            {
                self.add(frame, ack.frames);
            }
        }
        found
    }

    fn add(&mut self, frame: &Announcement, frames: Option<u64>) {
        let branch = frame.branch.clone().unwrap_or_default();
        let place = (branch, Some(frame.build_id.clone()));
        let group = self.groups.entry(place).or_default();
        group.push(frame.git_hash.clone());
        if !frame.supersedes.is_empty() {
            let supersedes = frame.supersedes.clone();
            self.supersedes.insert(frame.git_hash.clone(), supersedes);
        }
        let answer = Answer {
            git_hash: frame.git_hash.clone(),
            frames,
        };
        self.last.insert(frame.build_id.clone(), answer);
    }

    /// The same for one whose frame is gone.
    pub(super) fn add_bare(&mut self, hash: CommitHash) {
        let place = (String::new(), None);
        self.groups.entry(place).or_default().push(hash);
    }

    /// Keeps those of which this is true.
    pub(super) fn retain(&mut self, stays: impl Fn(&CommitHash) -> bool) {
        for hashes in self.groups.values_mut() {
            hashes.retain(&stays);
        }
        self.groups.retain(|_, hashes| !hashes.is_empty());
        self.supersedes.retain(|hash, _| stays(hash));
        self.kept_back.retain(&stays);
        let groups = &self.groups;
        // Where nothing is left that could be sent again, the last answer says nothing. A group of an unknown build, as an
        // earlier version writes it, may be of any.
        self.last.retain(|build, _| {
            let mut known = groups.keys().map(|(_, build)| build);
            known.any(|known| known.as_ref().is_none_or(|known| known == build))
        });
    }

    /// Keeps all that is here from being announced again.
    pub(super) fn keep_back(&mut self) {
        self.kept_back = self.hashes().cloned().collect();
    }

    /// Takes out what would be announced again to a hub that has none of it.
    pub(super) fn forget_all(&mut self, own: &BuildId) -> HashMap<CommitHash, Memory> {
        let empty = Snapshot {
            builds: Some(Vec::new()),
            ..Snapshot::default()
        };
        self.again.clear();
        self.forget(&empty, own, 0)
    }

    /// Takes out what a hub has lost, by its own words. `own` is the build that stands for those that aren't remembered,
    /// `now` is in seconds since 1970.
    ///
    /// What it may have all the same is sent twice, which does no harm.
    pub(super) fn forget(
        &mut self,
        said: &Snapshot,
        own: &BuildId,
        now: i64,
    ) -> HashMap<CommitHash, Memory> {
        let builds: BTreeSet<BuildId> = self
            .groups
            .keys()
            .map(|(_, build)| build.as_ref().unwrap_or(own).clone())
            .collect();
        let is_other = self.store.is_some() && said.store.is_some() && self.store != said.store;
        if said.store.is_some() {
            self.store.clone_from(&said.store);
        }
        // Whichever build brought them.
        let there: HashSet<&CommitHash> = said.named().collect();
        self.again.retain(|build, _| builds.contains(build));
        let mut forgotten = HashMap::new();
        for build in builds {
            let before = self.last.get(&build).cloned();
            let counts = before.as_ref().is_some_and(|last| last.frames.is_some());
            let mut lost = self.lost(&build, said, is_other);
            if lost.is_much() && !counts && !is_other && !self.may_again(&build, now) {
                lost = Lost::Nothing;
                self.last
                    .extend(before.map(|before| (build.clone(), before)));
            }
            for ((_, known), hashes) in &mut self.groups {
                if *known.as_ref().unwrap_or(own) != build {
                    continue;
                }
                let from = lost.place_in(hashes);
                let mut place = 0..;
                hashes.retain(|hash| {
                    let is_before = place.next() < Some(from);
                    if is_before || there.contains(hash) || self.kept_back.contains(hash) {
                        return true;
                    }
                    let memory = Memory {
                        build_id: known.clone(),
                        supersedes: self.supersedes.get(hash).cloned().unwrap_or_default(),
                    };
                    forgotten.insert(hash.clone(), memory);
                    false
                });
            }
        }
        if !forgotten.is_empty() {
            self.retain(|hash| !forgotten.contains_key(hash));
        }
        forgotten
    }

    /// Says whether what a build was acknowledged may go out again, and counts that.
    fn may_again(&mut self, build: &BuildId, now: i64) -> bool {
        let fresh = Again {
            times: 0,
            since: now,
        };
        let again = self.again.entry(build.clone()).or_insert(fresh);
        // A time in the future is a clock that jumped.
        if !(0..AGAIN_S).contains(&(now - again.since)) {
            *again = fresh;
        }
        again.times = again.times.saturating_add(1);
        again.times <= MOST_AGAIN
    }

    /// Compares what is remembered of a build with what a hub says, and remembers that.
    ///
    /// A hub counts what it takes of a build, and what it is set back to has fewer. One that doesn't count names its last:
    /// where that is the last that is remembered, it has everything.
    fn lost<'s>(&mut self, build: &BuildId, said: &'s Snapshot, is_other: bool) -> Lost<'s> {
        let word = said.of(build);
        let before = match word {
            Word::Last(hash, frames) => {
                let git_hash = hash.clone();
                let answer = Answer { git_hash, frames };
                self.last.insert(build.clone(), answer)
            }
            Word::Unsaid if !is_other => return Lost::Nothing,
            Word::None | Word::Unsaid => self.last.remove(build),
        };
        match (word, before) {
            _ if is_other => Lost::All,
            (Word::None, _) => Lost::All,
            (Word::Unsaid, _) => Lost::Nothing,
            (Word::Last(hash, _), None) => Lost::After(hash),
            (Word::Last(hash, frames), Some(before)) => match (before.frames, frames) {
                (Some(before), Some(frames)) if frames < before => Lost::All,
                (Some(_), Some(_)) => Lost::Nothing,
                (None, _) | (_, None) if before.git_hash == *hash => Lost::Nothing,
                (None, _) | (_, None) => Lost::AllBut(hash),
            },
        }
    }
}

impl Lost<'_> {
    /// Says whether a hub can say so again and again.
    fn is_much(&self) -> bool {
        match self {
            Self::All | Self::AllBut(_) => true,
            Self::After(_) | Self::Nothing => false,
        }
    }

    /// Returns from which place on a group is lost.
    fn place_in(&self, hashes: &[CommitHash]) -> usize {
        let behind =
            |last: &CommitHash| hashes.iter().position(|hash| hash == last).map(|at| at + 1);
        match self {
            Self::All => 0,
            Self::AllBut(last) => behind(last).unwrap_or(0),
            Self::After(last) => behind(last).unwrap_or(hashes.len()),
            Self::Nothing => hashes.len(),
        }
    }
}
