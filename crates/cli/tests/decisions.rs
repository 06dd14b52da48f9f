//! FR-001 to FR-005 and scenario 1, through the real binary and real git.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail like tests"
)]

use pawtrail_testkit::{Project, Scratch, rows, text};
use serde_json::Value;

const BINARY: &str = env!("CARGO_BIN_EXE_pawtrail");

#[test]
fn fr_001_a_request_is_recorded_at_once_and_not_committed() {
    let scratch = Scratch::new();
    let project = Project::new(&scratch, BINARY);
    let worktree = project
        .repo
        .worktree("agent", project.ledger.trim_start_matches("refs/heads/"));
    let before = project.repo.rev(&project.ledger);
    let ask = [
        "decision",
        "request",
        "--question",
        "Which?",
        "--option",
        "a",
    ];
    let receipt = project.receipt(&ask);
    assert_eq!(receipt["committed"], false);
    assert_eq!(receipt["commit"], Value::Null);
    assert_eq!(project.repo.rev(&project.ledger), before);
    // Where the ledger branch is checked out, the file has the line already.
    let file = rows(&worktree.read(&project.path).unwrap());
    assert_eq!(file.len(), 1);
    assert_eq!(file[0]["event_type"], "DecisionInputRequested");
    assert_eq!(file[0]["event_id"], receipt["event_id"]);
    assert_eq!(file[0]["payload"]["question"], "Which?");
    // The spool has it in any case.
    let spool = format!(
        "pawtrail/spool/{}/decisions.events.jsonl",
        project.mission_id
    );
    let spool = std::fs::read_to_string(project.repo.common_dir().join(spool)).unwrap();
    assert_eq!(rows(&spool), file);
    let listed = project
        .pawtrail
        .data(&project.repo, &["decision", "list", "--open"]);
    assert_eq!(listed["decisions"].as_array().unwrap().len(), 1);
}

#[test]
fn fr_002_and_fr_004_an_answer_is_committed_with_its_request_before_the_command_returns() {
    let scratch = Scratch::new();
    let project = Project::new(&scratch, BINARY);
    let id = project.request("Which database?");
    project.repo.write("README.md", "# Dirty\n");
    project.repo.write("staged.txt", "staged\n");
    project.repo.git(&["add", "staged.txt"]);
    project.repo.write("loose.txt", "untracked\n");
    let before = project.checkout();
    let tip = project.repo.rev(&project.ledger);
    let receipt = project.receipt(&["decision", "answer", &id, "sqlite"]);
    assert_eq!(receipt["committed"], true);
    let after = project.repo.rev(&project.ledger);
    assert_eq!(receipt["commit"].as_str(), after.as_deref());
    assert_eq!(
        project.repo.rev(&format!("{}^", project.ledger)),
        tip,
        "one commit a decision"
    );
    let types: Vec<String> = project
        .rows()
        .iter()
        .map(|row| text(&row["event_type"]))
        .collect();
    assert_eq!(types, ["DecisionInputRequested", "DecisionInputAnswered"]);
    assert_eq!(project.rows()[1]["event_id"], receipt["event_id"]);
    assert_eq!(project.checkout(), before);
    project.repo.fsck();
}

#[test]
fn fr_003_a_decision_is_in_no_queue() {
    let scratch = Scratch::new();
    let project = Project::new(&scratch, BINARY);
    // What the project and its mission told is there; decisions open it not even to look.
    let before = databases(&project);
    let id = project.request("Which database?");
    project.receipt(&["decision", "answer", &id, "sqlite"]);
    assert_eq!(databases(&project), before);
    for (path, bytes) in before {
        let found = bytes.windows(13).any(|window| window == b"DecisionInput");
        assert!(!found, "{path}");
    }
}

/// Every database of a clone, and what is in it.
fn databases(project: &Project) -> Vec<(String, Vec<u8>)> {
    let state = project.repo.common_dir().join("pawtrail");
    let mut files = vec![state, project.repo.path().join(".kittify")];
    let mut found = Vec::new();
    while let Some(path) = files.pop() {
        if path.is_dir() {
            files.extend(
                std::fs::read_dir(path)
                    .unwrap()
                    .map(|entry| entry.unwrap().path()),
            );
        } else {
            let bytes = std::fs::read(&path).unwrap();
            let name = path.display().to_string();
            if bytes.starts_with(b"SQLite format") || name.contains(".sqlite") {
                found.push((name, bytes));
            }
        }
    }
    found.sort();
    found
}

#[test]
fn fr_005_the_file_grows_by_whole_sorted_compact_lines_and_nothing_before_changes() {
    let scratch = Scratch::new();
    let project = Project::new(&scratch, BINARY);
    let mut before = String::new();
    for at in 0..4 {
        let id = project.request(&format!("Question {at}, with \"quotes\" and ü?"));
        project.receipt(&["decision", "answer", &id, "yes"]);
        let now = project
            .repo
            .read_at(&project.ledger, &project.path)
            .unwrap();
        assert!(now.starts_with(&before) && now.len() > before.len());
        before = now;
    }
    for line in before.lines() {
        let value: Value = serde_json::from_str(line).unwrap();
        // `Value` keeps its keys sorted; the writer escapes what isn't ASCII.
        assert_eq!(line.replace("\\u00fc", "ü"), value.to_string());
        let keys: Vec<&String> = value.as_object().unwrap().keys().collect();
        let wanted = [
            "at",
            "build_id",
            "event_id",
            "event_type",
            "mission_id",
            "payload",
        ];
        assert_eq!(keys, wanted);
        assert_eq!(value["mission_id"], project.mission_id.as_str());
        for id in ["build_id", "event_id", "mission_id"] {
            assert_eq!(text(&value[id]).len(), 26, "{id} is no ULID: {line}");
        }
        assert!(text(&value["at"]).ends_with("+00:00"), "not UTC: {line}");
    }
}

