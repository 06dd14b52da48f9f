//! The board's style, script and icon, held in the program.

use axum::Router;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;

use crate::app::App;

const STYLE: &str = include_str!("assets/board.css");
const SCRIPT: &str = include_str!("assets/board.js");
const ICON: &str = include_str!("assets/icon.svg");

/// The routes of the assets.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/assets/board.css", file("text/css; charset=utf-8", STYLE))
        .route(
            "/assets/board.js",
            file("text/javascript; charset=utf-8", SCRIPT),
        )
        .route("/assets/icon.svg", file("image/svg+xml", ICON))
}

fn file(kind: &'static str, text: &'static str) -> axum::routing::MethodRouter<App> {
    get(move || std::future::ready(([(header::CONTENT_TYPE, kind)], text).into_response()))
}
