//! When what waits for a hub is worth a warning: by how much it is and by how old it is.

use serde::Serialize;

/// From so many waiting commits on there is a warning.
pub const MANY_COMMITS: u64 = 1_000;
/// From so many waiting events on there is a warning: ten full batches.
pub const MANY_EVENTS: u64 = 10_000;
/// From this age of the oldest on there is a warning, in seconds: a day.
pub const OLD_S: u64 = 24 * 60 * 60;

/// What waits, commits and events.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Backlog {
    /// Whether anything may leave at all; else nothing is late.
    pub sends: bool,
    /// How many commits wait.
    pub commits: u64,
    /// How many events wait.
    pub events: u64,
    /// The age of the oldest, in seconds.
    pub oldest_age_s: Option<u64>,
}

/// That too much waits, or for too long.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Warning {
    /// A stable code.
    pub code: &'static str,
    /// What is so, for a person.
    pub message: String,
    /// The command that leads on.
    pub next_step: &'static str,
}

impl Backlog {
    /// Returns what is worth a warning.
    pub fn warnings(&self) -> Vec<Warning> {
        let next_step = match self.sends {
            true => "pawtrail sync now",
            false => "pawtrail sync enable --help",
        };
        let many = |count: u64, limit: u64, what: &str, code: &'static str| {
            (count >= limit).then(|| Warning {
                code,
                message: format!(
                    "{count} {what} wait for a hub; from {limit} on that is unusual, and nothing is dropped"
                ),
                next_step,
            })
        };
        let age = self.oldest_age_s.filter(|age| self.sends && *age >= OLD_S);
        [
            many(self.commits, MANY_COMMITS, "commits", "MANY_COMMITS_WAIT"),
            many(self.events, MANY_EVENTS, "events", "MANY_EVENTS_WAIT"),
            age.map(|age| Warning {
                code: "OLD_BACKLOG",
                message: format!(
                    "the oldest that waits for the hub has waited for {}",
                    span(age)
                ),
                next_step,
            }),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

/// An age in whole days or hours, as people say it.
fn span(seconds: u64) -> String {
    let hours = seconds / 3_600;
    match hours {
        0..48 => format!("{hours} hours"),
        more => format!("{} days", more / 24),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(backlog: Backlog) -> Vec<&'static str> {
        let warnings = backlog.warnings();
        warnings.into_iter().map(|warning| warning.code).collect()
    }

    #[test]
    fn each_threshold_is_met_exactly() {
        let below = Backlog {
            sends: true,
            commits: MANY_COMMITS - 1,
            events: MANY_EVENTS - 1,
            oldest_age_s: Some(OLD_S - 1),
        };
        assert_eq!(codes(below), Vec::<&str>::new());
        let commits = MANY_COMMITS;
        assert_eq!(codes(Backlog { commits, ..below }), ["MANY_COMMITS_WAIT"]);
        let events = MANY_EVENTS;
        assert_eq!(codes(Backlog { events, ..below }), ["MANY_EVENTS_WAIT"]);
        let oldest_age_s = Some(OLD_S);
        let old = Backlog {
            oldest_age_s,
            ..below
        };
        assert_eq!(codes(old), ["OLD_BACKLOG"]);
        assert!(old.warnings()[0].message.ends_with("24 hours"));
        assert_eq!(codes(Backlog::default()), Vec::<&str>::new());
    }

    #[test]
    fn where_nothing_may_leave_only_the_number_counts() {
        let off = Backlog {
            sends: false,
            commits: 0,
            events: MANY_EVENTS,
            oldest_age_s: Some(100 * OLD_S),
        };
        assert_eq!(codes(off), ["MANY_EVENTS_WAIT"]);
        assert_eq!(off.warnings()[0].next_step, "pawtrail sync enable --help");
        let on = Backlog { sends: true, ..off };
        assert!(on.warnings()[1].message.ends_with("100 days"));
    }
}
