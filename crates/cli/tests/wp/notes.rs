//! Annotations: notes and subtasks.

use pawtrail_testkit::Scratch;
use serde_json::json;

use crate::support::{World, task_file};

#[test]
fn notes_and_subtasks_are_annotations_in_commits_of_their_own() {
    let scratch = Scratch::new();
    let world = World::on_work(&scratch);
    world.wp(&["move", "WP01", "planned"]);
    let commits = world.commits();
    world.wp(&[
        "note",
        "WP01",
        "Flaky fixture, see \"log\"",
        "--actor",
        "ann",
    ]);
    world.wp(&["subtask", "WP01", "T001", "T002"]);
    world.wp(&["subtask", "WP01", "T002", "planned"]);
    assert_eq!(world.commits(), commits + 3);
    let list = world.wp(&["list"]);
    let package = &list["data"]["work_packages"][0];
    assert_eq!(package["notes"], json!(["Flaky fixture, see \"log\""]));
    assert_eq!(
        package["subtasks"],
        json!({"T001": "done", "T002": "planned"})
    );
    assert_eq!(world.rows()[1]["kind"], "annotation");
    assert_eq!(world.rows()[1]["actor"], "ann");
    let (status, _) = world.try_wp(&["note", "WP01", " "]);
    assert_eq!(status, 2);
    world.is_sound();
}

#[test]
fn a_note_on_a_package_that_nobody_knew_is_kept_and_doubted() {
    let scratch = Scratch::new();
    let world = World::on_work(&scratch);
    task_file(&world.dir().join("tasks"), "WP02", "Pay", &[]);
    world.wp(&["move", "WP01", "planned"]);
    for (wp_id, is_doubted) in [
        ("WP01", false),
        ("WP02", false),
        ("WP10", true),
        ("WP10", false),
    ] {
        let document = world.wp(&["note", wp_id, "Look"]);
        let warnings = document["warnings"].to_string();
        assert_eq!(
            warnings.contains("nothing was known of"),
            is_doubted,
            "{wp_id}: {warnings}"
        );
    }
}
