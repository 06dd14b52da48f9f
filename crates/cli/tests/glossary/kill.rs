//! FR-021 with SIGKILL: right after a resolution was reported, and at random moments before.

use std::hash::{BuildHasher, RandomState};
use std::io::Read;
use std::time::{Duration, Instant};

use pawtrail_testkit::{Project, Scratch};

use crate::support::{BINARY, SEED, ask, assert_agrees, count, meaning, resolve};

#[test]
fn fr_021_a_resolution_survives_a_kill_right_after_it_was_reported() {
    for protected in [false, true] {
        let scratch = Scratch::new();
        let project = if protected {
            Project::new(&scratch, BINARY)
        } else {
            Project::on_work(&scratch, BINARY)
        };
        for turn in 0..5 {
            let conflict = ask(&project, &format!("term {turn}"));
            let definition = format!("meaning {turn}");
            let args = [
                "--json",
                "glossary",
                "resolve",
                &conflict,
                "--definition",
                &definition,
            ];
            let mut running = project.pawtrail.spawn(&project.repo, &args);
            let mut first = [0];
            running
                .child()
                .stdout
                .as_mut()
                .unwrap()
                .read_exact(&mut first)
                .unwrap();
            drop(running.kill());
            assert_eq!(first, *b"{");
            assert!(
                project.repo.read(SEED).unwrap().contains(&definition),
                "{turn}"
            );
            assert!(
                project
                    .repo
                    .read_at(&project.ledger, SEED)
                    .unwrap()
                    .contains(&definition),
                "{turn}"
            );
            assert_eq!(count(&project, "GlossaryClarificationResolved"), turn + 1);
        }
        assert_agrees(&project, &project.repo);
    }
}

#[test]
fn a_resolution_that_was_killed_on_the_way_is_whole_after_the_next_command_or_never_was() {
    let seed = std::env::var("PAWTRAIL_TEST_SEED").map_or_else(
        |_| RandomState::new().hash_one(0),
        |seed| seed.parse().unwrap(),
    );
    let scratch = Scratch::new();
    let project = Project::on_work(&scratch, BINARY);
    let warm = ask(&project, "warm");
    let started = Instant::now();
    resolve(&project, &warm, "up");
    let whole = started.elapsed();
    let (mut done, mut never) = (0, 0);
    for turn in 0_u64..25 {
        let conflict = ask(&project, &format!("term {turn}"));
        let definition = format!("meaning {turn}");
        let args = [
            "glossary",
            "resolve",
            &conflict,
            "--definition",
            &definition,
        ];
        let running = project.pawtrail.spawn(&project.repo, &args);
        let wait = RandomState::new().hash_one(seed.wrapping_add(turn)) % 1_000;
        std::thread::sleep(
            whole
                .mul_f64(wait as f64 / 1_000.0)
                .max(Duration::from_micros(100)),
        );
        drop(running.kill());
        let recorded = count(&project, "GlossaryClarificationResolved");
        // Any command that writes finishes what is recorded.
        project
            .pawtrail
            .data(&project.repo, &["glossary", "observe", "--term", "next"]);
        let listed = meaning(&project, &project.repo, &format!("term {turn}"));
        let committed = project.repo.read_at("HEAD", SEED).unwrap();
        match listed {
            Some(found) => {
                assert_eq!(found, definition, "turn {turn}, seed {seed}");
                assert!(
                    committed.contains(&definition),
                    "turn {turn}, seed {seed}: {committed}"
                );
                done += 1;
            }
            None => {
                assert!(!committed.contains(&definition), "turn {turn}, seed {seed}");
                assert!(
                    recorded <= done + 1,
                    "a row without a seed: turn {turn}, seed {seed}"
                );
                never += 1;
            }
        }
        assert_agrees(&project, &project.repo);
        assert_eq!(project.repo.status_v2(), "", "turn {turn}, seed {seed}");
    }
    assert!(done + never == 25);
    project.repo.fsck();
}
