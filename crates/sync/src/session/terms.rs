//! The words of a session: what it is told, what it says, how it is judged.

use pawtrail_event::CommitHash;
use pawtrail_event::frame::{Announcement, LocalCommitAck, Outgoing, Snapshot};
use serde::{Deserialize, Serialize};

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
    /// What the outbox holds.
    Pending {
        /// All of it, in order.
        commits: Vec<Announcement>,
        /// Whether the outbox was read after the last [`Action::Refresh`].
        fresh: bool,
    },
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
    Send(Outgoing),
    /// Ask the other side for a sign of life, below the frames.
    Probe,
    /// Compare what is remembered with what the hub says that it has; then read the outbox and tell what it holds.
    Refresh(Snapshot),
    /// Note that the hub has these.
    Acknowledged(Vec<LocalCommitAck>),
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

/// How much a session sends ahead, and the times by which it judges the other side, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How many commits may be sent and not acknowledged. A hub stores what has come in one transaction, so a replay
    /// takes as many of them as this goes into it.
    pub window: usize,
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
            window: 256,
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
