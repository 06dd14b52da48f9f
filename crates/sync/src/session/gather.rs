//! Acknowledgements on their way to the outbox: noted in groups, since each note writes a whole file, and none of them
//! late. Where no other answer is due, they are noted at once.

use pawtrail_event::frame::LocalCommitAck;

/// How long acknowledgements are gathered, in milliseconds. What a crash keeps from being noted goes again, and the hub
/// knows it.
const GATHER_MS: u64 = 200;
/// How many acknowledgements are gathered.
const GATHER: usize = 512;

/// What is acknowledged and not yet told to the outbox.
#[derive(Default)]
pub(super) struct Gather {
    commits: Vec<LocalCommitAck>,
    since: u64,
}

impl Gather {
    pub(super) fn add(&mut self, commits: Vec<LocalCommitAck>, now: u64) {
        if self.commits.is_empty() {
            self.since = now;
        }
        self.commits.extend(commits);
    }

    /// Tells whether it is time to tell the outbox.
    pub(super) fn is_due(&self, now: u64) -> bool {
        self.commits.len() >= GATHER || self.due_at().is_some_and(|at| now >= at)
    }

    /// Returns when it will be time; `None` if there is nothing to tell.
    pub(super) fn due_at(&self) -> Option<u64> {
        (!self.commits.is_empty()).then_some(self.since + GATHER_MS)
    }

    /// Returns how many are gathered.
    #[cfg(test)]
    pub(super) fn kept(&self) -> usize {
        self.commits.len()
    }

    /// Returns what was gathered, in the order of the answers; `None` if there is nothing.
    pub(super) fn take(&mut self) -> Option<Vec<LocalCommitAck>> {
        (!self.commits.is_empty()).then(|| std::mem::take(&mut self.commits))
    }
}
