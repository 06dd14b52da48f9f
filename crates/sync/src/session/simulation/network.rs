//! The network of a simulation: what travels, what breaks, and the processes on both sides, which die.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use pawtrail_event::CommitHash;
use pawtrail_event::frame::{Announcement, LocalCommitAck, Outgoing, Snapshot};
use pawtrail_testkit::Dice;

use super::clone::Clone;
use super::faults::Faults;
use super::hub::{Fate, Store};
use super::{CALM_MS, WINDOW};
use crate::session::{Action, Input, Limits, Session};

/// What travels or is scheduled.
pub(super) enum Event {
    ConnectResult {
        attempt: u64,
        how: u64,
    },
    ToHub {
        attempt: u64,
        commit: CommitHash,
    },
    /// The hub writes what it has taken, and then answers; a hub that died meanwhile doesn't.
    Stored {
        attempt: u64,
        commit: CommitHash,
        life: u64,
    },
    ToClone {
        attempt: u64,
        text: String,
    },
    Drop {
        attempt: u64,
    },
    Noted {
        commits: Vec<LocalCommitAck>,
        courier: u64,
    },
    /// The clone compares what it remembers with what the hub says.
    Compared {
        said: Snapshot,
        refresh: u64,
        courier: u64,
    },
    Listed {
        list: Vec<Announcement>,
        refresh: u64,
        courier: u64,
    },
    Commit,
    /// The last commits that wait give way to new ones, as an amend or a rebase does.
    Rewrite,
    Timer {
        set: u64,
    },
    /// From now on nothing passes, and neither side is told.
    FallSilent {
        attempt: u64,
    },
    KillHub(Fate),
    /// The hub's store is copied.
    Backup,
    KillCourier,
}

/// A clone, a hub, and the network between them.
pub(super) struct World {
    pub(super) dice: Dice,
    pub(super) session: Session,
    pub(super) now: u64,
    pub(super) serial: u64,
    pub(super) events: BTreeMap<(u64, u64), Event>,
    /// The connection of the clone, if one is made or being made.
    pub(super) attempt: Option<u64>,
    pub(super) attempts: u64,
    /// One pipe keeps its order: the time of its last delivery each way.
    pub(super) last_up: u64,
    pub(super) last_down: u64,
    /// When the hub writes what it has taken last.
    pub(super) last_write: u64,
    pub(super) clone: Clone,
    /// When the clone got the snapshot of a connection.
    pub(super) greeted: BTreeMap<u64, u64>,
    /// Refreshes that the session asked for.
    pub(super) refreshes: u64,
    /// The last of them that was done.
    pub(super) refreshed: u64,
    /// When the clone's worker has done what it was told, one after another.
    pub(super) worked: u64,
    /// What was rewritten unseen by the hub, and what was on its way there.
    pub(super) unseen: u64,
    pub(super) overtaken: u64,
    pub(super) store: Store,
    pub(super) backup: Store,
    pub(super) receipts: u64,
    pub(super) old_acks: VecDeque<(CommitHash, u64)>,
    /// Connections of which nothing arrives any more.
    pub(super) cut: BTreeSet<u64>,
    /// How often the timer was set.
    pub(super) timer: u64,
    /// When the last list of the outbox arrives.
    pub(super) last_list: u64,
    /// Connections that fell silent.
    pub(super) silent: BTreeSet<u64>,
    /// Which life of the hub and of the courier it is, and of which hub each connection was.
    pub(super) hub: u64,
    pub(super) hubs: BTreeMap<u64, u64>,
    pub(super) courier: u64,
    /// The most that the session kept, and the most that ever waited.
    pub(super) kept: usize,
    pub(super) longest_list: usize,
    pub(super) faults: Faults,
}

impl World {
    pub(super) fn new(seed: u64) -> Self {
        let session = start(seed);
        Self {
            dice: Dice::new(seed),
            session,
            now: 0,
            serial: 0,
            events: BTreeMap::new(),
            attempt: None,
            attempts: 0,
            last_up: 0,
            last_down: 0,
            last_write: 0,
            clone: Clone::default(),
            greeted: BTreeMap::new(),
            refreshes: 0,
            refreshed: 0,
            worked: 0,
            unseen: 0,
            overtaken: 0,
            store: Store::default(),
            backup: Store::default(),
            receipts: 0,
            old_acks: VecDeque::new(),
            cut: BTreeSet::new(),
            timer: 0,
            last_list: 0,
            silent: BTreeSet::new(),
            hub: 0,
            hubs: BTreeMap::new(),
            courier: 0,
            kept: 0,
            longest_list: 0,
            faults: Faults::default(),
        }
    }

