//! Random histories: what is derived equals what `git rev-list` and `git diff-tree` say.

use std::collections::{BTreeMap, BTreeSet};

use pawtrail_event::frame::Announcement;
use pawtrail_repo::sync_state::{self, Rewrite, Rewriter};
use proptest::prelude::*;

use crate::support::{BRANCH, Ground, META, SLUG, hashes};

#[derive(Debug, Clone)]
enum Step {
    Spec(u8),
    Code(u8),
    Amend,
    /// Onto a `main` that moved.
    Rebase,
    /// The last commits become one, as `rebase --autosquash` does it.
    Squash(u8),
    /// From now on the clock shows another time, in hours from the start: less than two days off, or up to ten years.
    Clock(i32),
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
        1 => Just(Step::Rebase),
        1 => (2..4u8).prop_map(Step::Squash),
        1 => (-40..40i32).prop_map(Step::Clock),
        1 => (-90_000..90_000i32).prop_map(Step::Clock),
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

/// All that git said a commit became, one after another. Where another branch kept one on the way, its frame stays
/// the heir, whatever became of the commit elsewhere.
fn became(told: &[(String, String)], old: &str) -> BTreeSet<String> {
    let mut all = BTreeSet::from([old.to_owned()]);
    for (from, to) in told {
        if all.contains(from) {
            all.insert(to.clone());
        }
    }
    all.remove(old);
    all
}

/// A repository with what a test must remember of it.
struct World {
    ground: Ground,
    /// Whether git's hooks are heard.
    hooked: bool,
    /// What the clock shows, in seconds since 1970, if not the time.
    clock: Option<i64>,
    acked: BTreeSet<String>,
    /// Confirmed commits that a deleted branch had. They are forgotten where anybody looked meanwhile, and announced again
    /// where a branch takes them back: the hub knows them.
    forgotten: BTreeSet<String>,
    stored: BTreeSet<String>,
    /// What git said of rewrites, in order, and whether the old commit was known then.
    told: Vec<(String, String)>,
}

impl World {
    fn new(hooked: bool) -> Self {
        let ground = Ground::new();
        ground.origin();
        let hook = ground.repo.common_dir().join("hooks/post-rewrite");
        std::fs::create_dir_all(hook.parent().unwrap()).unwrap();
        let heard = ground.scratch.path().join("heard");
        std::fs::write(
            &hook,
            format!(
                "#!/bin/sh\n{{ echo \"$1\"; cat; }} >> '{}'\n",
                heard.display()
            ),
        )
        .unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            std::fs::set_permissions(&hook, std::fs::Permissions::from_mode(0o755)).unwrap();
        }
        Self {
            ground,
            hooked,
            clock: None,
            acked: BTreeSet::new(),
            forgotten: BTreeSet::new(),
            stored: BTreeSet::new(),
            told: Vec::new(),
        }
    }

    /// Runs git at the time that the clock shows.
    fn git(&self, args: &[&str]) -> bool {
        let mut git = self.ground.repo.env().command("git");
        if let Some(clock) = self.clock {
            let date = format!("{clock} +0000");
            git.env("GIT_COMMITTER_DATE", &date)
                .env("GIT_AUTHOR_DATE", &date);
        }
        git.current_dir(self.ground.repo.path())
            .args(args)
            .output()
            .unwrap()
            .status
            .success()
    }

    fn commit(&self, path: &str) {
        let repo = &self.ground.repo;
        repo.write(path, format!("{}+", repo.read(path).unwrap_or_default()));
        assert!(self.git(&["add", "--", path]) && self.git(&["commit", "-q", "-m", "work"]));
    }

    fn rebase(&self, args: &[&str]) {
        let args = [&["rebase", "-q", "-X", "theirs"], args].concat();
        let mut git = self.ground.repo.env().command("git");
        git.env("GIT_SEQUENCE_EDITOR", ":").env("GIT_EDITOR", ":");
        let done = git
            .current_dir(self.ground.repo.path())
            .args(args)
            .output()
            .unwrap();
        if !done.status.success() {
            self.ground.repo.try_git(&["rebase", "--abort"]);
        }
    }

    /// Does what our hooks do after a step of git.
    fn hear(&mut self, merged: bool) {
        let path = self.ground.scratch.path().join("heard");
        let heard = std::fs::read_to_string(&path).unwrap_or_default();
        std::fs::remove_file(&path).ok();
        if !self.hooked {
            return;
        }
        let project = self.ground.project();
        sync_state::committed(&project).unwrap();
        if merged {
            sync_state::merged(&project).unwrap();
        }
        let mut by = None;
        let mut rewrites = Vec::new();
        // A rebase amends on its way, where no branch is; at its end it tells of all.
        let rebased = heard.lines().any(|line| line == "rebase");
        for line in heard.lines() {
            match line {
                "amend" => by = (!rebased).then_some(Rewriter::Amend),
                "rebase" => by = Some(Rewriter::Rebase),
                pair if by.is_some() => {
                    let (old, new) = pair.split_once(' ').unwrap();
                    self.told.push((old.to_owned(), new.to_owned()));
                    rewrites.push(Rewrite {
                        old: old.parse().unwrap(),
                        new: new.parse().unwrap(),
                    });
                }
                _ => {}
            }
        }
        if let Some(by) = by {
            sync_state::rewritten(&project, by, &rewrites).unwrap();
        }
        self.stored = hashes(&sync_state::pending(&project).unwrap())
            .into_iter()
            .collect();
    }
}

