//! The Lamport clock of a clone: a number that only grows, shared by all processes, never given twice.
//!
//! The file holds two slots with a checksum each. A tick writes the slot of the smaller number and flushes it before
//! it returns, so a torn write costs nothing: the other slot stands. Where neither can be read, the clock goes on from
//! the present time in microseconds, which no count of events reaches: forward, never back.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::PathBuf;

use crate::durable;
use crate::error::{IoContext, Result};
use crate::failpoint;
use crate::lock::{Lock, PATIENCE};
use crate::project::Project;

const FILE: &str = "lamport";
const LOCK: &str = "lamport.lock";
/// Twenty digits, a blank, eight hexadecimal digits, a line feed.
const SLOT: usize = 30;
/// Above this, JSON readers that keep numbers as floats lose digits.
const LARGEST: u64 = 9_007_199_254_740_991;

/// Gives the next `count` numbers of this clone's clock and returns the first of them.
///
/// # Errors
/// [`crate::Error::LockTimeout`] when another process holds the clock for too long, [`crate::Error::Io`] when it can't be stored.
pub fn tick(project: &Project, count: u64) -> Result<u64> {
    let path = project.state_dir().join(FILE);
    let _lock = Lock::acquire(&project.state_dir().join("locks").join(LOCK), PATIENCE)?;
    let (mut file, content) = open(&path)?;
    let slots = [slot(&content, 0), slot(&content, 1)];
    let last = match slots[0].max(slots[1]) {
        Some(last) => last,
        None if content.is_empty() => 0,
        None => u64::try_from(project.now().as_microsecond()).unwrap_or(0),
    };
    // An absent slot is smaller than any number.
    let at = usize::from(slots[1] < slots[0]);
    let first = last + 1;
    let next = last.saturating_add(count.max(1)).min(LARGEST);
    let offset = u64::try_from(at * SLOT).unwrap_or(0);
    failpoint::reached("clock::write")
        .and_then(|()| file.seek(SeekFrom::Start(offset)))
        .and_then(|_| file.write_all(written(next).as_bytes()))
        .and_then(|()| file.sync_data())
        .at("write", &path)?;
    Ok(first)
}

fn open(path: &PathBuf) -> Result<(File, Vec<u8>)> {
    let is_new = !path.exists();
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path).at("open", path)?;
    let mut content = Vec::new();
    (&mut file)
        .take(2 * SLOT as u64)
        .read_to_end(&mut content)
        .at("read", path)?;
    if is_new && let Some(dir) = path.parent() {
        durable::sync_dir(dir)?;
    }
    Ok((file, content))
}

fn slot(content: &[u8], at: usize) -> Option<u64> {
    let bytes = content.get(at * SLOT..(at + 1) * SLOT)?;
    let text = std::str::from_utf8(bytes).ok()?;
    let number = text.get(..20)?.parse().ok()?;
    (text == written(number)).then_some(number)
}

fn written(number: u64) -> String {
    format!("{number:020} {:08x}\n", checksum(number))
}

/// FNV-1a: it has to notice a torn write, nothing more.
fn checksum(number: u64) -> u32 {
    number.to_le_bytes().iter().fold(0x811c_9dc5, |sum, byte| {
        (sum ^ u32::from(*byte)).wrapping_mul(0x0100_0193)
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::source::System;

    fn clone() -> (tempfile::TempDir, Project) {
        let dir = tempfile::tempdir().unwrap();
        gix::init(dir.path()).unwrap();
        let project = Project::discover(dir.path(), Arc::new(System)).unwrap();
        (dir, project)
    }

    #[test]
    fn numbers_grow_and_are_given_once() {
        let (_dir, project) = clone();
        assert_eq!(tick(&project, 1).unwrap(), 1);
        assert_eq!(tick(&project, 10).unwrap(), 2);
        assert_eq!(tick(&project, 0).unwrap(), 12);
        assert_eq!(tick(&project, 1).unwrap(), 13);
    }

    #[test]
    fn processes_at_once_never_get_the_same() {
        let (dir, _) = clone();
        let mut given: Vec<u64> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8)
                .map(|_| {
                    let path = dir.path();
                    scope.spawn(move || {
                        let project = Project::discover(path, Arc::new(System)).unwrap();
                        (0..25)
                            .map(|_| tick(&project, 1).unwrap())
                            .collect::<Vec<_>>()
                    })
                })
                .collect();
            threads
                .into_iter()
                .flat_map(|thread| thread.join().unwrap())
                .collect()
        });
        given.sort_unstable();
        assert_eq!(given, (1..=200).collect::<Vec<u64>>());
    }

    #[test]
    fn a_torn_write_costs_nothing_and_a_damaged_file_never_leads_back() {
        let (_dir, project) = clone();
        for _ in 0..5 {
            tick(&project, 1).unwrap();
        }
        let path = project.state_dir().join(FILE);
        let whole = std::fs::read(&path).unwrap();
        // The slot that the next tick writes, torn at each byte.
        let at = usize::from(slot(&whole, 1) < slot(&whole, 0));
        for cut in 0..SLOT - 1 {
            let mut torn = whole.clone();
            torn[at * SLOT..at * SLOT + cut].copy_from_slice(&written(999).as_bytes()[..cut]);
            std::fs::write(&path, &torn).unwrap();
            assert_eq!(tick(&project, 1).unwrap(), 6, "torn after {cut} bytes");
        }
        for damage in [&b"garbage"[..], &[0; 60], b"\n"] {
            std::fs::write(&path, damage).unwrap();
            let first = tick(&project, 1).unwrap();
            assert!(first > 1_700_000_000_000_000, "{first}");
            assert_eq!(tick(&project, 1).unwrap(), first + 1);
        }
    }
}
