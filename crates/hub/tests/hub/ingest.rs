//! The wire: who may speak, and what each frame is answered with.

use crate::support::{
    BUILD, Client, MISSION, OTHER, PATIENCE, PROJECT, Server, ack, commit, eventually, hash,
    project,
};
use serde_json::json;

fn server() -> (tempfile::TempDir, Server) {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(&dir.path().join("hub.db"));
    (dir, server)
}

#[test]
fn a_wrong_token_is_refused() {
    let (_dir, server) = server();
    server.token();
    let unknown = format!("Bearer pwt_{}", "0".repeat(64));
    for value in [unknown.as_str(), "Bearer nonsense", "Basic abc", ""] {
        let headers = [("Authorization", value), ("X-Pawtrail-Protocol", "1")];
        let (status, body) = Client::try_connect(server.address, "/api/v1/ws", &headers)
            .err()
            .unwrap();
        assert_eq!(status, 401, "{value}");
        assert!(body.contains("TOKEN_REFUSED"));
    }
    let headers = [("X-Pawtrail-Protocol", "1")];
    let (status, _) = Client::try_connect(server.address, "/api/v1/ws", &headers)
        .err()
        .unwrap();
    assert_eq!(status, 401);
}

#[test]
fn a_protocol_that_is_not_spoken_is_refused_with_the_versions() {
    let (_dir, server) = server();
    let bearer = format!("Bearer {}", server.token());
    for version in [None, Some("2"), Some("one")] {
        let mut headers = vec![("Authorization", bearer.as_str())];
        headers.extend(version.map(|version| ("X-Pawtrail-Protocol", version)));
        let (status, body) = Client::try_connect(server.address, "/api/v1/ws", &headers)
            .err()
            .unwrap();
        assert_eq!(status, 426);
        let body: serde_json::Value = serde_json::from_str(&body).unwrap();
        assert_eq!(body["protocol"], json!([1]));
        assert_eq!(body["error"]["code"], "PROTOCOL_NOT_SPOKEN");
    }
}

#[test]
fn a_token_in_the_address_is_refused_even_beside_a_good_header() {
    let (_dir, server) = server();
    let token = server.token();
    let bearer = format!("Bearer {token}");
    let path = format!("/api/v1/ws?token={token}");
    let good = ("Authorization", bearer.as_str());
    let spoken = ("X-Pawtrail-Protocol", "1");
    for headers in [&[spoken][..], &[good, spoken][..]] {
        let (status, body) = Client::try_connect(server.address, &path, headers)
            .err()
            .unwrap();
        assert_eq!(status, 400);
        assert!(body.contains("QUERY_REFUSED"));
        assert!(!body.contains(&token));
    }
}

#[test]
fn the_snapshot_comes_first_and_names_each_builds_last_commit() {
    let (_dir, server) = server();
    let mut client = Client::connect(server.address, &server.token());
    let first = client.receive_any();
    let store = first["store"].clone();
    assert!(store.is_string(), "{first:#}");
    assert_eq!(
        first,
        json!({ "type": "snapshot", "protocol": 1, "builds": [], "store": store })
    );
    assert_eq!(client.receive_any()["type"], "ping");
    for (at, number) in [1, 2, 1, 2].into_iter().enumerate() {
        client.send(&commit(number));
        assert_eq!(
            client.receive_any()["frames"],
            at + 1,
            "each as often as it came"
        );
    }

    let mut client = Client::connect(server.address, &server.token());
    assert_eq!(
        client.receive_any(),
        json!({
            "type": "snapshot", "protocol": 1,
            "builds": [{ "build_id": BUILD, "last_acknowledged": hash(2), "frames": 4 }],
            "store": store,
        })
    );
}

#[test]
fn a_commit_is_stored_with_all_its_fields_and_then_acknowledged() {
    let (_dir, server) = server();
    let mut client = server.client();
    let mut frame = commit(1);
    frame["changed_files_total"] = json!(7);
    let before = jiff::Timestamp::now();
    client.send(&frame);
    assert_eq!(client.receive(), ack(1, "accepted"));

    let commits = server.hub.commits(&project()).unwrap();
    assert_eq!(commits.len(), 1);
    assert_eq!(serde_json::to_value(&commits[0].frame).unwrap(), frame);
    assert_eq!(commits[0].sequence, 1);
    assert_eq!(commits[0].superseded_by, None);
    let microsecond = jiff::SignedDuration::from_micros(1);
    assert!(commits[0].received_at >= before - microsecond);
    assert!(commits[0].received_at <= jiff::Timestamp::now());
}

#[test]
fn the_same_commit_twice_is_acknowledged_twice_and_stored_once() {
    let (_dir, server) = server();
    let mut client = server.client();
    client.send(&commit(1));
    client.send(&commit(1));
    assert_eq!(client.receive(), ack(1, "accepted"));
    assert_eq!(client.receive(), ack(1, "duplicate"));
    let mut again = server.client();
    again.send(&commit(1));
    assert_eq!(again.receive(), ack(1, "duplicate"));
    assert_eq!(server.hub.commits(&project()).unwrap().len(), 1);
    assert_eq!(server.hub.counters().accepted, 1);
    assert_eq!(server.hub.counters().duplicates, 2);
}

