//! A row of the status journal as an event for the queue: its type, what it is about, and its payload.
//!
//! The payloads are those of spec-kitty-events 6.1.0, which allows no keys beside its own.

use serde_json::{Map, Value, json};

use super::log::{Content, Line};
use super::row::Row;
use super::transition::RepoEvidence;
use crate::json::{self, ParseError};
use crate::route::route;

/// A row as an event for the queue. The envelope is the caller's.
#[derive(Debug, Clone, PartialEq)]
pub struct QueueEvent {
    /// The type, by which [`crate::route`] knows it.
    pub event_type: String,
    /// `Mission` or `WorkPackage`.
    pub aggregate_type: String,
    /// What it is about.
    pub aggregate_id: String,
    /// When it happened, as it was written.
    pub timestamp: String,
    /// The row's own event.
    pub event_id: String,
    /// The payload.
    pub payload: Value,
}

/// Makes the event of a line, if [`crate::route`] sends its type to the queue: transitions and a mission's life.
///
/// `commit` stands for the repository in evidence that names none: the schema wants one.
///
/// # Errors
/// When the line can't be kept exactly: it holds a number beyond 64 bits or nests deeper than 127 levels.
pub fn queue_event(
    line: &Line<'_>,
    commit: &RepoEvidence,
) -> Result<Option<QueueEvent>, ParseError> {
    let Content::Row(row) = &line.content else {
        return Ok(None);
    };
    let Some(event_type) = row.event_type() else {
        return Ok(None);
    };
    if !route(event_type).is_some_and(|route| route.queue) {
        return Ok(None);
    }
    let text = String::from_utf8_lossy(line.raw.trim_ascii());
    let (aggregate_type, aggregate_id, payload) = match row {
        Row::Transition(transition) => (
            "WorkPackage".to_owned(),
            transition.wp_id.clone().into_owned(),
            payload(&json::parse(&text)?, commit),
        ),
        Row::Lifecycle(_) => {
            let map = json::parse(&text)?;
            let text = |key: &str| map.get(key).and_then(Value::as_str).map(str::to_owned);
            let (Some(aggregate_type), Some(aggregate_id), Some(payload)) = (
                text("aggregate_type"),
                text("aggregate_id"),
                map.get("payload").and_then(Value::as_object),
            ) else {
                return Ok(None);
            };
            (
                aggregate_type,
                aggregate_id,
                lifecycle_payload(event_type, payload),
            )
        }
        // Their types have no route to the queue; a row of another family under the name of one that has is no such event.
        Row::Annotation(_) | Row::DecisionPoint(_) | Row::Retrospective(_) | Row::Other(_) => {
            return Ok(None);
        }
    };
    Ok(Some(QueueEvent {
        event_type: event_type.to_owned(),
        aggregate_type,
        aggregate_id,
        timestamp: row.at().unwrap_or_default().to_owned(),
        event_id: row.event_id().unwrap_or_default().to_owned(),
        payload,
    }))
}

/// Makes the payload of a transition's row ([`super::WP_STATUS_CHANGED`]).
///
/// Approved and done want evidence: where the row has only a review's outcome, that is it; where it has neither, the
/// field is left out, and [`crate::contract::check`] refuses the payload: the Python tool then sends nothing.
pub fn payload(row: &Map<String, Value>, commit: &RepoEvidence) -> Value {
    let get = |key: &str| row.get(key).cloned().unwrap_or(Value::Null);
    let slug = ["mission_slug", "feature_slug"]
        .iter()
        .find_map(|key| row.get(*key)?.as_str().filter(|slug| !slug.is_empty()))
        .unwrap_or("unknown-mission");
    let mut payload = json!({
        "mission_slug": slug,
        "wp_id": get("wp_id"),
        "from_lane": get("from_lane"),
        "to_lane": get("to_lane"),
        "actor": get("actor"),
        "force": get("force"),
        "execution_mode": get("execution_mode"),
    });
    if let Value::Object(map) = &mut payload {
        let evidence = evidence(row, commit);
        for (key, value) in [
            ("reason", get("reason")),
            ("review_ref", get("review_ref")),
            ("evidence", evidence),
        ] {
            // The Python tool leaves out what isn't said.
            if !value.is_null() {
                map.insert(key.to_owned(), value);
            }
        }
    }
    payload
}

fn evidence(row: &Map<String, Value>, commit: &RepoEvidence) -> Value {
    let review = |value: &Map<String, Value>| {
        let part = |key: &str| value.get(key).cloned().unwrap_or(Value::Null);
        json!({
            "reviewer": part("reviewer"),
            "verdict": part("verdict"),
            "reference": part("reference"),
        })
    };
    let is_end = ["approved", "done"]
        .iter()
        .any(|lane| row.get("to_lane").and_then(Value::as_str) == Some(lane));
    let mut evidence = match row.get("evidence").and_then(Value::as_object) {
        Some(evidence) => evidence.clone(),
        None => match row.get("review_result").and_then(Value::as_object) {
            Some(result) if is_end => Map::from_iter([("review".to_owned(), review(result))]),
            Some(_) | None => return Value::Null,
        },
    };
    let has_repos = evidence
        .get("repos")
        .and_then(Value::as_array)
        .is_some_and(|repos| !repos.is_empty());
    if !has_repos {
        evidence.insert("repos".to_owned(), json!([commit.to_value()]));
    }
    Value::Object(evidence)
}

/// The schema of a phase's start has no file.
fn lifecycle_payload(event_type: &str, payload: &Map<String, Value>) -> Value {
    let mut payload = payload.clone();
    if event_type.ends_with("Started") {
        payload.remove("artifact_path");
    }
    Value::Object(payload)
}
