//! What holds between the fields of a lane transition on its way to a hub.
//!
//! Source: `StatusTransitionPayload` and `validate_transition` of `spec-kitty-events` 6.1.0. It is
//! stricter than a row in git: a hub refuses what these rules refuse.

use serde_json::{Map, Value, json};

use super::violation::Violation;
use crate::pattern;

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
/// Where a rejected review leads back to.
const BACK: [&str; 2] = ["in_progress", "planned"];
/// To these lead all lanes that aren't final.
const ENDS: [&str; 2] = ["blocked", "canceled"];
/// These ask for evidence.
const PROVED: [&str; 2] = ["approved", "done"];

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
    if PROVED.contains(&to) && !evidence {
        return refused("evidence", "is missing: `approved` and `done` need it");
    }
    let is_final = from.is_some_and(|from| FINAL.contains(&from));
    if !force {
        let ends = ENDS.contains(&to) && from.is_some() && !is_final;
        if !ALLOWED.contains(&(from, to)) && !ends {
            return refused("to_lane", "can't be reached from there without force");
        }
    }
    let rejection = to == "planned" && from.is_some_and(|from| REJECTED_FROM.contains(&from));
    let back = from.is_some_and(|from| REVIEWED.contains(&from)) && BACK.contains(&to);
    if back && !(force && rejection) && !filled("review_ref") {
        return refused(
            "review_ref",
            "is missing: the way back from a review needs it",
        );
    }
    Ok(())
}

/// Says the same as [`transition`] in JSON Schema.
pub(super) fn describe() -> Value {
    let force = json!({ "properties": { "force": { "const": true } }, "required": ["force"] });
    let said = |name: &str| json!({ "properties": { name: { "type": "string", "pattern": pattern::SAID } }, "required": [name] });
    let to = |lanes: &[&str]| json!({ "properties": { "to_lane": { "enum": lanes } } });
    let from = |lanes: &[&str]| json!({ "properties": { "from_lane": { "enum": lanes } }, "required": ["from_lane"] });
    let mut allowed: Vec<Value> = ALLOWED
        .iter()
        .map(|(before, after)| {
            let before = match before {
                Some(lane) => from(&[lane]),
                // Missing or null.
                None => json!({ "properties": { "from_lane": { "type": "null" } } }),
            };
            json!({ "allOf": [before, to(&[after])] })
        })
        .collect();
    let unended: Vec<&str> = LANES
        .iter()
        .copied()
        .filter(|lane| !FINAL.contains(lane))
        .collect();
    allowed.push(json!({ "allOf": [from(&unended), to(&ENDS)] }));
    let rejected = json!({ "allOf": [force, from(&REJECTED_FROM), to(&["planned"])] });
    json!([
        { "if": force, "then": said("reason"), "else": { "anyOf": allowed } },
        {
            "if": to(&PROVED),
            "then": { "properties": { "evidence": { "not": { "type": "null" } } }, "required": ["evidence"] },
        },
        {
            "if": { "allOf": [from(&REVIEWED), to(&BACK), { "not": rejected }] },
            "then": said("review_ref"),
        },
    ])
}