#[test]
fn a_thousand_pipelined_frames_are_acknowledged_in_order() {
    let (_dir, server) = server();
    let mut client = server.client();
    for n in 1..=1_000 {
        client.send(&commit(n));
    }
    for n in 1..=1_000 {
        assert_eq!(client.receive(), ack(n, "accepted"));
    }
    let stored: Vec<_> = server.hub.commits(&project()).unwrap();
    let order: Vec<_> = stored
        .iter()
        .map(|commit| commit.frame.git_hash.clone())
        .collect();
    assert_eq!(order, (1..=1_000).map(hash).collect::<Vec<_>>());
}

#[test]
fn several_clones_at_once_lose_nothing() {
    let (_dir, server) = server();
    std::thread::scope(|scope| {
        for clone in 0..4_u64 {
            let server = &server;
            scope.spawn(move || {
                let mut client = server.client();
                let numbers = (clone * 1_000)..(clone * 1_000 + 100);
                numbers.clone().for_each(|n| client.send(&commit(n)));
                for n in numbers {
                    assert_eq!(client.receive(), ack(n, "accepted"));
                }
            });
        }
    });
    let stored = server.hub.commits(&project()).unwrap();
    assert_eq!(stored.len(), 400);
    assert!(
        stored
            .windows(2)
            .all(|pair| pair[0].sequence < pair[1].sequence)
    );
}

#[test]
fn a_frame_of_another_project_gets_an_error_and_the_next_is_taken() {
    let (_dir, server) = server();
    let mut client = server.client();
    let mut foreign = commit(1);
    foreign["project_uuid"] = json!(OTHER);
    client.send(&foreign);
    client.send(&commit(2));
    let error = client.receive();
    assert_eq!(error["type"], "error");
    assert_eq!(error["code"], "PROJECT_MISMATCH");
    assert_eq!(error["retryable"], false);
    assert_eq!(error["git_hash"], json!(hash(1)));
    assert_eq!(client.receive(), ack(2, "accepted"));
    assert!(
        server
            .hub
            .commits(&OTHER.parse().unwrap())
            .unwrap()
            .is_empty()
    );
    assert_eq!(server.hub.commits(&project()).unwrap().len(), 1);
}

#[test]
fn a_frame_without_a_project_is_of_the_tokens_project() {
    let (_dir, server) = server();
    let mut client = server.client();
    let mut frame = commit(1);
    frame.as_object_mut().unwrap().remove("project_uuid");
    client.send(&frame);
    assert_eq!(client.receive(), ack(1, "accepted"));
    let stored = server.hub.commits(&project()).unwrap();
    assert_eq!(stored[0].frame.project_uuid, Some(PROJECT.parse().unwrap()));
}

#[test]
fn malformed_frames_cost_nothing_but_themselves_and_are_answered_in_order() {
    let (_dir, server) = server();
    let mut client = server.client();
    let mut invalid = commit(7);
    invalid["changed_files"] = json!(["../../etc/passwd"]);
    client.send(&commit(1));
    client.send_text("{ not json");
    client.send(&invalid);
    client.send_binary(vec![0, 1, 2]);
    client.send(&commit(2));

    assert_eq!(client.receive(), ack(1, "accepted"));
    let error = client.receive();
    assert_eq!(
        (&error["code"], &error["retryable"]),
        (&json!("FRAME_MALFORMED"), &json!(false))
    );
    assert_eq!(error.get("git_hash"), None);
    let error = client.receive();
    assert_eq!(
        (&error["code"], &error["git_hash"]),
        (&json!("FRAME_INVALID"), &json!(hash(7)))
    );
    assert_eq!(client.receive()["code"], "FRAME_MALFORMED");
    assert_eq!(client.receive(), ack(2, "accepted"));
    assert_eq!(server.hub.counters().refused, 3);
}

#[test]
fn unknown_types_are_ignored_and_counted() {
    let (_dir, server) = server();
    let mut client = server.client();
    client.send(&json!({ "type": "subscribe", "builds": "all" }));
    client.send(&json!({ "type": "CommitPushed", "git_hash": hash(1) }));
    client.send(&commit(1));
    assert_eq!(client.receive(), ack(1, "accepted"));
    assert_eq!(server.hub.counters().ignored, 2);
    assert_eq!(server.hub.counters().refused, 0);
}

