//! Consent that is taken back while something is under way: what has begun ends, and nothing else leaves, whoever wakes
//! a courier.

use pawtrail_testkit::{Project, Scratch, eventually};

use crate::consent::{WHILE, provoke, sync_dir};
use crate::ear::{Ear, Manner};
use crate::support::{BINARY, SOON, enable, hooked, moves, spec};

/// How somebody may take it back.
#[derive(Debug, Clone, Copy)]
enum Way {
    Command,
    RecordRemoved,
    TokenOpened,
}

fn take_back(project: &Project, way: Way) {
    let dir = sync_dir(&project.repo);
    match way {
        Way::Command => drop(project.pawtrail.data(&project.repo, &["sync", "disable"])),
        Way::RecordRemoved => std::fs::remove_file(dir.join("consent.json")).unwrap(),
        Way::TokenOpened => open(&dir.join("token")),
    }
}

#[cfg(unix)]
fn open(path: &std::path::Path) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o644)).unwrap();
}

#[cfg(not(unix))]
fn open(path: &std::path::Path) {
    std::fs::remove_file(path).unwrap();
}

#[test]
fn between_two_batches_it_keeps_the_second_at_home() {
    for way in [Way::Command, Way::RecordRemoved, Way::TokenOpened] {
        let scratch = Scratch::new();
        let project = Project::new(&scratch, BINARY);
        let hub = Ear::start(Manner::SmallHub(1));
        moves(&project, "WP01", &["planned", "claimed", "in_progress"]);
        enable(&project, &hub.url(), &[]);
        std::thread::scope(|scope| {
            let held = hub.hold_answers();
            let wake = || {
                project
                    .pawtrail
                    .json_in(project.repo.path(), &["sync", "now"])
            };
            let delivery = scope.spawn(wake);
            eventually("the first batch came", SOON, || {
                hub.heard().bodies.len() == 1
            });
            let before = hub.heard().questions;
            // `disable` waits for the courier, and that for the hub.
            let taking = scope.spawn(|| take_back(&project, way));
            eventually("it is taken back", SOON, || {
                project.status()["connection"] == "off"
            });
            drop(held);
            taking.join().unwrap();
            delivery.join().unwrap();
            eventually("the courier ended", SOON, || scratch.processes().is_empty());
            assert_eq!(hub.heard().questions, before, "{way:?}");
        });
        provoke(&project, "after it was taken back");
        std::thread::sleep(WHILE);
        let heard = hub.heard();
        assert_eq!(heard.bodies.len(), 1, "{way:?}: {:#?}", heard.bodies);
        assert!(project.status()["queued"].as_u64().unwrap() >= 4, "{way:?}");
    }
}

#[test]
fn neither_a_hook_nor_a_command_wakes_anybody_afterwards() {
    for way in [Way::Command, Way::RecordRemoved, Way::TokenOpened] {
        let scratch = Scratch::new();
        let (project, agent) = hooked(&scratch);
        let hub = Ear::hub();
        enable(&project, &hub.url(), &["--from-now"]);
        let last = spec(&project, &agent, "allowed");
        project.wait_until_acknowledged(SOON);
        take_back(&project, way);
        // The courier is there still, or not any more: either way it is woken for nothing.
        spec(&project, &agent, "secret-1");
        project.decide("Secret?");
        eventually("the courier ended", SOON, || scratch.processes().is_empty());
        let before = hub.heard().connections;
        spec(&project, &agent, "secret-2");
        agent.git(&["commit", "-q", "--amend", "-m", "Secret 3"]);
        moves(&project, "WP01", &["planned"]);
        provoke(&project, "a command");
        std::thread::sleep(WHILE);
        let heard = hub.heard();
        assert_eq!(heard.connections, before, "{way:?}");
        assert_eq!(hub.commits(), [last], "{way:?}");
        assert_eq!(heard.bodies, Vec::<String>::new(), "{way:?}");
        assert_eq!(scratch.processes(), Vec::<String>::new(), "{way:?}");
    }
}
