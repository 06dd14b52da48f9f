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

/// Whether a text is RFC 3339 in UTC: offset `Z` or `+00:00`.
pub fn is_utc(text: &str) -> bool {
    (text.ends_with('Z') || text.ends_with("+00:00"))
        && text.as_bytes().get(10) == Some(&b'T')
        && instant(text).is_some()
}

/// Whether a text is a date, or a date and a time with or without an offset, in ISO 8601 with hyphens.
pub fn is_iso(text: &str) -> bool {
    text.as_bytes().get(4) == Some(&b'-')
        && !text.contains('[')
        && (instant(text).is_some() || text.parse::<DateTime>().is_ok())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_is_written_as_python_writes_it() {
        for (from, written) in [
            (
                "2026-06-01T07:55:08.081409Z",
                "2026-06-01T07:55:08.081409+00:00",
            ),
            ("2026-06-01T07:55:08Z", "2026-06-01T07:55:08+00:00"),
            ("2026-06-01T07:55:08.1Z", "2026-06-01T07:55:08.100000+00:00"),
            (
                "2026-06-01T07:55:08.000001Z",
                "2026-06-01T07:55:08.000001+00:00",
            ),
            // Finer than a microsecond is cut, and a fraction that becomes 0 is left out.
            (
                "2026-06-01T07:55:08.123456789Z",
                "2026-06-01T07:55:08.123456+00:00",
            ),
            (
                "2026-06-01T07:55:08.000000999Z",
                "2026-06-01T07:55:08+00:00",
            ),
            ("2026-06-01T09:55:08+02:00", "2026-06-01T07:55:08+00:00"),
            ("1969-12-31T23:59:59.5Z", "1969-12-31T23:59:59.500000+00:00"),
            ("0099-01-02T03:04:05Z", "0099-01-02T03:04:05+00:00"),
        ] {
            assert_eq!(iso(instant(from).unwrap()), written);
        }
    }

    #[test]
    fn what_is_written_names_the_same_instant() {
        let at = instant("2026-06-01T07:55:08.081409Z").unwrap();
        assert_eq!(instant(&iso(at)), Some(at));
    }

    #[test]
    fn a_time_without_offset_names_no_instant() {
        for text in ["2026-06-01T07:55:08", "2026-06-01", "yesterday", ""] {
            assert_eq!(instant(text), None, "{text}");
        }
    }

    #[test]
    fn utc_is_told_from_other_offsets_and_forms() {
        for text in ["2026-06-01T07:55:08Z", "2026-06-01T07:55:08.081409+00:00"] {
            assert!(is_utc(text), "{text}");
        }
        for text in [
            "2026-06-01T07:55:08+02:00",
            "2026-06-01T07:55:08",
            "2026-06-01 07:55:08Z",
            "2026-06-01T07:55:08+00:00[UTC]",
            "2026-13-01T07:55:08Z",
            "2026-06-01T07:55:08.0000000000000000000000000000000000000000Z",
            "Z",
            "",
        ] {
            assert!(!is_utc(text), "{text}");
        }
    }

    #[test]
    fn seconds_are_whole_truncated_and_never_negative() {
        for (start, end, seconds) in [
            (
                "2026-06-01T07:00:00Z",
                "2026-06-01T07:00:59.999999Z",
                Some(59),
            ),
            (
                "2026-06-01T07:00:00+00:00",
                "2026-06-01T08:00:00.5+00:00",
                Some(3600),
            ),
            ("2026-06-01T07:00:00Z", "2026-06-01T09:00:00+02:00", Some(0)),
            ("2026-06-01T07:00:00Z", "2026-06-01T06:00:00Z", Some(0)),
            ("2026-06-01T07:00:00", "2026-06-01T07:00:10.25", Some(10)),
            ("2026-06-01T07:00:00", "2026-06-01T07:00:10Z", None),
            ("2026-06-01T07:00:00Z", "2026-06-01T07:00:10", None),
            ("2026-06-01T07:00:00", "later", None),
            ("before", "2026-06-01T07:00:00", None),
        ] {
            assert_eq!(seconds_between(start, end), seconds, "{start} {end}");
        }
    }

    #[test]
    fn moments_compare_as_instants_and_texts_come_last() {
        let early = Moment::of("2026-06-01T07:00:00Z");
        let same = Moment::of("2026-06-01T09:00:00+02:00");
        let late = Moment::of("2026-06-01T07:00:00.900000+00:00");
        assert_eq!(early, same);
        assert!(early < late);
        assert!(late < Moment::of("a"));
        assert!(Moment::of("a") < Moment::of("b"));
    }
}
