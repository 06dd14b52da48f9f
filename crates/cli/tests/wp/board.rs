//! The board in a terminal's width, watched until Ctrl-C; the list beside it.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use pawtrail_testkit::Scratch;

use crate::support::{World, task_file};

#[test]
fn a_board_shows_each_package_in_its_lane_without_colours_where_none_are_wanted() {
    let scratch = Scratch::new();
    let world = World::on_work(&scratch);
    task_file(
        &world.dir().join("tasks"),
        "WP01",
        "Take payments",
        &["T001", "T002"],
    );
    world.wp(&["move", "WP01", "WP02", "planned"]);
    world.wp(&["move", "WP01", "claimed", "--actor", "weaver"]);
    world.wp(&["subtask", "WP01", "T001"]);
    let output = world
        .project
        .pawtrail
        .run(&world.project.repo, &["board"])
        .expect_status(0);
    assert!(!output.stdout.contains('\u{1b}'), "{output}");
    for part in [
        "planned 1",
        "claimed 1",
        "in_progress 0",
        "done 0",
        "WP01 Take",
        "weaver · 1/2",
        "WP02",
    ] {
        assert!(output.stdout.contains(part), "{part}: {output}");
    }
    let widest = output.stdout.lines().map(|line| line.chars().count()).max();
    assert!(widest.unwrap() <= 100, "{output}");
    let coloured = ["board", "--color", "always"];
    let output = world
        .project
        .pawtrail
        .run(&world.project.repo, &coloured)
        .expect_status(0);
    assert!(output.stdout.contains("\u{1b}["), "{output}");
    let data = world.project.pawtrail.data(&world.project.repo, &["board"]);
    assert_eq!(data["counts"]["claimed"], 1);
    assert_eq!(data["work_packages"].as_array().unwrap().len(), 2);
    let list = ["wp", "list", "--lane", "doing"];
    let output = world
        .project
        .pawtrail
        .run(&world.project.repo, &list)
        .expect_status(0);
    assert!(output.stdout.contains("No work package"), "{output}");
}

#[test]
fn a_watched_board_is_no_json_document() {
    let scratch = Scratch::new();
    let world = World::on_work(&scratch);
    let (status, document) = world
        .project
        .pawtrail
        .json_in(world.project.repo.path(), &["board", "--watch"]);
    assert_eq!(status, 2, "{document:#}");
}

/// Windows has no such signal to send.
#[cfg(unix)]
#[test]
fn a_watched_board_is_drawn_with_each_change_and_ends_cleanly_on_ctrl_c() {
    let scratch = Scratch::new();
    let world = World::on_work(&scratch);
    world.wp(&["move", "WP01", "planned"]);
    let mut child = world
        .project
        .pawtrail
        .command(world.project.repo.path(), &["board", "--watch"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut until = |part: &str| {
        let found = lines
            .by_ref()
            .map_while(Result::ok)
            .find(|line| line.contains(part));
        assert!(found.is_some(), "the board ended without {part}");
    };
    until("planned 1");
    world.wp(&["move", "WP01", "claimed"]);
    until("claimed 1");
    let pid = child.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-INT", &pid])
            .status()
            .unwrap()
            .success()
    );
    assert_eq!(child.wait().unwrap().code(), Some(0));
}
