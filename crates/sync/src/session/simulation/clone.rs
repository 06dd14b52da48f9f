//! The clone of a simulation: its history, and what its outbox remembers of a hub's answers.

use std::collections::{BTreeMap, BTreeSet};

use pawtrail_event::CommitHash;
use pawtrail_event::frame::{Announcement, LocalCommitAck, Snapshot, Word};

use crate::testing::{commit, hash};

/// One build with one branch.
#[derive(Default)]
pub(super) struct Clone {
    /// How many commits were made.
    pub(super) made: u64,
    /// What was made and not rewritten, in order.
    pub(super) current: Vec<CommitHash>,
    /// What was rewritten before the hub's answer was noted, and when.
    pub(super) left: BTreeMap<CommitHash, u64>,
    /// What the hub has by the clone's notes.
    noted: BTreeSet<CommitHash>,
    /// How many frames the hub had taken by its last answer, and which hub that was.
    frames: u64,
    store: Option<String>,
}

impl Clone {
    pub(super) fn make(&mut self) {
        self.current.push(hash(self.made));
        self.made += 1;
    }

    /// The last of those that wait, at most so many, give way to a new one. Returns them.
    pub(super) fn rewrite(&mut self, most: usize, now: u64) -> Vec<CommitHash> {
        let waiting = self.current.iter().rev();
        let waiting = waiting
            .take_while(|hash| !self.noted.contains(hash))
            .count();
        let old = self
            .current
            .split_off(self.current.len() - waiting.min(most));
        self.left.extend(old.iter().map(|hash| (hash.clone(), now)));
        self.make();
        old
    }

    pub(super) fn waiting(&self) -> Vec<Announcement> {
        let waits = self
            .current
            .iter()
            .filter(|hash| !self.noted.contains(hash));
        waits.map(|hash| commit(number(hash))).collect()
    }

    /// Says whether nothing waits.
    pub(super) fn is_clear(&self) -> bool {
        self.waiting().is_empty()
    }

    /// Notes answers. Returns how many were news.
    pub(super) fn note(&mut self, acks: &[LocalCommitAck]) -> u64 {
        let mut news = 0;
        for ack in acks {
            if self.current.contains(&ack.git_hash) && self.noted.insert(ack.git_hash.clone()) {
                news += 1;
                self.frames = ack.frames.unwrap_or(self.frames);
            }
        }
        news
    }

    /// Compares with what the hub says. Returns how many lost answers that brought.
    pub(super) fn compare(&mut self, said: &Snapshot) -> u64 {
        let build = commit(0).build_id.clone();
        let (last, frames) = match said.of(&build) {
            Word::Unsaid => panic!("the hub says what it has"),
            Word::None => (None, 0),
            Word::Last(last, frames) => (Some(last), frames.unwrap()),
        };
        if self.store != said.store || frames < self.frames {
            self.noted.clear();
        }
        self.store.clone_from(&said.store);
        self.frames = frames;
        let there = last.filter(|last| self.current.contains(last));
        u64::from(there.is_some_and(|last| self.noted.insert(last.clone())))
    }
}

pub(super) fn number(hash: &CommitHash) -> u64 {
    u64::from_str_radix(hash.as_str(), 16).unwrap()
}
