//! How calls and servers end: cancelled, left alone, told to. None leaves a process behind.

use pawtrail_testkit::{Project, Scratch, ScriptedHub, eventually};
use serde_json::json;

use crate::support::{Agent, BINARY, SOON};

/// A call that goes on for as long as nobody ends it: the hub acknowledges nothing.
fn endless(scratch: &Scratch) -> (Project, ScriptedHub, Agent, u64) {
    let project = Project::on_work(scratch, BINARY);
    let hub = ScriptedHub::start();
    let enable = [
        "sync",
        "enable",
        &hub.url(),
        "--token",
        "ptk_0123456789abcdef",
    ];
    project.pawtrail.data(&project.repo, &enable);
    project.decide("Which?");
    let mut agent = Agent::ready(&project.pawtrail, project.repo.path());
    let call = agent.begin("sync_now", &json!({ "timeout": 3600 }));
    eventually("its command runs", SOON, || running(scratch) == 1);
    (project, hub, agent, call)
}

fn running(scratch: &Scratch) -> usize {
    let all = scratch.processes();
    all.iter().filter(|line| line.contains(" sync now")).count()
}

#[test]
fn a_cancelled_call_ends_its_command_and_no_other() {
    let scratch = Scratch::new();
    let (_project, _hub, mut agent, call) = endless(&scratch);
    let other = agent.begin("sync_now", &json!({ "timeout": 3600 }));
    eventually("both run", SOON, || running(&scratch) == 2);
    agent.tell("notifications/cancelled", &json!({ "requestId": call }));
    eventually("one has ended", SOON, || running(&scratch) == 1);
    agent.must("decision_list", &json!({}));
    assert!(
        agent.unasked().is_empty(),
        "nothing is said to a cancelled call"
    );
    agent.tell("notifications/cancelled", &json!({ "requestId": other }));
    eventually("both have ended", SOON, || running(&scratch) == 0);
    assert_eq!(agent.end(), (Some(0), String::new()));
}

#[test]
fn calls_that_wait_for_their_turn_can_be_cancelled_too() {
    let scratch = Scratch::new();
    let (_project, _hub, mut agent, first) = endless(&scratch);
    let mut calls = vec![first];
    calls.extend((1..12).map(|_| agent.begin("sync_now", &json!({ "timeout": 3600 }))));
    eventually("eight run", SOON, || running(&scratch) == 8);
    assert_eq!(agent.ask("ping", &json!({}))["result"], json!({}));
    assert_eq!(running(&scratch), 8);
    for call in calls {
        agent.tell("notifications/cancelled", &json!({ "requestId": call }));
    }
    eventually("none runs", SOON, || running(&scratch) == 0);
    agent.must("where", &json!({}));
}

#[test]
fn a_client_that_is_gone_leaves_no_process() {
    let scratch = Scratch::new();
    let (_project, _hub, agent, _call) = endless(&scratch);
    // A killed client closes its ends of the pipes.
    assert_eq!(agent.end(), (Some(0), String::new()));
    assert_eq!(running(&scratch), 0);
}

#[test]
fn a_server_that_is_told_to_end_takes_its_commands_along() {
    let scratch = Scratch::new();
    let (_project, _hub, mut agent, _call) = endless(&scratch);
    let id = agent.id().to_string();
    let killed = std::process::Command::new("kill")
        .args(["-TERM", &id])
        .status();
    assert!(killed.unwrap().success());
    eventually("both have ended", SOON, || {
        let all = scratch.processes();
        !all.iter()
            .any(|line| line.contains(" sync now") || line.contains(" mcp"))
    });
    agent.hang_up();
    assert_eq!(agent.end(), (Some(0), String::new()));
}
