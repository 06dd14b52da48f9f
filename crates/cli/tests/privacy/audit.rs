//! `audit`: every line that holds something private is found, in files, index and history; no value is ever told.

use pawtrail_testkit::{Project, Scratch};
use serde_json::{Value, json};

use crate::support::{EMAIL, HOST, pawtrail, private, project, says_nothing, told};

const CLEAN: &str = "{\"event_id\":\"01KT119YA7GD2Y0D7MZR000001\",\"note\":\"nothing\"}\n";

fn dirty(project: &Project) -> String {
    format!("{}\n", json!({ "note": told(&project.repo) }))
}

/// Runs an audit twice, as a program and as a person reads it; both must tell no value.
#[track_caller]
fn audit(project: &Project, args: &[&str]) -> (i32, Value) {
    let private = private(&project.repo);
    let mut all = vec!["audit"];
    all.extend(args);
    let person = project.pawtrail.run(&project.repo, &all);
    says_nothing(&person, &private);
    let (status, mut document) = project.pawtrail.json_in(project.repo.path(), &all);
    assert_eq!(person.status, status);
    crate::support::clean("the document", document.to_string().as_bytes(), &private);
    match status {
        0 => (0, document["data"].take()),
        _ => (status, document["error"]["details"].take()),
    }
}

fn places(report: &Value) -> Vec<(String, u64, String, bool)> {
    let mut places: Vec<_> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            (
                one["path"].as_str().unwrap().to_owned(),
                one["line"].as_u64().unwrap(),
                one["place"].as_str().unwrap().to_owned(),
                one["commit"].is_string(),
            )
        })
        .collect();
    places.dedup();
    places
}

#[test]
fn files_and_index_are_searched_and_nothing_else() {
    let scratch = Scratch::new();
    let project = project(&scratch);
    let (status, report) = audit(&project, &[]);
    assert_eq!((status, &report["findings"]), (0, &json!([])));

    let dirty = dirty(&project);
    let status_file = format!("{}/status.events.jsonl", project.dir);
    project.repo.write("README.md", &dirty);
    project
        .repo
        .write(&format!("{}/spec.md", project.dir), &dirty);
    project.repo.write(
        ".kittify/events/glossary/s.events.jsonl",
        format!("{CLEAN}{dirty}"),
    );
    project
        .repo
        .write(".kittify/glossaries/team.yaml", format!("a: {EMAIL}\n"));
    project.repo.write(&status_file, &dirty);
    project.repo.git(&["add", "--", &status_file]);
    // The index alone has it now.
    project
        .repo
        .write(&status_file, format!("{CLEAN}not json, {HOST}"));
    let (status, report) = audit(&project, &[]);
    assert_eq!(status, 1);
    let own = |path: &str, line, place: &str| (path.to_owned(), line, place.to_owned(), false);
    let expected = [
        own(".kittify/events/glossary/s.events.jsonl", 2, "work_tree"),
        own(".kittify/glossaries/team.yaml", 1, "work_tree"),
        own(&status_file, 1, "index"),
        own(&status_file, 2, "work_tree"),
    ];
    assert_eq!(places(&report), expected);
    let rules: Vec<&String> = report["counts"].as_object().unwrap().keys().collect();
    for rule in ["email", "home", "host", "login", "name", "workspace"] {
        assert!(
            rules.iter().any(|known| *known == rule),
            "{rule} in {rules:?}"
        );
    }

    let (status, report) = audit(&project, &["README.md"]);
    assert_eq!(status, 1);
    assert_eq!(places(&report), [own("README.md", 1, "work_tree")]);
}

