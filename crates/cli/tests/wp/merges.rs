//! Branches that moved different and the same packages, merged by git with the real binary as its driver.

use std::path::Path;

use pawtrail_event::merge;
use pawtrail_event::status::{self, Log, MissionIdentity, Order};
use pawtrail_testkit::{Project, Repo, Scratch, rows, text};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::{BINARY, World};

/// Runs git with the binary where git finds its drivers.
fn git_with_driver(repo: &Repo, args: &[&str]) {
    let mut dirs = vec![Path::new(BINARY).parent().unwrap().to_owned()];
    dirs.extend(std::env::split_paths(
        &std::env::var_os("PATH").unwrap_or_default(),
    ));
    let output = repo
        .env()
        .command("git")
        .env("PATH", std::env::join_paths(dirs).unwrap())
        .env("GIT_EDITOR", "true")
        .current_dir(repo.path())
        .args(args)
        .output()
        .unwrap();
    let said =
        [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
    assert!(output.status.success(), "{args:?}: {said:?}");
}

/// A clone that has the same mission.
fn clone(scratch: &Scratch, world: &World, name: &str) -> Project {
    let repo = scratch.clone_of(&world.project.repo, name);
    // A remote's default branch would be protected.
    repo.git(&["remote", "set-head", "origin", "--delete"]);
    world.project.pawtrail.data(&repo, &["init"]);
    Project {
        repo,
        pawtrail: pawtrail_testkit::Pawtrail::new(scratch, BINARY),
        uuid: world.project.uuid.clone(),
        mission_id: world.project.mission_id.clone(),
        ledger: world.project.ledger.clone(),
        dir: world.project.dir.clone(),
        path: world.project.path.clone(),
    }
}

#[test]
fn branches_that_moved_different_and_the_same_packages_merge_to_one_snapshot_from_either_side() {
    for rebase in [false, true] {
        let scratch = Scratch::new();
        let world = World::on_work(&scratch);
        world.wp(&["move", "WP01", "WP02", "WP03", "planned"]);
        let theirs = World {
            project: clone(&scratch, &world, "theirs"),
        };
        let mut written = world.ids();
        for (side, own) in [(&world, "WP01"), (&theirs, "WP02")] {
            for args in [
                ["move", own, "claimed"],
                ["move", "WP03", "claimed"],
                ["note", "WP03", own],
            ] {
                written.push(text(&side.wp(&args)["receipt"]["event_id"]));
            }
        }
        // Each side takes the other's branch.
        let (ours, their) = (world.project.repo.clone(), theirs.project.repo.clone());
        let here = ours.path().to_string_lossy().into_owned();
        let there = their.path().to_string_lossy().into_owned();
        their.git(&["branch", "before", "work"]);
        let take = |repo: &Repo, from: &str, branch: &str| {
            repo.git(&["fetch", "-q", from, branch]);
            if rebase {
                git_with_driver(repo, &["rebase", "-q", "FETCH_HEAD"]);
            } else {
                git_with_driver(repo, &["merge", "-q", "--no-edit", "FETCH_HEAD"]);
            }
        };
        take(&their, &here, "work");
        take(&ours, &there, "before");
        for side in [&world, &theirs] {
            let ids = side.ids();
            assert_eq!(ids.len(), written.len(), "rebase: {rebase}");
            assert!(written.iter().all(|id| ids.contains(id)));
            side.is_sound();
        }
        assert_eq!(world.fold(), theirs.fold());
        assert_eq!(world.lane("WP01"), "claimed");
        assert_eq!(theirs.lane("WP01"), "claimed");
    }
}

/// Rows that two branches may have: transitions and annotations of few packages at few times.
fn row() -> impl Strategy<Value = Value> {
    let lanes = [
        "planned",
        "claimed",
        "in_progress",
        "for_review",
        "blocked",
        "done",
    ];
    let at = prop_oneof![
        (0..4_u8).prop_map(|second| format!("2026-06-01T08:00:0{second}+00:00")),
        (0..4_u8).prop_map(|second| format!("2026-06-01T08:00:0{second}Z")),
    ];
    (1..4_u8, 0..6_usize, 0..6_usize, at, any::<bool>()).prop_map(move |(wp, from, to, at, note)| {
        let wp_id = format!("WP0{wp}");
        if note {
            json!({"kind": "annotation", "wp_id": wp_id, "at": at, "actor": "a",
                   "delta": {"note": format!("{from}{to}")}})
        } else {
            json!({"wp_id": wp_id, "from_lane": lanes[from], "to_lane": lanes[to], "at": at, "actor": "a",
                   "force": false, "execution_mode": "worktree", "mission_slug": "m"})
        }
    })
}

fn file(rows: &[Value], from: usize) -> String {
    rows.iter()
        .enumerate()
        .map(|(at, row)| {
            let mut row = row.clone();
            row["event_id"] = json!(format!("01M824BEX8CHSZRHXEMH{:06}", from + at));
            pawtrail_event::json::log(&row)
        })
        .collect()
}

proptest! {
    #[test]
    fn whatever_two_branches_wrote_every_row_is_kept_and_either_side_folds_to_the_same(
        base in prop::collection::vec(row(), 0..6),
        ours in prop::collection::vec(row(), 0..8),
        theirs in prop::collection::vec(row(), 0..8),
    ) {
        let base_file = file(&base, 0);
        let our_file = format!("{base_file}{}", file(&ours, 1_000));
        let their_file = format!("{base_file}{}", file(&theirs, 2_000));
        let merged = [(&our_file, &their_file), (&their_file, &our_file)].map(|(one, other)| {
            let merged = merge::merge(base_file.as_bytes(), one.as_bytes(), other.as_bytes());
            assert!(merged.conflicts.is_empty());
            merged.content
        });
        for content in &merged {
            let text = std::str::from_utf8(content).unwrap();
            prop_assert_eq!(rows(text).len(), base.len() + ours.len() + theirs.len());
        }
        let identity = MissionIdentity::default();
        for order in [Order::Python, Order::Instant] {
            let [one, other] = [&merged[0], &merged[1]]
                .map(|content| status::reduce(&Log::read(content), &identity, order).to_json());
            prop_assert_eq!(one, other);
        }
    }
}
