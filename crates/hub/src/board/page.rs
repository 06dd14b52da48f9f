//! Whole pages.

use maud::{DOCTYPE, Markup, html};

use super::{Board, part, time};
use crate::store::ProjectSummary;

/// Where a token is asked for.
pub(super) const SIGN_IN: &str = "/sign-in";
/// Where a session ends.
pub(super) const SIGN_OUT: &str = "/sign-out";

/// The board of one project.
pub(super) fn board(board: &Board) -> Markup {
    let short = part::short_project(&board.project);
    let live = html! {
        p #live data-state="offline" role="status" {
            span.dot aria-hidden="true" {}
            span.words { "Not live: reload to see news" }
        }
        @if board.is_signed_in { (sign_out()) }
    };
    frame(
        &format!("Project {short} · Pawtrail"),
        &live,
        &html! {
            main #board data-project=(board.project) data-events=(format!("/p/{}/events", board.project))
                data-fragment=(format!("/p/{}/fragment", board.project))
                data-sign-in=[board.is_signed_in.then_some(SIGN_IN)] {
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

/// Asks for a token. It travels in the form's body, and in no address.
pub(super) fn sign_in(complaint: Option<&str>) -> Markup {
    frame(
        "Sign in · Pawtrail",
        &html! {},
        &html! {
            main {
                h1 { "Sign in" }
                form.sign-in method="post" action=(SIGN_IN) {
                    @if let Some(complaint) = complaint { p.complaint role="alert" { (complaint) } }
                    label for="token" { "A token of the project" }
                    input #token type="password" name="token" required autofocus maxlength="200" autocomplete="current-password";
                    button { "Show the board" }
                    p.faint {
                        "Whoever runs this hub makes one: " code { "pawtrail hub token create --project UUID --read-only" }
                    }
                }
            }
        },
        false,
    )
}

/// The page for somebody whose token is for another project. It is the same for each project, known or not.
pub(super) fn other_project() -> Markup {
    frame(
        "Another project · Pawtrail",
        &sign_out(),
        &html! {
            main {
                h1 { "Another project" }
                div.empty {
                    p { "The token that you gave is not for the project at this address. Sign out to give another one." }
                    p { a href="/" { "The board of your token" } }
                }
            }
        },
        false,
    )
}

/// A page that the browser loads once more by itself.
pub(super) fn once_more() -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="refresh" content="0";
                title { "Pawtrail" }
            }
            body { p { "One moment." } }
        }
    }
}

fn sign_out() -> Markup {
    html! {
        form method="post" action=(SIGN_OUT) { button.quiet { "Sign out" } }
    }
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
