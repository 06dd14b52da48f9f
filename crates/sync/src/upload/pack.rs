//! The body of a batch: the envelopes as they are, packed.

use std::io::{self, Write};

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::queue::Outgoing;

/// Packs events into a body.
pub(super) fn pack(events: &[Outgoing]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    write(events, &mut encoder)?;
    encoder.finish()
}

/// Writes the body before it is packed. Each event is JSON already and isn't read again.
pub(super) fn write(events: &[Outgoing], out: &mut impl Write) -> io::Result<()> {
    out.write_all(b"{\"events\":[")?;
    for (at, event) in events.iter().enumerate() {
        if at > 0 {
            out.write_all(b",")?;
        }
        out.write_all(event.body.as_bytes())?;
    }
    out.write_all(b"]}")
}
