//! What every request may use, and how one is refused.

use std::sync::Arc;

use axum::Json;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use serde_json::json;
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

/// An answer that refuses, as data.
pub(crate) fn refusal(
    status: StatusCode,
    code: &'static str,
    message: &str,
) -> impl IntoResponse + use<> {
    let body = json!({ "error": { "code": code, "message": message } });
    (status, Json(body))
}
