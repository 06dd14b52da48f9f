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

/// The manual is for people who decide what they let an agent do: it names each tool where it belongs, and all that is left out.
#[test]
fn the_manual_names_each_tool_where_it_belongs() {
    const MANUAL: &str = include_str!("../../../../docs/mcp.md");
    let scratch = Scratch::new();
    let pawtrail = Pawtrail::new(&scratch, BINARY);
    let (_, document) = pawtrail.json_in(scratch.path(), &["mcp", "--list"]);
    let row = |mark: &str| {
        let row = MANUAL.lines().find(|line| line.starts_with(mark)).unwrap();
        let (_, names) = row.trim_end_matches('|').rsplit_once('|').unwrap();
        let names = names.split('`').skip(1).step_by(2);
        names.map(str::to_owned).collect::<Vec<_>>()
    };
    let rows = ["| that only read", "| that write", "| that contact"].map(row);
    let mut expected = [Vec::new(), Vec::new(), Vec::new()];
    for tool in document["data"]["tools"].as_array().unwrap() {
        let hints = &tool["annotations"];
        let at = match (
            hints["readOnlyHint"] == true,
            hints["openWorldHint"] == true,
        ) {
            (true, _) => 0,
            (false, false) => 1,
            (false, true) => 2,
        };
        expected[at].push(text(&tool["name"]));
    }
    assert_eq!(rows, expected);
    for left in document["data"]["left_out"].as_array().unwrap() {
        let command = text(&left["command"]);
        assert!(MANUAL.contains(&format!("`{command}`")), "{command}");
    }
}
