//! FR-010 to FR-015, NFR-002 and the live half of scenario 2, with a real hub and a real browser.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail like tests"
)]

use std::time::{Duration, Instant};

use pawtrail_testkit::{Browser, Hub, Pawtrail, Repo, Scratch};
use serde_json::Value;

/// A project with a mission, and a second worktree on the mission's branch.
struct Project {
    repo: Repo,
    agent: Repo,
    pawtrail: Pawtrail,
    ledger: String,
    dir: String,
    uuid: String,
}

impl Project {
    fn new(scratch: &Scratch) -> Self {
        let repo = scratch.repo("project");
        let pawtrail = Pawtrail::new(scratch, env!("CARGO_BIN_EXE_pawtrail"));
        let uuid = text(&pawtrail.data(&repo, &["init"])["project_uuid"]);
        repo.git(&["add", "-A"]);
        repo.git(&["commit", "-q", "-m", "Add the project's identity"]);
        let made = pawtrail.data(&repo, &["mission", "create", "payments"]);
        let ledger = text(&made["ledger_ref"]);
        let agent = repo.worktree("agent", ledger.trim_start_matches("refs/heads/"));
        Self {
            repo,
            agent,
            pawtrail,
            ledger,
            dir: text(&made["dir"]),
            uuid,
        }
    }

    fn connect(&self, hub: &Hub) {
        let store = hub.store().to_string_lossy().into_owned();
        let create = [
            "hub",
            "token",
            "create",
            "--project",
            &self.uuid,
            "--store",
            &store,
        ];
        let token = text(&self.pawtrail.data(&self.repo, &create)["token"]);
        self.pawtrail.data(
            &self.repo,
            &["sync", "enable", hub.url(), "--token", &token],
        );
    }

    /// Asks and answers one decision; returns its commit.
    fn decide(&self, question: &str) -> String {
        let ask = ["decision", "request", "--question", question];
        let id = text(&self.pawtrail.data(&self.repo, &ask)["decision_id"]);
        let answered = self
            .pawtrail
            .json(&self.repo, &["decision", "answer", &id, "yes"]);
        text(&answered["receipt"]["commit"])
    }

    /// A commit by plain git on the mission's branch.
    fn commit(&self, name: &str) -> String {
        let path = format!("{}/{name}", self.dir);
        self.agent
            .commit_file(&path, name, &format!("Write {name}"))
    }

    fn status(&self) -> Value {
        self.pawtrail.data(&self.repo, &["sync", "status"])
    }

    /// The frames that wait, as the file has them.
    fn pending(&self) -> Vec<String> {
        let file = self.repo.read(".kittify/sync-state.json").unwrap();
        let state: Value = serde_json::from_str(&file).unwrap();
        state["pending_local_commits"]
            .as_array()
            .unwrap_or_else(|| panic!("no pending frames in {file}"))
            .iter()
            .map(|frame| text(&frame["git_hash"]))
            .collect()
    }

    fn wait_until_acknowledged(&self, limit: Duration) {
        let end = Instant::now() + limit;
        while self.status()["pending"] != 0 {
            assert!(Instant::now() < end, "{:#}", self.status());
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

fn text(value: &Value) -> String {
    value
        .as_str()
        .unwrap_or_else(|| panic!("no text: {value}"))
        .to_owned()
}

#[test]
fn fr_010_and_fr_011_commits_on_mission_branches_that_touch_kitty_specs_wait() {
    let scratch = Scratch::new();
    let project = Project::new(&scratch);
    let before = project.status()["pending"].as_u64().unwrap();
    let mine = project.decide("Which?");
    let plain = project.commit("spec.md");
    project
        .agent
        .commit_file("src/main.txt", "code", "Write code");
    project
        .repo
        .commit_file("notes.txt", "note", "Write a note on main");
    let status = project.status();
    assert_eq!(status["pending"].as_u64(), Some(before + 2), "{status:#}");
    // A command that commits stores what it finds, plain commits included.
    let last = project.decide("And?");
    let pending = project.pending();
    assert_eq!(pending[pending.len() - 3..], [mine, plain, last]);
}

#[test]
fn fr_012_to_fr_015_ten_offline_commits_one_amended_arrive_in_order() {
    let scratch = Scratch::new();
    let project = Project::new(&scratch);
    let hub = Hub::start(&scratch, &project.pawtrail);
    project.connect(&hub);
    project.pawtrail.data(&project.repo, &["sync", "now"]);
    let address = hub.kill();
    let mut made: Vec<String> = (0..10)
        .map(|at| project.commit(&format!("part-{at}.md")))
        .collect();
    assert_eq!(project.status()["pending"], 10);
    project
        .agent
        .git(&["commit", "-q", "--amend", "-m", "Write it better"]);
    made[9] = project.repo.rev(&project.ledger).unwrap();
    assert_eq!(project.status()["pending"], 10);
    let hub = Hub::start_at(&project.pawtrail, scratch.path(), &address);
    project.pawtrail.data(&project.repo, &["sync", "now"]);
    assert_eq!(project.status()["pending"], 0);
    let file = project.repo.read(".kittify/sync-state.json").unwrap();
    let state: Value = serde_json::from_str(&file).unwrap();
    assert_eq!(
        state["last_saas_confirmed_hash"].as_str(),
        Some(made[9].as_str())
    );
    drop(hub);
}

#[test]
fn nfr_002_and_scenario_2_a_commit_is_on_the_board_within_a_second() {
    let scratch = Scratch::new();
    let project = Project::new(&scratch);
    let hub = Hub::start(&scratch, &project.pawtrail);
    project.connect(&hub);
    project.pawtrail.data(&project.repo, &["sync", "now"]);
    let mut browser = Browser::start(&scratch);
    let mut page = browser.open(hub.board_url());
    page.wait_for(
        "document.body.innerText.includes('payments')",
        Duration::from_secs(10),
    );
    for at in 0..3 {
        let commit = project.decide(&format!("Question {at}?"));
        let shown = format!("document.body.innerHTML.includes('{}')", &commit[..7]);
        page.wait_for(&shown, Duration::from_secs(1));
    }
    let plain = project.commit("spec.md");
    let shown = format!("document.body.innerHTML.includes('{}')", &plain[..7]);
    page.wait_for(&shown, Duration::from_secs(1));
    let text = page.text().to_lowercase();
    assert!(text.contains("local only"), "{text}");
    assert_eq!(page.problems(), Vec::<String>::new());
    drop(browser);
    // The session ends unpushed; the board still shows it.
    project.wait_until_acknowledged(Duration::from_secs(5));
    project.pawtrail.data(&project.repo, &["sync", "stop"]);
    let mut browser = Browser::start(&scratch);
    let mut page = browser.open(hub.board_url());
    page.wait_for(&shown, Duration::from_secs(5));
    assert_eq!(page.problems(), Vec::<String>::new());
}

#[test]
fn without_consent_a_commit_reaches_no_hub() {
    let scratch = Scratch::new();
    let project = Project::new(&scratch);
    let hub = Hub::start(&scratch, &project.pawtrail);
    project.decide("Which?");
    let (status, document) = project
        .pawtrail
        .json_in(project.repo.path(), &["sync", "now"]);
    assert_eq!(status, 6, "{document:#}");
    project.connect(&hub);
    project.pawtrail.data(&project.repo, &["sync", "now"]);
    project.pawtrail.data(&project.repo, &["sync", "disable"]);
    project.decide("And now?");
    let status = project.status();
    assert_eq!(status["connection"], "off", "{status:#}");
    assert_eq!(status["pending"], 1, "{status:#}");
}
