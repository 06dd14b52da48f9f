//! The order of what is to be sent, and what became of each: waiting, under way, settled.

use std::collections::{HashMap, HashSet, VecDeque};

use pawtrail_event::CommitHash;
use pawtrail_event::frame::Announcement;

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

struct Flight {
    git_hash: CommitHash,
    sent_at: u64,
    /// Whether the outbox still lists it; a commit that was amended or pushed meanwhile is not.
    listed: bool,
}

/// The commits of the outbox, as one conversation sees them.
#[derive(Default)]
pub(crate) struct Queue {
    /// As the outbox gave them.
    list: Vec<Announcement>,
    /// Indices into `list`: not sent on this connection, in order.
    waiting: VecDeque<usize>,
    /// Sent on this connection and not answered, in order.
    in_flight: Vec<Flight>,
    /// Sent on any connection and not answered: a late answer still counts.
    asked: HashSet<CommitHash>,
    /// Settled, and maybe not yet noted by the outbox.
    settled: HashMap<CommitHash, (Outcome, u64)>,
}

impl Queue {
    /// Takes a new list from the outbox. What it no longer holds is not sent any more; what is
    /// under way stays so, since the hub may have it and answer. Returns what was acknowledged long ago and is still
    /// listed.
    pub(crate) fn supply(&mut self, list: Vec<Announcement>, now: u64) -> Vec<CommitHash> {
        let listed: HashSet<&CommitHash> = list.iter().map(|commit| &commit.git_hash).collect();
        self.settled.retain(|hash, _| listed.contains(hash));
        for flight in &mut self.in_flight {
            flight.listed = listed.contains(&flight.git_hash);
        }
        let flying = flying(&self.in_flight);
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
    pub(crate) fn next(&self) -> Option<&Announcement> {
        self.waiting.front().and_then(|index| self.list.get(*index))
    }

    /// Notes that the next commit was sent.
    pub(crate) fn sent(&mut self, now: u64) {
        let commit = self
            .waiting
            .pop_front()
            .and_then(|index| self.list.get(index));
        if let Some(commit) = commit {
            self.in_flight.push(Flight {
                git_hash: commit.git_hash.clone(),
                sent_at: now,
                listed: true,
            });
            self.asked.insert(commit.git_hash.clone());
        }
    }

    /// Notes an answer.
    pub(crate) fn settle(&mut self, hash: &CommitHash, outcome: Outcome, now: u64) -> Settled {
        if self.settled.contains_key(hash) {
            return Settled::Before;
        }
        if !self.asked.remove(hash) {
            return Settled::Unknown;
        }
        self.settled.insert(hash.clone(), (outcome, now));
        if let Some(at) = self.position(hash) {
            self.in_flight.remove(at);
        } else {
            // Asked on an earlier connection and answered before it was sent again.
            self.plan();
        }
        Settled::Now
    }

    /// Forgets what was acknowledged on earlier connections: whether it waits is the outbox's to say.
    pub(crate) fn forget_acknowledged(&mut self) {
        self.settled
            .retain(|_, (outcome, _)| *outcome == Outcome::SetAside);
        self.plan();
    }

    /// Notes that the next commit is not to be sent at all.
    pub(crate) fn refuse_next(&mut self, now: u64) {
        let commit = self
            .waiting
            .pop_front()
            .and_then(|index| self.list.get(index));
        if let Some(commit) = commit {
            self.settled
                .insert(commit.git_hash.clone(), (Outcome::SetAside, now));
        }
    }

    /// Notes that the connection is lost: what was under way waits again.
    pub(crate) fn lost(&mut self) {
        self.in_flight.clear();
        self.plan();
    }

    /// Returns how many commits are not settled.
    pub(crate) fn remaining(&self) -> usize {
        self.waiting.len() + self.in_flight.iter().filter(|flight| flight.listed).count()
    }

    pub(crate) fn in_flight(&self) -> usize {
        self.in_flight.len()
    }

    pub(crate) fn is_in_flight(&self, hash: &CommitHash) -> bool {
        self.position(hash).is_some()
    }

    /// Returns the commit that waits longest for its answer, and when it was sent.
    pub(crate) fn oldest_sent(&self) -> Option<(&CommitHash, u64)> {
        let flight = self.in_flight.first()?;
        Some((&flight.git_hash, flight.sent_at))
    }

    /// Tells whether a commit waits or is under way.
    pub(crate) fn holds(&self, hash: &CommitHash) -> bool {
        let is_it = |index: &usize| self.list.get(*index).is_some_and(|it| it.git_hash == *hash);
        self.is_in_flight(hash) || self.waiting.iter().any(is_it)
    }

    /// Returns how many entries there are, in all that is kept.
    #[cfg(test)]
    pub(crate) fn kept(&self) -> usize {
        let lists = self.list.len() + self.waiting.len() + self.in_flight.len();
        lists + self.asked.len() + self.settled.len()
    }

    fn position(&self, hash: &CommitHash) -> Option<usize> {
        self.in_flight
            .iter()
            .position(|flight| &flight.git_hash == hash)
    }

    fn plan(&mut self) {
        let flying = flying(&self.in_flight);
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

fn flying(in_flight: &[Flight]) -> HashSet<&CommitHash> {
    in_flight.iter().map(|flight| &flight.git_hash).collect()
}
