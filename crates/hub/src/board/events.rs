//! Server-sent events: one for each change of a project's board, with its revision as id.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use pawtrail_event::ProjectUuid;
use serde::Deserialize;
use tokio::sync::{OwnedSemaphorePermit, watch};

use super::visitor::Visitor;
use crate::app::{App, Stop, refusal};
use crate::hub::Hub;
use crate::live::Revision;

/// The least time between two events, so that a burst of commits is one or two renderings.
const PAUSE: Duration = Duration::from_millis(100);
/// The time between two comments that keep the line open.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

#[derive(Deserialize)]
pub(super) struct From {
    /// The revision that the page shows.
    since: Option<String>,
}

struct Watching {
    revisions: watch::Receiver<Revision>,
    known: Option<Revision>,
    sent_any: bool,
    stop: Stop,
    visitor: Visitor,
    hub: Hub,
    _permit: OwnedSemaphorePermit,
}

/// Answers `GET /p/<project>/events`.
pub(super) async fn events(
    State(app): State<App>,
    Path(project): Path<String>,
    Query(from): Query<From>,
    headers: HeaderMap,
) -> Response {
    let Ok(project) = project.parse::<ProjectUuid>() else {
        return super::not_found().await;
    };
    let visitor = match Visitor::to(&app, &headers, &project).await {
        Ok(visitor) => visitor,
        Err(denied) => return denied.data(),
    };
    let wanted = project.clone();
    match app
        .hub
        .blocking(move |store| store.current(&wanted, 0))
        .await
    {
        Ok(Some(_)) => {}
        Ok(None) => return super::not_found().await,
        Err(error) => return super::failed(&error),
    }
    let Ok(permit) = app.streams.clone().try_acquire_owned() else {
        let message = "as many boards are open as the hub serves: try again later";
        let refusal = refusal(StatusCode::SERVICE_UNAVAILABLE, "HUB_BUSY", message);
        return ([(header::RETRY_AFTER, "5")], refusal).into_response();
    };
    // A browser that reconnects says which event it had last; that is newer than the page.
    let last = headers
        .get("last-event-id")
        .and_then(|value| value.to_str().ok())
        .or(from.since.as_deref());
    let watching = Watching {
        revisions: app.hub.live.watch(&project),
        known: last.and_then(|text| text.parse().ok()),
        sent_any: false,
        stop: app.stop,
        visitor,
        hub: app.hub,
        _permit: permit,
    };
    Sse::new(stream::unfold(watching, next))
        .keep_alive(KeepAlive::new().interval(KEEP_ALIVE).text("still here"))
        .into_response()
}

async fn next(mut watching: Watching) -> Option<(Result<Event, Infallible>, Watching)> {
    if watching.sent_any {
        tokio::select! {
            () = watching.stop.wait() => return None,
            () = tokio::time::sleep(PAUSE) => {}
        }
    }
    loop {
        // Asked before each event, and as often as a clone is asked for a sign of life.
        if !watching.visitor.holds(&watching.hub).await {
            return None;
        }
        let now = *watching.revisions.borrow_and_update();
        if watching.known != Some(now) {
            watching.known = Some(now);
            watching.sent_any = true;
            let event = Event::default()
                .event("change")
                .id(now.to_string())
                .data(now.to_string());
            return Some((Ok(event), watching));
        }
        if !watching.sent_any {
            // Something to read at once, so that a browser knows that the line is open.
            watching.sent_any = true;
            return Some((Ok(Event::default().comment("open")), watching));
        }
        tokio::select! {
            () = watching.stop.wait() => return None,
            changed = watching.revisions.changed() => changed.ok()?,
            () = tokio::time::sleep(watching.hub.timing.ping_every) => {}
        }
    }
}
