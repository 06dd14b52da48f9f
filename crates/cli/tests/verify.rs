//! `verify`: every answer is in git, or it is said which isn't and why.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail like tests"
)]

use pawtrail_testkit::{Pawtrail, Repo, Scratch};
use serde_json::{Value, json};

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// A project on the branch `feature`, where its missions live.
fn project(scratch: &Scratch) -> (Repo, Pawtrail) {
    let repo = scratch.repo("project");
    let pawtrail = Pawtrail::new(scratch, env!("CARGO_BIN_EXE_pawtrail")).on_path();
    repo.git(&["switch", "-q", "-c", "feature"]);
    pawtrail.data(&repo, &["init"]);
    repo.git(&["add", "-A"]);
    repo.git(&["commit", "-q", "-m", "Add the project"]);
    (repo, pawtrail)
}

fn request(pawtrail: &Pawtrail, repo: &Repo, question: &str) -> String {
    let asked = pawtrail.data(repo, &["decision", "request", "--question", question]);
    text(&asked["decision_id"])
}

#[test]
fn answers_in_git_are_verified_with_the_remotes_that_have_them() {
    let scratch = Scratch::new();
    let (repo, pawtrail) = project(&scratch);
    assert_eq!(pawtrail.data(&repo, &["verify"])["verified"], 0);
    pawtrail.data(&repo, &["mission", "create", "payments"]);
    let one = request(&pawtrail, &repo, "One?");
    pawtrail.data(&repo, &["decision", "answer", &one, "yes"]);
    let url = scratch.bare("hub").path().to_string_lossy().into_owned();
    repo.git(&["remote", "add", "origin", &url]);
    repo.git(&["remote", "add", "spare", &url]);
    repo.git(&["push", "-q", "origin", "feature"]);
    let two = request(&pawtrail, &repo, "Two?");
    pawtrail.data(&repo, &["decision", "answer", &two, "no"]);
    request(&pawtrail, &repo, "Still open?");
    let proof = pawtrail.data(&repo, &["verify", "--mission", "payments"]);
    assert_eq!(
        (&proof["verified"], &proof["missing"]),
        (&json!(2), &json!([]))
    );
    assert_eq!(proof["remotes"], json!({ "origin": 1, "spare": 0 }));
    let remotes: Vec<&Value> = [&one, &two]
        .iter()
        .map(|id| {
            let all = proof["answers"].as_array().unwrap();
            let answer = all.iter().find(|a| a["decision_id"] == ***id).unwrap();
            repo.git(&["cat-file", "-e", &text(&answer["commit"])]);
            &answer["remotes"]
        })
        .collect();
    assert_eq!(remotes, [&json!(["origin"]), &json!([])]);
}

#[test]
fn an_answer_that_waits_or_was_lost_is_missing_with_its_reason() {
    let scratch = Scratch::new();
    let (repo, pawtrail) = project(&scratch);
    pawtrail.data(&repo, &["mission", "create", "payments"]);
    let one = request(&pawtrail, &repo, "One?");
    pawtrail.data(&repo, &["decision", "answer", &one, "yes"]);
    let two = request(&pawtrail, &repo, "Two?");
    // A bisect keeps the branch busy: the answer is spooled.
    repo.git(&["bisect", "start", "HEAD", "HEAD~1"]);
    let (status, _) = pawtrail.json_in(repo.path(), &["decision", "answer", &two, "no"]);
    assert_eq!(status, 3);
    assert_eq!(pawtrail.data(&repo, &["sync", "status"])["spooled"], 2);
    let (status, document) = pawtrail.json_in(repo.path(), &["verify"]);
    let error = &document["error"];
    assert_eq!((status, &error["code"]), (1, &json!("ANSWERS_MISSING")));
    let details = &error["details"];
    assert_eq!(details["verified"], 1);
    let missing = details["missing"].as_array().unwrap();
    assert_eq!(missing.len(), 1);
    assert_eq!(missing[0]["decision_id"], *two);
    let reason = text(&missing[0]["reason"]);
    assert!(
        reason.contains("spool") && reason.contains("bisect"),
        "{reason}"
    );
    assert!(text(&error["message"]).contains(&two));
    // The next command that can commits it.
    repo.git(&["bisect", "reset"]);
    request(&pawtrail, &repo, "Three?");
    assert_eq!(pawtrail.data(&repo, &["verify"])["verified"], 2);
    // A branch that was moved back loses its answers, and the file still has them.
    let file = text(&pawtrail.data(&repo, &["mission", "show"])["mission"]["dir"]);
    let file = format!("{file}/decisions.events.jsonl");
    let kept = repo.read(&file).unwrap();
    repo.git(&["reset", "-q", "--hard", "HEAD~1"]);
    repo.write(&file, kept);
    let (status, document) = pawtrail.json_in(repo.path(), &["verify"]);
    assert_eq!(status, 1);
    let reason = text(&document["error"]["details"]["missing"][0]["reason"]);
    assert!(
        reason.contains("only") && reason.contains("decisions.events.jsonl"),
        "{reason}"
    );
    // The next step that it names brings them in.
    assert_eq!(document["error"]["next_step"], "pawtrail doctor --fix");
    pawtrail.data(&repo, &["doctor", "--fix"]);
    assert_eq!(pawtrail.data(&repo, &["verify"])["verified"], 2);
    assert_eq!(repo.status_v2(), "");
}

