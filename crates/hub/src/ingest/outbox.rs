//! The outbox: what one connection sends, in the order of the frames it answers.

use axum::extract::ws::{CloseFrame, Message, WebSocket};
use futures_util::SinkExt;
use futures_util::stream::SplitSink;
use jiff::Timestamp;
use pawtrail_event::CommitHash;
use pawtrail_event::frame::{AckStatus, ErrorFrame, Frame, LocalCommitAck, Ping};
use tokio::sync::mpsc;
use tokio::sync::oneshot::{self, error::TryRecvError};
use tokio::time::{MissedTickBehavior, interval, timeout};

use crate::hub::{Hub, Timing};
use crate::store::{Outcome, Written};

/// How many answers wait for one connection; beyond that, its frames aren't read.
pub(super) const WAITING: usize = 1_024;

/// Why the hub ends a connection; the number is the WebSocket's close code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Farewell {
    /// The peer left or the line broke.
    Gone,
    /// The server is stopping.
    Stopping,
    /// The token was revoked.
    Revoked,
    /// The peer was silent.
    Silent,
    /// A message was larger than a connection survives.
    TooLarge,
    /// The store failed, so nothing is allowed.
    Failed,
}

impl Farewell {
    fn frame(self) -> CloseFrame {
        let (code, reason) = match self {
            Self::Gone => (1000, "goodbye"),
            Self::Stopping => (1001, "the hub is stopping"),
            Self::Revoked => (1008, "the token was revoked"),
            Self::Silent => (1008, "nothing was heard for too long"),
            Self::TooLarge => (1009, "the message is larger than 1 MiB"),
            Self::Failed => (1011, "the hub's store failed: try again later"),
        };
        CloseFrame {
            code,
            reason: reason.into(),
        }
    }
}

/// One answer of the hub.
pub(super) enum Reply {
    /// The frame was refused.
    Refused(Box<ErrorFrame>),
    /// It depends on the writer.
    Stored(CommitHash, oneshot::Receiver<Written>),
    /// The last one.
    Close(Farewell),
}

/// Sends replies and pings until there are no more.
pub(super) struct Outbox {
    sink: SplitSink<WebSocket, Message>,
    hub: Hub,
    timing: Timing,
}

/// The peer is gone, doesn't read, or can't be answered.
struct Broken;

impl Outbox {
    pub(super) fn new(sink: SplitSink<WebSocket, Message>, hub: Hub) -> Self {
        let timing = hub.timing;
        Self { sink, hub, timing }
    }

    /// Sends `first`, then all that comes, and returns its last word; none where the peer takes no
    /// more. Such a peer gets its answers when it comes back and sends again.
    pub(super) async fn run(
        mut self,
        first: Frame,
        mut replies: mpsc::Receiver<Reply>,
    ) -> Option<Farewell> {
        self.send_all(first, &mut replies).await.ok()
    }

    async fn send_all(
        &mut self,
        first: Frame,
        replies: &mut mpsc::Receiver<Reply>,
    ) -> Result<Farewell, Broken> {
        self.feed(text(&first)?).await?;
        // The first ping goes at once: its pong names the build, and the board shows it.
        let mut pings = interval(self.timing.ping_every);
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                reply = replies.recv() => match reply {
                    None => return self.close(Farewell::Gone).await,
                    Some(Reply::Close(farewell)) => return self.close(farewell).await,
                    Some(Reply::Refused(error)) => self.feed(text(&Frame::Error(*error))?).await?,
                    Some(Reply::Stored(hash, answer)) => {
                        let outcome = self.outcome(answer).await?;
                        if outcome.map(|written| written.outcome) == Some(Outcome::Revoked) {
                            self.feed(text(&revoked(hash))?).await?;
                            return self.close(Farewell::Revoked).await;
                        }
                        let frame = self.answer(hash, outcome);
                        self.feed(text(&frame)?).await?;
                    }
                },
                _ = pings.tick() => {
                    let timestamp = format!("{:.3}", Timestamp::now());
                    self.feed(text(&Frame::Ping(Ping { timestamp }))?).await?;
                    self.feed(Message::Ping(Vec::new().into())).await?;
                }
            }
            if replies.is_empty() {
                self.flush().await?;
            }
        }
    }

    /// Waits for the writer; nothing where the store failed.
    async fn outcome(
        &mut self,
        mut answer: oneshot::Receiver<Written>,
    ) -> Result<Option<Written>, Broken> {
        match answer.try_recv() {
            Ok(outcome) => return Ok(Some(outcome)),
            Err(TryRecvError::Closed) => return Ok(None),
            Err(TryRecvError::Empty) => {}
        }
        // What is ready needn't wait for what is not.
        self.flush().await?;
        Ok(answer.await.ok())
    }

    fn answer(&self, hash: CommitHash, written: Option<Written>) -> Frame {
        let status = match written.map(|written| written.outcome) {
            Some(Outcome::Accepted) => {
                self.hub.counters.accepted.add();
                AckStatus::Accepted
            }
            Some(Outcome::Duplicate) => {
                self.hub.counters.duplicates.add();
                AckStatus::Duplicate
            }
            Some(Outcome::Revoked) => return revoked(hash),
            None => {
                return Frame::Error(ErrorFrame {
                    code: "STORE_UNAVAILABLE".to_owned(),
                    message: "the hub could not store this commit: send it again later".to_owned(),
                    retryable: true,
                    git_hash: Some(hash),
                    event_id: None,
                });
            }
        };
        Frame::LocalCommitAck(LocalCommitAck {
            git_hash: hash,
            status: Some(status),
            frames: written.map(|written| written.frames),
        })
    }

    async fn close(&mut self, farewell: Farewell) -> Result<Farewell, Broken> {
        self.feed(Message::Close(Some(farewell.frame()))).await?;
        self.flush().await?;
        Ok(farewell)
    }

    async fn feed(&mut self, message: Message) -> Result<(), Broken> {
        self.in_time(async |sink| sink.feed(message).await).await
    }

    async fn flush(&mut self) -> Result<(), Broken> {
        self.in_time(async |sink| sink.flush().await).await
    }

    async fn in_time(
        &mut self,
        act: impl AsyncFnOnce(&mut SplitSink<WebSocket, Message>) -> Result<(), axum::Error>,
    ) -> Result<(), Broken> {
        match timeout(self.timing.slow_send, act(&mut self.sink)).await {
            Ok(result) => result.map_err(|_| Broken),
            Err(_) => {
                self.hub.counters.dropped_peers.add();
                Err(Broken)
            }
        }
    }
}

/// The refusal of a frame that came with a revoked token. It may be sent again, with another token:
/// the frame itself is not at fault, and must stay pending in the clone.
fn revoked(hash: CommitHash) -> Frame {
    Frame::Error(ErrorFrame {
        code: "TOKEN_REVOKED".to_owned(),
        message: "the token was revoked: nothing of this frame was stored".to_owned(),
        retryable: true,
        git_hash: Some(hash),
        event_id: None,
    })
}

/// A frame that has no text ends the conversation: the peer comes back and sends again.
fn text(frame: &Frame) -> Result<Message, Broken> {
    match frame.to_text() {
        Ok(text) => Ok(Message::Text(text.into())),
        Err(error) => {
            tracing::error!(%error, "an answer can't be written");
            Err(Broken)
        }
    }
}
