//! FR-001 to FR-005 and scenario 1, through the real binary and real git.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail like tests"
)]

use std::collections::HashSet;
use std::time::Duration;

use pawtrail_testkit::{Pawtrail, Repo, Scratch};
use serde_json::Value;

/// A project with one mission, `main` checked out.
struct Project {
    repo: Repo,
    pawtrail: Pawtrail,
    ledger: String,
    path: String,
}

impl Project {
    fn new(scratch: &Scratch) -> Self {
        let repo = scratch.repo("project");
        let pawtrail = Pawtrail::new(scratch, env!("CARGO_BIN_EXE_pawtrail"));
        pawtrail.data(&repo, &["init"]);
        repo.git(&["add", "-A"]);
        repo.git(&["commit", "-q", "-m", "Add the project's identity"]);
        let made = pawtrail.data(&repo, &["mission", "create", "payments"]);
        Self {
            repo,
            pawtrail,
            ledger: text(&made["ledger_ref"]),
            path: format!("{}/decisions.events.jsonl", text(&made["dir"])),
        }
    }

    fn request(&self, question: &str) -> String {
        let ask = ["decision", "request", "--question", question];
        text(&self.pawtrail.data(&self.repo, &ask)["decision_id"])
    }

    /// Runs a write and returns its receipt.
    fn receipt(&self, args: &[&str]) -> Value {
        let (status, mut document) = self.pawtrail.json_in(self.repo.path(), args);
        assert_eq!(status, 0, "{args:?}: {document:#}");
        document["receipt"].take()
    }

    /// The rows of the mission's file in git.
    fn rows(&self) -> Vec<Value> {
        let file = self.repo.read_at(&self.ledger, &self.path);
        rows(&file.unwrap_or_default())
    }

