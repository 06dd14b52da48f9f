//! `mission ledger`: who chose the branch, and moving it without losing or doubling a line.

use std::collections::BTreeMap;

use pawtrail_testkit::{Pawtrail, Project, Repo, Scratch, rows, text};
use serde_json::Value;

use super::BINARY;

fn set(project: &Project, repo: &Repo, branch: &str) -> (i32, Value) {
    let args = ["mission", "ledger", &project.mission_id, "--set", branch];
    project.pawtrail.json_in(repo.path(), &args)
}

#[track_caller]
fn moved(project: &Project, repo: &Repo, branch: &str) -> Value {
    let (status, document) = set(project, repo, branch);
    assert_eq!(status, 0, "{document:#}");
    let full = format!("refs/heads/{branch}");
    assert_eq!(document["receipt"]["ref"], full.as_str());
    assert_eq!(document["receipt"]["committed"], true);
    let place = project.pawtrail.data(repo, &["where", &project.mission_id]);
    let place = &place["placement"];
    assert_eq!(place["ledger_ref"], full.as_str());
    assert_eq!(place["chosen_by"], "command");
    assert_eq!(place["recorded"], true);
    document
}

/// How often each event is on a branch.
fn events(project: &Project, branch: &str) -> BTreeMap<String, usize> {
    let file = project.repo.read_at(branch, &project.path);
    let mut found = BTreeMap::new();
    for row in rows(&file.unwrap_or_default()) {
        *found.entry(text(&row["event_id"])).or_default() += 1;
    }
    found
}

#[track_caller]
fn proved(project: &Project, repo: &Repo, answers: usize) {
    let proof = project.pawtrail.data(repo, &["verify"]);
    assert_eq!(proof["verified"], answers, "{proof:#}");
    project.repo.fsck();
}

#[test]
fn it_says_which_branch_and_who_chose_it() {
    let scratch = Scratch::new();
    let project = Project::on_work(&scratch, BINARY);
    let shown = project.pawtrail.data(&project.repo, &["mission", "ledger"]);
    assert_eq!(shown["placement"]["ledger_ref"], "refs/heads/work");
    assert_eq!(shown["placement"]["chosen_by"], "current_branch");
    let said = project.pawtrail.run(&project.repo, &["mission", "ledger"]);
    assert!(said.stdout.starts_with("work\n"), "{said}");
    assert!(said.stdout.contains("unprotected branch"), "{said}");
    moved(&project, &project.repo, "agents/payments");
    let said = project.pawtrail.run(&project.repo, &["where"]);
    assert!(said.stdout.contains("mission ledger --set"), "{said}");
}

#[test]
fn where_says_when_a_tool_that_reads_the_primary_checkout_sees_nothing() {
    let scratch = Scratch::new();
    let protected = Project::new(&scratch, BINARY);
    let place = |project: &Project| {
        let data = project.pawtrail.data(&project.repo, &["where"]);
        let said = project.pawtrail.run(&project.repo, &["where"]).stdout;
        (data["placement"]["seen_by_python"].clone(), said)
    };
    let (seen, said) = place(&protected);
    assert_eq!(seen, false);
    assert!(said.contains("won't see what is written there"), "{said}");
    assert!(said.contains("protection.protected_branches"), "{said}");
    // A project that protects nothing keeps its ledger on the branch that it works on, `main` too.
    let config = protected.repo.read(".kittify/config.yaml").unwrap();
    let config = format!("{config}protection:\n  protected_branches: []\n");
    protected.repo.write(".kittify/config.yaml", config);
    let create = ["mission", "create", "search"];
    let made = protected.pawtrail.data(&protected.repo, &create);
    assert_eq!(made["ledger_ref"], "refs/heads/main");
    let id = text(&made["mission_id"]);
    let data = protected.pawtrail.data(&protected.repo, &["where", &id]);
    assert_eq!(data["placement"]["seen_by_python"], true);
    protected.repo.write("a.txt", "a\n");
    let commit = ["commit", "-m", "On main", "a.txt"];
    let (status, document) = protected.pawtrail.json_in(protected.repo.path(), &commit);
    assert_eq!(status, 0, "{document:#}");
    assert_eq!(document["receipt"]["ref"], "refs/heads/main");
}

