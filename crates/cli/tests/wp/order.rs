//! The order of rows in time: clocks that are behind, and the setting for times of unlike forms.

use pawtrail_testkit::{Scratch, text};
use serde_json::{Value, json};

use crate::support::World;

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
