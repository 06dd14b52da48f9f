//! `mcp --list`: what is served, for people and programs.

use pawtrail_testkit::{Pawtrail, Scratch, text};
use serde_json::json;

use crate::support::{Agent, BINARY};

#[test]
fn what_is_listed_is_what_is_served() {
    let scratch = Scratch::new();
    let pawtrail = Pawtrail::new(&scratch, BINARY);
    let (status, document) = pawtrail.json_in(scratch.path(), &["mcp", "--list"]);
    assert_eq!(status, 0);
    let served = Agent::ready(&pawtrail, scratch.path()).tools();
    assert_eq!(document["data"]["tools"], json!(served));
    let human = pawtrail.run_in(scratch.path(), &["mcp", "--list"]);
    let human = human.expect_status(0).stdout;
    for tool in &served {
        assert!(human.contains(&text(&tool["name"])), "{human}");
    }
    for left in document["data"]["left_out"].as_array().unwrap() {
        assert!(human.contains(&text(&left["command"])), "{human}");
        assert!(human.contains(&text(&left["reason"])), "{human}");
    }
}

#[test]
fn what_only_reads_says_so_and_only_what_sends_reaches_out() {
    let scratch = Scratch::new();
    let pawtrail = Pawtrail::new(&scratch, BINARY);
    let tools = Agent::ready(&pawtrail, scratch.path()).tools();
    let with = |hint: &str| -> Vec<String> {
        let has = tools
            .iter()
            .filter(|tool| tool["annotations"][hint] == true);
        has.map(|tool| text(&tool["name"])).collect()
    };
    assert_eq!(with("openWorldHint"), ["sync_now"]);
    assert_eq!(with("destructiveHint"), Vec::<String>::new());
    let reads = with("readOnlyHint");
    for name in [
        "where",
        "next",
        "decision_list",
        "verify",
        "doctor",
        "board",
    ] {
        assert!(reads.contains(&name.to_owned()), "{name}");
    }
    for name in [
        "decision_answer",
        "next_report",
        "doctor_fix",
        "wp_move",
        "sync_now",
    ] {
        assert!(!reads.contains(&name.to_owned()), "{name}");
    }
}

#[test]
fn json_is_asked_for_with_the_list_alone() {
    let scratch = Scratch::new();
    let pawtrail = Pawtrail::new(&scratch, BINARY);
    let (status, document) = pawtrail.json_in(scratch.path(), &["mcp"]);
    assert_eq!(status, 2);
    assert_eq!(document["error"]["code"], "INVALID_ARGUMENT");
    assert_eq!(document["error"]["next_step"], "pawtrail mcp --list --json");
}
