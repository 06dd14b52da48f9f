//! Envelopes and payloads are judged as `spec-kitty-events` judges them: its own examples, and many
//! changes of each.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

use pawtrail_event::envelope::{Envelope, Header, Queueable};
use pawtrail_event::sanitize::Sanitizer;
use pawtrail_event::{contract, envelope};
use pawtrail_testkit::{Scratch, SpecKitty};
use serde_json::{Value, json};

const FAMILIES: [&str; 4] = ["glossary", "mission_next", "events", "sync"];

/// These have no JSON Schema in the package, whose models then take a number in quotes for a number.
const LAX: [&str; 7] = [
    "WPAssigned",
    "BuildRegistered",
    "BuildHeartbeat",
    "HistoryAdded",
    "ErrorLogged",
    "DependencyResolved",
    "MissionOriginBound",
];

/// An envelope, and types whose fields may all be left out.
const BARE: [&str; 3] = ["Event", "BuildRegistered", "BuildHeartbeat"];

/// Judges as `validate_event` does: an envelope as such, a payload that comes in its envelope together with the
/// envelope's version, a payload alone.
fn is_valid(event_type: &str, value: &Value) -> bool {
    if event_type == "Event" {
        return envelope::check_envelope(value).is_ok();
    }
    if value["payload"].is_object() && value["event_type"] == event_type {
        return envelope::check_envelope(value).is_ok()
            && contract::check(event_type, &value["payload"]).is_ok();
    }
    contract::check(event_type, value).is_ok()
}

#[test]
fn the_examples_of_the_package_are_classified_the_same_way() {
    let scratch = Scratch::new();
    let mut python = SpecKitty::start(&scratch);
    for family in FAMILIES {
        let examples = python.must("fixtures", json!({"family": family}));
        let examples = examples.as_array().unwrap();
        assert!(examples.len() >= 10, "{family}: {}", examples.len());
        for verdict in [true, false] {
            assert!(examples.iter().any(|example| example["valid"] == verdict));
        }
        for example in examples {
            let event_type = example["event_type"].as_str().unwrap();
            assert!(
                // What the contract doesn't know may be any object.
                BARE.contains(&event_type) || contract::check(event_type, &json!({})).is_err(),
                "{event_type}"
            );
            assert_eq!(
                json!(is_valid(event_type, &example["payload"])),
                example["valid"],
                "{}",
                example["path"]
            );
        }
    }
}

/// What each field is replaced with.
fn replacements() -> Vec<Value> {
    vec![
        json!(null),
        json!(""),
        json!(" "),
        json!("x"),
        json!(0),
        json!(1),
        json!(-1),
        json!(1.0),
        json!(0.5),
        json!(true),
        json!([]),
        json!(["x"]),
        json!([1]),
        json!([{}]),
        json!({}),
        json!({"a": "b"}),
        json!({"a": 1}),
        json!("2026-01-15"),
        json!("2026-01-15T10:00:00"),
        json!("2026-01-15 10:00:00+02:00"),
        json!("2026-13-15T10:00:00Z"),
        json!("planned"),
        json!("done"),
        json!("high"),
        json!("https://example.org/x"),
        json!("550e8400e29b41d4a716446655440000"),
    ]
}

/// Each way to change one field of an object, those of the objects in it too.
fn changes(value: &Value) -> Vec<Value> {
    let mut changed = Vec::new();
    let Value::Object(map) = value else {
        return changed;
    };
    for (key, field) in map {
        let with = |new: Value| {
            let mut map = map.clone();
            map.insert(key.clone(), new);
            Value::Object(map)
        };
        let mut without = map.clone();
        without.remove(key);
        changed.push(Value::Object(without));
        changed.extend(replacements().into_iter().map(with));
        changed.extend(changes(field).into_iter().map(with));
        if let Some(first) = field.as_array().and_then(|items| items.first()) {
            changed.extend(changes(first).into_iter().map(|item| with(json!([item]))));
        }
    }
    let mut more = map.clone();
    more.insert("not_a_field".to_owned(), json!(1));
    changed.push(Value::Object(more));
    changed
}

