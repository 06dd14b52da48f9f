//! The queue through the real program: filled by commands, shown, uploaded to a real hub, and to one that refuses.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail like tests"
)]

mod backlog;
mod board;
mod commands;
mod kills;
mod pauses;
mod poison;
mod refusals;
mod scripted;

use std::path::Path;

use pawtrail_testkit::{Project, Scratch};
use serde_json::Value;

const BINARY: &str = env!("CARGO_BIN_EXE_pawtrail");
const TOKEN: &str = "a-token-of-some-length";

fn project() -> (Scratch, Project) {
    let scratch = Scratch::new();
    let project = Project::new(&scratch, BINARY);
    (scratch, project)
}

/// Puts a new work package on the board and into work: three events.
fn start_work(project: &Project, wp: &str) {
    for lane in ["planned", "claimed", "in_progress"] {
        let args = [
            "wp",
            "move",
            wp,
            lane,
            "--mission",
            &project.mission_id,
            "--actor",
            "agent",
        ];
        project.pawtrail.data(&project.repo, &args);
    }
}

/// Allows a hub, and wakes the courier with three moves, as any write does.
fn connect(project: &Project, url: &str) {
    let enable = ["sync", "enable", url, "--token", TOKEN];
    project.pawtrail.data(&project.repo, &enable);
    start_work(project, "WP00");
}

/// The queue's file, opened beside the program.
fn database(project: &Project) -> rusqlite::Connection {
    let file = project.repo.path().join(".git/pawtrail/queue.sqlite");
    rusqlite::Connection::open(file).unwrap()
}

/// Puts so many more events at the end: copies of a transition that waits, each with an id of its own.
fn multiply(project: &Project, events: u64) {
    let added = database(project).execute(
        "WITH RECURSIVE
             numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?1),
             base(n) AS (SELECT max(sequence) FROM events),
             pattern AS (SELECT * FROM events WHERE event_type = 'WPStatusChanged' LIMIT 1),
             fresh(id) AS (SELECT printf('01ZZ%022d', base.n + numbers.n) FROM numbers, base)
         INSERT INTO events (event_id, event_type, project_uuid, body, queued_at)
         SELECT id, event_type, project_uuid, replace(body, event_id, id), queued_at
         FROM fresh, pattern",
        [i64::try_from(events).unwrap()],
    );
    assert_eq!(added.unwrap() as u64, events);
}

fn status(project: &Project) -> Value {
    project.pawtrail.data(&project.repo, &["sync", "status"])
}

fn queued(project: &Project) -> (u64, u64) {
    let data = project.pawtrail.data(&project.repo, &["queue", "list"]);
    (
        data["queued"].as_u64().unwrap(),
        data["set_aside"].as_u64().unwrap(),
    )
}

/// Returns the ids of the transitions that a hub has stored, in the order of their ids.
fn stored(store: &Path) -> Vec<String> {
    let db = rusqlite::Connection::open(store).unwrap();
    let mut statement = db
        .prepare(
            "SELECT event_id FROM events WHERE event_type = 'WPStatusChanged' ORDER BY event_id",
        )
        .unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.map(Result::unwrap).collect()
}

/// Returns the ids of the transitions that are committed.
fn committed(project: &Project) -> Vec<String> {
    let path = format!("{}/status.events.jsonl", project.dir);
    let text = project.repo.read_at(&project.ledger, &path).unwrap();
    let rows = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    let moves = rows.filter(|row| row["to_lane"].is_string());
    let mut ids: Vec<String> = moves
        .map(|row| row["event_id"].as_str().unwrap().to_owned())
        .collect();
    ids.sort();
    ids
}
