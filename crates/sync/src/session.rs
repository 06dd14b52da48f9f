//! One conversation with a hub as a pure state machine: no clock, no socket, no file.
//!
//! The caller feeds what happened with the time in milliseconds, and does what comes back. Whatever
//! the network does, three things hold: commits are sent in the order of the outbox, at most
//! [`WINDOW`] are under way, and none is forgotten before the hub said that it has it.

mod backoff;
mod queue;
#[cfg(test)]
mod simulation;
#[cfg(test)]
mod tests;

use pawtrail_event::frame::{ErrorFrame, Frame, LocalCommit, Ping, Pong};
use pawtrail_event::{BuildId, CommitHash};
use serde::{Deserialize, Serialize};

use backoff::Backoff;
use queue::{Outcome, Queue};

/// How many commits may be sent and not acknowledged.
pub const WINDOW: usize = 64;

/// The times by which a session judges the other side, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// An attempt to connect that takes longer has failed.
    pub connect: u64,
    /// A hub that says nothing for so long after the connect is none.
    pub snapshot: u64,
    /// After so long a silence the other side is asked for a sign of life.
    pub probe: u64,
    /// After so long a silence the connection is taken for dead.
    pub silence: u64,
    /// A commit without an answer for so long makes the session start again.
    pub answer: u64,
    /// The wait after a refusal that only a person can lift.
    pub refused: u64,
    /// A connection that held for so long was a success.
    pub steady: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: 15_000,
            snapshot: 10_000,
            probe: 15_000,
            silence: 45_000,
            answer: 60_000,
            refused: 60_000,
            steady: 10_000,
        }
    }
}

/// How long acknowledgements are gathered.
const GATHER_MS: u64 = 40;
/// How many acknowledgements are gathered.
const GATHER: usize = 32;

/// What happened.
#[derive(Debug)]
pub enum Input {
    /// Time passed.
    Tick,
    /// The connection stands.
    Connected,
    /// A text came.
    Text(String),
    /// A sign of life below the frames came (a protocol-level ping or pong).
    Alive,
    /// The connection ended or could not be made; with the reason.
    Closed(String),
    /// The hub refuses this client: its token, its project or its protocol; with the reason.
    Refused(String),
    /// A commit must not be sent; it was not.
    Barred {
        /// The commit.
        git_hash: CommitHash,
        /// A stable code.
        code: String,
        /// The reason, for a person.
        message: String,
    },
    /// All that the outbox holds now, in order.
    Pending(Vec<LocalCommit>),
    /// Somebody wants to be connected now, whatever the wait.
    Wake,
    /// The end.
    Stop,
}

/// What is to be done.
#[derive(Debug, PartialEq, Eq)]
pub enum Action {
    /// Make a connection.
    Connect,
    /// Send a frame.
    Send(Frame),
    /// Ask the other side for a sign of life, below the frames.
    Probe,
    /// Note that the hub has these.
    Acknowledged(Vec<CommitHash>),
    /// Note that this one won't be sent, and why.
    SetAside {
        /// The commit.
        git_hash: CommitHash,
        /// A stable code.
        code: String,
        /// The reason, for a person.
        message: String,
    },
    /// Drop the connection, or the attempt.
    Close,
    /// Feed a tick at this time at the latest.
    SleepUntil(u64),
}

/// The state of the connection, for people and programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Connection {
    /// No consent: nothing is sent.
    Off,
    /// Nobody delivers at the moment.
    NoCourier,
    /// A connection is being made.
    Connecting,
    /// The hub listens.
    Live,
    /// The hub was not reached; a wait, then another attempt.
    Backoff,
    /// The hub refuses this client.
    Refused,
}

/// What came that was not expected. None of it changes what is sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Oddities {
    /// Texts that are no frames.
    pub malformed: u64,
    /// Frames of a type that this version doesn't know, or that only a clone sends.
    pub unknown_type: u64,
    /// Answers about commits that were never sent.
    pub unknown_commit: u64,
    /// Answers that were given before.
    pub duplicate: u64,
    /// Errors that name no commit.
    pub general_error: u64,
}

