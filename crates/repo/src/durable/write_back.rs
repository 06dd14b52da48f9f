//! Asking the system to begin writing what a file holds, without waiting for it.

use std::fs::File;

/// Says whether the system can be asked.
pub(super) const fn can_begin() -> bool {
    cfg!(target_os = "linux")
}

/// How much is asked for at a time, in bytes: two pages where they are smallest.
#[cfg(target_os = "linux")]
const WINDOW: u64 = 8 * 1024;
/// A file with more is left to the flush, which asks for all of it at once. In bytes.
#[cfg(target_os = "linux")]
const MOST: u64 = 64 * 1024;

/// Lets the system begin to write a small file to the disk. It promises nothing: the flush does.
///
/// What is asked for is to write these bytes and forget them. Linux writes each page that one of them stands in, and
/// forgets those that hold nothing else: here none, for whoever reads the file next is not to wait for the disk.
#[cfg(target_os = "linux")]
pub(super) fn begin(file: &File) {
    use rustix::fs::{Advice, fadvise};
    use std::num::NonZeroU64;

    let length = file.metadata().map_or(0, |known| known.len());
    if length > MOST {
        return;
    }
    for at in (0..length).step_by(WINDOW as usize) {
        // Advice that isn't taken changes nothing.
        let _ = fadvise(file, at + 1, NonZeroU64::new(WINDOW - 2), Advice::DontNeed);
    }
}

/// There is nobody to ask.
#[cfg(not(target_os = "linux"))]
pub(super) fn begin(_file: &File) {}
