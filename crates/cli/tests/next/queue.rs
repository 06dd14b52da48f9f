//! What of a run goes to a hub: three kinds of events, once each, valid for their receiver, and never a decision.

use pawtrail_testkit::{SpecKitty, text};
use serde_json::{Value, json};

use crate::support::{TURNS, World, sensible};

fn queued(world: &World) -> Vec<Value> {
    let file = world.repo.common_dir().join("pawtrail/queue.sqlite");
    let db = rusqlite::Connection::open(file).unwrap();
    let mut statement = db
        .prepare("SELECT body, state FROM events ORDER BY sequence")
        .unwrap();
    let bodies = statement
        .query_map([], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?))
        })
        .unwrap();
    bodies
        .map(|one| {
            let (body, state) = one.unwrap();
            assert_eq!(state, 0, "set aside: {body}");
            serde_json::from_str(&body).unwrap()
        })
        .collect()
}

#[test]
fn runtime_envelopes_are_valid_and_queued_once_and_decisions_never() {
    let world = World::shared();
    let mut said = world.report(&[]);
    for _ in 0..TURNS {
        said = match said["kind"].as_str().unwrap() {
            // Every report twice: what is repeated is queued once.
            "step" => {
                let step = text(&said["step_id"]);
                world.report(&["--step", &step]);
                world.report(&["--step", &step])
            }
            "decision_required" => {
                world.owner_answers(&text(&said["decision_id"]), &sensible(&said))
            }
            _ => break,
        };
    }
    assert_eq!(said["kind"], "terminal");
    let of_run: Vec<Value> = queued(&world)
        .into_iter()
        .filter(|event| event["event_type"] != "MissionCreated")
        .filter(|event| event["event_type"] != "ProjectInitialized")
        .collect();
    let told: Vec<(String, Value)> = of_run
        .iter()
        .map(|event| (text(&event["event_type"]), event["payload"].clone()))
        .collect();
    let id = &world.mission_id;
    let phase = |name: &str, before: &str| {
        let payload = json!({"actor": "coder", "mission_id": id, "phase_name": name, "previous_phase": before});
        ("PhaseEntered".to_owned(), payload)
    };
    let started = json!({"actor": "system", "initial_phase": "not_started", "mission_id": id, "mission_type": "shared"});
    let completed = json!({"actor": "coder", "final_phase": "glance", "mission_id": id, "mission_type": "shared"});
    assert_eq!(
        told,
        [
            ("MissionStarted".to_owned(), started),
            phase("shape", "not_started"),
            phase("build", "shape"),
            phase("write", "build"),
            phase("glance", "write"),
            ("MissionCompleted".to_owned(), completed),
        ]
    );
    let mut python = SpecKitty::start(&world.scratch);
    for (event_type, payload) in &told {
        let verdict = python.must(
            "validate",
            json!({"payload": payload, "event_type": event_type}),
        );
        assert_eq!(verdict["valid"], true, "{verdict:#}");
    }
}

#[test]
fn a_queue_that_was_lost_is_filled_again_from_the_run_log() {
    let world = World::shared();
    world.report(&[]);
    let before = queued(&world).len();
    for name in ["queue.sqlite", "queue.sqlite-wal", "queue.sqlite-shm"] {
        let _ = std::fs::remove_file(world.repo.common_dir().join("pawtrail").join(name));
    }
    world.report(&["--step", "shape"]);
    let types: Vec<String> = queued(&world)
        .iter()
        .map(|event| text(&event["event_type"]))
        .collect();
    assert!(types.contains(&"MissionStarted".to_owned()), "{types:?}");
    assert!(before >= 2);
}
