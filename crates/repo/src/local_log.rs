//! Logs that stay in the clone: whole lines, added at the end, flushed, all of a call or none.

use std::fs::OpenOptions;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

use crate::durable;
use crate::error::{IoContext, Result};
use crate::failpoint;

/// The places where a test interrupts an append: with half of it written, and with all of it flushed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Places {
    pub(crate) writing: &'static str,
    pub(crate) written: &'static str,
}

/// Appends lines, each with its end, durably. The caller holds the lock of the log; `levels` says how many directories
/// above the file may be as new as it is.
pub(crate) fn append(path: &Path, lines: &str, levels: usize, places: Places) -> Result<()> {
    let dir = path.parent().unwrap_or(path);
    let fresh = !path.exists();
    durable::create_dir(dir)?;
    let mut file = OpenOptions::new()
        .create(true)
        .append(true)
        .read(true)
        .open(path)
        .at("open", path)?;
    let before = file.metadata().at("inspect", path)?.len();
    let mut text = std::borrow::Cow::Borrowed(lines);
    if before > 0 {
        let mut last = [0];
        file.seek(SeekFrom::Start(before - 1))
            .and_then(|_| file.read_exact(&mut last))
            .at("read", path)?;
        // A line that lost its end, ours or another tool's, stays and is reported by whoever reads it.
        if last != *b"\n" {
            text.to_mut().insert(0, '\n');
        }
    }
    failpoint::half_written(places.writing, &mut file, text.as_bytes())
        .and_then(|()| file.write_all(text.as_bytes()))
        .and_then(|()| file.sync_data())
        .and_then(|()| failpoint::reached(places.written))
        // What fails leaves nothing.
        .or_else(|error| file.set_len(before).and(Err(error)))
        .at("append to", path)?;
    if fresh {
        for dir in path.ancestors().skip(1).take(levels) {
            durable::sync_dir(dir)?;
        }
    }
    Ok(())
}
