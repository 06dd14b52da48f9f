//! A hub in Python that was written from the contract accepts our courier, whatever the contract lets it do.

use std::time::Duration;

use pawtrail_testkit::{Peer, Project, Scratch, eventually, files_below, text};
use serde_json::{Value, json};

use crate::BINARY;

const HUB: &str = include_str!("hub.py");
const SOON: Duration = Duration::from_secs(30);
const TOKEN: &str = "a-token-nobody-may-see-0123456789";

/// A project that may send to a hub in Python, with so many commits that wait.
struct Site {
    project: Project,
    hub: Peer,
    commits: Vec<String>,
    scratch: Scratch,
}

impl Site {
    fn new(commits: usize, plan: &Value) -> Self {
        let scratch = Scratch::new();
        let project = Project::new(&scratch, BINARY);
        let mut plan = plan.clone();
        plan["project"] = json!(project.uuid);
        if plan["snapshot"].is_null() {
            plan["snapshot"] = json!({ "type": "snapshot" });
        }
        let hub = Peer::start(&scratch, HUB, &[&plan.to_string()]);
        let port = hub.wait_for("listening", 1, SOON)[0]["port"].clone();
        let url = format!("http://127.0.0.1:{port}");
        let enable = ["sync", "enable", &url, "--token", TOKEN, "--from-now"];
        // The mission's first commit is no part of what is counted.
        let enabled = project.pawtrail.data(&project.repo, &enable);
        assert_eq!(enabled["pending"], 0);
        let agent = project.repo.worktree("agent", project.branch());
        let commits = (0..commits)
            .map(|at| {
                // By plain git: nobody is told, and nothing runs yet that would look.
                let path = format!("{}/part-{at}.md", project.dir);
                agent.commit_file(&path, "part\n", "Write a part")
            })
            .collect();
        Self {
            project,
            hub,
            commits,
            scratch,
        }
    }

    fn start(&self) -> Value {
        self.start_for("30")
    }

    fn start_for(&self, seconds: &str) -> Value {
        let now = ["sync", "now", "--timeout", seconds];
        let repo = &self.project.repo;
        let (_, document) = self.project.pawtrail.json_in(repo.path(), &now);
        document
    }

    /// The same as [`Self::frames`], once so many are told: the hub tells of a frame before it answers it, and is heard
    /// when this process gets to it.
    fn came(&self, count: usize) -> Vec<String> {
        eventually("they are told", SOON, || self.frames().len() >= count);
        self.frames()
    }

    /// The commits that came, in order, each with what the contract has against its frame.
    fn frames(&self) -> Vec<String> {
        let told = self.hub.told("frame");
        let frames = told.iter().map(|event| {
            assert_eq!(event["wrong"], json!([]), "{event:#}");
            serde_json::from_str::<Value>(&text(&event["text"])).unwrap()
        });
        frames
            .filter(|frame| frame["type"] == "LocalCommit")
            .map(|frame| text(&frame["git_hash"]))
            .collect()
    }

    fn noted(&self) {
        eventually("nothing waits", SOON, || self.project.pending().is_empty());
    }
}

#[test]
fn a_hub_that_says_the_least_is_served() {
    let site = Site::new(5, &json!({}));
    let done = site.start();
    assert_eq!(done["data"]["pending"], 0, "{done:#}");
    assert_eq!(site.came(5), site.commits);
    let handshakes = site.hub.told("handshake");
    assert_eq!(handshakes.len(), 1, "{handshakes:#?}");
    let (path, headers) = (&handshakes[0]["path"], &handshakes[0]["headers"]);
    assert_eq!(path, "/api/v1/ws");
    assert_eq!(headers["authorization"], json!([format!("Bearer {TOKEN}")]));
    assert_eq!(headers["x-pawtrail-protocol"], json!(["1"]));
    assert_eq!(headers["sec-websocket-version"], json!(["13"]));
    assert!(headers["origin"].is_null(), "{headers:#}");
    // Live, on the same connection.
    let live = site.project.decide("Which?");
    site.noted();
    assert_eq!(site.came(6), [site.commits.clone(), vec![live]].concat());
    assert_eq!(site.hub.told("handshake").len(), 1);
    assert_eq!(site.project.status()["connection"], "live");
    // The token is in no file but its own.
    let state = site.project.repo.common_dir().join("pawtrail");
    let holds = |content: &[u8]| String::from_utf8_lossy(content).contains(TOKEN);
    for (path, content) in files_below(&state) {
        assert_eq!(holds(&content), path.ends_with("sync/token"), "{path:?}");
    }
    for (path, content) in files_below(&site.scratch.path().join("home")) {
        assert!(!holds(&content), "{path:?}");
    }
}

