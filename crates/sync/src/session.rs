//! One conversation with a hub as a pure state machine: no clock, no socket, no file.
//!
//! The caller feeds what happened with the time in milliseconds, and does what comes back. Whatever
//! the network does, three things hold: commits are sent in the order of the outbox, at most
//! [`Limits::window`] are under way, and none is forgotten before the hub said that it has it. And what left
//! the outbox before a connection stood is not sent on it: the outbox is asked again first.

mod backoff;
mod gather;
mod queue;
#[cfg(test)]
mod simulation;
mod terms;
#[cfg(test)]
mod tests;
mod timing;
mod unanswered;

use pawtrail_event::frame::{Announcement, ErrorFrame, Frame, Outgoing, Ping, Pong};
use pawtrail_event::{BuildId, CommitHash};

pub(crate) use backoff::Backoff;
use gather::Gather;
use queue::{Outcome, Queue};
pub use terms::{Action, Connection, Input, Limits, Oddities};
use unanswered::Unanswered;

enum Phase {
    Start,
    Connecting {
        since: u64,
    },
    Greeting {
        since: u64,
    },
    /// The snapshot came. Nothing is sent before the outbox was asked again and has `listed`.
    Live {
        since: u64,
        listed: bool,
    },
    Backoff {
        until: u64,
    },
    Refused {
        until: u64,
    },
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
    gather: Gather,
    oddities: Oddities,
    last_error: Option<String>,
    unanswered: Unanswered,
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
            gather: Gather::default(),
            oddities: Oddities::default(),
            last_error: None,
            unanswered: Unanswered::default(),
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
                    // What was answered before is for the outbox to remember: a hub that has lost it gets it again.
                    self.queue.forget_acknowledged();
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
            Input::Pending { commits, fresh } => {
                let again = self.queue.supply(commits, now);
                self.gather
                    .add(again.into_iter().map(Into::into).collect(), now);
                if let Phase::Live { listed, .. } = &mut self.phase {
                    *listed |= fresh;
                }
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
        if self.queue.in_flight() == 0 || self.gather.is_due(now) {
            self.flush(&mut actions);
        }
        self.unanswered.retain(|hash| self.queue.holds(hash));
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

    /// Returns why the last connection ended, what the hub last complained of, or what it keeps
    /// leaving without an answer.
    pub fn last_error(&self) -> Option<&str> {
        self.last_error.as_deref().or(self.unanswered.text())
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
            Ok(Frame::Snapshot(snapshot)) => {
                if matches!(self.phase, Phase::Greeting { .. }) {
                    self.phase = Phase::Live {
                        since: now,
                        listed: false,
                    };
                    self.last_error = None;
                    actions.push(Action::Refresh(snapshot));
                }
            }
            Ok(Frame::LocalCommitAck(ack)) => {
                match self.queue.settle(&ack.git_hash, Outcome::Acknowledged, now) {
                    queue::Settled::Now => {
                        self.backoff.reset();
                        self.last_error = None;
                        self.gather.add(vec![ack], now);
                    }
                    queue::Settled::Before => self.oddities.duplicate += 1,
                    queue::Settled::Unknown => self.oddities.unknown_commit += 1,
                }
            }
            Ok(Frame::Error(error)) => self.error(error, now, actions),
            Ok(Frame::Ping(Ping { timestamp })) => {
                actions.push(Action::Send(Outgoing::Pong(Pong {
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
        if let Phase::Live { since, .. } = self.phase
            && now >= since + self.limits.steady
        {
            self.backoff.reset();
        }
        self.last_error = Some(reason);
        self.phase = Phase::Backoff {
            until: now + self.backoff.failed(),
        };
    }

    /// Sends as much as the window allows.
    fn pump(&mut self, now: u64, actions: &mut Vec<Action>) {
        if !matches!(self.phase, Phase::Live { listed: true, .. }) {
            return;
        }
        while self.queue.in_flight() < self.limits.window {
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

    /// Returns how many commits are kept in one way or another.
    #[cfg(test)]
    fn kept(&self) -> usize {
        self.queue.kept() + self.gather.kept()
    }

    fn flush(&mut self, actions: &mut Vec<Action>) {
        if let Some(commits) = self.gather.take() {
            actions.push(Action::Acknowledged(commits));
        }
    }
}

/// Makes the frame of a commit, or says why no hub would take it.
pub(crate) fn sendable(commit: &Announcement) -> Result<Outgoing, (CommitHash, String)> {
    let refuse = |message: String| (commit.git_hash.clone(), message);
    commit
        .validate()
        .map_err(|error| refuse(error.to_string()))?;
    let frame = Outgoing::Commit(Box::new(commit.clone()));
    let text = frame.to_text().map_err(|error| refuse(error.to_string()))?;
    let bytes = text.len();
    if bytes > pawtrail_event::frame::MAX_FRAME_BYTES {
        return Err(refuse(format!("the frame has {bytes} bytes")));
    }
    Ok(frame)
}
