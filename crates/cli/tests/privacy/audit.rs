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
fn history_whose_references_only_git_can_read_is_searched_as_well() {
    let scratch = Scratch::new();
    let repo = scratch.empty_repo("workshop");
    std::fs::remove_dir_all(repo.path().join(".git")).unwrap();
    let made = repo.try_git(&["init", "-q", "--ref-format=reftable", "-b", "work"]);
    if made.status != 0 {
        println!("not run here: this git has no reftable: {made}");
        return;
    }
    let project = Project::in_repo(repo, pawtrail(&scratch));
    // It is in the history of a linked worktree with a detached HEAD, and nowhere else.
    let linked = project.repo.worktree("linked", "topic");
    linked.git(&["switch", "-q", "--detach"]);
    let log = format!("{}/status.events.jsonl", project.dir);
    linked.commit_file(&log, &dirty(&project), "Leak");
    linked.commit_file(&log, CLEAN, "Mend");
    let (status, report) = audit(&project, &["--history"]);
    assert_eq!(status, 1);
    assert!(
        places(&report)
            .iter()
            .all(|(path, .., brought)| *path == log && *brought)
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

#[test]
fn a_path_that_never_was_is_not_called_clean_in_history_either() {
    let scratch = Scratch::new();
    let project = project(&scratch);
    let repo = &project.repo;
    repo.commit_file("gone.jsonl", &dirty(&project), "Add");
    repo.git(&["rm", "-q", "gone.jsonl"]);
    repo.git(&["commit", "-q", "-m", "Remove"]);
    let error = |args: &[&str]| {
        let (status, document) = project.pawtrail.json_in(repo.path(), args);
        (status, document["error"]["code"].clone())
    };
    for missing in ["no-such-place", "gone", "kitty-specs/none"] {
        let args = ["audit", "--history", "kitty-specs", missing];
        assert_eq!(error(&args), (1, json!("PATH_NOT_FOUND")), "{missing}");
    }
    // What only history has is looked at there.
    let args = ["audit", "--history", "gone.jsonl"];
    assert_eq!(error(&args), (1, json!("PRIVATE_DATA_FOUND")));
    let bare = scratch.bare("bare");
    repo.git(&["push", "-q", bare.path().to_str().unwrap(), "work"]);
    let bare = |path: &str| {
        let args = ["audit", "--history", path];
        let (_, document) = project.pawtrail.json_in(bare.path(), &args);
        document["error"]["code"].clone()
    };
    assert_eq!(bare("gone.jsonl"), "PRIVATE_DATA_FOUND");
    assert_eq!(bare("nothing.jsonl"), "PATH_NOT_FOUND");
}

/// A history that takes seconds to look through: so many files of half a megabyte, each another content.
fn long_history(project: &Project) {
    let mut stream = String::new();
    for file in 0..120 {
        let line = format!(
            "{{\"event_id\":\"{file:026}\",\"note\":\"{}\"}}\n",
            "word ".repeat(40)
        );
        let content = line.repeat(2_000);
        stream.push_str(&format!(
            "commit refs/heads/long\ncommitter A <a@b> {} +0000\ndata 1\nx\nM 644 inline kitty-specs/long/{file}.jsonl\ndata {}\n{content}\n",
            1_700_000_000 + file,
            content.len()
        ));
    }
    let mut import = project.repo.env().command("git");
    import
        .current_dir(project.repo.path())
        .args(["fast-import", "--quiet"]);
    let (status, _, words) = crate::support::feed(&mut import, stream.as_bytes());
    assert_eq!(status, 0, "{words}");
}

/// Waits until a process has taken care of Ctrl-C, and sends it.
#[cfg(target_os = "linux")]
fn interrupt(id: u32) {
    pawtrail_testkit::eventually("it watches", std::time::Duration::from_secs(30), || {
        let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap();
        let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
        u64::from_str_radix(caught.unwrap().trim(), 16).unwrap() & 2 != 0
    });
    let sent = std::process::Command::new("kill")
        .args(["-INT", &id.to_string()])
        .status();
    assert!(sent.unwrap().success());
}

#[cfg(target_os = "linux")]
#[test]
fn an_interrupted_audit_ends_with_130_and_has_written_nothing() {
    let scratch = Scratch::new();
    let project = project(&scratch);
    long_history(&project);
    let before = (
        project.checkout(),
        crate::support::listing(project.repo.path()),
    );
    for json in [false, true] {
        let args = ["audit", "--history", "--json"];
        let args = if json { &args[..] } else { &args[..2] };
        let mut running = project.pawtrail.spawn(&project.repo, args);
        interrupt(running.id());
        let output = running.finish(std::time::Duration::from_secs(30));
        assert_eq!(output.status, 130, "{output}");
        if json {
            assert_eq!(output.json()["error"]["code"], "INTERRUPTED", "{output}");
        } else {
            assert_eq!(output.stdout, "");
            assert!(output.stderr.contains("interrupted"), "{output}");
        }
    }
    let after = (
        project.checkout(),
        crate::support::listing(project.repo.path()),
    );
    assert_eq!(after, before);
}

/// `script` gives a command a terminal; where there is none, this is not run.
#[cfg(target_os = "linux")]
#[test]
fn a_progress_bar_is_drawn_on_a_terminal_alone_and_never_beside_json() {
    let scratch = Scratch::new();
    let project = project(&scratch);
    long_history(&project);
    let on_terminal = |args: &str| {
        let mut command = project.pawtrail.command(project.repo.path(), &[]);
        let line = format!("{} {args}", project.pawtrail.binary().display());
        let env: Vec<_> = command
            .get_envs()
            .map(|(name, value)| (name.to_owned(), value.map(std::ffi::OsStr::to_owned)))
            .collect();
        command = std::process::Command::new("script");
        command
            .current_dir(project.repo.path())
            .args(["-qec", &line, "/dev/null"]);
        for (name, value) in env {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command.env("TERM", "xterm");
        let output = command.stdin(std::process::Stdio::null()).output();
        output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let Ok(shown) = on_terminal("audit --history") else {
        println!("not run here: there is no `script`");
        return;
    };
    let bar = " versions, ";
    assert!(shown.contains(bar), "{shown}");
    assert!(shown.contains("No private data was found."), "{shown}");
    let json = on_terminal("audit --history --json").unwrap();
    assert!(!json.contains(bar), "{json}");
    let quiet = on_terminal("audit --history --quiet").unwrap();
    assert!(!quiet.contains(bar), "{quiet}");
    let piped = project.pawtrail.run(&project.repo, &["audit", "--history"]);
    assert_eq!((piped.status, piped.stderr.as_str()), (0, ""));
    assert!(!piped.stdout.contains(bar));
}
