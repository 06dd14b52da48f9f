//! A move dies, or fails, at each step: the next command mends, and log and snapshot agree.

use pawtrail_testkit::{Scratch, rows, text};
use serde_json::Value;

use crate::support::{SHAPES, Shape, World, places};

#[test]
fn the_next_command_mends_whatever_a_move_died_of() {
    deaths(Shape::Nowhere);
}

#[test]
fn the_next_command_mends_whatever_a_move_died_of_on_the_checked_out_branch() {
    deaths(Shape::Here);
}

#[test]
fn the_next_command_mends_the_other_worktree_that_a_move_died_in() {
    deaths(Shape::InAnotherWorktree);
}

fn deaths(shape: Shape) {
    for place in places(shape) {
        let scratch = Scratch::new();
        let world = World::new(&scratch, shape);
        world
            .project
            .receipt(&["wp", "move", "WP01", "WP02", "planned"]);
        let before = others(&world);
        for (number, next) in ["move again", "request"].into_iter().enumerate() {
            let what = format!("{shape:?}, {place}, {next}");
            let wp_id = format!("WP0{}", number + 1);
            let output = world.with_fault(
                &scratch,
                &format!("{place}=return(abort)"),
                &["wp", "move", &wp_id, "claimed"],
            );
            assert_eq!(output.status, -1, "it lives: {what}\n{output}");
            match next {
                "request" => drop(world.project.request("After?")),
                _ => {
                    // Where its row got lost it moves now; where it is there, it is refused.
                    let (status, _) = claim(&world, &wp_id);
                    assert!(status == 0 || status == 1, "{what}: {status}");
                    drop(world.project.request("After?"));
                }
            }
            let claims = |rows: &[Value]| {
                let of =
                    |row: &&Value| row["wp_id"] == wp_id.as_str() && row["to_lane"] == "claimed";
                rows.iter().filter(of).count()
            };
            let committed = status_rows(&world);
            if place == "spool::append" && next == "request" {
                assert_eq!(claims(&committed), 0, "{what}: half a line is no row");
                assert_eq!(claim(&world, &wp_id).0, 0, "{what}");
            } else {
                assert_eq!(claims(&committed), 1, "{what}");
            }
            is_sound(&world, &what);
            assert_eq!(others(&world), before, "{what}");
            world.project.repo.fsck();
        }
    }
}

#[test]
fn a_move_that_fails_says_what_is_true_and_the_next_command_finishes_it() {
    for shape in SHAPES {
        for place in places(shape) {
            let what = format!("{shape:?}, {place}");
            let scratch = Scratch::new();
            let world = World::new(&scratch, shape);
            world.project.receipt(&["wp", "move", "WP01", "planned"]);
            let output = world.with_fault(
                &scratch,
                &format!("{place}=return(ENOSPC)"),
                &["wp", "move", "WP01", "claimed"],
            );
            let document: Value = serde_json::from_str(&output.stdout).unwrap();
            let committed = status_rows(&world).len() == 2;
            match output.status {
                0 => assert!(committed, "{what}: {document:#}"),
                3 => assert_eq!(document["error"]["code"], "NOT_COMMITTED_YET", "{what}"),
                // Nothing was written.
                _ => assert!(!committed, "{what}: {document:#}"),
            }
            world.project.request("After?");
            let moved = status_rows(&world).len() == 2;
            assert_eq!(
                moved,
                matches!(output.status, 0 | 3),
                "{what}: {document:#}"
            );
            is_sound(&world, &what);
        }
    }
}

fn claim(world: &World, wp_id: &str) -> (i32, Value) {
    let claim = ["wp", "move", wp_id, "claimed"];
    world
        .project
        .pawtrail
        .json_in(world.project.repo.path(), &claim)
}

fn status_rows(world: &World) -> Vec<Value> {
    let path = format!("{}/status.events.jsonl", world.project.dir);
    let file = world.project.repo.read_at(&world.project.ledger, &path);
    let mut rows = rows(&file.unwrap_or_default());
    // The row with which the mission began is there in any case.
    rows.retain(|row| row["event_type"] != "MissionCreated");
    let mut ids: Vec<String> = rows.iter().map(|row| text(&row["event_id"])).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), rows.len(), "an event stands twice");
    rows
}

/// Log and snapshot agree on the branch and in the worktree, and nothing waits.
fn is_sound(world: &World, what: &str) {
    for dir in [&world.project.repo, &world.user] {
        let check = [
            "status",
            "fold",
            "--check",
            "--mission",
            &world.project.mission_id,
        ];
        let (status, document) = world.project.pawtrail.json_in(dir.path(), &check);
        assert_eq!(status, 0, "{what}: {document:#}");
    }
    let spool = world.project.repo.common_dir().join("pawtrail/spool");
    let spool = spool
        .join(&world.project.mission_id)
        .join("status.events.jsonl");
    assert_eq!(
        std::fs::read_to_string(spool).unwrap_or_default(),
        "",
        "{what}"
    );
}

/// What is the user's own.
fn others(world: &World) -> String {
    let status = world.user.status_v2();
    let ours = |line: &&str| !line.contains(&world.project.dir);
    status.lines().filter(ours).collect::<Vec<_>>().join("\n")
}
