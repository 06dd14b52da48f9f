//! The single door: the only code of the product that opens a socket to a hub.
//!
//! Each connect and each write asks for consent again, so that taking it back works at once, and each frame is noted in
//! the egress log before its bytes leave. A write holds one frame, or as many as wait, up to a small limit.

mod cause;
mod dial;
pub(crate) mod post;
#[cfg(test)]
mod tests;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use pawtrail_event::ProjectUuid;
use pawtrail_event::frame::{FrameError, Outgoing};
use rustls::ClientConfig;
use tokio_tungstenite::Connector;
use tokio_tungstenite::tungstenite::Message;

use crate::consent::{self, Consent};
use crate::egress_log::EgressLog;
pub use crate::egress_log::{Entry, Totals};
use crate::error::SyncError;
use crate::place::Place;

/// How long an attempt to connect may take, TLS and upgrade included.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(12);
/// How long one frame may take to leave; a peer that doesn't read is as good as gone.
const SEND_TIMEOUT: Duration = Duration::from_secs(10);

/// The most frames that leave in one write, for which consent is asked once,
const TOGETHER: usize = 32;
/// and the most bytes, unless a single frame has more.
const TOGETHER_BYTES: usize = 16 * 1024;

/// The way out of one clone.
pub struct Door {
    place: Place,
    log: EgressLog,
    tls: OnceLock<Arc<ClientConfig>>,
    open: Open,
}

/// Says whether whoever came to the door may still be there.
type Open = Arc<dyn Fn() -> bool + Send + Sync>;

/// What the log says of one thing that leaves.
struct Note {
    kind: &'static str,
    bytes: usize,
    git_hash: Option<String>,
    events: Option<u64>,
    event_id: Option<String>,
}

impl Note {
    /// A note about a connection or a frame.
    fn of(kind: &'static str, bytes: usize, git_hash: Option<String>) -> Self {
        Self {
            kind,
            bytes,
            git_hash,
            events: None,
            event_id: None,
        }
    }
}

/// One open connection to a hub.
pub struct Line {
    socket: dial::Socket,
    consent: Consent,
}

/// What came in.
#[derive(Debug)]
pub enum Incoming {
    /// A text, maybe a frame.
    Text(String),
    /// A ping or pong of the protocol, or a message that is no text.
    Other,
    /// The end; with the reason.
    Closed(String),
}

/// Why nothing went out.
#[derive(Debug, thiserror::Error)]
pub enum DoorError {
    /// No consent, or not for this; or a file of ours can't be used.
    #[error(transparent)]
    Denied(#[from] SyncError),
    /// Consent was given anew, for another hub or with another token, since the connect.
    #[error("consent was given anew")]
    Changed,
    /// Another courier serves this clone now, because this one didn't answer for long.
    #[error("another courier has taken the place of this one")]
    Followed,
    /// The frame is not of the project that consent was given for.
    #[error("the frame is not of the project that consent was given for")]
    OtherProject,
    /// The hub refuses this client.
    #[error("{0}")]
    Refused(String),
    /// The hub could not be reached, or the connection broke.
    #[error("{0}")]
    Lost(String),
}

impl Door {
    /// Makes the door of a clone. Nothing is opened yet.
    pub fn new(place: Place) -> Self {
        Self {
            log: EgressLog::of(&place),
            place,
            tls: OnceLock::new(),
            open: Arc::new(|| true),
        }
    }

    /// Closes the door as soon as this is no longer true: nobody sends whose place somebody else has taken.
    pub(crate) fn only_while(mut self, open: Open) -> Self {
        self.open = open;
        self
    }

    /// Returns the consent, if there is one and the door is open.
    ///
    /// # Errors
    /// When it is no, or another courier has taken the place of this one.
    fn granted(&self) -> Result<Consent, DoorError> {
        if !(self.open)() {
            return Err(DoorError::Followed);
        }
        Ok(consent::check(&self.place).granted()?)
    }

    /// Connects to the hub that consent was given for.
    ///
    /// # Errors
    /// When consent is missing, the hub refuses, or it can't be reached in time.
    pub async fn connect(&self) -> Result<Line, DoorError> {
        let consent = self.granted()?;
        let request = dial::upgrade(&consent)?;
        let connector = if consent.url.is_plain() {
            Connector::Plain
        } else {
            Connector::Rustls(self.tls()?)
        };
        let path = request.uri().path().len();
        self.note(&consent, &Note::of("connect", path, None))?;
        let open = async {
            let stream = dial::reach(&consent.url).await?;
            // That may have taken seconds, and only now the token would leave.
            self.holds(&consent)?;
            dial::open(stream, request, connector).await
        };
        let socket = tokio::time::timeout(CONNECT_TIMEOUT, open)
            .await
            .map_err(|_| DoorError::Lost("the hub did not answer in time".to_owned()))??;
        Ok(Line { socket, consent })
    }

