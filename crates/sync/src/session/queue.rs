//! The order of what is to be sent, and what became of each: waiting, under way, settled.

use std::collections::{HashMap, HashSet, VecDeque};

use pawtrail_event::CommitHash;
use pawtrail_event::frame::LocalCommit;

/// A settled commit that the outbox still lists after so long was not noted: it is told again.
const TELL_AGAIN_MS: u64 = 5_000;

/// How a commit was settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The hub has it.
    Acknowledged,
    /// The hub doesn't want it, now or ever.
    SetAside,
}

/// Whether an answer was one that was waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Settled {
    /// It was.
    Now,
    /// It was given before.
    Before,
    /// The commit was never sent.
    Unknown,
}

/// The commits of the outbox, as one conversation sees them.
#[derive(Default)]
pub(crate) struct Queue {
    /// As the outbox gave them.
    list: Vec<LocalCommit>,
    /// Indices into `list`: not sent on this connection, in order.
    waiting: VecDeque<usize>,
    /// Sent on this connection and not answered, in order, with the time of sending.
    in_flight: Vec<(CommitHash, u64)>,
    /// Sent on any connection and not answered: a late answer still counts.
    asked: HashSet<CommitHash>,
    /// Settled, and maybe not yet noted by the outbox.
    settled: HashMap<CommitHash, (Outcome, u64)>,
}

impl Queue {
    /// Takes a new list from the outbox. Returns what was acknowledged long ago and is still
    /// listed.
    pub(crate) fn supply(&mut self, list: Vec<LocalCommit>, now: u64) -> Vec<CommitHash> {
        let listed: HashSet<&CommitHash> = list.iter().map(|commit| &commit.git_hash).collect();
        self.settled.retain(|hash, _| listed.contains(hash));
        let flying: HashSet<&CommitHash> = self.in_flight.iter().map(|(hash, _)| hash).collect();
        self.asked
            .retain(|hash| listed.contains(hash) || flying.contains(hash));
        let mut again = Vec::new();
        for commit in &list {
            if let Some((Outcome::Acknowledged, at)) = self.settled.get_mut(&commit.git_hash)
                && now >= *at + TELL_AGAIN_MS
            {
                *at = now;
                again.push(commit.git_hash.clone());
            }
        }
        self.list = list;
        self.plan();
        again
    }

    /// Returns the next commit to send.
    pub(crate) fn next(&self) -> Option<&LocalCommit> {
        self.waiting.front().and_then(|index| self.list.get(*index))
    }

    /// Notes that the next commit was sent.
    pub(crate) fn sent(&mut self, now: u64) {
        let commit = self
            .waiting
            .pop_front()
            .and_then(|index| self.list.get(index));
        if let Some(commit) = commit {
            self.in_flight.push((commit.git_hash.clone(), now));
            self.asked.insert(commit.git_hash.clone());
        }
    }

    /// Notes an answer, or a decision not to ask.
    pub(crate) fn settle(&mut self, hash: &CommitHash, outcome: Outcome, now: u64) -> Settled {
        if self.settled.contains_key(hash) {
            return Settled::Before;
        }
        let is_next = self.next().is_some_and(|commit| &commit.git_hash == hash);
        let unsent_refusal = is_next && outcome == Outcome::SetAside;
        if !self.asked.remove(hash) && !unsent_refusal {
            return Settled::Unknown;
        }
        self.in_flight.retain(|(flying, _)| flying != hash);
        let list = &self.list;
        self.waiting
            .retain(|index| list.get(*index).is_some_and(|commit| &commit.git_hash != hash));
        self.settled.insert(hash.clone(), (outcome, now));
        Settled::Now
    }

    /// Notes that the connection is lost: what was under way waits again.
    pub(crate) fn lost(&mut self) {
        self.in_flight.clear();
        self.plan();
    }

    /// Returns how many commits are not settled.
    pub(crate) fn remaining(&self) -> usize {
        let listed = |hash: &&CommitHash| self.list.iter().any(|commit| &&commit.git_hash == hash);
        self.waiting.len()
            + self
                .in_flight
                .iter()
                .map(|(hash, _)| hash)
                .filter(listed)
                .count()
    }

    pub(crate) fn in_flight(&self) -> usize {
        self.in_flight.len()
    }

    pub(crate) fn is_in_flight(&self, hash: &CommitHash) -> bool {
        self.in_flight.iter().any(|(flying, _)| flying == hash)
    }

    /// Returns when the commit that waits longest for its answer was sent.
    pub(crate) fn oldest_sent(&self) -> Option<u64> {
        self.in_flight.first().map(|(_, at)| *at)
    }

    fn plan(&mut self) {
        let flying: HashSet<&CommitHash> = self.in_flight.iter().map(|(hash, _)| hash).collect();
        self.waiting = self
            .list
            .iter()
            .enumerate()
            .filter(|(_, commit)| {
                !self.settled.contains_key(&commit.git_hash) && !flying.contains(&commit.git_hash)
            })
            .map(|(index, _)| index)
            .collect();
    }
}
