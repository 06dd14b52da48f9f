//! What an error names next: a command that runs as it stands, whatever stands in it.

use pawtrail_testkit::{Project, Scratch, text};

use crate::support::{BINARY, follow, refused};

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

/// In a clone with several missions that ask the same, from a place that means none of them.
#[test]
fn the_next_step_means_the_same_mission() {
    let scratch = Scratch::new();
    let project = Project::new(&scratch, BINARY);
    project
        .pawtrail
        .data(&project.repo, &["mission", "create", "payroll"]);
    let ask = |mission: &str, question: &str| {
        let line = [
            "decision",
            "request",
            "--mission",
            mission,
            "--input-key",
            "database",
            "--question",
            question,
        ];
        project.pawtrail.json_in(project.repo.path(), &line)
    };
    assert_eq!(ask("payments", "Which?").0, 0);
    assert_eq!(ask("payroll", "Which?").0, 0);
    let (status, other) = ask("payroll", "Why?");
    assert_eq!(status, 5, "{other:#}");
    follow(&project.pawtrail, &project.repo, &other["error"]);
    let id = "input:database";
    let there = ["--mission", "payroll"];
    project.pawtrail.data(
        &project.repo,
        &[&["decision", "answer", id, "yes"][..], &there].concat(),
    );
    let lines: [(&[&str], i32, &str); 4] = [
        (&["decision", "show", id], 1, "DECISION_AMBIGUOUS"),
        (&["decision", "answer", id, "yes"], 1, "DECISION_AMBIGUOUS"),
        (
            &["decision", "answer", id, "no", "--mission", "payroll"],
            5,
            "DECISION_ALREADY_ANSWERED",
        ),
        (
            &[
                "decision",
                "answer",
                "input:no",
                "no",
                "--mission",
                "payroll",
            ],
            1,
            "DECISION_NOT_FOUND",
        ),
    ];
    for (line, exit, code) in lines {
        let error = refused(&project, line, exit, code);
        follow(&project.pawtrail, &project.repo, &error);
    }
    let error = refused(
        &project,
        &["decision", "show", "input:no"],
        1,
        "DECISION_NOT_FOUND",
    );
    assert_eq!(error["next_step"], "pawtrail mission list");
    let line = ["glossary", "rebuild", "--mission", "nowhere"];
    refused(&project, &line, 1, "MISSION_NOT_FOUND");
}

#[test]
fn a_refused_value_names_its_argument() {
    let scratch = Scratch::new();
    let project = Project::new(&scratch, BINARY);
    let request = ["decision", "request", "--question"];
    let observe = ["glossary", "observe", "--term"];
    let lines: [(&[&str], &[&str], &str); 7] = [
        (&request, &[""], "--question"),
        (&request, &["Which?", "--step", ""], "--step"),
        (&request, &["Which?", "--run", " "], "--run"),
        (&request, &["Which?", "--option", ""], "--option"),
        (&request, &["Which?", "--actor", " "], "--actor"),
        (&observe, &[""], "--term"),
        (&observe, &["t", "--confidence", "2"], "--confidence"),
    ];
    for (line, rest, argument) in lines {
        let error = refused(&project, &[line, rest].concat(), 2, "INVALID_ARGUMENT");
        assert_eq!(error["details"]["argument"], argument, "{error:#}");
    }
}