    /// Everything that must stay as it was in the checkout.
    fn checkout(&self) -> [String; 4] {
        let head = self.repo.rev("HEAD").unwrap();
        let (index, stash) = (self.repo.index_entries(), self.repo.stash_list());
        [self.repo.status_v2(), index, stash, head]
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// Reads lines that must all be whole.
fn rows(file: &str) -> Vec<Value> {
    assert!(
        file.is_empty() || file.ends_with('\n'),
        "a torn line: {file}"
    );
    file.lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect()
}

#[test]
fn fr_001_a_request_is_recorded_at_once_and_not_committed() {
    let scratch = Scratch::new();
    let project = Project::new(&scratch);
    let worktree = project
        .repo
        .worktree("agent", project.ledger.trim_start_matches("refs/heads/"));
    let before = project.repo.rev(&project.ledger);
    let receipt = project.receipt(&[
        "decision",
        "request",
        "--question",
        "Which?",
        "--option",
        "a",
    ]);
    assert_eq!(receipt["committed"], false);
    assert_eq!(receipt["commit"], Value::Null);
    assert_eq!(project.repo.rev(&project.ledger), before);
    // Where the ledger branch is checked out, the file has the line already.
    let file = rows(&worktree.read(&project.path).unwrap());
    assert_eq!(file.len(), 1);
    assert_eq!(file[0]["event_type"], "DecisionInputRequested");
    assert_eq!(file[0]["event_id"], receipt["event_id"]);
    assert_eq!(file[0]["payload"]["question"], "Which?");
    let listed = project
        .pawtrail
        .data(&project.repo, &["decision", "list", "--open"]);
    assert_eq!(listed["decisions"].as_array().unwrap().len(), 1);
}

#[test]
fn fr_002_and_fr_004_an_answer_is_committed_with_its_request_before_the_command_returns() {
    let scratch = Scratch::new();
    let project = Project::new(&scratch);
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
    let project = Project::new(&scratch);
    let id = project.request("Which database?");
    project.receipt(&["decision", "answer", &id, "sqlite"]);
    let state = project.repo.common_dir().join("pawtrail");
    let mut files = vec![state, project.repo.path().join(".kittify")];
    while let Some(path) = files.pop() {
        if path.is_dir() {
            files.extend(
                std::fs::read_dir(path)
                    .unwrap()
                    .map(|entry| entry.unwrap().path()),
            );
        } else {
            let bytes = std::fs::read(&path).unwrap();
            assert!(!bytes.starts_with(b"SQLite format"), "{}", path.display());
        }
    }
}

#[test]
fn fr_005_the_file_grows_by_whole_sorted_compact_lines_and_nothing_before_changes() {
    let scratch = Scratch::new();
    let project = Project::new(&scratch);
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
    }
}

#[test]
fn the_same_answer_again_is_one_and_another_is_refused_with_the_first() {
    let scratch = Scratch::new();
    let project = Project::new(&scratch);
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
    let project = Project::new(&scratch);
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
fn an_answer_that_was_reported_survives_a_kill_at_any_moment() {
    // 200 runs in all; short logs keep each of them quick.
    for round in 0..8 {
        killed_at_any_moment(round);
    }
}

fn killed_at_any_moment(round: u64) {
    const RUNS: u64 = 25;
    let scratch = Scratch::new();
    let project = Project::new(&scratch);
    // The quickest of three: other tests run beside this one.
    let whole = (0..3)
        .map(|at| {
            let id = project.request(&format!("Probe {at}?"));
            let line = ["--json", "decision", "answer", &id, "yes"];
            let output = project.pawtrail.run(&project.repo, &line);
            output.expect_status(0).took
        })
        .min()
        .unwrap();
    // Moments spread evenly over two and a half times a whole command, in scattered order.
    let moment =
        |at: u64| whole.mul_f64(2.5 * ((at * 8 + round) % (RUNS * 8)) as f64 / (RUNS * 8) as f64);
    let mut reported = HashSet::new();
    let mut ids = Vec::new();
    for at in 0..RUNS {
        let id = project.request(&format!("Question {at}?"));
        let line = ["--json", "decision", "answer", &id, "yes"];
        let running = project.pawtrail.spawn(&project.repo, &line);
        std::thread::sleep(moment(at));
        let output = running.kill();
        if output.stdout.ends_with('\n') {
            assert_eq!(output.json()["receipt"]["committed"], true, "{output}");
            reported.insert(id.clone());
        }
        ids.push(id);
    }
    assert!(!reported.is_empty(), "no run came to its end");
    assert!(reported.len() < ids.len(), "no run was killed");
    let answered = |rows: &[Value]| -> HashSet<String> {
        rows.iter()
            .filter(|row| row["event_type"] == "DecisionInputAnswered")
            .map(|row| text(&row["payload"]["decision_id"]))
            .collect()
    };
    let lost: Vec<_> = reported
        .difference(&answered(&project.rows()))
        .cloned()
        .collect();
    assert_eq!(lost, Vec::<String>::new(), "reported and not in git");
    // The next command leaves no torn line anywhere, and can answer what was interrupted.
    for id in &ids {
        project.receipt(&["decision", "answer", id, "yes"]);
    }
    assert_eq!(answered(&project.rows()).len() as u64, RUNS + 3);
    let listed = project.pawtrail.json(&project.repo, &["decision", "list"]);
    assert_eq!(listed["warnings"], Value::Null, "damaged lines");
    project.repo.fsck();
}

#[test]
fn eight_processes_answer_25_decisions_each_from_four_worktrees() {
    let scratch = Scratch::new();
    let project = Project::new(&scratch);
    let branch = project.ledger.trim_start_matches("refs/heads/");
    let places = [
        project.repo.clone(),
        project.repo.worktree("ledger", branch),
        project.repo.worktree("topic-a", "topic-a"),
        project.repo.worktree("topic-b", "topic-b"),
    ];
    let before = project.checkout();
    std::thread::scope(|scope| {
        for worker in 0..8 {
            let (place, pawtrail) = (&places[worker % 4], &project.pawtrail);
            scope.spawn(move || {
                for at in 0..25 {
                    let question = format!("Worker {worker}, question {at}?");
                    let ask = [
                        "decision",
                        "request",
                        "--mission",
                        "payments",
                        "--question",
                        &question,
                    ];
                    let id = text(&pawtrail.data(place, &ask)["decision_id"]);
                    pawtrail.data(
                        place,
                        &["decision", "answer", &id, "yes", "--mission", "payments"],
                    );
                }
            });
        }
    });
    let rows = project.rows();
    let ids: HashSet<String> = rows.iter().map(|row| text(&row["event_id"])).collect();
    assert_eq!((rows.len(), ids.len()), (400, 400));
    assert_eq!(project.checkout(), before);
    assert_eq!(places[1].status_v2(), "");
    project.repo.fsck();
}

#[test]
fn a_lock_that_another_process_holds_ends_the_wait_of_nobody_else() {
    let scratch = Scratch::new();
    let project = Project::new(&scratch);
    let id = project.request("Which?");
    // A foreign lock of the index concerns the user's git, not a branch that is checked out nowhere.
    std::fs::write(project.repo.common_dir().join("index.lock"), "").unwrap();
    let line = ["--json", "decision", "answer", &id, "yes"];
    let output = project.pawtrail.run(&project.repo, &line).expect_status(0);
    assert!(output.took < Duration::from_secs(10), "{output}");
    std::fs::remove_file(project.repo.common_dir().join("index.lock")).unwrap();
}