/// Every pair of lanes, forced and not, with a review's reference and evidence and without.
fn transitions() -> Vec<Value> {
    let lanes = [
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
    let evidence = json!({
        "repos": [{"repo": "r", "branch": "b", "commit": "c"}],
        "review": {"reviewer": "r", "verdict": "approved"},
    });
    let mut all = Vec::new();
    for from in lanes.iter().map(|lane| json!(lane)).chain([json!(null)]) {
        for to in lanes {
            for options in 0..8 {
                let (force, reviewed, proved) = (options & 1 > 0, options & 2 > 0, options & 4 > 0);
                all.push(json!({
                    "mission_slug": "m", "wp_id": "WP01", "from_lane": from, "to_lane": to,
                    "actor": "a", "force": force, "execution_mode": "worktree",
                    "reason": if force { json!("why") } else { json!(null) },
                    "review_ref": if reviewed { json!("r") } else { json!(null) },
                    "evidence": if proved { evidence.clone() } else { json!(null) },
                }));
            }
        }
    }
    all
}

fn compare(python: &mut SpecKitty, event_type: &str, payloads: &[Value]) {
    let request = json!({"event_type": event_type, "payloads": payloads});
    let verdicts = python.must("verdicts", request);
    let differ: Vec<String> = payloads
        .iter()
        .zip(verdicts.as_array().unwrap())
        .filter(|(payload, verdict)| json!(is_valid(event_type, payload)) != **verdict)
        .map(|(payload, verdict)| format!("{event_type}: {verdict} for {payload}"))
        .collect();
    assert!(differ.is_empty(), "{differ:#?}");
}

#[test]
fn changed_examples_get_the_verdict_of_the_package() {
    let scratch = Scratch::new();
    let mut python = SpecKitty::start(&scratch);
    let mut compared = 0;
    for family in FAMILIES {
        let examples = python.must("fixtures", json!({"family": family}));
        for example in examples.as_array().unwrap() {
            let event_type = example["event_type"].as_str().unwrap();
            let alone = example["payload"]["event_type"] != *event_type;
            if example["valid"] != true || LAX.contains(&event_type) || !alone {
                continue;
            }
            let payloads = changes(&example["payload"]);
            compare(&mut python, event_type, &payloads);
            compared += payloads.len();
        }
    }
    compare(&mut python, "WPStatusChanged", &transitions());
    assert!(compared > 3_000, "{compared}");
}

#[test]
fn envelopes_of_ours_are_valid_for_the_package() {
    let scratch = Scratch::new();
    let mut python = SpecKitty::start(&scratch);
    let rules = Sanitizer::general();
    let mut made = Vec::new();
    for family in FAMILIES {
        let examples = python.must("fixtures", json!({"family": family}));
        for example in examples.as_array().unwrap() {
            let event_type = example["event_type"].as_str().unwrap();
            let Ok(kind) = Queueable::new(event_type) else {
                continue;
            };
            let header = Header {
                event_id: "01KT12VTXHQVY4C5SW6XYPS16J".parse().unwrap(),
                aggregate_id: "WP01".to_owned(),
                aggregate_type: Some("WorkPackage".to_owned()),
                timestamp: "2026-06-01T07:55:08.081409+00:00".to_owned(),
                build_id: "01KT119YA7GD2Y0D7MZRH5JSS3".parse().unwrap(),
                node_id: "d036a097a835".parse().unwrap(),
                lamport_clock: 7,
                project_uuid: "f97f4d9b-d2fa-4ce6-a7ee-9bbca7308aab".parse().unwrap(),
                project_slug: None,
                mission_id: Some("01KT119YA7GD2Y0D7MZRH5JSS3".parse().unwrap()),
                correlation_id: "01KT119YA7GD2Y0D7MZRH5JSS3".parse().unwrap(),
                causation_id: None,
                git_branch: Some("main".to_owned()),
                head_commit_sha: None,
            };
            let payload = rules.sanitize(&example["payload"]);
            let envelope = Envelope::new(kind, &header, &payload, &rules);
            assert_eq!(json!(envelope.check().is_ok()), example["valid"]);
            made.push(serde_json::from_str(&envelope.to_text()).unwrap());
        }
    }
    assert!(made.len() > 15, "{}", made.len());
    compare(&mut python, "Event", &made);
}
