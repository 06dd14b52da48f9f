//! Work packages that come from files: with a new mission, or seeded later.

use pawtrail_testkit::{Scratch, text};
use serde_json::json;

use crate::support::{World, task_file};

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
