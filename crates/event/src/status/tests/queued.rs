use serde_json::{Value, json};

use super::{at, changed, file, id, moved, noted};
use crate::contract;
use crate::json::ParseError;
use crate::route::{self, Journal};
use crate::status::{Lane, Log, QueueEvent, RepoEvidence, queue_event};

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

/// A row of each family under the name of a type, as its writers make it.
fn row_of(event_type: &str) -> Value {
    match event_type {
        "WPStatusChanged" => moved(1, "WP01", "planned", "claimed", json!({})),
        "InnerStateChanged" => noted(1, "WP01", json!({"note": "n"})),
        name if name.starts_with("retrospective.") => json!({
            "event_name": name, "event_id": id(1), "at": at(1), "payload": {},
        }),
        name if name.starts_with("Retrospective") => json!({
            "type": name, "event_id": id(1), "at": at(1),
        }),
        name if name.starts_with("DecisionPoint") => json!({
            "event_type": name, "event_id": id(1), "at": at(1), "payload": {},
        }),
        name => json!({
            "event_type": name, "event_id": id(1), "timestamp": at(1), "aggregate_type": "Mission",
            "aggregate_id": "m", "payload": {},
        }),
    }
}

#[test]
fn of_the_status_journal_that_is_queued_which_the_route_table_sends_there() {
    let (mut sent, mut kept) = (0, 0);
    for (name, route) in route::TABLE {
        if route.journal != Some(Journal::Status) {
            continue;
        }
        let event = queued(&row_of(name)).unwrap();
        assert_eq!(event.is_some(), route.queue, "{name}");
        assert!(event.is_none_or(|event| event.event_type == *name));
        *(if route.queue { &mut sent } else { &mut kept }) += 1;
    }
    assert_eq!((sent, kept), (10, 21));
}

/// Steps that the lane machine allows, with what each needs beside its lanes.
fn steps() -> Vec<(Lane, Lane, Value)> {
    use Lane::{
        Approved, Blocked, Canceled, Claimed, Done, ForReview, Genesis, InProgress, InReview,
        Planned,
    };
    let back = || json!({"review_ref": "PR 1"});
    let forced = || json!({"force": true, "reason": "it was wrong", "review_ref": "PR 1"});
    let mut steps = vec![
        (Genesis, Planned, json!({})),
        (Planned, Claimed, json!({})),
        (Claimed, InProgress, json!({})),
        (InProgress, ForReview, json!({})),
        (ForReview, InReview, json!({})),
        (ForReview, InProgress, back()),
        (InReview, InProgress, back()),
        (InReview, ForReview, json!({})),
        (Approved, InProgress, back()),
        (Blocked, InProgress, json!({})),
        (InReview, Planned, forced()),
        (Done, InProgress, forced()),
    ];
    for from in [Planned, Claimed, InProgress, ForReview, InReview, Approved] {
        for to in [Blocked, Canceled] {
            steps.push((from, to, json!({"reason": "why"})));
        }
    }
    steps
}

#[test]
fn what_is_queued_of_each_step_is_what_the_contract_asks_for() {
    for (from, to, changes) in steps() {
        let row = moved(1, "WP01", from.as_str(), to.as_str(), changes);
        assert_eq!(
            contract::check("WPStatusChanged", &payload(&row)),
            Ok(()),
            "{from:?} {to:?}"
        );
    }
}

#[test]
fn an_approval_keeps_to_the_contract_with_evidence_or_an_outcome_and_not_without() {
    let review = json!({"reviewer": "r", "verdict": "approved", "reference": "PR"});
    let repo = json!({"repo": "x", "branch": "b", "commit": "c", "files_touched": ["f"]});
    let (with_repo, alone) = (
        json!({"review": review, "repos": [repo]}),
        json!({"review": review}),
    );
    for (from, to) in [
        ("in_progress", "approved"),
        ("for_review", "approved"),
        ("in_review", "approved"),
        ("for_review", "done"),
        ("in_review", "done"),
        ("approved", "done"),
    ] {
        let check = |changes: Value| {
            contract::check(
                "WPStatusChanged",
                &payload(&moved(1, "WP01", from, to, changes)),
            )
        };
        for changes in [
            json!({"evidence": with_repo}),
            json!({"evidence": alone}),
            json!({"review_result": review}),
        ] {
            assert_eq!(check(changes.clone()), Ok(()), "{from} {to} {changes}");
        }
        let refused = check(json!({})).unwrap_err();
        assert_eq!(refused.path, "payload.evidence", "{from} {to}");
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
