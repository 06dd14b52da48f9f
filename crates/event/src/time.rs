//! Times as text: how they are written, and which instant a written one names.

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};

/// Writes an instant as Python's `datetime.isoformat()` does in UTC:
/// `2026-06-01T07:55:08.081409+00:00`, to the microsecond, without a fraction where it is 0.
pub fn iso(at: Timestamp) -> String {
    let utc = TimeZone::UTC.to_datetime(at);
    let whole = format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}",
        utc.year(),
        utc.month(),
        utc.day(),
        utc.hour(),
        utc.minute(),
        utc.second()
    );
    match utc.subsec_nanosecond() / 1_000 {
        0 => format!("{whole}+00:00"),
        micros => format!("{whole}.{micros:06}+00:00"),
    }
}

/// Returns the instant that a text with an offset names (RFC 3339, or Python's `isoformat`).
pub fn instant(text: &str) -> Option<Timestamp> {
    text.parse().ok()
}

/// Returns the whole seconds from `start` to `end`, truncated, 0 where `end` is the earlier.
///
/// Both have an offset, or neither has: a local time and an instant can't be compared.
pub fn seconds_between(start: &str, end: &str) -> Option<i64> {
    let elapsed = match (instant(start), instant(end)) {
        (Some(start), Some(end)) => end.duration_since(start),
        (None, None) => {
            let start: DateTime = start.parse().ok()?;
            let end: DateTime = end.parse().ok()?;
            end.duration_since(start)
        }
        (Some(_), None) | (None, Some(_)) => return None,
    };
    Some(elapsed.as_secs().max(0))
}

/// Where a written time stands among others: by instant, and those that name none last, by text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Moment {
    /// A known instant.
    At(Timestamp),
    /// A text that names no instant.
    Text(String),
}

impl Moment {
    /// Reads a written time.
    pub fn of(text: &str) -> Self {
        instant(text).map_or_else(|| Self::Text(text.to_owned()), Self::At)
    }
}
