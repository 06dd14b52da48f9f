//! Beside the Python tool: the same file on the same day, read and written by both.

use std::fs::File;
use std::path::Path;
use std::time::Duration;

use pawtrail_testkit::{Scratch, SpecKitty, rows, text};
use serde_json::{Value, json};

use crate::support::{World, task_file};

/// The way of a package from beginning to end, through one rejected review: where it goes, and with what.
const WAY: [&str; 10] = [
    "planned",
    "claimed",
    "in_progress",
    "for_review",
    "in_review",
    "in_progress",
    "for_review",
    "in_review",
    "approved",
    "done",
];

/// Makes the `step`th transition of a package with our tool.
fn ours(world: &World, wp_id: &str, step: usize) -> String {
    let mut args = vec!["move", wp_id, WAY[step], "--actor", "weaver"];
    if step == 5 || step >= 8 {
        args.extend(["--reviewer", "robin", "--review-ref", "PR#7"]);
    }
    text(&world.wp(&args)["receipt"]["event_id"])
}

/// Makes it with the Python tool: written alone, or committed as its commands do.
fn theirs(python: &mut SpecKitty, world: &World, wp_id: &str, step: usize, commit: bool) -> String {
    let root = world.project.repo.path().display().to_string();
    let mut fields = json!({
        "wp_id": wp_id,
        "to_lane": WAY[step],
        "actor": "weaver",
        "execution_mode": "worktree",
    });
    let review =
        |verdict: &str| json!({"reviewer": "robin", "verdict": verdict, "reference": "PR#7"});
    if step == 5 {
        fields["review_result"] = review("changes_requested");
        fields["review_ref"] = json!("PR#7");
    } else if step >= 8 {
        fields["evidence"] = json!({"review": review("approved")});
        if step == 8 {
            fields["review_result"] = review("approved");
        }
    }
    let request = json!({"dir": world.dir(), "root": root, "fields": fields});
    let op = if commit { "move_committed" } else { "move" };
    text(&python.must(op, request)["event_id"])
}

/// Gives the mission six packages, whose files are committed.
fn packages(world: &World) {
    for number in 1..=6 {
        task_file(
            &world.dir().join("tasks"),
            &format!("WP{number:02}"),
            "Work",
            &[],
        );
    }
    world.project.repo.git(&["add", "-A"]);
    world.project.repo.git(&["commit", "-q", "-m", "Plan"]);
}

#[test]
fn both_tools_drive_one_mission_alternately_through_60_transitions_on_an_unprotected_branch() {
    let scratch = Scratch::new();
    alternate(&scratch, &World::on_work(&scratch));
}

#[test]
fn both_tools_drive_one_mission_alternately_through_60_transitions_on_a_main_that_is_not_protected()
{
    let scratch = Scratch::new();
    let world = World::on_trunk(&scratch);
    assert_eq!(world.project.ledger, "refs/heads/main");
    alternate(&scratch, &world);
}

/// Each transition by the other tool than the one before it, and both see the same after each.
fn alternate(scratch: &Scratch, world: &World) {
    packages(world);
    let mut python = SpecKitty::start(scratch);
    let mut written = Vec::new();
    for (step, lane) in WAY.iter().enumerate() {
        for package in 0..6 {
            let wp_id = format!("WP{:02}", package + 1);
            let turn = written.len();
            written.push(match turn % 4 {
                // The other half of the turns next round, so that each package sees both.
                0 | 2 if step % 2 == 0 => ours(world, &wp_id, step),
                1 | 3 if step % 2 == 1 => ours(world, &wp_id, step),
                _ => theirs(&mut python, world, &wp_id, step, turn % 8 < 4),
            });
            // After each transition both see the same.
            let folded = world.fold();
            let theirs = python.must("snapshot", json!({"dir": world.dir()}));
            assert_eq!(theirs.as_str(), Some(&*folded), "after {wp_id} to {lane}");
            let file = std::fs::read_to_string(world.dir().join("status.json")).unwrap();
            assert_eq!(file, folded, "after {wp_id} to {lane}");
        }
    }
    assert_eq!(written.len(), 60);
    world.wp(&["note", "WP01", "the end"]);
    let ids = world.ids();
    assert_eq!(ids.len(), 61);
    assert_eq!(ids[..60], written[..]);
    world.is_sound();
    assert_eq!(world.project.repo.status_v2(), "");
    world.project.repo.fsck();
    // Their strict reader takes every line, and writes each again with the same bytes.
    let read = python.must("rows", json!({"dir": world.dir()}));
    assert_eq!(read["transitions"].as_array().unwrap().len(), 60);
    assert_eq!(read["annotations"].as_array().unwrap().len(), 1);
    assert_eq!(read["all"].as_array().unwrap().len(), 62);
    for wp_id in 1..=6 {
        assert_eq!(world.lane(&format!("WP{wp_id:02}")), "done");
    }
}

