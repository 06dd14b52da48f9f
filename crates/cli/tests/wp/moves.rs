//! Moves: one commit with log and snapshot, all or nothing, retries, waiting rows, damaged ones.

use std::io::Write as _;
use std::process::Stdio;

use pawtrail_testkit::{Scratch, eventually, text};
use serde_json::Value;

use crate::support::World;

#[test]
fn a_move_is_one_commit_with_log_and_snapshot_and_nothing_else_moves() {
    for on_work in [true, false] {
        let scratch = Scratch::new();
        let world = match on_work {
            true => World::on_work(&scratch),
            false => World::on_main(&scratch),
        };
        let repo = &world.project.repo;
        repo.write("README.md", "# Dirty\n");
        repo.write("staged.txt", "staged\n");
        repo.git(&["add", "staged.txt"]);
        let (commits, status) = (world.commits(), repo.status_v2());
        let document = world.wp(&["move", "WP01", "planned", "--actor", "robin"]);
        assert_eq!(document["data"]["wp_id"], "WP01");
        assert_eq!(document["data"]["from_lane"], "genesis");
        assert_eq!(document["data"]["to_lane"], "planned");
        assert_eq!(document["receipt"]["committed"], true);
        assert_eq!(world.commits(), commits + 1);
        let files = repo.git(&["show", "--format=", "--name-only", &world.project.ledger]);
        let expected = [world.path("status.events.jsonl"), world.path("status.json")];
        assert_eq!(files.lines().collect::<Vec<_>>(), expected);
        assert_eq!(repo.status_v2(), status);
        assert_eq!(world.ids(), [text(&document["receipt"]["event_id"])]);
        let row = &world.rows()[0];
        assert_eq!(row["actor"], "robin");
        assert_eq!(row["mission_id"], world.project.mission_id.as_str());
        assert_eq!(row["execution_mode"], "worktree");
        // The line has the form that all its writers keep to.
        let path = world.path("status.events.jsonl");
        let log = repo.read_at(&world.project.ledger, &path).unwrap();
        let line = log.lines().last().unwrap();
        assert!(
            line.starts_with("{\"actor\": \"robin\", \"at\": \""),
            "{line}"
        );
        world.is_sound();
        repo.fsck();
    }
}

#[test]
fn several_moves_in_one_command_are_one_commit() {
    let scratch = Scratch::new();
    let world = World::on_work(&scratch);
    let commits = world.commits();
    let document = world.wp(&["move", "WP01", "WP02", "WP03", "planned"]);
    assert_eq!(document["data"]["moves"].as_array().unwrap().len(), 3);
    assert_eq!(world.commits(), commits + 1);
    let moves = "{\"wp_id\":\"WP01\",\"to_lane\":\"claimed\",\"actor\":\"ann\"}\n\n\
                 {\"wp_id\":\"WP01\",\"to_lane\":\"doing\"}\n\
                 {\"wp_id\":\"WP02\",\"to_lane\":\"done\",\"force\":true,\"reason\":\"was done before\"}\n";
    let output = with_input(&world, &["wp", "move", "--stdin", "--actor", "ben"], moves);
    let document: Value = serde_json::from_str(&output).unwrap();
    assert_eq!(document["ok"], true, "{document:#}");
    assert_eq!(world.commits(), commits + 2);
    let actors: Vec<Value> = world.rows()[3..]
        .iter()
        .map(|row| row["actor"].clone())
        .collect();
    assert_eq!(actors, ["ann", "ben", "ben"]);
    assert_eq!(world.lane("WP01"), "in_progress");
    assert_eq!(world.lane("WP02"), "done");
    // The rows of one command stand in the order of their times.
    let times: Vec<String> = world.rows().iter().map(|row| text(&row["at"])).collect();
    assert!(times.is_sorted_by(|one, other| one < other), "{times:?}");
    world.is_sound();
}