enum Phase {
    Start,
    Connecting { since: u64 },
    Greeting { since: u64 },
    Live { since: u64 },
    Backoff { until: u64 },
    Refused { until: u64 },
    Stopped,
}

/// One conversation.
pub struct Session {
    build_id: Option<BuildId>,
    limits: Limits,
    phase: Phase,
    queue: Queue,
    backoff: Backoff,
    /// When the hub was last heard.
    heard: u64,
    probed: bool,
    gathered: Vec<CommitHash>,
    gathered_since: u64,
    oddities: Oddities,
    last_error: Option<String>,
}

impl Session {
    /// Makes a session. `random` returns a number between 0 and its argument, both included.
    pub fn new(
        build_id: Option<BuildId>,
        limits: Limits,
        random: Box<dyn FnMut(u64) -> u64 + Send>,
    ) -> Self {
        Self {
            build_id,
            limits,
            phase: Phase::Start,
            queue: Queue::default(),
            backoff: Backoff::new(random),
            heard: 0,
            probed: false,
            gathered: Vec::new(),
            gathered_since: 0,
            oddities: Oddities::default(),
            last_error: None,
        }
    }

    /// Takes what happened at `now` and returns what is to be done, in order.
    pub fn step(&mut self, input: Input, now: u64) -> Vec<Action> {
        let mut actions = Vec::new();
        if matches!(self.phase, Phase::Stopped) {
            return actions;
        }
        match input {
            Input::Tick => {}
            Input::Connected => {
                if matches!(self.phase, Phase::Connecting { .. }) {
                    self.phase = Phase::Greeting { since: now };
                    self.hear(now);
                }
            }
            Input::Text(text) => self.text(&text, now, &mut actions),
            Input::Alive => self.hear(now),
            Input::Closed(reason) => {
                if self.is_under_way() {
                    self.lost(reason, now, &mut actions);
                }
            }
            Input::Refused(reason) => {
                if self.is_under_way() {
                    self.lost(reason, now, &mut actions);
                    self.phase = Phase::Refused {
                        until: now + self.limits.refused,
                    };
                }
            }
            Input::Pending(commits) => {
                let again = self.queue.supply(commits, now);
                self.gather(again, now);
            }
            Input::Barred {
                git_hash,
                code,
                message,
            } => self.set_aside(git_hash, code, message, now, &mut actions),
            Input::Wake => self.wake(now),
            Input::Stop => {
                self.flush(&mut actions);
                if self.is_under_way() {
                    actions.push(Action::Close);
                }
                self.phase = Phase::Stopped;
                return actions;
            }
        }
        self.due(now, &mut actions);
        self.pump(now, &mut actions);
        if self.gathered.len() >= GATHER
            || self.queue.in_flight() == 0
            || now >= self.gathered_since + GATHER_MS
        {
            self.flush(&mut actions);
        }
        actions.push(Action::SleepUntil(self.deadline()));
        actions
    }

    /// Returns the state of the connection.
    pub fn connection(&self) -> Connection {
        match self.phase {
            Phase::Start | Phase::Connecting { .. } | Phase::Greeting { .. } => {
                Connection::Connecting
            }
            Phase::Live { .. } => Connection::Live,
            Phase::Backoff { .. } => Connection::Backoff,
            Phase::Refused { .. } => Connection::Refused,
            Phase::Stopped => Connection::NoCourier,
        }
    }

    /// Returns how many commits wait, those under way included.
    pub fn pending(&self) -> usize {
        self.queue.remaining()
    }

    /// Returns how many commits are sent and not acknowledged.
    pub fn in_flight(&self) -> usize {
        self.queue.in_flight()
    }

    /// Returns what came that was not expected.
    pub fn oddities(&self) -> Oddities {
        self.oddities
    }

    /// Returns why the last connection ended, or what the hub last complained of.
    pub fn last_error(&self) -> Option<&str> {
        self.last_error.as_deref()
    }