#[test]
fn the_same_answer_again_is_one_and_another_is_refused_with_the_first() {
    let scratch = Scratch::new();
    let project = Project::new(&scratch, BINARY);
    let id = project.request("Which database?");
    let first = project.receipt(&["decision", "answer", &id, "sqlite"]);
    let again = project.receipt(&["decision", "answer", &id, "sqlite"]);
    for field in ["event_id", "commit", "committed", "ref", "path"] {
        assert_eq!(first[field], again[field], "{field}");
    }
    let line = ["decision", "answer", &id, "postgres"];
    let (status, document) = project.pawtrail.json_in(project.repo.path(), &line);
    assert_eq!(status, 5);
    assert_eq!(document["error"]["details"]["answer"], "sqlite");
    assert_eq!(project.rows().len(), 2);
}

#[test]
fn scenario_1_git_alone_knows_every_question_and_answer() {
    let scratch = Scratch::new();
    let project = Project::new(&scratch, BINARY);
    for (question, answer) in [("One?", "a"), ("Two?", "b"), ("Three?", "c")] {
        let id = project.request(question);
        project.receipt(&["decision", "answer", &id, answer]);
    }
    std::fs::remove_dir_all(project.repo.common_dir().join("pawtrail")).unwrap();
    std::fs::remove_dir_all(project.repo.path().join(".kittify")).unwrap();
    let log = project.pawtrail.data(&project.repo, &["decision", "log"]);
    let known: Vec<(String, String)> = log["decisions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (text(&one["question"]), text(&one["answer"])))
        .collect();
    let wanted = [("One?", "a"), ("Two?", "b"), ("Three?", "c")];
    assert_eq!(known, wanted.map(|(q, a)| (q.to_owned(), a.to_owned())));
}

#[test]
fn a_lock_that_another_process_holds_ends_the_wait_of_nobody_else() {
    let scratch = Scratch::new();
    let project = Project::new(&scratch, BINARY);
    let id = project.request("Which?");
    // A foreign lock of the index concerns the user's git, not a branch that is checked out nowhere.
    std::fs::write(project.repo.common_dir().join("index.lock"), "").unwrap();
    let receipt = project.receipt(&["decision", "answer", &id, "yes"]);
    // What waits for a lock in vain is recorded, and not committed.
    assert_eq!(receipt["committed"], true, "{receipt:#}");
    std::fs::remove_file(project.repo.common_dir().join("index.lock")).unwrap();
}

/// Another tool wrote them into the primary checkout, whose branch is not the ledger branch.
#[test]
fn fr_004_rows_that_a_file_alone_holds_are_committed_with_the_answer() {
    let scratch = Scratch::new();
    let project = Project::new(&scratch, BINARY);
    let row = |number: u8, kind: &str, payload: Value| {
        let row = serde_json::json!({
            "at": format!("2026-01-01T00:00:0{number}+00:00"),
            "event_id": format!("01KT11A2B3C4D5E6F7G8H9JKM{number}"),
            "event_type": kind,
            "mission_id": project.mission_id,
            "payload": payload,
        });
        format!("{row}\n")
    };
    let actor = serde_json::json!({
        "actor_id": "lead", "actor_type": "human", "display_name": "", "model": null, "provider": null, "tool": null,
    });
    let asked = |number: u8, id: &str| {
        let payload = serde_json::json!({
            "actor": actor, "decision_id": id, "input_key": null, "options": [], "question": "Which?",
            "run_id": "r", "step_id": "s",
        });
        row(number, "DecisionInputRequested", payload)
    };
    let answered = serde_json::json!({
        "actor": actor, "answer": "yes", "decision_id": "input:b", "run_id": "r",
    });
    let lines = [
        asked(1, "input:a"),
        asked(2, "input:b"),
        row(3, "DecisionInputAnswered", answered),
        asked(4, "input:c"),
    ];
    project.repo.write(&project.path, lines.concat());
    let answer = |id: &str, exit: i32| {
        let args = ["decision", "answer", id, "yes"];
        let (status, document) = project.pawtrail.json_in(project.repo.path(), &args);
        assert_eq!(status, exit, "{document:#}");
        document
    };
    let committed = |document: &Value| {
        let commit = text(&document["receipt"]["commit"]);
        project.repo.read_at(&commit, &project.path).unwrap()
    };
    // The question, and nothing about others.
    let first = committed(&answer("input:a", 0));
    assert_eq!(first.lines().next(), lines[0].lines().next());
    assert_eq!(first.lines().count(), 2, "{first}");
    // The same answer as in the file is not in a commit because somebody gave it.
    let given = answer("input:b", 0);
    assert_eq!(given["receipt"]["event_id"], "01KT11A2B3C4D5E6F7G8H9JKM3");
    let second = committed(&given);
    assert!(second.ends_with(&lines[1..3].concat()), "{second}");
    assert_eq!(second.lines().count(), 4, "{second}");
    assert_eq!(answer("input:b", 0)["receipt"], given["receipt"]);
    project.pawtrail.data(&project.repo, &["verify"]);
    assert_eq!(project.repo.read(&project.path), Some(lines.concat()));
}
