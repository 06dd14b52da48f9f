//! The single door: the only code of the product that opens a socket to a hub.
//!
//! Each connect and each frame asks for consent again, so that taking it back works at once, and
//! each is written to the egress log before its bytes leave.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use pawtrail_event::ProjectUuid;
use pawtrail_event::frame::{Frame, MAX_FRAME_BYTES, PROTOCOL};
use rustls::ClientConfig;
use rustls::crypto::ring;
use rustls_platform_verifier::BuilderVerifierExt;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::handshake::client::{Request, Response};
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error as WsError, Message};
use tokio_tungstenite::{Connector, MaybeTlsStream, WebSocketStream};
use url::Host;

use crate::consent::{self, Consent};
use crate::egress_log::EgressLog;
pub use crate::egress_log::{Entry, Totals};
use crate::error::SyncError;
use crate::place::Place;
use crate::url::HubUrl;

/// How long an attempt to connect may take, TLS and upgrade included.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(12);
/// How long one frame may take to leave; a peer that doesn't read is as good as gone.
const SEND_TIMEOUT: Duration = Duration::from_secs(10);

/// The way out of one clone.
pub struct Door {
    place: Place,
    log: EgressLog,
    tls: OnceLock<Arc<ClientConfig>>,
}

/// One open connection to a hub.
pub struct Line {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
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
        }
    }

    /// Connects to the hub that consent was given for.
    ///
    /// # Errors
    /// When consent is missing, the hub refuses, or it can't be reached in time.
    pub async fn connect(&self) -> Result<Line, DoorError> {
        let consent = consent::check(&self.place).granted()?;
        let request = upgrade(&consent)?;
        let connector = if consent.url.is_plain() {
            Connector::Plain
        } else {
            Connector::Rustls(self.tls()?)
        };
        self.note(&consent, "connect", request.uri().path().len(), None)?;
        let socket = tokio::time::timeout(CONNECT_TIMEOUT, open(&consent.url, request, connector))
            .await
            .map_err(|_| DoorError::Lost("the hub did not answer in time".to_owned()))??;
        Ok(Line { socket, consent })
    }

    /// Sends a frame. A commit must say that it is of the project that consent was given for.
    ///
    /// # Errors
    /// When consent is gone or changed, the frame is of another project, or the connection broke.
    pub async fn send(&self, line: &mut Line, frame: &Frame) -> Result<(), DoorError> {
        self.allowed(line)?;
        let (kind, hash) = describe(frame);
        if let Frame::LocalCommit(commit) = frame
            && !is_of(commit.project_uuid.as_ref(), &line.consent)
        {
            return Err(DoorError::OtherProject);
        }
        let text = frame.to_text();
        self.note(&line.consent, kind, text.len(), hash)?;
        deliver(line, Message::text(text)).await
    }

    /// Asks the hub for a sign of life, below the frames.
    ///
    /// # Errors
    /// As [`Self::send`].
    pub async fn probe(&self, line: &mut Line) -> Result<(), DoorError> {
        self.allowed(line)?;
        deliver(line, Message::Ping(Vec::new().into())).await
    }

    /// Checks that the consent of a connection still holds.
    ///
    /// # Errors
    /// When it is gone or changed.
    pub fn allowed(&self, line: &Line) -> Result<(), DoorError> {
        if consent::check(&self.place).granted()? == line.consent {
            Ok(())
        } else {
            Err(DoorError::Changed)
        }
    }

    fn note(
        &self,
        consent: &Consent,
        kind: &str,
        bytes: usize,
        hash: Option<String>,
    ) -> Result<(), SyncError> {
        self.log.add(&Entry {
            at: jiff::Timestamp::now().to_string(),
            url: consent.url.to_string(),
            kind: kind.to_owned(),
            bytes: bytes as u64,
            git_hash: hash,
        })
    }

    /// The platform's own list of trusted authorities, loaded at the first need.
    fn tls(&self) -> Result<Arc<ClientConfig>, SyncError> {
        if let Some(config) = self.tls.get() {
            return Ok(Arc::clone(config));
        }
        let broken = |error: rustls::Error| SyncError::Tls(error.to_string());
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .and_then(BuilderVerifierExt::with_platform_verifier)
            .map_err(broken)?
            .with_no_client_auth();
        Ok(Arc::clone(self.tls.get_or_init(|| Arc::new(config))))
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

fn describe(frame: &Frame) -> (&'static str, Option<String>) {
    match frame {
        Frame::Snapshot(_) => ("snapshot", None),
        Frame::LocalCommit(commit) => ("LocalCommit", Some(commit.git_hash.to_string())),
        Frame::LocalCommitAck(ack) => ("LocalCommitAck", Some(ack.git_hash.to_string())),
        Frame::Error(_) => ("error", None),
        Frame::Ping(_) => ("ping", None),
        Frame::Pong(_) => ("pong", None),
        Frame::Unknown(_) => ("unknown", None),
    }
}

async fn deliver(line: &mut Line, message: Message) -> Result<(), DoorError> {
    match tokio::time::timeout(SEND_TIMEOUT, line.socket.send(message)).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(DoorError::Lost(error.to_string())),
        Err(_) => Err(DoorError::Lost("the hub stopped reading".to_owned())),
    }
}

