//! The session against a model hub over a network that delays, repeats, breaks, falls silent and cuts texts short, an
//! outbox whose commits get rewritten, and deaths of hub and courier, by seed.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::*;
use crate::testing::{commit, hash};

const SEEDS: u64 = 500;
/// Small, so that a replay needs several windows.
const WINDOW: usize = 16;
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
        commits: Vec<CommitHash>,
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
    KillHub,
    KillCourier,
}

/// How often each thing happened that the network and the processes are there for.
#[derive(Default)]
struct Faults {
    drops: u64,
    cut_short: u64,
    silences: u64,
    hub_deaths: u64,
    lost_unstored: u64,
    courier_deaths: u64,
    lost_notes: u64,
    late_answers: u64,
    repeated_answers: u64,
    healed: u64,
}

impl Faults {
    fn counts(&self) -> [(&'static str, u64); 10] {
        [
            ("drops", self.drops),
            ("texts cut short", self.cut_short),
            ("silent lines", self.silences),
            ("deaths of the hub", self.hub_deaths),
            ("frames that died with the hub", self.lost_unstored),
            ("deaths of the courier", self.courier_deaths),
            ("notes that died with the courier", self.lost_notes),
            ("answers on a later connection", self.late_answers),
            ("repeated answers", self.repeated_answers),
            ("lost answers that a snapshot brought", self.healed),
        ]
    }

    fn add(&mut self, other: &Self) {
        self.drops += other.drops;
        self.cut_short += other.cut_short;
        self.silences += other.silences;
        self.hub_deaths += other.hub_deaths;
        self.lost_unstored += other.lost_unstored;
        self.courier_deaths += other.courier_deaths;
        self.lost_notes += other.lost_notes;
        self.late_answers += other.late_answers;
        self.repeated_answers += other.repeated_answers;
        self.healed += other.healed;
    }
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
    /// When the hub writes what it has taken last.
    last_write: u64,
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
    /// Connections that fell silent.
    silent: BTreeSet<u64>,
    /// Which life of the hub and of the courier it is, and of which hub each connection was.
    hub: u64,
    hubs: BTreeMap<u64, u64>,
    courier: u64,
    /// The most that the session kept, and the most that ever waited.
    kept: usize,
    longest_list: usize,
    faults: Faults,
}

impl World {
    fn new(seed: u64) -> Self {
        let session = start(seed);
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
            last_write: 0,
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
            silent: BTreeSet::new(),
            hub: 0,
            hubs: BTreeMap::new(),
            courier: 0,
            kept: 0,
            longest_list: 0,
            faults: Faults::default(),
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
                if !self.calm() && self.dice.chance(2) {
                    let time = self.now + self.dice.below(60);
                    self.at(time, Event::Drop { attempt });
                }
                if !self.calm() && self.dice.chance(1) {
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
            Action::Refresh(named) => {
                // A lost answer shows in the snapshot.
                for commit in named {
                    if self.current.contains(&commit) && self.noted.insert(commit) {
                        self.faults.healed += 1;
                    }
                }
                self.refreshes += 1;
                let attempt = self.attempt.expect("asked without a connection");
                self.greeted.insert(attempt, self.now);
                self.list();
            }
            Action::Acknowledged(commits) => {
                let time = self.now + self.dice.below(200);
                let courier = self.courier;
                self.at(time, Event::Noted { commits, courier });
                if !self.calm() && self.dice.chance(2) {
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
        let (refresh, courier) = (self.refreshes, self.courier);
        self.at(
            time,
            Event::Listed {
                list,
                refresh,
                courier,
            },
        );
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
            Event::Noted { commits, courier } => {
                // A courier that died before the file was written has noted nothing.
                if courier != self.courier {
                    self.faults.lost_notes += 1;
                    return;
                }
                self.noted.extend(commits);
                if self.dice.chance(20) {
                    self.list();
                }
            }
            Event::Drop { attempt } => self.drop_line(attempt),
            Event::FallSilent { attempt } => {
                if self.attempt == Some(attempt) && self.silent.insert(attempt) {
                    self.faults.silences += 1;
                }
            }
            Event::KillHub => {
                self.hub += 1;
                self.faults.hub_deaths += 1;
                if let Some(attempt) = self.attempt {
                    // Its system closes the line, unless that falls silent with it.
                    if self.dice.chance(80) {
                        self.drop_line(attempt);
                    } else {
                        self.silent.insert(attempt);
                    }
                }
            }
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
                    if !self.calm() && self.dice.chance(1) {
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

    fn drop_line(&mut self, attempt: u64) {
        if self.attempt == Some(attempt) {
            self.faults.drops += 1;
            self.attempt = None;
            self.feed(Input::Closed("dropped".to_owned()));
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
                self.hubs.insert(attempt, self.hub);
                self.feed(Input::Connected);
                let last = self
                    .applied
                    .last()
                    .map_or("null".to_owned(), |it| format!("\"{it}\""));
                let build = commit(0).build_id.clone();
                self.down(attempt, format!(
                    r#"{{"type":"snapshot","builds":[{{"build_id":"{build}","last_acknowledged":{last}}}]}}"#
                ));
                if !self.calm() && self.dice.chance(40) {
                    let time = self.now + self.dice.below(800);
                    self.at(time, Event::Drop { attempt });
                }
                // Answers to an earlier connection come on this one, in any order.
                while self.dice.chance(60)
                    && let Some(old) = self.old_acks.pop_back()
                {
                    self.faults.late_answers += 1;
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
        let dead = self.hubs.get(&attempt) != Some(&self.hub);
        if self.cut.contains(&attempt) || self.silent.contains(&attempt) || dead {
            // What was silent for one frame stays so for all after it.
            self.cut.insert(attempt);
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
        // Deaths come when there is most to lose.
        if !self.calm() && self.dice.chance(1) {
            let time = self.now + self.dice.below(20);
            self.at(time, Event::KillHub);
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

    fn stored(&mut self, attempt: u64, commit: &CommitHash, life: u64) {
        if life != self.hub {
            self.faults.lost_unstored += 1;
            return;
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
            self.faults.repeated_answers += 1;
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
        for _ in 0..self.dice.below(4) {
            let at = self.dice.below(CALM_MS);
            self.at(at, Event::KillHub);
        }
        for _ in 0..self.dice.below(4) {
            let at = self.dice.below(CALM_MS);
            self.at(at, Event::KillCourier);
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
        // Of each commit that waits it keeps its frame, its place in a line and what became of it, and nothing more.
        let bound = 3 * self.longest_list + 3 * WINDOW;
        assert!(self.kept <= bound, "{} kept, of {bound}", self.kept);
    }
}

/// A courier's session at its start, which knows nothing.
fn start(seed: u64) -> Session {
    let mut jitter = Dice(seed ^ 0x9e37_79b9_7f4a_7c15);
    let random = Box::new(move |ceiling| jitter.below(ceiling + 1));
    let limits = Limits {
        window: WINDOW,
        ..Limits::default()
    };
    Session::new(None, limits, random)
}

fn number(hash: &CommitHash) -> u64 {
    u64::from_str_radix(hash.as_str(), 16).unwrap()
}

#[test]
fn every_commit_arrives_in_order_and_nothing_stays_pending() {
    let (mut losses, mut repeats) = (0, 0);
    let mut all_faults = Faults::default();
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
        all_faults.add(&world.faults);
    }
    // The network and the processes did what they are there for.
    assert!(losses > SEEDS, "{losses} reconnects");
    assert!(repeats > SEEDS, "{repeats} repeated frames");
    for (what, count) in all_faults.counts() {
        assert!(count > SEEDS / 5, "{what}: {count}");
    }
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

#[test]
fn what_is_kept_does_not_grow_with_what_has_passed() {
    let mut session = start(7);
    session.step(Input::Tick, 0);
    session.step(Input::Connected, 0);
    session.step(Input::Text(r#"{"type":"snapshot"}"#.to_owned()), 0);
    let ack = |number| {
        let text = format!(
            r#"{{"type":"LocalCommitAck","git_hash":"{}"}}"#,
            hash(number)
        );
        Input::Text(text)
    };
    let mut most = 0;
    for number in 0..20_000 {
        let list = Input::Pending {
            commits: vec![commit(number)],
            fresh: true,
        };
        session.step(list, number);
        // Answers of all kinds: the due one, one of long ago, one of a commit that never was, and nonsense.
        for answer in [number, number / 2, 1_000_000 + number] {
            session.step(ack(answer), number);
        }
        session.step(Input::Text(format!("nonsense {number}")), number);
        most = most.max(session.kept());
    }
    assert_eq!(session.pending(), 0);
    assert!(most <= 8, "{most} kept");
}
