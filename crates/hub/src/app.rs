//! What every request may use, and how one is refused.

use std::sync::Arc;

use axum::Json;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use pawtrail_event::frame::PROTOCOL;
use schemars::JsonSchema;
use serde::Serialize;
use tokio::sync::{Semaphore, watch};

use crate::hub::Hub;
use crate::public_url::PublicUrl;
use crate::slow::Slow;
use crate::store::Writer;

/// What a request may use.
#[derive(Clone)]
pub(crate) struct App {
    pub(crate) hub: Hub,
    pub(crate) writer: Writer,
    pub(crate) stop: Stop,
    pub(crate) connections: Arc<Semaphore>,
    pub(crate) streams: Arc<Semaphore>,
    pub(crate) batches: Arc<Semaphore>,
    /// Where other machines reach the hub: there, pages need a token.
    pub(crate) team: Option<Team>,
}

/// What a hub needs that other machines can reach.
#[derive(Clone)]
pub(crate) struct Team {
    pub(crate) public: PublicUrl,
    pub(crate) slow: Slow,
}

/// Tells that the server is stopping.
#[derive(Clone)]
pub(crate) struct Stop(watch::Receiver<bool>);

impl Stop {
    /// Listens to who stops the server.
    pub(crate) fn new(stopping: watch::Receiver<bool>) -> Self {
        Self(stopping)
    }

    /// Returns when the server is stopping.
    pub(crate) async fn wait(&mut self) {
        // An error means that the server is gone, which is a stop too.
        drop(self.0.wait_for(|stopping| *stopping).await);
    }
}

/// The body of an answer that refuses.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Refusal {
    /// Why.
    error: Told,
    /// The versions of the wire that the hub speaks, where another one was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    protocol: Option<[u32; 1]>,
}

/// What is told of a refusal.
#[derive(Serialize, JsonSchema)]
struct Told {
    /// A stable code in `UPPER_SNAKE`.
    #[schemars(regex(pattern = "^[A-Z][A-Z0-9_]*$"))]
    code: &'static str,
    /// What is wrong, for a person.
    message: String,
}

/// An answer that refuses, as data.
pub(crate) fn refusal(
    status: StatusCode,
    code: &'static str,
    message: &str,
) -> impl IntoResponse + use<> {
    (status, Json(body(code, message, None)))
}

/// The answer to somebody who speaks another version of the wire.
pub(crate) fn not_spoken(message: &str) -> impl IntoResponse + use<> {
    let body = body("PROTOCOL_NOT_SPOKEN", message, Some([PROTOCOL]));
    (StatusCode::UPGRADE_REQUIRED, Json(body))
}

pub(crate) fn body(code: &'static str, message: &str, protocol: Option<[u32; 1]>) -> Refusal {
    let message = message.to_owned();
    Refusal {
        error: Told { code, message },
        protocol,
    }
}
