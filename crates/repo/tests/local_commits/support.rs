//! A repository that Pawtrail has seen, with one mission on its own branch.

use std::path::PathBuf;
use std::sync::Arc;

use pawtrail_event::CommitHash;
use pawtrail_event::frame::{Announcement, LocalCommitAck};
use pawtrail_repo::{Project, System, sync_state};
use pawtrail_testkit::{Repo, Scratch};

pub(crate) const MISSION: &str = "01KT119YJ5M0V7Q8Z9X2C3D4E5";
pub(crate) const SLUG: &str = "demo-01KT119Y";
pub(crate) const BRANCH: &str = "kitty/mission-demo-01KT119Y";
pub(crate) const REF: &str = "refs/heads/kitty/mission-demo-01KT119Y";
pub(crate) const META: &str = "kitty-specs/demo-01KT119Y/meta.json";

pub(crate) struct Ground {
    pub(crate) repo: Repo,
    pub(crate) scratch: Scratch,
}

impl Ground {
    /// A repository on the mission's branch, whose `meta.json` lies below the floor.
    pub(crate) fn new() -> Self {
        let scratch = Scratch::new();
        let repo = scratch.repo("repo");
        repo.git(&["switch", "-q", "-c", BRANCH]);
        repo.commit_file(META, &meta(MISSION), "Create the mission");
        let ground = Self { repo, scratch };
        sync_state::first_sight(&ground.project()).unwrap();
        ground
    }

    pub(crate) fn project(&self) -> Project {
        project(&self.repo)
    }

    /// Commits a file of the mission that has this name.
    pub(crate) fn spec(&self, name: &str) -> String {
        let path = format!("kitty-specs/{SLUG}/{name}");
        self.repo.commit_file(&path, name, name)
    }

    /// Rewrites the last commit into another one of the same content.
    pub(crate) fn amend(&self, message: &str) -> String {
        self.repo.git(&["commit", "-q", "--amend", "-m", message]);
        self.repo.rev("HEAD").unwrap()
    }

    pub(crate) fn record(&self) -> Vec<Announcement> {
        sync_state::record(&self.project()).unwrap()
    }

    pub(crate) fn acknowledge(&self, commits: &[&str]) {
        sync_state::acknowledge(&self.project(), &acks(commits)).unwrap();
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.repo.path().join(".kittify/sync-state.json")
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&std::fs::read(self.file()).unwrap()).unwrap()
    }

    /// Makes a bare remote `origin`, which has nothing yet.
    pub(crate) fn origin(&self) -> Repo {
        let origin = self.scratch.bare("origin.git");
        let url = origin.path().to_string_lossy().into_owned();
        self.repo.git(&["remote", "add", "origin", &url]);
        origin
    }
}

pub(crate) fn project(repo: &Repo) -> Project {
    Project::discover(repo.path(), Arc::new(System)).unwrap()
}

/// What a hub answers that doesn't count.
pub(crate) fn acks(commits: &[&str]) -> Vec<LocalCommitAck> {
    let hashes = commits
        .iter()
        .map(|hash| hash.parse::<CommitHash>().unwrap());
    hashes.map(LocalCommitAck::from).collect()
}

pub(crate) fn meta(id: &str) -> String {
    format!("{{\"mission_id\": \"{id}\"}}\n")
}

pub(crate) fn hashes(frames: &[Announcement]) -> Vec<String> {
    frames
        .iter()
        .map(|frame| frame.git_hash.to_string())
        .collect()
}

pub(crate) fn superseded(frame: &Announcement) -> Vec<String> {
    frame.supersedes.iter().map(ToString::to_string).collect()
}
