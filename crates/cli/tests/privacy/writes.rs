//! NFR-001 and scenario 3 on each path by which something is written.

use std::time::Duration;

use pawtrail_testkit::{Hub, Project, Scratch, ScriptedHub, eventually, text};

use crate::support::{
    BEGUN, EMAIL, ENDED, HOME, HOST, LOGIN, clean, files_clean, objects_clean, private, project,
    told,
};

/// One path by which a user's text comes to be written.
struct WritePath {
    name: &'static str,
    /// Writes the text, wherever the path takes any.
    write: fn(&Project, &str),
}

/// All paths. A new one is a new row.
const PATHS: &[WritePath] = &[
    WritePath {
        name: "mission create",
        write: |project, told| {
            let create = [
                "mission", "create", "gears", "--title", told, "--kind", told,
            ];
            project.pawtrail.data(&project.repo, &create);
        },
    },
    WritePath {
        name: "decision request",
        write: |project, told| {
            ask(project, told, None);
        },
    },
    WritePath {
        name: "decision request with a key and an idempotency key",
        write: |project, told| {
            let key = format!("gear-{EMAIL}");
            let first = ask(project, told, Some(&key));
            let again = ask(project, told, Some(&key));
            assert_eq!(first, again);
            assert!(!first.contains(EMAIL), "{first}");
            // The id as it was given stands for the id as it is written.
            project.answer(&format!("input:{key}"), told);
            let shown = ["decision", "show", &format!("input:{key}")];
            let shown = project.pawtrail.data(&project.repo, &shown);
            assert_eq!(shown["status"], "answered");
        },
    },
    WritePath {
        name: "decision answer",
        write: |project, told| {
            let id = project.request("Which gear?");
            let mission = &project.mission_id;
            let key = format!("{told} And now?");
            let answer = [
                "decision",
                "answer",
                &id,
                told,
                "--mission",
                mission,
                "--actor",
                told,
                "--idempotency-key",
                &key,
            ];
            let receipt = project.receipt(&answer);
            assert_eq!(receipt["committed"], true);
        },
    },
    WritePath {
        name: "glossary observe and sense",
        write: |project, told| {
            let mission = ["--mission", &project.mission_id, "--actor", told];
            let observe = ["glossary", "observe", "--term", "gear", "--step", told];
            let sense = [
                "glossary",
                "sense",
                "--term",
                "gear",
                "--definition",
                told,
                "--reason",
                told,
            ];
            project
                .pawtrail
                .data(&project.repo, &[&observe[..], &mission].concat());
            project
                .pawtrail
                .data(&project.repo, &[&sense[..], &mission].concat());
        },
    },
    WritePath {
        name: "glossary ask and resolve, with the seed file",
        write: |project, told| {
            let mission = ["--mission", &project.mission_id, "--actor", told];
            let ask = [
                "glossary",
                "ask",
                "--term",
                "gear",
                "--question",
                told,
                "--option",
                told,
                "--step",
                told,
            ];
            let asked = project
                .pawtrail
                .data(&project.repo, &[&ask[..], &mission].concat());
            let id = text(&asked["conflict_id"]);
            let resolve = ["glossary", "resolve", &id, "--definition", told];
            let resolved = project
                .pawtrail
                .data(&project.repo, &[&resolve[..], &mission].concat());
            let seed = project
                .repo
                .read(resolved["path"].as_str().unwrap())
                .unwrap();
            assert!(seed.contains("[redacted:email]"), "{seed}");
        },
    },
    WritePath {
        name: "wp move and note, with the status log",
        write: |project, told| {
            let by = ["--mission", &project.mission_id, "--actor", LOGIN];
            for lane in ["planned", "claimed"] {
                let change = ["wp", "move", "WP01", lane, "--reason", told];
                project
                    .pawtrail
                    .data(&project.repo, &[&change[..], &by].concat());
            }
            let note = ["wp", "note", "WP01", told];
            project
                .pawtrail
                .data(&project.repo, &[&note[..], &by].concat());
            let log = format!("{}/status.events.jsonl", project.dir);
            let log = project.repo.read_at(&project.ledger, &log).unwrap();
            assert!(log.contains("[redacted:email]"), "{log}");
        },
    },
];

fn ask(project: &Project, told: &str, key: Option<&str>) -> String {
    let mut ask = vec![
        "decision",
        "request",
        "--mission",
        &project.mission_id,
        "--question",
        told,
        "--option",
        told,
        "--option",
        "no",
        "--step",
        told,
        "--run",
        told,
        "--actor",
        told,
    ];
    if let Some(key) = key {
        ask.extend(["--input-key", key, "--idempotency-key", told]);
    }
    text(&project.pawtrail.data(&project.repo, &ask)["decision_id"])
}

