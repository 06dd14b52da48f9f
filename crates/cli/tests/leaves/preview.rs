//! `sync preview` shows the bytes that a hub then gets, and `sync log` what left.

use pawtrail_testkit::{Pawtrail, Project, Scratch, text};
use serde_json::{Value, json};

use crate::ear::{Ear, Manner};
use crate::support::{BINARY, agent, enable, lose_queue, moves, spec};

fn preview(project: &Project) -> Value {
    project.pawtrail.data(&project.repo, &["sync", "preview"])
}

fn texts(list: &Value) -> Vec<String> {
    let list = list.as_array().unwrap();
    list.iter()
        .map(|one| {
            let shown = text(&one["text"]);
            assert_eq!(one["bytes"].as_u64(), Some(shown.len() as u64));
            shown
        })
        .collect()
}

fn now(project: &Project) -> Value {
    project.pawtrail.data(&project.repo, &["sync", "now"])
}

fn start_work(project: &Project, wp: &str) {
    moves(project, wp, &["planned", "claimed"]);
}

#[test]
fn the_preview_is_byte_for_byte_what_the_hub_then_receives() {
    let scratch = Scratch::new();
    let project = Project::new(&scratch, BINARY);
    let agent = agent(&project);
    project.decide("Which way, \"left\" or \u{e4}\u{1f43e}?");
    start_work(&project, "WP01");
    // Nobody has recorded this one, and it was made in another checkout.
    let unseen = spec(&project, &agent, "unseen");
    // No consent, no network: it shows the same, and writes nothing.
    let state = project.repo.read(".kittify/sync-state.json");
    let closed = preview(&project);
    assert_eq!(closed["allowed"], false);
    assert!(text(&closed["reason"]).contains("no consent"));
    assert_eq!(project.repo.read(".kittify/sync-state.json"), state);
    let hub = Ear::hub();
    enable(&project, &hub.url(), &[]);
    let open = preview(&project);
    assert_eq!(
        (&open["allowed"], &open["url"]),
        (&json!(true), &json!(hub.url()))
    );
    assert_eq!(
        (&open["frames"], &open["batches"]),
        (&closed["frames"], &closed["batches"])
    );
    let from_worktree = project.pawtrail.data(&agent, &["sync", "preview"]);
    assert_eq!(from_worktree["frames"], open["frames"]);
    assert_eq!(hub.heard().connections, 0, "it asked the hub");

    let (frames, bodies) = (texts(&open["frames"]), texts(&open["batches"]));
    assert!(frames.len() >= 4 && bodies.len() == 1, "{open:#}");
    assert!(frames.iter().any(|frame| frame.contains(&unseen)));
    let counted = [&open["held_back"], &open["unqueued"], &open["unattributed"]];
    assert_eq!(counted, [&json!([]), &json!(0), &json!(0)]);
    now(&project);
    let heard = hub.heard();
    assert_eq!(heard.frames, frames);
    assert_eq!(heard.bodies, bodies);
    let after = preview(&project);
    assert_eq!(
        (&after["frames"], &after["batches"]),
        (&json!([]), &json!([]))
    );
    let said = project.pawtrail.run(&project.repo, &["sync", "preview"]);
    assert!(said.stdout.contains("Nothing would leave now"), "{said}");
}

#[test]
fn batches_are_cut_as_the_upload_cuts_them() {
    let scratch = Scratch::new();
    let project = Project::new(&scratch, BINARY);
    start_work(&project, "WP01");
    // Many more of the same size as the first; SQLite is the queue's own form.
    let queue = project.repo.common_dir().join("pawtrail/queue.sqlite");
    let db = rusqlite::Connection::open(&queue).unwrap();
    db.execute_batch(
        "WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < 1500)
         INSERT INTO events (event_id, event_type, project_uuid, body, queued_at)
         SELECT printf('01KT12VTXHQVY4C5SW%08d', n), 'X', CASE WHEN n % 10 = 0 THEN 'another' ELSE project_uuid END,
             json_set(body, '$.event_id', printf('01KT12VTXHQVY4C5SW%08d', n)), queued_at
         FROM number, (SELECT * FROM events ORDER BY sequence LIMIT 1)",
    )
    .unwrap();
    drop(db);
    let hub = Ear::hub();
    enable(&project, &hub.url(), &[]);
    let open = preview(&project);
    let bodies = texts(&open["batches"]);
    assert!(bodies.len() >= 3, "{} batches", bodies.len());
    let held = open["held_back"].as_array().unwrap();
    assert_eq!(held.len(), 150);
    assert_eq!(
        (&held[0]["kind"], &held[0]["code"]),
        (&json!("event"), &json!("OTHER_PROJECT"))
    );
    now(&project);
    assert_eq!(hub.heard().bodies, bodies);
    // What was barred on the way is set aside, for the same reason.
    let after = preview(&project)["held_back"].take();
    assert_eq!(after.as_array().unwrap().len(), 150);
    assert_eq!(after[0]["code"], "OTHER_PROJECT");
}

