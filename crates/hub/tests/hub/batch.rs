//! The batch endpoint: who may send, what is taken, what it does to the board.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use crate::support::{Answer, BUILD, MISSION, OTHER, PROJECT, Server, project};

const PATH: &str = "/api/v1/events/batch/";

fn server() -> (tempfile::TempDir, Server) {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(&dir.path().join("hub.db"));
    (dir, server)
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn send(server: &Server, token: &str, body: &[u8]) -> Answer {
    let bearer = format!("Bearer {token}");
    let headers = [
        ("Authorization", bearer.as_str()),
        ("X-Pawtrail-Protocol", "1"),
        ("Content-Type", "application/json"),
        ("Content-Encoding", "gzip"),
    ];
    server.post(PATH, &headers, &gzip(body))
}

fn batch(events: &[Value]) -> Vec<u8> {
    json!({ "events": events }).to_string().into_bytes()
}

fn event(number: usize, event_type: &str, payload: &Value) -> Value {
    json!({
        "event_id": format!("01KT12VTXHQVY4C5SW{number:08}"),
        "event_type": event_type,
        "aggregate_id": "WP01",
        "payload": payload,
        "timestamp": format!("2026-06-01T07:55:{number:02}+00:00"),
        "build_id": BUILD,
        "node_id": "d036a097a835",
        "lamport_clock": number,
        "project_uuid": PROJECT,
        "mission_id": MISSION,
        "correlation_id": MISSION,
        "schema_version": "3.0.0",
    })
}

fn moved(number: usize, from: &str, to: &str) -> Value {
    let payload = json!({
        "mission_slug": "m-01KT119Y", "wp_id": "WP01", "from_lane": (!from.is_empty()).then_some(from), "to_lane": to,
        "actor": "agent", "execution_mode": "worktree", "force": true, "reason": "a test",
        "review_ref": "r",
    });
    event(number, "WPStatusChanged", &payload)
}

fn statuses(answer: &Answer) -> Vec<String> {
    assert_eq!(answer.status, 200, "{}", answer.body);
    let json = answer.json();
    let results = json["results"].as_array().unwrap();
    results
        .iter()
        .map(|result| result["status"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn events_are_stored_once_and_each_gets_its_verdict() {
    let (dir, server) = server();
    let token = server.token();
    let mut bad = moved(2, "planned", "claimed");
    bad["payload"]["to_lane"] = json!("nowhere");
    let mut private = moved(3, "planned", "claimed");
    private["payload"]["actor"] = json!({"hostname": "secret-host"});
    let mut foreign = moved(4, "planned", "claimed");
    foreign["project_uuid"] = json!(OTHER);
    let decision = event(
        5,
        "DecisionInputAnswered",
        &json!({"run_id": "r", "decision_id": "input:x", "answer": "a",
               "actor": {"actor_id": "a", "actor_type": "human"}}),
    );
    let good = moved(1, "planned", "claimed");
    let sent = [good.clone(), bad, private, foreign, decision, json!(7)];
    let answer = send(&server, &token, &batch(&sent));
    assert_eq!(
        statuses(&answer),
        [
            "success", "rejected", "rejected", "rejected", "rejected", "rejected"
        ]
    );
    let results = answer.json()["results"].clone();
    let codes: Vec<&Value> = (1..6).map(|at| &results[at]["code"]).collect();
    assert_eq!(
        json!(codes),
        json!([
            "EVENT_INVALID",
            "PRIVATE_DATA",
            "PROJECT_MISMATCH",
            "EVENT_INVALID",
            "EVENT_INVALID"
        ])
    );
    assert_eq!(results[0]["event_id"], good["event_id"]);
    assert!(!answer.body.contains("secret-host"), "{}", answer.body);
    assert_eq!(
        statuses(&send(&server, &token, &batch(&[good]))),
        ["duplicate"]
    );
    assert_eq!(server.hub.events(&project()).unwrap(), 1);
    let counters = server.hub.counters();
    assert_eq!(
        (counters.accepted, counters.duplicates, counters.refused),
        (1, 1, 5)
    );
    server.stop();
    // What was answered is on the disk.
    let again = Server::start(&dir.path().join("hub.db"));
    assert_eq!(again.hub.events(&project()).unwrap(), 1);
}

#[test]
fn only_a_token_of_the_project_may_send() {
    let (_dir, server) = server();
    let body = batch(&[moved(1, "planned", "claimed")]);
    let new = server.hub.create_token(&project(), "test").unwrap();
    assert_eq!(send(&server, "pwt_wrong", &body).status, 401);
    let other = server
        .hub
        .create_token(&OTHER.parse().unwrap(), "o")
        .unwrap();
    let refused = send(&server, &other.token, &body);
    assert_eq!(refused.status, 403);
    assert_eq!(refused.json()["error"]["code"], "PROJECT_MISMATCH");
    let bearer = format!("Bearer {}", new.token);
    let unversioned = server.post(PATH, &[("Authorization", &bearer)], &body);
    assert_eq!(unversioned.status, 426);
    let query = format!("{PATH}?token={}", new.token);
    assert_eq!(server.post(&query, &[], &body).status, 400);
    let evil = [
        ("Authorization", bearer.as_str()),
        ("Origin", "http://evil.example"),
    ];
    assert_eq!(server.post(PATH, &evil, &body).status, 403);
    server.hub.revoke(&new.id).unwrap();
    assert_eq!(send(&server, &new.token, &body).status, 401);
    assert_eq!(server.hub.events(&project()).unwrap(), 0);
}

#[test]
fn what_is_too_large_or_no_batch_is_refused_as_a_whole() {
    let (_dir, server) = server();
    let token = server.token();
    let many: Vec<Value> = (0..1_001).map(|_| json!(1)).collect();
    assert_eq!(send(&server, &token, &batch(&many)).status, 413);
    // Packed, this is smaller than the limit.
    let bomb = gzip(&vec![b' '; 40 * 1024 * 1024]);
    assert!(bomb.len() < 512 * 1024);
    let bearer = format!("Bearer {token}");
    let packed = [
        ("Authorization", bearer.as_str()),
        ("X-Pawtrail-Protocol", "1"),
        ("Content-Encoding", "gzip"),
    ];
    assert_eq!(server.post(PATH, &packed, &bomb).status, 413);
    let plain = [
        ("Authorization", bearer.as_str()),
        ("X-Pawtrail-Protocol", "1"),
    ];
    assert_eq!(server.post(PATH, &plain, &vec![b' '; 600_000]).status, 413);
    // The limit falls into a character.
    let wide = "é".repeat(300_000);
    assert_eq!(send(&server, &token, wide.as_bytes()).status, 413);
    assert_eq!(server.post(PATH, &packed, b"no gzip").status, 400);
    for body in ["", "[]", "{}", "{\"events\":1}", "{\"events\":[]}", "\u{0}"] {
        let answer = send(&server, &token, body.as_bytes());
        assert_eq!(answer.status, 400, "{body}");
        assert_eq!(answer.json()["error"]["code"], "BATCH_MALFORMED");
    }
    assert_eq!(server.post(PATH, &packed, &gzip(b"\xff\xfe")).status, 400);
    let deep = "[".repeat(100_000);
    assert_eq!(send(&server, &token, deep.as_bytes()).status, 400);
    let plain_batch = batch(&[moved(1, "planned", "claimed")]);
    assert_eq!(server.post(PATH, &plain, &plain_batch).status, 200);
}

#[test]
fn the_board_shows_the_last_lane_whatever_the_order_of_arrival() {
    let (_dir, server) = server();
    let token = server.token();
    let lane = || {
        let page = server.get(&format!("/p/{PROJECT}/fragment")).body;
        let at = page.find("data-lane=\"").unwrap() + "data-lane=\"".len();
        page[at..].split('"').next().unwrap().to_owned()
    };
    let moves = [
        moved(3, "claimed", "in_progress"),
        moved(1, "", "planned"),
        moved(2, "planned", "claimed"),
    ];
    send(&server, &token, &batch(&moves));
    assert_eq!(lane(), "in_progress");
    send(
        &server,
        &token,
        &batch(&[moved(4, "in_progress", "for_review")]),
    );
    assert_eq!(lane(), "for_review");
    // At the same time a review's way back wins, as in the fold of the log.
    let mut back = moved(5, "in_review", "in_progress");
    let mut on = moved(6, "in_review", "blocked");
    on["timestamp"] = json!("2026-06-01T07:55:09+00:00");
    back["timestamp"] = on["timestamp"].clone();
    send(&server, &token, &batch(&[back, on]));
    assert_eq!(lane(), "in_progress");
}

#[test]
fn the_board_shows_clarified_terms_escaped() {
    let (_dir, server) = server();
    let token = server.token();
    let asked = event(
        1,
        "GlossaryClarificationRequested",
        &json!({"mission_id": MISSION, "scope_id": "team_domain", "step_id": "s",
               "semantic_check_event_id": "c", "term": "<i>dash</i>", "question": "Which?",
               "options": ["a", "b"], "urgency": "high", "actor": "agent"}),
    );
    let resolved = |number: usize, meaning: &str| {
        event(
            number,
            "GlossaryClarificationResolved",
            &json!({"mission_id": MISSION, "clarification_event_id": asked["event_id"],
                   "selected_meaning": meaning, "actor": "me"}),
        )
    };
    // The answer may come before its question; of two answers the first stands.
    let first = resolved(2, "<script>panel</script>");
    send(&server, &token, &batch(&[resolved(3, "too late"), first]));
    send(&server, &token, &batch(std::slice::from_ref(&asked)));
    let page = server.get(&format!("/p/{PROJECT}")).body;
    assert!(page.contains("&lt;i&gt;dash&lt;/i&gt;"), "{page}");
    assert!(page.contains("&lt;script&gt;panel"));
    assert!(!page.contains("too late"));
    assert_eq!(page.matches("data-resolution=").count(), 1);
}

#[test]
fn a_store_of_the_version_before_is_brought_up_with_its_commits() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("hub.db");
    {
        let server = Server::start(&path);
        let mut client = server.client();
        client.send(&crate::support::commit(1));
        client.receive();
        server.stop();
    }
    let db = rusqlite::Connection::open(&path).unwrap();
    db.execute_batch(
        "DROP TABLE sessions; ALTER TABLE tokens DROP COLUMN access;
         DROP TABLE store; ALTER TABLE builds DROP COLUMN frames;
         DROP TABLE clarifications; DROP TABLE lanes; DROP TABLE events; PRAGMA user_version = 1;",
    )
    .unwrap();
    drop(db);
    let server = Server::start(&path);
    assert_eq!(server.hub.commits(&project()).unwrap().len(), 1);
    let token = server.token();
    let answer = send(&server, &token, &batch(&[moved(1, "planned", "claimed")]));
    assert_eq!(statuses(&answer), ["success"]);
}