/// Looks at all of a repository that is not git's own: its files, all objects, and what Pawtrail keeps in its directory.
#[track_caller]
fn nothing_private(project: &Project) {
    let private = private(&project.repo);
    assert!(files_clean(project.repo.path(), &private) > 3);
    assert!(objects_clean(&project.repo, &private) > 5);
    let kept = project.repo.common_dir().join("pawtrail");
    assert!(files_clean(&kept, &private) > 1);
}

#[test]
fn nfr_001_no_write_path_lets_anything_private_into_the_repository() {
    for path in PATHS {
        println!("{}", path.name);
        let scratch = Scratch::new();
        let project = project(&scratch);
        (path.write)(&project, &told(&project.repo));
        nothing_private(&project);
        // What is committed later, of what waits, too.
        project.decide("And now?");
        nothing_private(&project);
        let audit = project.pawtrail.run(&project.repo, &["audit", "--history"]);
        assert_eq!(audit.status, 0, "{audit}");
    }
}

#[test]
fn nfr_001_what_was_held_back_is_said_and_marked() {
    let scratch = Scratch::new();
    let project = project(&scratch);
    let id = project.request("Whom do we ask?");
    let answer = ["decision", "answer", &id, &format!("ask {EMAIL}")];
    let (status, document) = project.pawtrail.json_in(project.repo.path(), &answer);
    assert_eq!(status, 0);
    assert_eq!(document["data"]["answer"], "ask [redacted:email]");
    let warnings = document["warnings"].to_string();
    assert!(
        warnings.contains("the answer held private data"),
        "{warnings}"
    );
    clean(
        "the document",
        document.to_string().as_bytes(),
        &private(&project.repo),
    );
    let rows = project.rows();
    assert_eq!(
        rows.last().unwrap()["payload"]["answer"],
        "ask [redacted:email]"
    );
    // The same answer again is the same answer.
    let again = project.answer(&id, &format!("ask {EMAIL}"));
    assert_eq!(again["event_id"], document["receipt"]["event_id"]);
}

#[test]
fn nfr_001_a_mission_is_not_named_after_its_author() {
    let scratch = Scratch::new();
    let project = project(&scratch);
    let create = ["mission", "create", &format!("for-{LOGIN}")];
    let (status, document) = project.pawtrail.json_in(project.repo.path(), &create);
    assert_eq!(status, 2, "{document:#}");
    assert_eq!(document["error"]["code"], "INVALID_ARGUMENT");
    assert!(!document.to_string().contains(LOGIN), "{document:#}");
}

#[test]
fn fr_017_no_frame_no_state_file_and_no_hub_holds_anything_private() {
    let scratch = Scratch::new();
    let project = project(&scratch);
    let hub = Hub::start(&scratch, &project.pawtrail);
    project.connect(&hub);
    let private = private(&project.repo);
    // A commit by git itself: its tree names the file, and nothing of ours may.
    let path = format!("{}/{LOGIN} on {HOST}, {EMAIL}.md", project.dir);
    project.repo.write(&path, "gears\n");
    project.repo.git(&["add", "--", &project.dir]);
    project
        .repo
        .git(&["commit", "-q", "-m", "Describe the gears"]);
    for (name, path) in PATHS.iter().map(|path| (path.name, path.write)) {
        println!("{name}");
        path(&project, &told(&project.repo));
    }
    let state = project.state().to_string();
    clean("sync-state.json", state.as_bytes(), &private);
    project.pawtrail.data(&project.repo, &["sync", "now"]);
    eventually("the hub has everything", Duration::from_secs(30), || {
        project.status()["pending"] == 0
    });
    assert_eq!(project.status()["set_aside"], 0);
    files_clean(&project.repo.path().join(".kittify"), &private);
    let kept = project.repo.common_dir().join("pawtrail");
    assert!(files_clean(&kept, &private) > 3);
    let log = kept.join("sync/egress.jsonl");
    assert!(
        std::fs::read_to_string(log)
            .unwrap()
            .contains("LocalCommit")
    );
    let store = hub.store().to_owned();
    let dir = store.parent().unwrap();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        // The store, and what SQLite keeps beside it.
        if name.starts_with("hub.sqlite") {
            let content = std::fs::read(&path).unwrap();
            let seen = content.windows(9).any(|bytes| bytes == b"[redacted");
            assert!(seen || name != "hub.sqlite-wal" || content.is_empty());
            clean(&name, &content, &private);
        }
    }
    clean("the board", board(&hub, &project.uuid).as_bytes(), &private);
}

