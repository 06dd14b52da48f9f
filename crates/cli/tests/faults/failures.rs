//! A disk that is full or closed at each step: a clear error, the line kept or not begun, no half-written file.

use pawtrail_testkit::Scratch;
use serde_json::Value;

use crate::support::{SHAPES, Shape, World, locks, places};

/// What is injected, and a word of the message that a user must get to see.
const ERRORS: [(&str, &str); 2] = [("ENOSPC", "space"), ("EACCES", "permission denied")];

#[test]
fn an_answer_that_meets_a_full_or_closed_disk_says_what_is_true() {
    for shape in SHAPES.into_iter().chain([Shape::HereByGit]) {
        for place in places(shape) {
            let scratch = Scratch::new();
            let world = World::new(&scratch, shape);
            for (error, word) in ERRORS {
                fails(
                    &scratch,
                    &world,
                    place,
                    error,
                    word,
                    &format!("{shape:?}, {place}, {error}"),
                );
            }
        }
    }
}

fn fails(scratch: &Scratch, world: &World, place: &str, error: &str, word: &str, what: &str) {
    let id = world.project.request("Which?");
    let before = world.status();
    let answer = ["decision", "answer", &id, "yes"];
    let output = world.with_fault(scratch, &format!("{place}=return({error})"), &answer);
    let document = output.json();
    let said = document.to_string().to_lowercase();
    assert!(
        said.contains(word),
        "{what}: the cause is missing\n{output}"
    );
    match place {
        // Nothing was begun.
        "spool::append" | "spool::appended" => {
            assert_eq!(
                (output.status, &document["error"]["code"]),
                (1, &Value::from("IO_FAILED")),
                "{what}"
            );
            assert!(world.answers(&id).iter().all(Vec::is_empty), "{what}");
        }
        // It is done; what follows isn't.
        "ledger::ref-moved"
        | "ledger::released"
        | "ledger::ref-flushed"
        | "spool::empty"
        | "spool::emptied"
        | "durable::rename" => {
            assert_eq!(output.status, 0, "{what}\n{output}");
            assert_eq!(document["receipt"]["committed"], true, "{what}");
            assert_eq!(world.answers(&id)[0].len(), 1, "{what}");
        }
        // It is recorded.
        _ => {
            assert_eq!(
                (output.status, &document["error"]["code"]),
                (3, &Value::from("NOT_COMMITTED_YET")),
                "{what}"
            );
            let receipt = &document["error"]["details"]["receipt"];
            assert_eq!(receipt["committed"], false, "{what}\n{output}");
            let [_, spool, _] = world.answers(&id);
            assert_eq!(
                Value::from(spool),
                Value::from(vec![receipt["event_id"].clone()]),
                "{what}"
            );
        }
    }
    assert_eq!(
        locks(&world.project.repo.common_dir()),
        Vec::<String>::new(),
        "{what}"
    );
    assert_eq!(world.status(), before, "{what}");

    let committed = world.project.answer(&id, "yes");
    assert_eq!(committed["committed"], true, "{what}");
    let [git, spool, file] = world.answers(&id);
    assert_eq!(
        Value::from(git.clone()),
        Value::from(vec![committed["event_id"].clone()]),
        "{what}"
    );
    assert!(spool.is_empty(), "{what}");
    assert!(file.is_empty() || file == git, "{what}");
    world.is_mended(&before, what);
    world.user_commits(what);
    world
        .user
        .write("staged.txt", format!("staged again after {what}\n"));
    world.user.git(&["add", "staged.txt"]);
}

#[test]
fn a_request_that_could_not_be_flushed_is_taken_back() {
    for shape in SHAPES {
        for (error, word) in ERRORS {
            for place in ["spool::append", "spool::appended", "spool::flushed"] {
                let what = format!("{shape:?}, {place}, {error}");
                let scratch = Scratch::new();
                let world = World::new(&scratch, shape);
                let kept = world.project.request("Kept?");
                let before = world.user.read(&world.project.path);
                let fault = format!("{place}=return({error})");
                let ask = ["decision", "request", "--question", "Which?"];
                let output = world.with_fault(&scratch, &fault, &ask);
                assert_eq!(output.status, 1, "{what}\n{output}");
                assert!(
                    output.stdout.to_lowercase().contains(word),
                    "{what}\n{output}"
                );
                assert_eq!(world.user.read(&world.project.path), before, "{what}");
                let listed = world
                    .project
                    .pawtrail
                    .data(&world.project.repo, &["decision", "list"]);
                let ids: Vec<&Value> = listed["decisions"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|one| &one["decision_id"])
                    .collect();
                assert_eq!(ids, [&Value::from(kept)], "{what}");
                world.project.decide("And now?");
                world.project.repo.fsck();
            }
        }
    }
}

