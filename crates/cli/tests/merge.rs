//! Branches that both appended events are merged and rebased by git itself, with the real binary as its driver.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail like tests"
)]

use std::path::Path;
use std::process::Output;

use pawtrail_testkit::{Pawtrail, Repo, Scratch};
use serde_json::Value;

const FILE: &str = "decisions.events.jsonl";

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// Runs git with the binary where git finds its drivers.
fn git_with(repo: &Repo, binary: &Path, args: &[&str]) -> Output {
    let mut dirs = vec![binary.parent().unwrap().to_owned()];
    let machine = std::env::var_os("PATH").unwrap_or_default();
    dirs.extend(std::env::split_paths(&machine));
    repo.env()
        .command("git")
        .env("PATH", std::env::join_paths(dirs).unwrap())
        .env("GIT_EDITOR", "true")
        .current_dir(repo.path())
        .args(args)
        .output()
        .unwrap()
}

fn said(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// A repository with a mission on the branch `feature`, and each branch's own answers in it.
struct Fork {
    repo: Repo,
    pawtrail: Pawtrail,
    path: String,
    answered: Vec<String>,
}

impl Fork {
    /// Two branches from one commit, `feature` and `other`, with answers on both.
    fn new(scratch: &Scratch) -> Self {
        let repo = scratch.repo("project");
        let pawtrail = Pawtrail::new(scratch, env!("CARGO_BIN_EXE_pawtrail"));
        repo.git(&["switch", "-q", "-c", "feature"]);
        pawtrail.data(&repo, &["init"]);
        repo.git(&["add", "-A"]);
        repo.git(&["commit", "-q", "-m", "Add the project"]);
        let made = pawtrail.data(&repo, &["mission", "create", "payments"]);
        assert_eq!(made["ledger_ref"], "refs/heads/feature");
        let mut fork = Self {
            path: format!("{}/{FILE}", text(&made["dir"])),
            repo,
            pawtrail,
            answered: Vec::new(),
        };
        fork.answer("Common?");
        // Another clone's branch: the same history, then answers of its own.
        let theirs = scratch.clone_of(&fork.repo, "theirs");
        // A remote's default branch would be protected.
        theirs.git(&["remote", "set-head", "origin", "--delete"]);
        fork.pawtrail.data(&theirs, &["init"]);
        for question in ["Theirs, first?", "Theirs, second?"] {
            fork.answer_in(&theirs, question);
        }
        for question in ["Ours, first?", "Ours, second?", "Ours, third?"] {
            fork.answer(question);
        }
        let from = theirs.path().to_string_lossy().into_owned();
        fork.repo.git(&["fetch", "-q", &from, "feature:other"]);
        fork
    }

    fn answer(&mut self, question: &str) {
        let repo = self.repo.clone();
        self.answer_in(&repo, question);
    }

    fn answer_in(&mut self, repo: &Repo, question: &str) {
        let asked = self
            .pawtrail
            .data(repo, &["decision", "request", "--question", question]);
        let id = text(&asked["decision_id"]);
        self.pawtrail
            .data(repo, &["decision", "answer", &id, question]);
        self.answered.push(id);
    }

    fn git(&self, args: &[&str]) -> Output {
        git_with(&self.repo, self.pawtrail.binary(), args)
    }

    /// Every event of both branches is in the file and in HEAD, once, and every answer can be read.
    fn assert_whole(&self) {
        let file = self.repo.read(&self.path).unwrap();
        assert_eq!(
            self.repo.read_at("HEAD", &self.path).as_deref(),
            Some(&*file)
        );
        let mut ids: Vec<String> = file
            .lines()
            .map(|line| text(&serde_json::from_str::<Value>(line).unwrap()["event_id"]))
            .collect();
        assert_eq!(ids.len(), 2 * self.answered.len(), "{file}");
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), 2 * self.answered.len(), "{file}");
        let listed = self.pawtrail.data(&self.repo, &["decision", "list"]);
        let decisions = listed["decisions"].as_array().unwrap();
        for id in &self.answered {
            let decision = decisions.iter().find(|d| d["decision_id"] == **id).unwrap();
            assert_eq!(decision["status"], "answered");
        }
        self.repo.fsck();
    }
}

#[test]
fn git_merge_of_two_branches_that_appended_keeps_all_events() {
    let scratch = Scratch::new();
    let fork = Fork::new(&scratch);
    let merged = fork.git(&["merge", "--no-edit", "other"]);
    assert!(merged.status.success(), "{}", said(&merged));
    fork.assert_whole();
    assert_eq!(fork.repo.status_v2(), "");
}

#[test]
fn git_rebase_of_two_branches_that_appended_keeps_all_events() {
    let scratch = Scratch::new();
    let fork = Fork::new(&scratch);
    let rebased = fork.git(&["rebase", "other"]);
    assert!(rebased.status.success(), "{}", said(&rebased));
    fork.assert_whole();
    assert_eq!(fork.repo.status_v2(), "");
}

#[test]
fn without_the_driver_git_would_have_stopped() {
    let scratch = Scratch::new();
    let fork = Fork::new(&scratch);
    fork.repo
        .git(&["config", "--unset", "merge.spec-kitty-event-log.driver"]);
    fork.repo
        .git(&["config", "--unset", "merge.spec-kitty-event-log.name"]);
    let merged = fork.git(&["merge", "--no-edit", "other"]);
    assert!(!merged.status.success());
    // `init` sets it up again, and then it works.
    fork.repo.git(&["merge", "--abort"]);
    let again = fork.pawtrail.data(&fork.repo, &["init"]);
    assert_eq!(again["created"], serde_json::json!([".git/config"]));
    let merged = fork.git(&["merge", "--no-edit", "other"]);
    assert!(merged.status.success(), "{}", said(&merged));
    fork.assert_whole();
}

