//! A process dies at each step: the next command mends, and until then plain git works or says what is in its way.

use pawtrail_testkit::{Output, Scratch};
use serde_json::Value;

use crate::support::{CHECKED_OUT, SHAPES, Shape, World, places};

/// Which command comes after the death.
#[derive(Debug, Clone, Copy)]
enum Next {
    AnswerAgain,
    Request,
    CreateMission,
    Commit,
}

#[test]
fn the_next_command_mends_whatever_an_answer_died_of() {
    deaths(Shape::Nowhere);
}

#[test]
fn the_next_command_mends_whatever_an_answer_died_of_on_the_checked_out_branch() {
    deaths(Shape::Here);
}

#[test]
fn the_next_command_mends_the_other_worktree_that_an_answer_died_in() {
    deaths(Shape::InAnotherWorktree);
}

#[test]
fn the_next_command_mends_whatever_an_answer_died_of_when_git_makes_the_commit() {
    deaths(Shape::HereByGit);
}

fn deaths(shape: Shape) {
    for place in places(shape) {
        let scratch = Scratch::new();
        let world = World::new(&scratch, shape);
        for next in [
            Next::AnswerAgain,
            Next::Request,
            Next::CreateMission,
            Next::Commit,
        ] {
            // On `main`, which is protected, a user's own commit is refused.
            if matches!((shape, next), (Shape::Nowhere, Next::Commit)) {
                continue;
            }
            // Git's processes take their time, and what mends is the same.
            if matches!(
                (shape, next),
                (Shape::HereByGit, Next::Commit | Next::CreateMission)
            ) {
                continue;
            }
            let what = format!("{shape:?}, {place}, {next:?}");
            death(&scratch, &world, place, next, &what);
        }
    }
}

fn death(scratch: &Scratch, world: &World, place: &str, next: Next, what: &str) {
    let earlier = world.project.request("Answered before?");
    let reported = world.project.answer(&earlier, "yes");
    let id = world.project.request("Which?");
    let before = world.status();
    let output = dies(scratch, world, place, &["decision", "answer", &id, "yes"]);
    assert_eq!(output.stdout, "", "{what}\n{output}");

    // Plain git looks, and tries to commit something of the user's.
    world.user.write("mine.txt", what);
    let add = world.user.try_git(&["add", "mine.txt"]);
    let commit = world
        .user
        .try_git(&["commit", "-q", "-m", what, "--", "mine.txt"]);
    for tried in [&add, &commit] {
        let locked = tried.stderr.contains(".lock': File exists");
        assert!(
            tried.status == 0 || locked || add.status != 0,
            "{what}\n{tried}"
        );
    }
    assert_eq!(world.user.read("mine.txt").as_deref(), Some(what));

    match next {
        Next::AnswerAgain => drop(world.project.answer(&id, "yes")),
        Next::Request => drop(world.project.request("After?")),
        Next::CreateMission => drop(world.project.receipt(&["mission", "create", "after"])),
        Next::Commit => {
            world.user.write("note.txt", what);
            let args = ["commit", "-m", "Write a note", "note.txt"];
            let (status, document) = world.project.pawtrail.json_in(world.user.path(), &args);
            assert_eq!(status, 0, "{what}: {document:#}");
        }
    }
    // What git could not do a moment ago it can do now.
    if commit.status != 0 {
        world.user.git(&["add", "mine.txt"]);
        world
            .user
            .git(&["commit", "-q", "-m", what, "--", "mine.txt"]);
    }
    world.is_mended(&before, what);

    let known = world.answers(&earlier);
    assert_eq!(
        Value::from(known[0].clone()),
        Value::from(vec![reported["event_id"].clone()]),
        "{what}"
    );
    let [git, spool, file] = world.answers(&id);
    assert!(
        spool.is_empty(),
        "{what}: committed, not waiting: {spool:?}"
    );
    if place == "spool::append" && !matches!(next, Next::AnswerAgain) {
        assert!(git.is_empty(), "{what}: half a line is no answer");
    } else {
        assert_eq!(git.len(), 1, "{what}");
    }
    assert!(file.is_empty() || file == git, "{what}: {file:?}, {git:?}");
    let receipt = world.project.answer(&id, "yes");
    assert_eq!(receipt["committed"], true, "{what}");
    let [git, ..] = world.answers(&id);
    assert_eq!(
        Value::from(git),
        Value::from(vec![receipt["event_id"].clone()]),
        "{what}"
    );
    world.user_commits(what);
    world
        .user
        .write("staged.txt", format!("staged again after {what}\n"));
    world.user.git(&["add", "staged.txt"]);
    world.user.git(&["reset", "-q", "--soft", "HEAD"]);
}

