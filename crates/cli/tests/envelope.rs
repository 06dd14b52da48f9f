//! What stands in the one JSON document, and what the exit code says, where the answer is a "no", the reader is gone, or a
//! write has to wait.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail like tests"
)]

use std::io::Write as _;
use std::process::Stdio;

use pawtrail_testkit::{Hub, Pawtrail, Project, Scratch, eventually, text};
use serde_json::{Value, json};

const BINARY: &str = env!("CARGO_BIN_EXE_pawtrail");

/// Runs a command that answers "no", and returns its document.
#[track_caller]
fn says_no(project: &Project, args: &[&str], code: &str) -> Value {
    let (status, document) = project.pawtrail.json_in(project.repo.path(), args);
    let said = (status, document["error"]["code"].as_str());
    assert_eq!(said, (1, Some(code)), "{args:?}: {document:#}");
    assert_eq!(
        document["data"], document["error"]["details"],
        "{document:#}"
    );
    document
}

fn spoil(project: &Project, path: &str, line: &str) {
    let path = project.repo.path().join(path);
    let mut file = std::fs::OpenOptions::new()
        .append(true)
        .create(true)
        .open(path)
        .unwrap();
    writeln!(file, "{line}").unwrap();
}

#[test]
fn a_no_holds_what_was_found_as_a_yes_does() {
    let scratch = Scratch::new();
    let project = Project::on_work(&scratch, BINARY);
    let dir = &project.dir;
    project
        .pawtrail
        .data(&project.repo, &["wp", "move", "WP01", "planned"]);
    spoil(&project, &format!("{dir}/status.json"), "");
    for args in [
        &["status", "fold", "--check"][..],
        &["status", "fold", "--check", "--all"],
    ] {
        let document = says_no(&project, args, "STATUS_DIFFERS");
        assert_eq!(document["data"]["equal"], false);
        let people = project.pawtrail.run(&project.repo, args).expect_status(1);
        assert!(people.stdout.contains("it differs"), "{people}");
    }
    let log = format!("{dir}/status.events.jsonl");
    spoil(
        &project,
        &log,
        r#"{"event_id":"01KT11A2B3C4D5E6F7G8H9JKMN","hostname":"x"}"#,
    );
    let document = says_no(&project, &["audit"], "PRIVATE_DATA_FOUND");
    let found = &document["data"]["findings"][0];
    assert_eq!(found["path"], json!(log));
    assert_eq!(found["rule"], "private-field");
    assert!(found["line"].is_u64() && found["commit"].is_null());
    spoil(
        &project,
        &format!("{dir}/decisions.events.jsonl"),
        "no event",
    );
    let document = says_no(&project, &["doctor"], "UNHEALTHY");
    assert!(document["data"]["checks"].is_array());
}

#[test]
fn what_waits_for_its_commit_comes_with_its_receipt() {
    let scratch = Scratch::new();
    let project = Project::on_work(&scratch, BINARY);
    let id = project.request("Which?");
    project.repo.commit_file("a", "1", "One");
    project.repo.commit_file("a", "2", "Two");
    let editor = "core.editor=sed -i.before s/^pick/edit/";
    project
        .repo
        .git(&["-c", editor, "rebase", "-q", "-i", "HEAD~1"]);
    let answer = ["decision", "answer", &id, "yes"];
    let (status, document) = project.pawtrail.json_in(project.repo.path(), &answer);
    assert_eq!(status, 3, "{document:#}");
    assert_eq!(document["error"]["code"], "NOT_COMMITTED_YET");
    assert_eq!(
        document["receipt"], document["error"]["details"]["receipt"],
        "{document:#}"
    );
    assert_eq!(document["receipt"]["committed"], false);
    assert!(document["receipt"]["event_id"].is_string());
    let document = says_no(&project, &["verify"], "ANSWERS_MISSING");
    assert_eq!(document["data"]["missing"][0]["decision_id"], json!(id));
}

