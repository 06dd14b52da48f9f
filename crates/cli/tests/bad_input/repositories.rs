//! Repositories that lack something: commits, a branch, an identity, a place to write; or that are none.

use std::path::Path;

use pawtrail_testkit::{Pawtrail, Project, Scratch, text};
use serde_json::json;

use crate::support::{BINARY, fails, follow, refused};

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
fn a_branch_without_commits_beside_others_that_have_some() {
    let scratch = Scratch::new();
    let repo = scratch.repo("project");
    let pawtrail = Pawtrail::new(&scratch, BINARY);
    repo.git(&["checkout", "-q", "--orphan", "fresh"]);
    let create = ["mission", "create", "payments"];
    let dir = repo.path();
    let error = fails(&pawtrail, dir, &create, 1, "BRANCH_WITHOUT_COMMITS");
    assert_eq!(
        error["details"],
        json!({ "branch": "fresh", "other": "main" })
    );
    follow(&pawtrail, &repo, &error);
    pawtrail.data(&repo, &create);
}

#[test]
fn a_clock_before_1970() {
    let scratch = Scratch::new();
    let repo = scratch.repo("project");
    let pawtrail = Pawtrail::new(&scratch, BINARY);
    let early = Pawtrail::new(&scratch, BINARY)
        .with_env("PAWTRAIL_SEED", "1")
        .with_env("PAWTRAIL_CLOCK", "1969-12-31T00:00:00Z");
    let create = ["mission", "create", "payments"];
    let error = fails(&early, repo.path(), &create, 1, "CLOCK_BEFORE_1970");
    assert!(text(&error["message"]).contains("1969-12-31"), "{error:#}");
    pawtrail.data(&repo, &create);
    repo.fsck();
}

#[test]
fn commits_that_cannot_be_signed() {
    let scratch = Scratch::new();
    let repo = scratch.repo("project");
    let pawtrail = Pawtrail::new(&scratch, BINARY);
    pawtrail.data(&repo, &["mission", "create", "before"]);
    let ask = ["decision", "request", "--question", "Which?"];
    let id = text(&pawtrail.data(&repo, &ask)["decision_id"]);
    repo.git(&["config", "commit.gpgSign", "true"]);
    repo.git(&["config", "gpg.program", "no-such-signer"]);
    let create = ["mission", "create", "payments"];
    let error = fails(&pawtrail, repo.path(), &create, 1, "COMMIT_NOT_SIGNED");
    let answer = ["decision", "answer", &id, "yes"];
    let spooled = fails(&pawtrail, repo.path(), &answer, 3, "NOT_COMMITTED_YET");
    for error in [&error, &spooled] {
        let said = text(&error["message"]);
        assert!(
            said.contains("no-such-signer") && said.contains("commit.gpgSign"),
            "{said}"
        );
    }
    // The next step signs and keeps nothing: it fails as long as the signer does.
    let step = "git commit-tree -S -m test 'HEAD^{tree}'";
    assert_eq!(error["next_step"], step);
    let test = ["commit-tree", "-S", "-m", "test", "HEAD^{tree}"];
    assert_ne!(repo.try_git(&test).status, 0);
    repo.git(&["config", "commit.gpgSign", "false"]);
    pawtrail.data(&repo, &create);
    pawtrail.data(&repo, &answer);
    assert_eq!(pawtrail.data(&repo, &["verify"])["verified"], 1);
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

/// As in a hook of another repository, or beside one: ours is where the command runs.
#[test]
fn variables_of_another_repositorys_git() {
    let scratch = Scratch::new();
    let other = scratch.repo("other");
    let path = |name: &str| other.path().join(name);
    let pawtrail = Pawtrail::new(&scratch, BINARY)
        .with_env("GIT_DIR", path(".git"))
        .with_env("GIT_WORK_TREE", path(""))
        .with_env("GIT_INDEX_FILE", path(".git/index"))
        .with_env("GIT_NAMESPACE", "elsewhere");
    let repo = scratch.repo("project");
    let work = repo.worktree("linked", "work");
    for (repo, slug) in [(&repo, "one"), (&work, "two")] {
        pawtrail.data(repo, &["mission", "create", slug]);
        let ask = ["decision", "request", "--question", "Which?"];
        let asked = pawtrail.data(repo, &[&ask[..], &["--mission", slug]].concat());
        let id = text(&asked["decision_id"]);
        pawtrail.data(repo, &["decision", "answer", &id, "yes"]);
    }
    assert!(repo.read(".kittify/sync-state.json").is_some());
    assert!(!path(".kittify").exists() && !path(".git/pawtrail").exists());
    assert_eq!(other.git(&["for-each-ref"]).lines().count(), 1);
}

/// Git runs nothing that the configuration of such a repository names, and neither do we.
#[cfg(unix)]
#[test]
#[allow(clippy::print_stderr)]
fn a_repository_of_another_user() {
    let scratch = Scratch::new();
    let repo = scratch.repo("project");
    let nobody = |path: &str| std::os::unix::fs::chown(repo.path().join(path), Some(65534), None);
    if let Err(error) = nobody("").and_then(|()| nobody(".git")) {
        eprintln!("SKIPPED: nobody but root can give a directory away: {error}");
        return;
    }
    let pawtrail = Pawtrail::new(&scratch, BINARY);
    let create = ["mission", "create", "payments"];
    let code = "REPOSITORY_NOT_OWNED";
    let error = fails(&pawtrail, repo.path(), &create, 1, code);
    assert!(!repo.path().join(".git/pawtrail").exists());
    // As git does, also where the environment says that it is safe.
    let told = Pawtrail::new(&scratch, BINARY)
        .with_env("GIT_CONFIG_COUNT", "1")
        .with_env("GIT_CONFIG_KEY_0", "safe.directory")
        .with_env("GIT_CONFIG_VALUE_0", "*");
    told.data(&repo, &["mission", "list"]);
    follow(&pawtrail, &repo, &error);
    pawtrail.data(&repo, &create);
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
