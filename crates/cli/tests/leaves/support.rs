//! A project with hooks, and what its state file says.

use std::time::Duration;

use pawtrail_testkit::{Project, Repo, Scratch, text};
use serde_json::Value;

pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_pawtrail");
pub(crate) const SOON: Duration = Duration::from_secs(10);
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
