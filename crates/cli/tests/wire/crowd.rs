//! Twenty processes commit at once while the courier is stopped, killed and started again.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use pawtrail_testkit::{Dice, Hub, Project, Scratch};
use serde_json::Value;

use crate::BINARY;
use crate::support::{judge, size};

const WRITERS: usize = 20;

#[test]
fn twenty_writers_beside_a_courier_that_is_restarted_lose_no_frame() {
    let each = usize::try_from(size("PAWTRAIL_WIRE_ANSWERS", 3)).unwrap();
    let scratch = Scratch::new();
    let project = Project::new(&scratch, BINARY);
    let hub = Hub::start(&scratch, &project.pawtrail);
    project.connect(&hub);
    let decisions: Vec<Vec<String>> = (0..WRITERS)
        .map(|writer| {
            let ask = |at| project.request(&format!("Question {at} of {writer}?"));
            (0..each).map(ask).collect()
        })
        .collect();
    let file = project.repo.path().join(".kittify/sync-state.json");
    let done = AtomicBool::new(false);
    let (reads, restarts) = (AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        let watcher = scope.spawn(|| {
            while !done.load(Ordering::SeqCst) {
                // Absent before the first commit, and else whole: it is replaced, never written in place.
                if let Ok(text) = std::fs::read(&file) {
                    let state: Value = serde_json::from_slice(&text).unwrap_or_else(|error| {
                        panic!("{error}: {}", String::from_utf8_lossy(&text))
                    });
                    assert!(state["pending_local_commits"].is_array(), "{state:#}");
                    reads.fetch_add(1, Ordering::SeqCst);
                }
            }
        });
        let restarter = scope.spawn(|| {
            let mut dice = Dice::new(20);
            while !done.load(Ordering::SeqCst) {
                std::thread::sleep(Duration::from_millis(dice.below(200)));
                let ended = if dice.below(2) == 0 {
                    scratch.kill_couriers() > 0
                } else {
                    let stopped = project.pawtrail.data(&project.repo, &["sync", "stop"]);
                    stopped["was_running"] == true
                };
                restarts.fetch_add(usize::from(ended), Ordering::SeqCst);
            }
        });
        let writers: Vec<_> = decisions
            .iter()
            .map(|mine| {
                let project = &project;
                scope.spawn(move || {
                    for id in mine {
                        let receipt = project.answer(id, "yes");
                        assert_eq!(receipt["committed"], true, "{receipt:#}");
                    }
                })
            })
            .collect();
        let ended: Vec<_> = writers
            .into_iter()
            .map(std::thread::ScopedJoinHandle::join)
            .collect();
        done.store(true, Ordering::SeqCst);
        watcher.join().unwrap();
        restarter.join().unwrap();
        for writer in ended {
            writer.unwrap();
        }
    });
    let now = project
        .pawtrail
        .data(&project.repo, &["sync", "now", "--timeout", "120"]);
    assert_eq!(now["pending"], 0, "{now:#}");
    judge(&project, hub.store(), &[&project.ledger], "twenty writers");
    let rows = project.rows();
    let answers = rows
        .iter()
        .filter(|row| row["event_type"] == "DecisionInputAnswered");
    assert_eq!(answers.count(), WRITERS * each);
    let (reads, restarts) = (reads.into_inner(), restarts.into_inner());
    println!("{reads} readings of the file, {restarts} ends of a courier");
    assert!(reads >= 50, "{reads} readings");
    assert!(restarts >= 2, "{restarts} ends of a courier");
}