#[test]
fn both_tools_drive_one_mission_alternately_through_60_transitions_on_main() {
    let scratch = Scratch::new();
    let world = World::on_main(&scratch);
    // The mission lives on its own branch, and the Python tool needs its files here.
    let meta = world
        .project
        .repo
        .read_at(&world.project.ledger, &world.path("meta.json"));
    world
        .project
        .repo
        .write(&world.path("meta.json"), meta.unwrap());
    packages(&world);
    let place = world.project.pawtrail.data(&world.project.repo, &["where"]);
    assert_eq!(place["placement"]["seen_by_python"], false);
    let said = world
        .project
        .pawtrail
        .run(&world.project.repo, &["where"])
        .expect_status(0);
    for part in [
        "won't see",
        "mission ledger payments-",
        "protection.protected_branches",
    ] {
        assert!(said.stdout.contains(part), "{said}");
    }
    let mut python = SpecKitty::start(&scratch);
    let mut written = Vec::new();
    for (step, lane) in WAY.iter().enumerate() {
        for package in 0..3 {
            // It sees its own rows alone, so each tool has packages of its own; we see those of both.
            let theirs_id = format!("WP{:02}", package + 1);
            let ours_id = format!("WP{:02}", package + 4);
            written.push(theirs(&mut python, &world, &theirs_id, step, false));
            written.push(ours(&world, &ours_id, step));
            assert_eq!(world.lane(&theirs_id), *lane);
        }
    }
    let ids = world.ids();
    assert_eq!(ids.len(), 60);
    assert!(written.iter().all(|id| ids.contains(id)));
    // What the Python tool can't see: our three packages.
    let seen: Value = serde_json::from_str(
        python
            .must("snapshot", json!({"dir": world.dir()}))
            .as_str()
            .unwrap(),
    )
    .unwrap();
    assert_eq!(seen["work_packages"].as_object().unwrap().len(), 3);
    // From the ledger branch it reads all of it, and folds it as we do.
    let ledger = scratch
        .path()
        .join("read/kitty-specs")
        .join(world.dir().file_name().unwrap());
    std::fs::create_dir_all(&ledger).unwrap();
    for file in ["meta.json", "status.events.jsonl"] {
        let content = world
            .project
            .repo
            .read_at(&world.project.ledger, &world.path(file));
        std::fs::write(ledger.join(file), content.unwrap()).unwrap();
    }
    let all = python.must("snapshot", json!({"dir": ledger}));
    assert_eq!(all.as_str(), Some(&*world.fold()));
    let committed = world
        .project
        .repo
        .read_at(&world.project.ledger, &world.path("status.json"));
    assert_eq!(committed.as_deref(), all.as_str());
    // Nothing was committed to main.
    let log = world.project.repo.git(&["log", "--format=%s", "main"]);
    assert!(!log.contains("chore(status)"), "{log}");
    let check = ["status", "fold", "--check"];
    world
        .project
        .pawtrail
        .run(&world.project.repo, &check)
        .expect_status(0);
}

