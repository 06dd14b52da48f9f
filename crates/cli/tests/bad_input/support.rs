//! Commands that must fail, and what must be as it was.

use std::path::Path;

use pawtrail_testkit::{Pawtrail, Project, Repo, text};
use serde_json::Value;

pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_pawtrail");

/// Runs a command that must fail so, and returns its error.
#[track_caller]
pub(crate) fn fails(
    pawtrail: &Pawtrail,
    dir: &Path,
    args: &[&str],
    exit: i32,
    code: &str,
) -> Value {
    let (status, mut document) = pawtrail.json_in(dir, args);
    assert_eq!(
        (status, document["error"]["code"].as_str()),
        (exit, Some(code)),
        "{args:?}: {document:#}"
    );
    document["error"].take()
}

/// As [`fails`], in a project that must be exactly as it was before, down to the ledger branch.
#[track_caller]
pub(crate) fn refused(project: &Project, args: &[&str], exit: i32, code: &str) -> Value {
    let everything = || {
        let refs = project.repo.git(&["for-each-ref"]);
        (project.checkout(), refs, spooled(project))
    };
    let before = everything();
    let error = fails(&project.pawtrail, project.repo.path(), args, exit, code);
    assert_eq!(everything(), before, "{args:?}");
    error
}

fn spooled(project: &Project) -> Option<String> {
    let file = format!(
        "pawtrail/spool/{}/decisions.events.jsonl",
        project.mission_id
    );
    std::fs::read_to_string(project.repo.common_dir().join(file)).ok()
}

/// Runs the next step that an error names; it must be a command that works.
#[track_caller]
pub(crate) fn follow(pawtrail: &Pawtrail, repo: &Repo, error: &Value) {
    let step = text(&error["next_step"]);
    let words: Vec<&str> = step.split(' ').collect();
    let output = match words[0] {
        "pawtrail" => pawtrail.run(repo, &words[1..]),
        "git" => repo.try_git(&words[1..]),
        other => panic!("{other} is no command of ours"),
    };
    output.expect_status(0);
}