#[test]
fn history_is_searched_with_each_content_read_once_and_the_commit_that_brought_a_line() {
    let scratch = Scratch::new();
    let project = project(&scratch);
    let repo = &project.repo;
    let dirty = dirty(&project);
    let log = format!("{}/status.events.jsonl", project.dir);
    let before = audit(&project, &["--history"]).1["blobs"].as_u64().unwrap();
    repo.commit_file(&log, CLEAN, "One");
    let second = repo.commit_file(&log, &format!("{CLEAN}{dirty}"), "Two");
    repo.commit_file(&log, &format!("{CLEAN}{dirty}{{}}\n"), "Three");
    repo.commit_file(&log, CLEAN, "Back to one");
    // The same content elsewhere, on another branch and under a tag.
    repo.git(&["switch", "-q", "-c", "other"]);
    let copy = "kitty-specs/copy/any.jsonl";
    repo.commit_file(copy, &format!("{CLEAN}{dirty}"), "Copy");
    let elsewhere = repo.commit_file("kitty-specs/b.jsonl", &format!("{EMAIL}\n"), "Elsewhere");
    repo.git(&["tag", "-a", "-m", "A tag", "v1"]);
    repo.git(&["switch", "-q", "work"]);
    repo.git(&["branch", "-q", "-D", "other"]);

    assert_eq!(audit(&project, &[]).0, 0);
    for packed in [false, true] {
        if packed {
            repo.git(&["gc", "-q", "--prune=now"]);
        }
        let (status, report) = audit(&project, &["--history"]);
        assert_eq!(status, 1);
        // One, two, three, and the file elsewhere.
        assert_eq!(report["blobs"].as_u64().unwrap(), before + 4);
        let findings = report["findings"].as_array().unwrap();
        for one in findings {
            let (path, commit, line) = (&one["path"], &one["commit"], &one["line"]);
            let expected = match path == log.as_str() {
                true => (json!(second), json!(2)),
                false => (json!(elsewhere), json!(1)),
            };
            assert_eq!((commit, line), (&expected.0, &expected.1), "{one}");
        }
        let of_log = findings.iter().filter(|one| one["path"] == log.as_str());
        let rules: Vec<&str> = of_log.map(|one| one["rule"].as_str().unwrap()).collect();
        assert_eq!(
            rules.iter().filter(|rule| **rule == "email").count(),
            1,
            "{rules:?}"
        );
        assert!(rules.len() >= 6, "{rules:?}");
    }
    let (status, report) = audit(&project, &["--history", "kitty-specs/b.jsonl"]);
    assert_eq!((status, places(&report).len()), (1, 1));
    assert_eq!(report["blobs"], 1);
}

#[test]
fn the_work_tree_of_another_worktree_and_a_bare_repository_have_the_same_history() {
    let scratch = Scratch::new();
    let project = project(&scratch);
    let log = format!("{}/status.events.jsonl", project.dir);
    project.repo.commit_file(&log, &dirty(&project), "Leak");
    project.repo.commit_file(&log, CLEAN, "Mend");
    let linked = project.repo.worktree("linked", "topic");
    let bare = scratch.bare("bare");
    let url = bare.path().to_str().unwrap();
    project.repo.git(&["push", "-q", url, "work"]);
    let found = |dir: &std::path::Path| {
        let (status, document) = project.pawtrail.json_in(dir, &["audit", "--history"]);
        assert_eq!(status, 1);
        let details = &document["error"]["details"];
        (details["findings"].clone(), details["blobs"].clone())
    };
    let here = found(project.repo.path());
    assert_eq!(found(linked.path()), here);
    // Elsewhere it is the general rules, and the developer's own, that count: the workspace isn't there.
    let (findings, _) = found(bare.path());
    assert!(
        findings
            .as_array()
            .unwrap()
            .iter()
            .any(|one| one["rule"] == "email")
    );
}

#[test]
fn files_are_audited_outside_any_repository() {
    let scratch = Scratch::new();
    let pawtrail = pawtrail(&scratch);
    let dir = scratch.path().join("loose");
    std::fs::create_dir(&dir).unwrap();
    std::fs::write(
        dir.join("a.jsonl"),
        format!("{CLEAN}{{\"a\":\"{EMAIL}\"}}\n"),
    )
    .unwrap();
    let (status, document) = pawtrail.json_in(&dir, &["audit", "."]);
    assert_eq!(status, 1);
    assert_eq!(document["error"]["details"]["findings"][0]["line"], 2);
    let (status, document) = pawtrail.json_in(&dir, &["audit"]);
    assert_eq!(
        (status, &document["error"]["code"]),
        (1, &json!("NOT_A_REPOSITORY"))
    );
}

#[test]
fn a_large_content_is_read_as_a_stream() {
    let scratch = Scratch::new();
    let project = project(&scratch);
    let log = format!("{}/status.events.jsonl", project.dir);
    let mut text = CLEAN.repeat(70 * 1024 * 1024 / CLEAN.len());
    text.push_str(EMAIL);
    let lines = text.lines().count() as u64;
    project.repo.commit_file(&log, &text, "Large");
    project.repo.commit_file(&log, CLEAN, "Small");
    let (status, report) = audit(&project, &["--history"]);
    assert_eq!(status, 1);
    assert_eq!(places(&report), [(log, lines, "history".to_owned(), true)]);
}

#[test]
fn a_path_that_is_nowhere_is_not_called_clean() {
    let scratch = Scratch::new();
    let project = project(&scratch);
    let (status, document) = project.pawtrail.json_in(
        project.repo.path(),
        &["audit", "kitty-specs", "no-such-place"],
    );
    let error = &document["error"];
    assert_eq!((status, &error["code"]), (1, &json!("PATH_NOT_FOUND")));
    assert_eq!(error["next_step"], "pawtrail audit --history");
}
