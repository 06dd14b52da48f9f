//! The conversation: versions, what is no message, what nobody knows.

#[cfg(unix)]
use pawtrail_testkit::Peer;
use pawtrail_testkit::{Pawtrail, Project, Scratch, text};
use serde_json::json;

use crate::support::{Agent, BINARY};

#[test]
fn each_version_of_the_protocol_is_spoken_that_clients_begin_with() {
    let scratch = Scratch::new();
    let pawtrail = Pawtrail::new(&scratch, BINARY);
    for version in ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"] {
        let mut agent = Agent::start(&pawtrail, scratch.path());
        let said = agent.hello(version);
        assert_eq!(said["protocolVersion"], version);
        assert_eq!(said["serverInfo"]["name"], "pawtrail");
        assert_eq!(said["serverInfo"]["version"], env!("CARGO_PKG_VERSION"));
        assert_eq!(said["capabilities"], json!({ "tools": {} }));
        let told = text(&said["instructions"]);
        for name in [
            "decision_request",
            "wp_move",
            "verify",
            "idempotency_key",
            "dir",
        ] {
            assert!(told.contains(name), "{name} is missing in {told}");
        }
        assert_eq!(agent.end(), (Some(0), String::new()));
    }
    let mut agent = Agent::start(&pawtrail, scratch.path());
    assert_eq!(agent.hello("1999-01-01")["protocolVersion"], "2025-11-25");
}

#[test]
fn what_is_no_message_costs_nothing_else() {
    let scratch = Scratch::new();
    let pawtrail = Pawtrail::new(&scratch, BINARY);
    let mut agent = Agent::start(&pawtrail, scratch.path());
    let no_messages = ["", "garbage", "{", "[]", "null", "{\"jsonrpc\":\"2.0\"}"];
    let too_long = format!(
        "{{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"{}\"}}",
        "x".repeat(2_000_000)
    );
    let noise = |agent: &mut Agent| {
        no_messages.iter().for_each(|line| agent.line(line));
        agent.line(&too_long);
        agent.tell("notifications/unheard-of", &json!({}));
    };
    noise(&mut agent);
    agent.tell("notifications/initialized", &json!({}));
    agent.hello("2025-11-25");
    noise(&mut agent);
    assert_eq!(agent.ask("ping", &json!({}))["result"], json!({}));
    let unknown = agent.ask("sampling/unheard-of", &json!({}));
    assert_eq!(unknown["error"]["code"], -32601, "{unknown}");
    let no_tool = agent.ask(
        "tools/call",
        &json!({ "name": "sync_enable", "arguments": {} }),
    );
    assert_eq!(no_tool["error"]["code"], -32602, "{no_tool}");
    let no_name = agent.ask("tools/call", &json!({}));
    assert!(no_name["error"]["code"].is_i64(), "{no_name}");
    for said in agent.unasked() {
        assert!(said["error"]["code"].is_i64(), "{said}");
    }
    assert_eq!(agent.end(), (Some(0), String::new()));
}

#[test]
fn a_server_that_nobody_speaks_to_ends_in_silence() {
    let scratch = Scratch::new();
    let pawtrail = Pawtrail::new(&scratch, BINARY);
    let output = pawtrail.run_in(scratch.path(), &["mcp"]).expect_status(0);
    assert_eq!(
        (output.stdout, output.stderr),
        (String::new(), String::new())
    );
}

#[test]
fn what_was_asked_before_the_input_ended_is_still_answered() {
    let scratch = Scratch::new();
    let project = Project::on_work(&scratch, BINARY);
    let mut agent = Agent::ready(&project.pawtrail, project.repo.path());
    let call = agent.begin("where", &json!({}));
    agent.hang_up();
    let said = agent.wait(call);
    assert_eq!(said["result"]["isError"], false, "{said:#}");
}

#[test]
fn what_is_passed_over_is_told_on_standard_error_where_asked_for() {
    let scratch = Scratch::new();
    let pawtrail = Pawtrail::new(&scratch, BINARY);
    let mut agent = Agent::start_by(&pawtrail, scratch.path(), &["-v", "mcp"]);
    agent.hello("2025-11-25");
    agent.line(&"x".repeat(2_000_000));
    assert_eq!(agent.ask("ping", &json!({}))["result"], json!({}));
    let (status, said) = agent.end();
    assert_eq!(status, Some(0));
    assert!(said.contains("maximum line length"), "{said}");
}

/// Types into a terminal that a server reads from: Ctrl-D.
#[cfg(unix)]
const TYPIST: &str = r#"
import json, os, pty, subprocess, sys
master, slave = pty.openpty()
server = subprocess.Popen([sys.argv[1], "mcp"], stdin=slave, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
os.write(master, b"\x04")
out, err = server.communicate()
print(json.dumps({"event": "said", "out": out, "err": err, "status": server.returncode}), flush=True)
"#;

#[cfg(unix)]
#[test]
fn whoever_types_it_is_told_how_to_set_it_up() {
    let scratch = Scratch::new();
    let (status, told) = Peer::start(&scratch, TYPIST, &[BINARY]).finish();
    assert_eq!(status, 0);
    assert_eq!(
        (&told[0]["status"], &told[0]["out"]),
        (&json!(0), &json!(""))
    );
    let said = text(&told[0]["err"]);
    for words in [
        "claude mcp add pawtrail -- pawtrail mcp",
        "mcpServers",
        "pawtrail mcp --list",
    ] {
        assert!(said.contains(words), "{said}");
    }
}
