//! Limits: large messages, silent peers, peers that don't read.

use std::time::{Duration, Instant};

use crate::support::{Server, ack, commit, eventually, hash};
use pawtrail_hub::Timing;
use serde_json::json;

fn server(timing: Timing) -> (tempfile::TempDir, Server) {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::with_timing(&dir.path().join("hub.db"), timing);
    (dir, server)
}

#[test]
fn a_frame_above_64_kib_costs_nothing_but_itself() {
    let (_dir, server) = server(Timing::default());
    let mut client = server.client();
    let mut large = commit(2);
    large["padding"] = json!("x".repeat(512 * 1024));
    client.send(&commit(1));
    client.send(&large);
    client.send(&commit(3));
    assert_eq!(client.receive(), ack(1, "accepted"));
    let error = client.receive();
    assert_eq!(error["code"], "FRAME_TOO_LARGE");
    assert_eq!(error["retryable"], false);
    assert_eq!(error["git_hash"], json!(hash(2)));
    assert_eq!(client.receive(), ack(3, "accepted"));
}

#[test]
fn a_frame_of_exactly_64_kib_is_taken() {
    let (_dir, server) = server(Timing::default());
    let mut client = server.client();
    let mut frame = commit(1);
    frame["padding"] = json!("");
    let room = 64 * 1024 - frame.to_string().len();
    frame["padding"] = json!("x".repeat(room));
    client.send(&frame);
    assert_eq!(client.receive(), ack(1, "accepted"));
    frame["padding"] = json!("x".repeat(room + 1));
    client.send(&frame);
    assert_eq!(client.receive()["code"], "FRAME_TOO_LARGE");
}

#[test]
fn a_message_above_a_mebibyte_ends_the_connection_after_all_before_it_is_answered() {
    let (_dir, server) = server(Timing::default());
    let mut client = server.client();
    client.send(&commit(1));
    client.try_send(&json!({ "type": "x", "padding": "x".repeat(1024 * 1024) }));
    assert_eq!(client.receive(), ack(1, "accepted"));
    assert_eq!(client.until_closed(), Some(1009));
    let mut next = server.client();
    next.send(&commit(2));
    assert_eq!(next.receive(), ack(2, "accepted"));
}

/// Far more than a peer needs for an answer.
const SILENCE: Duration = Duration::from_secs(2);

#[test]
fn a_silent_peer_is_closed() {
    let (_dir, server) = server(Timing {
        silence: SILENCE,
        ping_every: Duration::from_secs(60),
        ..Timing::default()
    });
    let begun = Instant::now();
    let mut client = server.client();
    assert_eq!(client.until_closed(), Some(1008));
    // The answer to the first protocol ping counts as a sign of life, and is the last one.
    assert!(begun.elapsed() >= SILENCE);
    assert_eq!(server.hub.counters().dropped_peers, 1);
}

#[test]
fn a_peer_that_answers_pings_stays() {
    let (_dir, server) = server(Timing {
        silence: Duration::from_secs(3),
        ping_every: Duration::from_millis(100),
        ..Timing::default()
    });
    let mut client = server.client();
    // Reading answers protocol pings; JSON pings carry the hub's time.
    let mut pings = 0;
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(4) {
        let frame = client.receive_any();
        assert_eq!(frame["type"], "ping");
        assert!(
            frame["timestamp"]
                .as_str()
                .unwrap()
                .parse::<jiff::Timestamp>()
                .is_ok()
        );
        pings += 1;
    }
    assert!(pings >= 4, "{pings}");
    client.send(&commit(1));
    assert_eq!(client.receive(), ack(1, "accepted"));
}

#[test]
fn a_peer_that_never_reads_is_disconnected() {
    let (_dir, server) = server(Timing {
        slow_send: Duration::from_millis(300),
        ..Timing::default()
    });
    let mut client = server.client();
    let bad = json!({ "type": 1, "padding": "x".repeat(100) });
    let ends = std::thread::spawn(move || {
        // Each is answered with an error, until the lines between us are full of them.
        while client.try_send(&bad) {}
    });
    eventually("the slow peer is dropped", || {
        server.hub.counters().dropped_peers == 1
    });
    ends.join().unwrap();
    let mut next = server.client();
    next.send(&commit(1));
    assert_eq!(next.receive(), ack(1, "accepted"));
}
