//! What the rules of lanes refuse, and what they ask for first.

use pawtrail_testkit::{Scratch, text};

use crate::support::{World, task_file};

#[test]
fn a_refusal_names_the_rule_what_is_missing_and_the_command_that_gives_it() {
    let scratch = Scratch::new();
    let world = World::on_work(&scratch);
    task_file(&world.dir().join("tasks"), "WP01", "Pay", &["T001"]);
    let refused = |args: &[&str], code: &str, step: &str| {
        let (status, document) = world.try_wp(args);
        assert_eq!(status, 1, "{args:?}: {document:#}");
        assert_eq!(document["error"]["code"], code, "{document:#}");
        assert_eq!(document["error"]["details"]["rule"], code);
        let message = text(&document["error"]["message"]);
        let next = text(&document["error"]["next_step"]);
        // An option that only a person can fill in stands in the message, a command that can be run is the next step.
        let named = if step.starts_with('-') { message } else { next };
        assert!(named.contains(step), "{args:?}: {document:#}");
    };
    refused(
        &["move", "WP01", "done"],
        "TRANSITION_NOT_ALLOWED",
        "pawtrail wp move WP01 planned",
    );
    refused(
        &["move", "WP01", "done", "--force", "--reason", "x"],
        "TRANSITION_FORCE_NEEDS_ACTOR",
        "--actor",
    );
    refused(
        &["move", "WP01", "done", "--force", "--actor", "x"],
        "TRANSITION_FORCE_NEEDS_REASON",
        "--reason",
    );
    for lane in ["planned", "claimed", "in_progress"] {
        world.wp(&["move", "WP01", lane]);
    }
    refused(
        &["move", "WP01", "in_progress"],
        "TRANSITION_SAME_LANE",
        "wp list",
    );
    refused(
        &["move", "WP01", "planned"],
        "TRANSITION_NEEDS_REASON",
        "--reason",
    );
    refused(
        &["move", "WP01", "approved"],
        "TRANSITION_NEEDS_APPROVAL",
        "--reviewer",
    );
    refused(
        &["move", "WP01", "for_review"],
        "TRANSITION_SUBTASKS_OPEN",
        "pawtrail wp subtask WP01 T001 done",
    );
    world.wp(&["subtask", "WP01", "T001", "done"]);
    world.wp(&["move", "WP01", "for_review"]);
    world.wp(&["move", "WP01", "in_review", "--actor", "rev"]);
    refused(
        &["move", "WP01", "approved"],
        "TRANSITION_NEEDS_REVIEW_RESULT",
        "--reviewer",
    );
    refused(
        &[
            "move",
            "WP01",
            "approved",
            "--reviewer",
            "rev",
            "--review-ref",
            "PR#1",
            "--verdict",
            "changes_requested",
        ],
        "TRANSITION_NOT_APPROVED",
        "--verdict",
    );
    world.wp(&[
        "move",
        "WP01",
        "approved",
        "--reviewer",
        "rev",
        "--review-ref",
        "PR#1",
    ]);
    world.wp(&[
        "move",
        "WP01",
        "done",
        "--reviewer",
        "rev",
        "--review-ref",
        "PR#1",
    ]);
    refused(
        &["move", "WP01", "planned"],
        "TRANSITION_LANE_TERMINAL",
        "--force",
    );
    world.wp(&[
        "move",
        "WP01",
        "planned",
        "--force",
        "--actor",
        "rev",
        "--reason",
        "too early",
    ]);
    assert_eq!(world.lane("WP01"), "planned");
    world.is_sound();
}

/// As in spec-kitty: what its file should say and doesn't is not taken for done.
#[test]
fn a_package_goes_for_review_only_when_its_subtasks_are_known() {
    let scratch = Scratch::new();
    let world = World::on_work(&scratch);
    for wp_id in ["WP01", "WP02"] {
        for lane in ["planned", "claimed", "in_progress"] {
            world.wp(&["move", wp_id, lane]);
        }
    }
    let tasks = world.dir().join("tasks");
    task_file(&tasks, "WP09", "Another", &[]);
    let refused = |reason: &str| {
        let (status, document) = world.try_wp(&["move", "WP01", "for_review"]);
        assert_eq!(status, 1, "{document:#}");
        assert_eq!(document["error"]["code"], "TRANSITION_SUBTASKS_UNKNOWN");
        let message = text(&document["error"]["message"]);
        assert!(message.contains(reason), "{message}");
        assert!(
            message.contains("--force --actor NAME --reason TEXT"),
            "{message}"
        );
        assert_eq!(document["error"]["next_step"], "pawtrail wp move --help");
    };
    refused("no file in tasks describes WP01");
    let file = tasks.join("WP01-work.md");
    std::fs::write(&file, "---\ntitle: Pay\n---\n").unwrap();
    refused("tasks/WP01-work.md has no list `subtasks`");
    task_file(&tasks, "WP01", "Pay", &[]);
    std::fs::copy(&file, tasks.join("WP01-again.md")).unwrap();
    refused("both describe WP01");
    std::fs::remove_file(tasks.join("WP01-again.md")).unwrap();
    world.wp(&["move", "WP01", "for_review"]);
    // A mission that doesn't describe its packages asks nothing of them.
    std::fs::remove_dir_all(&tasks).unwrap();
    world.wp(&["move", "WP02", "for_review"]);
}