/// What a hub said once is kept, and counts for the preview, which asks nobody.
#[test]
fn batches_are_cut_as_this_hub_takes_them_once_it_has_said_so() {
    let scratch = Scratch::new();
    let project = Project::new(&scratch, BINARY);
    let hub = Ear::start(Manner::SmallHub(1));
    start_work(&project, "WP01");
    enable(&project, &hub.url(), &[]);
    let usual = preview(&project);
    let said = project.pawtrail.run(&project.repo, &["sync", "preview"]);
    assert_eq!(usual["batch_limits"]["told"], false);
    assert!(said.stdout.contains("has not been asked yet"), "{said}");
    now(&project);
    project.pawtrail.data(&project.repo, &["sync", "stop"]);
    // Offline from here on, so that something waits.
    let silent = Pawtrail::new(&scratch, BINARY).with_env("PAWTRAIL_SYNC", "off");
    let mission = &project.mission_id;
    for lane in ["in_progress", "for_review"] {
        let args = [
            "wp",
            "move",
            "WP01",
            lane,
            "--mission",
            mission,
            "--actor",
            "agent",
        ];
        silent.data(&project.repo, &args);
    }
    let small = preview(&project);
    let limits = &small["batch_limits"];
    assert_eq!(
        (&limits["told"], &limits["events"]),
        (&json!(true), &json!(1))
    );
    let batches = texts(&small["batches"]);
    assert!(batches.len() >= 2, "{small:#}");
    let before = hub.heard().bodies.len();
    now(&project);
    assert_eq!(hub.heard().bodies[before..], batches);
}

#[test]
fn what_is_held_back_says_why() {
    let scratch = Scratch::new();
    let project = Project::new(&scratch, BINARY);
    project.decide("Which?");
    start_work(&project, "WP01");
    let hub = Ear::hub();
    enable(&project, &hub.url(), &["--from-now"]);
    let open = preview(&project);
    assert_eq!(
        (&open["frames"], &open["batches"]),
        (&json!([]), &json!([]))
    );
    let held = open["held_back"].as_array().unwrap();
    assert!(held.len() >= 5, "{held:#?}");
    assert!(
        held.iter()
            .all(|one| one["code"] == "FROM_NOW" && text(&one["reason"]).contains("--from-now"))
    );
    for kind in ["commit", "event"] {
        assert!(held.iter().any(|one| one["kind"] == kind));
    }
    // What the environment forbids is shown all the same.
    let forbidden = Project {
        pawtrail: pawtrail_testkit::Pawtrail::new(&scratch, BINARY)
            .with_env("PAWTRAIL_SYNC", "off"),
        ..project
    };
    let closed = preview(&forbidden);
    assert_eq!(closed["allowed"], false);
    assert!(text(&closed["reason"]).contains("PAWTRAIL_SYNC"));
    assert_eq!(closed["held_back"], open["held_back"]);
    let said = forbidden
        .pawtrail
        .run(&forbidden.repo, &["sync", "preview"]);
    assert!(
        said.stdout.contains("FROM_NOW") && said.stdout.contains("PAWTRAIL_SYNC"),
        "{said}"
    );
    // Nor does it go because the queue is lost.
    lose_queue(&forbidden);
    assert_eq!(preview(&forbidden)["unqueued"], 0);
}

#[test]
fn events_that_no_queue_has_yet_are_counted_and_no_queue_is_made_for_them() {
    let scratch = Scratch::new();
    let project = Project::new(&scratch, BINARY);
    start_work(&project, "WP01");
    lose_queue(&project);
    assert_eq!(preview(&project)["unqueued"], 4);
    let queue = project.repo.common_dir().join("pawtrail/queue.sqlite");
    assert!(!queue.exists());
}

