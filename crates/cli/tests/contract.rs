//! The contract of the command line: one JSON document on every path, exit codes, quiet streams.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail like tests"
)]

use std::io::Read;
use std::path::Path;
use std::process::Stdio;

use pawtrail_testkit::{Pawtrail, Scratch};

fn pawtrail(scratch: &Scratch) -> Pawtrail {
    Pawtrail::new(scratch, env!("CARGO_BIN_EXE_pawtrail"))
}

/// Lines that need nothing from outside and end by themselves.
const LINES: &[&[&str]] = &[
    &[],
    &["--help"],
    &["--version"],
    &["-h"],
    &["nonsense"],
    &["--nonsense"],
    &["completions"],
    &["completions", "bash"],
    &["completions", "nonsense"],
    &["man"],
    &["man", "surplus"],
    &["man", "--dir", "pages"],
    &["man", "--dir", "pages/pawtrail.1"],
    &["schema"],
    &["schema", "local-commit"],
    &["schema", "nonsense"],
    &["schema", "ping", "--dir", "schemas"],
    &["schema", "--dir", "schemas"],
    &["schema", "--dir", "schemas/ping.json"],
    &["init"],
    &["init", "surplus"],
    &["mission"],
    &["mission", "--help"],
    &["mission", "list"],
    &["mission", "show"],
    &["mission", "show", "unknown"],
    &["mission", "create"],
    &["mission", "create", "pay ments"],
    &["mission", "create", "payments"],
    &["mission", "create", "payments", "--topology", "star"],
    &["where"],
    &["where", "unknown"],
    &["next", "--mission", "unknown"],
    &[
        "next",
        "--mission",
        "unknown",
        "--agent",
        "coder",
        "--result",
        "success",
    ],
    &["next", "--result", "success"],
    &["next", "--take-over"],
    &["next", "owner"],
    &["next", "owner", "lead", "--mission", "unknown"],
    &["next", "delegate", "nonsense", "--rationale", "because"],
    &["next", "unblock", "--mission", "unknown"],
    &["next", "template"],
    &["next", "template", "check", "no-such-file"],
    &["next", "template", "adopt", "--mission", "unknown"],
    &["decision"],
    &["decision", "request"],
    &["decision", "request", "--question", ""],
    &["decision", "request", "--question", "Which?"],
    &[
        "decision",
        "request",
        "--question",
        "Which?",
        "--input-key",
        "a b",
    ],
    &["decision", "answer"],
    &["decision", "answer", "no-id", "yes"],
    &["decision", "answer", "01KT119YA7GD2Y0D7MZRH5JSS3", "yes"],
    &["decision", "list"],
    &["decision", "list", "--open"],
    &["decision", "list", "--mission", "unknown"],
    &["decision", "show", "01KT119YA7GD2Y0D7MZRH5JSS3"],
    &["decision", "log"],
    &["decision", "log", "--ref", "no-such-ref"],
    &["wp"],
    &["wp", "move"],
    &["wp", "move", "WP01"],
    &["wp", "move", "one", "planned"],
    &["wp", "move", "WP01", "nowhere"],
    &["wp", "move", "WP01", "genesis"],
    &["wp", "move", "WP01", "planned"],
    &["wp", "move", "WP01", "done", "--force"],
    &["wp", "move", "WP01", "planned", "--stdin"],
    &["wp", "move", "--stdin"],
    &["wp", "note", "WP01"],
    &["wp", "note", "WP01", "text"],
    &["wp", "subtask", "WP01", "T001", "done"],
    &["wp", "list"],
    &["wp", "list", "--lane", "nowhere"],
    &["wp", "seed"],
    &["board"],
    &["board", "--watch"],
    &["status"],
    &["status", "fold"],
    &["status", "fold", "--check"],
    &["commit"],
    &["commit", "-m", "x"],
    &["commit", "-m", "x", "not-there.txt"],
    &["commit", "-m", "", "README.md"],
    &["merge-events"],
    &["merge-events", "not-there", "not-there", "not-there"],
    &["mcp"],
    &["mcp", "--list"],
    &["doctor"],
    &["doctor", "--fix"],
    &["verify"],
    &["verify", "--mission", "unknown"],
    &["sync"],
    &["sync", "status"],
    &["sync", "disable"],
    &["sync", "stop"],
    &["sync", "now"],
    &["sync", "enable"],
    &[
        "sync",
        "enable",
        "ftp://example.test",
        "--token",
        "0123456789abcdef",
    ],
    &[
        "sync",
        "enable",
        "http://example.test",
        "--token",
        "0123456789abcdef",
    ],
    &["sync", "enable", "http://127.0.0.1:1"],
    &["queue"],
    &["queue", "list"],
    &["queue", "list", "--set-aside", "--limit", "none"],
    &["queue", "show"],
    &["queue", "show", "no-id"],
    &["queue", "show", "01KT12VTXHQVY4C5SW6XYPS16J"],
    &["queue", "retry", "01KT12VTXHQVY4C5SW6XYPS16J"],
    &["queue", "drop", "01KT12VTXHQVY4C5SW6XYPS16J"],
    &["hub"],
    &["hub", "serve", "--listen", "nowhere"],
    &[
        "hub",
        "serve",
        "--listen",
        "0.0.0.0:0",
        "--store",
        "hub.sqlite",
    ],
    &["hub", "token"],
    &["hub", "token", "list", "--store", "hub.sqlite"],
    &["hub", "token", "create", "--project", "no-uuid"],
    &["hub", "token", "create", "--store", "hub.sqlite"],
    &["hub", "token", "revoke", "no-id", "--store", "hub.sqlite"],
    &[
        "hub",
        "token",
        "revoke",
        "tok_0123456789ab",
        "--store",
        "hub.sqlite",
    ],
    &["-C", "not-there", "mission", "list"],
];

