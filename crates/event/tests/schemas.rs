//! Files that the Python tool committed, held against the schemas: what our readers take, the schemas take.
//!
//! The folder is that of `corpus.rs`; where there is none, rows of our own stand for it.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "helpers of tests fail loudly too"
)]

use std::path::{Path, PathBuf};

use jsonschema::Validator;
use pawtrail_event::schema::EVENTS;
use pawtrail_event::status::{
    Content, Log, MissionIdentity, Order, RepoEvidence, queue_event, reduce,
};
use pawtrail_event::{contract, envelope, json};
use serde_json::{Value, json};

/// A mission's journal and snapshots.
struct Mission {
    name: String,
    journal: String,
    snapshots: Vec<String>,
}

/// The missions of the corpus, or one of our own.
fn missions() -> Vec<Mission> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus");
    let corpus = std::env::var_os("PAWTRAIL_CORPUS").map_or(beside, PathBuf::from);
    let Ok(missions) = std::fs::read_dir(corpus.join("missions")) else {
        println!("no corpus found: running on rows of our own");
        return vec![own()];
    };
    let missions = missions.map(|mission| {
        let dir = mission.unwrap().path();
        let read = |name: &str| std::fs::read_to_string(dir.join(name)).ok();
        Mission {
            name: dir.display().to_string(),
            journal: read("status.events.jsonl").unwrap(),
            snapshots: ["status.json", "expected-status.json"]
                .into_iter()
                .filter_map(read)
                .collect(),
        }
    });
    missions.collect()
}

fn own() -> Mission {
    let row = |from: &str, to: &str, id: &str| {
        json!({
            "actor": "a", "at": "2026-06-01T07:55:08+00:00", "event_id": id, "evidence": null,
            "execution_mode": "worktree", "force": false, "from_lane": from, "mission_slug": "m", "reason": null,
            "review_ref": null, "to_lane": to, "wp_id": "WP01",
        })
    };
    let rows = [
        row("genesis", "planned", "01KT119YA7GD2Y0D7MZRH5JSS3"),
        row("planned", "claimed", "01KT119YA7GD2Y0D7MZRH5JSS4"),
        json!({ "event_type": "MissionCreated", "at": "2026-06-01T07:55:08+00:00", "payload": {} }),
    ];
    Mission {
        name: "our own".to_owned(),
        journal: rows.iter().map(json::log).collect(),
        snapshots: Vec::new(),
    }
}

fn validator(name: &str) -> Validator {
    let named = EVENTS.iter().find(|one| one.name == name).unwrap();
    jsonschema::draft202012::new(&named.schema()).unwrap()
}

#[track_caller]
fn fits(schema: &Validator, value: &Value, place: &str) {
    let wrong: Vec<String> = schema
        .iter_errors(value)
        .map(|error| error.to_string())
        .collect();
    assert!(wrong.is_empty(), "{place}: {wrong:?} in {value:#}");
}

#[test]
fn every_row_and_snapshot_of_a_status_fits() {
    let (row, snapshot) = (validator("status-row"), validator("status"));
    let (mut rows, mut snapshots) = (0, 0);
    for mission in missions() {
        let log = Log::read(mission.journal.as_bytes());
        for line in &log.lines {
            let text = std::str::from_utf8(line.raw).unwrap();
            let value: Value = serde_json::from_str(text).unwrap_or_default();
            let taken = matches!(line.content, Content::Row(_));
            if taken {
                fits(&row, &value, &mission.name);
                rows += 1;
            } else {
                assert!(!row.is_valid(&value), "{}: {text}", mission.name);
            }
        }
        let folded = reduce(&log, &MissionIdentity::default(), Order::default()).to_json();
        for text in mission.snapshots.iter().chain([&folded]) {
            fits(
                &snapshot,
                &serde_json::from_str(text).unwrap(),
                &mission.name,
            );
            snapshots += 1;
        }
    }
    assert!(rows > 0 && snapshots > 0);
    println!("{rows} rows, {snapshots} snapshots");
}

#[test]
fn every_event_for_the_queue_is_judged_alike() {
    let schema = validator("envelope");
    let commit = RepoEvidence {
        repo: "r".to_owned(),
        branch: "b".to_owned(),
        commit: "c".to_owned(),
        files_touched: Vec::new(),
    };
    let (mut taken, mut refused) = (0, 0);
    for mission in missions() {
        let log = Log::read(mission.journal.as_bytes());
        for line in &log.lines {
            let Ok(Some(event)) = queue_event(line, &commit) else {
                continue;
            };
            let id = "01KT119YA7GD2Y0D7MZRH5JSS3";
            let whole = json!({
                "aggregate_id": event.aggregate_id, "aggregate_type": event.aggregate_type, "build_id": id,
                "causation_id": null, "correlation_id": id, "data_tier": 0, "event_id": event.event_id,
                "event_type": event.event_type, "lamport_clock": 1, "node_id": "n", "payload": event.payload,
                "project_slug": null, "project_uuid": "f97f4d9b-d2fa-4ce6-a7ee-9bbca7308aab",
                "schema_version": envelope::SCHEMA_VERSION, "timestamp": event.timestamp,
            });
            let good = envelope::check(&whole).is_ok();
            assert_eq!(schema.is_valid(&whole), good, "{}: {whole:#}", mission.name);
            assert_eq!(
                good,
                good && contract::check(&event.event_type, &event.payload).is_ok()
            );
            *if good { &mut taken } else { &mut refused } += 1;
        }
    }
    assert!(taken > 0);
    println!("{taken} taken, {refused} refused");
}