#[test]
fn a_frame_that_a_hub_refuses_as_private_is_set_aside_with_the_reason_and_not_sent_again() {
    let scratch = Scratch::new();
    let project = project(&scratch);
    let hub = ScriptedHub::start();
    let url = hub.url();
    let token = "0123456789abcdef0123456789abcdef";
    let enable = ["sync", "enable", &url, "--token", token, "--from-now"];
    project.pawtrail.data(&project.repo, &enable);
    // What was there before is set aside as well, as `--from-now` asks.
    let aside = |project: &Project| project.status()["set_aside"].as_u64().unwrap();
    let before = aside(&project);
    let commit = project.decide("Which gear?");
    let soon = Duration::from_secs(30);
    let frames = hub.wait_for(1, soon);
    assert_eq!(frames[0]["git_hash"], commit.as_str());
    let reason = "`changed_files` holds private data: rule `email`";
    hub.refuse(&commit, "PRIVATE_DATA", reason);
    eventually("it is set aside", soon, || aside(&project) == before + 1);
    assert_eq!(project.status()["pending"], 0);
    let state = project.state();
    let entries = state["set_aside"].as_array().unwrap();
    let entry = entries
        .iter()
        .find(|entry| entry["git_hash"] == commit.as_str());
    assert_eq!(entry.unwrap()["code"], "PRIVATE_DATA");
    assert_eq!(entry.unwrap()["message"], reason);
    // The next one goes, on this connection and on a new one; that one doesn't go again.
    hub.acknowledge_all();
    project.decide("And then?");
    eventually("the next has arrived", soon, || {
        project.status()["pending"] == 0
    });
    hub.hang_up();
    project.decide("And after that?");
    eventually("the last has arrived", soon, || {
        project.status()["pending"] == 0
    });
    let sent = hub.received();
    let of_it = sent
        .iter()
        .filter(|frame| frame["git_hash"] == commit.as_str());
    assert_eq!(of_it.count(), 1, "{sent:#?}");
}

/// The board as a browser gets it.
fn board(hub: &Hub, project: &str) -> String {
    use std::io::{Read, Write};
    let url = hub.board_url();
    let (host, _) = url.trim_start_matches("http://").split_once('/').unwrap();
    let mut stream = std::net::TcpStream::connect(host).unwrap();
    let request = format!("GET /p/{project} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut page = String::new();
    stream.read_to_string(&mut page).unwrap();
    assert!(page.starts_with("HTTP/1.1 200"), "{page}");
    page
}

#[test]
fn scenario_3_an_event_file_holds_neither_who_nor_where_nor_when() {
    let scratch = Scratch::new();
    let project = project(&scratch);
    // Another tool wrote this row, with everything in it, and our next commit takes it along.
    let event = serde_json::json!({
        "at": "2026-11-22T10:00:00+00:00", "event_id": "01KT119YA7GD2Y0D7MZR000042",
        "event_type": "SessionEnded", "mission_id": project.mission_id,
        "payload": {
            "hostname": HOST, "machine_name": HOST, "workspace_path": project.repo.path(),
            "developer_name": "Ada", "developer_email": EMAIL,
            "sessions": [{ "session_started_at": BEGUN, "session_ended_at": ENDED, "note": told(&project.repo) }],
            "node_id": "d036a097a835", HOME: "a key",
        },
    });
    project.decide("Before?");
    let file = project.repo.path().join(&project.path);
    let before = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, format!("{before}{event}\n")).unwrap();
    project.decide("After?");

    let mut private = private(&project.repo);
    private.push(("begin of the session", BEGUN.to_owned()));
    private.push(("end of the session", ENDED.to_owned()));
    objects_clean(&project.repo, &private);
    let rows = project.rows();
    let session = rows.iter().find(|row| row["event_type"] == "SessionEnded");
    let payload = &session.unwrap()["payload"];
    assert_eq!(payload["sessions"][0]["session_duration_s"], 5430);
    assert_eq!(payload["node_id"], "d036a097a835");
    assert!(payload.get("hostname").is_none());
    // What the other tool wrote on disk is its own; the audit says where it stands.
    let audit = project.pawtrail.json(&project.repo, &["audit"]);
    let findings = audit["error"]["details"]["findings"].as_array().unwrap();
    assert!(!findings.is_empty());
    assert!(
        findings
            .iter()
            .all(|finding| finding["path"] == project.path.as_str())
    );
    clean("the audit", audit.to_string().as_bytes(), &private);
}
