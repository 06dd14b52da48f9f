//! The session against a model hub over a network that breaks, delays and repeats, by seed.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::*;
use crate::testing::{commit, hash};

const SEEDS: u64 = 600;
/// After this time the network behaves, so that the end can be judged.
const CALM_MS: u64 = 60_000;
const END_MS: u64 = 400_000;

/// A small generator of numbers: the same seed, the same run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.roll() % limit.max(1)
    }

    fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }
}

/// What travels or is scheduled.
enum Event {
    ConnectResult { attempt: u64, how: u64 },
    ToHub { attempt: u64, frame: LocalCommit },
    ToClone { attempt: u64, text: String },
    Drop { attempt: u64 },
    Noted(Vec<CommitHash>),
    Listed(Vec<LocalCommit>),
    Commit,
    Timer { set: u64 },
}

struct World {
    dice: Dice,
    session: Session,
    now: u64,
    serial: u64,
    events: BTreeMap<(u64, u64), Event>,
    /// The connection of the clone, if one is made or being made.
    attempt: Option<u64>,
    attempts: u64,
    /// One pipe keeps its order: the time of its last delivery each way.
    last_up: u64,
    last_down: u64,
    made: u64,
    noted: BTreeSet<CommitHash>,
    applied: Vec<CommitHash>,
    receipts: u64,
    old_acks: VecDeque<CommitHash>,
    /// Connections of which nothing arrives any more.
    cut: BTreeSet<u64>,
    /// How often the timer was set.
    timer: u64,
    /// When the last list of the outbox arrives.
    last_list: u64,
}

impl World {
    fn new(seed: u64) -> Self {
        let mut jitter = Dice(seed ^ 0x9e37_79b9_7f4a_7c15);
        let random = Box::new(move |ceiling| jitter.below(ceiling + 1));
        let session = Session::new(None, Limits::default(), random);
        Self {
            dice: Dice(seed.wrapping_mul(0x2545_f491_4f6c_dd1d) | 1),
            session,
            now: 0,
            serial: 0,
            events: BTreeMap::new(),
            attempt: None,
            attempts: 0,
            last_up: 0,
            last_down: 0,
            made: 0,
            noted: BTreeSet::new(),
            applied: Vec::new(),
            receipts: 0,
            old_acks: VecDeque::new(),
            cut: BTreeSet::new(),
            timer: 0,
            last_list: 0,
        }
    }

    fn at(&mut self, time: u64, event: Event) {
        self.serial += 1;
        self.events.insert((time, self.serial), event);
    }

    fn calm(&self) -> bool {
        self.now >= CALM_MS
    }

