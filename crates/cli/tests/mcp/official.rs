//! The official client in Python, which knows the protocol by itself, and a validator of JSON Schema.

use pawtrail_testkit::{Pawtrail, Peer, Project, Scratch, text};
#[cfg(unix)]
use pawtrail_testkit::{ScriptedHub, eventually};
use serde_json::Value;

use crate::support::BINARY;
#[cfg(unix)]
use crate::support::SOON;

const CLIENT: &str = include_str!("official.py");

/// Lets the client do something; returns what held.
#[track_caller]
fn told(scratch: &Scratch, dir: &std::path::Path, mode: &str, story: &str) -> Vec<Value> {
    let dir = dir.to_str().unwrap();
    let client = Peer::start(scratch, CLIENT, &[BINARY, dir, mode, story]);
    let (status, told) = client.finish();
    assert_eq!(status, 0, "the client says above what was due: {told:#?}");
    assert_eq!(told.last().unwrap()["event"], "end", "{told:#?}");
    told
}

#[test]
fn the_official_client_works_by_every_way_to_begin() {
    let scratch = Scratch::new();
    let project = Project::on_work(&scratch, BINARY);
    let modes = [
        ("legacy", "2025-11-25"),
        ("auto", "2026-07-28"),
        ("2026-07-28", "2026-07-28"),
    ];
    for (mode, version) in modes {
        let told = told(&scratch, project.repo.path(), mode, "story");
        assert_eq!(told[0]["version"], version, "{mode}");
        let commit = text(&told[2]["commit"]);
        project
            .repo
            .git(&["merge-base", "--is-ancestor", &commit, &project.ledger]);
    }
    assert_eq!(project.rows().len(), 2 * modes.len());
}

#[test]
fn the_schemas_are_whole_and_the_server_refuses_what_they_refuse() {
    let scratch = Scratch::new();
    let pawtrail = Pawtrail::new(&scratch, BINARY);
    let (_, listed) = pawtrail.json_in(scratch.path(), &["mcp", "--list"]);
    let told = told(&scratch, scratch.path(), "auto", "schemas");
    let count = listed["data"]["tools"].as_array().unwrap().len();
    assert_eq!(told[2]["count"], count);
}

#[cfg(unix)]
#[test]
fn a_client_that_is_killed_leaves_no_process() {
    let scratch = Scratch::new();
    let project = Project::on_work(&scratch, BINARY);
    let hub = ScriptedHub::start();
    let token = "ptk_0123456789abcdef";
    let enable = ["sync", "enable", &hub.url(), "--token", token];
    project.pawtrail.data(&project.repo, &enable);
    project.decide("Which?");
    let dir = project.repo.path().to_str().unwrap();
    let client = Peer::start(&scratch, CLIENT, &[BINARY, dir, "auto", "hang"]);
    client.wait_for("calling", 1, SOON);
    let running = |what: &str| {
        let all = scratch.processes();
        all.iter().filter(|line| line.contains(what)).count()
    };
    let command = " sync now";
    eventually("its command runs", SOON, || running(command) == 1);
    drop(client);
    eventually("server and command end", SOON, || {
        running(command) + running(" mcp") == 0
    });
}
