//! `hooks install --audit`: a commit of event files with private data is refused, and the user's own hook stays itself.

#![cfg(unix)]

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use pawtrail_testkit::{Output, Project, Repo, Scratch};
use serde_json::json;

use crate::support::{EMAIL, private, project, says_nothing, told};

const CLEAN: &str = "{\"note\":\"nothing\"}\n";

fn install(project: &Project) -> serde_json::Value {
    let made = project
        .pawtrail
        .data(&project.repo, &["hooks", "install", "--audit"]);
    made["hooks"][0].clone()
}

fn hook(dir: &Path, text: &str) {
    std::fs::create_dir_all(dir).unwrap();
    let path = dir.join("pre-commit");
    std::fs::write(&path, text).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

fn log(project: &Project) -> String {
    format!("{}/status.events.jsonl", project.dir)
}

fn commit(repo: &Repo, path: &str, text: &str) -> Output {
    repo.write(path, text);
    repo.git(&["add", "--", path]);
    repo.try_git(&["commit", "-q", "-m", "A commit"])
}

fn dirty(project: &Project) -> String {
    format!("{}\n", json!({ "note": told(&project.repo) }))
}

#[test]
fn a_commit_with_private_data_is_refused_with_place_rule_and_remedy_and_without_the_value() {
    let scratch = Scratch::new();
    let project = project(&scratch);
    let repo = &project.repo;
    let path = log(&project);
    // What history holds already is no reason to refuse.
    assert_eq!(commit(repo, &path, &dirty(&project)).status, 0);
    install(&project);
    let before = repo.rev("HEAD");
    assert_eq!(
        commit(repo, &path, &format!("{}{CLEAN}", dirty(&project))).status,
        0
    );

    let more = format!("{}{CLEAN}{{\"to\":\"{EMAIL}\"}}\n", dirty(&project));
    let head = repo.rev("HEAD");
    assert_ne!(head, before);
    let refused = commit(repo, &path, &more);
    assert_ne!(refused.status, 0);
    assert_eq!(repo.rev("HEAD"), head);
    assert!(
        refused.stderr.contains(&format!("{path}:3: email")),
        "{refused}"
    );
    assert!(!refused.stderr.contains(":1:"), "{refused}");
    assert!(
        refused
            .stderr
            .contains(&format!("pawtrail sanitize --lines < {path}")),
        "{refused}"
    );
    says_nothing(&refused, &private(repo));

    // `git commit -- PATH` has an index of its own.
    repo.git(&["reset", "-q"]);
    let only = repo.try_git(&["commit", "-q", "-m", "Only", "--", &path]);
    assert_ne!(only.status, 0, "{only}");
    // Other files are the user's own business.
    repo.write(&path, format!("{}{CLEAN}", dirty(&project)));
    assert_eq!(commit(repo, "notes.md", EMAIL).status, 0);
    // What the message says, mends it.
    repo.write(&path, &more);
    let mend = format!(
        "'{}' sanitize --lines < {path} > new && mv new {path} && git add {path}",
        crate::support::BINARY
    );
    let shell = project.pawtrail.command(repo.path(), &[]);
    let shell = std::process::Command::new("sh")
        .args(["-c", &mend])
        .current_dir(repo.path())
        .env_clear()
        .envs(
            shell
                .get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        )
        .status();
    assert!(shell.unwrap().success());
    let mended = repo.try_git(&["commit", "-q", "-m", "Mended"]);
    assert_eq!(mended.status, 0, "{mended}");
}

#[test]
fn our_own_commits_run_no_hook_and_an_answer_is_committed_all_the_same() {
    let scratch = Scratch::new();
    let project = project(&scratch);
    install(&project);
    let hooks = project.repo.common_dir().join("hooks");
    hook(&hooks, "#!/bin/sh\necho ran >> ran\nexit 1\n");
    let id = project.request(&told(&project.repo));
    let receipt = project.answer(&id, &told(&project.repo));
    assert_eq!(receipt["committed"], true);
    assert_eq!(project.repo.read("ran"), None);
}

#[test]
fn the_users_own_hook_runs_first_and_keeps_arguments_input_and_exit_code() {
    let scratch = Scratch::new();
    let project = project(&scratch);
    let repo = &project.repo;
    let hooks = repo.common_dir().join("hooks");
    let own = "#!/bin/sh\nread line\necho \"$# [$line] $(basename $(dirname \"$0\"))\" >> ran\ntest ! -e refuse || exit 7\n";
    hook(&hooks, own);
    let made = install(&project);
    assert_eq!(
        (&made["changed"], &made["chained"]),
        (&json!(true), &json!(true))
    );
    let again = install(&project);
    assert_eq!(
        (&again["changed"], &again["chained"]),
        (&json!(false), &json!(true))
    );

    let run = |input: &str| {
        let mut command = repo.env().command(hooks.join("pre-commit"));
        command.current_dir(repo.path()).args(["one", "two words"]);
        crate::support::feed(&mut command, input.as_bytes()).0
    };
    assert_eq!(run("said\n"), 0);
    assert_eq!(repo.read("ran").unwrap(), "2 [said] hooks\n");
    repo.write("refuse", "");
    assert_eq!(run("said\n"), 7);
    assert_ne!(commit(repo, "a.txt", "a").status, 0);
    std::fs::remove_file(repo.path().join("refuse")).unwrap();
    assert_ne!(commit(repo, &log(&project), &dirty(&project)).status, 0);

    let removed = project.pawtrail.data(repo, &["hooks", "remove"]);
    assert_eq!(removed["hooks"][0]["restored"], true);
    let left: Vec<_> = std::fs::read_dir(&hooks)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with("pre-commit") && !name.ends_with(".sample"))
        .collect();
    assert_eq!(left, ["pre-commit"]);
    assert_eq!(
        std::fs::read_to_string(hooks.join("pre-commit")).unwrap(),
        own
    );
    let mode = std::fs::metadata(hooks.join("pre-commit"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o755);
    let removed = project.pawtrail.data(repo, &["hooks", "remove"]);
    assert_eq!(removed["hooks"][0]["changed"], false);
}

#[test]
fn linked_worktrees_share_the_hook_and_hooks_path_is_followed() {
    let scratch = Scratch::new();
    let project = project(&scratch);
    let linked = project.repo.worktree("linked", "topic");
    let made = project
        .pawtrail
        .data(&linked, &["hooks", "install", "--audit"]);
    let path = made["hooks"][0]["path"].as_str().unwrap();
    assert!(
        Path::new(path).starts_with(project.repo.common_dir()),
        "{path}"
    );
    for repo in [&project.repo, &linked] {
        assert_ne!(commit(repo, &log(&project), &dirty(&project)).status, 0);
        repo.git(&["reset", "-q", "--hard"]);
    }
    project.pawtrail.data(&project.repo, &["hooks", "remove"]);
    assert_eq!(commit(&linked, &log(&project), &dirty(&project)).status, 0);

    project.repo.git(&["config", "core.hooksPath", ".my-hooks"]);
    let made = install(&project);
    assert!(
        made["path"]
            .as_str()
            .unwrap()
            .ends_with(".my-hooks/pre-commit")
    );
    assert_ne!(
        commit(&project.repo, &log(&project), &dirty(&project)).status,
        0
    );
}

#[test]
fn a_hook_that_is_not_the_clones_own_is_left_alone() {
    let scratch = Scratch::new();
    let project = project(&scratch);
    let repo = &project.repo;
    let refused = || {
        let (status, document) = project
            .pawtrail
            .json_in(repo.path(), &["hooks", "install", "--audit"]);
        assert_eq!(status, 1, "{document:#}");
        assert_eq!(document["error"]["code"], "HOOK_NOT_OURS");
        document["error"]["message"].as_str().unwrap().to_owned()
    };
    hook(&repo.path().join("ci/hooks"), "#!/bin/sh\n");
    repo.git(&["config", "core.hooksPath", "ci/hooks"]);
    repo.git(&["add", "-f", "ci/hooks/pre-commit"]);
    assert!(refused().contains("a file of the project"));
    repo.git(&["config", "core.hooksPath", ".husky/_"]);
    repo.write(".husky/_/h", "");
    assert!(refused().contains("another tool"));
    repo.git(&["config", "--unset", "core.hooksPath"]);
    let global = scratch.path().join("ada.gitconfig");
    let text = std::fs::read_to_string(&global).unwrap();
    std::fs::write(&global, format!("{text}[core]\n\thooksPath = /srv/hooks\n")).unwrap();
    assert!(refused().contains("all repositories"));
    std::fs::write(&global, text).unwrap();

    // Somebody put another hook in the place of ours.
    let hooks = repo.common_dir().join("hooks");
    hook(&hooks, "#!/bin/sh\n# first\n");
    install(&project);
    hook(&hooks, "#!/bin/sh\n# second\n");
    assert!(refused().contains("remove one of the two"));
    assert_eq!(
        project
            .pawtrail
            .json_in(repo.path(), &["hooks", "remove"])
            .0,
        1
    );
    let kept = std::fs::read_to_string(hooks.join("pre-commit.before-pawtrail")).unwrap();
    assert!(kept.contains("first"));
}