#[test]
fn four_writers_of_each_tool_at_once_lose_no_row() {
    let scratch = Scratch::new();
    let world = World::on_work(&scratch);
    for number in 1..=8 {
        task_file(
            &world.dir().join("tasks"),
            &format!("WP{number:02}"),
            "Work",
            &[],
        );
    }
    world.project.repo.git(&["add", "-A"]);
    world.project.repo.git(&["commit", "-q", "-m", "Plan"]);
    let pythons: Vec<SpecKitty> = (0..4).map(|_| SpecKitty::start(&scratch)).collect();
    let written: Vec<String> = std::thread::scope(|scope| {
        let mut writers = Vec::new();
        for (number, mut python) in pythons.into_iter().enumerate() {
            let world = &world;
            writers.push(scope.spawn(move || {
                let wp_id = format!("WP{:02}", number + 1);
                // Two of them commit.
                (0..WAY.len())
                    .map(|step| theirs(&mut python, world, &wp_id, step, number < 2))
                    .collect::<Vec<_>>()
            }));
        }
        for number in 4..8 {
            let world = &world;
            writers.push(scope.spawn(move || {
                let wp_id = format!("WP{:02}", number + 1);
                (0..WAY.len())
                    .map(|step| ours(world, &wp_id, step))
                    .collect()
            }));
        }
        writers
            .into_iter()
            .flat_map(|writer| writer.join().unwrap())
            .collect()
    });
    assert_eq!(written.len(), 80);
    world.wp(&["note", "WP01", "the end"]);
    let ids = world.ids();
    assert_eq!(ids.len(), 81);
    assert!(written.iter().all(|id| ids.contains(id)));
    let file = std::fs::read_to_string(world.dir().join("status.events.jsonl")).unwrap();
    assert_eq!(rows(&file).len(), 82);
    // No commit, whoever made it, took a line away.
    let path = world.path("status.events.jsonl");
    let log = world
        .project
        .repo
        .git(&["log", "--format=%h", "--numstat", "work", "--", &path]);
    for line in log.lines().filter(|line| line.contains('\t')) {
        assert_eq!(line.split('\t').nth(1), Some("0"), "{log}");
    }
    world.is_sound();
}

#[test]
fn rows_that_the_python_tool_appended_between_two_of_ours_enter_with_the_next_commit() {
    let scratch = Scratch::new();
    let world = World::on_work(&scratch);
    let mut python = SpecKitty::start(&scratch);
    world.wp(&["move", "WP01", "planned"]);
    let between = theirs(&mut python, &world, "WP01", 1, false);
    let annotation = python.must(
        "annotate",
        json!({"dir": world.dir(), "wp_id": "WP01", "actor": "weaver", "delta": {"note": "theirs"}}),
    );
    python.must(
        "wp_created",
        json!({"dir": world.dir(), "wp_id": "WP02", "title": "Two", "path": "x", "actor": "weaver"}),
    );
    assert_eq!(world.rows().len(), 1);
    assert_eq!(world.lane("WP01"), "claimed");
    world.wp(&["move", "WP01", "in_progress"]);
    let (rows, ids) = (world.rows(), world.ids());
    assert_eq!(rows.len(), 5);
    assert_eq!(
        (&ids[1], &ids[2]),
        (&between, &text(&annotation["event_id"]))
    );
    assert_eq!(rows[3]["event_type"], "WPCreated");
    world.is_sound();
}

#[test]
fn both_tools_wait_for_the_same_lock() {
    let scratch = Scratch::new();
    let world = World::on_work(&scratch);
    world.wp(&["move", "WP01", "planned"]);
    // The Python tool holds it, and we wait.
    let mut python = SpecKitty::start(&scratch);
    let (held, until) = (scratch.path().join("held"), scratch.path().join("until"));
    python.send(
        "hold_lock",
        &mut json!({"root": world.project.repo.path(), "dir": world.dir(), "held": held, "until": until}),
    );
    wait_for(&held);
    let claim = ["wp", "move", "WP01", "claimed", "--json"];
    let mut ours = world.project.pawtrail.spawn(&world.project.repo, &claim);
    std::thread::sleep(Duration::from_millis(400));
    assert!(ours.child().try_wait().unwrap().is_none(), "it didn't wait");
    std::fs::write(&until, "").unwrap();
    python.answer().unwrap();
    ours.finish(Duration::from_secs(30)).expect_status(0);
    // We hold it, and the Python tool waits.
    let name = format!(
        "{}.status.lock",
        world.dir().file_name().unwrap().to_str().unwrap()
    );
    let path = world
        .project
        .repo
        .common_dir()
        .join("spec-kitty-locks")
        .join(name);
    let lock = File::options().append(true).open(&path).unwrap();
    lock.lock().unwrap();
    let fields = json!({"wp_id": "WP01", "to_lane": "in_progress", "actor": "x", "execution_mode": "worktree"});
    python.send("move", &mut json!({"dir": world.dir(), "fields": fields}));
    std::thread::sleep(Duration::from_millis(400));
    let file = std::fs::read_to_string(world.dir().join("status.events.jsonl")).unwrap();
    assert_eq!(rows(&file).len(), 3);
    drop(lock);
    python.answer().unwrap();
    assert_eq!(world.lane("WP01"), "in_progress");
}