#[test]
fn the_exit_code_is_the_same_when_nobody_reads() {
    let scratch = Scratch::new();
    let project = Project::on_work(&scratch, BINARY);
    let id = project.request("Which?");
    project.answer(&id, "yes");
    let lines: [(&[&str], i32); 3] = [
        (&["--json", "decision", "answer", &id, "no"], 5),
        (&["--json", "decision"], 2),
        (&["--json", "decision", "answer", &id, "yes"], 0),
    ];
    for (args, exit) in lines {
        let mut child = project
            .pawtrail
            .command(project.repo.path(), args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        assert_eq!(child.wait().unwrap().code(), Some(exit), "{args:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn an_output_that_is_full_is_told_and_hides_no_refusal() {
    let scratch = Scratch::new();
    let project = Project::on_work(&scratch, BINARY);
    let id = project.request("Which?");
    for (answer, exit, told) in [("yes", 1, "the command itself is done"), ("no", 5, "")] {
        let full = std::fs::OpenOptions::new()
            .write(true)
            .open("/dev/full")
            .unwrap();
        let args = ["--json", "decision", "answer", &id, answer];
        let output = project
            .pawtrail
            .command(project.repo.path(), &args)
            .stdout(full)
            .output()
            .unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(exit), "{said}");
        assert!(said.starts_with("error: can't write standard output"));
        assert!(said.contains(told), "{said}");
    }
    let shown = project
        .pawtrail
        .data(&project.repo, &["decision", "show", &id]);
    assert_eq!(shown["answer"], "yes");
}

#[test]
fn one_decision_and_one_event_are_read_as_in_their_lists() {
    let scratch = Scratch::new();
    let project = Project::on_work(&scratch, BINARY);
    let data = |args: &[&str]| project.pawtrail.data(&project.repo, args);
    let id = project.request("Which?");
    project.answer(&id, "yes");
    let listed = data(&["decision", "list"]);
    let shown = data(&["decision", "show", &id]);
    assert_eq!(shown["decisions"], listed["decisions"]);
    assert_eq!(shown["decision_id"], json!(id));
    let events = data(&["queue", "list"])["events"].clone();
    let id = text(&events[0]["event_id"]);
    for verb in ["show", "retry", "drop"] {
        let one = data(&["queue", verb, &id]);
        assert_eq!(one["events"], json!([events[0]]), "{verb}: {one:#}");
    }
}

#[test]
fn quiet_keeps_the_content_of_files_and_no_warning() {
    let scratch = Scratch::new();
    let project = Project::on_work(&scratch, BINARY);
    let dir = &project.dir;
    let run = |args: &[&str]| project.pawtrail.run(&project.repo, args).expect_status(0);
    let loud = run(&["status", "fold"]);
    assert_eq!(run(&["-q", "status", "fold"]).stdout, loud.stdout);
    assert!(!run(&["-q", "completions", "bash"]).stdout.is_empty());
    spoil(
        &project,
        &format!("{dir}/decisions.events.jsonl"),
        "no event",
    );
    let loud = run(&["decision", "list"]);
    assert!(loud.stderr.starts_with("warning: "), "{loud}");
    let quiet = run(&["-q", "decision", "list"]);
    assert_eq!((quiet.stdout.as_str(), quiet.stderr.as_str()), ("", ""));
    let document = project.pawtrail.json(&project.repo, &["decision", "list"]);
    assert_eq!(document["warnings"].as_array().map(Vec::len), Some(1));
}

#[test]
fn a_receipt_names_its_file_from_the_root_of_a_bare_repository() {
    let scratch = Scratch::new();
    let pawtrail = Pawtrail::new(&scratch, BINARY);
    let bare = scratch.bare("bare.git");
    let repo = scratch.repo("project");
    repo.git(&["push", "-q", &bare.path().to_string_lossy(), "main"]);
    pawtrail.data(&bare, &["mission", "create", "payments"]);
    let args = ["glossary", "observe", "--term", "refund"];
    let document = pawtrail.json(&bare, &args);
    let path = text(&document["receipt"]["path"]);
    assert!(path.starts_with("pawtrail/events/glossary/"), "{path}");
    assert!(bare.path().join(&path).is_file(), "{path}");
}

#[test]
fn sync_now_says_what_sync_status_says_and_that_a_hub_refuses() {
    let scratch = Scratch::new();
    let project = Project::on_work(&scratch, BINARY);
    project.decide("Which?");
    let hub = Hub::start(&scratch, &project.pawtrail);
    project.connect(&hub);
    let done = project.pawtrail.data(&project.repo, &["sync", "now"]);
    let status = project.pawtrail.data(&project.repo, &["sync", "status"]);
    for key in ["pending", "queued", "set_aside", "oldest_age_s", "egress"] {
        assert_eq!(done[key], status[key], "{key}: {done:#} {status:#}");
    }
    assert_eq!(done["connection"], "live");
    // Nothing waits, and still the wrong token is worth knowing at once.
    let wrong = format!("pwt_{}", "0".repeat(64));
    let enable = ["sync", "enable", hub.url(), "--token", &wrong];
    project.pawtrail.data(&project.repo, &enable);
    eventually(
        "the hub refuses",
        std::time::Duration::from_secs(30),
        || {
            let (status, document) = project
                .pawtrail
                .json_in(project.repo.path(), &["sync", "now"]);
            let code = document["error"]["code"].as_str();
            status == 1 && matches!(code, Some("HUB_REFUSES" | "STILL_PENDING"))
        },
    );
    project.pawtrail.data(&project.repo, &["sync", "disable"]);
}

#[test]
fn a_hub_listens_on_localhost_by_name() {
    let scratch = Scratch::new();
    let pawtrail = Pawtrail::new(&scratch, BINARY);
    let hub = Hub::start_at(&pawtrail, scratch.path(), "localhost:0");
    assert!(hub.url().starts_with("http://127.0.0.1:"), "{}", hub.url());
}

#[test]
fn a_wrapper_may_ask_for_json_again() {
    let scratch = Scratch::new();
    let project = Project::on_work(&scratch, BINARY);
    for args in [
        &["--json", "mission", "list", "--json"][..],
        &["mission", "list", "--json", "--json"],
        &["decision", "list", "--json", "--json"],
        &["-q", "-q", "mission", "list", "--json"],
    ] {
        let (status, document) = project.pawtrail.json_in(project.repo.path(), args);
        assert_eq!(status, 0, "{args:?}: {document:#}");
    }
}
