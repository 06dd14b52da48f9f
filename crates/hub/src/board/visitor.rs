//! Who looks at a page, and which project's board they may see.

use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use jiff::Timestamp;
use pawtrail_event::ProjectUuid;

use super::page;
use crate::app::{App, refusal};
use crate::error::{HubError, Result};
use crate::hub::Hub;
use crate::secret::SecretHash;
use crate::session;

/// Somebody who looks at a page.
#[derive(Clone)]
pub(super) enum Visitor {
    /// On a hub for this machine alone: whoever can ask may see all.
    Local,
    /// Somebody who gave a token.
    Signed(Signed),
}

/// Somebody who gave a token of one project.
#[derive(Clone)]
pub(super) struct Signed {
    session: SecretHash,
    pub(super) project: ProjectUuid,
}

/// Why somebody sees nothing.
pub(super) enum Denied {
    /// They gave no token, or it holds no more.
    NotSignedIn,
    /// Their token is for another project.
    OtherProject,
    /// Nobody can tell.
    Failed(HubError),
}

impl Visitor {
    /// Finds out who asks.
    pub(super) async fn of(app: &App, headers: &HeaderMap) -> std::result::Result<Self, Denied> {
        if app.team.is_none() {
            return Ok(Self::Local);
        }
        let session = session::of(headers).ok_or(Denied::NotSignedIn)?;
        match project(&app.hub, session).await {
            Ok(Some(project)) => Ok(Self::Signed(Signed { session, project })),
            Ok(None) => Err(Denied::NotSignedIn),
            Err(error) => Err(Denied::Failed(error)),
        }
    }

    /// Finds out who asks, and whether they may see this project.
    pub(super) async fn to(
        app: &App,
        headers: &HeaderMap,
        project: &ProjectUuid,
    ) -> std::result::Result<Self, Denied> {
        match Self::of(app, headers).await? {
            Self::Signed(signed) if signed.project != *project => Err(Denied::OtherProject),
            visitor @ (Self::Local | Self::Signed(_)) => Ok(visitor),
        }
    }

    pub(super) fn is_signed_in(&self) -> bool {
        match self {
            Self::Local => false,
            Self::Signed(_) => true,
        }
    }

    /// Tells whether they still may see what they saw.
    pub(super) async fn holds(&self, hub: &Hub) -> bool {
        match self {
            Self::Local => true,
            Self::Signed(signed) => match project(hub, signed.session).await {
                Ok(project) => project.as_ref() == Some(&signed.project),
                Err(error) => {
                    // Without the store nothing is allowed; the browser asks again by itself.
                    tracing::error!(%error, "a session can't be checked");
                    false
                }
            },
        }
    }
}

async fn project(hub: &Hub, session: SecretHash) -> Result<Option<ProjectUuid>> {
    hub.blocking(move |store| store.session(session, Timestamp::now()))
        .await
}

impl Denied {
    /// The answer for a person.
    pub(super) fn page(&self, headers: &HeaderMap) -> Response {
        match self {
            // A browser keeps the cookie back when another site led here; asked again by our own page, it doesn't.
            Self::NotSignedIn if came_from_elsewhere(headers) => {
                super::html(page::once_more()).into_response()
            }
            Self::NotSignedIn => Redirect::to(page::SIGN_IN).into_response(),
            Self::OtherProject => super::with_form(StatusCode::FORBIDDEN, page::other_project()),
            Self::Failed(error) => super::failed(error),
        }
    }

    /// The answer for a script.
    pub(super) fn data(&self) -> Response {
        match self {
            Self::NotSignedIn => {
                let message = "give a token of the project at /sign-in";
                refusal(StatusCode::UNAUTHORIZED, "SIGN_IN_NEEDED", message).into_response()
            }
            Self::OtherProject => {
                let message = "the token that was given is for another project";
                refusal(StatusCode::FORBIDDEN, "TOKEN_OTHER_PROJECT", message).into_response()
            }
            Self::Failed(error) => super::failed(error),
        }
    }
}

fn came_from_elsewhere(headers: &HeaderMap) -> bool {
    headers
        .get("sec-fetch-site")
        .is_some_and(|site| site.as_bytes() == b"cross-site")
}
