//! Warnings of what waits too long or is too much, and what shows the queue without writing.

use pawtrail_sync::backlog::{MANY_EVENTS, OLD_S};
use pawtrail_testkit::{Hub, Project, text};
use serde_json::{Value, json};

use crate::{database, multiply, project, queued, start_work, status};

fn codes(status: &Value) -> Vec<String> {
    let warnings = status["warnings"].as_array().unwrap();
    warnings.iter().map(|one| text(&one["code"])).collect()
}

/// What `doctor` says of the backlog.
fn backlog(project: &Project) -> Value {
    let (_, document) = project.pawtrail.json_in(project.repo.path(), &["doctor"]);
    let data = match document["ok"].as_bool() {
        Some(true) => &document["data"],
        Some(false) | None => &document["error"]["details"],
    };
    let checks = data["checks"].as_array().unwrap();
    let found = checks.iter().find(|check| check["name"] == "backlog");
    found.unwrap().clone()
}

fn age(project: &Project, seconds: u64) {
    let aged = database(project).execute(
        "UPDATE events SET queued_at = queued_at - ?1",
        [i64::try_from(seconds * 1_000).unwrap()],
    );
    aged.unwrap();
}

#[test]
fn sync_status_and_doctor_warn_by_number_and_by_age() {
    let (scratch, project) = project();
    start_work(&project, "WP01");
    assert_eq!(codes(&status(&project)), Vec::<String>::new());
    assert_eq!(backlog(&project)["ok"], true);
    // As long as nothing may leave, nothing is late.
    age(&project, OLD_S + 60);
    assert_eq!(codes(&status(&project)), Vec::<String>::new());
    let hub = Hub::start(&scratch, &project.pawtrail);
    project.connect(&hub);
    project.pawtrail.run(&project.repo, &["sync", "stop"]);
    let old = status(&project);
    assert_eq!(codes(&old), ["OLD_BACKLOG"], "{old:#}");
    assert_eq!(old["warnings"][0]["next_step"], "pawtrail sync now");
    let check = backlog(&project);
    assert_eq!(check["ok"], false, "{check:#}");
    assert_eq!(check["next_step"], "pawtrail sync now");
    let said = project.pawtrail.run(&project.repo, &["sync", "status"]);
    assert!(said.stdout.contains("has waited for 24 hours"), "{said}");

    let (waiting, _) = queued(&project);
    multiply(&project, MANY_EVENTS - waiting - 1);
    assert_eq!(codes(&status(&project)), ["OLD_BACKLOG"]);
    multiply(&project, 1);
    let many = status(&project);
    assert_eq!(codes(&many), ["MANY_EVENTS_WAIT", "OLD_BACKLOG"]);
    let said = project.pawtrail.run(&project.repo, &["sync", "status"]);
    assert!(said.stdout.contains("10000 events wait"), "{said}");
    let told = text(&backlog(&project)["message"]);
    assert!(
        told.contains("10000 events wait") && told.contains("24 hours"),
        "{told}"
    );
    // Delivered, there is nothing to warn of.
    let empty = database(&project).execute("DELETE FROM events", []);
    empty.unwrap();
    project.pawtrail.data(&project.repo, &["sync", "now"]);
    assert_eq!(status(&project)["warnings"], json!([]));
    assert_eq!(backlog(&project)["ok"], true);
}

/// All files of the clone's private state but for logs of couriers, and what they hold.
fn files(project: &Project) -> Vec<(String, Vec<u8>)> {
    let dir = project.repo.path().join(".git/pawtrail");
    let mut files: Vec<(String, Vec<u8>)> = std::fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file())
        .map(|path| (path.display().to_string(), std::fs::read(&path).unwrap()))
        .collect();
    files.sort();
    files
}

#[test]
fn what_shows_the_queue_writes_nothing() {
    let (_scratch, project) = project();
    let state = project.repo.path().join(".git/pawtrail");
    for name in ["queue.sqlite", "queue.sqlite-wal", "queue.sqlite-shm"] {
        // A new mission may have made one.
        let _ = std::fs::remove_file(state.join(name));
    }
    assert_eq!(queued(&project), (0, 0));
    let id = "01KT12VTXHQVY4C5SW00000001";
    let (code, missing) = project
        .pawtrail
        .json_in(project.repo.path(), &["queue", "show", id]);
    assert_eq!(
        (code, &missing["error"]["code"]),
        (1, &json!("EVENT_NOT_FOUND"))
    );
    assert!(!state.join("queue.sqlite").exists());

    start_work(&project, "WP01");
    let before = files(&project);
    let listed = project.pawtrail.data(&project.repo, &["queue", "list"]);
    let id = text(&listed["events"][0]["event_id"]);
    project
        .pawtrail
        .data(&project.repo, &["queue", "show", &id]);
    status(&project);
    backlog(&project);
    assert_eq!(files(&project), before);
}

/// A git directory that is mounted read-only. Only root can do that.
#[cfg(target_os = "linux")]
#[test]
fn the_queue_is_shown_where_nothing_can_be_written() {
    let (_scratch, project) = project();
    start_work(&project, "WP01");
    let listed = project.pawtrail.data(&project.repo, &["queue", "list"]);
    let id = text(&listed["events"][0]["event_id"]);
    if !project.repo.can_be_closed() {
        // The test before stands for it: nothing is written at all.
        return;
    }
    let run = |args: &[&str]| {
        let args: Vec<&str> = ["--json"].into_iter().chain(args.iter().copied()).collect();
        let output = project.repo.run_closed(crate::BINARY, &args);
        (output.status == 0, output.stdout)
    };
    for args in [
        &["queue", "list"][..],
        &["queue", "show", &id],
        &["sync", "status"],
    ] {
        let (done, said) = run(args);
        assert!(done, "{args:?}: {said}");
        assert!(args[0] == "sync" || said.contains(&id), "{args:?}: {said}");
    }
    // A writer that was killed leaves a log that can't be taken over here; what is in it is shown.
    let db = database(&project);
    db.execute("UPDATE events SET attempts = 7", []).unwrap();
    let (done, said) = run(&["queue", "show", &id]);
    assert!(done && said.contains(r#""attempts":7"#), "{said}");
}
