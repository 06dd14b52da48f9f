//! Counts of what the hub took and refused since it was opened.

use std::sync::atomic::{AtomicU64, Ordering};

/// What the hub took and refused since it was opened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counters {
    /// Commits and events stored for the first time.
    pub accepted: u64,
    /// Commits and events that were stored before.
    pub duplicates: u64,
    /// Frames that got an `error`, events that were rejected.
    pub refused: u64,
    /// Frames whose type this version doesn't know or doesn't expect from a clone.
    pub ignored: u64,
    /// Connections closed because the peer was silent or didn't read.
    pub dropped_peers: u64,
}

/// One running count.
#[derive(Debug, Default)]
pub(crate) struct Count(AtomicU64);

impl Count {
    pub(crate) fn add(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// The running counts.
#[derive(Debug, Default)]
pub(crate) struct Running {
    pub(crate) accepted: Count,
    pub(crate) duplicates: Count,
    pub(crate) refused: Count,
    pub(crate) ignored: Count,
    pub(crate) dropped_peers: Count,
}

impl Running {
    pub(crate) fn read(&self) -> Counters {
        let value = |count: &Count| count.0.load(Ordering::Relaxed);
        Counters {
            accepted: value(&self.accepted),
            duplicates: value(&self.duplicates),
            refused: value(&self.refused),
            ignored: value(&self.ignored),
            dropped_peers: value(&self.dropped_peers),
        }
    }
}
