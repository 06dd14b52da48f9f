//! SIGKILL of writer, uploader and hub at random moments: nothing is lost, nothing is applied twice.

use std::collections::BTreeMap;
use std::time::Duration;

use pawtrail_testkit::{Hub, Project, Running, text};

use crate::{committed, project, stored};

/// How many processes are killed, unless the environment asks for more.
const KILLS: usize = 20;
/// Rounds on one clone; then a new one begins.
const ROUNDS: usize = 6;

/// One step of splitmix64.
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed ^ (mixed >> 27)
}

fn kills() -> usize {
    let asked = std::env::var("PAWTRAIL_TEST_KILLS").ok();
    asked.and_then(|text| text.parse().ok()).unwrap_or(KILLS)
}

/// Starts moving a package; the command may be killed.
fn mover(project: &Project, wp: &str, lane: &str) -> Running {
    let mission = &project.mission_id;
    let args = [
        "wp",
        "move",
        wp,
        lane,
        "--mission",
        mission,
        "--actor",
        "agent",
    ];
    project.pawtrail.spawn(&project.repo, &args)
}

fn rest(random: &mut u64, most_ms: u64) {
    std::thread::sleep(Duration::from_millis(next(random) % most_ms));
}

#[test]
fn killed_at_any_moment_each_event_is_applied_once() {
    let (mut killed, mut seed) = (0, 0);
    while killed < kills() {
        let mut random: u64 = seed;
        let (scratch, project) = project();
        let mut hub = Hub::start(&scratch, &project.pawtrail);
        project.connect(&hub);
        for round in 0..ROUNDS {
            project.pawtrail.run(&project.repo, &["sync", "stop"]);
            let wp = format!("WP{round:02}");
            mover(&project, &wp, "planned").finish(Duration::from_secs(60));
            project.pawtrail.run(&project.repo, &["sync", "stop"]);
            let courier = project.pawtrail.spawn(&project.repo, &["sync", "run"]);
            let writer = mover(&project, &wp, "claimed");
            rest(&mut random, 250);
            match next(&mut random) % 3 {
                0 => {
                    courier.kill();
                    killed += 1;
                }
                1 => {
                    let address = hub.kill();
                    rest(&mut random, 50);
                    hub = Hub::start_at(&project.pawtrail, scratch.path(), &address);
                    rest(&mut random, 50);
                    courier.kill();
                    killed += 2;
                }
                _ => {
                    writer.kill();
                    rest(&mut random, 50);
                    courier.kill();
                    killed += 2;
                    continue;
                }
            }
            let mut writer = writer;
            writer.finish(Duration::from_secs(60));
        }
        // The next command finishes what a killed one had only recorded.
        mover(&project, "WP99", "planned").finish(Duration::from_secs(60));
        let now = project.pawtrail.data(&project.repo, &["sync", "now"]);
        assert_eq!(text(&now["connection"]), "live", "seed {seed}");
        let committed = committed(&project);
        assert!(committed.len() > ROUNDS, "seed {seed}");
        assert_eq!(stored(hub.store()), committed, "seed {seed}");
        // What the hub made of them: each package in the lane where git has it.
        assert_eq!(lanes(&hub), lanes_in_git(&project), "seed {seed}");
        seed += 1;
    }
    println!("{killed} processes killed on {seed} clones");
}

/// The lanes on the hub's board: package and lane.
fn lanes(hub: &Hub) -> Vec<(String, String)> {
    let db = rusqlite::Connection::open(hub.store()).unwrap();
    let mut statement = db
        .prepare("SELECT wp_id, lane FROM lanes ORDER BY wp_id")
        .unwrap();
    let rows = statement
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap();
    rows.map(Result::unwrap).collect()
}

/// The same from git: the last row of each package counts.
fn lanes_in_git(project: &Project) -> Vec<(String, String)> {
    let path = format!("{}/status.events.jsonl", project.dir);
    let log = project.repo.read_at(&project.ledger, &path).unwrap();
    let moves = pawtrail_testkit::rows(&log)
        .into_iter()
        .filter(|row| row["to_lane"].is_string())
        .map(|row| (text(&row["wp_id"]), text(&row["to_lane"])));
    moves.collect::<BTreeMap<_, _>>().into_iter().collect()
}
