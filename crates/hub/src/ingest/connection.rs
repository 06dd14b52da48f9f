//! One connection of a clone: it reads frames in order while the outbox answers in order.

use std::time::Duration;

use axum::extract::ws::{Message, WebSocket};
use futures_util::StreamExt;
use futures_util::stream::SplitStream;
use jiff::Timestamp;
use pawtrail_event::frame::{ErrorFrame, Frame, LocalCommit, PROTOCOL, Snapshot};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use super::intake::{self, Meaning};
use super::outbox::{Farewell, Outbox, Reply, WAITING};
use crate::app::{App, Stop};
use crate::presence;
use crate::store::{Grant, Incoming, Job};

/// The most builds in a snapshot, so that it stays a frame.
const MAX_SNAPSHOT_BUILDS: u32 = 400;

/// How long the hub waits for the peer's side of an orderly end. Without the wait, what the peer
/// still sends would reset the line and take our last answers with it.
const GOODBYE: Duration = Duration::from_secs(1);

/// Speaks with one clone until either side ends.
pub(super) async fn run(socket: WebSocket, app: App, grant: Grant) {
    let project = grant.project.clone();
    let builds = app
        .hub
        .blocking(move |store| store.builds(&project, MAX_SNAPSHOT_BUILDS))
        .await;
    let known = match builds {
        Ok(known) => known,
        Err(error) => {
            // The clone takes a line that ends before the snapshot as a reason to try again.
            tracing::error!(%error, "no snapshot can be made");
            return;
        }
    };
    let snapshot = Frame::Snapshot(Snapshot {
        protocol: Some(PROTOCOL),
        builds_total: (known.total > known.builds.len() as u64).then_some(known.total),
        builds: Some(known.builds.into_iter().map(Into::into).collect()),
        store: Some(known.store),
    });

    let (sink, mut stream) = socket.split();
    let (replies, outgoing) = mpsc::channel(WAITING);
    let reader = Reader {
        presence: app.hub.presence.connection(grant.project.clone()),
        stop: app.stop.clone(),
        app: app.clone(),
        grant,
        replies,
    };
    let outbox = Outbox::new(sink, app.hub.clone()).run(snapshot, outgoing);
    tokio::pin!(outbox);
    let farewell = tokio::select! {
        said = &mut outbox => said,
        farewell = reader.run(&mut stream) => {
            outbox.await;
            Some(farewell)
        }
    };
    match farewell {
        // The peer is gone or doesn't read.
        None => {}
        // What remains of the message can't be read any more.
        Some(Farewell::TooLarge) => tokio::time::sleep(GOODBYE).await,
        Some(
            Farewell::Gone
            | Farewell::Stopping
            | Farewell::Revoked
            | Farewell::Silent
            | Farewell::Failed,
        ) => {
            let rest = async { while let Some(Ok(_)) = stream.next().await {} };
            // A peer that doesn't end its side in time is left.
            drop(timeout(GOODBYE, rest).await);
        }
    }
}

struct Reader {
    app: App,
    grant: Grant,
    stop: Stop,
    presence: presence::Connection,
    replies: mpsc::Sender<Reply>,
}

impl Reader {
    /// Reads until the end, which is the last reply.
    async fn run(mut self, stream: &mut SplitStream<WebSocket>) -> Farewell {
        let farewell = self.read_all(stream).await;
        if farewell == Farewell::Silent {
            self.app.hub.counters.dropped_peers.add();
        }
        // Where the outbox has ended, there is nobody left to say goodbye to.
        drop(self.replies.send(Reply::Close(farewell)).await);
        farewell
    }

    async fn read_all(&mut self, stream: &mut SplitStream<WebSocket>) -> Farewell {
        let silence = self.app.hub.timing.silence;
        loop {
            let message = tokio::select! {
                () = self.stop.wait() => return Farewell::Stopping,
                message = timeout(silence, stream.next()) => message,
            };
            let goes_on = match message {
                Err(_) => return Farewell::Silent,
                Ok(None) => return Farewell::Gone,
                Ok(Some(Err(error))) => return ending(error),
                Ok(Some(Ok(Message::Text(text)))) => self.text(text.as_str()).await,
                Ok(Some(Ok(Message::Binary(_)))) => self.refuse(intake::binary()).await,
                Ok(Some(Ok(Message::Ping(_) | Message::Pong(_)))) => Ok(()),
                Ok(Some(Ok(Message::Close(_)))) => return Farewell::Gone,
            };
            if let Err(farewell) = goes_on {
                return farewell;
            }
        }
    }

    async fn text(&mut self, text: &str) -> Result<(), Farewell> {
        match intake::read(text, &self.grant.project) {
            Meaning::Commit(frame) => self.store(*frame).await,
            Meaning::Refused(error) => self.refuse(error).await,
            Meaning::Ignored => {
                self.check_token().await?;
                self.app.hub.counters.ignored.add();
                Ok(())
            }
            Meaning::Alive(build) => {
                self.check_token().await?;
                if let Some(build) = build {
                    self.presence.seen(&build);
                }
                Ok(())
            }
        }
    }

    /// Hands a commit to the writer, which checks the token itself, and goes on reading.
    async fn store(&mut self, frame: LocalCommit) -> Result<(), Farewell> {
        self.presence.seen(&frame.build_id);
        let hash = frame.git_hash.clone();
        let (answer, outcome) = oneshot::channel();
        let job = Job {
            incoming: Incoming {
                grant: self.grant.clone(),
                frame,
                received_at: Timestamp::now(),
            },
            answer,
        };
        if self.app.writer.send(job).await.is_err() {
            return Err(Farewell::Stopping);
        }
        self.reply(Reply::Stored(hash, outcome)).await
    }

    async fn refuse(&mut self, error: Box<ErrorFrame>) -> Result<(), Farewell> {
        self.check_token().await?;
        self.app.hub.counters.refused.add();
        self.reply(Reply::Refused(error)).await
    }

    async fn reply(&self, reply: Reply) -> Result<(), Farewell> {
        self.replies.send(reply).await.map_err(|_| Farewell::Gone)
    }

    async fn check_token(&self) -> Result<(), Farewell> {
        let token = self.grant.token.clone();
        match self
            .app
            .hub
            .blocking(move |store| store.is_active(&token))
            .await
        {
            Ok(true) => Ok(()),
            Ok(false) => Err(Farewell::Revoked),
            Err(error) => {
                // Without the store nothing is allowed; the clone comes back later.
                tracing::error!(%error, "a token can't be checked");
                Err(Farewell::Failed)
            }
        }
    }
}

fn ending(error: axum::Error) -> Farewell {
    use tungstenite::Error;
    match error.into_inner().downcast_ref::<Error>() {
        Some(Error::Capacity(_)) => Farewell::TooLarge,
        Some(_) | None => Farewell::Gone,
    }
}
