//! Asking the system to begin writing what a file holds, without waiting for it.

use std::fs::File;

/// How large a file may be that is asked for, in bytes.
#[cfg(target_os = "linux")]
const MOST: u64 = 64 * 1024;

/// Lets the system begin to write a small file to the disk. It promises nothing: the flush does.
///
/// What is asked for is to write these bytes and forget them. Linux begins to write each page that one of them stands
/// in, and forgets the others that it needn't write any more: of so small a file none, for all of it is written at once.
#[cfg(target_os = "linux")]
pub(super) fn begin(file: &File) {
    use rustix::fs::{Advice, fadvise};

    if file.metadata().is_ok_and(|known| known.len() <= MOST) {
        // The first page is never forgotten where what is asked for begins inside it. What can't be asked for waits for its
        // flush.
        let _ = fadvise(file, 1, None, Advice::DontNeed);
    }
}

/// There is nobody to ask.
#[cfg(not(target_os = "linux"))]
pub(super) fn begin(_file: &File) {}
