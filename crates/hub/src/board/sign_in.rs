//! Signing in and out: a token is exchanged for a cookie, once, and the cookie is given back.

use std::time::Duration;

use axum::Form;
use axum::Router;
use axum::extract::{DefaultBodyLimit, FromRequest, RawQuery, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use jiff::Timestamp;
use serde::Deserialize;
use tokio::time::timeout;

use super::page;
use super::visitor::Visitor;
use crate::app::{App, Team};
use crate::error::Result;
use crate::guard::{is_own_page, origin_refused};
use crate::ingest::query_refused;
use crate::session::{self, NewSession};
use crate::slow::TooMany;
use crate::token;

/// The most bytes of a form; a token has 68.
const MAX_FORM: usize = 4 * 1024;
/// How long the bytes of a form may take to come.
const FORM_TIME: Duration = Duration::from_secs(10);

#[derive(Deserialize)]
struct Given {
    token: String,
}

/// The routes of signing in and out; only a hub for a team has them.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route(page::SIGN_IN, get(ask).post(enter))
        .route(page::SIGN_OUT, post(leave))
        .layer(DefaultBodyLimit::max(MAX_FORM))
}

async fn ask(State(app): State<App>, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    if let Some(refused) = query_refused(query.as_deref()) {
        return refused;
    }
    match Visitor::of(&app, &headers).await {
        Ok(_) => Redirect::to("/").into_response(),
        Err(_) => form(StatusCode::OK, None),
    }
}

async fn enter(
    State(app): State<App>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    request: Request,
) -> Response {
    let Some(team) = &app.team else {
        return super::not_found().await;
    };
    if let Some(refused) = query_refused(query.as_deref()) {
        return refused;
    }
    if !is_own_page(&headers) {
        return origin_refused(None);
    }
    let given = match timeout(FORM_TIME, Form::<Given>::from_request(request, &app)).await {
        Ok(Ok(Form(given))) => given,
        Ok(Err(rejection)) => {
            return form(rejection.status(), Some("That was no form of this page."));
        }
        Err(_) => {
            return form(
                StatusCode::REQUEST_TIMEOUT,
                Some("The form did not come in time."),
            );
        }
    };
    match exchange(&app, &headers, &given.token).await {
        Ok(Some((session, board))) => {
            ([(header::SET_COOKIE, session.cookie)], Redirect::to(&board)).into_response()
        }
        Ok(None) => wrong(team).await,
        Err(error) => super::failed(&error),
    }
}

/// Returns a session for a token, and the board that it shows; nothing for a wrong token. It takes the place of the one
/// that the browser had.
async fn exchange(
    app: &App,
    headers: &HeaderMap,
    text: &str,
) -> Result<Option<(NewSession, String)>> {
    let Some(hash) = token::from_text(text) else {
        return Ok(None);
    };
    let new = session::begin()?;
    let (session, before) = (new.hash, session::of(headers));
    let now = Timestamp::now();
    let board = app
        .hub
        .blocking(move |store| {
            let Some(grant) = store.authorize(hash)? else {
                return Ok(None);
            };
            let begun = store.begin_session(session, &grant.token, now, now + session::LASTS)?;
            if let Some(before) = before
                && begun
            {
                store.end_session(before)?;
            }
            Ok(begun.then(|| format!("/p/{}", grant.project)))
        })
        .await?;
    Ok(board.map(|board| (new, board)))
}

async fn wrong(team: &Team) -> Response {
    match team.slow.refusal().await {
        Ok(()) => form(
            StatusCode::FORBIDDEN,
            Some("This token is unknown or revoked."),
        ),
        Err(TooMany) => (
            [(header::RETRY_AFTER, "5")],
            form(
                StatusCode::TOO_MANY_REQUESTS,
                Some("Too many wrong tokens come in. Try again in a moment."),
            ),
        )
            .into_response(),
    }
}

async fn leave(State(app): State<App>, headers: HeaderMap) -> Response {
    if !is_own_page(&headers) {
        return origin_refused(None);
    }
    if let Some(session) = session::of(&headers) {
        let ended = app
            .hub
            .blocking(move |store| store.end_session(session))
            .await;
        if let Err(error) = ended {
            return super::failed(&error);
        }
    }
    (
        [(header::SET_COOKIE, session::forget())],
        Redirect::to(page::SIGN_IN),
    )
        .into_response()
}

fn form(status: StatusCode, complaint: Option<&str>) -> Response {
    super::with_form(status, page::sign_in(complaint))
}
