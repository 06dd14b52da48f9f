//! What begins is told: a project, a mission and its work packages, in the logs, in the queue and at the hub.

use pawtrail_testkit::{Hub, Scratch, SpecKitty, rows, text};
use serde_json::{Value, json};

use crate::support::{World, task_file};

/// The rows of one type in a mission's log on the ledger branch.
fn of_type(world: &World, dir: &str, event_type: &str) -> Vec<Value> {
    let path = format!("{dir}/status.events.jsonl");
    let file = world.project.repo.read_at(&world.project.ledger, &path);
    let mut rows = rows(&file.unwrap());
    rows.retain(|row| row["event_type"] == event_type);
    rows
}

#[track_caller]
fn is_valid(python: &mut SpecKitty, row: &Value) {
    let request = json!({"event_type": row["event_type"], "payload": row["payload"]});
    let answer = python.must("validate", request);
    assert_eq!(answer["valid"], true, "{row:#}: {answer}");
}

#[test]
fn a_new_project_has_one_row_in_its_own_log_and_a_later_init_adds_none() {
    let scratch = Scratch::new();
    let world = World::on_work(&scratch);
    let repo = &world.project.repo;
    let path = ".kittify/canonical-events.jsonl";
    let log = repo.read(path).unwrap();
    let row = &rows(&log)[0];
    assert_eq!(row["event_type"], "ProjectInitialized");
    assert_eq!(row["aggregate_id"], world.project.uuid);
    is_valid(&mut SpecKitty::start(&scratch), row);
    let again = world.project.pawtrail.data(repo, &["init"]);
    assert_eq!(again["created"], json!([]));
    assert_eq!(repo.read(path).unwrap(), log);
    // A clone has the file, and tells the same event.
    let theirs = scratch.clone_of(repo, "theirs");
    world.project.pawtrail.data(&theirs, &["init"]);
    assert_eq!(theirs.read(path).unwrap(), log);
    for clone in [repo, &theirs] {
        let listed = world.project.pawtrail.data(clone, &["queue", "list"]);
        assert_eq!(listed["events"][0]["event_id"], row["event_id"]);
        assert_eq!(listed["events"][0]["state"], "waiting", "{listed:#}");
    }
}

#[test]
fn a_mission_and_its_packages_are_told_once_and_reach_the_hub() {
    let scratch = Scratch::new();
    let world = World::on_work(&scratch);
    let (repo, pawtrail) = (&world.project.repo, &world.project.pawtrail);
    let mut python = SpecKitty::start(&scratch);
    let drafts = repo.path().join("drafts");
    task_file(&drafts, "WP01", "Take payments", &["T001"]);
    task_file(&drafts, "WP02", "Give back", &[]);
    let made = pawtrail.data(repo, &["mission", "create", "refunds", "--tasks", "drafts"]);
    let (dir, slug) = (text(&made["dir"]), text(&made["mission_slug"]));
    let created = of_type(&world, &dir, "MissionCreated");
    assert_eq!(created.len(), 1);
    let row = &created[0];
    assert_eq!(row["aggregate_id"], made["mission_id"]);
    let meta: Value =
        serde_json::from_str(&repo.read(&format!("{dir}/meta.json")).unwrap()).unwrap();
    for name in [
        "created_at",
        "friendly_name",
        "mission_slug",
        "mission_type",
        "target_branch",
    ] {
        assert_eq!(row["payload"][name], meta[name], "{name}");
    }
    // The Python tool asks for that: each package has a row of its own.
    assert_eq!(row["payload"]["wp_count"], 0);
    is_valid(&mut python, row);

    let titles = |world: &World| -> Vec<(String, String)> {
        let rows = of_type(world, &dir, "WPCreated");
        let pair = |row: &Value| {
            (
                text(&row["payload"]["wp_id"]),
                text(&row["payload"]["wp_title"]),
            )
        };
        rows.iter().map(pair).collect()
    };
    let pair = |id: &str, title: &str| (id.to_owned(), title.to_owned());
    let first = [pair("WP01", "Take payments"), pair("WP02", "Give back")];
    assert_eq!(titles(&world), first);
    // One that comes later is told when it is seeded; one that the Python tool told isn't told again.
    let tasks = repo.path().join(&dir).join("tasks");
    task_file(&tasks, "WP03", "Report", &[]);
    task_file(&tasks, "WP04", "Close", &[]);
    let told = json!({"dir": repo.path().join(&dir), "wp_id": "WP04", "title": "Close", "path": "x", "actor": "weaver"});
    python.must("wp_created", told);
    for _ in 0..2 {
        pawtrail.data(
            repo,
            &["wp", "seed", "--mission", &slug, "--actor", "robin"],
        );
        let all = of_type(&world, &dir, "WPCreated");
        let ids: Vec<&Value> = all.iter().map(|row| &row["payload"]["wp_id"]).collect();
        assert_eq!(ids.len(), 4, "{ids:?}");
        for row in &all {
            is_valid(&mut python, row);
        }
    }
    let report = of_type(&world, &dir, "WPCreated")
        .into_iter()
        .find(|row| row["payload"]["wp_id"] == "WP03")
        .unwrap();
    assert_eq!(report["payload"]["actor"], "robin");
    assert_eq!(
        report["payload"]["wp_path"],
        format!("{dir}/tasks/WP03-work.md")
    );

    let listed = pawtrail.data(repo, &["queue", "list", "--limit", "1000"]);
    assert_eq!(listed["set_aside"], 0, "{listed:#}");
    let queued = listed["queued"].as_u64().unwrap();
    let hub = Hub::start(&scratch, pawtrail);
    world.project.connect(&hub);
    let now = pawtrail.data(repo, &["sync", "now"]);
    assert_eq!(now["uploaded"].as_u64(), Some(queued), "{now:#}");
    let db = rusqlite::Connection::open(hub.store()).unwrap();
    for (event_type, expected) in [
        ("ProjectInitialized", 1),
        // The mission of this test's project, and the one that was made here.
        ("MissionCreated", 2),
        ("WPCreated", 4),
        ("WPStatusChanged", 4),
    ] {
        let count = "SELECT count(*) FROM events WHERE event_type = ?1";
        let found: i64 = db.query_row(count, [event_type], |row| row.get(0)).unwrap();
        assert_eq!(found, expected, "{event_type}");
    }
}
