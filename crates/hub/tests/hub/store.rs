//! The store through the hub: what was acknowledged is there, whatever happens next.

use crate::support::{OTHER, Server, ack, commit, hash, project};
use pawtrail_event::CommitHash;
use pawtrail_hub::Hub;
use serde_json::{Value, json};

/// Sends frames of (commit, superseded commits) and returns (commit, superseded by) by sequence.
fn after(frames: &[(u64, &[u64])]) -> Vec<(CommitHash, Option<CommitHash>)> {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(&dir.path().join("hub.db"));
    let mut client = server.client();
    for (n, supersedes) in frames {
        let mut frame = commit(*n);
        frame["supersedes"] = supersedes
            .iter()
            .map(|old| json!(hash(*old)))
            .collect::<Value>();
        client.send(&frame);
        assert_eq!(client.receive()["type"], "LocalCommitAck");
    }
    let stored = server.hub.commits(&project()).unwrap();
    stored
        .into_iter()
        .map(|commit| (commit.frame.git_hash, commit.superseded_by))
        .collect()
}

#[test]
fn a_commit_that_arrives_after_its_successor_is_superseded_at_once() {
    assert_eq!(
        after(&[(2, &[1]), (1, &[])]),
        [(hash(2), None), (hash(1), Some(hash(2)))]
    );
}

#[test]
fn a_chain_of_amends_leaves_the_last_one() {
    assert_eq!(
        after(&[(1, &[]), (2, &[1]), (3, &[2])]),
        [
            (hash(1), Some(hash(2))),
            (hash(2), Some(hash(3))),
            (hash(3), None)
        ]
    );
}

#[test]
fn an_amend_that_is_taken_back_shows_the_old_commit_again() {
    assert_eq!(
        after(&[(1, &[]), (2, &[1]), (3, &[2]), (1, &[3])]),
        [
            (hash(1), None),
            (hash(2), Some(hash(3))),
            (hash(3), Some(hash(1)))
        ]
    );
}

#[test]
fn a_replayed_amend_changes_nothing() {
    let once = after(&[(1, &[]), (2, &[1]), (3, &[2])]);
    assert_eq!(
        after(&[(1, &[]), (2, &[1]), (3, &[2]), (2, &[1]), (1, &[])]),
        once
    );
}

#[test]
fn a_commit_that_supersedes_itself_stays() {
    assert_eq!(after(&[(1, &[1])]), [(hash(1), None)]);
}

#[test]
fn all_that_was_acknowledged_survives_a_hub_that_is_not_stopped_in_order() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("hub.db");
    let server = Server::start(&path);
    let mut client = server.client();
    for n in 1..=100 {
        client.send(&commit(n));
    }
    for n in 1..=100 {
        assert_eq!(client.receive(), ack(n, "accepted"));
    }
    // The files as they are at this moment, while the hub still runs: what a killed one leaves.
    let copy = tempfile::tempdir().unwrap();
    for file in ["hub.db", "hub.db-wal"] {
        std::fs::copy(dir.path().join(file), copy.path().join(file)).unwrap();
    }
    let left = Hub::open(&copy.path().join("hub.db")).unwrap();
    assert_eq!(left.commits(&project()).unwrap().len(), 100);

    server.stop();
    let again = Server::start(&path);
    assert_eq!(again.hub.commits(&project()).unwrap().len(), 100);
    let mut client = again.client();
    client.send(&commit(100));
    assert_eq!(client.receive(), ack(100, "duplicate"));
}

#[test]
fn a_store_that_fails_acknowledges_nothing_and_asks_to_send_again() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("hub.db");
    let server = Server::start(&path);
    let mut client = server.client();
    let other = rusqlite::Connection::open(&path).unwrap();
    other
        .execute_batch("ALTER TABLE builds RENAME TO away")
        .unwrap();
    // Many at once: some answers are there before the connection asks for them, some after.
    for n in 1..=200 {
        client.send(&commit(n));
    }
    for n in 1..=200 {
        let error = client.receive();
        assert_eq!(error["code"], "STORE_UNAVAILABLE");
        assert_eq!(error["retryable"], true);
        assert_eq!(error["git_hash"], json!(hash(n)));
    }
    assert!(server.hub.commits(&project()).unwrap().is_empty());

    other
        .execute_batch("ALTER TABLE away RENAME TO builds")
        .unwrap();
    client.send(&commit(1));
    assert_eq!(client.receive(), ack(1, "accepted"));

    // Where tokens can't be checked, nothing is allowed.
    other
        .execute_batch("ALTER TABLE tokens RENAME TO away")
        .unwrap();
    client.send(&json!({ "type": "pong", "timestamp": "now" }));
    assert_eq!(client.until_closed(), Some(1011));
    let page = server.get("/p/0b0e2f7c-1111-4222-8333-444455556666");
    assert_eq!(page.status, 404);
    other
        .execute_batch("ALTER TABLE projects RENAME TO gone")
        .unwrap();
    assert_eq!(server.get("/").status, 500);
}

#[test]
fn tokens_are_listed_revoked_and_never_stored_in_the_clear() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("deep/er/hub.db");
    let hub = Hub::open(&path).unwrap();
    let one = hub.create_token(&project(), "laptop").unwrap();
    let two = hub.create_token(&OTHER.parse().unwrap(), "server").unwrap();
    hub.revoke(&one.id).unwrap();
    let first = hub.tokens().unwrap();
    hub.revoke(&one.id).unwrap();
    assert_eq!(hub.tokens().unwrap(), first);
    assert_eq!(first.len(), 2);
    let of = |id| first.iter().find(|token| token.id == id).unwrap();
    assert!(of(one.id.clone()).revoked_at.is_some());
    assert_eq!(of(one.id).label, "laptop");
    assert_eq!(of(two.id).revoked_at, None);
    assert!(
        serde_json::to_string(&first)
            .unwrap()
            .contains("\"revoked_at\":null")
    );

    let unknown = "tok_000000000000".parse().unwrap();
    assert_eq!(
        hub.revoke(&unknown).unwrap_err().code(),
        "HUB_TOKEN_UNKNOWN"
    );
    assert_eq!(
        hub.create_token(&project(), "a\nb").unwrap_err().code(),
        "HUB_LABEL_INVALID"
    );

    drop(hub);
    for entry in std::fs::read_dir(path.parent().unwrap()).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        let digits = one.token.strip_prefix("pwt_").unwrap().as_bytes();
        assert!(!bytes.windows(digits.len()).any(|window| window == digits));
    }
}

#[cfg(unix)]
#[test]
fn the_store_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("hub.db");
    let hub = Hub::open(&path).unwrap();
    hub.create_token(&project(), "laptop").unwrap();
    for entry in std::fs::read_dir(dir.path()).unwrap() {
        let mode = entry.unwrap().metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{mode:o}");
    }
}
