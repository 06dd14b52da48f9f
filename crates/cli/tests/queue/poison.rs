//! Poisoned events among good ones, through the real uploader to a real hub process.

use std::collections::BTreeMap;

use pawtrail_testkit::{Hub, text};
use serde_json::Value;

use crate::{database, multiply, project, queued, start_work};

/// How many events wait: the full number.
const EVENTS: u64 = 10_000;

/// What is wrong with every tenth, in turn; the hub finds it, because each was put behind the clone's own check.
fn poisoned(at: u64, event: &mut Value) {
    if !at.is_multiple_of(10) {
        return;
    }
    match at / 10 % 4 {
        0 => event["payload"]["wp_id"] = Value::Null,
        1 => event["payload"]["to_lane"] = "nowhere".into(),
        2 => event["payload"]["reason"] = "see /home/somebody/notes".into(),
        _ => event["project_uuid"] = "00000000-0000-4000-8000-000000000000".into(),
    }
}

#[test]
fn a_thousand_poisoned_of_ten_thousand_are_set_aside_with_reasons_and_the_rest_is_delivered_once() {
    let (scratch, project) = project();
    start_work(&project, "WP01");
    multiply(&project, EVENTS);
    let db = database(&project);
    db.execute("DELETE FROM events WHERE event_id NOT LIKE '01ZZ%'", [])
        .unwrap();
    poison(&db);
    drop(db);
    let hub = Hub::start(&scratch, &project.pawtrail);
    project.connect(&hub);
    assert_eq!(queued(&project), (EVENTS, 0));
    let now = ["sync", "now", "--timeout", "100"];
    let now = project.pawtrail.data(&project.repo, &now);
    assert_eq!(
        (&now["uploaded"], &now["queued"]),
        (&9_000.into(), &0.into()),
        "{now:#}"
    );
    assert_eq!(queued(&project), (0, 1_000));
    let stored: (i64, i64) = rusqlite::Connection::open(hub.store())
        .unwrap()
        .query_row(
            "SELECT count(*), count(DISTINCT event_id) FROM events",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .unwrap();
    assert_eq!(stored, (9_000, 9_000));
    // Each went over the wire once, the poisoned ones included.
    let log = project.repo.path().join(".git/pawtrail/sync/egress.jsonl");
    assert_eq!(sent(&log), EVENTS);
    let list = ["queue", "list", "--set-aside", "--limit", "2000"];
    let listed = project.pawtrail.data(&project.repo, &list);
    let mut codes: BTreeMap<String, usize> = BTreeMap::new();
    for event in listed["events"].as_array().unwrap() {
        assert!(!text(&event["reason"]).is_empty(), "{event:#}");
        assert_eq!(event["attempts"], 1);
        *codes.entry(text(&event["reason_code"])).or_default() += 1;
    }
    let expected = [
        ("EVENT_INVALID", 500),
        ("PRIVATE_DATA", 250),
        ("PROJECT_MISMATCH", 250),
    ];
    assert_eq!(codes, expected.map(|(code, n)| (code.to_owned(), n)).into());
}

/// Spoils every tenth event that waits.
fn poison(db: &rusqlite::Connection) {
    let bodies: Vec<(i64, String)> = db
        .prepare("SELECT sequence, body FROM events ORDER BY sequence")
        .unwrap()
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    db.execute_batch("BEGIN").unwrap();
    for (at, (sequence, body)) in (0..).zip(bodies) {
        let mut event: Value = serde_json::from_str(&body).unwrap();
        poisoned(at, &mut event);
        db.execute(
            "UPDATE events SET body = ?2 WHERE sequence = ?1",
            rusqlite::params![sequence, event.to_string()],
        )
        .unwrap();
    }
    db.execute_batch("COMMIT").unwrap();
}

/// How many events left, as the egress log says.
fn sent(log: &std::path::Path) -> u64 {
    let text = std::fs::read_to_string(log).unwrap();
    let entries = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    entries.filter_map(|entry| entry["events"].as_u64()).sum()
}
