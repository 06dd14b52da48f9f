//! The queue through the real program: filled by commands, shown, uploaded to a real hub, and to one that refuses.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail like tests"
)]

mod board;
mod commands;
mod kills;
mod refusals;
mod scripted;

use std::path::Path;

use pawtrail_testkit::{Project, Scratch};
use serde_json::Value;

const BINARY: &str = env!("CARGO_BIN_EXE_pawtrail");

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
