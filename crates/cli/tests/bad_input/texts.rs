//! Texts that are none, too long, no Unicode, or look like something else.

use pawtrail_testkit::{Project, Scratch, text};
use serde_json::Value;

use crate::support::{BINARY, refused};

#[test]
fn an_empty_or_oversized_text() {
    let scratch = Scratch::new();
    let project = Project::new(&scratch, BINARY);
    for question in ["", " ", "\n\t", "\u{3000}"] {
        let ask = ["decision", "request", "--question", question];
        refused(&project, &ask, 2, "INVALID_ARGUMENT");
    }
    // The largest argument that Linux takes is 128 KiB.
    let huge = "x".repeat(120 * 1024);
    let ask = ["decision", "request", "--question", &huge];
    let error = refused(&project, &ask, 2, "INVALID_ARGUMENT");
    assert!(
        text(&error["message"]).len() < 1_000,
        "the error repeats it all"
    );
    let id = project.request("Which?");
    for answer in ["", " ", &huge] {
        let line = ["decision", "answer", &id, answer];
        refused(&project, &line, 2, "INVALID_ARGUMENT");
    }
    project.answer(&id, "yes");
}

#[test]
fn an_answer_that_looks_like_an_option() {
    let scratch = Scratch::new();
    let project = Project::new(&scratch, BINARY);
    let id = project.request("How many?");
    let error = refused(&project, &["decision", "answer", &id, "--many"], 2, "USAGE");
    assert!(text(&error["message"]).contains("--many"), "{error:#}");
    // A number is no option, and what follows `--` never is.
    project.answer(&id, "-1");
    let id = project.request("Which flag?");
    project.receipt(&["decision", "answer", "--", &id, "--json"]);
    let log = project.pawtrail.data(&project.repo, &["decision", "log"]);
    let answers: Vec<String> = log["decisions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| text(&one["answer"]))
        .collect();
    assert_eq!(answers, ["-1", "--json"]);
    // Nor does a question or an answer reach a shell or git as one.
    let nasty = "$(touch pwned) `touch pwned` ; touch pwned | --exec=touch";
    let ask = ["decision", "request", "--question", nasty];
    let id = text(&project.pawtrail.data(&project.repo, &ask)["decision_id"]);
    project.answer(&id, nasty);
    assert_eq!(project.repo.status_v2(), "");
}

#[cfg(unix)]
#[test]
fn arguments_that_are_no_unicode() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    let scratch = Scratch::new();
    let project = Project::new(&scratch, BINARY);
    let id = project.request("Which?");
    let bad = OsStr::from_bytes(b"caf\xe9");
    for args in [
        &["decision", "request", "--question"][..],
        &["decision", "answer", &id],
        &["decision", "list", "--mission"],
        &["mission", "create"],
        &["commit", "-m"],
    ] {
        let before = project.checkout();
        let all: Vec<&str> = std::iter::once("--json")
            .chain(args.iter().copied())
            .collect();
        let output = project
            .pawtrail
            .command(project.repo.path(), &all)
            .arg(bad)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        let document: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(document["error"]["code"], "USAGE", "{document:#}");
        assert_eq!(output.stderr, b"");
        assert_eq!(project.checkout(), before);
    }
    // A path of that kind is none that this program can name; nothing else is committed instead.
    project.repo.git(&["switch", "-q", "-c", "work"]);
    std::fs::write(project.repo.path().join(bad), "x").unwrap();
    let commit = ["--json", "commit", "-m", "x"];
    let output = project
        .pawtrail
        .command(project.repo.path(), &commit)
        .arg(bad)
        .output()
        .unwrap();
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (output.status.code(), document["error"]["code"].as_str()),
        (Some(2), Some("INVALID_ARGUMENT"))
    );
    project.answer(&id, "yes");
}