#[test]
fn what_a_later_hub_may_say_and_what_nobody_should_say_changes_nothing() {
    let unknown = "f".repeat(40);
    let build = "01KT119YA7GD2Y0D7MZRH5JSS4";
    let snapshot = json!({
        "type": "snapshot", "protocol": 1, "later": { "a": [1] },
        "builds": [{ "build_id": build, "last_acknowledged": unknown, "later": true }],
    });
    let first = json!([
        { "type": "ping", "timestamp": "2026-06-01T07:55:08.123Z" },
        { "type": "CommitPushed", "git_hash": unknown },
        { "type": "LocalCommitAck", "git_hash": unknown, "status": "accepted" },
        { "type": "LocalCommitAck", "git_hash": 7 },
        { "type": "error", "code": "BUSY", "message": "m", "retryable": true },
        { "type": "error", "code": "NO", "message": "m", "retryable": false, "git_hash": unknown },
        "{", "[]", "null", "7", "",
        { "type": "snapshot" },
        { "type": "ping", "timestamp": "2026-06-01T07:55:09Z", "later": 1 },
    ]);
    // Answers come late, backwards and twice.
    let plan = json!({ "snapshot": snapshot, "first": first, "ping": true, "hold": 4, "times": 2 });
    let site = Site::new(8, &plan);
    let done = site.start();
    assert_eq!(done["data"]["pending"], 0, "{done:#}");
    assert_eq!(site.came(8), site.commits);
    let pongs = || {
        let told = site.hub.told("frame");
        let pongs = told
            .iter()
            .filter(|event| text(&event["text"]).contains("pong"));
        pongs.count()
    };
    eventually("both pings are answered", SOON, || pongs() >= 2);
    assert_eq!(pongs(), 2);
    assert_eq!(
        site.hub.wait_for("pong below the frames", 1, SOON),
        [json!({ "event": "pong below the frames", "came": true })]
    );
    assert_eq!(site.hub.told("handshake").len(), 1);
    assert_eq!(site.aside(), []);
}

impl Site {
    /// What was set aside since the consent, which set aside all that was there: with the code of each.
    fn aside(&self) -> Vec<(Value, Value)> {
        let set_aside = self.project.state()["set_aside"].clone();
        let all = set_aside.as_array().unwrap().iter();
        all.filter(|entry| entry["code"] != "FROM_NOW")
            .map(|entry| (entry["git_hash"].clone(), entry["code"].clone()))
            .collect()
    }
}

