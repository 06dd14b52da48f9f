//! What a hub's answer to a batch means. Pure: status, headers and body in, outcomes out.

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::UNDECIDED_MS;
use crate::egress::post::Answer;
use crate::forbidden;
use crate::queue::{Outcome, Outgoing, TOO_LARGE};

/// The code of an event that the hub refused without a code of its own.
const REJECTED: &str = "HUB_REJECTED";
/// The code of an event for whose sake a hub refuses a batch.
const POISONED: &str = "HUB_REFUSED_BATCH";
/// The longest reason that is kept, in characters.
const MAX_REASON: usize = 500;
/// A hub's wish for a longer pause is cut to this.
pub(crate) const LONGEST_PAUSE_MS: u64 = 3_600_000;

/// What an answer means.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// For each event, in the order in which they were sent.
    Each(Vec<Outcome>),
    /// For the batch as a whole.
    Whole(Whole),
}

/// What an answer means for a batch as a whole.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Whole {
    /// Too large, or one of its events is at fault: send its halves. A single event is set aside.
    Split {
        /// A stable code for the single event.
        code: String,
        /// The reason, for a person.
        reason: String,
    },
    /// Nothing is taken from this client until a person does something.
    Refused(String),
    /// Not now.
    Failed {
        /// The hub's wish, in milliseconds.
        retry_after_ms: Option<u64>,
        /// The reason, for a person.
        reason: String,
    },
}

/// What became of the events of a batch.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct Results {
    /// One entry an event.
    results: Vec<Verdict>,
}

/// What became of one event.
#[derive(Deserialize, JsonSchema)]
struct Verdict {
    /// The event, as it came. Of one that no entry names nothing is known: it is sent again.
    #[serde(default)]
    event_id: Option<String>,
    /// `success` (also `accepted`, `warning`) and `duplicate`: it is stored. `pending` (also `queued`): undecided, it is
    /// sent again. Anything else: refused, and the clone sets it aside.
    status: String,
    /// Of a refused one a stable code in `UPPER_SNAKE`.
    #[serde(default)]
    code: Option<String>,
    /// Of a refused one why, for a person.
    #[serde(default)]
    error_message: Option<String>,
    /// The same, where there is no `error_message`.
    #[serde(default)]
    error: Option<String>,
}

/// Reads the answer to a batch of these events.
pub(super) fn read(answer: &Answer, sent: &[Outgoing], now_ms: i64) -> Reading {
    let results = || serde_json::from_str::<Results>(&answer.body).ok();
    match answer.status {
        200..=299 => match results() {
            Some(results) => Reading::Each(each(results, sent, now_ms)),
            None => Reading::Whole(Whole::Failed {
                retry_after_ms: None,
                reason: format!("the hub answers {} without results", answer.status),
            }),
        },
        400 | 422 => match results() {
            Some(results) if !results.results.is_empty() => {
                Reading::Each(each(results, sent, now_ms))
            }
            Some(_) | None if mentions_size(&answer.body) => too_large(answer),
            Some(_) | None => Reading::Whole(Whole::Split {
                code: POISONED.to_owned(),
                reason: said(answer),
            }),
        },
        413 => too_large(answer),
        401 => refused("the hub refuses the token (401)", answer),
        403 => refused(forbidden::reason(answer.body.as_bytes()), answer),
        412 | 426 => refused("the hub doesn't speak this version of the protocol", answer),
        _ => Reading::Whole(Whole::Failed {
            retry_after_ms: answer
                .retry_after
                .as_deref()
                .and_then(|wish| pause(wish, now_ms)),
            reason: said(answer),
        }),
    }
}

fn each(results: Results, sent: &[Outgoing], now_ms: i64) -> Vec<Outcome> {
    let mut by_id: HashMap<String, Verdict> = results
        .results
        .into_iter()
        .filter_map(|verdict| Some((verdict.event_id.clone()?, verdict)))
        .collect();
    sent.iter()
        .map(|event| match by_id.remove(&event.event_id) {
            Some(verdict) => outcome(verdict, now_ms),
            // Nothing was said of it, so nothing is known.
            None => Outcome::Again(now_ms.saturating_add(UNDECIDED_MS)),
        })
        .collect()
}

fn outcome(verdict: Verdict, now_ms: i64) -> Outcome {
    match verdict.status.as_str() {
        "success" | "accepted" | "warning" | "duplicate" => Outcome::Delivered,
        "pending" | "queued" => Outcome::Again(now_ms.saturating_add(UNDECIDED_MS)),
        other => Outcome::SetAside {
            code: verdict
                .code
                .filter(|code| is_code(code))
                .unwrap_or_else(|| REJECTED.to_owned()),
            reason: verdict.error_message.or(verdict.error).map_or_else(
                || format!("the hub answers `{}`", short(other)),
                |text| short(&text),
            ),
        },
    }
}

fn is_code(code: &str) -> bool {
    (1..=64).contains(&code.len())
        && code
            .bytes()
            .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
}

fn too_large(answer: &Answer) -> Reading {
    Reading::Whole(Whole::Split {
        code: TOO_LARGE.to_owned(),
        reason: said(answer),
    })
}

fn refused(reason: &str, answer: &Answer) -> Reading {
    Reading::Whole(Whole::Refused(match message(&answer.body) {
        Some(message) => format!("{reason}: {message}"),
        None => reason.to_owned(),
    }))
}

fn said(answer: &Answer) -> String {
    match message(&answer.body) {
        Some(message) => format!("the hub answers {}: {message}", answer.status),
        None => format!("the hub answers {}", answer.status),
    }
}

