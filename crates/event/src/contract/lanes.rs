//! What holds between the fields of a lane transition on its way to a hub.
//!
//! Source: `StatusTransitionPayload` and `validate_transition` of `spec-kitty-events` 6.1.0. It is
//! stricter than a row in git: a hub refuses what these rules refuse.

use serde_json::{Map, Value};

use super::violation::Violation;

/// The lanes, in the order of a work package's life.
pub(super) const LANES: &[&str] = &[
    "genesis",
    "planned",
    "claimed",
    "in_progress",
    "for_review",
    "in_review",
    "approved",
    "done",
    "blocked",
    "canceled",
];

/// The transitions that need no force. To `blocked` and `canceled` lead all lanes that aren't final.
const ALLOWED: &[(Option<&str>, &str)] = &[
    (None, "planned"),
    (Some("genesis"), "planned"),
    (Some("planned"), "claimed"),
    (Some("claimed"), "in_progress"),
    (Some("in_progress"), "for_review"),
    (Some("in_progress"), "approved"),
    (Some("for_review"), "in_review"),
    (Some("for_review"), "approved"),
    (Some("for_review"), "done"),
    (Some("in_review"), "approved"),
    (Some("in_review"), "done"),
    (Some("approved"), "done"),
    (Some("for_review"), "in_progress"),
    (Some("in_review"), "in_progress"),
    (Some("in_review"), "for_review"),
    (Some("approved"), "in_progress"),
    (Some("blocked"), "in_progress"),
];

/// From these a rejected review leads back to `planned`, by force.
const REJECTED_FROM: [&str; 4] = ["in_progress", "for_review", "in_review", "approved"];
const REVIEWED: [&str; 3] = ["for_review", "in_review", "approved"];
const FINAL: [&str; 2] = ["done", "canceled"];

/// Checks a transition whose fields are checked one by one already.
pub(super) fn transition(map: &Map<String, Value>) -> Result<(), Violation> {
    let text = |name: &str| map.get(name).and_then(Value::as_str);
    let filled = |name: &str| text(name).is_some_and(|text| !text.trim().is_empty());
    let refused = |name: &str, why: &str| Err(Violation::new(format!("payload.{name}"), why));
    let (from, to) = (text("from_lane"), text("to_lane").unwrap_or_default());
    let force = map.get("force").and_then(Value::as_bool).unwrap_or(false);
    let evidence = map.get("evidence").is_some_and(|value| !value.is_null());
    if force && !filled("reason") {
        return refused("reason", "must say why, where `force` is true");
    }
    if matches!(to, "approved" | "done") && !evidence {
        return refused("evidence", "is missing: `approved` and `done` need it");
    }
    let is_final = from.is_some_and(|from| FINAL.contains(&from));
    if !force {
        let ends = matches!(to, "blocked" | "canceled") && from.is_some() && !is_final;
        if !ALLOWED.contains(&(from, to)) && !ends {
            return refused("to_lane", "can't be reached from there without force");
        }
    }
    let rejection = to == "planned" && from.is_some_and(|from| REJECTED_FROM.contains(&from));
    let back = from.is_some_and(|from| REVIEWED.contains(&from))
        && matches!(to, "in_progress" | "planned");
    if back && !(force && rejection) && !filled("review_ref") {
        return refused(
            "review_ref",
            "is missing: the way back from a review needs it",
        );
    }
    Ok(())
}
