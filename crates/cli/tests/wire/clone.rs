//! A clone in Python that was written from the contract is served by our hub, and what it may not do costs it nothing else.

use pawtrail_testkit::{Hub, Pawtrail, Peer, Scratch};
use serde_json::{Value, json};

use crate::BINARY;

const CLONE: &str = include_str!("client.py");
const PROJECT: &str = "f97f4d9b-d2fa-4ce6-a7ee-9bbca7308aab";

/// Lets the clone hold one conversation with a new hub; returns the hub's store as the commits in it.
fn hold(conversation: &str) -> Vec<String> {
    let scratch = Scratch::new();
    let pawtrail = Pawtrail::new(&scratch, BINARY);
    let hub = Hub::start(&scratch, &pawtrail);
    let token = hub.token(&pawtrail, PROJECT);
    let mut clone = Peer::start(&scratch, CLONE, &[hub.url(), conversation]);
    clone.say(&json!({ "token": token, "project": PROJECT }));
    let (status, told) = clone.finish();
    assert_eq!(
        (status, &told[..]),
        (0, &[Value::from("kept")][..]),
        "the hub did otherwise; the clone says above what was due"
    );
    let db = rusqlite::Connection::open(hub.store()).unwrap();
    let mut statement = db
        .prepare("SELECT git_hash FROM commits ORDER BY sequence")
        .unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.map(Result::unwrap).collect()
}

fn numbered(numbers: impl IntoIterator<Item = u64>) -> Vec<String> {
    numbers
        .into_iter()
        .map(|number| format!("{number:040x}"))
        .collect()
}

#[test]
fn whoever_has_no_right_is_refused_before_the_first_frame() {
    assert_eq!(hold("refusals"), Vec::<String>::new());
}

#[test]
fn commits_are_acknowledged_in_order_and_stored_once() {
    let expected = [numbered([1, 2]), vec!["ab".repeat(32)], numbered(100..400)].concat();
    assert_eq!(hold("conversation"), expected);
}

#[test]
fn malformed_oversized_and_unknown_frames_cost_nothing_else() {
    assert_eq!(hold("oddities"), numbered([12]));
}

#[test]
fn signs_of_life_go_both_ways() {
    assert_eq!(hold("pings"), numbered([20]));
}

#[test]
fn the_largest_frame_is_taken_and_a_flood_ends_its_own_line_alone() {
    assert_eq!(hold("largest"), numbered([30, 31]));
}
