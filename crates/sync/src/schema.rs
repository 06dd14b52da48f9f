//! JSON Schemas of what a hub answers, as a clone reads it; see [`pawtrail_event::schema`].

use pawtrail_event::schema::{Named, read};

use crate::upload::Results;

/// The schemas.
pub const SCHEMAS: &[Named] = &[Named {
    name: "batch-response",
    title: "A hub's answer to a batch: what became of each event",
    about: || {
        "With status 200, and with 400 or 422 where each event was judged. One entry an event, in any order.".to_owned()
    },
    body: read::<Results>,
}];
