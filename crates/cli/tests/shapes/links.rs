//! A project's own files behind links that lead out of the repository: nothing is written there, and the command says what
//! is in the way.

#![cfg(unix)]

use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use pawtrail_testkit::{Pawtrail, Project, Scratch, files_below};

use super::BINARY;

/// Moves a path of the checkout out of the repository and leaves a link.
fn lead_out(scratch: &Scratch, root: &Path, path: &str) -> PathBuf {
    let outside = scratch.path().join("outside");
    std::fs::create_dir_all(&outside).unwrap();
    let (here, there) = (root.join(path), outside.join("target"));
    if here.exists() {
        std::fs::rename(&here, &there).unwrap();
    } else if path.ends_with(".json") || path.ends_with(".jsonl") || path.ends_with(".yaml") {
        std::fs::create_dir_all(here.parent().unwrap()).unwrap();
        std::fs::write(&there, "").unwrap();
    } else {
        std::fs::create_dir_all(here.parent().unwrap()).unwrap();
        std::fs::create_dir(&there).unwrap();
    }
    symlink(&there, &here).unwrap();
    outside
}

#[test]
fn nothing_of_the_project_is_written_beyond_a_link() {
    for path in [
        ".kittify",
        ".kittify/sync-state.json",
        ".kittify/events",
        ".kittify/events/glossary",
        ".kittify/glossaries",
        ".kittify/glossaries/team_domain.yaml",
        ".kittify/runtime",
        ".kittify/runtime/runs",
    ] {
        let scratch = Scratch::new();
        let project = Project::new(&scratch, BINARY);
        let root = project.repo.path().to_owned();
        let asked = ["glossary", "ask", "--term", "page", "--question", "Which?"];
        let conflict = project.pawtrail.data(&project.repo, &asked)["conflict_id"].clone();
        let outside = lead_out(&scratch, &root, path);
        let before = files_below(&outside);
        let mission = project.mission_id.as_str();
        let run = |args: &[&str]| {
            let said = project.pawtrail.run(&project.repo, args);
            assert!(said.status <= 5, "{said}");
            assert_eq!(files_below(&outside), before, "{path}: {said}");
            said
        };
        let mut said = Vec::new();
        // A decision doesn't need any of it: it is in git, and a warning says what else isn't done.
        let id = project.request("Which?");
        said.push(run(&["decision", "answer", &id, "yes"]).expect_status(0));
        said.push(run(&["decision", "answer", &id, "yes"]).expect_status(0));
        let conflict = conflict.as_str().unwrap();
        said.push(run(&["glossary", "observe", "--term", "card"]));
        said.push(run(&[
            "glossary",
            "resolve",
            conflict,
            "--definition",
            "a page",
        ]));
        let report = ["--agent", "coder", "--result", "success"];
        said.push(run(&[&["next", "--mission", mission], &report[..]].concat()));
        said.push(run(&["sync", "status"]));
        said.push(run(&["hooks", "run", "post-commit"]).expect_status(0));
        said.push(run(&["doctor"]));
        said.push(run(&["doctor", "--fix"]));
        // A seed file itself is no file of its own, in the words of who edits it.
        let named = [
            format!("{path} is a symbolic link"),
            format!("{path} is damaged: it is no file of its own"),
        ];
        let told = said.iter().filter(|said| {
            named
                .iter()
                .any(|named| said.stdout.contains(named) || said.stderr.contains(named))
        });
        assert!(told.count() >= 1, "{path}: nobody says it: {said:#?}");
        // Led back, everything goes on, and what was made meanwhile is found in git.
        std::fs::remove_file(root.join(path)).unwrap();
        if before.is_empty() {
            let _ = std::fs::remove_file(outside.join("target"));
        } else {
            std::fs::rename(outside.join("target"), root.join(path)).unwrap();
        }
        project.decide("And now?");
        let waiting = project.status()["pending"].as_u64().unwrap();
        assert!(waiting >= 2, "{path}: {waiting} wait");
    }
}

#[test]
fn a_project_is_not_begun_beyond_a_link() {
    for path in [
        ".kittify",
        ".kittify/config.yaml",
        ".kittify/canonical-events.jsonl",
    ] {
        let scratch = Scratch::new();
        let repo = scratch.repo("repo");
        let outside = lead_out(&scratch, repo.path(), path);
        let before = files_below(&outside);
        let (status, document) = Pawtrail::new(&scratch, BINARY).json_in(repo.path(), &["init"]);
        assert_eq!(
            (status, &document["error"]["code"]),
            (1, &"PATH_LEADS_OUT".into()),
            "{path}: {document:#}"
        );
        assert_eq!(files_below(&outside), before, "{path}");
        let config = repo.path().join(".kittify/config.yaml");
        let content = std::fs::read_to_string(config).unwrap_or_default();
        assert_eq!(content, "", "{path}: half a project");
    }
}

/// What is private to a clone is its user's alone, from its first directory on; unless the repository was made for a group.
#[test]
fn the_clones_own_state_is_closed_to_others() {
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    for shared in [false, true] {
        let scratch = Scratch::new();
        let repo = scratch.repo("repo");
        if shared {
            repo.git(&["init", "-q", "--shared=group"]);
        }
        let project = Project::in_repo(repo, Pawtrail::new(&scratch, BINARY));
        project.decide("Which?");
        let agent = project.repo.worktree("agent", project.branch());
        project.pawtrail.data(&agent, &["sync", "status"]);
        project.pawtrail.data(&agent, &["decision", "list"]);
        let state = project.repo.common_dir().join("pawtrail");
        for dir in [state.clone(), state.join("locks"), state.join("missions")] {
            assert_eq!(mode(&dir) & 0o077 == 0, !shared, "{}", dir.display());
        }
        // What identifies, allows or waits is private in either.
        let url = "http://127.0.0.1:9";
        let token = "0123456789abcdef";
        let enable = ["sync", "enable", url, "--token", token];
        project.pawtrail.data(&project.repo, &enable);
        for file in ["node_id", "queue.sqlite", "sync/consent.json", "sync/token"] {
            assert_eq!(mode(&state.join(file)) & 0o077, 0, "{file}");
        }
        assert_eq!(mode(&state.join("sync")), 0o700);
    }
}
