//! A project with hooks, and what its state file says.

use std::time::Duration;

use pawtrail_testkit::{Project, Repo, Scratch, text};
use serde_json::Value;

pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_pawtrail");
pub(crate) const SOON: Duration = Duration::from_secs(30);
pub(crate) const TOKEN: &str = "0123456789abcdef0123456789abcdef";

/// A project whose git tells Pawtrail what it does, and a worktree on the mission's branch.
pub(crate) fn hooked(scratch: &Scratch) -> (Project, Repo) {
    let project = Project::new(scratch, BINARY);
    project.pawtrail.data(&project.repo, &["hooks", "install"]);
    let agent = agent(&project);
    (project, agent)
}

/// A worktree on the mission's branch.
pub(crate) fn agent(project: &Project) -> Repo {
    project.repo.worktree("agent", project.branch())
}

/// Commits a file of the mission by plain git.
pub(crate) fn spec(project: &Project, agent: &Repo, name: &str) -> String {
    agent.commit_file(&format!("{}/{name}.md", project.dir), name, name)
}

/// The commits that a waiting commit's frame replaces, as the state file has it.
pub(crate) fn superseded(project: &Project, commit: &str) -> Vec<String> {
    let state = project.state();
    let frames = state["pending_local_commits"].as_array().unwrap();
    let frame = frames
        .iter()
        .find(|frame| frame["git_hash"] == commit)
        .unwrap_or_else(|| panic!("{commit} doesn't wait: {state:#}"));
    let replaced = frame["supersedes"].as_array();
    replaced.into_iter().flatten().map(text).collect()
}

/// Allows the project to send to a hub.
pub(crate) fn enable(project: &Project, url: &str, more: &[&str]) -> Value {
    let args = [&["sync", "enable", url, "--token", TOKEN], more].concat();
    project.pawtrail.data(&project.repo, &args)
}

/// Moves a work package of the mission through these lanes.
pub(crate) fn moves(project: &Project, wp: &str, lanes: &[&str]) {
    for lane in lanes {
        let args = ["wp", "move", wp, lane, "--mission", &project.mission_id];
        let args = [&args[..], &["--actor", "agent"]].concat();
        project.pawtrail.data(&project.repo, &args);
    }
}

/// Does something of every kind that could become a frame, or an event of the queue.
pub(crate) fn work(project: &Project, agent: &Repo, what: &str) {
    let run = |args: &[&str]| {
        let args = [args, &["--mission", &project.mission_id]].concat();
        project.pawtrail.data(&project.repo, &args)
    };
    spec(project, agent, what);
    project.decide(&format!("{what}?"));
    let asked = run(&["glossary", "ask", "--term", what, "--question", "Meaning?"]);
    let conflict = text(&asked["conflict_id"]);
    run(&["glossary", "resolve", &conflict, "--definition", "a page"]);
    run(&["glossary", "observe", "--term", what]);
    // The mission's run: it begins, asks for what it needs to know, and enters its first phase.
    let next = |args: &[&str]| {
        let args = [&["next", "--agent", "coder"], args].concat();
        let args = [&args[..], &["--mission", &project.mission_id]].concat();
        project.pawtrail.run(&project.repo, &args).expect_status(0);
    };
    next(&["--result", "success"]);
    let answer = ["--answer", "a shop", "--decision-id", "input:goal"];
    let by = ["--actor", "lead", "--actor-type", "human"];
    next(&[&["--result", "success"], &answer[..], &by].concat());
}

/// Removes the queue, as a person might who wants to begin anew.
pub(crate) fn lose_queue(project: &Project) {
    let path = project.repo.common_dir().join("pawtrail/queue.sqlite");
    for end in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{end}", path.display()));
    }
}
