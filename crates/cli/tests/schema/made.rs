//! What the program writes, sends and answers fits its own schemas.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use pawtrail_testkit::{Hub, Project, Scratch, ScriptedHub, rows, text};
use serde_json::{Value, json};

use crate::{BINARY, Schemas};

const SOON: Duration = Duration::from_secs(30);

/// A mission in which there is something of everything.
fn busy(project: &Project) -> Vec<Value> {
    let run = |args: &[&str]| {
        let (status, document) = project.pawtrail.json_in(project.repo.path(), args);
        assert_eq!(status, 0, "{args:?}: {document:#}");
        document
    };
    let mut answers = Vec::new();
    let id = project.request("Which?");
    for args in [
        &["decision", "answer", &id, "this"][..],
        &[
            "decision",
            "request",
            "--question",
            "And?",
            "--option",
            "a",
            "--input-key",
            "k",
        ],
        &["wp", "move", "WP01", "planned"],
        &["wp", "move", "WP01", "claimed", "--actor", "agent"],
        &["wp", "note", "WP01", "it goes well"],
        &["wp", "subtask", "WP01", "T001", "done"],
        &[
            "wp",
            "move",
            "WP02",
            "done",
            "--force",
            "--reason",
            "it was there",
            "--actor",
            "lead",
        ],
        &["glossary", "observe", "--term", "gauge"],
        &[
            "glossary",
            "sense",
            "--term",
            "dial",
            "--definition",
            "a round one",
        ],
    ] {
        answers.push(run(args));
    }
    let asked = run(&[
        "glossary",
        "ask",
        "--term",
        "gauge",
        "--question",
        "Which?",
        "--option",
        "a",
    ]);
    let conflict = text(&asked["data"]["conflict_id"]);
    let scope = ["--definition", "what measures", "--scope", "team_domain"];
    answers.push(run(
        &[&["glossary", "resolve", &conflict][..], &scope].concat()
    ));
    answers.push(asked);
    answers
}

fn read(project: &Project, path: &str) -> String {
    project
        .repo
        .read(path)
        .unwrap_or_else(|| panic!("no {path}"))
}

#[test]
fn files_and_answers() {
    let scratch = Scratch::new();
    let project = Project::on_work(&scratch, BINARY);
    let schemas = Schemas::of(&project.pawtrail, project.repo.path());
    for answer in busy(&project) {
        schemas.fits("success", &answer);
        if !answer["receipt"].is_null() {
            schemas.fits("receipt", &answer["receipt"]);
        }
    }
    let dir = &project.dir;
    let mut count = 0;
    for (file, schema) in [
        ("decisions.events.jsonl", "decision-row"),
        ("status.events.jsonl", "status-row"),
    ] {
        for row in rows(&read(&project, &format!("{dir}/{file}"))) {
            schemas.fits(schema, &row);
            count += 1;
        }
    }
    let mut logged = 0;
    for (path, content) in
        pawtrail_testkit::files_below(&project.repo.path().join(".kittify/events/glossary"))
    {
        for row in rows(std::str::from_utf8(&content).unwrap()) {
            schemas.fits("glossary-row", &row);
            logged += 1;
        }
        assert!(path.to_string_lossy().ends_with(".jsonl"), "{path:?}");
    }
    assert!(count >= 8 && logged >= 4, "{count} {logged}");
    for (path, schema) in [
        (format!("{dir}/status.json"), "status"),
        (format!("{dir}/meta.json"), "meta"),
        (".kittify/sync-state.json".to_owned(), "sync-state"),
    ] {
        let value: Value = serde_json::from_str(&read(&project, &path)).unwrap();
        schemas.fits(schema, &value);
    }
}

#[test]
fn what_leaves() {
    let scratch = Scratch::new();
    let project = Project::on_work(&scratch, BINARY);
    let schemas = Schemas::of(&project.pawtrail, project.repo.path());
    busy(&project);
    let preview = project.pawtrail.data(&project.repo, &["sync", "preview"]);
    let texts = |list: &Value| -> Vec<Value> {
        let list = list.as_array().unwrap().iter();
        list.map(|one| serde_json::from_str(one["text"].as_str().unwrap()).unwrap())
            .collect()
    };
    let (frames, batches) = (texts(&preview["frames"]), texts(&preview["batches"]));
    assert!(frames.len() >= 5 && batches.len() == 1, "{preview:#}");
    for frame in &frames {
        schemas.fits("local-commit", frame);
    }
    schemas.fits("batch-request", &batches[0]);
    let events = batches[0]["events"].as_array().unwrap();
    assert!(events.len() >= 5);
    for event in events {
        schemas.fits("envelope", event);
    }
    // The same batch, by hand, to a real hub.
    let hub = Hub::start(&scratch, &project.pawtrail);
    let token = hub.token(&project.pawtrail, &project.uuid);
    let batch = batches[0].to_string();
    let post = "POST /api/v1/events/batch/";
    let bearer = format!("Authorization: Bearer {token}\r\nX-Pawtrail-Protocol: 1\r\n");
    let taken = ask(&hub, post, &bearer, &batch);
    schemas.fits("batch-response", &taken);
    assert!(
        taken["results"]
            .as_array()
            .unwrap()
            .iter()
            .all(|one| one["status"] == "success"),
        "{taken:#}"
    );
    let mixed = json!({ "events": [events[0], { "event_id": "x" }] });
    let judged = ask(&hub, post, &bearer, &mixed.to_string());
    schemas.fits("batch-response", &judged);
    assert_eq!(judged["results"][1]["status"], "rejected");
    schemas.fits("health", &ask(&hub, "GET /api/v1/health", "", ""));
    schemas.fits("refusal", &ask(&hub, post, "", &batch));
    schemas.fits("refusal", &ask(&hub, post, &bearer, "no batch"));
    let other = bearer.replace(": 1", ": 7");
    let refused = ask(&hub, post, &other, &batch);
    schemas.fits("refusal", &refused);
    assert_eq!(refused["protocol"], json!([1]));
}

/// Sends a request and returns the body of the answer.
fn ask(hub: &Hub, line: &str, headers: &str, body: &str) -> Value {
    let host = hub
        .url()
        .trim_start_matches("http://")
        .trim_end_matches('/');
    let mut stream = TcpStream::connect(host).unwrap();
    stream.set_read_timeout(Some(SOON)).unwrap();
    let length = body.len();
    let request = format!(
        "{line} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n{body}"
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {answer}"))
}

#[test]
fn what_a_courier_says_on_the_line() {
    let scratch = Scratch::new();
    let project = Project::new(&scratch, BINARY);
    let schemas = Schemas::of(&project.pawtrail, project.repo.path());
    let hub = ScriptedHub::start();
    let enable = [
        "sync",
        "enable",
        &hub.url(),
        "--token",
        "a-token-of-some-length",
    ];
    project.pawtrail.data(&project.repo, &enable);
    project.decide("Which?");
    let heard = hub.wait_for(2, SOON);
    for frame in &heard {
        match frame["type"].as_str() {
            Some("LocalCommit") => schemas.fits("local-commit", frame),
            Some("pong") => schemas.fits("pong", frame),
            other => panic!("{other:?}"),
        }
    }
    hub.acknowledge_all();
    project.wait_until_acknowledged(SOON);
    schemas.fits("sync-state", &project.state());
}
