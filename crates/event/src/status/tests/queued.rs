use serde_json::{Value, json};

use super::{at, changed, file, id, moved, noted};
use crate::json::ParseError;
use crate::status::{Log, QueueEvent, RepoEvidence, queue_event};

fn commit() -> RepoEvidence {
    RepoEvidence {
        repo: "pawtrail".to_owned(),
        branch: "main".to_owned(),
        commit: "abc".to_owned(),
        files_touched: Vec::new(),
    }
}

fn queued(row: &Value) -> Result<Option<QueueEvent>, ParseError> {
    let file = file(std::slice::from_ref(row));
    let log = Log::read(file.as_bytes());
    queue_event(&log.lines[0], &commit())
}

fn payload(row: &Value) -> Value {
    queued(row).unwrap().unwrap().payload
}

/// The keys that the schema knows, and no others.
const KEYS: [&str; 10] = [
    "actor",
    "evidence",
    "execution_mode",
    "force",
    "from_lane",
    "mission_slug",
    "reason",
    "review_ref",
    "to_lane",
    "wp_id",
];

#[test]
fn a_transition_is_queued_with_the_keys_of_its_schema() {
    let row = moved(
        1,
        "WP01",
        "planned",
        "claimed",
        json!({"policy_metadata": {"agent": "a"}}),
    );
    let event = queued(&row).unwrap().unwrap();
    assert_eq!(
        event,
        QueueEvent {
            event_type: "WPStatusChanged".to_owned(),
            aggregate_type: "WorkPackage".to_owned(),
            aggregate_id: "WP01".to_owned(),
            timestamp: at(1),
            event_id: id(1),
            payload: json!({
                "actor": "user", "execution_mode": "worktree", "force": false,
                "from_lane": "planned", "mission_slug": "a-mission-01KT119Y",
                "to_lane": "claimed", "wp_id": "WP01",
            }),
        }
    );
    let full = json!({"reason": "r", "review_ref": "PR", "force": true,
                      "actor": {"role": "r", "profile": null, "tool": null, "model": null}});
    let payload = payload(&changed(row, full));
    let keys: Vec<&String> = payload.as_object().unwrap().keys().collect();
    assert!(keys.iter().all(|key| KEYS.contains(&key.as_str())));
    assert_eq!(payload["reason"], "r");
    assert_eq!(payload["actor"]["role"], "r");
}

#[test]
fn evidence_names_a_repository_and_is_a_reviews_outcome_where_there_is_none() {
    let review = json!({"reviewer": "r", "verdict": "approved", "reference": "PR"});
    let result =
        json!({"reviewer": "r", "verdict": "approved", "reference": "PR", "feedback_path": "p"});
    let repo = json!({"repo": "pawtrail", "branch": "main", "commit": "abc"});
    let end = |changes: Value| payload(&moved(1, "WP01", "in_review", "approved", changes));
    let expected = json!({"review": review, "repos": [repo]});
    assert_eq!(
        end(json!({"evidence": {"review": review}}))["evidence"],
        expected
    );
    assert_eq!(end(json!({"review_result": result}))["evidence"], expected);
    let own = json!({"review": review, "repos": [{"repo": "x", "branch": "b", "commit": "c"}]});
    assert_eq!(end(json!({"evidence": own}))["evidence"], own);
    assert_eq!(end(json!({})).get("evidence"), None);
    // Elsewhere an outcome is no evidence.
    let back = moved(
        1,
        "WP01",
        "in_review",
        "planned",
        json!({"review_result": result}),
    );
    assert_eq!(payload(&back).get("evidence"), None);
}

#[test]
fn a_missions_life_is_queued_and_a_start_without_its_file() {
    let row = json!({
        "event_type": "PlanStarted", "event_id": id(1), "timestamp": at(1), "aggregate_type": "Mission",
        "aggregate_id": "m", "payload": {"artifact_path": "plan.md", "mission_slug": "m", "actor": "cli"},
    });
    let event = queued(&row).unwrap().unwrap();
    assert_eq!(
        (event.event_type.as_str(), event.aggregate_id.as_str()),
        ("PlanStarted", "m")
    );
    assert_eq!(event.timestamp, at(1));
    assert_eq!(event.payload, json!({"mission_slug": "m", "actor": "cli"}));
    let ended = changed(row.clone(), json!({"event_type": "PlanCompleted"}));
    assert_eq!(payload(&ended)["artifact_path"], "plan.md");
    let headless = changed(row, json!({"aggregate_id": "-"}));
    assert_eq!(queued(&headless), Ok(None));
}

#[test]
fn other_rows_are_not_queued_from_here() {
    for row in [
        noted(1, "WP01", json!({"note": "n"})),
        json!({"event_type": "DecisionPointOpened", "event_id": id(1)}),
        json!({"type": "RetrospectiveCaptured"}),
        json!({"kind": "later"}),
        json!({"event_type": null}),
        json!([]),
    ] {
        assert_eq!(queued(&row), Ok(None), "{row}");
    }
}

#[test]
fn a_row_that_can_not_be_kept_exactly_is_not_queued() {
    let row = file(&[moved(1, "WP01", "planned", "claimed", json!({}))]);
    let row = row.replace(
        "\"evidence\": null",
        "\"evidence\": 123456789012345678901234567890",
    );
    let log = Log::read(row.as_bytes());
    assert_eq!(log.damaged(), []);
    let refused = queue_event(&log.lines[0], &commit());
    assert!(matches!(refused, Err(ParseError::Integer(_))));
}
