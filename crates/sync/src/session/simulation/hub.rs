//! The hub of a simulation: what it has stored, which it may lose.

use pawtrail_event::CommitHash;

use crate::testing::commit;

/// What a hub has on its disk.
#[derive(Clone, Default)]
pub(super) struct Store {
    /// Each commit once, in the order in which they came.
    pub(super) applied: Vec<CommitHash>,
    /// The last that came, also where it had come before.
    last: Option<CommitHash>,
    /// How many came, each as often as it came.
    frames: u64,
    /// Made with it.
    name: u64,
}

impl Store {
    /// Makes an empty one.
    pub(super) fn named(name: u64) -> Self {
        Self {
            name,
            ..Self::default()
        }
    }

    /// Writes a commit; returns how many came with it.
    pub(super) fn write(&mut self, commit: &CommitHash) -> u64 {
        if !self.applied.contains(commit) {
            self.applied.push(commit.clone());
        }
        self.last = Some(commit.clone());
        self.frames += 1;
        self.frames
    }

    /// Returns its first frame.
    pub(super) fn snapshot(&self) -> String {
        let build = commit(0).build_id.clone();
        let builds = match &self.last {
            Some(last) => format!(
                r#"{{"build_id":"{build}","last_acknowledged":"{last}","frames":{}}}"#,
                self.frames
            ),
            None => String::new(),
        };
        format!(
            r#"{{"type":"snapshot","builds":[{builds}],"store":"{}"}}"#,
            self.name
        )
    }
}

/// What becomes of a store when its hub dies.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// It stays.
    Kept,
    /// The last backup takes its place.
    SetBack,
    /// It is gone.
    Emptied,
}