#[test]
fn what_the_hub_says_that_it_has_heals_either_side() {
    let mut site = Site::new(5, &json!({}));
    // The courier announces what git committed, as the build of the primary checkout.
    let build = site.project.repo.common_dir().join("pawtrail/build_id");
    let build = std::fs::read_to_string(build).unwrap().trim().to_owned();
    let says = |commit: &str| {
        let builds = [json!({ "build_id": build, "last_acknowledged": commit })];
        json!({ "snapshot": { "type": "snapshot", "protocol": 1, "builds": builds } })
    };
    // The hub has the third, and its answer was lost. What is before it may not have arrived.
    let commits = site.commits.clone();
    site.hub.say(&says(&commits[2]));
    site.hub.wait_for("planned", 1, SOON);
    let done = site.start();
    assert_eq!(done["data"]["pending"], 0, "{done:#}");
    let others = [&commits[..2], &commits[3..]].concat();
    assert_eq!(site.came(others.len()), others);
    // The hub is one from a backup, which knows nothing after the second.
    site.project
        .pawtrail
        .data(&site.project.repo, &["sync", "stop"]);
    site.hub.say(&says(&commits[1]));
    site.hub.wait_for("planned", 2, SOON);
    let done = site.start();
    assert_eq!(done["data"]["pending"], 0, "{done:#}");
    // Nothing waited, so the command needn't have waited for the hub's word.
    let again = site.came(others.len() + 2).split_off(others.len());
    assert_eq!(again, commits[3..], "acknowledged after the second");
    site.noted();
    // The hub is an empty one, or another one: it knows no build at all.
    let stop = ["sync", "stop"];
    site.project.pawtrail.data(&site.project.repo, &stop);
    let before = site.frames().len();
    site.hub
        .say(&json!({ "snapshot": { "type": "snapshot", "protocol": 1, "builds": [] } }));
    site.hub.wait_for("planned", 3, SOON);
    site.start();
    let all = site.came(before + commits.len());
    assert_eq!(all[before..], commits);
    site.noted();
}

#[test]
fn a_commit_that_the_hub_refuses_is_set_aside_and_the_others_arrive() {
    let site = Site::new(4, &json!({ "rules": { "1": "refuse" } }));
    let done = site.start();
    assert_eq!(done["data"]["pending"], 0, "{done:#}");
    assert_eq!(site.came(4), site.commits);
    let refused = (json!(site.commits[1]), json!("NOT_WANTED"));
    assert_eq!(site.aside(), [refused]);
    let told = site.project.status()["set_aside"].as_u64();
    assert!(told >= Some(1), "{told:?}");
}

#[test]
fn a_commit_that_the_hub_wants_later_is_sent_again_before_what_follows_it() {
    let site = Site::new(4, &json!({ "rules": { "2": "later" } }));
    let done = site.start();
    assert_eq!(done["data"]["pending"], 0, "{done:#}");
    // On the second connection what has no answer comes again, in order.
    let again = || -> Vec<String> {
        let told = site.hub.told("frame");
        let second = told.iter().filter(|event| event["connection"] == 2);
        let hash = |event: &Value| {
            text(&serde_json::from_str::<Value>(&text(&event["text"])).unwrap()["git_hash"])
        };
        second.map(hash).collect()
    };
    eventually("it and what follows come again", SOON, || {
        let again = again();
        again.contains(&site.commits[2]) && site.commits.ends_with(&again)
    });
    assert_eq!(site.hub.told("handshake").len(), 2, "{:?}", site.frames());
}

#[test]
fn a_refusal_at_the_door_is_told_and_not_tried_over_and_over() {
    for status in [401, 403, 426] {
        let body = json!({ "protocol": [7] }).to_string();
        let site = Site::new(1, &json!({ "refuse": status, "body": body }));
        let done = site.start();
        let details = &done["error"]["details"];
        assert_eq!(details["connection"], "refused", "{done:#}");
        let status_now = site.project.status();
        assert_eq!(status_now["connection"], "refused", "{status_now:#}");
        let told = text(&status_now["last_error"]);
        assert!(told.contains(&status.to_string()), "{told}");
        assert!(!told.contains(TOKEN), "{told}");
        assert_eq!(status_now["pending"], 1);
        let tries = site.hub.told("handshake").len();
        assert!(tries <= 2, "{tries} attempts");
    }
}

#[test]
fn a_hub_that_is_away_is_found_again() {
    let site = Site::new(1, &json!({ "refuse": 503 }));
    let done = site.start_for("10");
    let details = &done["error"]["details"];
    assert_ne!(details["connection"], "refused", "{done:#}");
    assert_eq!(site.project.status()["pending"], 1);
    let tries = site.hub.wait_for("handshake", 3, SOON).len();
    assert!(tries <= 30, "{tries} attempts");
}