/// The request to upgrade. The token is in its header and nowhere else.
fn upgrade(consent: &Consent) -> Result<Request, DoorError> {
    let lost = |error: WsError| DoorError::Lost(error.to_string());
    let mut request = consent
        .url
        .websocket()
        .into_client_request()
        .map_err(lost)?;
    let mut bearer = HeaderValue::from_str(&format!("Bearer {}", consent.token.secret()))
        .map_err(|_| SyncError::Token(crate::token::TokenError))?;
    bearer.set_sensitive(true);
    let headers = request.headers_mut();
    headers.insert("Authorization", bearer);
    headers.insert("X-Pawtrail-Protocol", HeaderValue::from(PROTOCOL));
    Ok(request)
}

async fn open(
    url: &HubUrl,
    request: Request,
    connector: Connector,
) -> Result<WebSocketStream<MaybeTlsStream<TcpStream>>, DoorError> {
    let stream = reach(url).await?;
    let nagle = stream.set_nodelay(true);
    nagle.map_err(|error| DoorError::Lost(error.to_string()))?;
    let limits = WebSocketConfig::default()
        .max_message_size(Some(MAX_FRAME_BYTES))
        .max_frame_size(Some(MAX_FRAME_BYTES));
    let answer = tokio_tungstenite::client_async_tls_with_config(
        request,
        stream,
        Some(limits),
        Some(connector),
    );
    match answer.await {
        Ok((socket, _)) => Ok(socket),
        Err(WsError::Http(response)) => Err(not_upgraded(&response)),
        Err(error) => Err(DoorError::Lost(error.to_string())),
    }
}

/// Opens the TCP connection; clear text only to an address that is loopback, whatever its name.
async fn reach(url: &HubUrl) -> Result<TcpStream, DoorError> {
    let lost = |error: std::io::Error| DoorError::Lost(format!("{url}: {error}"));
    let port = url.port();
    let addresses: Vec<SocketAddr> = match url.host() {
        Host::Domain(name) => tokio::net::lookup_host((name.as_str(), port))
            .await
            .map_err(lost)?
            .collect(),
        Host::Ipv4(ip) => vec![SocketAddr::new(IpAddr::V4(*ip), port)],
        Host::Ipv6(ip) => vec![SocketAddr::new(IpAddr::V6(*ip), port)],
    };
    let allowed: Vec<SocketAddr> = addresses
        .into_iter()
        .filter(|address| !url.is_plain() || address.ip().is_loopback())
        .collect();
    if allowed.is_empty() {
        return Err(DoorError::Lost(format!("{url} has no usable address")));
    }
    TcpStream::connect(&allowed[..]).await.map_err(lost)
}