#[test]
fn the_log_says_what_went_when_where_and_how_much() {
    let scratch = Scratch::new();
    let project = Project::new(&scratch, BINARY);
    let log = |more: &[&str]| {
        let args = [&["sync", "log"], more].concat();
        project.pawtrail.data(&project.repo, &args)
    };
    assert_eq!(log(&[]), json!({ "entries": [], "total": 0 }));
    let commit = project.decide("Which?");
    start_work(&project, "WP01");
    let hub = Ear::hub();
    enable(&project, &hub.url(), &[]);
    now(&project);
    let all = log(&[]);
    let entries = all["entries"].as_array().unwrap();
    assert_eq!(all["total"].as_u64(), Some(entries.len() as u64));
    assert!(entries.iter().all(|entry| entry["url"] == hub.url()));
    assert!(
        entries
            .iter()
            .all(|entry| text(&entry["at"]).ends_with('Z'))
    );
    assert!(!all.to_string().contains("0123456789abcdef"), "a token");
    // Each frame that came is there, with its size.
    let frames = log(&["--kind", "LocalCommit"]);
    let logged: Vec<u64> = frames["entries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["bytes"].as_u64().unwrap())
        .collect();
    let came: Vec<u64> = hub
        .heard()
        .frames
        .iter()
        .map(|frame| frame.len() as u64)
        .collect();
    assert_eq!(logged, came);
    assert!(
        frames["entries"]
            .as_array()
            .unwrap()
            .iter()
            .any(|entry| entry["git_hash"] == *commit)
    );
    assert_eq!(log(&["--kind", "events"])["entries"][0]["events"], 4);
    assert_eq!(log(&["--kind", "connect"])["total"], 1);
    let last = log(&["--limit", "1", "--kind", "LocalCommit"]);
    assert_eq!(last["entries"][0], frames["entries"][came.len() - 1]);
    assert_eq!(last["total"].as_u64(), Some(came.len() as u64));
    let said = project
        .pawtrail
        .run(&project.repo, &["sync", "log", "--limit", "2"]);
    assert!(said.stdout.contains("older"), "{said}");

    // What was put aside when the log was full counts on.
    let dir = project.repo.common_dir().join("pawtrail/sync");
    let path = dir.join("egress.jsonl");
    let full = std::fs::read(&path).unwrap();
    std::fs::write(&path, [full, vec![b' '; 1024 * 1024]].concat()).unwrap();
    let later = project.decide("And?");
    now(&project);
    assert!(dir.join("egress.1.jsonl").exists());
    let frames_now = log(&["--kind", "LocalCommit"]);
    assert_eq!(frames_now["total"].as_u64(), Some(came.len() as u64 + 1));
    assert_eq!(frames_now["entries"][came.len()]["git_hash"], *later);
    let (status, document) = project
        .pawtrail
        .json_in(project.repo.path(), &["sync", "log", "--kind", "nonsense"]);
    assert_eq!((status, &document["ok"]), (2, &json!(false)));
}

/// Entry for entry: as much as came, in the order in which it came, and nothing that didn't.
#[test]
fn the_log_lists_exactly_what_came() {
    let scratch = Scratch::new();
    let project = Project::new(&scratch, BINARY);
    let hub = Ear::start(Manner::SmallHub(2));
    for at in 0..3 {
        project.decide(&format!("Question {at}?"));
    }
    start_work(&project, "WP01");
    enable(&project, &hub.url(), &[]);
    now(&project);
    project.pawtrail.data(&project.repo, &["sync", "stop"]);
    project.decide("Again?");
    now(&project);
    project.pawtrail.data(&project.repo, &["sync", "stop"]);
    let heard = hub.heard();
    let log = ["sync", "log", "--limit", "1000"];
    let log = project.pawtrail.data(&project.repo, &log);
    let entries = log["entries"].as_array().unwrap();
    let of = |kind: &str| -> Vec<&Value> {
        entries
            .iter()
            .filter(|entry| entry["kind"] == kind)
            .collect()
    };
    assert_eq!(of("connect").len(), heard.upgrades);
    assert_eq!(of("health").len(), heard.questions);
    let bytes = |entries: Vec<&Value>| -> Vec<u64> {
        let sizes = entries.iter().map(|entry| entry["bytes"].as_u64().unwrap());
        sizes.collect()
    };
    let sizes = |texts: &[String]| -> Vec<u64> { texts.iter().map(|t| t.len() as u64).collect() };
    assert_eq!(bytes(of("LocalCommit")), sizes(&heard.frames));
    let hashes: Vec<String> = of("LocalCommit")
        .iter()
        .map(|entry| text(&entry["git_hash"]))
        .collect();
    assert_eq!(hashes, hub.commits());
    assert_eq!(bytes(of("pong")), sizes(&heard.pongs));
    assert!(!heard.pongs.is_empty());
    assert_eq!(bytes(of("events")), heard.packed);
    assert!(heard.bodies.len() >= 2);
    for (entry, body) in of("events").into_iter().zip(&heard.bodies) {
        let body: Value = serde_json::from_str(body).unwrap();
        let events = body["events"].as_array().unwrap();
        assert_eq!(entry["events"].as_u64(), Some(events.len() as u64));
        assert_eq!(entry["event_id"], events[0]["event_id"]);
    }
    let known = heard.upgrades
        + heard.questions
        + heard.frames.len()
        + heard.pongs.len()
        + heard.bodies.len();
    assert_eq!(entries.len(), known, "{log:#}");
    // `connections` counts whatever touched the socket: there is nothing else.
    assert!(heard.connections <= heard.upgrades + heard.questions + heard.bodies.len());
}