#[test]
fn a_ledger_branch_that_is_gone_is_told_with_the_command_that_brings_it_back() {
    let scratch = Scratch::new();
    let repo = scratch.repo("project");
    let pawtrail = Pawtrail::new(&scratch, env!("CARGO_BIN_EXE_pawtrail")).on_path();
    let made = pawtrail.data(&repo, &["mission", "create", "payments"]);
    let ledger = text(&made["ledger_ref"]);
    let branch = ledger.strip_prefix("refs/heads/").unwrap();
    let id = request(&pawtrail, &repo, "Which?");
    pawtrail.data(&repo, &["decision", "answer", &id, "yes"]);
    let tip = repo.rev(branch).unwrap();
    repo.git(&["branch", "-q", "-D", branch]);
    let (status, document) = pawtrail.json_in(repo.path(), &["verify"]);
    let error = &document["error"];
    assert_eq!((status, &error["code"]), (1, &json!("ANSWERS_MISSING")));
    let step = format!("git branch {branch} {tip}");
    assert_eq!(error["next_step"], *step);
    let lost = &error["details"]["lost"];
    assert_eq!(
        (&lost[0]["commit"], &lost[0]["restore"]),
        (&json!(tip), &json!(step))
    );
    assert_eq!(error["details"]["missing"][0]["commit"], *tip);
    let said = pawtrail.run(&repo, &["verify"]).stderr;
    assert!(said.contains(&id) && said.contains(&step), "{said}");
    let (status, document) = pawtrail.json_in(repo.path(), &["doctor"]);
    assert_eq!(status, 1);
    let checks = document["error"]["details"]["checks"].as_array().unwrap();
    let check = checks.iter().find(|check| check["name"] == "ledger_reach");
    assert_eq!(check.unwrap()["next_step"], *step);
    repo.git(&["branch", branch, &tip]);
    assert_eq!(pawtrail.data(&repo, &["verify"])["verified"], 1);
    // A mission without answers that is nowhere has a code of its own.
    let made = pawtrail.data(&repo, &["mission", "create", "empty"]);
    let ledger = text(&made["ledger_ref"]);
    repo.git(&[
        "branch",
        "-q",
        "-D",
        ledger.strip_prefix("refs/heads/").unwrap(),
    ]);
    let (status, document) = pawtrail.json_in(repo.path(), &["verify"]);
    assert_eq!(
        (status, &document["error"]["code"]),
        (1, &json!("LEDGER_BRANCH_GONE"))
    );
}

#[test]
fn a_decision_with_two_answers_is_contested_and_verified() {
    let scratch = Scratch::new();
    let (repo, pawtrail) = project(&scratch);
    pawtrail.data(&repo, &["mission", "create", "payments"]);
    let id = request(&pawtrail, &repo, "Which?");
    let theirs = scratch.clone_of(&repo, "theirs");
    theirs.git(&["remote", "set-head", "origin", "--delete"]);
    // The request is in the other clone by its file, as a merge would bring it.
    let made = pawtrail.data(&repo, &["mission", "show"]);
    let file = format!("{}/decisions.events.jsonl", text(&made["mission"]["dir"]));
    theirs.write(&file, repo.read(&file).unwrap());
    pawtrail.data(&repo, &["decision", "answer", &id, "left"]);
    pawtrail.data(&theirs, &["decision", "answer", &id, "right"]);
    let mut both = repo.read(&file).unwrap();
    both.push_str(theirs.read(&file).unwrap().lines().last().unwrap());
    both.push('\n');
    repo.commit_file(&file, &both, "Merge by hand");
    let proof = pawtrail.data(&repo, &["verify"]);
    assert_eq!(
        (&proof["verified"], &proof["missing"]),
        (&json!(2), &json!([]))
    );
    assert_eq!(proof["contested"][0]["decision_id"], *id);
    assert_eq!(proof["contested"][0]["answers"], json!(["left", "right"]));
    let said = pawtrail.run(&repo, &["verify"]).stdout;
    assert!(
        said.contains("contested") && said.contains("left / right"),
        "{said}"
    );
}