/// Runs a command that must die at `place`.
#[track_caller]
fn dies(scratch: &Scratch, world: &World, place: &str, args: &[&str]) -> Output {
    let output = world.with_fault(scratch, &format!("{place}=return(abort)"), args);
    assert_eq!(output.status, -1, "it lives: {place}\n{output}");
    output
}

#[test]
fn a_request_that_died_is_there_whole_or_not_at_all() {
    for shape in SHAPES {
        for place in [
            "durable::rename",
            "spool::append",
            "spool::appended",
            "spool::flushed",
        ] {
            let what = format!("{shape:?}, {place}");
            let scratch = Scratch::new();
            let world = World::new(&scratch, shape);
            let before = world.status();
            let ask = [
                "decision",
                "request",
                "--question",
                "Dead?",
                "--input-key",
                "key",
                "--idempotency-key",
                "once",
            ];
            // The mission's branch is recorded with its creation, the build's id with the first event.
            dies(&scratch, &world, place, &ask);
            let id = world.project.request("After?");
            let listed = world
                .project
                .pawtrail
                .data(&world.project.repo, &["decision", "list"]);
            let dead = listed["decisions"]
                .as_array()
                .unwrap()
                .iter()
                .filter(|one| one["question"] == "Dead?")
                .count();
            let written = matches!(place, "spool::appended" | "spool::flushed");
            assert_eq!(dead, usize::from(written), "{what}: {listed:#}");
            // The same key asks the same decision, once.
            assert_eq!(world.project.receipt(&ask)["committed"], false);
            for id in [id.as_str(), "input:key"] {
                world.project.answer(id, "yes");
                assert_eq!(world.answers(id)[0].len(), 1, "{what}");
            }
            assert_eq!(world.project.rows().len(), 4, "{what}");
            world.is_mended(&before, &what);
        }
    }
}

#[test]
fn a_mission_that_died_in_the_making_is_finished_by_the_next_command() {
    for shape in SHAPES {
        let made_by_answers = [
            "spool::append",
            "spool::appended",
            "spool::empty",
            "spool::emptied",
        ];
        for place in places(shape) {
            if made_by_answers.contains(&place) {
                continue;
            }
            if shape == Shape::InAnotherWorktree && CHECKED_OUT.contains(&place) {
                // The new mission's own branch is checked out nowhere.
                continue;
            }
            mission_death(shape, place, "third");
            if shape == Shape::Here {
                mission_death(shape, place, "second");
                mission_death(Shape::HereByGit, place, "third");
            }
        }
    }
}

/// The creation of a mission `second` dies; then `next` is created, which may be the same.
fn mission_death(shape: Shape, place: &str, next: &str) {
    let what = format!("{shape:?}, {place}, {next}");
    let scratch = Scratch::new();
    let world = World::new(&scratch, shape);
    let before = world.status();
    dies(&scratch, &world, place, &["mission", "create", "second"]);
    let create = ["mission", "create", next];
    let made = world.project.pawtrail.data(&world.project.repo, &create);
    let shown = ["mission", "show", made["mission_id"].as_str().unwrap()];
    world.project.pawtrail.data(&world.project.repo, &shown);
    // What was written down as begun is finished. The same again makes it, and not a second one like it.
    let listed = ["mission", "list"];
    let listed = world.project.pawtrail.data(&world.project.repo, &listed);
    let seconds = listed["missions"].as_array().unwrap().iter();
    let seconds = seconds.filter(|mission| mission["title"] == "second");
    let begun = usize::from(place != "durable::rename" || next == "second");
    assert_eq!(seconds.count(), begun, "{what}: {listed:#}");
    let id = world.project.request("After?");
    world.project.answer(&id, "yes");
    world.is_mended(&before, &what);
    world.user_commits(&what);
}