fn wait_for(path: &Path) {
    pawtrail_testkit::eventually("the lock is held", Duration::from_secs(30), || {
        path.exists()
    });
}

#[test]
fn a_writer_without_the_lock_that_replaces_the_file_takes_a_row_out_of_it_and_not_out_of_git() {
    let scratch = Scratch::new();
    let world = World::on_work(&scratch);
    let mut python = SpecKitty::start(&scratch);
    let first = text(&world.wp(&["move", "WP01", "planned"])["receipt"]["event_id"]);
    let path = world.dir().join("status.events.jsonl");
    let before = std::fs::read(&path).unwrap();
    let second = text(&world.wp(&["move", "WP01", "claimed"])["receipt"]["event_id"]);
    // Some of its writers read the file, and replace it later, without the lock: what came in between goes.
    std::fs::write(&path, &before).unwrap();
    let mut row = world.rows()[0].clone();
    row["event_id"] = json!("01M824BEX8CHSZRHXEMHEY1FB1");
    row["wp_id"] = json!("WP02");
    python.must("replace_unlocked", json!({"dir": world.dir(), "row": row}));
    let file = std::fs::read_to_string(&path).unwrap();
    assert!(!file.contains(&second), "{file}");
    // Git has it, so readers see it, and the next command puts it back.
    assert_eq!(world.lane("WP01"), "claimed");
    world.wp(&["note", "WP01", "again"]);
    let file = std::fs::read_to_string(&path).unwrap();
    assert!(
        file.contains(&second) && file.contains("01M824BEX8CHSZRHXEMHEY1FB1"),
        "{file}"
    );
    assert_eq!(world.ids()[..2], [first, second]);
    assert_eq!(world.rows().len(), 4);
    world.is_sound();
}

#[test]
fn what_we_write_passes_the_event_packages_own_validators() {
    let scratch = Scratch::new();
    let world = World::on_work(&scratch);
    let mut python = SpecKitty::start(&scratch);
    for step in 0..WAY.len() {
        ours(&world, "WP01", step);
    }
    world.wp(&[
        "move",
        "WP02",
        "canceled",
        "--force",
        "--actor",
        "robin",
        "--reason",
        "not needed",
    ]);
    let file = world
        .project
        .repo
        .read(&world.path("status.events.jsonl"))
        .unwrap();
    let commit = pawtrail_event::status::RepoEvidence {
        repo: "project".to_owned(),
        branch: "work".to_owned(),
        commit: world.project.repo.rev("work").unwrap(),
        files_touched: Vec::new(),
    };
    let log = pawtrail_event::status::Log::read(file.as_bytes());
    let mut seen = 0;
    for line in &log.lines {
        let event = pawtrail_event::status::queue_event(line, &commit)
            .unwrap()
            .unwrap();
        let request = json!({"event_type": event.event_type, "payload": event.payload});
        let answer = python.must("validate", request);
        assert_eq!(answer["valid"], true, "{event:?}: {answer}");
        seen += 1;
    }
    assert_eq!(seen, 12);
    let read = python.must("rows", json!({"dir": world.dir()}));
    // What their models make of our rows is what stands there.
    for (theirs, ours) in read["transitions"]
        .as_array()
        .unwrap()
        .iter()
        .zip(world.rows())
    {
        assert_eq!(*theirs, ours);
    }
}
