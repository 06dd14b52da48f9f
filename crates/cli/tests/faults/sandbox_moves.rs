//! A git directory that can't be written: moves, notes and subtasks wait in the checkout as decisions do.

use pawtrail_testkit::{Output, Project, Scratch, rows, text};
use serde_json::{Value, json};

#[cfg(target_os = "linux")]
use crate::closed::told_read_only;
use crate::closed::{CLOSED, ask_elsewhere, die_adopting, waiting};
use crate::support::{BINARY, SHAPES, World};

#[test]
fn moves_that_a_sandbox_left_are_read_at_once_and_adopted_by_the_next_command_from_any_checkout() {
    for shape in SHAPES {
        let scratch = Scratch::new();
        let world = World::new(&scratch, shape);
        let closed = |args: &[&str]| world.with_fault(&scratch, CLOSED, args);
        let what = format!("{shape:?}");
        story(&world.project, closed, &what);
        // Another checkout of the clone takes it.
        ask_elsewhere(&world);
        adopted(&world.project, &what);
    }
}

/// The same with a git directory that is mounted read-only, as sandboxes do it. Only root can do that.
#[cfg(target_os = "linux")]
#[test]
fn a_move_where_the_git_directory_is_mounted_read_only_waits() {
    told_read_only(|project, run| {
        story(project, run, "mounted read-only");
        project.receipt(&["wp", "note", "WP02", "Out of the sandbox"]);
        adopted(project, "mounted read-only");
    });
}

fn story(project: &Project, closed: impl Fn(&[&str]) -> Output, what: &str) {
    project.receipt(&["wp", "move", "WP01", "WP02", "planned"]);
    let state = || {
        (
            project.repo.git(&["for-each-ref"]),
            project.repo.index_entries(),
        )
    };
    let before = state();
    let mission = ["--mission", &project.mission_id];
    let with = |args: &[&str]| closed(&[args, &mission].concat());
    for (number, args) in [
        &["wp", "move", "WP01", "WP02", "claimed"][..],
        // It is about the row that waits.
        &["wp", "move", "WP01", "in_progress"],
        &[
            "wp",
            "note",
            "WP01",
            "Robin Example <robin@example.test> looks",
        ],
        &["wp", "subtask", "WP01", "T001"],
    ]
    .into_iter()
    .enumerate()
    {
        let output = with(args);
        let document = output.json();
        let code = &document["error"]["code"];
        assert_eq!(
            (output.status, code),
            (3, &json!("NOT_COMMITTED_YET")),
            "{what}\n{output}"
        );
        let receipt = &document["error"]["details"]["receipt"];
        assert_eq!(receipt["committed"], false, "{what}\n{output}");
        assert!(receipt["event_id"].is_string(), "{what}\n{output}");
        assert!(
            text(&document["error"]["message"]).contains(".kittify/spool/"),
            "{output}"
        );
        assert_eq!(waiting(&project.repo).len(), number + 1, "{what}");
    }
    // The rules hold there as well, and a key can't be kept.
    assert_eq!(
        with(&["wp", "move", "WP01", "claimed"]).json()["error"]["code"],
        "TRANSITION_NOT_ALLOWED"
    );
    let keyed = with(&[
        "wp",
        "move",
        "WP02",
        "in_progress",
        "--idempotency-key",
        "k",
    ])
    .json();
    assert_eq!(keyed["error"]["code"], "IDEMPOTENCY_KEY_NOT_KEPT", "{what}");
    let next = text(&keyed["error"]["next_step"]);
    assert!(
        next.starts_with("pawtrail wp move WP02 in_progress --mission"),
        "{next}"
    );
    let files = waiting(&project.repo);
    assert_eq!(files.len(), 4, "{what}: {files:?}");
    for file in &files {
        let content = project
            .repo
            .read(&format!(".kittify/spool/{file}"))
            .unwrap();
        assert!(
            !content.contains("Robin") && !content.contains("robin@"),
            "{what}: {content}"
        );
    }
    // Readers see it before anybody has adopted it, in a sandbox and outside.
    let list = ["wp", "list"];
    let inside = with(&list).json();
    let outside = project
        .pawtrail
        .data(&project.repo, &[&list[..], &mission].concat());
    for list in [&inside["data"], &outside] {
        let packages = &list["work_packages"];
        assert_eq!(
            lanes(packages),
            [("WP01", "in_progress"), ("WP02", "claimed")],
            "{what}: {list:#}"
        );
        assert_eq!(packages[0]["subtasks"], json!({"T001": "done"}), "{what}");
        assert_eq!(packages[0]["notes"].as_array().unwrap().len(), 1, "{what}");
    }
    assert_eq!(waiting(&project.repo), files, "a reader wrote: {what}");
    assert_eq!(state(), before, "{what}");
}

fn lanes(packages: &Value) -> Vec<(&str, &str)> {
    let packages = packages.as_array().unwrap().iter();
    packages
        .map(|package| {
            (
                package["wp_id"].as_str().unwrap(),
                package["lane"].as_str().unwrap(),
            )
        })
        .collect()
}

/// Each row is in git once, with a snapshot that agrees.
fn adopted(project: &Project, what: &str) {
    assert_eq!(waiting(&project.repo), Vec::<String>::new(), "{what}");
    let log = format!("{}/status.events.jsonl", project.dir);
    let rows = rows(&project.repo.read_at(&project.ledger, &log).unwrap());
    let count = |key: &str, value: &str| rows.iter().filter(|row| row[key] == value).count();
    assert_eq!(
        (count("to_lane", "claimed"), count("to_lane", "in_progress")),
        (2, 1),
        "{what}"
    );
    let waited = rows
        .iter()
        .filter(|row| row["kind"] == "annotation" && row["wp_id"] == "WP01");
    assert_eq!(waited.count(), 2, "{what}");
    let mut ids: Vec<&str> = rows
        .iter()
        .map(|row| row["event_id"].as_str().unwrap())
        .collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), rows.len(), "{what}: a row stands twice");
    let check = [
        "status",
        "fold",
        "--check",
        "--mission",
        &project.mission_id,
    ];
    let (status, document) = project.pawtrail.json_in(project.repo.path(), &check);
    assert_eq!(status, 0, "{what}: {document:#}");
    let spool = project
        .repo
        .common_dir()
        .join("pawtrail/spool")
        .join(&project.mission_id);
    let spool = std::fs::read_to_string(spool.join("status.events.jsonl")).unwrap_or_default();
    assert_eq!(spool, "", "{what}");
    project.repo.fsck();
}

#[test]
fn a_command_that_dies_while_it_adopts_moves_leaves_none_twice() {
    for place in ["spool::append", "spool::appended", "spool::flushed"] {
        let scratch = Scratch::new();
        let project = Project::new(&scratch, BINARY);
        let world = World {
            user: project.repo.clone(),
            project,
        };
        let closed = |args: &[&str]| world.with_fault(&scratch, CLOSED, args);
        story(&world.project, closed, place);
        die_adopting(&world, &scratch, place, 4);
        world.project.request("After?");
        adopted(&world.project, place);
    }
}
