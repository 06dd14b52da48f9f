//! The body of a batch: the envelopes as they are, packed.

use std::io::{self, Write};
use std::iter::{once, repeat};

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::queue::Outgoing;

/// Packs events into a body.
pub(super) fn pack(events: &[Outgoing]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    for part in parts(events) {
        encoder.write_all(part.as_bytes())?;
    }
    encoder.finish()
}

/// The body before it is packed, in parts. Each event is JSON already and isn't read again.
pub(super) fn parts(events: &[Outgoing]) -> impl Iterator<Item = &str> {
    let commas = once("").chain(repeat(","));
    let each = commas.zip(events);
    once("{\"events\":[")
        .chain(each.flat_map(|(comma, event)| [comma, event.body.as_str()]))
        .chain(once("]}"))
}