fn not_upgraded(response: &Response) -> DoorError {
    let status = response.status().as_u16();
    match status {
        401 => DoorError::Refused("the hub refuses the token (401)".to_owned()),
        403 => DoorError::Refused("the hub's token is not for this project (403)".to_owned()),
        426 => DoorError::Refused(format!(
            "the hub doesn't speak version {PROTOCOL} of the protocol (426)"
        )),
        _ => DoorError::Lost(format!("the hub answers {status} instead of connecting")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::consent::{EnableOptions, disable_at, enable_at};
    use crate::testing::{HubAnswer, MemoryOutbox, TestHub, commit};

    fn place(dir: &tempfile::TempDir) -> Place {
        Place {
            common_dir: dir.path().to_owned(),
            state_dir: dir.path().join("pawtrail"),
            project_uuid: Some("f97f4d9b-d2fa-4ce6-a7ee-9bbca7308aab".parse().unwrap()),
        }
    }

    fn enable(place: &Place, url: &str, token: &str) {
        let outbox = MemoryOutbox::default();
        let token = Some(token.parse().unwrap());
        let now = "2026-06-01T07:55:08Z".to_owned();
        enable_at(place, &outbox, url, token, EnableOptions::default(), now).unwrap();
    }

    fn frame(place: &Place) -> Frame {
        let mut commit = commit(1);
        commit.project_uuid.clone_from(&place.project_uuid);
        Frame::LocalCommit(commit)
    }

    #[tokio::test]
    async fn each_frame_asks_for_consent_again() {
        let hub = TestHub::start(HubAnswer::Ack);
        let dir = tempfile::tempdir().unwrap();
        let place = place(&dir);
        let door = Door::new(place.clone());
        assert!(matches!(
            door.connect().await,
            Err(DoorError::Denied(SyncError::EgressDenied(_)))
        ));

        enable(&place, &hub.url(), "first-token");
        let mut line = door.connect().await.unwrap();
        assert!(matches!(line.next().await, Incoming::Text(_)));
        door.send(&mut line, &frame(&place)).await.unwrap();
        assert!(matches!(line.next().await, Incoming::Text(_)));

        enable(&place, &hub.url(), "second-token");
        assert!(matches!(
            door.send(&mut line, &frame(&place)).await,
            Err(DoorError::Changed)
        ));
        disable_at(&place).unwrap();
        assert!(matches!(
            door.send(&mut line, &frame(&place)).await,
            Err(DoorError::Denied(SyncError::EgressDenied(_)))
        ));
        assert!(matches!(
            door.probe(&mut line).await,
            Err(DoorError::Denied(SyncError::EgressDenied(_)))
        ));
        assert_eq!(hub.received().len(), 1);
        assert_eq!(totals(&place).unwrap().frames, 1);
    }

    #[tokio::test]
    async fn what_cannot_be_logged_does_not_leave() {
        let hub = TestHub::start(HubAnswer::Ack);
        let dir = tempfile::tempdir().unwrap();
        let place = place(&dir);
        enable(&place, &hub.url(), "first-token");
        std::fs::create_dir(place.sync_file("egress.jsonl")).unwrap();
        assert!(matches!(
            Door::new(place).connect().await,
            Err(DoorError::Denied(SyncError::File { .. }))
        ));
        assert_eq!(hub.connections(), 0);
    }

    #[tokio::test]
    async fn refusals_are_told_from_troubles() {
        let hub = TestHub::start(HubAnswer::Ack);
        let dir = tempfile::tempdir().unwrap();
        let place = place(&dir);
        enable(&place, &hub.url(), "first-token");
        for (status, refused) in [
            (401, true),
            (403, true),
            (426, true),
            (302, false),
            (404, false),
            (429, false),
            (503, false),
        ] {
            hub.answer(HubAnswer::Status(status));
            let error = Door::new(place.clone()).connect().await.err().unwrap();
            assert_eq!(matches!(error, DoorError::Refused(_)), refused, "{status}");
            assert_eq!(matches!(error, DoorError::Lost(_)), !refused, "{status}");
            assert!(!error.to_string().contains("first-token"));
        }
    }

    #[tokio::test]
    async fn an_https_hub_never_gets_a_clear_text_request() {
        let hub = TestHub::start(HubAnswer::Ack);
        let dir = tempfile::tempdir().unwrap();
        let place = place(&dir);
        enable(&place, &hub.url().replace("http:", "https:"), "first-token");
        let error = Door::new(place).connect().await.err().unwrap();
        assert!(matches!(error, DoorError::Lost(_)), "{error}");
        assert_eq!(hub.connections(), 0);
    }
}
