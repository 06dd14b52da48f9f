//! The members of an object: which go with their values, which pass, and what becomes of keys that are alike.

use std::collections::{HashMap, HashSet};

use crate::time;

/// The keys that are removed with their values, at every depth (FR-006).
pub const PRIVATE_KEYS: [&str; 5] = [
    "machine_name",
    "hostname",
    "workspace_path",
    "developer_name",
    "developer_email",
];

/// The keys whose scalars pass unchanged (FR-009).
pub const PASSING_KEYS: [&str; 7] = [
    "node_id",
    "build_id",
    "mission_id",
    "project_uuid",
    "git_branch",
    "head_commit_sha",
    SESSION_DURATION,
];

pub(super) const SESSION_START: &str = "session_started_at";
pub(super) const SESSION_END: &str = "session_ended_at";
pub(super) const SESSION_DURATION: &str = "session_duration_s";

/// What becomes of a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Member {
    /// Its key and its value are looked at.
    Plain,
    /// It goes.
    Private,
    /// It goes, and may leave a duration.
    SessionStart,
    /// The same.
    SessionEnd,
    /// A duration that is there already.
    SessionDuration,
    /// Its value passes where it is a scalar.
    Passing,
}

impl Member {
    /// Tells what becomes of the member with this key.
    pub(super) fn of(key: &str) -> Self {
        match key {
            SESSION_START => Self::SessionStart,
            SESSION_END => Self::SessionEnd,
            SESSION_DURATION => Self::SessionDuration,
            key if PRIVATE_KEYS.contains(&key) => Self::Private,
            key if PASSING_KEYS.contains(&key) => Self::Passing,
            _ => Self::Plain,
        }
    }

    /// Whether it goes with its value.
    pub(super) fn goes(self) -> bool {
        match self {
            Self::Private | Self::SessionStart | Self::SessionEnd => true,
            Self::Plain | Self::SessionDuration | Self::Passing => false,
        }
    }

    /// Whether a scalar under it passes.
    pub(super) fn passes(self) -> bool {
        match self {
            Self::SessionDuration | Self::Passing => true,
            Self::Plain | Self::Private | Self::SessionStart | Self::SessionEnd => false,
        }
    }
}

/// Returns how long a session lasted, where both its times are texts that can be read.
pub(super) fn session_seconds(start: Option<&str>, end: Option<&str>) -> Option<i64> {
    time::seconds_between(start?, end?)
}

/// Gives keys that became equal names of their own, so that each keeps its value: in the order of what they were, the
/// second has ` (2)` behind it, and so on. `kept` are the keys beside them, which stay as they are; of each redacted
/// one it is given what it was and what it became.
pub(super) fn distinct<'a>(kept: impl Iterator<Item = &'a str>, redacted: &mut [(String, String)]) {
    let mut taken: HashSet<String> = kept.map(str::to_owned).collect();
    // A path inside the workspace may end in such a name.
    taken.extend(
        PRIVATE_KEYS
            .iter()
            .chain(&PASSING_KEYS)
            .map(|key| (*key).to_owned()),
    );
    taken.extend([SESSION_START, SESSION_END].map(str::to_owned));
    let mut numbers: HashMap<String, u64> = HashMap::new();
    let mut last: Option<(String, String)> = None;
    redacted.sort();
    for (was, became) in redacted {
        match &last {
            // The same key twice, as a text may have it, is one key.
            Some((before, name)) if before == was => name.clone_into(became),
            Some(_) | None => {
                let number = numbers.entry(became.clone()).or_insert(1);
                let mut name = became.clone();
                while !taken.insert(name.clone()) {
                    *number += 1;
                    name = format!("{became} ({number})");
                }
                *became = name;
                last = Some((was.clone(), became.clone()));
            }
        }
    }
}
