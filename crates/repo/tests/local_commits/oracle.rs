//! Random histories: what is derived equals what `git rev-list` and `git diff-tree` say.

use std::collections::{BTreeMap, BTreeSet};

use pawtrail_event::frame::Announcement;
use pawtrail_repo::sync_state;
use proptest::prelude::*;

use crate::support::{BRANCH, Ground, META, SLUG, hashes};

#[derive(Debug, Clone)]
enum Step {
    Spec(u8),
    Code(u8),
    Amend,
    Reset(u8),
    Branch(u8),
    Switch(u8),
    Delete(u8),
    Merge(u8),
    Push,
    Ack(u8),
    Record,
    Forget,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => (0..6u8).prop_map(Step::Spec),
        2 => (0..3u8).prop_map(Step::Code),
        2 => Just(Step::Amend),
        1 => (1..4u8).prop_map(Step::Reset),
        2 => (0..4u8).prop_map(Step::Branch),
        2 => (0..4u8).prop_map(Step::Switch),
        1 => (0..4u8).prop_map(Step::Delete),
        2 => (0..4u8).prop_map(Step::Merge),
        1 => Just(Step::Push),
        2 => any::<u8>().prop_map(Step::Ack),
        4 => Just(Step::Record),
        1 => Just(Step::Forget),
    ];
    proptest::collection::vec(step, 1..28)
}

/// Two lanes, a branch of another mission, and one of none.
fn name(at: u8) -> String {
    match at {
        0 => BRANCH.to_owned(),
        1 => format!("{BRANCH}-lane-a"),
        2 => "kitty/mission-other".to_owned(),
        _ => "topic".to_owned(),
    }
}

/// What the rules ask for, by git's own words: each commit with its paths.
fn expected(ground: &Ground, start: &str) -> BTreeMap<String, Vec<String>> {
    let repo = &ground.repo;
    let list = repo.git(&[
        "rev-list",
        "--parents",
        "--branches=kitty/mission-*",
        "--not",
        "--remotes",
        start,
        "main",
    ]);
    let mut found = BTreeMap::new();
    for line in list.lines() {
        let mut words = line.split(' ');
        let commit = words.next().unwrap().to_owned();
        let parents: Vec<&str> = words.collect();
        let mut paths = Vec::new();
        for (at, parent) in parents.iter().enumerate() {
            let diff = repo.git(&[
                "diff-tree",
                "-r",
                "-z",
                "--no-renames",
                "--name-only",
                parent,
                &commit,
                "--",
                "kitty-specs",
            ]);
            let changed: Vec<String> = diff
                .split('\0')
                .filter(|path| !path.is_empty())
                .map(str::to_owned)
                .collect();
            if changed.is_empty() {
                paths.clear();
                break;
            }
            if at == 0 {
                paths = changed;
            }
        }
        if !paths.is_empty() {
            paths.sort();
            found.insert(commit, paths);
        }
    }
    found
}

fn in_ancestry_order(ground: &Ground, frames: &[Announcement]) {
    let order = hashes(frames);
    for (at, frame) in order.iter().enumerate() {
        let reached = ground.repo.git(&["rev-list", frame]);
        let reached: BTreeSet<&str> = reached.lines().collect();
        for later in &order[at + 1..] {
            assert!(
                !reached.contains(later.as_str()),
                "{later} comes before {frame}"
            );
        }
    }
}