fn run(world: &mut World, step: &Step) {
    let repo = world.ground.repo.clone();
    let current = repo.git(&["branch", "--show-current"]).trim().to_owned();
    match step {
        Step::Spec(at) => world.commit(&format!("kitty-specs/{SLUG}/{at}.md")),
        Step::Code(at) => world.commit(&format!("src/{at}.rs")),
        Step::Amend => {
            let message = format!("amended {}", repo.rev("HEAD").unwrap());
            assert!(world.git(&["commit", "-q", "--amend", "--allow-empty", "-m", &message]));
        }
        Step::Rebase => {
            repo.git(&["switch", "-q", "main"]);
            world.commit("src/main.rs");
            repo.git(&["switch", "-q", &current]);
            world.rebase(&["main"]);
        }
        Step::Squash(count) => {
            let base = format!("HEAD~{count}");
            if repo.read_at(&base, META).is_some() {
                let target = repo.rev(&format!("HEAD~{}", count - 1)).unwrap();
                world.git(&["commit", "-q", "--allow-empty", "--fixup", &target]);
                world.rebase(&["-i", "--autosquash", &base]);
            }
        }
        Step::Clock(hours) => {
            world.clock = Some(1_780_000_000 + i64::from(*hours) * 3_600);
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
            let left = repo.git(&["rev-list", "--branches=kitty/mission-*", "--remotes"]);
            let left: BTreeSet<&str> = left.lines().collect();
            let gone: Vec<String> = world
                .acked
                .extract_if(.., |commit| !left.contains(commit.as_str()))
                .collect();
            world.forgotten.extend(gone);
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
            let pending = world.ground.record();
            if !pending.is_empty() {
                let hash = pending[usize::from(*at) % pending.len()].git_hash.clone();
                world.acked.insert(hash.to_string());
                world.forgotten.remove(hash.as_str());
                let project = world.ground.project();
                sync_state::acknowledge(&project, &[hash.into()]).unwrap();
                world.stored = hashes(&sync_state::pending(&project).unwrap())
                    .into_iter()
                    .collect();
            }
        }
        Step::Record => {
            world.stored = hashes(&world.ground.record()).into_iter().collect();
        }
        Step::Forget => {
            if world.ground.file().exists() {
                std::fs::remove_file(world.ground.file()).unwrap();
            }
            world.acked.clear();
            world.forgotten.clear();
            world.stored.clear();
            // What git told stood in the file alone.
            world.told.clear();
        }
    }
}

/// How many histories are tried; more where somebody asks for them.
fn cases() -> u32 {
    let asked = std::env::var("PAWTRAIL_HISTORIES");
    asked.ok().and_then(|text| text.parse().ok()).unwrap_or(24)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn derived_frames_equal_gits_own_answer(steps in steps(), hooked in any::<bool>()) {
        let mut world = World::new(hooked);
        let start = world.ground.repo.rev("HEAD").unwrap();
        let mut pushed: BTreeSet<String> = BTreeSet::new();
        for step in &steps {
            run(&mut world, step);
            world.hear(matches!(step, Step::Merge(_)));
            if matches!(step, Step::Push) {
                let now = world.ground.repo.git(&["rev-list", "--remotes"]);
                pushed.extend(now.lines().map(str::to_owned));
            }
        }
        let World { ground, acked, forgotten, stored, told, .. } = world;
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
            } else if listed.contains_key(commit) || !(pushed.contains(commit) || forgotten.contains(commit)) {
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
        // A commit is replaced by one frame at most, and by the one that git said it became.
        let mut heirs: BTreeMap<String, String> = BTreeMap::new();
        for frame in &frames {
            for old in &frame.supersedes {
                let other = heirs.insert(old.to_string(), frame.git_hash.to_string());
                prop_assert_eq!(other, None, "{} is replaced twice", old);
            }
        }
        for (old, _) in &told {
            let all = became(&told, old);
            // Git may have told of it after another branch had it again: then who came close stands for it.
            if let Some(heir) = heirs.get(old).filter(|_| all.iter().any(|new| listed.contains_key(new))) {
                prop_assert!(all.contains(heir), "{} of {}, told {:?}", heir, old, told);
            }
        }
        // And nothing that waited and is reached is missing.
        for commit in stored.iter().filter(|commit| reached.contains(commit.as_str())) {
            prop_assert!(listed.contains_key(commit), "lost: {}", commit);
        }
    }
}
