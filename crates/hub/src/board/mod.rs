//! The board: pages that show what the hub knows, made on the server, and kept live in the browser.

mod assets;
mod events;
mod glossary;
mod group;
mod lanes;
mod page;
mod part;
mod sign_in;
mod time;
mod visitor;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::get;
use axum::{Extension, Router};
use maud::Markup;
use pawtrail_event::ProjectUuid;

use crate::app::App;
use crate::error::Result;
use crate::guard::HoldsForm;
use crate::live::Revision;
use crate::presence::Connected;
use crate::store::{Lane, Resolution, StoredCommit};
use visitor::Visitor;

/// The most commits that one board lists; it says how many more there are.
const MAX_COMMITS: u32 = 500;
/// The most work packages that one board shows.
const MAX_PACKAGES: u32 = 2_000;
/// The most clarified terms that one board shows.
const MAX_RESOLUTIONS: u32 = 100;

/// What the board of one project shows.
struct Board {
    project: ProjectUuid,
    /// The address that the browser knows this hub by.
    base: String,
    /// Whether whoever looks gave a token, and can sign out.
    is_signed_in: bool,
    revision: Revision,
    /// Newest first.
    commits: Vec<StoredCommit>,
    /// How many there are, listed or not.
    total: u64,
    connected: Vec<Connected>,
    /// By mission and name.
    lanes: Vec<Lane>,
    /// Newest first.
    resolutions: Vec<Resolution>,
}

/// The board's routes; for a team, those of signing in and out too.
pub(crate) fn routes(for_team: bool) -> Router<App> {
    let routes = Router::new()
        .route("/", get(home))
        .route("/p/{project}", get(project))
        .route("/p/{project}/fragment", get(fragment))
        .route("/p/{project}/events", get(events::events))
        .merge(assets::routes());
    if for_team {
        routes.merge(sign_in::routes())
    } else {
        routes
    }
}

/// Answers what has no route.
pub(crate) async fn not_found() -> Response {
    (StatusCode::NOT_FOUND, html(page::not_found())).into_response()
}

async fn home(State(app): State<App>, headers: HeaderMap) -> Response {
    match Visitor::of(&app, &headers).await {
        Ok(Visitor::Local) => {}
        Ok(Visitor::Signed(signed)) => {
            return Redirect::to(&format!("/p/{}", signed.project)).into_response();
        }
        Err(denied) => return denied.page(&headers),
    }
    match app.hub.blocking(|store| store.projects()).await {
        Ok(projects) => match projects.as_slice() {
            [only] => Redirect::to(&format!("/p/{}", only.project)).into_response(),
            [] | [_, ..] => html(page::projects(&projects)).into_response(),
        },
        Err(error) => failed(&error),
    }
}

async fn project(
    State(app): State<App>,
    Path(project): Path<String>,
    headers: HeaderMap,
) -> Response {
    let Ok(project) = project.parse::<ProjectUuid>() else {
        return not_found().await;
    };
    match Visitor::to(&app, &headers, &project).await {
        Ok(visitor) => shown(app, project, &headers, &visitor, page::board).await,
        Err(denied) => denied.page(&headers),
    }
}

async fn fragment(
    State(app): State<App>,
    Path(project): Path<String>,
    headers: HeaderMap,
) -> Response {
    let Ok(project) = project.parse::<ProjectUuid>() else {
        return not_found().await;
    };
    match Visitor::to(&app, &headers, &project).await {
        Ok(visitor) => shown(app, project, &headers, &visitor, part::board).await,
        Err(denied) => denied.data(),
    }
}

async fn shown(
    app: App,
    project: ProjectUuid,
    headers: &HeaderMap,
    visitor: &Visitor,
    render: impl FnOnce(&Board) -> Markup,
) -> Response {
    let base = base(&app, headers);
    match read(&app, project, base, visitor.is_signed_in()).await {
        Ok(Some(board)) if board.is_signed_in => with_form(StatusCode::OK, render(&board)),
        Ok(Some(board)) => html(render(&board)).into_response(),
        Ok(None) => not_found().await,
        Err(error) => failed(&error),
    }
}

fn base(app: &App, headers: &HeaderMap) -> String {
    if let Some(team) = &app.team {
        return team.public.to_string();
    }
    // The guard let only one of the loopback names through.
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    format!("http://{}", host.unwrap_or("localhost"))
}

async fn read(
    app: &App,
    project: ProjectUuid,
    base: String,
    is_signed_in: bool,
) -> Result<Option<Board>> {
    // Read before the data: at worst the page is newer than it says, and is fetched once more.
    let revision = app.hub.live.revision(&project);
    let wanted = project.clone();
    let found = app
        .hub
        .blocking(move |store| {
            let Some((commits, total)) = store.current(&wanted, MAX_COMMITS)? else {
                return Ok(None);
            };
            let lanes = store.lanes(&wanted, MAX_PACKAGES)?;
            let resolutions = store.resolutions(&wanted, MAX_RESOLUTIONS)?;
            Ok(Some((commits, total, lanes, resolutions)))
        })
        .await?;
    Ok(found.map(|(commits, total, lanes, resolutions)| Board {
        lanes,
        resolutions,
        connected: app.hub.presence.connected(&project),
        project,
        base,
        is_signed_in,
        revision,
        commits,
        total,
    }))
}

/// An answer whose page may send a form to this hub.
fn with_form(status: StatusCode, page: Markup) -> Response {
    (status, Extension(HoldsForm), html(page)).into_response()
}

fn html(markup: Markup) -> Html<String> {
    Html(markup.into_string())
}

fn failed(error: &crate::HubError) -> Response {
    tracing::error!(%error, "a page can't be shown");
    (StatusCode::INTERNAL_SERVER_ERROR, html(page::failed())).into_response()
}