    fn feed(&mut self, input: Input) {
        let actions = self.session.step(input, self.now);
        assert!(self.session.in_flight() <= WINDOW);
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
            Action::Send(Frame::LocalCommit(frame)) => {
                let attempt = self.attempt.expect("sent without a connection");
                let time = self.last_up.max(self.now) + self.dice.below(30);
                self.last_up = time;
                self.at(time, Event::ToHub { attempt, frame });
                if !self.calm() && self.dice.chance(2) {
                    let time = self.now + self.dice.below(60);
                    self.at(time, Event::Drop { attempt });
                }
            }
            Action::Send(frame) => panic!("unexpected {frame:?}"),
            Action::Probe => {
                // The hub's protocol layer answers; on this network, as text would.
                if let Some(attempt) = self.attempt {
                    self.down(attempt, r#"{"type":"later-version"}"#.to_owned());
                }
            }
            Action::Acknowledged(commits) => {
                let time = self.now + self.dice.below(200);
                self.at(time, Event::Noted(commits));
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

    fn down(&mut self, attempt: u64, text: String) {
        let time = self.last_down.max(self.now) + self.dice.below(30);
        self.last_down = time;
        self.at(time, Event::ToClone { attempt, text });
    }

    fn ack(&mut self, attempt: u64, commit: &CommitHash) {
        let text = format!(r#"{{"type":"LocalCommitAck","git_hash":"{commit}"}}"#);
        self.down(attempt, text);
    }

    fn list(&mut self) {
        let list = (0..self.made)
            .filter(|number| !self.noted.contains(&hash(*number)))
            .map(commit)
            .collect();
        let time = self.now + self.dice.below(100);
        // Lists come from one worker: they don't overtake each other.
        let time = time.max(self.last_list);
        self.last_list = time;
        self.at(time, Event::Listed(list));
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Timer { set } => {
                if set == self.timer {
                    self.feed(Input::Tick);
                }
            }
            Event::Commit => {
                self.made += 1;
                self.list();
            }
            Event::Listed(list) => self.feed(Input::Pending(list)),
            Event::Noted(commits) => {
                self.noted.extend(commits);
                if self.dice.chance(20) {
                    self.list();
                }
            }
            Event::Drop { attempt } => {
                if self.attempt == Some(attempt) {
                    self.attempt = None;
                    self.feed(Input::Closed("dropped".to_owned()));
                }
            }
            Event::ConnectResult { attempt, how } => self.connected(attempt, how),
            Event::ToHub { attempt, frame } => self.hub_receives(attempt, &frame.git_hash),
            Event::ToClone { attempt, text } => {
                if self.attempt == Some(attempt) {
                    self.feed(Input::Text(text));
                }
            }
        }
    }

    fn connected(&mut self, attempt: u64, how: u64) {
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
                self.feed(Input::Connected);
                self.down(attempt, r#"{"type":"snapshot","builds":[]}"#.to_owned());
                if !self.calm() && self.dice.chance(40) {
                    let time = self.now + self.dice.below(800);
                    self.at(time, Event::Drop { attempt });
                }
                // Answers to an earlier connection come on this one, in any order.
                while self.dice.chance(60)
                    && let Some(old) = self.old_acks.pop_back()
                {
                    self.ack(attempt, &old);
                }
            }
        }
    }

    fn hub_receives(&mut self, attempt: u64, commit: &CommitHash) {
        // Of a connection that broke some bytes may still arrive, but never any after a gap.
        if self.attempt != Some(attempt) && self.dice.chance(30) {
            self.cut.insert(attempt);
        }
        if self.cut.contains(&attempt) {
            return;
        }
        self.receipts += 1;
        if !self.applied.contains(commit) {
            self.applied.push(commit.clone());
        }
        if self.dice.chance(10) {
            self.old_acks.push_back(commit.clone());
        }
        if !self.calm() && self.dice.chance(5) {
            self.down(attempt, "no frame".to_owned());
            self.ack(attempt, &hash(1_000_000));
        }
        self.ack(attempt, commit);
        if self.dice.chance(15) {
            self.ack(attempt, commit);
        }
    }

    fn run(&mut self) {
        let count = 1 + self.dice.below(100);
        for _ in 0..count {
            // Some wait from the start, the others come while the network breaks.
            let at = if self.dice.chance(40) {
                0
            } else {
                self.dice.below(CALM_MS)
            };
            self.at(at, Event::Commit);
        }
        self.feed(Input::Tick);
        for time in [CALM_MS + 1, END_MS / 2, END_MS - 20_000] {
            self.at(time, Event::Commit);
        }
        while let Some(((time, _), event)) = self.events.pop_first() {
            if time > END_MS {
                break;
            }
            self.now = time;
            self.happen(event);
        }
        assert_eq!(self.made, count + 3);
    }
}

#[test]
fn every_commit_arrives_in_order_and_nothing_stays_pending() {
    let (mut losses, mut repeats) = (0, 0);
    for seed in 1..=SEEDS {
        let mut world = World::new(seed);
        world.run();
        let all: Vec<CommitHash> = (0..world.made).map(hash).collect();
        assert!(
            world.applied == all,
            "seed {seed}: the hub has another order"
        );
        assert!(
            world.noted.iter().eq(&all),
            "seed {seed}: not all were noted"
        );
        assert_eq!(world.session.pending(), 0, "seed {seed}");
        assert_eq!(world.session.in_flight(), 0, "seed {seed}");
        losses += world.attempts - 1;
        repeats += world.receipts - world.made;
    }
    // The network did what it is there for.
    assert!(losses > SEEDS, "{losses} reconnects");
    assert!(repeats > SEEDS, "{repeats} repeated frames");
}
