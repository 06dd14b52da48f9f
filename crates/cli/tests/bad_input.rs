//! Bad input and damage: each has a code, an exit code and a next step, and loses nothing.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail like tests"
)]

use std::path::Path;

use pawtrail_testkit::{Pawtrail, Project, Repo, Scratch, text};
use serde_json::{Value, json};

const BINARY: &str = env!("CARGO_BIN_EXE_pawtrail");

/// Runs a command that must fail so, and returns its error.
#[track_caller]
fn fails(pawtrail: &Pawtrail, dir: &Path, args: &[&str], exit: i32, code: &str) -> Value {
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
fn refused(project: &Project, args: &[&str], exit: i32, code: &str) -> Value {
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
fn follow(pawtrail: &Pawtrail, repo: &Repo, error: &Value) {
    let step = text(&error["next_step"]);
    let words: Vec<&str> = step.split(' ').collect();
    let output = match words[0] {
        "pawtrail" => pawtrail.run(repo, &words[1..]),
        "git" => repo.try_git(&words[1..]),
        other => panic!("{other} is no command of ours"),
    };
    output.expect_status(0);
}

#[test]
fn an_unknown_mission() {
    let scratch = Scratch::new();
    let project = Project::new(&scratch, BINARY);
    let ask = [
        "decision",
        "request",
        "--mission",
        "nowhere",
        "--question",
        "Which?",
    ];
    let error = refused(&project, &ask, 1, "MISSION_NOT_FOUND");
    assert_eq!(error["details"]["handle"], "nowhere");
    follow(&project.pawtrail, &project.repo, &error);
    let id = project.request("Which?");
    let answer = ["decision", "answer", &id, "yes", "--mission", "nowhere"];
    refused(&project, &answer, 1, "MISSION_NOT_FOUND");
    for handle in [
        "../payments",
        "kitty-specs/payments",
        "",
        "*",
        "pay ments",
        "\u{202e}",
    ] {
        let list = ["decision", "list", "--mission", handle];
        let error = refused(&project, &list, 1, "MISSION_NOT_FOUND");
        assert_eq!(error["details"]["handle"], handle);
    }
    project.answer(&id, "yes");
}

#[test]
fn an_ambiguous_handle() {
    let scratch = Scratch::new();
    let project = Project::new(&scratch, BINARY);
    // Two clones made a mission of the same slug, which a merge brought together.
    let ids = ["01KT119YA7GD2Y0D7MZRH5JSS3", "01KT219YA7GD2Y0D7MZRH5JSS3"];
    let topic = project.repo.worktree("topic", "kitty/mission-twins");
    for id in ids {
        let slug = format!("twins-{}", &id[..8]);
        let meta = json!({ "mission_id": id, "mission_slug": slug, "slug": "twins", "friendly_name": "Twins" });
        topic.commit_file(
            &format!("kitty-specs/{slug}/meta.json"),
            &meta.to_string(),
            "Add a twin",
        );
    }
    let ask = [
        "decision",
        "request",
        "--mission",
        "twins",
        "--question",
        "Which?",
    ];
    let error = refused(&project, &ask, 1, "MISSION_AMBIGUOUS");
    let mut candidates: Vec<String> = error["details"]["candidates"]
        .as_array()
        .unwrap()
        .iter()
        .map(|candidate| text(&candidate["mission_id"]))
        .collect();
    candidates.sort();
    assert_eq!(candidates, ids);
    follow(&project.pawtrail, &project.repo, &error);
    let ask = [
        "decision",
        "request",
        "--mission",
        ids[0],
        "--question",
        "Which?",
    ];
    assert_eq!(project.receipt(&ask)["mission_id"], ids[0]);
}

#[test]
fn an_unknown_decision() {
    let scratch = Scratch::new();
    let project = Project::new(&scratch, BINARY);
    project.request("Which?");
    let unknown = "01KT119YA7GD2Y0D7MZRH5JSS3";
    for args in [
        &["decision", "answer", unknown, "yes"][..],
        &[
            "decision",
            "answer",
            unknown,
            "yes",
            "--mission",
            "payments",
        ],
        &["decision", "show", unknown],
    ] {
        let error = refused(&project, args, 1, "DECISION_NOT_FOUND");
        assert_eq!(error["details"]["decision_id"], unknown);
        follow(&project.pawtrail, &project.repo, &error);
    }
    for id in ["", "no-id", "input:", "../x", "input:a b"] {
        refused(&project, &["decision", "answer", id, "yes"], 2, "USAGE");
    }
}

#[test]
fn an_answered_decision_tells_the_answer_it_has() {
    let scratch = Scratch::new();
    let project = Project::new(&scratch, BINARY);
    let id = project.request("Which database?");
    let first = project.answer(&id, "sqlite");
    let other = ["decision", "answer", &id, "postgres"];
    let error = refused(&project, &other, 5, "DECISION_ALREADY_ANSWERED");
    assert_eq!(error["details"]["answer"], "sqlite");
    assert_eq!(error["details"]["decision_id"], id.as_str());
    assert!(text(&error["message"]).contains("sqlite"), "{error:#}");
    follow(&project.pawtrail, &project.repo, &error);
    let output = project.pawtrail.run(&project.repo, &other).expect_status(5);
    assert!(output.stderr.contains("sqlite"), "{output}");
    let again = project.answer(&id, "sqlite");
    for field in ["event_id", "commit", "committed", "ref", "path"] {
        assert_eq!(first[field], again[field], "{field}");
    }
}

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
fn a_repository_without_commits() {
    let scratch = Scratch::new();
    let repo = scratch.empty_repo("empty");
    let pawtrail = Pawtrail::new(&scratch, BINARY);
    pawtrail.data(&repo, &["init"]);
    let create = ["mission", "create", "payments"];
    let error = fails(&pawtrail, repo.path(), &create, 1, "NO_COMMITS");
    assert_eq!(repo.git(&["for-each-ref"]), "");
    assert_eq!(
        pawtrail.data(&repo, &["mission", "list"])["missions"],
        json!([])
    );
    let ask = ["decision", "request", "--question", "Which?"];
    let none = fails(&pawtrail, repo.path(), &ask, 2, "MISSION_REQUIRED");
    assert!(text(&none["next_step"]).starts_with("pawtrail mission create"));
    // What the error says helps, word by word.
    assert_eq!(
        error["next_step"],
        "git commit --allow-empty -m \"Initial commit\""
    );
    repo.git(&["commit", "-q", "--allow-empty", "-m", "Initial commit"]);
    pawtrail.data(&repo, &create);
    let id = text(&pawtrail.data(&repo, &ask)["decision_id"]);
    pawtrail.data(&repo, &["decision", "answer", &id, "yes"]);
}

#[test]
fn a_detached_head_takes_decisions_and_no_commits() {
    let scratch = Scratch::new();
    let repo = scratch.repo("project");
    let pawtrail = Pawtrail::new(&scratch, BINARY);
    repo.git(&["checkout", "-q", "--detach"]);
    pawtrail.data(&repo, &["init"]);
    let made = pawtrail.data(&repo, &["mission", "create", "payments"]);
    let ledger = text(&made["ledger_ref"]);
    assert!(
        ledger.starts_with("refs/heads/kitty/mission-payments-"),
        "{ledger}"
    );
    let ask = ["decision", "request", "--question", "Which?"];
    let id = text(&pawtrail.data(&repo, &ask)["decision_id"]);
    let head = repo.rev("HEAD");
    let document = pawtrail.json(&repo, &["decision", "answer", &id, "yes"]);
    assert_eq!(
        document["receipt"]["commit"].as_str(),
        repo.rev(&ledger).as_deref()
    );
    assert_eq!(repo.rev("HEAD"), head);
    repo.write("notes.md", "note\n");
    let before = repo.status_v2();
    let commit = ["commit", "-m", "Write a note", "notes.md"];
    let error = fails(&pawtrail, repo.path(), &commit, 1, "HEAD_DETACHED");
    assert_eq!((repo.status_v2(), repo.rev("HEAD")), (before, head));
    follow(&pawtrail, &repo, &error);
    pawtrail.data(&repo, &commit);
}

#[test]
fn no_repository() {
    let scratch = Scratch::new();
    let dir = scratch.path().join("plain");
    std::fs::create_dir(&dir).unwrap();
    let pawtrail = Pawtrail::new(&scratch, BINARY);
    for args in [
        &["init"][..],
        &["mission", "list"],
        &["decision", "request", "--question", "Which?"],
        &["decision", "answer", "01KT119YA7GD2Y0D7MZRH5JSS3", "yes"],
        &["sync", "status"],
        &["commit", "-m", "x", "y"],
    ] {
        let error = fails(&pawtrail, &dir, args, 1, "NOT_A_REPOSITORY");
        assert_eq!(error["next_step"], "git init");
    }
    assert_eq!(std::fs::read_dir(&dir).unwrap().count(), 0);
}

/// Git itself would refuse to commit here; a decision is committed all the same.
#[test]
fn no_identity() {
    for config in ["", "[user]\n\tuseConfigOnly = true\n"] {
        let scratch = Scratch::new();
        let repo = scratch.repo("project");
        let file = scratch.path().join("home/gitconfig");
        std::fs::write(file, config).unwrap();
        let pawtrail = Pawtrail::new(&scratch, BINARY);
        pawtrail.data(&repo, &["init"]);
        let made = pawtrail.data(&repo, &["mission", "create", "payments"]);
        let ask = ["decision", "request", "--question", "Which?"];
        let id = text(&pawtrail.data(&repo, &ask)["decision_id"]);
        pawtrail.data(&repo, &["decision", "answer", &id, "yes"]);
        let log = repo.git(&[
            "log",
            "--format=%an <%ae> %cn <%ce>",
            &text(&made["ledger_ref"]),
            "--not",
            "main",
        ]);
        let lines: Vec<&str> = log.lines().collect();
        assert_eq!(lines.len(), 2);
        let ours = "pawtrail <pawtrail@localhost> pawtrail <pawtrail@localhost>";
        assert!(lines.iter().all(|line| *line == ours), "{log}");
        repo.git(&["switch", "-q", "-c", "work"]);
        repo.write("notes.md", "note\n");
        pawtrail.data(&repo, &["commit", "-m", "Write a note", "notes.md"]);
        assert_eq!(
            repo.git(&["log", "-1", "--format=%an <%ae> %cn <%ce>"])
                .trim(),
            ours
        );
        repo.fsck();
    }
}

#[test]
fn a_damaged_sync_state_is_kept_aside_and_made_again_from_git() {
    let scratch = Scratch::new();
    let project = Project::new(&scratch, BINARY);
    let mut made: Vec<String> = (0..3)
        .map(|at| project.decide(&format!("Question {at}?")))
        .collect();
    let before = project.pending();
    assert_eq!(before[before.len() - 3..], made);
    let whole = project.repo.read(".kittify/sync-state.json").unwrap();
    let torn = &whole[..whole.len() / 2];
    let mut kept = 0;
    let old = before.len() - made.len();
    for damage in [
        torn,
        "",
        "\u{0}\u{0}\u{0}",
        "[]",
        "{\"pending_local_commits\": 7}",
        "<<<<<<< ours\n",
    ] {
        project.repo.write(".kittify/sync-state.json", damage);
        assert_eq!(project.status()["pending"], old + made.len());
        let after = project.repo.read(".kittify/sync-state.json").unwrap();
        assert_eq!(after, damage, "a command that only reads has written");
        let question = format!("After {damage:?}?");
        made.push(project.decide(&question));
        let pending = project.pending();
        assert_eq!(
            pending[pending.len() - made.len()..],
            made,
            "after {damage:?}"
        );
        let copies: Vec<String> = copies(&project.repo);
        kept += 1;
        assert_eq!(copies.len(), kept, "after {damage:?}");
        assert!(
            copies.iter().any(|copy| copy == damage),
            "{damage:?} isn't kept"
        );
    }
    assert_eq!(
        project.repo.status_v2(),
        "",
        "copies are private to the clone"
    );
}

/// What stands in the copies of damaged state files.
fn copies(repo: &Repo) -> Vec<String> {
    std::fs::read_dir(repo.path().join(".kittify"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.to_string_lossy().contains("sync-state.json.damaged-"))
        .map(|path| std::fs::read_to_string(path).unwrap())
        .collect()
}

#[test]
fn a_damaged_configuration_is_named_and_left_as_it_is() {
    let scratch = Scratch::new();
    let project = Project::new(&scratch, BINARY);
    let id = project.request("Which?");
    let whole = project.repo.read(".kittify/config.yaml").unwrap();
    for damage in [
        "project: [\n",
        "project:\n  uuid: no-uuid\n",
        "\u{0}",
        "<<<<<<< ours\n",
    ] {
        project.repo.write(".kittify/config.yaml", damage);
        let error = refused(&project, &["init"], 1, "FILE_DAMAGED");
        let path = text(&error["details"]["path"]);
        assert!(Path::new(&path).ends_with(".kittify/config.yaml"), "{path}");
        assert_eq!(project.repo.read(".kittify/config.yaml").unwrap(), damage);
    }
    project.repo.write(".kittify/config.yaml", whole);
    project.answer(&id, "yes");
}

#[test]
fn a_decision_is_found_by_its_id_where_several_missions_exist() {
    let scratch = Scratch::new();
    let project = Project::new(&scratch, BINARY);
    project
        .pawtrail
        .data(&project.repo, &["mission", "create", "search"]);
    let id = project.request("Which?");
    let receipt = project.answer(&id, "yes");
    assert_eq!(receipt["mission_id"], project.mission_id.as_str());
    let shown = project
        .pawtrail
        .data(&project.repo, &["decision", "show", &id]);
    assert_eq!(shown["answer"], "yes");
    // A new question can't know its mission.
    let ask = ["decision", "request", "--question", "Which?"];
    let error = refused(&project, &ask, 2, "MISSION_REQUIRED");
    assert_eq!(error["details"]["missions"], 2);
    follow(&project.pawtrail, &project.repo, &error);
    // An id that two missions have needs one more word.
    for mission in ["payments", "search"] {
        let ask = [
            "decision",
            "request",
            "--mission",
            mission,
            "--input-key",
            "db",
            "--question",
            "Which?",
        ];
        project.receipt(&ask);
    }
    let error = refused(
        &project,
        &["decision", "answer", "input:db", "yes"],
        1,
        "DECISION_AMBIGUOUS",
    );
    assert_eq!(error["details"]["missions"].as_array().unwrap().len(), 2);
    let answer = [
        "decision",
        "answer",
        "input:db",
        "yes",
        "--mission",
        "search",
    ];
    assert_ne!(
        project.receipt(&answer)["mission_id"],
        project.mission_id.as_str()
    );
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

/// Root may write to read-only files, so a file stands where a directory must be made.
#[test]
fn a_git_directory_that_takes_no_files() {
    let scratch = Scratch::new();
    let project = Project::new(&scratch, BINARY);
    let id = project.request("Which?");
    let state = project.repo.common_dir().join("pawtrail");
    let away = project.repo.common_dir().join("away");
    std::fs::rename(&state, &away).unwrap();
    std::fs::write(&state, "in the way").unwrap();
    for args in [
        &[
            "decision",
            "request",
            "--mission",
            "payments",
            "--question",
            "And?",
        ][..],
        &["mission", "create", "search"],
    ] {
        let error = refused(&project, args, 1, "IO_FAILED");
        let path = text(&error["details"]["path"]);
        assert!(Path::new(&path).starts_with(&state), "{error:#}");
    }
    std::fs::remove_file(&state).unwrap();
    std::fs::rename(&away, &state).unwrap();
    project.answer(&id, "yes");
}

#[test]
fn an_answer_that_cannot_be_committed_now_is_recorded_and_the_next_command_commits_it() {
    let scratch = Scratch::new();
    let project = Project::new(&scratch, BINARY);
    let id = project.request("Which?");
    // Another process holds the branch's lock, and it is none of ours.
    let lock = project
        .repo
        .common_dir()
        .join(format!("{}.lock", project.ledger));
    std::fs::write(&lock, "").unwrap();
    let tip = project.repo.rev(&project.ledger);
    let answer = ["decision", "answer", &id, "yes"];
    let error = fails(
        &project.pawtrail,
        project.repo.path(),
        &answer,
        3,
        "NOT_COMMITTED_YET",
    );
    assert_eq!(error["details"]["receipt"]["committed"], false, "{error:#}");
    assert!(lock.exists(), "a foreign lock was removed");
    assert_eq!(project.repo.rev(&project.ledger), tip);
    // It is recorded: it shows, and another answer is refused.
    let shown = project
        .pawtrail
        .data(&project.repo, &["decision", "show", &id]);
    assert_eq!(
        (shown["answer"].as_str(), shown["commit"].as_str()),
        (Some("yes"), None)
    );
    refused(
        &project,
        &["decision", "answer", &id, "no"],
        5,
        "DECISION_ALREADY_ANSWERED",
    );
    std::fs::remove_file(&lock).unwrap();
    // Whatever comes next commits it.
    project.request("And?");
    let rows = project.rows();
    let event = &error["details"]["receipt"]["event_id"];
    assert_eq!(
        rows.iter().filter(|row| row["event_id"] == *event).count(),
        1,
        "{rows:#?}"
    );
    assert_eq!(project.answer(&id, "yes")["event_id"], *event);
}

/// Each refusal says why and names a command, which runs as it stands and does no harm.
#[test]
fn whatever_is_said_wrongly_has_a_cause_and_a_next_step_that_runs() {
    let scratch = Scratch::new();
    let project = Project::new(&scratch, BINARY);
    let id = project.request("Which?");
    let moved = |lane| {
        project
            .pawtrail
            .data(&project.repo, &["wp", "move", "WP01", lane])
    };
    moved("planned");
    moved("claimed");
    moved("in_progress");
    let lines: [&[&str]; 26] = [
        &["decision", "answer", &id, ""],
        &["decision", "answer", "nonsense", "yes"],
        &["decision", "request", "--question", ""],
        &["decision", "request", "--question", "q", "--option", ""],
        &[
            "decision",
            "request",
            "--question",
            "q",
            "--input-key",
            "a b",
        ],
        &["decision", "log", "--ref", "nowhere"],
        &["decision", "list", "--mission", "nowhere"],
        &["mission", "create", "no slug"],
        &["mission", "ledger", "payments", "--set", "a..b"],
        &["mission", "ledger", "payments", "--set", "main"],
        &["wp", "move", "WP01", "nowhere"],
        &["wp", "move", "package", "planned"],
        &["wp", "move", "WP01", "approved"],
        &["wp", "move", "WP01", "claimed"],
        &["wp", "move", "WP01", "planned"],
        &["wp", "move", "WP01", "in_review", "--force"],
        &["wp", "note", "WP01", ""],
        &["wp", "subtask", "WP01", "T001", "Completed"],
        &["glossary", "observe", "--term", ""],
        &["glossary", "ask", "--term", "t", "--question", ""],
        &["queue", "show", "nonsense"],
        &["sync", "enable", "http://127.0.0.1:1"],
        &["commit", "-m", "m", "a", "--branch", "nowhere"],
        &["hub", "serve", "--store", "postgres://localhost/hub"],
        &["hub", "token", "list", "--store", "nowhere.db"],
        &[
            "hub",
            "token",
            "revoke",
            "tok_0f3c9a71b2de",
            "--store",
            "nowhere.db",
        ],
    ];
    let branches = || project.repo.git(&["for-each-ref"]);
    let before = branches();
    for line in lines {
        let (status, document) = project.pawtrail.json_in(project.repo.path(), line);
        let error = &document["error"];
        assert!(matches!(status, 1 | 2), "{line:?}: {document:#}");
        assert!(!text(&error["message"]).is_empty(), "{document:#}");
        follow(&project.pawtrail, &project.repo, error);
    }
    // Least of all did one of them make up a reviewer, a reason, or a store.
    let ledger = |refs: &str| refs.lines().filter(|one| one.contains("kitty/")).count();
    assert_eq!(ledger(&branches()), ledger(&before));
    let log = project.pawtrail.run(&project.repo, &["board", "--json"]);
    assert!(log.stdout.contains("\"in_progress\":1"), "{}", log.stdout);
    assert_eq!(project.repo.status_v2(), "");
}

/// What others wrote stands in messages and in commands, and neither reaches a terminal nor a shell as anything but text.
#[test]
fn what_others_wrote_is_quoted_for_the_shell_and_the_terminal() {
    let scratch = Scratch::new();
    let project = Project::new(&scratch, BINARY);
    let term = "it's \"$(touch pwned)\"; `touch pwned`";
    let asked = project.pawtrail.data(
        &project.repo,
        &["glossary", "ask", "--term", term, "--question", "Which?"],
    );
    let conflict = text(&asked["conflict_id"]);
    let resolve = |meaning: &str| {
        let line = ["glossary", "resolve", &conflict, "--definition", meaning];
        project.pawtrail.json_in(project.repo.path(), &line)
    };
    assert_eq!(resolve("one").0, 0);
    let (status, document) = resolve("two");
    assert_eq!(status, 5, "{document:#}");
    let next = text(&document["error"]["next_step"]);
    let quoted = term.replace('\'', r"'\''");
    assert_eq!(next, format!("pawtrail glossary show '{quoted}'"));

    let id = project.request("Which?");
    let answered = project.pawtrail.run(
        &project.repo,
        &["decision", "answer", &id, "a\u{1b}]0;title\u{7}\u{1b}[2Jb"],
    );
    let answered = answered.expect_status(0);
    let other = project
        .pawtrail
        .run(&project.repo, &["decision", "answer", &id, "other"]);
    let other = other.expect_status(5);
    let said = [answered.stdout, other.stdout, other.stderr].concat();
    assert!(!said.contains(['\u{1b}', '\u{7}']), "{said:?}");
}

#[test]
fn a_key_that_was_used_for_something_else_names_the_help() {
    let scratch = Scratch::new();
    let project = Project::new(&scratch, BINARY);
    let id = project.request("Which?");
    let line = |answer| {
        [
            "decision",
            "answer",
            &id,
            answer,
            "--idempotency-key",
            "k 1",
        ]
    };
    project.pawtrail.data(&project.repo, &line("yes"));
    let error = refused(&project, &line("no"), 5, "IDEMPOTENCY_KEY_REUSED");
    assert_eq!(error["next_step"], "pawtrail decision answer --help");
    follow(&project.pawtrail, &project.repo, &error);
}