/// The schema that the program gives of its own answers.
fn schema(pawtrail: &Pawtrail, dir: &Path, name: &str) -> jsonschema::Validator {
    let printed = pawtrail
        .run_in(dir, &["schema", name])
        .expect_status(0)
        .stdout;
    jsonschema::draft202012::new(&serde_json::from_str(&printed).unwrap()).unwrap()
}

/// Runs every line in `dir`; checks stream and envelope of each.
fn check(pawtrail: &Pawtrail, dir: &Path) {
    let schemas =
        [true, false].map(|ok| schema(pawtrail, dir, if ok { "success" } else { "failure" }));
    for line in LINES {
        let (status, document) = pawtrail.json_in(dir, line);
        assert!((0..=6).contains(&status), "{line:?} ends with {status}");
        let fits = schemas.each_ref().map(|schema| schema.is_valid(&document));
        assert_eq!(fits, [status == 0, status != 0], "{line:?}: {document:#}");
        let keys: Vec<&str> = document
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        if status == 0 {
            let known = |key: &&str| ["data", "ok", "receipt", "warnings"].contains(key);
            assert!(keys.iter().all(known), "{line:?}: {keys:?}");
            assert!(document["data"].is_object(), "{line:?}: {document}");
            continue;
        }
        let beside = ["data", "error", "ok", "receipt", "warnings"];
        assert!(keys.iter().all(|key| beside.contains(key)), "{line:?}");
        let error = document["error"].as_object().unwrap();
        let keys: Vec<&str> = error.keys().map(String::as_str).collect();
        assert_eq!(
            keys,
            ["code", "details", "message", "next_step"],
            "{line:?}"
        );
        let code = error["code"].as_str().unwrap();
        let upper = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
        assert!(code.chars().all(upper), "{line:?}: {code}");
        assert!(error["details"].is_object(), "{line:?}: {document}");
        assert!(!error["message"].as_str().unwrap().is_empty(), "{line:?}");
        if let Some(step) = error["next_step"].as_str() {
            let command = step.starts_with("pawtrail") || step.starts_with("git ");
            assert!(command, "{line:?}: {step}");
        }
    }
}

#[test]
fn one_document_outside_a_repository() {
    let scratch = Scratch::new();
    let dir = scratch.path().join("plain");
    std::fs::create_dir(&dir).unwrap();
    check(&pawtrail(&scratch), &dir);
}

#[test]
fn one_document_in_a_repository_without_commits() {
    let scratch = Scratch::new();
    let repo = scratch.empty_repo("empty");
    check(&pawtrail(&scratch), repo.path());
}

#[test]
fn one_document_in_a_project() {
    let scratch = Scratch::new();
    let repo = scratch.repo("project");
    let pawtrail = pawtrail(&scratch);
    pawtrail.data(&repo, &["init"]);
    check(&pawtrail, repo.path());
}

#[test]
fn one_document_on_a_detached_head_and_in_a_bare_repository() {
    let scratch = Scratch::new();
    let repo = scratch.repo("project");
    repo.git(&["checkout", "-q", "--detach"]);
    check(&pawtrail(&scratch), repo.path());
    check(&pawtrail(&scratch), scratch.bare("bare.git").path());
}

#[test]
fn errors_for_people_go_to_standard_error_and_name_the_next_command() {
    let scratch = Scratch::new();
    let dir = scratch.path().join("plain");
    std::fs::create_dir(&dir).unwrap();
    let output = pawtrail(&scratch).run_in(&dir, &["mission", "list"]);
    assert_eq!((output.status, output.stdout.as_str()), (1, ""));
    assert_eq!(
        output.stderr,
        format!(
            "error: {} is in no git repository\n next: git init\n",
            dir.display()
        )
    );
}