#[test]
fn a_new_branch_begins_with_every_line_and_nothing_else_moves() {
    let scratch = Scratch::new();
    let project = Project::on_work(&scratch, BINARY);
    let repo = &project.repo;
    project.decide("First?");
    project.decide("Second?");
    let open = project.request("Still open?");
    repo.write("dirty.txt", "dirty\n");
    repo.git(&["add", "dirty.txt"]);
    let before = (project.checkout(), events(&project, "work"));
    let tip = repo.rev("work").unwrap();
    moved(&project, repo, "agents");
    assert_eq!((project.checkout(), events(&project, "work")), before);
    assert_eq!(repo.rev("agents~1").as_deref(), Some(&*tip));
    assert_eq!(events(&project, "agents"), before.1);
    proved(&project, repo, 2);
    // What waited in the spool goes to the new branch with its answer.
    let receipt = project.answer(&open, "yes");
    assert_eq!(receipt["ref"], "refs/heads/agents");
    assert_eq!(repo.rev("work").as_deref(), Some(&*tip));
    let now = events(&project, "agents");
    assert_eq!((now.len(), now.values().max()), (6, Some(&1)));
    proved(&project, repo, 3);
}

#[test]
fn to_and_fro_loses_and_doubles_nothing() {
    let scratch = Scratch::new();
    let project = Project::on_work(&scratch, BINARY);
    project.decide("On work?");
    moved(&project, &project.repo, "agents");
    project.decide("On agents?");
    moved(&project, &project.repo, "work");
    project.decide("On work again?");
    let again = moved(&project, &project.repo, "work");
    assert_eq!(again["data"]["previous_ref"], "refs/heads/work");
    let events = events(&project, "work");
    assert_eq!((events.len(), events.values().max()), (6, Some(&1)));
    assert_eq!(project.repo.status_v2(), "");
    proved(&project, &project.repo, 3);
}

#[test]
fn an_existing_branch_gets_the_lines_and_its_worktree_follows() {
    let scratch = Scratch::new();
    let project = Project::new(&scratch, BINARY);
    let repo = &project.repo;
    project.decide("First?");
    // It went its own way before the mission was, and somebody works on it.
    let other = repo.worktree("other", "other");
    other.commit_file("of-other.txt", "o\n", "Of other");
    other.write("of-other.txt", "changed\n");
    let before = other.status_v2();
    // From the linked worktree, for a mission that its branch didn't have.
    moved(&project, &other, "other");
    assert_eq!(other.status_v2(), before);
    assert_eq!(
        other.read(&project.path),
        other.read_at("other", &project.path)
    );
    let events = events(&project, "other");
    assert_eq!((events.len(), events.values().max()), (2, Some(&1)));
    assert!(
        repo.read_at("other", &format!("{}/meta.json", project.dir))
            .is_some()
    );
    proved(&project, &other, 1);
    // Git's own next commit there keeps the lines.
    other.git(&["commit", "-qam", "Their work"]);
    assert_eq!(
        other
            .git(&["show", "--format=", "--name-only", "HEAD"])
            .trim(),
        "of-other.txt"
    );
    proved(&project, repo, 1);
}

#[test]
fn a_branch_with_rows_of_its_own_keeps_them() {
    let scratch = Scratch::new();
    let project = Project::on_work(&scratch, BINARY);
    project.decide("Common?");
    project.repo.git(&["branch", "agents"]);
    project.decide("On work only?");
    moved(&project, &project.repo, "agents");
    project.decide("On agents only?");
    let old = events(&project, "work");
    let new = events(&project, "agents");
    assert_eq!((old.len(), new.len()), (4, 6));
    assert!(old.keys().all(|id| new[id] == 1));
    proved(&project, &project.repo, 3);
}

#[test]
fn in_a_bare_repository() {
    let scratch = Scratch::new();
    let bare = scratch.bare("b.git");
    let url = bare.path().to_string_lossy().into_owned();
    scratch.repo("r").git(&["push", "-q", &url, "main"]);
    let pawtrail = Pawtrail::new(&scratch, BINARY);
    let made = pawtrail.data(&bare, &["mission", "create", "payments"]);
    let dir = text(&made["dir"]);
    let project = Project {
        uuid: String::new(),
        mission_id: text(&made["mission_id"]),
        ledger: text(&made["ledger_ref"]),
        path: format!("{dir}/decisions.events.jsonl"),
        dir,
        repo: bare.clone(),
        pawtrail,
    };
    project.decide("First?");
    moved(&project, &bare, "agents");
    project.decide("Second?");
    assert_eq!(events(&project, "agents").len(), 4);
    assert_eq!(events(&project, project.branch()).len(), 2);
    proved(&project, &bare, 2);
}

