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

/// How far a command came that died after its event was in the spool.
#[test]
fn what_a_dead_command_left_in_the_spool_is_finished_by_the_next_one_or_by_rebuild() {
    for (logged, seeded) in [(false, false), (true, false), (true, true)] {
        let scratch = Scratch::new();
        let project = Project::on_work(&scratch, BINARY);
        let conflict = ask(&project, "gauge");
        let first = resolve(&project, &conflict, "One number");
        let path = format!(
            ".kittify/events/glossary/{}.events.jsonl",
            project.mission_id
        );
        let log = project.repo.read(&path).unwrap();
        let row = log.lines().last().unwrap().to_owned();
        let seed = project.repo.read(SEED).unwrap();
        project.repo.git(&["reset", "-q", "--hard", "HEAD~1"]);
        if !logged {
            project
                .repo
                .write(&path, log.replace(&format!("{row}\n"), ""));
        }
        if seeded {
            // The dead command had written the file, and died before its commit.
            project.repo.write(SEED, &seed);
        }
        let spool = project.repo.common_dir().join("pawtrail/spool");
        let spool = spool
            .join(&project.mission_id)
            .join("glossary.events.jsonl");
        std::fs::write(&spool, format!("{row}\n")).unwrap();
        // A reader sees it already.
        let known = meaning(&project, &project.repo, "gauge");
        assert_eq!(known.unwrap(), "One number");
        assert_eq!(
            project.repo.read(SEED).is_some(),
            seeded,
            "reading writes nothing"
        );
        let observe = ["glossary", "observe", "--term", "something else"];
        project.pawtrail.data(&project.repo, &observe);
        assert_eq!(count(&project, "GlossaryClarificationResolved"), 1);
        let committed = project.repo.read_at("HEAD", SEED).unwrap();
        assert!(committed.contains("One number"), "{logged} {seeded}");
        assert_eq!(project.repo.read(SEED).unwrap(), committed);
        assert_eq!(std::fs::read(&spool).unwrap(), b"");
        let again = resolve(&project, &conflict, "One number");
        assert_eq!(again["receipt"]["event_id"], first["receipt"]["event_id"]);
        assert_agrees(&project, &project.repo);
        assert_eq!(project.repo.status_v2(), "");
    }
}
