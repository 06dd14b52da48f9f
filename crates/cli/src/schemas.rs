//! All JSON Schemas of the program: the wire, the files, the command line's own answers.

use pawtrail_event::schema::{self, Named};

use crate::output::{Failure, Success};

/// The envelopes of answers.
const ANSWERS: &[Named] = &[
    Named {
        name: "success",
        title: "What a command prints with `--json` where it did what it was asked for",
        about: || {
            "The one document on standard output. The exit code is 0. `next`, whose JSON is spec-kitty's, has a form of its \
             own."
                .to_owned()
        },
        body: schema::written::<Success<'_>>,
    },
    Named {
        name: "failure",
        title: "What a command prints with `--json` where it fails, or answers \"no\"",
        about: || {
            "The one document on standard output. The exit code says what kind of failure it is: 1 refused or failed, 2 usage, \
             3 recorded and not committed yet, 4 a lock was not free in time, 5 conflict, 6 sending is not allowed."
                .to_owned()
        },
        body: schema::written::<Failure<'_>>,
    },
];

/// Returns all schemas: first the wire, then the files, then the answers.
pub(crate) fn all() -> impl Iterator<Item = &'static Named> {
    [
        schema::FRAMES,
        pawtrail_hub::schema::SCHEMAS,
        pawtrail_sync::schema::SCHEMAS,
        schema::EVENTS,
        pawtrail_repo::schema::SCHEMAS,
        ANSWERS,
    ]
    .into_iter()
    .flatten()
}
