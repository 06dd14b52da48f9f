//! How much one batch may hold: what this program sends at most, or less where a hub says so.

use serde::{Deserialize, Serialize};

use super::{MAX_BYTES, MAX_EVENTS};
use crate::egress::post::Answer;
use crate::error::SyncError;
use crate::place::Place;
use crate::private_file;
use crate::url::HubUrl;

/// What a hub said last, kept for the preview, which asks nobody.
const FILE: &str = "limits.json";
const VERSION: u32 = 1;
const MAX_FILE: u64 = 4 * 1024;

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

#[derive(Serialize, Deserialize)]
struct Record {
    version: u32,
    url: String,
    events: usize,
    bytes: usize,
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
    /// Returns what this hub said last; nothing where it was never asked, or what is kept can't be read.
    pub(crate) fn known(place: &Place, url: &HubUrl) -> Option<Self> {
        let text = private_file::read(&place.sync_file(FILE), MAX_FILE).ok()??;
        let record: Record = serde_json::from_str(&text).ok()?;
        let ours = Self::default();
        (record.version == VERSION && record.url == url.to_string()).then(|| Self {
            events: record.events.clamp(1, ours.events),
            bytes: record.bytes.clamp(1, ours.bytes),
        })
    }

    /// Keeps what this hub said.
    ///
    /// # Errors
    /// When it can't be written.
    pub(crate) fn keep(self, place: &Place, url: &HubUrl) -> Result<(), SyncError> {
        if Self::known(place, url) == Some(self) {
            return Ok(());
        }
        let path = place.sync_file(FILE);
        let record = Record {
            version: VERSION,
            url: url.to_string(),
            events: self.events,
            bytes: self.bytes,
        };
        let failed = SyncError::file("write", &path);
        let text = match serde_json::to_vec(&record) {
            Ok(text) => text,
            Err(error) => return Err(failed(error.into())),
        };
        private_file::replace(&path, &text).map_err(failed)
    }

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
    use crate::testing;

    #[test]
    fn what_a_hub_said_is_known_of_that_hub_alone() {
        let dir = tempfile::tempdir().unwrap();
        let place = testing::place(dir.path());
        let url = |text: &str| text.parse::<HubUrl>().unwrap();
        let (here, there) = (url("https://hub.example"), url("https://other.example"));
        assert_eq!(Limits::known(&place, &here), None);
        let small = Limits {
            events: 3,
            bytes: 700,
        };
        small.keep(&place, &here).unwrap();
        assert_eq!(Limits::known(&place, &here), Some(small));
        assert_eq!(Limits::known(&place, &there), None);
        std::fs::write(place.sync_file(FILE), "nonsense").unwrap();
        assert_eq!(Limits::known(&place, &here), None);
    }

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