/// Runs a command with `--json` and something on its standard input.
fn with_input(world: &World, args: &[&str], input: &str) -> String {
    let args = [&["--json"], args].concat();
    let mut command = world
        .project
        .pawtrail
        .command(world.project.repo.path(), &args);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(input.as_bytes())
        .unwrap();
    String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap()
}

#[test]
fn moves_on_standard_input_are_checked_line_by_line() {
    let scratch = Scratch::new();
    let world = World::on_work(&scratch);
    for (input, reason) in [
        ("", "no move"),
        ("{}", "line 1"),
        ("{\"wp_id\":\"WP01\",\"to_lane\":\"nowhere\"}", "no lane"),
        ("\n{\"wp_id\":\"one\",\"to_lane\":\"done\"}", "line 2"),
        ("{\"wp_id\":\"WP01\",\"to_lane\":\"done\",\"why\":1}", "why"),
        (
            "{\"wp_id\":\"WP01\",\"to_lane\":\"done\",\"verdict\":\"fine\"}",
            "verdict",
        ),
    ] {
        let output = with_input(&world, &["wp", "move", "--stdin"], input);
        let document: Value = serde_json::from_str(&output).unwrap();
        let message = text(&document["error"]["message"]);
        assert!(message.contains(reason), "{input}: {message}");
    }
    assert!(world.rows().is_empty());
}

#[test]
fn all_moves_of_a_command_are_made_or_none() {
    let scratch = Scratch::new();
    let world = World::on_work(&scratch);
    world.wp(&["move", "WP01", "planned"]);
    let before = (world.rows(), world.commits());
    let (status, document) = world.try_wp(&["move", "WP02", "WP01", "planned"]);
    assert_eq!(status, 1, "{document:#}");
    assert_eq!(document["error"]["details"]["wp_id"], "WP01");
    assert_eq!((world.rows(), world.commits()), before);
    assert_eq!(world.lane("WP02"), "nowhere");
}

#[test]
fn the_same_key_writes_once_and_gives_the_same_receipt() {
    let scratch = Scratch::new();
    let world = World::on_work(&scratch);
    let line = ["move", "WP01", "WP02", "planned", "--idempotency-key", "k1"];
    let first = world.wp(&line);
    let commits = world.commits();
    let again = world.wp(&line);
    assert_eq!(again["receipt"], first["receipt"]);
    assert_eq!(again["data"], first["data"]);
    assert_eq!(world.commits(), commits);
    assert_eq!(world.rows().len(), 2);
    let (status, document) = world.try_wp(&["move", "WP01", "claimed", "--idempotency-key", "k1"]);
    assert_eq!(
        (status, text(&document["error"]["code"])),
        (5, "IDEMPOTENCY_KEY_REUSED".to_owned())
    );
    let note = ["note", "WP01", "once", "--idempotency-key", "k2"];
    assert_eq!(world.wp(&note)["receipt"], world.wp(&note)["receipt"]);
    assert_eq!(world.rows().len(), 3);
}

#[test]
fn what_cannot_be_committed_now_waits_and_the_next_command_brings_the_snapshot_along() {
    let scratch = Scratch::new();
    let world = World::on_work(&scratch);
    world.wp(&["move", "WP01", "WP02", "planned"]);
    let lock = world.project.repo.common_dir().join("index.lock");
    std::fs::write(&lock, "").unwrap();
    let (status, document) = world.try_wp(&["move", "WP01", "claimed"]);
    assert_eq!(status, 3, "{document:#}");
    assert_eq!(document["error"]["code"], "NOT_COMMITTED_YET");
    let receipt = &document["error"]["details"]["receipt"];
    assert_eq!(receipt["committed"], false);
    // What waits counts: the next move begins where it ended.
    let (status, document) = world.try_wp(&["move", "WP01", "claimed"]);
    assert_eq!(
        (status, text(&document["error"]["code"])),
        (1, "TRANSITION_SAME_LANE".to_owned())
    );
    assert_eq!(world.rows().len(), 2);
    std::fs::remove_file(&lock).unwrap();
    // Any command that writes finishes it.
    world.project.request("What now?");
    assert_eq!(world.ids()[2], text(&receipt["event_id"]));
    assert_eq!(world.lane("WP01"), "claimed");
    world.is_sound();
    let waiting = world.project.status();
    assert_eq!(waiting["spooled"], 1, "the question alone: {waiting:#}");
}

