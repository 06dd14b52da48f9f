//! The hooks that record: they know at once, keep the user's own hooks, and never fail git.

#![cfg(unix)]

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use pawtrail_testkit::{Project, Repo, Scratch, ScriptedHub};
use serde_json::{Value, json};

use crate::support::{BINARY, SOON, agent, enable, hooked, spec};

const NAMES: [&str; 3] = ["post-commit", "post-rewrite", "post-merge"];

fn hook(dir: &Path, name: &str, text: &str) {
    std::fs::create_dir_all(dir).unwrap();
    let path = dir.join(name);
    std::fs::write(&path, text).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// Each file of a directory with its content and mode, but for git's samples.
fn files(dir: &Path) -> Vec<(PathBuf, Vec<u8>, u32)> {
    let Ok(entries) = std::fs::read_dir(dir) else {
        return Vec::new();
    };
    let mut found: Vec<_> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_none_or(|end| end != "sample"))
        .map(|path| {
            let mode = std::fs::metadata(&path).unwrap().permissions().mode();
            let content = std::fs::read(&path).unwrap();
            (path, content, mode)
        })
        .collect();
    found.sort();
    found
}

fn install(project: &Project) -> Value {
    project.pawtrail.data(&project.repo, &["hooks", "install"])["hooks"].take()
}

#[test]
fn fr_010_what_plain_git_commits_merges_and_pulls_is_recorded_at_once() {
    let scratch = Scratch::new();
    let (project, agent) = hooked(&scratch);
    let first = spec(&project, &agent, "one");
    assert_eq!(project.pending().last(), Some(&first));
    // A branch of no mission and a commit beside `kitty-specs/` change nothing.
    let before = project.state()["pending_local_commits"].clone();
    agent.commit_file("src/main.txt", "code", "Code");
    project
        .repo
        .commit_file("notes.md", "note", "A note on main");
    assert_eq!(project.state()["pending_local_commits"], before);
    // A merge brings what another branch has, which is no mission's.
    project.repo.git(&["switch", "-q", "-c", "topic"]);
    let path = format!("{}/topic.md", project.dir);
    let brought = project.repo.commit_file(&path, "topic", "On a topic");
    assert!(!project.pending().contains(&brought));
    agent.git(&["merge", "-q", "--no-edit", "topic"]);
    assert!(project.pending().contains(&brought));
    // The hook of a merge that only moves the branch forward.
    let lane = format!("{}-lane-a", project.branch());
    project
        .repo
        .git(&["switch", "-q", "-c", &lane, project.branch()]);
    let (lane_commit, listed) = (
        project.repo.commit_file(&path, "more", "In a lane"),
        project.pending(),
    );
    assert_eq!(listed.last(), Some(&lane_commit));
    agent.git(&["merge", "-q", "--ff-only", &lane]);
    assert_eq!(project.pending(), listed);
    assert_eq!(
        scratch.processes(),
        Vec::<String>::new(),
        "no consent, no courier"
    );
}

#[test]
fn the_users_hooks_run_first_with_their_arguments_and_input_and_come_back_byte_for_byte() {
    let scratch = Scratch::new();
    let project = Project::new(&scratch, BINARY);
    let agent = agent(&project);
    let dir = project.repo.common_dir().join("hooks");
    let log = scratch.path().join("ran");
    for name in NAMES {
        // The last byte of the input counts too, and a hook that fails is git's business.
        let text = format!(
            "#!/bin/sh\necho \"$(basename \"$0\") $*\" >> '{0}'\ncat >> '{0}'\necho . >> '{0}'\nexit 9\n",
            log.display()
        );
        hook(&dir, name, &text);
    }
    hook(&dir, "commit-msg", "#!/bin/sh\n# none of ours\n");
    let before = files(&dir);
    let made = install(&project);
    for (one, name) in made.as_array().unwrap().iter().zip(NAMES) {
        assert_eq!(
            [&one["name"], &one["changed"], &one["chained"]],
            [&json!(name), &json!(true), &json!(true)]
        );
    }
    let installed = files(&dir);
    let again = install(&project);
    assert!(
        again
            .as_array()
            .unwrap()
            .iter()
            .all(|one| one["changed"] == false)
    );
    assert_eq!(files(&dir), installed, "a second install changes nothing");

    let old = spec(&project, &agent, "one");
    agent.git(&["commit", "-q", "--amend", "-m", "Better"]);
    let new = agent.rev("HEAD").unwrap();
    project.repo.git(&["switch", "-q", "-c", "topic"]);
    project.repo.commit_file("topic.md", "topic", "Topic");
    agent.git(&["merge", "-q", "--no-edit", "topic"]);
    let ran = std::fs::read_to_string(&log).unwrap();
    let expected = format!(
        "post-commit.before-pawtrail \n.\n\
         post-commit.before-pawtrail \n.\n\
         post-rewrite.before-pawtrail amend\n{old} {new}\n.\n\
         post-commit.before-pawtrail \n.\n\
         post-merge.before-pawtrail 0\n.\n"
    );
    assert_eq!(ran, expected);
    assert!(project.pending().contains(&new), "and ours ran after them");
    // What git would see of the user's hook is what it sees.
    let status = |name: &str| {
        let mut command = agent.env().command(dir.join(name));
        command.current_dir(agent.path()).status().unwrap().code()
    };
    assert_eq!(NAMES.map(status), [Some(9); 3]);

    project.pawtrail.data(&project.repo, &["hooks", "remove"]);
    assert_eq!(files(&dir), before);
    project.pawtrail.data(&project.repo, &["hooks", "remove"]);
    assert_eq!(files(&dir), before);
}