#[test]
fn quiet_prints_nothing_but_errors() {
    let scratch = Scratch::new();
    let repo = scratch.repo("project");
    let pawtrail = pawtrail(&scratch);
    let output = pawtrail.run(&repo, &["-q", "init"]).expect_status(0);
    assert_eq!((output.stdout.as_str(), output.stderr.as_str()), ("", ""));
    let output = pawtrail.run(&repo, &["-q", "where", "unknown"]);
    assert!(output.stderr.starts_with("error: "), "{output}");
}

#[test]
fn colours_follow_the_flag_then_the_environment() {
    let scratch = Scratch::new();
    let repo = scratch.repo("project");
    let coloured = |pawtrail: Pawtrail, args: &[&str]| {
        let output = pawtrail.run(&repo, args).expect_status(0);
        output.stdout.contains('\u{1b}')
    };
    let plain = || pawtrail(&scratch);
    let forced = || plain().with_env("CLICOLOR_FORCE", "1");
    assert!(!coloured(plain(), &["init"]));
    assert!(coloured(plain(), &["init", "--color", "always"]));
    assert!(coloured(forced(), &["init"]));
    assert!(!coloured(forced(), &["init", "--color=never"]));
    assert!(!coloured(plain().with_env("NO_COLOR", "1"), &["init"]));
    let never = plain().with_env("NO_COLOR", "1");
    assert!(coloured(never, &["--color", "always", "init"]));
}

#[test]
fn a_reader_that_has_gone_is_no_failure() {
    let scratch = Scratch::new();
    let repo = scratch.repo("project");
    for args in [
        &["--help"][..],
        &["completions", "zsh"],
        &["man"],
        &["mission", "list"],
        &["--json", "mission", "list"],
    ] {
        let mut child = pawtrail(&scratch)
            .command(repo.path(), args)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let mut said = String::new();
        let mut stderr = child.stderr.take().unwrap();
        stderr.read_to_string(&mut said).unwrap();
        let status = child.wait().unwrap();
        assert_eq!((status.code(), said.as_str()), (Some(0), ""), "{args:?}");
    }
}

#[test]
fn seed_and_clock_make_a_command_repeat_itself() {
    let made = || {
        let scratch = Scratch::new();
        let repo = scratch.repo("project");
        let pawtrail = pawtrail(&scratch).seeded();
        pawtrail.data(&repo, &["init"]);
        pawtrail.data(&repo, &["mission", "create", "payments"])
    };
    let one = made();
    assert_eq!(one, made());
    assert!(
        one["mission_slug"]
            .as_str()
            .unwrap()
            .starts_with("payments-")
    );
    let scratch = Scratch::new();
    let repo = scratch.repo("project");
    let pawtrail = pawtrail(&scratch).with_env("PAWTRAIL_SEED", "1");
    let (status, document) = pawtrail.json_in(repo.path(), &["init"]);
    assert_eq!(status, 2);
    assert_eq!(document["error"]["code"], "INVALID_ARGUMENT");
}

#[test]
fn where_tells_which_engine_commits_and_it_needs_no_identity() {
    let scratch = Scratch::new();
    let repo = scratch.repo("project");
    repo.git(&["clone", "-q", "--shared", ".", "../shared"]);
    let config = scratch.path().join("empty");
    std::fs::write(&config, "").unwrap();
    let pawtrail = pawtrail(&scratch).with_env("GIT_CONFIG_GLOBAL", &config);
    for (repo, engine, reason) in [
        (repo.clone(), "library", "nothing here needs"),
        (repo.at("../shared"), "executable", "borrows objects"),
    ] {
        pawtrail.data(&repo, &["mission", "create", "engines"]);
        let asked = pawtrail.data(&repo, &["decision", "request", "--question", "Who?"]);
        let id = asked["decision_id"].as_str().unwrap();
        pawtrail.data(&repo, &["decision", "answer", id, "nobody"]);
        let place = &pawtrail.data(&repo, &["where"])["placement"];
        assert_eq!(place["engine"], engine);
        assert!(
            place["engine_reason"].as_str().unwrap().contains(reason),
            "{place}"
        );
        let text = pawtrail.run(&repo, &["where"]).stdout;
        assert!(text.contains(&format!("{engine}; ")), "{text}");
        let branch = place["ledger_ref"].as_str().unwrap();
        let who = repo.git(&["log", "-1", "--format=%an <%ae> %cn <%ce>", branch]);
        assert_eq!(
            who.trim(),
            "pawtrail <pawtrail@localhost> pawtrail <pawtrail@localhost>"
        );
        repo.fsck();
    }
}
