//! How much one batch may hold: what this program sends at most, or less where a hub says so.

use serde::Deserialize;

use super::{MAX_BYTES, MAX_EVENTS};
use crate::egress::post::Answer;

/// What stands around the events of a batch, in bytes: `{"events":[` and `]}`.
const FRAME_BYTES: usize = 13;

/// The most that goes into one batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limits {
    /// Events; 1 at least.
    pub(crate) events: usize,
    /// Bytes of the events before they are packed, a comma for each included.
    pub(crate) bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            events: MAX_EVENTS,
            bytes: MAX_BYTES,
        }
    }
}

#[derive(Deserialize)]
struct Health {
    limits: Told,
}

#[derive(Default, Deserialize)]
struct Told {
    #[serde(default)]
    max_events_per_batch: Option<u64>,
    #[serde(default)]
    max_bytes_per_batch: Option<u64>,
}

impl Limits {
    /// Reads a hub's answer about its health. What it doesn't say, or says in no way that is understood, is ours.
    pub(crate) fn told(answer: &Answer) -> Self {
        let ours = Self::default();
        if answer.status != 200 {
            return ours;
        }
        let told = serde_json::from_str::<Health>(&answer.body)
            .map(|health| health.limits)
            .unwrap_or_default();
        let smaller = |theirs: Option<u64>, frame: usize, ours: usize| match theirs {
            // A limit of nothing says nothing.
            None | Some(0) => ours,
            Some(theirs) => usize::try_from(theirs)
                .unwrap_or(usize::MAX)
                .saturating_sub(frame)
                .clamp(1, ours),
        };
        Self {
            events: smaller(told.max_events_per_batch, 0, ours.events),
            bytes: smaller(told.max_bytes_per_batch, FRAME_BYTES, ours.bytes),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(status: u16, body: &str) -> (usize, usize) {
        let limits = Limits::told(&Answer {
            status,
            retry_after: None,
            body: body.to_owned(),
        });
        (limits.events, limits.bytes)
    }

    #[test]
    fn smaller_limits_count_and_larger_ones_do_not() {
        let body = |events: &str, bytes: &str| {
            format!(
                r#"{{"status":"ok","limits":{{"max_events_per_batch":{events},"max_bytes_per_batch":{bytes}}}}}"#
            )
        };
        assert_eq!(told(200, &body("7", "1013")), (7, 1_000));
        assert_eq!(
            told(200, &body("99999", "18446744073709551615")),
            (MAX_EVENTS, MAX_BYTES)
        );
        assert_eq!(told(200, &body("null", "5000")), (MAX_EVENTS, 4_987));
        assert_eq!(told(200, &body("0", "0")), (MAX_EVENTS, MAX_BYTES));
        assert_eq!(told(200, &body("1", "2")), (1, 1));
    }

    #[test]
    fn an_answer_that_is_not_understood_changes_nothing() {
        for (status, body) in [
            (200, "<html>"),
            (200, "{}"),
            (200, r#"{"limits":{}}"#),
            (200, r#"{"limits":{"max_events_per_batch":-1}}"#),
            (404, r#"{"limits":{"max_events_per_batch":1}}"#),
            (503, ""),
        ] {
            assert_eq!(told(status, body), (MAX_EVENTS, MAX_BYTES), "{body}");
        }
    }
}
