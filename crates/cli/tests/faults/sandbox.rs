//! A git directory that can't be written: requests and answers wait in the checkout, and nothing else changes.

use pawtrail_testkit::{Output, Project, Scratch, text};
use serde_json::Value;

#[cfg(target_os = "linux")]
use crate::closed::told_read_only;
use crate::closed::{CLOSED, ask_elsewhere, die_adopting, waiting};
use crate::support::{BINARY, SHAPES, Shape, World};

#[test]
fn what_a_sandbox_left_is_read_at_once_and_adopted_by_the_next_command_from_any_checkout() {
    for shape in SHAPES {
        let scratch = Scratch::new();
        let world = World::new(&scratch, shape);
        let asked = world.project.request("Before?");
        let closed = |args: &[&str]| world.with_fault(&scratch, CLOSED, args);
        story(&world.project, &asked, closed, &format!("{shape:?}"));
        // Another checkout of the clone takes it.
        let other = ask_elsewhere(&world);
        adopted(&world.project, &asked);
        if shape != Shape::Here {
            assert_eq!(other.status_v2(), "");
        }
    }
}

/// The same with a git directory that is mounted read-only, as sandboxes do it. Only root can do that.
#[cfg(target_os = "linux")]
#[test]
fn a_git_directory_mounted_read_only_is_such_a_sandbox() {
    told_read_only(|project, run| {
        let asked = project.request("Before?");
        story(project, &asked, run, "mounted read-only");
        project.receipt(&["mission", "create", "other"]);
        adopted(project, &asked);
    });
}

fn story(project: &Project, asked: &str, closed: impl Fn(&[&str]) -> Output, what: &str) {
    let refs = || project.repo.git(&["for-each-ref"]);
    let before = (refs(), project.repo.index_entries());
    let ask = [
        "decision",
        "request",
        "--question",
        "In a sandbox?",
        "--input-key",
        "in",
    ];
    let mission = ["--mission", &project.mission_id];
    let with = |args: &[&str]| closed(&[args, &mission].concat());
    let output = with(&ask);
    assert_eq!(output.status, 0, "{what}\n{output}");
    assert_eq!(output.json()["receipt"]["committed"], false, "{what}");
    assert_eq!(waiting(&project.repo).len(), 1, "{what}");
    // Asked again, it is there.
    assert_eq!(with(&ask).status, 0, "{what}");
    assert_eq!(waiting(&project.repo).len(), 1, "{what}");

    for id in [asked, "input:in"] {
        let answer = ["decision", "answer", id, "yes"];
        let output = with(&answer);
        let document = output.json();
        assert_eq!(
            (output.status, &document["error"]["code"]),
            (3, &Value::from("NOT_COMMITTED_YET")),
            "{what}"
        );
        let receipt = &document["error"]["details"]["receipt"];
        assert_eq!(receipt["committed"], false, "{what}\n{output}");
        assert!(
            text(&document["error"]["message"]).contains(".kittify/spool/"),
            "{output}"
        );
        // The same again is the same; another is refused.
        let again = with(&answer).json();
        assert_eq!(
            &again["error"]["details"]["receipt"]["event_id"], &receipt["event_id"],
            "{what}"
        );
        assert_eq!(with(&["decision", "answer", id, "no"]).status, 5, "{what}");
    }
    let files = waiting(&project.repo);
    assert_eq!(files.len(), 3, "{what}: {files:?}");
    for file in &files {
        let status = project.repo.status_v2();
        assert!(
            status.contains(&format!("? .kittify/spool/{file}")),
            "{what}: git ignores it: {status}"
        );
    }
    assert_eq!((refs(), project.repo.index_entries()), before, "{what}");
    // Readers see it before anybody has adopted it, in a sandbox and outside.
    let list = with(&["decision", "list"]).json();
    for list in [
        &list["data"],
        &project.pawtrail.data(
            &project.repo,
            &[&["decision", "list"][..], &mission].concat(),
        ),
    ] {
        let answers: Vec<&str> = list["decisions"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|one| one["answer"].as_str())
            .collect();
        assert_eq!(answers, ["yes", "yes"], "{what}: {list:#}");
    }
    assert_eq!(waiting(&project.repo), files, "a reader wrote: {what}");
    let made = with(&["commit", "-m", "A commit", "README.md"]);
    assert_ne!(made.status, 0, "{what}");
}

fn adopted(project: &Project, asked: &str) {
    assert_eq!(waiting(&project.repo), Vec::<String>::new());
    let rows = project.rows();
    let answers: Vec<String> = rows
        .iter()
        .filter(|row| row["event_type"] == "DecisionInputAnswered")
        .map(|row| text(&row["payload"]["decision_id"]))
        .collect();
    assert_eq!(answers, [asked, "input:in"]);
    let mission = ["--mission", &project.mission_id];
    let list = [&["decision", "list"][..], &mission].concat();
    let listed = project.pawtrail.data(&project.repo, &list);
    for one in listed["decisions"].as_array().unwrap() {
        assert!(
            one["answer"].is_null() || !one["commit"].is_null(),
            "{one:#}"
        );
    }
    project.repo.fsck();
}

#[test]
fn a_file_that_holds_no_decision_is_left_where_it_is_and_named() {
    let scratch = Scratch::new();
    let project = Project::new(&scratch, BINARY);
    project
        .repo
        .write(".kittify/spool/foreign.jsonl", "{\"event_id\":1}\n");
    project
        .repo
        .write(".kittify/spool/readme.txt", "not a line\n");
    let ask = ["decision", "request", "--question", "Which?"];
    let output = project.pawtrail.run(&project.repo, &ask).expect_status(0);
    assert!(format!("{output}").contains("foreign.jsonl"), "{output}");
    assert_eq!(waiting(&project.repo), ["foreign.jsonl", "readme.txt"]);
}

#[test]
fn a_command_that_dies_while_it_adopts_leaves_nothing_twice() {
    for place in ["spool::append", "spool::appended", "spool::flushed"] {
        let scratch = Scratch::new();
        let world = World::new(&scratch, Shape::Nowhere);
        let id = world.project.request("Which?");
        let answer = ["decision", "answer", &id, "yes"];
        assert_eq!(world.with_fault(&scratch, CLOSED, &answer).status, 3);
        die_adopting(&world, &scratch, place, 1);
        world.project.request("After?");
        assert_eq!(
            waiting(&world.project.repo),
            Vec::<String>::new(),
            "{place}"
        );
        let [git, spool, _] = world.answers(&id);
        assert_eq!((git.len(), spool.len()), (1, 0), "{place}");
        world.project.repo.fsck();
    }
}

#[test]
fn nfr_001_what_waits_in_a_checkout_holds_nothing_private() {
    let scratch = Scratch::new();
    let world = World::new(&scratch, Shape::Here);
    let told = "Does Robin Example <robin@example.test> agree?";
    let asked = world.with_fault(
        &scratch,
        CLOSED,
        &["decision", "request", "--question", told, "--option", told],
    );
    assert_eq!(asked.status, 0, "{asked}");
    let repo = &world.project.repo;
    let names = waiting(repo);
    assert_eq!(names.len(), 1);
    let line = repo.read(&format!(".kittify/spool/{}", names[0])).unwrap();
    assert!(
        line.contains("[redacted:name] <[redacted:email]>"),
        "{line}"
    );
    assert!(
        !line.contains("Robin") && !line.contains("robin@"),
        "{line}"
    );
}
