//! Where a resolution is committed: the current branch, the mission's ledger branch, or, without one, nowhere yet.

use pawtrail_testkit::{Project, Scratch};

use crate::support::{BINARY, SEED, ask, assert_agrees, count, log, meaning, resolve, resolve_in};

#[test]
fn on_a_protected_branch_the_ledger_has_the_commit_and_the_checkout_the_file() {
    let scratch = Scratch::new();
    let project = Project::new(&scratch, BINARY);
    let before = project.repo.rev("main");
    let conflict = ask(&project, "gauge");
    let done = resolve(&project, &conflict, "One number");
    assert_eq!(done["receipt"]["ref"], project.ledger.as_str());
    assert_eq!(project.repo.rev("main"), before);
    let file = project.repo.read(SEED).unwrap();
    assert!(file.contains("One number"));
    assert_eq!(project.repo.read_at(&project.ledger, SEED).unwrap(), file);
    assert_agrees(&project, &project.repo);
    let again = resolve(&project, &conflict, "One number");
    assert_eq!(again["receipt"], done["receipt"]);
    // A second term goes into both, too.
    let conflict = ask(&project, "panel");
    resolve(&project, &conflict, "A frame");
    assert_eq!(
        project.repo.read_at(&project.ledger, SEED).unwrap(),
        project.repo.read(SEED).unwrap()
    );
}

#[test]
fn without_a_mission_it_is_recorded_and_exit_3_says_what_to_do_and_the_next_command_does_it() {
    let scratch = Scratch::new();
    let project = Project::new(&scratch, BINARY);
    let conflict = ask(&project, "gauge");
    // The mission goes away with its branch.
    project.repo.git(&["branch", "-D", project.branch()]);
    std::fs::remove_dir_all(project.repo.common_dir().join("pawtrail/missions")).unwrap();
    let (status, document) = resolve_in(&project, &project.repo, &conflict, "One number");
    assert_eq!(status, 3, "{document:#}");
    assert_eq!(document["error"]["code"], "NO_BRANCH_TO_COMMIT_TO");
    assert_eq!(document["error"]["next_step"], "git switch -c my-branch");
    assert_eq!(document["error"]["details"]["receipt"]["committed"], false);
    assert!(project.repo.read(SEED).unwrap().contains("One number"));
    assert_eq!(count(&project, "GlossaryClarificationResolved"), 1);
    assert_eq!(log(&project)[1]["mission_id"], project.mission_id.as_str());
    project.repo.git(&["switch", "-qc", "my-branch"]);
    project
        .pawtrail
        .data(&project.repo, &["mission", "create", "next"]);
    assert!(
        project
            .repo
            .read_at("my-branch", SEED)
            .unwrap()
            .contains("One number")
    );
    let again = resolve(&project, &conflict, "One number");
    assert_eq!(again["receipt"]["ref"], "refs/heads/my-branch");
}

#[test]
fn from_any_worktree_the_log_is_the_primary_checkouts_and_the_seed_file_that_worktrees() {
    let scratch = Scratch::new();
    let project = Project::on_work(&scratch, BINARY);
    let other = project.repo.worktree("other", "other");
    let conflict = ask(&project, "gauge");
    let (status, document) = resolve_in(&project, &other, &conflict, "One number");
    assert_eq!(status, 0, "{document:#}");
    assert_eq!(document["receipt"]["ref"], "refs/heads/other");
    assert!(other.read(SEED).unwrap().contains("One number"));
    assert_eq!(other.status_v2(), "");
    assert_eq!(count(&project, "GlossaryClarificationResolved"), 1);
    assert_eq!(
        other.read(&format!(
            ".kittify/events/glossary/{}.events.jsonl",
            project.mission_id
        )),
        None
    );
    // The other branch doesn't have it yet; rebuilding brings it.
    assert_eq!(project.repo.read(SEED), None);
    project.receipt(&["glossary", "rebuild", "--fix"]);
    assert_eq!(
        meaning(&project, &project.repo, "gauge").unwrap(),
        "One number"
    );
    assert_eq!(project.repo.status_v2(), "");
}

#[test]
fn a_conflict_that_nobody_asked_is_refused() {
    let scratch = Scratch::new();
    let project = Project::on_work(&scratch, BINARY);
    let (status, document) = resolve_in(&project, &project.repo, "01KT11A2B3C4D5E6F7G8H9JKMN", "x");
    assert_eq!(
        (status, &document["error"]["code"]),
        (1, &"CONFLICT_NOT_FOUND".into())
    );
    for (args, status) in [
        (vec!["glossary", "ask", "--term", " ", "--question", "?"], 2),
        (
            vec!["glossary", "ask", "--term", "a\nb", "--question", "?"],
            2,
        ),
        (
            vec!["glossary", "observe", "--term", "a", "--confidence", "1.5"],
            2,
        ),
        (vec!["glossary", "resolve", "no id", "--definition", "x"], 2),
        (vec!["glossary", "list", "--scope", "nowhere"], 2),
    ] {
        assert_eq!(
            project.pawtrail.json_in(project.repo.path(), &args).0,
            status,
            "{args:?}"
        );
    }
    assert!(log(&project).is_empty());
}

/// A git directory that is mounted read-only, as the sandboxes of agents do it.
#[cfg(target_os = "linux")]
#[test]
fn in_a_sandbox_the_seed_file_has_it_and_the_next_command_outside_commits_it() {
    let scratch = Scratch::new();
    let project = Project::on_work(&scratch, BINARY);
    let conflict = ask(&project, "gauge");
    if !project.repo.can_be_closed() {
        return;
    }
    let run = |args: &[&str]| {
        let args: Vec<&str> = ["--json"].into_iter().chain(args.iter().copied()).collect();
        let output = project.repo.run_closed(BINARY, &args);
        let document: serde_json::Value =
            serde_json::from_str(&output.stdout).unwrap_or_else(|_| panic!("{output}"));
        (output.status, document)
    };
    let (status, document) = run(&[
        "glossary",
        "resolve",
        &conflict,
        "--definition",
        "One number",
    ]);
    assert_eq!(
        (status, &document["error"]["code"]),
        (3, &"NOT_COMMITTED_YET".into()),
        "{document:#}"
    );
    assert!(project.repo.read(SEED).unwrap().contains("One number"));
    let (status, document) = run(&["glossary", "observe", "--term", "panel"]);
    assert_eq!(status, 0, "{document:#}");
    let (_, listed) = run(&["glossary", "list"]);
    assert_eq!(
        listed["data"]["open"].as_array().unwrap().len(),
        0,
        "{listed:#}"
    );
    project
        .pawtrail
        .data(&project.repo, &["glossary", "observe", "--term", "outside"]);
    assert_eq!(log(&project).len(), 4);
    assert!(
        project
            .repo
            .read_at("HEAD", SEED)
            .unwrap()
            .contains("One number")
    );
    assert_eq!(project.repo.status_v2(), "");
    let done = resolve(&project, &conflict, "One number");
    assert_eq!(done["receipt"]["committed"], true);
}