/// Returns what an answer says for people.
fn message(body: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Refusal {
        error: Told,
    }
    #[derive(Deserialize)]
    struct Told {
        message: String,
    }
    let told: Refusal = serde_json::from_str(body).ok()?;
    Some(short(&told.error.message))
}

fn mentions_size(body: &str) -> bool {
    message(body).is_some_and(|message| message.to_ascii_lowercase().contains("oversized"))
}

fn short(text: &str) -> String {
    let clean = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    clean.take(MAX_REASON).collect()
}

/// Reads `Retry-After`: seconds, or a date.
fn pause(wish: &str, now_ms: i64) -> Option<u64> {
    let ms = match wish.trim().parse::<u64>() {
        Ok(seconds) => seconds.saturating_mul(1_000),
        Err(_) => {
            let date = wish.trim().replace(" GMT", " +0000");
            // A wrong day of the week says as little as none.
            let dates = jiff::fmt::rfc2822::DateTimeParser::new().relaxed_weekday(true);
            let at = dates.parse_zoned(&date).ok()?;
            u64::try_from(at.timestamp().as_millisecond().saturating_sub(now_ms)).unwrap_or(0)
        }
    };
    Some(ms.min(LONGEST_PAUSE_MS))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(ids: &[&str]) -> Vec<Outgoing> {
        let event = |(at, id): (usize, &&str)| Outgoing {
            sequence: i64::try_from(at).unwrap(),
            event_id: (*id).to_owned(),
            body: "{}".to_owned(),
        };
        ids.iter().enumerate().map(event).collect()
    }

    fn answer(status: u16, body: &str) -> Answer {
        Answer {
            status,
            retry_after: None,
            body: body.to_owned(),
        }
    }

    #[test]
    fn each_status_of_an_event_has_its_outcome() {
        let body = r#"{"results":[
            {"event_id":"a","status":"success"},{"event_id":"b","status":"duplicate"},
            {"event_id":"c","status":"pending"},
            {"event_id":"d","status":"rejected","code":"EVENT_INVALID","error_message":"why\u001b[31m"},
            {"event_id":"e","status":"odd"},{"event_id":"z","status":"success"}]}"#;
        let aside = |code: &str, reason: &str| Outcome::SetAside {
            code: code.to_owned(),
            reason: reason.to_owned(),
        };
        assert_eq!(
            read(
                &answer(200, body),
                &sent(&["d", "a", "b", "c", "e", "f"]),
                10
            ),
            Reading::Each(vec![
                aside("EVENT_INVALID", "why [31m"),
                Outcome::Delivered,
                Outcome::Delivered,
                Outcome::Again(5_010),
                aside(REJECTED, "the hub answers `odd`"),
                Outcome::Again(5_010),
            ])
        );
    }

    #[test]
    fn each_status_of_an_answer_has_its_meaning() {
        let events = sent(&["a"]);
        for status in [400, 413, 422] {
            let reading = read(&answer(status, "{}"), &events, 0);
            assert!(
                matches!(reading, Reading::Whole(Whole::Split { .. })),
                "{status}"
            );
        }
        for status in [401, 403, 412, 426] {
            let reading = read(&answer(status, ""), &events, 0);
            assert!(
                matches!(reading, Reading::Whole(Whole::Refused(_))),
                "{status}"
            );
        }
        for status in [200, 302, 404, 408, 418, 429, 500, 502, 503, 599] {
            let reading = read(&answer(status, "<html>"), &events, 0);
            assert!(
                matches!(reading, Reading::Whole(Whole::Failed { .. })),
                "{status}"
            );
        }
        let told = r#"{"results":[{"event_id":"a","status":"rejected"}]}"#;
        assert!(matches!(
            read(&answer(400, told), &events, 0),
            Reading::Each(_)
        ));
        let oversized = r#"{"error":{"message":"an Oversized body"}}"#;
        let Reading::Whole(Whole::Split { code, reason }) =
            read(&answer(400, oversized), &events, 0)
        else {
            panic!("not split")
        };
        assert_eq!(code, TOO_LARGE);
        assert_eq!(reason, "the hub answers 400: an Oversized body");
    }

    #[test]
    fn a_wish_for_a_pause_is_read_and_bounded() {
        assert_eq!(pause("7", 0), Some(7_000));
        assert_eq!(pause(" 99999999 ", 0), Some(LONGEST_PAUSE_MS));
        assert_eq!(pause("Thu, 01 Jan 1970 00:01:00 GMT", 20_000), Some(40_000));
        assert_eq!(pause("Thu, 01 Jan 1970 00:00:10 GMT", 20_000), Some(0));
        assert_eq!(pause("Fri, 01 Jan 1970 00:01:00 GMT", 0), Some(60_000));
        assert_eq!(
            pause("Tue, 01 Jan 2999 00:00:00 GMT", 0),
            Some(LONGEST_PAUSE_MS)
        );
        assert_eq!(pause("soon", 0), None);
    }

    #[test]
    fn the_schema_takes_what_is_read() {
        let schema = jsonschema::draft202012::new(&crate::schema::SCHEMAS[0].schema()).unwrap();
        let whole = serde_json::json!({ "results": [{
            "event_id": "a", "status": "rejected", "code": "C", "error_message": "m", "error": null,
        }] });
        // Serde would take a list for an entry; no hub sends one.
        let is_entry = |body: &serde_json::Value| {
            let entries = body["results"].as_array().into_iter().flatten();
            body.is_object() && entries.into_iter().all(serde_json::Value::is_object)
        };
        pawtrail_testkit::agree(
            |body| schema.is_valid(body),
            |body| is_entry(body) && serde_json::from_value::<Results>(body.clone()).is_ok(),
            &[whole],
            &[],
        );
    }
}