    fn is_under_way(&self) -> bool {
        match self.phase {
            Phase::Connecting { .. } | Phase::Greeting { .. } | Phase::Live { .. } => true,
            Phase::Start | Phase::Backoff { .. } | Phase::Refused { .. } | Phase::Stopped => false,
        }
    }

    fn hear(&mut self, now: u64) {
        self.heard = now;
        self.probed = false;
    }

    fn wake(&mut self, now: u64) {
        match self.phase {
            Phase::Backoff { .. } | Phase::Refused { .. } => {
                self.phase = Phase::Backoff { until: now };
            }
            Phase::Start
            | Phase::Connecting { .. }
            | Phase::Greeting { .. }
            | Phase::Live { .. }
            | Phase::Stopped => {}
        }
    }

    fn text(&mut self, text: &str, now: u64, actions: &mut Vec<Action>) {
        if !matches!(self.phase, Phase::Greeting { .. } | Phase::Live { .. }) {
            return;
        }
        self.hear(now);
        match Frame::parse(text) {
            Ok(Frame::Snapshot(_)) => {
                if matches!(self.phase, Phase::Greeting { .. }) {
                    self.phase = Phase::Live { since: now };
                    self.last_error = None;
                }
            }
            Ok(Frame::LocalCommitAck(ack)) => {
                match self.queue.settle(&ack.git_hash, Outcome::Acknowledged, now) {
                    queue::Settled::Now => {
                        self.backoff.reset();
                        self.last_error = None;
                        self.gather(vec![ack.git_hash], now);
                    }
                    queue::Settled::Before => self.oddities.duplicate += 1,
                    queue::Settled::Unknown => self.oddities.unknown_commit += 1,
                }
            }
            Ok(Frame::Error(error)) => self.error(error, now, actions),
            Ok(Frame::Ping(Ping { timestamp })) => {
                actions.push(Action::Send(Frame::Pong(Pong {
                    timestamp,
                    build_id: self.build_id.clone(),
                })));
            }
            Ok(Frame::Pong(_) | Frame::LocalCommit(_) | Frame::Unknown(_)) => {
                self.oddities.unknown_type += 1;
            }
            Err(_) => self.oddities.malformed += 1,
        }
    }

    fn error(&mut self, error: ErrorFrame, now: u64, actions: &mut Vec<Action>) {
        let code: String = error.code.chars().take(80).collect();
        let message: String = error.message.chars().take(300).collect();
        let text = format!("the hub answers {code}: {message}");
        let Some(git_hash) = error.git_hash else {
            self.oddities.general_error += 1;
            self.last_error = Some(text);
            return;
        };
        if error.retryable {
            // Sending the others on would break their order, so all of it is done again, later.
            if self.queue.is_in_flight(&git_hash) {
                self.lost(text, now, actions);
                actions.push(Action::Close);
            } else {
                self.oddities.unknown_commit += 1;
            }
            return;
        }
        self.last_error = Some(text);
        self.set_aside(git_hash, code, message, now, actions);
    }

    fn set_aside(
        &mut self,
        git_hash: CommitHash,
        code: String,
        message: String,
        now: u64,
        actions: &mut Vec<Action>,
    ) {
        match self.queue.settle(&git_hash, Outcome::SetAside, now) {
            queue::Settled::Now => actions.push(Action::SetAside {
                git_hash,
                code,
                message,
            }),
            queue::Settled::Before => self.oddities.duplicate += 1,
            queue::Settled::Unknown => self.oddities.unknown_commit += 1,
        }
    }

    /// Ends the connection, or the attempt, and plans the next.
    fn lost(&mut self, reason: String, now: u64, actions: &mut Vec<Action>) {
        self.flush(actions);
        self.queue.lost();
        if let Phase::Live { since } = self.phase
            && now >= since + self.limits.steady
        {
            self.backoff.reset();
        }
        self.last_error = Some(reason);
        self.phase = Phase::Backoff {
            until: now + self.backoff.failed(),
        };
    }