    pub(super) fn at(&mut self, time: u64, event: Event) {
        self.serial += 1;
        self.events.insert((time, self.serial), event);
    }

    /// When the worker, who does one thing after another, will have done one more.
    fn work(&mut self) -> u64 {
        self.worked = self.worked.max(self.now) + self.dice.below(200);
        self.worked
    }

    pub(super) fn chance(&mut self, percent: u64) -> bool {
        self.dice.below(100) < percent
    }

    pub(super) fn calm(&self) -> bool {
        self.now >= CALM_MS
    }

    pub(super) fn feed(&mut self, input: Input) {
        let actions = self.session.step(input, self.now);
        assert!(self.session.in_flight() <= WINDOW);
        self.kept = self.kept.max(self.session.kept());
        for action in actions {
            self.act(action);
        }
    }

    fn act(&mut self, action: Action) {
        match action {
            Action::Connect => {
                assert!(self.attempt.is_none(), "two connections at once");
                self.attempts += 1;
                let attempt = self.attempts;
                self.attempt = Some(attempt);
                let how = if self.calm() {
                    99
                } else {
                    self.dice.below(100)
                };
                let time = self.now + self.dice.below(300);
                (self.last_up, self.last_down) = (time, time);
                self.at(time, Event::ConnectResult { attempt, how });
            }
            Action::Close => self.attempt = None,
            Action::Send(Outgoing::Commit(frame)) => {
                let attempt = self.attempt.expect("sent without a connection");
                let time = self.last_up.max(self.now) + self.dice.below(30);
                self.last_up = time;
                let commit = frame.git_hash.clone();
                self.at(time, Event::ToHub { attempt, commit });
                if !self.calm() && self.chance(2) {
                    let time = self.now + self.dice.below(60);
                    self.at(time, Event::Drop { attempt });
                }
                if !self.calm() && self.chance(1) {
                    let time = self.now + self.dice.below(60);
                    self.at(time, Event::FallSilent { attempt });
                }
            }
            Action::Send(frame) => panic!("unexpected {frame:?}"),
            Action::Probe => {
                // The hub's protocol layer answers; on this network, as text would.
                if let Some(attempt) = self.attempt {
                    self.down(attempt, r#"{"type":"later-version"}"#.to_owned());
                }
            }
            Action::Refresh(said) => {
                self.refreshes += 1;
                let attempt = self.attempt.expect("asked without a connection");
                self.greeted.insert(attempt, self.now);
                let (time, refresh, courier) = (self.work(), self.refreshes, self.courier);
                self.at(
                    time,
                    Event::Compared {
                        said,
                        refresh,
                        courier,
                    },
                );
            }
            Action::Acknowledged(commits) => {
                let (time, courier) = (self.work(), self.courier);
                self.at(time, Event::Noted { commits, courier });
                if !self.calm() && self.chance(2) {
                    let time = self.now + self.dice.below(200);
                    self.at(time, Event::KillCourier);
                }
            }
            Action::SetAside { git_hash, .. } => panic!("{git_hash} was set aside"),
            Action::SleepUntil(time) => {
                // One timer: setting it again takes the earlier setting back.
                self.timer += 1;
                if time != u64::MAX {
                    let late = self.dice.below(20);
                    let set = self.timer;
                    self.at(time.max(self.now) + late, Event::Timer { set });
                }
            }
        }
    }

    pub(super) fn down(&mut self, attempt: u64, text: String) {
        let time = self.last_down.max(self.now) + self.dice.below(30);
        self.last_down = time;
        self.at(time, Event::ToClone { attempt, text });
    }

    pub(super) fn ack(&mut self, attempt: u64, commit: &CommitHash, frames: u64) {
        let text =
            format!(r#"{{"type":"LocalCommitAck","git_hash":"{commit}","frames":{frames}}}"#);
        self.down(attempt, text);
    }

    fn list(&mut self) {
        let list = self.clone.waiting();
        let time = self.now + self.dice.below(100);
        // Lists come from one worker: they don't overtake each other.
        let time = time.max(self.last_list);
        self.last_list = time;
        let (refresh, courier) = (self.refreshed, self.courier);
        self.at(
            time,
            Event::Listed {
                list,
                refresh,
                courier,
            },
        );
    }

    fn rewrite(&mut self) {
        let most = usize::try_from(self.dice.below(4)).unwrap();
        for old in self.clone.rewrite(most, self.now) {
            if !self.store.applied.contains(&old) {
                self.unseen += 1;
            }
        }
        // The courier hears of it by looking, which may be later than the next connect.
        if self.chance(50) {
            self.list();
        }
    }

    pub(super) fn happen(&mut self, event: Event) {
        match event {
            Event::Timer { set } => {
                if set == self.timer {
                    self.feed(Input::Tick);
                }
            }
            Event::Commit => {
                self.clone.make();
                self.list();
            }
            Event::Rewrite => self.rewrite(),
            Event::Listed {
                list,
                refresh,
                courier,
            } => {
                if courier == self.courier {
                    self.longest_list = self.longest_list.max(list.len());
                    self.feed(Input::Pending {
                        commits: list,
                        fresh: refresh == self.refreshes,
                    });
                }
            }
            Event::Compared {
                said,
                refresh,
                courier,
            } => {
                if courier == self.courier {
                    self.faults.healed += self.clone.compare(&said);
                    self.refreshed = refresh;
                    self.list();
                }
            }
            Event::Noted { commits, courier } => {
                // A courier that died before the file was written has noted nothing.
                if courier != self.courier {
                    self.faults.lost_notes += 1;
                    return;
                }
                // A full disk, for instance.
                if !self.calm() && self.chance(3) {
                    self.faults.failed_notes += 1;
                    return;
                }
                self.clone.note(&commits);
                if self.chance(20) {
                    self.list();
                }
            }
            Event::Drop { attempt } => self.drop_line(attempt),
            Event::FallSilent { attempt } => {
                if self.attempt == Some(attempt) && self.silent.insert(attempt) {
                    self.faults.silences += 1;
                }
            }
            Event::Backup => self.backup = self.store.clone(),
            Event::KillHub(fate) => self.kill_hub(fate),
            Event::KillCourier => {
                self.courier += 1;
                self.faults.courier_deaths += 1;
                self.attempt = None;
                // Timers and all that it was told die with it; what it has sent may still arrive.
                self.timer += 1;
                self.session = start(self.dice.roll());
                self.feed(Input::Tick);
                self.list();
            }
            Event::Stored {
                attempt,
                commit,
                life,
            } => self.stored(attempt, &commit, life),
            Event::ConnectResult { attempt, how } => self.connected(attempt, how),
            Event::ToHub { attempt, commit } => self.hub_receives(attempt, &commit),
            Event::ToClone { attempt, text } => {
                if self.attempt == Some(attempt) && !self.silent.contains(&attempt) {
                    // Cut in the middle of a text, and then the end.
                    if !self.calm() && self.chance(1) {
                        self.faults.cut_short += 1;
                        let half = text.len() / 2;
                        self.feed(Input::Text(text[..half].to_owned()));
                        self.drop_line(attempt);
                    } else {
                        self.feed(Input::Text(text));
                    }
                }
            }
        }
    }

    pub(super) fn drop_line(&mut self, attempt: u64) {
        if self.attempt == Some(attempt) {
            self.faults.drops += 1;
            self.attempt = None;
            self.feed(Input::Closed("dropped".to_owned()));
        }
    }
}

/// A courier's session at its start, which knows nothing.
pub(super) fn start(seed: u64) -> Session {
    let mut jitter = Dice::new(seed ^ 0x9e37_79b9_7f4a_7c15);
    let random = Box::new(move |ceiling| jitter.below(ceiling + 1));
    let limits = Limits {
        window: WINDOW,
        ..Limits::default()
    };
    Session::new(None, limits, random)
}
