//! Ingest: what clones send, by WebSocket or in batches, from the request to the last acknowledgement.

pub(crate) mod batch;
mod connection;
mod intake;
mod outbox;

use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::{RawQuery, State};
use axum::http::header::{self, HeaderMap};
use axum::http::{HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use pawtrail_event::frame::PROTOCOL;

pub(crate) use batch::Batch;

use crate::app::{self, App, refusal};
use crate::slow::TooMany;
use crate::store::Grant;
use crate::token::{self, Access};

const PROTOCOL_HEADER: HeaderName = HeaderName::from_static("x-pawtrail-protocol");
/// The project that a client means to speak for; a client may leave it out.
const PROJECT_HEADER: HeaderName = HeaderName::from_static("x-pawtrail-project");

/// The largest message that a connection survives. It is above the largest frame, so that a frame
/// which is too large costs itself only.
const MAX_MESSAGE_BYTES: usize = 1024 * 1024;

/// Answers `GET /api/v1/ws`.
pub(crate) async fn upgrade(
    State(app): State<App>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    if let Some(refused) = query_refused(query.as_deref()) {
        return refused;
    }
    let grant = match authorized(&app, &headers).await {
        Ok(grant) => grant,
        Err(refused) => return refused,
    };
    let Ok(permit) = app.connections.clone().try_acquire_owned() else {
        return unavailable("the hub has as many connections as it takes: try again later");
    };
    match upgrade {
        Err(rejection) => {
            let message = rejection.body_text();
            refusal(rejection.status(), "WEBSOCKET_EXPECTED", &message).into_response()
        }
        Ok(upgrade) => upgrade
            .max_message_size(MAX_MESSAGE_BYTES)
            .max_frame_size(MAX_MESSAGE_BYTES)
            .on_upgrade(move |socket| async move {
                connection::run(socket, app, grant).await;
                drop(permit);
            }),
    }
}

/// Refuses an address with a query: addresses end up in logs and histories, so nothing secret may
/// travel in one.
pub(crate) fn query_refused(query: Option<&str>) -> Option<Response> {
    query.filter(|query| !query.is_empty())?;
    let message = "this address takes no query: send the token as `Authorization: Bearer`";
    Some(refusal(StatusCode::BAD_REQUEST, "QUERY_REFUSED", message).into_response())
}

/// Checks version and token, that the token is for the project that the client says it speaks for, and that it may send.
async fn authorized(app: &App, headers: &HeaderMap) -> Result<Grant, Response> {
    let spoken = single(headers, &PROTOCOL_HEADER).and_then(|version| version.parse().ok());
    if spoken != Some(PROTOCOL) {
        return Err(not_spoken());
    }
    let hash = single(headers, &header::AUTHORIZATION).and_then(token::from_authorization);
    let grant = match hash {
        None => Ok(None),
        Some(hash) => app.hub.blocking(move |store| store.authorize(hash)).await,
    };
    match grant {
        Ok(Some(grant)) if !speaks_for(headers, grant.project.as_str()) => Err(other_project()),
        Ok(Some(grant)) => match grant.access {
            Access::ReadWrite => Ok(grant),
            Access::ReadOnly => Err(read_only()),
        },
        Ok(None) => Err(refused(app).await),
        Err(error) => {
            tracing::error!(%error, "a token can't be checked");
            Err(unavailable("the hub's store failed: try again later"))
        }
    }
}

fn single<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().ok(),
        (None | Some(_), _) => None,
    }
}

/// Says whether a client means this project, or doesn't say which.
fn speaks_for(headers: &HeaderMap, project: &str) -> bool {
    !headers.contains_key(PROJECT_HEADER) || single(headers, &PROJECT_HEADER) == Some(project)
}

fn other_project() -> Response {
    let message = "the token is for another project than `X-Pawtrail-Project` says: make one with `pawtrail hub token create`";
    refusal(StatusCode::FORBIDDEN, "TOKEN_OTHER_PROJECT", message).into_response()
}

fn read_only() -> Response {
    let message = "the token may look at the board and send nothing: make one without --read-only";
    refusal(StatusCode::FORBIDDEN, "TOKEN_READ_ONLY", message).into_response()
}

/// Refuses a wrong token; where anybody can try one, after a while.
async fn refused(app: &App) -> Response {
    let Some(team) = &app.team else {
        return unauthorized();
    };
    match team.slow.refusal().await {
        Ok(()) => unauthorized(),
        Err(TooMany) => {
            let message = "too many wrong tokens come in: try again later";
            let code = "TOO_MANY_WRONG_TOKENS";
            (
                [(header::RETRY_AFTER, "5")],
                refusal(StatusCode::TOO_MANY_REQUESTS, code, message),
            )
                .into_response()
        }
    }
}

fn not_spoken() -> Response {
    let message = format!("this hub speaks protocol {PROTOCOL}: send `X-Pawtrail-Protocol`");
    app::not_spoken(&message).into_response()
}

fn unauthorized() -> Response {
    let message =
        "the token is missing, unknown or revoked: make one with `pawtrail hub token create`";
    (
        [(header::WWW_AUTHENTICATE, "Bearer")],
        refusal(StatusCode::UNAUTHORIZED, "TOKEN_REFUSED", message),
    )
        .into_response()
}

fn unavailable(message: &str) -> Response {
    (
        [(header::RETRY_AFTER, "5")],
        refusal(StatusCode::SERVICE_UNAVAILABLE, "HUB_BUSY", message),
    )
        .into_response()
}