fn run(ground: &Ground, step: &Step, acked: &mut BTreeSet<String>, stored: &mut BTreeSet<String>) {
    let repo = &ground.repo;
    let current = repo.git(&["branch", "--show-current"]).trim().to_owned();
    match step {
        Step::Spec(at) => {
            let path = format!("kitty-specs/{SLUG}/{at}.md");
            let text = format!("{}+", repo.read(&path).unwrap_or_default());
            repo.commit_file(&path, &text, "spec");
        }
        Step::Code(at) => {
            let path = format!("src/{at}.rs");
            let text = format!("{}+", repo.read(&path).unwrap_or_default());
            repo.commit_file(&path, &text, "code");
        }
        Step::Amend => {
            let message = format!("amended {}", repo.rev("HEAD").unwrap());
            repo.git(&["commit", "-q", "--amend", "--allow-empty", "-m", &message]);
        }
        Step::Reset(count) => {
            // Without its `meta.json` nobody could name the mission.
            let target = format!("HEAD~{count}");
            if repo.read_at(&target, META).is_some() {
                repo.git(&["reset", "-q", "--hard", &target]);
            }
        }
        Step::Branch(at) => {
            repo.try_git(&["switch", "-q", "-c", &name(*at)]);
        }
        Step::Switch(at) => {
            repo.try_git(&["switch", "-q", &name(*at)]);
        }
        Step::Delete(at) if name(*at) != current => {
            repo.try_git(&["branch", "-q", "-D", &name(*at)]);
        }
        Step::Delete(_) => {}
        Step::Merge(at) => {
            let merged = repo.try_git(&[
                "merge",
                "-q",
                "--no-ff",
                "-X",
                "ours",
                "-m",
                "merge",
                &name(*at),
            ]);
            if merged.status != 0 {
                repo.try_git(&["merge", "--abort"]);
            }
        }
        Step::Push => {
            repo.git(&["push", "-q", "--force", "origin", &current]);
        }
        Step::Ack(at) => {
            let pending = ground.record();
            if !pending.is_empty() {
                let hash = pending[usize::from(*at) % pending.len()].git_hash.clone();
                acked.insert(hash.to_string());
                sync_state::acknowledge(&ground.project(), &[hash]).unwrap();
                *stored = hashes(&sync_state::pending(&ground.project()).unwrap())
                    .into_iter()
                    .collect();
            }
        }
        Step::Record => {
            *stored = hashes(&ground.record()).into_iter().collect();
        }
        Step::Forget => {
            if ground.file().exists() {
                std::fs::remove_file(ground.file()).unwrap();
            }
            acked.clear();
            stored.clear();
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn derived_frames_equal_gits_own_answer(steps in steps()) {
        let ground = Ground::new();
        ground.origin();
        let start = ground.repo.rev("HEAD").unwrap();
        let (mut acked, mut stored) = (BTreeSet::new(), BTreeSet::new());
        let mut pushed: BTreeSet<String> = BTreeSet::new();
        for step in &steps {
            run(&ground, step, &mut acked, &mut stored);
            if matches!(step, Step::Push) {
                let now = ground.repo.git(&["rev-list", "--remotes"]);
                pushed.extend(now.lines().map(str::to_owned));
            }
        }
        let shown = sync_state::pending(&ground.project()).unwrap();
        let frames = ground.record();
        prop_assert_eq!(hashes(&shown), hashes(&frames));
        in_ancestry_order(&ground, &frames);
        let expected = expected(&ground, &start);
        let listed: BTreeMap<String, Vec<String>> = frames
            .iter()
            .map(|frame| (frame.git_hash.to_string(), frame.changed_files.clone()))
            .collect();
        prop_assert_eq!(listed.len(), frames.len(), "a frame twice");
        // Local and unconfirmed: each has its frame, with git's paths.
        for (commit, paths) in &expected {
            if acked.contains(commit) {
                prop_assert!(!listed.contains_key(commit), "confirmed and yet waiting: {}", commit);
            } else if listed.contains_key(commit) || !pushed.contains(commit) {
                // What a remote had once needs no frame, though the remote was overwritten since.
                prop_assert_eq!(listed.get(commit), Some(paths), "{}", commit);
            }
        }
        // Anything else waited already when it was pushed, and is still reached.
        let reached = ground.repo.git(&["rev-list", "--branches=kitty/mission-*", "--remotes"]);
        let reached: BTreeSet<&str> = reached.lines().collect();
        for commit in listed.keys().filter(|commit| !expected.contains_key(*commit)) {
            prop_assert!(stored.contains(commit) && reached.contains(commit.as_str()), "{}", commit);
        }
        // And nothing that waited and is reached is missing.
        for commit in stored.iter().filter(|commit| reached.contains(commit.as_str())) {
            prop_assert!(listed.contains_key(commit), "lost: {}", commit);
        }
    }
}
