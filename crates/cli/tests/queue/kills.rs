//! SIGKILL of uploader and hub at random moments: nothing is lost, nothing is applied twice.

use std::time::Duration;

use pawtrail_testkit::{Hub, text};

use crate::{committed, project, start_work, stored};

/// One step of splitmix64.
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed ^ (mixed >> 27)
}

#[test]
fn killed_at_any_moment_each_event_is_applied_once() {
    for seed in 0..3 {
        let mut random: u64 = seed;
        let (scratch, project) = project();
        let mut hub = Hub::start(&scratch, &project.pawtrail);
        project.connect(&hub);
        project.pawtrail.run(&project.repo, &["sync", "stop"]);
        for round in 0..4 {
            start_work(&project, &format!("WP{round:02}"));
            project.pawtrail.run(&project.repo, &["sync", "stop"]);
            let courier = project.pawtrail.spawn(&project.repo, &["sync", "run"]);
            std::thread::sleep(Duration::from_millis(next(&mut random) % 250));
            if next(&mut random).is_multiple_of(2) {
                courier.kill();
                let address = hub.kill();
                hub = Hub::start_at(&project.pawtrail, scratch.path(), &address);
            } else {
                let address = hub.kill();
                std::thread::sleep(Duration::from_millis(next(&mut random) % 50));
                courier.kill();
                hub = Hub::start_at(&project.pawtrail, scratch.path(), &address);
            }
        }
        let now = project.pawtrail.data(&project.repo, &["sync", "now"]);
        assert_eq!(text(&now["connection"]), "live", "seed {seed}");
        assert_eq!(stored(hub.store()), committed(&project), "seed {seed}");
        assert_eq!(committed(&project).len(), 12);
    }
}