    /// Sends frames, in order. A commit must say that it is of the project that consent was given for.
    ///
    /// # Errors
    /// When consent is gone or changed, a frame is of another project, or the connection broke. What was written before
    /// has left.
    pub async fn send(&self, line: &mut Line, frames: &[Outgoing]) -> Result<(), DoorError> {
        let mut left = frames;
        while !left.is_empty() {
            let texts = together(left).map_err(|error| DoorError::Lost(error.to_string()))?;
            let (now, later) = left.split_at(texts.len());
            self.allowed(line)?;
            if now.iter().any(|frame| self.bars(line, frame)) {
                return Err(DoorError::OtherProject);
            }
            let notes: Vec<Note> = now
                .iter()
                .zip(&texts)
                .map(|(frame, text)| {
                    let (kind, hash) = describe(frame);
                    Note::of(kind, text.len(), hash)
                })
                .collect();
            self.note_all(&line.consent, &notes)?;
            deliver(line, texts.into_iter().map(Message::text)).await?;
            left = later;
        }
        Ok(())
    }

    /// Says whether a frame is of another project than consent was given for.
    pub fn bars(&self, line: &Line, frame: &Outgoing) -> bool {
        match frame {
            Outgoing::Commit(commit) => !is_of(commit.project_uuid.as_ref(), &line.consent),
            Outgoing::Pong(_) => false,
        }
    }

    /// Asks the hub for a sign of life, below the frames.
    ///
    /// # Errors
    /// As [`Self::send`].
    pub async fn probe(&self, line: &mut Line) -> Result<(), DoorError> {
        self.allowed(line)?;
        deliver(line, [Message::Ping(Vec::new().into())]).await
    }

    /// Checks that the consent of a connection still holds.
    ///
    /// # Errors
    /// When it is gone or changed.
    pub fn allowed(&self, line: &Line) -> Result<(), DoorError> {
        self.holds(&line.consent)
    }

    fn holds(&self, consent: &Consent) -> Result<(), DoorError> {
        if self.granted()? == *consent {
            Ok(())
        } else {
            Err(DoorError::Changed)
        }
    }

    fn note(&self, consent: &Consent, note: &Note) -> Result<(), SyncError> {
        self.note_all(consent, std::slice::from_ref(note))
    }

    fn note_all(&self, consent: &Consent, notes: &[Note]) -> Result<(), SyncError> {
        let (at, url) = (jiff::Timestamp::now().to_string(), consent.url.to_string());
        let entries: Vec<Entry> = notes
            .iter()
            .map(|note| Entry {
                at: at.clone(),
                url: url.clone(),
                kind: note.kind.to_owned(),
                bytes: note.bytes as u64,
                git_hash: note.git_hash.clone(),
                events: note.events,
                event_id: note.event_id.clone(),
            })
            .collect();
        self.log.add(&entries)
    }

    /// TLS is set up at the first need.
    fn tls(&self) -> Result<Arc<ClientConfig>, SyncError> {
        if let Some(config) = self.tls.get() {
            return Ok(Arc::clone(config));
        }
        let config = dial::tls()?;
        Ok(Arc::clone(self.tls.get_or_init(|| config)))
    }
}

impl Line {
    /// Waits for what comes in. Protocol pings are answered below.
    pub async fn next(&mut self) -> Incoming {
        match self.socket.next().await {
            Some(Ok(Message::Text(text))) => Incoming::Text(text.as_str().to_owned()),
            Some(Ok(
                Message::Binary(_) | Message::Ping(_) | Message::Pong(_) | Message::Frame(_),
            )) => Incoming::Other,
            Some(Ok(Message::Close(_))) | None => {
                Incoming::Closed("the hub closed the connection".to_owned())
            }
            Some(Err(error)) => Incoming::Closed(error.to_string()),
        }
    }

    /// Says goodbye, without waiting for the answer.
    pub async fn close(mut self) {
        // A peer that is gone can't be told; there is nothing left to do either way.
        let goodbye = self.socket.close(None);
        let _ = tokio::time::timeout(Duration::from_millis(200), goodbye).await;
    }
}

/// Returns what left, as far as the kept log reaches back, oldest first.
///
/// # Errors
/// When the log can't be read.
pub fn log(place: &Place) -> Result<Vec<Entry>, SyncError> {
    EgressLog::of(place).entries()
}

/// Returns how much left, as far as the kept log reaches back.
///
/// # Errors
/// When the log can't be read.
pub fn totals(place: &Place) -> Result<Totals, SyncError> {
    EgressLog::of(place).totals()
}

fn is_of(project: Option<&ProjectUuid>, consent: &Consent) -> bool {
    project == Some(&consent.project_uuid)
}

fn describe(frame: &Outgoing) -> (&'static str, Option<String>) {
    match frame {
        Outgoing::Commit(commit) => ("LocalCommit", Some(commit.git_hash.to_string())),
        Outgoing::Pong(_) => ("pong", None),
    }
}

/// The texts of the first frames, as many as leave together.
fn together(frames: &[Outgoing]) -> Result<Vec<String>, FrameError> {
    let mut texts = Vec::new();
    let mut bytes = 0;
    for frame in frames.iter().take(TOGETHER) {
        let text = frame.to_text()?;
        bytes += text.len();
        if !texts.is_empty() && bytes > TOGETHER_BYTES {
            break;
        }
        texts.push(text);
    }
    Ok(texts)
}

async fn deliver(
    line: &mut Line,
    messages: impl IntoIterator<Item = Message>,
) -> Result<(), DoorError> {
    let write = async {
        for message in messages {
            line.socket.feed(message).await?;
        }
        line.socket.flush().await
    };
    match tokio::time::timeout(SEND_TIMEOUT, write).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(DoorError::Lost(error.to_string())),
        Err(_) => Err(DoorError::Lost("the hub stopped reading".to_owned())),
    }
}
