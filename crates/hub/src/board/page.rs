//! Whole pages.

use maud::{DOCTYPE, Markup, html};

use super::{Board, part, time};
use crate::store::ProjectSummary;

/// The board of one project.
pub(super) fn board(board: &Board) -> Markup {
    let short = part::short_project(&board.project);
    let live = html! {
        p #live data-state="offline" role="status" {
            span.dot aria-hidden="true" {}
            span.words { "Not live: reload to see news" }
        }
    };
    frame(
        &format!("Project {short} · Pawtrail"),
        &live,
        &html! {
            main #board data-project=(board.project) data-events=(format!("/p/{}/events", board.project))
                data-fragment=(format!("/p/{}/fragment", board.project)) {
                (part::board(board))
            }
            p #news .unseen aria-live="polite" {}
        },
        true,
    )
}

/// The list of projects.
pub(super) fn projects(projects: &[ProjectSummary]) -> Markup {
    frame(
        "Projects · Pawtrail",
        &html! {},
        &html! {
            main {
                h1 { "Projects" }
                @if projects.is_empty() {
                    (part::welcome())
                } @else {
                    ul.projects {
                        @for project in projects {
                            li {
                                a.card href=(format!("/p/{}", project.project)) {
                                    strong { "Project " (part::short_project(&project.project)) }
                                    code.faint { (project.project) }
                                    span.faint {
                                        (part::counted(project.commits, "local commit", "local commits"))
                                        @if let Some(at) = project.last_received {
                                            " · last received " (time::instant(at))
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        },
        false,
    )
}

/// What has no page.
pub(super) fn not_found() -> Markup {
    message(
        "Not found",
        "There is nothing at this address: the project has no token on this hub, or the address is incomplete.",
    )
}

/// A page that the hub could not make.
pub(super) fn failed() -> Markup {
    message(
        "The hub's store failed",
        "The page can't be shown now. The hub's own output says why; commits in your clones are not affected.",
    )
}

fn message(title: &str, text: &str) -> Markup {
    frame(
        &format!("{title} · Pawtrail"),
        &html! {},
        &html! {
            main {
                h1 { (title) }
                div.empty {
                    p { (text) }
                    p { a href="/" { "All projects" } }
                }
            }
        },
        false,
    )
}

fn frame(title: &str, aside: &Markup, content: &Markup, script: bool) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) }
                link rel="icon" type="image/svg+xml" href="/assets/icon.svg";
                link rel="stylesheet" href="/assets/board.css";
                @if script {
                    script type="module" src="/assets/board.js" {}
                }
            }
            body {
                header.top {
                    a.brand href="/" {
                        img src="/assets/icon.svg" alt="" width="24" height="24";
                        "Pawtrail"
                    }
                    (aside)
                }
                (content)
            }
        }
    }
}
