//! The body of a batch: the envelopes as they are, packed.

use std::io::{self, Write};

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::queue::Outgoing;

/// Packs events into a body. Each is JSON already and isn't read again.
pub(super) fn pack(events: &[Outgoing]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(b"{\"events\":[")?;
    for (at, event) in events.iter().enumerate() {
        if at > 0 {
            encoder.write_all(b",")?;
        }
        encoder.write_all(event.body.as_bytes())?;
    }
    encoder.write_all(b"]}")?;
    encoder.finish()
}
