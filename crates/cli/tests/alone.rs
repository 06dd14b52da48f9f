//! Without a hub: no socket, no background process, no file outside the repository.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail like tests"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use pawtrail_testkit::{Pawtrail, Project, Repo, Scratch, text};

const BINARY: &str = env!("CARGO_BIN_EXE_pawtrail");

/// A day with the product, every local command in it; returns how many commands that were.
fn a_day(pawtrail: &Pawtrail, repo: &Repo) -> usize {
    let mut count = 0;
    let mut run = |args: &[&str], status: i32| {
        count += 1;
        let (found, document) = pawtrail.json_in(repo.path(), args);
        assert_eq!(found, status, "{args:?}: {document:#}");
        document
    };
    run(&["--version"], 0);
    run(&["completions", "bash"], 0);
    run(&["man"], 0);
    run(&["man", "--dir", "pages"], 0);
    run(&["schema"], 0);
    run(&["schema", "status-row"], 0);
    run(&["init"], 0);
    run(&["mission", "create", "payments"], 0);
    run(&["mission", "list"], 0);
    run(&["mission", "show", "payments"], 0);
    run(&["where"], 0);
    let asked = run(&["decision", "request", "--question", "Which?"], 0);
    let id = text(&asked["data"]["decision_id"]);
    run(&["decision", "list", "--open"], 0);
    run(&["decision", "answer", &id, "this"], 0);
    run(&["decision", "answer", &id, "that"], 5);
    run(&["decision", "show", &id], 0);
    run(&["decision", "log"], 0);
    repo.git(&["switch", "-q", "-c", "work"]);
    repo.write("notes.md", "note\n");
    run(&["commit", "-m", "Write a note", "notes.md"], 0);
    run(&["sync", "status"], 0);
    run(&["sync", "now"], 6);
    run(&["sync", "stop"], 0);
    run(&["sync", "disable"], 0);
    count
}

/// Every file and directory below `dir` but those in `except`, with size and time of change.
fn everything(dir: &Path, except: &[&Path]) -> BTreeMap<PathBuf, (u64, SystemTime)> {
    let mut found = BTreeMap::new();
    let mut dirs = vec![dir.to_owned()];
    while let Some(dir) = dirs.pop() {
        for entry in std::fs::read_dir(&dir).unwrap() {
            let path = entry.unwrap().path();
            if except.contains(&path.as_path()) {
                continue;
            }
            let meta = path.symlink_metadata().unwrap();
            if meta.is_dir() {
                dirs.push(path.clone());
            }
            found.insert(path, (meta.len(), meta.modified().unwrap()));
        }
    }
    found
}

#[test]
fn without_a_hub_nothing_runs_and_nothing_is_written_elsewhere() {
    let scratch = Scratch::new();
    let repo = scratch.repo("project");
    let pawtrail = Pawtrail::new(&scratch, BINARY);
    // Home, temporary, runtime, configuration, data, state and cache directories are all in here,
    // and so is what lies beside the repository. A directory changes when a file in it comes or goes.
    let before = everything(scratch.path(), &[repo.path()]);
    assert!(before.contains_key(&scratch.path().join("home/.config")));
    a_day(&pawtrail, &repo);
    assert_eq!(scratch.processes(), Vec::<String>::new());
    assert_eq!(everything(scratch.path(), &[repo.path()]), before);
}

/// No socket, not even for a moment, and no process that ended before somebody looked.
#[cfg(target_os = "linux")]
#[test]
fn without_a_hub_no_process_makes_a_socket_and_none_is_started_in_the_background() {
    use pawtrail_testkit::{Hub, Witness, eventually};
    use std::time::Duration;

    let scratch = Scratch::new();
    let repo = scratch.repo("project");
    let witness = Witness::new(&scratch);
    let pawtrail = witness.watch(Pawtrail::new(&scratch, BINARY));
    let commands = a_day(&pawtrail, &repo);
    let seen = witness.take();
    let ours = seen.iter().filter(|line| *line == "start pawtrail").count();
    assert_eq!(ours, commands, "{seen:?}");
    // Only git is asked for help, and only to commit a user's own paths.
    let others: Vec<&String> = seen
        .iter()
        .filter(|line| *line != "start pawtrail")
        .collect();
    assert!(others.iter().all(|line| *line == "start git"), "{others:?}");

    // The same witness sees the courier and its sockets once there is a hub.
    let other = Scratch::new();
    let project = Project::in_repo(
        other.repo("project"),
        Witness::watch(&witness, Pawtrail::new(&other, BINARY)),
    );
    let hub = Hub::start(&other, &Pawtrail::new(&other, BINARY));
    project.connect(&hub);
    witness.take();
    project.decide("Which?");
    let mut seen = Vec::new();
    eventually("a socket is seen", Duration::from_secs(30), || {
        seen.extend(witness.take());
        seen.iter().any(|line| line == "socket pawtrail")
    });
    let ours = seen.iter().filter(|line| *line == "start pawtrail").count();
    assert_eq!(ours, 3, "request, answer, courier: {seen:?}");
}