#[test]
fn git_never_fails_for_our_sake_and_hears_one_line_at_most() {
    let scratch = Scratch::new();
    let (project, agent) = hooked(&scratch);
    let quiet = |what: &str, repo: &Repo| {
        repo.write(&format!("{}/{what}.md", project.dir), what);
        repo.git(&["add", "-A"]);
        let done = repo.try_git(&["commit", "-q", "-m", what]);
        assert_eq!(done.status, 0, "{what}: {done}");
        assert!(done.stderr.lines().count() <= 1, "{what}: {done}");
        done.stderr
    };
    assert_eq!(quiet("sound", &agent), "");
    // A directory where the state file should be.
    let file = project.repo.path().join(".kittify/sync-state.json");
    std::fs::remove_file(&file).unwrap();
    std::fs::create_dir(&file).unwrap();
    let said = quiet("unreadable", &agent);
    assert!(said.contains("will be recorded later"), "{said}");
    std::fs::remove_dir(&file).unwrap();
    // An identity that nobody can read.
    agent.write(".kittify/config.yaml", "project: [");
    quiet("damaged", &agent);
    let good = project.repo.read(".kittify/config.yaml").unwrap();
    agent.write(".kittify/config.yaml", good);
    // Rewrites are no different.
    std::fs::create_dir(&file).ok();
    let amended = agent.try_git(&["commit", "-q", "--amend", "-m", "Again"]);
    assert_eq!(amended.status, 0, "{amended}");
    if file.is_dir() {
        std::fs::remove_dir(&file).unwrap();
    }
    // Input that is no list of git's, and arguments of a git to come.
    for args in [&["amend"][..], &["rebase", "--of-tomorrow", "x"]] {
        let mut command = agent.env().command("sh");
        command
            .current_dir(agent.path())
            .args(["-c", "printf 'no list\\000\\377\\n' | \"$0\" \"$@\""])
            .arg(project.repo.common_dir().join("hooks/post-rewrite"))
            .args(args);
        assert!(command.status().unwrap().success());
    }
    // What was missed is known to the next command.
    project.decide("Which?");
    assert_eq!(
        project.pending().len(),
        agent
            .git(&["rev-list", "--count", "main..HEAD"])
            .trim()
            .parse::<usize>()
            .unwrap()
    );
}

#[test]
fn where_the_program_is_gone_the_hooks_say_nothing() {
    let scratch = Scratch::new();
    let program = scratch.path().join("pawtrail");
    std::fs::copy(BINARY, &program).unwrap();
    let project = Project::new(&scratch, &program);
    install(&project);
    let agent = agent(&project);
    std::fs::remove_file(&program).unwrap();
    let path = format!("{}/spec.md", project.dir);
    agent.write(&path, "spec");
    agent.git(&["add", "-A"]);
    for args in [
        &["commit", "-q", "-m", "One"][..],
        &["commit", "-q", "--amend", "-m", "Two"],
    ] {
        let done = agent.try_git(args);
        assert_eq!((done.status, &*done.stderr, &*done.stdout), (0, "", ""));
    }
    std::fs::copy(BINARY, &program).unwrap();
}