#[test]
fn a_commit_that_was_there_before_is_flushed_before_the_spool_lets_go() {
    for (shape, by_git) in [
        (Shape::Nowhere, false),
        (Shape::Here, false),
        (Shape::Here, true),
    ] {
        for (error, word) in ERRORS {
            let what = format!("{shape:?}, by git: {by_git}, {error}");
            let scratch = Scratch::new();
            let world = World::new(&scratch, shape);
            let id = world.project.request("Which?");
            let answer = ["decision", "answer", &id, "yes"];
            if by_git {
                // The line is in the file, and a user commits that.
                let fault = "ledger::ref-locked=return(ENOSPC)";
                assert_eq!(world.with_fault(&scratch, fault, &answer).status, 3);
                let path = &world.project.path;
                world.user.git(&["add", path]);
                world
                    .user
                    .git(&["commit", "-q", "-m", "by git", "--", path]);
            } else {
                world.with_fault(&scratch, "spool::empty=return(abort)", &answer);
            }
            let [git, spool, _] = world.answers(&id);
            assert_eq!((git.len(), spool.len()), (1, 1), "{what}");
            let tip = world.project.repo.rev(&world.project.ledger);
            let fault = format!("ledger::tip-flushed=return({error})");
            let output = world.with_fault(&scratch, &fault, &answer);
            assert_eq!(output.status, 0, "{what}\n{output}");
            let said = output.stdout.to_lowercase();
            assert!(said.contains(word), "{what}\n{output}");
            assert_eq!(world.answers(&id)[1], git, "{what}");
            world.project.answer(&id, "yes");
            let [again, spool, _] = world.answers(&id);
            assert_eq!((again, spool.len()), (git, 0), "{what}");
            assert_eq!(world.project.repo.rev(&world.project.ledger), tip, "{what}");
            world.project.repo.fsck();
        }
    }
}

#[test]
fn an_answer_that_can_be_neither_committed_nor_flushed_says_both() {
    let scratch = Scratch::new();
    let world = World::new(&scratch, SHAPES[0]);
    let id = world.project.request("Which?");
    let faults = "ledger::flushed=return(ENOSPC);spool::flushed=return(EACCES)";
    let answer = ["decision", "answer", &id, "yes"];
    let output = world.with_fault(&scratch, faults, &answer);
    assert_eq!(output.status, 3, "{output}");
    let message = output.json()["error"]["message"].to_string();
    assert!(message.contains("power loss"), "{message}");
    assert_eq!(world.project.answer(&id, "yes")["committed"], true);
}

#[test]
fn a_mission_that_could_not_be_committed_is_not_there() {
    let places = [
        "durable::rename",
        "ledger::objects",
        "ledger::flushed",
        "ledger::ref-locked",
    ];
    for (shape, place) in SHAPES
        .iter()
        .flat_map(|shape| places.map(|place| (*shape, place)))
    {
        let scratch = Scratch::new();
        let world = World::new(&scratch, shape);
        let before = world.status();
        let fault = format!("{place}=return(ENOSPC)");
        let output = world.with_fault(&scratch, &fault, &["mission", "create", "second"]);
        assert_eq!(output.status, 1, "{place}\n{output}");
        assert!(output.stdout.to_lowercase().contains("space"), "{output}");
        assert_eq!(world.status(), before, "{shape:?}, {place}");
        let listed = world
            .project
            .pawtrail
            .data(&world.project.repo, &["mission", "list"]);
        assert_eq!(
            listed["missions"].as_array().unwrap().len(),
            1,
            "{place}: {listed:#}"
        );
        world.project.receipt(&["mission", "create", "second"]);
        world.project.repo.fsck();
    }
}
