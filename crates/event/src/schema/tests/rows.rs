//! The rows of the journals and the glossary's log.

use pawtrail_testkit::agree;
use serde_json::json;

use super::*;
use crate::status::{Content, Log};
use crate::{decision, glossary};

const ULID: &str = "01M81V4MV4Z3TY24ZA29M90GF9";
const AT: &str = "2026-06-01T07:55:08+00:00";

#[test]
fn decisions() {
    let row = |event_type: &str, payload: Value| {
        json!({
            "at": AT, "build_id": ULID, "event_id": ULID, "event_type": event_type, "mission_id": ULID, "payload": payload,
        })
    };
    let actor = json!({
        "actor_id": "a", "actor_type": "human", "display_name": "", "model": null, "provider": null, "tool": "t",
    });
    let asked = json!({
        "run_id": "r", "decision_id": "input:k", "step_id": "s", "question": "q", "options": ["a", "b"], "input_key": "k",
        "actor": actor,
    });
    let said = json!({ "run_id": "r", "decision_id": ULID, "answer": "a", "actor": actor });
    agree(
        named("decision-row"),
        |row| decision::parse_row(&row.to_string()).is_ok(),
        &[
            row(decision::REQUESTED, asked),
            row(decision::ANSWERED, said),
            row("AnotherTools", json!(1)),
        ],
        // What is no text there reads as nothing.
        &["/build_id", "/mission_id"],
    );
}

fn status_row(row: &Value) -> bool {
    let line = format!("{row}\n");
    let log = Log::read(line.as_bytes());
    log.lines
        .iter()
        .all(|line| matches!(line.content, Content::Row(_)))
}

#[test]
fn transitions() {
    let row = json!({
        "actor": "a", "at": AT, "event_id": ULID, "evidence": null, "execution_mode": "worktree", "feature_slug": "m",
        "force": false, "from_lane": "in_review", "mission_id": ULID, "mission_slug": "m", "reason": null,
        "reason_source": "operator", "review_ref": null, "to_lane": "done", "wp_id": "WP01",
        "review_result": { "reference": "r", "reviewer": "w", "verdict": "approved", "feedback_path": null },
    });
    agree(
        named("status-row"),
        status_row,
        &[row],
        // Of two names of a mission, one that is no text may stand where the other counts.
        &["/mission_slug", "/feature_slug"],
    );
}

#[test]
fn annotations_and_other_rows() {
    let annotation = json!({
        "actor": { "role": "r", "profile": "p", "tool": null, "model": "m" }, "at": AT, "event_id": ULID,
        "kind": "annotation", "wp_id": "WP01",
        "delta": {
            "note": "n", "subtasks": { "T1": "done" }, "tracker_refs": ["a"], "tracker_refs_replace": [], "agent": "a",
            "shell_pid": 7, "review": { "at": AT, "actor": "a", "wp_id": "WP01", "reason": "r" },
            "release_runtime_claim": true,
        },
    });
    let lifecycle = json!({ "event_type": "MissionCreated", "at": AT, "payload": { "a": 1 } });
    let retrospective = json!({ "event_name": "retrospective.completed", "at": AT });
    let captured = json!({ "type": "RetrospectiveCaptured", "payload": null });
    let other = json!({ "kind": "other" });
    agree(
        named("status-row"),
        status_row,
        &[annotation, lifecycle, retrospective, captured, other],
        &[],
    );
}

fn glossary_row(row: &Value) -> bool {
    glossary::parse_row(&row.to_string()).is_ok()
}

#[test]
fn the_glossarys_own_rows() {
    let row = |event_type: &str, payload: Value| {
        json!({
            "at": AT, "build_id": ULID, "event_id": ULID, "event_type": event_type, "mission_id": ULID, "payload": payload,
        })
    };
    let asked = json!({
        "mission_id": ULID, "scope_id": "team_domain", "step_id": "s", "semantic_check_event_id": "e", "term": "t",
        "question": "q", "options": ["a"], "urgency": "low", "actor": "a",
    });
    let said = json!({
        "mission_id": ULID, "clarification_event_id": ULID, "selected_meaning": "m", "actor": "a", "conflict_id": "c",
        "term_surface": "t", "scope_id": "team_domain",
    });
    let sensed = json!({
        "mission_id": ULID, "scope_id": "team_domain", "term_surface": "t", "before_sense": null, "after_sense": "s",
        "reason": "r", "actor": "a",
    });
    let checked = json!({
        "mission_id": ULID, "scope_id": "s", "step_id": "s", "severity": "low", "confidence": 0.5,
        "conflicts": [{ "term": "t", "nature": "drift", "severity": "high", "description": "d" }],
        "recommended_action": "warn", "effective_strictness": "max", "step_metadata": { "k": "v" },
    });
    agree(
        named("glossary-row"),
        glossary_row,
        &[
            row("GlossaryClarificationRequested", asked),
            row("GlossaryClarificationResolved", said),
            row("GlossarySenseUpdated", sensed),
            row("SemanticCheckEvaluated", checked),
            row("SomethingElse", json!(null)),
        ],
        &[],
    );
}

#[test]
fn the_glossarys_flat_rows() {
    let asked = json!({
        "event_type": "GlossaryClarificationRequested", "timestamp": AT, "conflict_id": "c", "term": "t", "question": "q",
        "options": ["a"], "urgency": "low",
    });
    let said = json!({
        "event_type": "GlossaryClarificationResolved", "conflict_id": "c", "term_surface": "t",
        "selected_sense": { "surface": "t", "scope": "team_domain", "definition": "d" },
    });
    let nested = json!({
        "event_type": "GlossarySenseUpdated", "event_id": "e", "scope": "team_domain",
        "new_sense": { "surface": { "surface_text": "t" }, "definition": "d", "status": "active" },
    });
    agree(
        named("glossary-row"),
        glossary_row,
        &[asked, said, nested],
        &[],
    );
}