#[test]
fn linked_worktrees_share_the_hooks_and_directories_of_the_project_are_left_alone() {
    let scratch = Scratch::new();
    let project = Project::new(&scratch, BINARY);
    let agent = agent(&project);
    let made = project.pawtrail.data(&agent, &["hooks", "install"]);
    let common = project.repo.common_dir();
    for one in made["hooks"].as_array().unwrap() {
        assert!(Path::new(one["path"].as_str().unwrap()).starts_with(&common));
    }
    let commit = spec(&project, &agent, "one");
    assert_eq!(project.pending().last(), Some(&commit));
    project.pawtrail.data(&agent, &["hooks", "remove"]);
    assert!(files(&common.join("hooks")).is_empty());

    // A directory of the project's own: one tracked hook, and none of ours beside it.
    let own = project.repo.path().join("ci/hooks");
    hook(&own, "commit-msg", "#!/bin/sh\n");
    project.repo.git(&["add", "ci"]);
    project
        .repo
        .git(&["commit", "-q", "-m", "Hooks of the project"]);
    project.repo.git(&["config", "core.hooksPath", "ci/hooks"]);
    let before = files(&own);
    for args in [&["hooks", "install"][..], &["init", "--hooks"]] {
        let (status, document) = project.pawtrail.json_in(project.repo.path(), args);
        assert_eq!(
            (status, &document["error"]["code"]),
            (1, &json!("HOOK_NOT_OURS"))
        );
        let message = document["error"]["message"].as_str().unwrap();
        assert!(message.contains("files of the project"), "{message}");
        assert!(
            message.contains("pawtrail hooks run post-commit"),
            "{message}"
        );
    }
    assert_eq!(files(&own), before);
    assert_eq!(project.repo.status_v2(), "");
    // A directory of this clone alone is followed.
    project.repo.git(&["config", "core.hooksPath", ".my-hooks"]);
    install(&project);
    assert_eq!(files(&project.repo.path().join(".my-hooks")).len(), 3);
}

#[test]
fn all_hooks_are_installed_or_none() {
    let scratch = Scratch::new();
    let project = Project::new(&scratch, BINARY);
    let dir = project.repo.common_dir().join("hooks");
    hook(&dir, "post-merge", "#!/bin/sh\n# first\n");
    install(&project);
    project.pawtrail.data(&project.repo, &["hooks", "remove"]);
    // Somebody else took the place of one of them, and the one from before is still kept.
    hook(&dir, "post-merge.before-pawtrail", "#!/bin/sh\n# kept\n");
    let before = files(&dir);
    let (status, document) = project
        .pawtrail
        .json_in(project.repo.path(), &["hooks", "install"]);
    assert_eq!(status, 1, "{document:#}");
    assert_eq!(files(&dir), before);
}

#[test]
fn init_installs_them_where_it_is_told_to() {
    let scratch = Scratch::new();
    let project = Project::new(&scratch, BINARY);
    let dir = project.repo.common_dir().join("hooks");
    let made = project.pawtrail.data(&project.repo, &["init"]);
    assert_eq!(made.get("hooks"), None);
    assert!(files(&dir).is_empty());
    let made = project.pawtrail.data(&project.repo, &["init", "--hooks"]);
    let names: Vec<&Value> = made["hooks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["name"])
        .collect();
    assert_eq!(names, NAMES);
    assert_eq!(files(&dir).len(), 3);
    let again = project.pawtrail.run(&project.repo, &["init", "--hooks"]);
    assert!(again.stdout.contains("nothing was changed"), "{again}");
}

#[test]
fn with_consent_a_hook_wakes_the_courier() {
    let scratch = Scratch::new();
    let (project, agent) = hooked(&scratch);
    let hub = ScriptedHub::start();
    enable(&project, &hub.url(), &["--from-now"]);
    assert_eq!(scratch.processes(), Vec::<String>::new());
    let commit = spec(&project, &agent, "one");
    assert_eq!(hub.wait_for(1, SOON)[0]["git_hash"], *commit);
}

/// Linux: the library that sees each call is loaded there only.
#[cfg(target_os = "linux")]
#[test]
fn without_consent_no_hook_makes_a_socket_or_starts_more_than_itself() {
    let scratch = Scratch::new();
    let (project, agent) = hooked(&scratch);
    let witness = pawtrail_testkit::Witness::new(&scratch);
    let watched = witness.watch(pawtrail_testkit::Pawtrail::new(&scratch, BINARY));
    let like = watched.command(agent.path(), &[]);
    for args in [
        &["commit", "-q", "--allow-empty", "-m", "One"][..],
        &["commit", "-q", "--amend", "--allow-empty", "-m", "Two"],
    ] {
        let mut git = agent.env().command("git");
        for (name, value) in like.get_envs() {
            if let Some(value) = value {
                git.env(name, value);
            }
        }
        assert!(
            git.current_dir(agent.path())
                .args(args)
                .status()
                .unwrap()
                .success()
        );
    }
    let seen = witness.take();
    let ours = seen.iter().filter(|line| *line == "start pawtrail").count();
    assert_eq!(ours, 3, "post-commit twice, post-rewrite once: {seen:?}");
    assert!(
        !seen
            .iter()
            .any(|line| line.starts_with("socket") || line.starts_with("getaddrinfo")),
        "{seen:?}"
    );
    assert_eq!(project.state()["version"], 2);
}
