//! Batches through the door: one request, one answer, no redirect, no proxy.

use std::fmt;
use std::io::Read;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use pawtrail_event::frame::PROTOCOL;
use rustls::crypto::ring;
use ureq::config::Config;
use ureq::http::{Response, Uri};
use ureq::tls::{RootCerts, TlsConfig, TlsProvider};
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{
    ConnectionDetails, Connector, DefaultConnector, NextTimeout, Transport,
};
use ureq::{Agent, Body};

use super::{Door, DoorError, Note};
use crate::consent::Consent;
use crate::place::Place;
use crate::url::HubUrl;

/// How long one request may take, answer included.
const REQUEST_TIME: Duration = Duration::from_secs(60);
const CONNECT_TIME: Duration = Duration::from_secs(12);
/// The most bytes of an answer that are read: a thousand verdicts with their reasons.
const MAX_ANSWER: u64 = 2 * 1024 * 1024;

/// What goes out: packed events, and what the log says of them.
#[derive(Debug)]
pub(crate) struct Parcel<'a> {
    /// The body, packed with gzip.
    pub(crate) body: Vec<u8>,
    /// How many events it holds.
    pub(crate) events: u64,
    /// The first of them.
    pub(crate) first: &'a str,
}

/// A hub's answer to a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// The header of this name.
    pub(crate) retry_after: Option<String>,
    pub(crate) body: String,
}

/// The door, for batches: keeps a connection between them.
pub(crate) struct Post {
    door: Arc<Door>,
    agent: Option<Agent>,
    /// The consent that the request under way goes by.
    by: Arc<Mutex<Option<Consent>>>,
}

impl Post {
    pub(crate) fn new(door: Door) -> Self {
        Self {
            door: Arc::new(door),
            agent: None,
            by: Arc::default(),
        }
    }

    /// Returns the agent for a request that goes by this consent. It asks once more when it has connected.
    fn agent(&mut self, consent: &Consent) -> Agent {
        *self.by.lock().unwrap_or_else(PoisonError::into_inner) = Some(consent.clone());
        let gate = || Gate {
            door: Arc::clone(&self.door),
            by: Arc::clone(&self.by),
        };
        self.agent.get_or_insert_with(|| agent(gate())).clone()
    }

    /// Says why there was no answer: the door was closed, or the hub wasn't reached.
    fn lost(&self, consent: &Consent, error: &dyn fmt::Display) -> DoorError {
        match self.door.holds(consent) {
            Err(closed) => closed,
            Ok(()) => DoorError::Lost(format!("{}: {error}", consent.url)),
        }
    }

    /// Returns whose batches these are.
    pub(crate) fn place(&self) -> &Place {
        &self.door.place
    }

    /// Returns the hub that consent was given for.
    ///
    /// # Errors
    /// When there is no consent.
    pub(crate) fn hub(&self) -> Result<HubUrl, DoorError> {
        Ok(self.door.granted()?.url)
    }

    /// Asks the hub that consent was given for how it is, without the token; returns its address too.
    ///
    /// # Errors
    /// When there is no consent, or no answer.
    pub(crate) fn health(&mut self) -> Result<(HubUrl, Answer), DoorError> {
        let consent = self.door.granted()?;
        let plain = consent.url.is_plain();
        let agent = self.agent(&consent);
        let address = consent.url.health();
        self.door
            .note(&consent, &Note::of("health", address.len(), None))?;
        let request = agent.get(address).config().https_only(!plain).build();
        let answer = request
            .call()
            .map_err(|error| self.lost(&consent, &error))
            .and_then(|response| answer(response).map_err(|error| self.lost(&consent, &error)))?;
        Ok((consent.url, answer))
    }

    /// Sends one batch to the hub that consent was given for.
    ///
    /// # Errors
    /// When there is no consent, or no answer.
    pub(crate) fn send(&mut self, parcel: &Parcel<'_>) -> Result<Answer, DoorError> {
        let consent = self.door.granted()?;
        let plain = consent.url.is_plain();
        let agent = self.agent(&consent);
        self.door.note(
            &consent,
            &Note {
                kind: "events",
                bytes: parcel.body.len(),
                git_hash: None,
                events: Some(parcel.events),
                event_id: Some(parcel.first.to_owned()),
            },
        )?;
        let request = agent
            .post(consent.url.batch())
            .header(
                "Authorization",
                format!("Bearer {}", consent.token.secret()),
            )
            .header("X-Pawtrail-Protocol", PROTOCOL.to_string())
            .header("X-Pawtrail-Project", consent.project_uuid.as_str())
            .header("Content-Type", "application/json")
            .header("Content-Encoding", "gzip")
            .config()
            .https_only(!plain)
            .build();
        request
            .send(&parcel.body[..])
            .map_err(|error| self.lost(&consent, &error))
            .and_then(|response| answer(response).map_err(|error| self.lost(&consent, &error)))
    }
}

/// Reads an answer, as far as one may be.
fn answer(mut response: Response<Body>) -> std::io::Result<Answer> {
    let retry_after = response
        .headers()
        .get("retry-after")
        .and_then(|value| value.to_str().ok())
        .map(str::to_owned);
    let mut body = String::new();
    response
        .body_mut()
        .as_reader()
        .take(MAX_ANSWER)
        .read_to_string(&mut body)?;
    Ok(Answer {
        status: response.status().as_u16(),
        retry_after,
        body,
    })
}

/// Made at the first need: it sets TLS up with the platform's own list of trusted authorities.
fn agent(gate: Gate) -> Agent {
    let tls = TlsConfig::builder()
        .provider(TlsProvider::Rustls)
        .root_certs(RootCerts::PlatformVerifier)
        .unversioned_rustls_crypto_provider(Arc::new(ring::default_provider()))
        .build();
    let config = Config::builder()
        .tls_config(tls)
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .proxy(None)
        .user_agent("pawtrail")
        .timeout_global(Some(REQUEST_TIME))
        .timeout_connect(Some(CONNECT_TIME))
        .build();
    let connector = DefaultConnector::default().chain(gate);
    Agent::with_parts(config, connector, Addresses::default())
}

/// Asks for consent again behind each connect: that may have taken seconds, and only now the request would leave.
struct Gate {
    door: Arc<Door>,
    by: Arc<Mutex<Option<Consent>>>,
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Gate")
    }
}

impl<T: Transport> Connector<T> for Gate {
    type Out = T;

    fn connect(
        &self,
        _details: &ConnectionDetails<'_>,
        chained: Option<T>,
    ) -> Result<Option<T>, ureq::Error> {
        let by = self.by.lock().unwrap_or_else(PoisonError::into_inner);
        let held = by.as_ref().map(|consent| self.door.holds(consent));
        match held {
            Some(Ok(())) => Ok(chained),
            Some(Err(closed)) => Err(ureq::Error::Other(Box::new(closed))),
            None => Err(ureq::Error::ConnectionFailed),
        }
    }
}

/// Resolves names; those of clear text to loopback only, whatever the name.
#[derive(Default)]
struct Addresses(DefaultResolver);

impl fmt::Debug for Addresses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Addresses")
    }
}

impl Resolver for Addresses {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let found = self.0.resolve(uri, config, timeout)?;
        if uri.scheme_str() != Some("http") {
            return Ok(found);
        }
        let mut allowed = self.empty();
        for address in found.iter().filter(|address| address.ip().is_loopback()) {
            allowed.push(*address);
        }
        if allowed.is_empty() {
            return Err(ureq::Error::HostNotFound);
        }
        Ok(allowed)
    }
}