#[test]
fn scenario_2_a_move_to_in_progress_is_committed_and_its_frame_pending_before_the_command_returns()
{
    for on_work in [true, false] {
        let scratch = Scratch::new();
        let world = match on_work {
            true => World::on_work(&scratch),
            false => World::on_main(&scratch),
        };
        world.wp(&["move", "WP01", "planned"]);
        world.wp(&["move", "WP01", "claimed"]);
        let document = world.wp(&["move", "WP01", "in_progress"]);
        let commit = text(&document["receipt"]["commit"]);
        assert_eq!(
            world.project.repo.rev(&world.project.ledger),
            Some(commit.clone())
        );
        assert_eq!(world.project.pending().last(), Some(&commit));
        let state = world.project.state();
        let frames = state["pending_local_commits"].as_array().unwrap();
        let files = frames.last().unwrap()["changed_files"].to_string();
        assert!(
            files.contains("status.events.jsonl") && files.contains("status.json"),
            "{files}"
        );
    }
}

#[test]
fn a_ledger_that_moves_to_another_branch_takes_log_and_snapshot_along() {
    let scratch = Scratch::new();
    let mut world = World::on_main(&scratch);
    world.wp(&["move", "WP01", "WP02", "planned"]);
    world.wp(&["note", "WP01", "before"]);
    let (ids, fold) = (world.ids(), world.fold());
    let repo = world.project.repo.clone();
    repo.git(&["switch", "-q", "-c", "work"]);
    let set = ["mission", "ledger", "payments", "--set", "work"];
    world.project.pawtrail.data(&repo, &set);
    world.project.ledger = "refs/heads/work".to_owned();
    assert_eq!(world.ids(), ids);
    assert_eq!(world.fold(), fold);
    world.is_sound();
    world.wp(&["move", "WP01", "claimed"]);
    assert_eq!(world.ids().len(), ids.len() + 1);
    world.is_sound();
}

#[test]
fn a_damaged_line_is_reported_and_kept() {
    let scratch = Scratch::new();
    let world = World::on_work(&scratch);
    world.wp(&["move", "WP01", "planned"]);
    let path = world.path("status.events.jsonl");
    let file = world.project.repo.read(&path).unwrap();
    world.project.repo.write(&path, format!("{file}{{\"torn\n"));
    let list = world.wp(&["list"]);
    let warnings = list["warnings"].to_string();
    assert!(warnings.contains("line 3"), "{list:#}");
    for words in [
        &["status", "fold"][..],
        &["status", "fold", "--check"],
        &["status", "fold", "--check", "--all"],
    ] {
        let output = world.project.pawtrail.run(&world.project.repo, words);
        assert!(output.stderr.contains("line 3: skipped: "), "{output}");
        assert!(!output.stdout.contains("skipped"), "{output}");
    }
    world.wp(&["move", "WP01", "claimed"]);
    let file = world.project.repo.read(&path).unwrap();
    assert!(file.contains("{\"torn\n"), "{file}");
    assert_eq!(world.rows().len(), 2);
}

#[test]
fn a_courier_is_told_of_moves_like_of_answers() {
    let scratch = Scratch::new();
    let world = World::on_work(&scratch);
    let hub = pawtrail_testkit::Hub::start(&scratch, &world.project.pawtrail);
    world.project.connect(&hub);
    let document = world.wp(&["move", "WP01", "planned"]);
    assert_ne!(document["receipt"]["delivery"], "none");
    eventually("the hub has it", std::time::Duration::from_secs(30), || {
        world.project.status()["pending"] == 0
    });
}
