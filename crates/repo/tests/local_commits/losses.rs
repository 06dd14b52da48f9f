//! Random lives of a clone beside a hub that is emptied, set back and answered for badly: in the end it has each local
//! commit, in ancestry order, and shows none that was amended away.

use std::collections::{BTreeMap, BTreeSet};

use pawtrail_event::frame::{Announcement, LocalCommitAck, Snapshot};
use pawtrail_repo::sync_state;
use pawtrail_testkit::{Dice, Repo};

use crate::heal::says;
use crate::support::{BRANCH, Ground, SLUG, hashes, project};

/// What a hub keeps.
#[derive(Clone, Default)]
struct Store {
    commits: Vec<String>,
    /// What became of a commit.
    replaced: BTreeMap<String, String>,
    last: BTreeMap<String, (String, u64)>,
    /// Made with it.
    name: usize,
}

impl Store {
    /// Takes a frame; returns how many of its build came with it.
    fn take(&mut self, frame: &Announcement) -> u64 {
        let hash = frame.git_hash.to_string();
        for old in &frame.supersedes {
            self.replaced.insert(old.to_string(), hash.clone());
        }
        let build = frame.build_id.to_string();
        let count = self.last.get(&build).map_or(1, |(_, count)| count + 1);
        self.last.insert(build, (hash.clone(), count));
        if !self.commits.contains(&hash) {
            self.commits.push(hash);
        }
        count
    }

    /// What it says of itself.
    fn snapshot(&self) -> Snapshot {
        let builds: Vec<(&str, &str)> = self
            .last
            .iter()
            .map(|(build, (last, _))| (&**build, &**last))
            .collect();
        let mut said = says(&builds);
        let counts = self.last.values().map(|(_, count)| *count);
        for (build, count) in said.builds.iter_mut().flatten().zip(counts) {
            build.frames = Some(count);
        }
        said.store = Some(self.name.to_string());
        said
    }
}

struct Life {
    ground: Ground,
    /// The primary checkout and two worktrees: three builds, three branches.
    checkouts: Vec<Repo>,
    hub: Store,
    backup: Store,
    start: String,
    made: usize,
    losses: usize,
}

impl Life {
    fn new() -> Self {
        let ground = Ground::new();
        ground.origin();
        let start = ground.repo.rev("HEAD").unwrap();
        let lane = |name: &str| ground.repo.worktree(name, &format!("{BRANCH}-{name}"));
        let checkouts = vec![ground.repo.clone(), lane("lane-a"), lane("lane-b")];
        Self {
            checkouts,
            hub: Store::default(),
            backup: Store::default(),
            start,
            made: 0,
            losses: 0,
            ground,
        }
    }

    fn commit(&mut self, at: usize) {
        self.made += 1;
        let path = format!("kitty-specs/{SLUG}/{}.md", self.made);
        self.checkouts[at].commit_file(&path, "text", "work");
    }

    fn amend(&mut self, at: usize) {
        let checkout = &self.checkouts[at];
        let head = checkout.rev("HEAD").unwrap();
        // What another branch or the remote has too stays.
        let holders = checkout.git(&["branch", "-a", "--contains", &head]);
        if head != self.start && holders.lines().count() == 1 {
            // Recorded before it goes, as our hooks do it.
            sync_state::record(&project(checkout)).unwrap();
            self.made += 1;
            let message = format!("amended {}", self.made);
            checkout.git(&["commit", "-q", "--amend", "-m", &message]);
            sync_state::record(&project(checkout)).unwrap();
        }
    }

    /// One connection: the hub says what it has, gets so many frames, and so many of its answers are noted.
    fn connect(&mut self, at: usize, frames: usize, answers: usize) {
        let project = project(&self.checkouts[at]);
        sync_state::reconcile(&project, &self.hub.snapshot()).unwrap();
        let pending = sync_state::record(&project).unwrap();
        let mut noted = Vec::new();
        for (at, frame) in pending.iter().take(frames).enumerate() {
            let count = self.hub.take(frame);
            if at < answers {
                noted.push(LocalCommitAck {
                    frames: Some(count),
                    ..frame.git_hash.clone().into()
                });
            }
        }
        sync_state::acknowledge(&project, &noted).unwrap();
    }

    fn step(&mut self, dice: &mut Dice) {
        let at = usize::try_from(dice.below(3)).unwrap();
        let some = |dice: &mut Dice| usize::try_from(dice.below(6)).unwrap();
        match dice.below(20) {
            0..7 => self.commit(at),
            7..9 => self.amend(at),
            9..14 => {
                let (frames, answers) = (some(dice), some(dice));
                self.connect(at, frames, answers);
            }
            14..16 => self.backup = self.hub.clone(),
            16..18 => {
                self.losses += 1;
                self.hub = self.backup.clone();
            }
            18 => {
                self.losses += 1;
                self.hub = Store {
                    name: self.losses,
                    ..Store::default()
                };
            }
            _ => {
                sync_state::record(&project(&self.checkouts[at])).unwrap();
            }
        }
    }

    fn judge(&mut self, seed: u64) {
        self.connect(0, usize::MAX, usize::MAX);
        let waits = sync_state::pending(&self.ground.project()).unwrap();
        assert!(waits.is_empty(), "seed {seed}: {:?}", hashes(&waits));
        let repo = &self.ground.repo;
        let lines =
            |args: &[&str]| -> Vec<String> { repo.git(args).lines().map(str::to_owned).collect() };
        let local = lines(&[
            "rev-list",
            "--branches=kitty/mission-*",
            "--not",
            &self.start,
        ]);
        let kept: Vec<&String> = self
            .hub
            .commits
            .iter()
            .filter(|hash| local.contains(hash))
            .collect();
        assert_eq!(kept.len(), local.len(), "seed {seed}: all of them");
        for checkout in &self.checkouts {
            let branch = checkout.git(&[
                "rev-list",
                "--reverse",
                "--topo-order",
                "HEAD",
                "--not",
                &self.start,
            ]);
            let wanted: Vec<&str> = branch.lines().collect();
            let of: BTreeSet<&str> = wanted.iter().copied().collect();
            let came: Vec<&str> = kept
                .iter()
                .map(|hash| hash.as_str())
                .filter(|hash| of.contains(hash))
                .collect();
            assert_eq!(came, wanted, "seed {seed}: in ancestry order");
        }
        for old in self.hub.commits.iter().filter(|hash| !local.contains(hash)) {
            let mut at = old;
            for _ in 0..self.made {
                match self.hub.replaced.get(at) {
                    Some(new) => at = new,
                    None => break,
                }
            }
            assert!(
                local.contains(at),
                "seed {seed}: {old} was amended away, and is shown"
            );
        }
        // From now on nothing goes twice.
        let before = self.ground.json();
        self.connect(0, usize::MAX, usize::MAX);
        assert_eq!(self.ground.json(), before, "seed {seed}: both agree");
    }
}

#[test]
fn a_hub_that_loses_what_it_had_has_all_of_it_in_the_end() {
    let asked = std::env::var("PAWTRAIL_HISTORIES");
    let seeds: u64 = asked.ok().and_then(|text| text.parse().ok()).unwrap_or(12);
    let mut losses = 0;
    for seed in 0..seeds {
        let mut dice = Dice::new(seed);
        let mut life = Life::new();
        for _ in 0..30 {
            life.step(&mut dice);
        }
        life.judge(seed);
        losses += life.losses;
    }
    assert!(losses as u64 > seeds, "{losses} losses");
}