#[test]
fn init_keeps_the_attributes_and_drivers_that_are_there() {
    let scratch = Scratch::new();
    let repo = scratch.repo("project");
    let pawtrail = Pawtrail::new(&scratch, env!("CARGO_BIN_EXE_pawtrail"));
    let rule = "*.bin binary\nkitty-specs/**/status.events.jsonl merge=union";
    repo.write(".gitattributes", rule);
    repo.git(&[
        "config",
        "merge.spec-kitty-event-log.driver",
        "theirs %O %A %B",
    ]);
    let made = pawtrail.data(&repo, &["init"]);
    let created: Vec<&str> = made["created"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| c.as_str().unwrap())
        .collect();
    assert!(
        created.contains(&".gitattributes") && created.contains(&".git/config"),
        "{created:?}"
    );
    assert_eq!(
        repo.read(".gitattributes").unwrap(),
        format!(
            "{rule}\nkitty-specs/**/decisions.events.jsonl merge=spec-kitty-event-log\n\
             kitty-specs/**/status.json merge=pawtrail-event-log\n"
        )
    );
    let driver = |name: &str| {
        let key = format!("merge.{name}.driver");
        repo.git(&["config", "--get", &key]).trim().to_owned()
    };
    assert_eq!(driver("spec-kitty-event-log"), "theirs %O %A %B");
    assert_eq!(
        driver("pawtrail-event-log"),
        "pawtrail merge-events %O %A %B --path=%P"
    );
    assert_eq!(
        pawtrail.data(&repo, &["init"])["created"],
        serde_json::json!([])
    );
}

#[test]
fn an_event_with_two_contents_is_a_conflict_that_git_shows() {
    let scratch = Scratch::new();
    let repo = scratch.repo("project");
    let pawtrail = Pawtrail::new(&scratch, env!("CARGO_BIN_EXE_pawtrail"));
    pawtrail.data(&repo, &["init"]);
    repo.git(&["add", "-A"]);
    repo.git(&["commit", "-q", "-m", "Add the project"]);
    let path = format!("kitty-specs/it's here/{FILE}");
    let row =
        |answer: &str| format!("{{\"at\":\"1\",\"event_id\":\"E\",\"payload\":\"{answer}\"}}\n");
    repo.git(&["switch", "-q", "-c", "other"]);
    repo.commit_file(&path, &row("no"), "no");
    repo.git(&["switch", "-q", "main"]);
    repo.commit_file(&path, &row("yes"), "yes");
    let merged = git_with(&repo, pawtrail.binary(), &["merge", "--no-edit", "other"]);
    assert_eq!(merged.status.code(), Some(1));
    let words = said(&merged);
    assert!(words.contains("event E has different content"), "{words}");
    assert!(
        words.contains(&path) && words.contains("CONFLICT"),
        "{words}"
    );
    assert_eq!(
        repo.read(&path).unwrap(),
        format!("{}{}", row("no"), row("yes"))
    );
    assert!(repo.status_v2().contains("u AA"), "{}", repo.status_v2());
}

#[test]
fn merge_events_by_hand_says_what_it_did() {
    let scratch = Scratch::new();
    let dir = scratch.path().join("files");
    std::fs::create_dir(&dir).unwrap();
    let pawtrail = Pawtrail::new(&scratch, env!("CARGO_BIN_EXE_pawtrail"));
    let write = |name: &str, text: &str| std::fs::write(dir.join(name), text).unwrap();
    write("base", "");
    write("ours", "{\"event_id\":\"A\"}\n{\"event_id\":\"C\"}\n");
    write("theirs", "{\"event_id\": \"B\"}\nnot an event\n");
    let line = [
        "merge-events",
        "base",
        "ours",
        "theirs",
        "--path",
        "kitty-specs/m/x.events.jsonl",
    ];
    let (status, document) = pawtrail.json_in(&dir, &line);
    assert_eq!(
        (status, &document["data"]["events"]),
        (0, &serde_json::json!(3))
    );
    let result = || std::fs::read_to_string(dir.join("ours")).unwrap();
    let whole = "{\"event_id\":\"A\"}\n{\"event_id\": \"B\"}\nnot an event\n{\"event_id\":\"C\"}\n";
    assert_eq!(result(), whole);
    write("theirs", "{\"event_id\":\"A\",\"n\":1}\n");
    let (status, document) = pawtrail.json_in(&dir, &line);
    let error = &document["error"];
    assert_eq!(
        (status, &error["code"]),
        (5, &serde_json::json!("EVENT_CONFLICT"))
    );
    assert_eq!(error["details"]["path"], line[5]);
    assert_eq!(error["details"]["conflicts"][0]["event_id"], "A");
    assert_eq!(
        error["details"]["conflicts"][0]["lines"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    assert_eq!(result().lines().count(), 5);
    // A file that isn't there changes nothing.
    let before = result();
    let (status, _) = pawtrail.json_in(&dir, &["merge-events", "base", "ours", "gone"]);
    assert_eq!((status, result()), (1, before));
}