#[test]
fn a_revoked_token_is_refused_on_the_next_frame_of_an_open_connection() {
    let (dir, server) = server();
    let new = server.hub.create_token(&project(), "laptop").unwrap();
    let mut client = Client::connect(server.address, &new.token);
    assert_eq!(client.receive()["type"], "snapshot");
    client.send(&commit(1));
    assert_eq!(client.receive(), ack(1, "accepted"));

    // Revoked by another process: through the file, not through this hub.
    let elsewhere = pawtrail_hub::Hub::open(&dir.path().join("hub.db")).unwrap();
    elsewhere.revoke(&new.id).unwrap();

    for n in 2..100 {
        client.send(&commit(n));
    }
    let error = client.receive();
    assert_eq!(error["code"], "TOKEN_REVOKED");
    assert_eq!(error["git_hash"], json!(hash(2)));
    // The frame itself is not at fault: it stays pending in the clone.
    assert_eq!(error["retryable"], true);
    assert_eq!(client.until_closed(), Some(1008));
    assert_eq!(server.hub.commits(&project()).unwrap().len(), 1);

    let bearer = format!("Bearer {}", new.token);
    let headers = [
        ("Authorization", bearer.as_str()),
        ("X-Pawtrail-Protocol", "1"),
    ];
    let refused = Client::try_connect(server.address, "/api/v1/ws", &headers);
    assert_eq!(refused.err().unwrap().0, 401);
}

#[test]
fn a_revoked_token_may_not_even_say_pong() {
    let (_dir, server) = server();
    let new = server.hub.create_token(&project(), "laptop").unwrap();
    let mut client = Client::connect(server.address, &new.token);
    client.receive();
    server.hub.revoke(&new.id).unwrap();
    client.send(&json!({ "type": "pong", "timestamp": "now", "build_id": BUILD }));
    assert_eq!(client.until_closed(), Some(1008));
}

#[test]
fn a_token_of_one_project_writes_to_no_other() {
    let (_dir, server) = server();
    let other = server
        .hub
        .create_token(&OTHER.parse().unwrap(), "other")
        .unwrap();
    let mut client = Client::connect(server.address, &other.token);
    client.receive();
    client.send(&commit(1));
    assert_eq!(client.receive()["code"], "PROJECT_MISMATCH");
    assert!(server.hub.commits(&project()).unwrap().is_empty());
}

#[test]
fn a_clone_that_says_goodbye_gets_one_back() {
    let (_dir, server) = server();
    let mut client = server.client();
    client.close();
    assert_eq!(client.until_closed(), Some(1000));
}

#[test]
fn a_stopping_hub_acknowledges_what_it_took_and_says_goodbye() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::unhurried(&dir.path().join("hub.db"));
    let mut client = server.client();
    for n in 1..=50 {
        client.send(&commit(n));
    }
    assert_eq!(client.receive(), ack(1, "accepted"));
    let ends = std::thread::spawn(move || {
        let code = client.until_closed();
        drop(client);
        code
    });
    let took = server.stop();
    assert_eq!(ends.join().unwrap(), Some(1001));
    assert!(took < PATIENCE, "{took:?}");

    let hub = pawtrail_hub::Hub::open(&dir.path().join("hub.db")).unwrap();
    assert!(!hub.commits(&project()).unwrap().is_empty());
}

#[test]
fn a_new_build_is_connected_after_its_pong_and_gone_after_its_line() {
    let (_dir, server) = server();
    let page = format!("/p/{PROJECT}/fragment");
    let mark = format!("data-build=\"{BUILD}\"");
    let mut client = server.client();
    assert!(!server.get(&page).body.contains(&mark));
    client.send(&json!({ "type": "pong", "timestamp": "now", "build_id": BUILD }));
    eventually("the build shows", || server.get(&page).body.contains(&mark));
    drop(client);
    eventually("the build left", || !server.get(&page).body.contains(&mark));
}

#[test]
fn a_rewritten_commit_stands_in_the_place_of_the_old_one() {
    let (_dir, server) = server();
    let mut client = server.client();
    client.send(&commit(1));
    let mut amended = commit(2);
    amended["supersedes"] = json!([hash(1)]);
    client.send(&amended);
    client.receive();
    client.receive();
    let stored = server.hub.commits(&project()).unwrap();
    assert_eq!(stored[0].superseded_by, Some(hash(2)));
    assert_eq!(stored[1].superseded_by, None);
    let board = server.get(&format!("/p/{PROJECT}")).body;
    assert!(!board.contains(&format!("data-commit=\"{}\"", hash(1))));
    assert!(board.contains(&format!("data-commit=\"{}\"", hash(2))));
    assert!(board.contains(&format!("data-mission=\"{MISSION}\"")));
}

#[test]
fn private_data_is_refused_by_the_name_of_its_rule_and_the_next_frame_is_taken() {
    let (_dir, server) = server();
    let mut client = server.client();
    let mut private = commit(1);
    private["changed_files"] = json!(["kitty-specs/m/to ada@example.test.md"]);
    client.send(&private);
    client.send(&commit(2));
    let error = client.receive();
    assert_eq!(error["type"], "error");
    assert_eq!(error["code"], "PRIVATE_DATA");
    assert_eq!(error["retryable"], false);
    assert_eq!(error["git_hash"], json!(hash(1)));
    let message = error["message"].as_str().unwrap();
    assert!(message.contains("rule `email`"), "{message}");
    assert!(!message.contains("ada"), "{message}");
    assert_eq!(client.receive(), ack(2, "accepted"));
    assert_eq!(server.hub.commits(&project()).unwrap().len(), 1);
}