#[test]
fn a_protected_branch_is_refused_with_its_rule_and_the_way_on() {
    let scratch = Scratch::new();
    let project = Project::on_work(&scratch, BINARY);
    project.decide("First?");
    let (status, document) = set(&project, &project.repo, "main");
    let error = &document["error"];
    assert_eq!(
        (status, text(&error["code"]).as_str()),
        (1, "BRANCH_PROTECTED")
    );
    assert!(text(&error["message"]).contains("main and master are protected"));
    // The command that it names works.
    let next = text(&error["next_step"]);
    let words: Vec<&str> = next.split(' ').skip(1).collect();
    project.pawtrail.data(&project.repo, &words);
    let place = project.pawtrail.data(&project.repo, &["where"]);
    let ledger = text(&place["placement"]["ledger_ref"]);
    assert!(
        ledger.starts_with("refs/heads/kitty/mission-payments-"),
        "{ledger}"
    );
    proved(&project, &project.repo, 1);
}

#[test]
fn names_that_no_branch_can_have_are_refused() {
    let scratch = Scratch::new();
    let project = Project::on_work(&scratch, BINARY);
    let long = "x".repeat(300);
    for name in [
        "",
        "-b",
        "a..b",
        "a b",
        "a~1",
        "a^",
        "a:b",
        "a?",
        "a*",
        "a[",
        "a\\b",
        "/a",
        "a/",
        "a//b",
        "a.lock",
        "a/.b",
        "a.",
        "@{-1}",
        "HEAD",
        "refs/remotes/origin/x",
        "refs/tags/t",
        "work/below",
        "a\nb",
        &long,
    ] {
        let argument = format!("--set={name}");
        let args = ["mission", "ledger", &project.mission_id, &argument];
        let (status, document) = project.pawtrail.json_in(project.repo.path(), &args);
        let code = text(&document["error"]["code"]);
        assert_eq!((status, code.as_str()), (2, "INVALID_ARGUMENT"), "{name:?}");
    }
    let place = project.pawtrail.data(&project.repo, &["where"]);
    assert_eq!(place["placement"]["ledger_ref"], "refs/heads/work");
}

#[test]
fn a_busy_branch_is_left_and_answers_that_waited_for_the_old_one_arrive() {
    let scratch = Scratch::new();
    let project = Project::on_work(&scratch, BINARY);
    let repo = &project.repo;
    repo.commit_file("a.txt", "a\n", "More");
    let id = project.request("Which?");
    repo.git(&["branch", "agents"]);
    repo.git(&["bisect", "start", "HEAD", "HEAD~2"]);
    let answer = ["decision", "answer", &id, "yes"];
    assert_eq!(project.pawtrail.json_in(repo.path(), &answer).0, 3);
    // Away from the busy branch, what waited arrives at once.
    moved(&project, repo, "agents");
    proved(&project, repo, 1);
    // Back to it is refused, and the choice stays.
    let (status, document) = set(&project, repo, "work");
    assert_eq!(
        (status, text(&document["error"]["code"]).as_str()),
        (1, "LEDGER_NOT_MOVED")
    );
    assert!(text(&document["error"]["message"]).contains("bisect"));
    let place = project.pawtrail.data(repo, &["where"]);
    assert_eq!(place["placement"]["ledger_ref"], "refs/heads/agents");
    repo.git(&["bisect", "reset"]);
    moved(&project, repo, "work");
    proved(&project, repo, 1);
}

#[test]
fn an_event_with_two_contents_is_refused_with_both() {
    let scratch = Scratch::new();
    let project = Project::on_work(&scratch, BINARY);
    let repo = &project.repo;
    project.decide("Which?");
    let other = repo.worktree("other", "other");
    let file = other.read(&project.path).unwrap();
    other.commit_file(
        &project.path,
        &file.replace("Which?", "Whose?"),
        "Rewritten",
    );
    let tips = repo.git(&["for-each-ref"]);
    let (status, document) = set(&project, repo, "other");
    assert_eq!(
        (status, text(&document["error"]["code"]).as_str()),
        (5, "EVENT_CONFLICT")
    );
    assert_eq!(repo.git(&["for-each-ref"]), tips);
    let place = project.pawtrail.data(repo, &["where"]);
    assert_eq!(place["placement"]["ledger_ref"], "refs/heads/work");
}

#[test]
fn lines_that_only_the_old_checkouts_file_holds_come_along() {
    let scratch = Scratch::new();
    let project = Project::on_work(&scratch, BINARY);
    let repo = &project.repo;
    project.decide("First?");
    let other = r#"{"at":"2026-01-01T00:00:00+00:00","event_id":"01KT119YA7GD2Y0D7MZRH5JSS3","event_type":"Other","payload":{}}"#;
    let file = repo.read(&project.path).unwrap();
    repo.write(&project.path, format!("{file}{other}\n"));
    let linked = repo.worktree("linked", "elsewhere");
    moved(&project, &linked, "agents");
    assert_eq!(events(&project, "agents").len(), 3);
    assert_eq!(events(&project, "work").len(), 2);
}
