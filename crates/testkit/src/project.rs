//! A project with one mission, made by the real binary: what most end-to-end tests begin with.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::hub::Hub;
use crate::pawtrail::Pawtrail;
use crate::repo::Repo;
use crate::scratch::Scratch;

/// A repository with an identity and the mission `payments`.
#[derive(Debug)]
pub struct Project {
    /// The primary checkout.
    pub repo: Repo,
    /// The program.
    pub pawtrail: Pawtrail,
    /// The project's UUID.
    pub uuid: String,
    /// The mission's id.
    pub mission_id: String,
    /// The full name of its ledger branch.
    pub ledger: String,
    /// The mission's directory, relative to the repository root.
    pub dir: String,
    /// Its decision file.
    pub path: String,
}

impl Project {
    /// Makes a project with `main` checked out, so that the ledger branch is checked out nowhere.
    #[track_caller]
    pub fn new(scratch: &Scratch, binary: impl AsRef<Path>) -> Self {
        Self::in_repo(scratch.repo("project"), Pawtrail::new(scratch, binary))
    }

    /// Makes a project whose primary checkout has the unprotected branch `work`, which so becomes
    /// the ledger branch.
    #[track_caller]
    pub fn on_work(scratch: &Scratch, binary: impl AsRef<Path>) -> Self {
        let repo = scratch.repo("project");
        repo.git(&["switch", "-q", "-c", "work"]);
        Self::in_repo(repo, Pawtrail::new(scratch, binary))
    }

    /// Gives a repository an identity, which is committed, and the mission.
    #[track_caller]
    pub fn in_repo(repo: Repo, pawtrail: Pawtrail) -> Self {
        let uuid = text(&pawtrail.data(&repo, &["init"])["project_uuid"]);
        repo.git(&["add", "-A"]);
        repo.git(&["commit", "-q", "-m", "Add the project's identity"]);
        let made = pawtrail.data(&repo, &["mission", "create", "payments"]);
        let dir = text(&made["dir"]);
        Self {
            uuid,
            mission_id: text(&made["mission_id"]),
            ledger: text(&made["ledger_ref"]),
            path: format!("{dir}/decisions.events.jsonl"),
            dir,
            repo,
            pawtrail,
        }
    }

    /// Returns the ledger branch's short name.
    pub fn branch(&self) -> &str {
        self.ledger.trim_start_matches("refs/heads/")
    }

    /// Asks for a decision of the mission; returns its id.
    #[track_caller]
    pub fn request(&self, question: &str) -> String {
        let ask = [
            "decision",
            "request",
            "--mission",
            &self.mission_id,
            "--question",
            question,
        ];
        text(&self.pawtrail.data(&self.repo, &ask)["decision_id"])
    }

    /// Runs a write that must succeed; returns its receipt.
    #[track_caller]
    pub fn receipt(&self, args: &[&str]) -> Value {
        let (status, mut document) = self.pawtrail.json_in(self.repo.path(), args);
        assert_eq!(status, 0, "{args:?}: {document:#}");
        document["receipt"].take()
    }

    /// Answers a decision; returns the receipt.
    #[track_caller]
    pub fn answer(&self, id: &str, answer: &str) -> Value {
        self.receipt(&["decision", "answer", id, answer])
    }

    /// Asks and answers one decision; returns its commit.
    #[track_caller]
    pub fn decide(&self, question: &str) -> String {
        let id = self.request(question);
        text(&self.answer(&id, "yes")["commit"])
    }

    /// Returns the rows of the mission's decision file in git, which must all be whole.
    #[track_caller]
    pub fn rows(&self) -> Vec<Value> {
        rows(
            &self
                .repo
                .read_at(&self.ledger, &self.path)
                .unwrap_or_default(),
        )
    }

    /// Returns all that must stay as it was in a checkout: status, index, stash, HEAD by name and
    /// by commit, and the content of what differs.
    #[track_caller]
    pub fn checkout(&self) -> Vec<String> {
        let repo = &self.repo;
        vec![
            repo.status_v2(),
            repo.index_entries(),
            repo.stash_list(),
            repo.try_git(&["symbolic-ref", "HEAD"]).stdout,
            repo.git(&["rev-parse", "HEAD"]),
            repo.git(&["diff", "--cached"]),
            repo.git(&["diff"]),
        ]
    }

    /// Returns the name of the engine that commits to the ledger branch.
    #[track_caller]
    pub fn engine(&self) -> String {
        let ask = ["where", &self.mission_id];
        text(&self.pawtrail.data(&self.repo, &ask)["placement"]["engine"])
    }

    /// Makes a token on the hub and allows this project to send to it.
    #[track_caller]
    pub fn connect(&self, hub: &Hub) {
        self.connect_by(hub, hub.url());
    }

    /// Does the same for a hub that is reached by another address.
    #[track_caller]
    pub fn connect_by(&self, hub: &Hub, url: &str) {
        let token = hub.token(&self.pawtrail, &self.uuid);
        let enable = ["sync", "enable", url, "--token", &token];
        self.pawtrail.data(&self.repo, &enable);
    }

    /// Returns what `sync status` says.
    #[track_caller]
    pub fn status(&self) -> Value {
        self.pawtrail.data(&self.repo, &["sync", "status"])
    }

    /// Returns the state file.
    #[track_caller]
    pub fn state(&self) -> Value {
        let file = self.repo.read(".kittify/sync-state.json");
        let file = file.expect("a state file");
        serde_json::from_str(&file).unwrap_or_else(|error| panic!("{error}: {file}"))
    }

    /// Returns the commits whose frames wait, as the state file has them.
    #[track_caller]
    pub fn pending(&self) -> Vec<String> {
        let state = self.state();
        let frames = state["pending_local_commits"].as_array();
        let frames = frames.unwrap_or_else(|| panic!("no pending frames in {state:#}"));
        frames
            .iter()
            .map(|frame| text(&frame["git_hash"]))
            .collect()
    }

    /// Waits until no frame waits any more.
    #[track_caller]
    pub fn wait_until_acknowledged(&self, limit: Duration) {
        eventually("everything is acknowledged", limit, || {
            self.status()["pending"] == 0
        });
    }
}

/// Returns a JSON text's content.
#[track_caller]
pub fn text(value: &Value) -> String {
    match value.as_str() {
        Some(text) => text.to_owned(),
        None => panic!("no text: {value}"),
    }
}

/// Reads the lines of an event file, which must all be whole.
#[track_caller]
pub fn rows(file: &str) -> Vec<Value> {
    assert!(
        file.is_empty() || file.ends_with('\n'),
        "a torn line: {file}"
    );
    file.lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect()
}

/// Waits for what must come.
#[track_caller]
pub fn eventually(what: &str, limit: Duration, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + limit;
    while !holds() {
        assert!(Instant::now() < end, "not within {limit:?}: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
