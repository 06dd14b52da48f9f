//! The far side of a simulation's network: how the hub answers, stores, and dies.

use pawtrail_event::CommitHash;

use super::hub::{Fate, Store};
use super::network::{Event, World};
use crate::session::Input;
use crate::testing::hash;

impl World {
    pub(super) fn kill_hub(&mut self, fate: Fate) {
        self.hub += 1;
        self.faults.hub_deaths += 1;
        match fate {
            Fate::Kept => {}
            Fate::SetBack => self.store = self.backup.clone(),
            Fate::Emptied => self.store = Store::named(self.hub),
        }
        if fate != Fate::Kept {
            self.faults.emptied += u64::from(fate == Fate::Emptied);
            self.faults.set_back += u64::from(fate == Fate::SetBack);
            // Nobody acknowledges any more what is lost.
            self.old_acks.clear();
        }
        if let Some(attempt) = self.attempt {
            // Its system closes the line, unless that falls silent with it.
            if self.chance(80) {
                self.drop_line(attempt);
            } else {
                self.silent.insert(attempt);
            }
        }
    }

    pub(super) fn connected(&mut self, attempt: u64, how: u64) {
        if self.attempt != Some(attempt) {
            return;
        }
        match how {
            0..15 => {
                self.attempt = None;
                self.feed(Input::Closed("no route".to_owned()));
            }
            15..20 => {
                self.attempt = None;
                self.feed(Input::Refused("401".to_owned()));
            }
            // Neither an answer nor an error: the session's own limit has to end it.
            20..25 => {}
            _ => {
                self.hubs.insert(attempt, self.hub);
                self.feed(Input::Connected);
                let snapshot = self.store.snapshot();
                self.down(attempt, snapshot);
                if !self.calm() && self.chance(40) {
                    let time = self.now + self.dice.below(800);
                    self.at(time, Event::Drop { attempt });
                }
                // Answers to an earlier connection come on this one, in any order.
                while self.chance(60)
                    && let Some((old, frames)) = self.old_acks.pop_back()
                {
                    self.faults.late_answers += 1;
                    self.ack(attempt, &old, frames);
                }
            }
        }
    }

    pub(super) fn hub_receives(&mut self, attempt: u64, commit: &CommitHash) {
        // Of a connection that broke some bytes may still arrive, but never any after a gap.
        if self.attempt != Some(attempt) && self.chance(30) {
            self.cut.insert(attempt);
        }
        let dead = self.hubs.get(&attempt) != Some(&self.hub);
        if self.cut.contains(&attempt) || self.silent.contains(&attempt) || dead {
            // What was silent for one frame stays so for all after it.
            self.cut.insert(attempt);
            return;
        }
        self.receipts += 1;
        if let Some(left) = self.clone.left.get(commit) {
            assert!(
                *left >= self.greeted[&attempt],
                "{commit} left at {left}, before the connection {attempt} stood"
            );
            self.overtaken += 1;
        }
        // Deaths come when there is most to lose.
        if !self.calm() && self.chance(1) {
            let time = self.now + self.dice.below(20);
            self.at(time, Event::KillHub(Fate::Kept));
        }
        // Frames are written in the order in which they came, in groups.
        let time = self.last_write.max(self.now) + self.dice.below(10);
        self.last_write = time;
        self.at(
            time,
            Event::Stored {
                attempt,
                commit: commit.clone(),
                life: self.hub,
            },
        );
    }

    pub(super) fn stored(&mut self, attempt: u64, commit: &CommitHash, life: u64) {
        if life != self.hub {
            self.faults.lost_unstored += 1;
            return;
        }
        let frames = self.store.write(commit);
        if self.chance(10) {
            self.old_acks.push_back((commit.clone(), frames));
        }
        if !self.calm() && self.chance(5) {
            self.down(attempt, "no frame".to_owned());
            self.ack(attempt, &hash(1_000_000), frames);
        }
        self.ack(attempt, commit, frames);
        if self.chance(15) {
            self.faults.repeated_answers += 1;
            self.ack(attempt, commit, frames);
        }
    }
}
