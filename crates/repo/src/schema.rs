//! JSON Schemas of the files that this crate reads and writes, and of the receipt; see [`pawtrail_event::schema`].

use pawtrail_event::schema::{Named, read, written};

use crate::Receipt;
use crate::glossary::SEED;
use crate::mission::{self, Meta};
use crate::sync_state;

/// The schemas.
pub const SCHEMAS: &[Named] = &[META, SEED, SYNC_STATE, RECEIPT];

const META: Named = Named {
    name: "meta",
    title: "`meta.json`: a mission, as far as Pawtrail reads it",
    about: || {
        format!(
            "In the mission's directory under `kitty-specs/`, at most {} bytes. Keys that aren't named here are the Python \
             tool's, and stay.",
            mission::LIMIT
        )
    },
    body: read::<Meta>,
};
const SYNC_STATE: Named = Named {
    name: "sync-state",
    title: "`.kittify/sync-state.json`: which local commits a hub has, and which wait for it",
    about: || {
        "A cache: whatever is lost of it is derived from git again. The first two keys are the Python tool's; who writes \
         beside Pawtrail keeps the others as they are. A file that isn't of this shape is mended, but for one of a later \
         `version`, which is left alone."
            .to_owned()
    },
    body: sync_state::schema,
};
const RECEIPT: Named = Named {
    name: "receipt",
    title: "The receipt of a write: what is true now",
    about: || "Under `receipt` of the envelope that a command prints with `--json`.".to_owned(),
    body: written::<Receipt>,
};

#[cfg(test)]
mod tests;
