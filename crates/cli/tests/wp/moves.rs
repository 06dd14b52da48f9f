//! Moves and annotations: one commit with log and snapshot, all or nothing, refusals, retries, waiting rows.

use std::io::Write as _;
use std::process::Stdio;

use pawtrail_testkit::{Scratch, eventually, text};
use serde_json::{Value, json};

use crate::support::{World, task_file};

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
fn work_packages_that_are_written_down_are_seeded_once() {
    let scratch = Scratch::new();
    let world = World::on_work(&scratch);
    let repo = &world.project.repo;
    let drafts = repo.path().join("drafts");
    task_file(&drafts, "WP01", "Take payments", &["T001", "T002"]);
    task_file(&drafts, "WP02", "Give back", &[]);
    let create = ["mission", "create", "refunds", "--tasks", "drafts"];
    let commits = world.commits();
    let made = world.project.pawtrail.data(repo, &create);
    assert_eq!(made["work_packages"], json!(["WP01", "WP02"]));
    assert_eq!(world.commits(), commits + 1);
    let dir = text(&made["dir"]);
    let files = repo.git(&["show", "--format=", "--name-only", "HEAD"]);
    let expected = [
        "meta.json",
        "status.events.jsonl",
        "status.json",
        "tasks/WP01-work.md",
        "tasks/WP02-work.md",
    ];
    let expected: Vec<String> = expected
        .iter()
        .map(|file| format!("{dir}/{file}"))
        .collect();
    assert_eq!(files.lines().collect::<Vec<_>>(), expected);
    let slug = text(&made["mission_slug"]);
    let on_board = |wp_id: &str| {
        let data = world
            .project
            .pawtrail
            .data(repo, &["wp", "list", "--mission", &slug]);
        let packages = data["work_packages"].as_array().unwrap().clone();
        packages
            .into_iter()
            .find(|package| package["wp_id"] == wp_id)
            .unwrap()
    };
    assert_eq!(on_board("WP01")["lane"], "planned");
    assert_eq!(
        on_board("WP01")["subtasks"],
        json!({"T001": "planned", "T002": "planned"})
    );
    // One that comes later stands at genesis until it is seeded.
    task_file(&repo.path().join(&dir).join("tasks"), "WP03", "Report", &[]);
    assert_eq!(on_board("WP03")["lane"], "genesis");
    let seed = ["wp", "seed", "--mission", &slug];
    assert_eq!(
        world.project.pawtrail.data(repo, &seed)["seeded"],
        json!(["WP03"])
    );
    assert_eq!(on_board("WP03")["lane"], "planned");
    let commits = world.commits();
    assert_eq!(
        world.project.pawtrail.data(repo, &seed)["seeded"],
        json!([])
    );
    assert_eq!(world.commits(), commits);
    let show = world
        .project
        .pawtrail
        .run(repo, &["mission", "show", &slug])
        .expect_status(0);
    assert!(show.stdout.contains("3: 3 planned"), "{show}");
    assert!(show.stdout.contains("WP03"), "{show}");
    // A file that can't be understood keeps the mission from being created.
    std::fs::write(drafts.join("WP09-x.md"), "# no front matter\n").unwrap();
    let (status, document) = world.project.pawtrail.json_in(
        repo.path(),
        &["mission", "create", "more", "--tasks", "drafts"],
    );
    assert_eq!(
        (status, text(&document["error"]["code"])),
        (1, "FILE_DAMAGED".to_owned())
    );
}

#[test]
fn a_draft_directory_of_the_slug_gives_the_mission_its_packages() {
    let scratch = Scratch::new();
    let world = World::on_main(&scratch);
    let repo = &world.project.repo;
    task_file(
        &repo.path().join("kitty-specs/search/tasks"),
        "WP01",
        "Index",
        &[],
    );
    let made = world
        .project
        .pawtrail
        .data(repo, &["mission", "create", "search"]);
    assert_eq!(made["work_packages"], json!(["WP01"]));
    let path = format!("{}/tasks/WP01-work.md", text(&made["dir"]));
    assert!(repo.read_at(&text(&made["ledger_ref"]), &path).is_some());
}

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

#[test]
fn many_agents_at_once_lose_no_row() {
    const AGENTS: usize = 6;
    let scratch = Scratch::new();
    let world = World::on_work(&scratch);
    let written: Vec<String> = std::thread::scope(|scope| {
        let agents: Vec<_> = (1..=AGENTS)
            .map(|agent| {
                let world = &world;
                scope.spawn(move || {
                    let wp_id = format!("WP{agent:02}");
                    [
                        "planned",
                        "claimed",
                        "in_progress",
                        "for_review",
                        "in_review",
                    ]
                    .map(|lane| text(&world.wp(&["move", &wp_id, lane])["receipt"]["event_id"]))
                })
            })
            .collect();
        agents
            .into_iter()
            .flat_map(|agent| agent.join().unwrap())
            .collect()
    });
    let ids = world.ids();
    assert_eq!(ids.len(), written.len());
    assert!(written.iter().all(|id| ids.contains(id)));
    world.is_sound();
    assert_eq!(world.project.repo.status_v2(), "");
}

