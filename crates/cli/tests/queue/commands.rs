//! `queue list`, `show`, `retry`, `drop`, and the counts in `sync status`.

use pawtrail_testkit::{Hub, text};

use crate::{committed, project, queued, start_work, status, stored};

#[test]
fn moves_wait_in_the_queue_and_can_be_shown_and_dropped() {
    let (_scratch, project) = project();
    start_work(&project, "WP01");
    let listed = project.pawtrail.data(&project.repo, &["queue", "list"]);
    let events = listed["events"].as_array().unwrap();
    let moves: Vec<_> = events
        .iter()
        .filter(|event| event["event_type"] == "WPStatusChanged")
        .collect();
    assert_eq!(moves.len(), 3, "{listed:#}");
    assert!(moves.iter().all(|event| event["state"] == "waiting"
        && event["reason"].is_null()
        && event["attempts"] == 0
        && event["queued_at"].is_string()));
    let id = text(&moves[0]["event_id"]);
    let shown = project
        .pawtrail
        .data(&project.repo, &["queue", "show", &id]);
    let envelope = &shown["envelope"];
    assert_eq!(envelope["payload"]["to_lane"], "planned");
    assert_eq!(envelope["project_uuid"], project.uuid);
    assert_eq!(envelope["mission_id"], project.mission_id);
    let before = status(&project);
    assert_eq!(before["queued"], listed["queued"]);
    assert!(before["oldest_age_s"].is_u64(), "{before:#}");
    project
        .pawtrail
        .data(&project.repo, &["queue", "drop", &id]);
    assert_eq!(queued(&project).0 + 1, listed["queued"].as_u64().unwrap());
    // What was dropped doesn't come back with the next move.
    start_work(&project, "WP02");
    let (code, again) = project
        .pawtrail
        .json_in(project.repo.path(), &["queue", "show", &id]);
    assert_eq!(
        (code, &again["error"]["code"]),
        (1, &"EVENT_NOT_FOUND".into())
    );
    assert_eq!(again["error"]["next_step"], "pawtrail queue list");
    let (code, _) = project
        .pawtrail
        .json_in(project.repo.path(), &["queue", "show", "x"]);
    assert_eq!(code, 2);
    let human = project.pawtrail.run(&project.repo, &["queue", "list"]);
    assert!(human.stdout.contains("waiting"), "{human}");
}

#[test]
fn a_decision_never_enters_the_queue() {
    let (_scratch, project) = project();
    let before = queued(&project);
    project.decide("Which database?");
    assert_eq!(queued(&project), before);
    start_work(&project, "WP01");
    let listed = project.pawtrail.data(&project.repo, &["queue", "list"]);
    assert!(!listed.to_string().contains("DecisionInput"), "{listed:#}");
}

#[test]
fn everything_queued_reaches_the_hub_once_and_a_lost_queue_is_made_anew() {
    let (scratch, project) = project();
    start_work(&project, "WP01");
    let hub = Hub::start(&scratch, &project.pawtrail);
    project.connect(&hub);
    let now = project.pawtrail.data(&project.repo, &["sync", "now"]);
    assert!(now["uploaded"].as_u64().unwrap() >= 3, "{now:#}");
    assert_eq!(queued(&project), (0, 0));
    assert_eq!(stored(hub.store()), committed(&project));
    project.pawtrail.run(&project.repo, &["sync", "stop"]);
    let state = project.repo.path().join(".git/pawtrail");
    for name in ["queue.sqlite", "queue.sqlite-wal", "queue.sqlite-shm"] {
        let _ = std::fs::remove_file(state.join(name));
    }
    start_work(&project, "WP02");
    project.pawtrail.data(&project.repo, &["sync", "now"]);
    assert_eq!(stored(hub.store()), committed(&project));
    assert_eq!(committed(&project).len(), 6);
}

#[test]
fn what_waits_can_be_left_out_of_a_consent_and_taken_back_in() {
    let (scratch, project) = project();
    start_work(&project, "WP01");
    let hub = Hub::start(&scratch, &project.pawtrail);
    let token = hub.token(&project.pawtrail, &project.uuid);
    let enable = ["sync", "enable", hub.url(), "--token", &token, "--from-now"];
    let enabled = project.pawtrail.data(&project.repo, &enable);
    assert_eq!(enabled["queued"], 0);
    let aside = queued(&project).1;
    assert!(aside >= 3);
    project.pawtrail.data(&project.repo, &["sync", "now"]);
    assert_eq!(stored(hub.store()), Vec::<String>::new());
    let listed = project
        .pawtrail
        .data(&project.repo, &["queue", "list", "--set-aside"]);
    let event = listed["events"]
        .as_array()
        .unwrap()
        .iter()
        .find(|event| event["event_type"] == "WPStatusChanged")
        .unwrap();
    assert_eq!(event["reason_code"], "FROM_NOW");
    let id = text(&event["event_id"]);
    project
        .pawtrail
        .data(&project.repo, &["queue", "retry", &id]);
    project.pawtrail.data(&project.repo, &["sync", "now"]);
    assert_eq!(stored(hub.store()), [id]);
}
