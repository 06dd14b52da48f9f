//! A developer of whom everything is known, and places where nothing of that may stand.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use pawtrail_testkit::{Output, Pawtrail, Project, Repo, Scratch};

pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_pawtrail");

pub(crate) const HOME: &str = "/home/ada-of-the-engine";
pub(crate) const HOST: &str = "analytical-engine";
pub(crate) const LOGIN: &str = "adalovelace";
pub(crate) const NAME: &str = "Ada Lovelace";
pub(crate) const EMAIL: &str = "ada.lovelace@engine.example";
/// The clock time of a session.
pub(crate) const BEGUN: &str = "2026-11-22T08:15:00+00:00";
pub(crate) const ENDED: &str = "2026-11-22T09:45:30+00:00";

/// The program, run by that developer.
pub(crate) fn pawtrail(scratch: &Scratch) -> Pawtrail {
    let config = scratch.path().join("ada.gitconfig");
    let text = format!("[user]\n\tname = {NAME}\n\temail = {EMAIL}\n");
    std::fs::write(&config, text).unwrap();
    Pawtrail::new(scratch, BINARY)
        .with_env("HOME", HOME)
        .with_env("HOSTNAME", HOST)
        .with_env("USER", LOGIN)
        .with_env("GIT_CONFIG_GLOBAL", config)
}

/// A project in which that developer works; its mission's ledger branch is checked out.
pub(crate) fn project(scratch: &Scratch) -> Project {
    let repo = scratch.repo("workshop");
    repo.git(&["switch", "-q", "-c", "work"]);
    Project::in_repo(repo, pawtrail(scratch))
}

/// What must not be found, with its name.
pub(crate) fn private(repo: &Repo) -> Vec<(&'static str, String)> {
    vec![
        ("home", HOME.to_owned()),
        ("home's name", "ada-of-the-engine".to_owned()),
        ("host", HOST.to_owned()),
        ("login", LOGIN.to_owned()),
        ("name", NAME.to_owned()),
        ("e-mail", EMAIL.to_owned()),
        ("workspace", repo.path().to_str().unwrap().to_owned()),
    ]
}

/// A text in which all of it stands.
pub(crate) fn told(repo: &Repo) -> String {
    let root = repo.path().display();
    format!(
        "Look at {HOME}/notes.txt and {root}/src/main.rs on {HOST}; ask {NAME} <{EMAIL}>, who is {LOGIN} there."
    )
}

/// Runs a program with an input.
pub(crate) fn feed(command: &mut Command, input: &[u8]) -> (i32, Vec<u8>, String) {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let writer = std::thread::spawn(move || {
        // A program that ends early doesn't read on.
        let _ = stdin.write_all(&input);
    });
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.code().unwrap_or(-1), output.stdout, words)
}

/// Fails where one of the values stands in a text.
#[track_caller]
pub(crate) fn clean(what: &str, text: &[u8], private: &[(&str, String)]) {
    for (name, value) in private {
        let found = text
            .windows(value.len())
            .position(|window| window.eq_ignore_ascii_case(value.as_bytes()));
        if let Some(at) = found {
            let around = &text[at.saturating_sub(60)..(at + value.len() + 60).min(text.len())];
            panic!(
                "{what} holds the {name}: …{}…",
                String::from_utf8_lossy(around)
            );
        }
    }
}

/// Fails where one of the values stands in what a command printed.
#[track_caller]
pub(crate) fn says_nothing(output: &Output, private: &[(&str, String)]) {
    clean("standard output", output.stdout.as_bytes(), private);
    clean("standard error", output.stderr.as_bytes(), private);
}

/// What names files by their whole path, as git itself does in its directory: git's own, and the notes on its locks.
const NAMES_PATHS: [&str; 2] = [".git", "held"];

/// Fails where one of the values stands in a file below `dir`.
#[track_caller]
pub(crate) fn files_clean(dir: &Path, private: &[(&str, String)]) -> usize {
    let mut seen = 0;
    let Ok(entries) = std::fs::read_dir(dir) else {
        return 0;
    };
    for entry in entries {
        let entry = entry.unwrap();
        let kind = entry.file_type().unwrap();
        let name = entry.file_name().to_string_lossy().into_owned();
        if kind.is_dir() && !NAMES_PATHS.contains(&name.as_str()) {
            seen += files_clean(&entry.path(), private);
        } else if kind.is_file() {
            let name = entry.path().display().to_string();
            clean(&name, &std::fs::read(entry.path()).unwrap(), private);
            seen += 1;
        }
    }
    seen
}

/// Fails where one of the values stands in an object of git, but for the lines of a commit that say who made it.
#[track_caller]
pub(crate) fn objects_clean(repo: &Repo, private: &[(&str, String)]) -> usize {
    let list = repo.git(&["cat-file", "--batch-all-objects", "--batch-check"]);
    let mut seen = 0;
    for line in list.lines() {
        let mut words = line.split(' ');
        let (id, kind) = (words.next().unwrap(), words.next().unwrap());
        let mut command = repo.env().command("git");
        command
            .current_dir(repo.path())
            .args(["cat-file", kind, id]);
        let (_, mut content, _) = feed(&mut command, b"");
        if kind == "commit" {
            let text = String::from_utf8_lossy(&content).into_owned();
            let kept = text
                .lines()
                .filter(|line| !line.starts_with("author ") && !line.starts_with("committer "));
            content = kept.collect::<Vec<_>>().join("\n").into_bytes();
        }
        clean(&format!("{kind} {id}"), &content, private);
        seen += 1;
    }
    seen
}

/// Every file below a directory, with its size.
pub(crate) fn listing(dir: &Path) -> Vec<(String, u64)> {
    let mut found = Vec::new();
    let mut open = vec![dir.to_owned()];
    while let Some(dir) = open.pop() {
        for entry in std::fs::read_dir(dir).unwrap().flatten() {
            let kind = entry.metadata().unwrap();
            match kind.is_dir() {
                true => open.push(entry.path()),
                false => found.push((entry.path().display().to_string(), kind.len())),
            }
        }
    }
    found.sort();
    found
}
