//! Several agents that move work packages at the same time.

use pawtrail_testkit::{Scratch, text};

use crate::support::World;

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