    /// Does what the time demands.
    fn due(&mut self, now: u64, actions: &mut Vec<Action>) {
        let silent = now >= self.heard + self.limits.silence;
        let unanswered = self
            .queue
            .oldest_sent()
            .is_some_and(|sent| now >= sent + self.limits.answer);
        let overdue = match self.phase {
            Phase::Connecting { since } if now >= since + self.limits.connect => {
                Some("the hub did not answer in time")
            }
            Phase::Greeting { since } if now >= since + self.limits.snapshot => {
                Some("the hub did not send its snapshot in time")
            }
            Phase::Live { .. } if silent => Some("the hub fell silent"),
            Phase::Live { .. } if unanswered => Some("the hub left a commit without an answer"),
            Phase::Start
            | Phase::Connecting { .. }
            | Phase::Greeting { .. }
            | Phase::Live { .. }
            | Phase::Backoff { .. }
            | Phase::Refused { .. }
            | Phase::Stopped => None,
        };
        if let Some(reason) = overdue {
            self.lost(reason.to_owned(), now, actions);
            actions.push(Action::Close);
        }
        match self.phase {
            Phase::Backoff { until } | Phase::Refused { until } if now < until => {}
            Phase::Start | Phase::Backoff { .. } | Phase::Refused { .. } => {
                self.phase = Phase::Connecting { since: now };
                actions.push(Action::Connect);
            }
            Phase::Live { .. } => {
                if !self.probed && now >= self.heard + self.limits.probe {
                    self.probed = true;
                    actions.push(Action::Probe);
                }
            }
            Phase::Connecting { .. } | Phase::Greeting { .. } | Phase::Stopped => {}
        }
    }

    /// Sends as much as the window allows.
    fn pump(&mut self, now: u64, actions: &mut Vec<Action>) {
        if !matches!(self.phase, Phase::Live { .. }) {
            return;
        }
        while self.queue.in_flight() < WINDOW {
            let Some(commit) = self.queue.next() else {
                return;
            };
            match sendable(commit) {
                Ok(frame) => {
                    self.queue.sent(now);
                    actions.push(Action::Send(frame));
                }
                Err((git_hash, message)) => {
                    self.queue.refuse_next(now);
                    actions.push(Action::SetAside {
                        git_hash,
                        code: "INVALID_FRAME".to_owned(),
                        message,
                    });
                }
            }
        }
    }

    fn gather(&mut self, commits: Vec<CommitHash>, now: u64) {
        if self.gathered.is_empty() {
            self.gathered_since = now;
        }
        self.gathered.extend(commits);
    }

    fn flush(&mut self, actions: &mut Vec<Action>) {
        if !self.gathered.is_empty() {
            actions.push(Action::Acknowledged(std::mem::take(&mut self.gathered)));
        }
    }

    /// Returns when the next tick is due.
    fn deadline(&self) -> u64 {
        let phase = match self.phase {
            Phase::Start | Phase::Stopped => u64::MAX,
            Phase::Connecting { since } => since + self.limits.connect,
            Phase::Greeting { since } => since + self.limits.snapshot,
            Phase::Backoff { until } | Phase::Refused { until } => until,
            Phase::Live { .. } => {
                let quiet = if self.probed {
                    self.limits.silence
                } else {
                    self.limits.probe
                };
                let answer = self
                    .queue
                    .oldest_sent()
                    .map_or(u64::MAX, |sent| sent + self.limits.answer);
                (self.heard + quiet).min(answer)
            }
        };
        if self.gathered.is_empty() {
            phase
        } else {
            phase.min(self.gathered_since + GATHER_MS)
        }
    }
}

/// Makes the frame of a commit, or says why no hub would take it.
fn sendable(commit: &LocalCommit) -> Result<Frame, (CommitHash, String)> {
    let refuse = |message: String| (commit.git_hash.clone(), message);
    commit
        .validate()
        .map_err(|error| refuse(error.to_string()))?;
    let frame = Frame::LocalCommit(commit.clone());
    let bytes = frame.to_text().len();
    if bytes > pawtrail_event::frame::MAX_FRAME_BYTES {
        return Err(refuse(format!("the frame has {bytes} bytes")));
    }
    Ok(frame)
}
