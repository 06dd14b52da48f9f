//! `wss` to a hub whose certificate the system's list of authorities vouches for, and to nobody else.

use std::time::Duration;

use pawtrail_testkit::{Pawtrail, Peer, Project, Scratch, eventually, text};
use serde_json::{Value, json};

use crate::BINARY;

const HUB: &str = include_str!("hub.py");
/// An authority that was made for this test, whose own key is gone, and what it says of `localhost`.
const AUTHORITY: &str = include_str!("tls/authority.pem");
const CERTIFICATE: &str = include_str!("tls/hub.pem");
const SOON: Duration = Duration::from_secs(30);
const TOKEN: &str = "a-token-nobody-may-see-0123456789";

/// Delivers one commit to a hub of this name; returns what came of it and what the hub heard.
fn deliver(host: &str, is_known: bool) -> (i32, Value, Vec<Value>, Vec<Value>) {
    let scratch = Scratch::new();
    let file = |name: &str, content: &str| {
        let path = scratch.path().join(name);
        std::fs::write(&path, content).unwrap();
        path.to_string_lossy().into_owned()
    };
    let mut pawtrail = Pawtrail::new(&scratch, BINARY);
    if is_known {
        pawtrail = pawtrail.with_env("SSL_CERT_FILE", file("authority.pem", AUTHORITY));
    }
    let project = Project::in_repo(scratch.repo("project"), pawtrail);
    let plan = json!({
        "project": project.uuid, "snapshot": { "type": "snapshot" }, "certificate": file("hub.pem", CERTIFICATE),
    });
    let is_trusted = is_known && host == "localhost";
    let hub = Peer::start(&scratch, HUB, &[&plan.to_string()]);
    let port = hub.wait_for("listening", 1, SOON)[0]["port"].clone();
    let url = format!("https://{host}:{port}");
    let enable = ["sync", "enable", &url, "--token", TOKEN, "--from-now"];
    project.pawtrail.data(&project.repo, &enable);
    project.decide("Which?");
    if is_trusted {
        hub.wait_for("frame", 1, SOON);
    } else {
        eventually("it is refused", SOON, || {
            project.status()["last_error"].is_string()
        });
    }
    let now = [
        "sync",
        "now",
        "--timeout",
        if is_trusted { "30" } else { "2" },
    ];
    let (status, done) = project.pawtrail.json_in(project.repo.path(), &now);
    (status, done, hub.told("handshake"), hub.told("frame"))
}

#[test]
fn a_hub_that_the_systems_authorities_vouch_for_is_served() {
    let (status, done, handshakes, frames) = deliver("localhost", true);
    assert_eq!(status, 0, "{done:#}");
    assert_eq!(done["data"]["pending"], 0, "{done:#}");
    assert_eq!(handshakes.len(), 1);
    let bearer = &handshakes[0]["headers"]["authorization"];
    assert_eq!(*bearer, json!([format!("Bearer {TOKEN}")]));
    assert!(frames.iter().all(|frame| frame["wrong"] == json!([])));
    assert!(text(&frames[0]["text"]).contains("LocalCommit"));
}

#[test]
fn an_unknown_authority_and_another_name_hear_no_token() {
    for (host, is_known) in [("localhost", false), ("127.0.0.1", true)] {
        let (status, done, handshakes, frames) = deliver(host, is_known);
        assert_eq!(status, 1, "{host}: {done:#}");
        assert_eq!(done["error"]["code"], "STILL_PENDING");
        let message = text(&done["error"]["message"]);
        assert!(message.contains("certificate"), "{host}: {message}");
        assert_eq!((handshakes.len(), frames.len()), (0, 0), "{host}");
    }
}
