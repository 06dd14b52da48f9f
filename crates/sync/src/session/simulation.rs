//! The session against a model hub over a network that breaks, delays and repeats, and an outbox
//! whose commits get rewritten, by seed.

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
    ConnectResult {
        attempt: u64,
        how: u64,
    },
    ToHub {
        attempt: u64,
        commit: CommitHash,
    },
    ToClone {
        attempt: u64,
        text: String,
    },
    Drop {
        attempt: u64,
    },
    Noted(Vec<CommitHash>),
    Listed {
        list: Vec<Announcement>,
        refresh: u64,
    },
    Commit,
    /// The last commits that wait give way to new ones, as an amend or a rebase does.
    Rewrite,
    Timer {
        set: u64,
    },
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
    /// The history: what was made and not rewritten, in order.
    current: Vec<CommitHash>,
    /// What was rewritten before the hub's answer was noted, and when.
    left: BTreeMap<CommitHash, u64>,
    /// When the clone got the snapshot of a connection.
    greeted: BTreeMap<u64, u64>,
    /// Refreshes that the session asked for.
    refreshes: u64,
    /// What was rewritten unseen by the hub, and what was on its way there.
    unseen: u64,
    overtaken: u64,
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
            current: Vec::new(),
            left: BTreeMap::new(),
            greeted: BTreeMap::new(),
            refreshes: 0,
            unseen: 0,
            overtaken: 0,
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
            Action::Send(Outgoing::Commit(frame)) => {
                let attempt = self.attempt.expect("sent without a connection");
                let time = self.last_up.max(self.now) + self.dice.below(30);
                self.last_up = time;
                let commit = frame.git_hash.clone();
                self.at(time, Event::ToHub { attempt, commit });
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
            Action::Refresh => {
                self.refreshes += 1;
                let attempt = self.attempt.expect("asked without a connection");
                self.greeted.insert(attempt, self.now);
                self.list();
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
        let list = self
            .current
            .iter()
            .filter(|hash| !self.noted.contains(hash))
            .map(|hash| commit(number(hash)))
            .collect();
        let time = self.now + self.dice.below(100);
        // Lists come from one worker: they don't overtake each other.
        let time = time.max(self.last_list);
        self.last_list = time;
        let refresh = self.refreshes;
        self.at(time, Event::Listed { list, refresh });
    }

    fn make(&mut self) {
        self.current.push(hash(self.made));
        self.made += 1;
    }

    fn rewrite(&mut self) {
        let waiting = self.current.iter().rev();
        let waiting = waiting.take_while(|hash| !self.noted.contains(*hash));
        let most = waiting.count().min(3) as u64;
        for _ in 0..self.dice.below(most + 1) {
            let Some(old) = self.current.pop() else {
                return;
            };
            if !self.applied.contains(&old) {
                self.unseen += 1;
            }
            self.left.insert(old, self.now);
        }
        self.make();
        // The courier hears of it by looking, which may be later than the next connect.
        if self.dice.chance(50) {
            self.list();
        }
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Timer { set } => {
                if set == self.timer {
                    self.feed(Input::Tick);
                }
            }
            Event::Commit => {
                self.make();
                self.list();
            }
            Event::Rewrite => self.rewrite(),
            Event::Listed { list, refresh } => self.feed(Input::Pending {
                commits: list,
                fresh: refresh == self.refreshes,
            }),
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
            Event::ToHub { attempt, commit } => self.hub_receives(attempt, &commit),
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
        if let Some(left) = self.left.get(commit) {
            assert!(
                *left >= self.greeted[&attempt],
                "{commit} left at {left}, before the connection {attempt} stood"
            );
            self.overtaken += 1;
        }
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

    /// Runs to the end; so many in a hundred commits are followed by a rewrite some time.
    fn run(&mut self, rewrites: u64) {
        let count = 1 + self.dice.below(100);
        for _ in 0..count {
            // Some wait from the start, the others come while the network breaks.
            let at = if self.dice.chance(40) {
                0
            } else {
                self.dice.below(CALM_MS)
            };
            self.at(at, Event::Commit);
            if self.dice.chance(rewrites) {
                let at = self.dice.below(CALM_MS);
                self.at(at, Event::Rewrite);
            }
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
        assert!(self.made >= count + 3);
    }
}

fn number(hash: &CommitHash) -> u64 {
    u64::from_str_radix(hash.as_str(), 16).unwrap()
}

#[test]
fn every_commit_arrives_in_order_and_nothing_stays_pending() {
    let (mut losses, mut repeats) = (0, 0);
    for seed in 1..=SEEDS {
        let mut world = World::new(seed);
        world.run(0);
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

#[test]
fn what_was_rewritten_before_a_connection_is_never_sent_on_it() {
    let (mut unseen, mut overtaken) = (0, 0);
    for seed in 1..=SEEDS {
        let mut world = World::new(seed);
        // Each receipt is judged as it comes.
        world.run(40);
        let kept = |hash: &&CommitHash| !world.left.contains_key(*hash);
        let applied: Vec<_> = world.applied.iter().filter(kept).collect();
        assert!(
            applied.iter().copied().eq(&world.current),
            "seed {seed}: the hub has another order"
        );
        let noted = |hash: &CommitHash| world.noted.contains(hash);
        assert!(
            world.current.iter().all(noted),
            "seed {seed}: not all were noted"
        );
        assert_eq!(world.session.pending(), 0, "seed {seed}");
        assert_eq!(world.session.in_flight(), 0, "seed {seed}");
        unseen += world.unseen;
        overtaken += world.overtaken;
    }
    // Both happened: rewritten before the hub had it, and while it was on its way.
    assert!(unseen > SEEDS, "{unseen} rewritten unseen");
    assert!(overtaken > SEEDS / 10, "{overtaken} overtaken by a rewrite");
}