#[test]
fn two_agents_that_claim_the_same_package_get_one_claim() {
    let scratch = Scratch::new();
    let world = World::on_main(&scratch);
    world.wp(&["move", "WP01", "planned"]);
    let codes: Vec<i32> = std::thread::scope(|scope| {
        let agents: Vec<_> = ["ann", "ben", "cleo"]
            .map(|name| {
                let world = &world;
                scope.spawn(move || {
                    world
                        .try_wp(&["move", "WP01", "claimed", "--actor", name])
                        .0
                })
            })
            .into_iter()
            .collect();
        agents
            .into_iter()
            .map(|agent| agent.join().unwrap())
            .collect()
    });
    assert_eq!(
        codes.iter().filter(|code| **code == 0).count(),
        1,
        "{codes:?}"
    );
    assert_eq!(
        codes.iter().filter(|code| **code == 1).count(),
        2,
        "{codes:?}"
    );
    assert_eq!(world.rows().len(), 2);
}

#[test]
fn a_clock_that_is_behind_moves_a_package_all_the_same() {
    let scratch = Scratch::new();
    let world = World::on_work(&scratch);
    let path = world.path("status.events.jsonl");
    for (wp_id, at) in [
        ("WP01", "2099-01-01T00:00:00Z"),
        ("WP02", "2099-01-01T00:00:00.5+02:00"),
    ] {
        world.wp(&["move", wp_id, "planned"]);
        let file = world.project.repo.read(&path).unwrap();
        let mut last: Value = serde_json::from_str(file.lines().last().unwrap()).unwrap();
        last["event_id"] = json!(format!(
            "01M824BEX8CHSZRHXEMHEY{}",
            &format!("{wp_id}ZZ")[2..6]
        ));
        last["from_lane"] = json!("planned");
        last["to_lane"] = json!("blocked");
        last["at"] = json!(at);
        world.project.repo.write(&path, format!("{file}{last}\n"));
        world.wp(&["move", wp_id, "in_progress"]);
        assert_eq!(world.lane(wp_id), "in_progress");
    }
    world.is_sound();
}

#[test]
fn the_right_order_of_times_is_a_setting() {
    let scratch = Scratch::new();
    let world = World::on_work(&scratch);
    world.wp(&["move", "WP01", "planned"]);
    let path = world.path("status.events.jsonl");
    let file = world.project.repo.read(&path).unwrap();
    let row: Value = serde_json::from_str(file.lines().last().unwrap()).unwrap();
    let later = |id: &str, at: &str, lane: &str| {
        let mut row = row.clone();
        row["event_id"] = json!(id);
        row["at"] = json!(at);
        row["to_lane"] = json!(lane);
        row
    };
    let one = later(
        "01M824BEX8CHSZRHXEMHEY1FB1",
        "2099-01-01T00:00:00Z",
        "claimed",
    );
    let two = later(
        "01M824BEX8CHSZRHXEMHEY1FB2",
        "2099-01-01T00:00:00.900000+00:00",
        "blocked",
    );
    world
        .project
        .repo
        .write(&path, format!("{file}{one}\n{two}\n"));
    assert_eq!(world.lane("WP01"), "claimed");
    let config = world.project.repo.read(".kittify/config.yaml").unwrap();
    world.project.repo.write(
        ".kittify/config.yaml",
        format!("{config}status:\n  order: instant\n"),
    );
    assert_eq!(world.lane("WP01"), "blocked");
    let fold = ["status", "fold", "--order", "python"];
    let data = world.project.pawtrail.data(&world.project.repo, &fold);
    assert_eq!(data["work_packages"]["WP01"]["lane"], "claimed");
    world.project.repo.write(
        ".kittify/config.yaml",
        format!("{config}status:\n  order: random\n"),
    );
    let (status, document) = world.try_wp(&["list"]);
    assert_eq!(
        (status, text(&document["error"]["code"])),
        (1, "FILE_DAMAGED".to_owned())
    );
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

#[test]
fn a_courier_is_told_of_moves_like_of_answers() {
    let scratch = Scratch::new();
    let world = World::on_work(&scratch);
    let hub = pawtrail_testkit::Hub::start(&scratch, &world.project.pawtrail);
    world.project.connect(&hub);
    let document = world.wp(&["move", "WP01", "planned"]);
    assert_ne!(document["receipt"]["delivery"], "none");
    eventually("the hub has it", std::time::Duration::from_secs(20), || {
        world.project.status()["pending"] == 0
    });
}
