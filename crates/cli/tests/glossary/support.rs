//! What the tests share: a project, its log and its seed files.

use pawtrail_testkit::{Project, Repo, rows, text};
use serde_json::Value;

pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_pawtrail");
pub(crate) const SEED: &str = ".kittify/glossaries/team_domain.yaml";

/// Asks what a term means; returns the conflict.
#[track_caller]
pub(crate) fn ask(project: &Project, term: &str) -> String {
    let question = format!("What is a {term}?");
    let args = ["glossary", "ask", "--term", term, "--question", &question];
    text(&project.pawtrail.data(&project.repo, &args)["conflict_id"])
}

/// Says what a term means; returns exit code and document.
#[track_caller]
pub(crate) fn resolve_in(
    project: &Project,
    repo: &Repo,
    conflict: &str,
    definition: &str,
) -> (i32, Value) {
    let args = ["glossary", "resolve", conflict, "--definition", definition];
    project.pawtrail.json_in(repo.path(), &args)
}

/// Says what a term means, which must succeed; returns the document.
#[track_caller]
pub(crate) fn resolve(project: &Project, conflict: &str, definition: &str) -> Value {
    let (status, document) = resolve_in(project, &project.repo, conflict, definition);
    assert_eq!(status, 0, "{document:#}");
    document
}

/// The rows of the mission's log, which must all be whole.
#[track_caller]
pub(crate) fn log(project: &Project) -> Vec<Value> {
    let path = format!(
        ".kittify/events/glossary/{}.events.jsonl",
        project.mission_id
    );
    rows(&project.repo.read(&path).unwrap_or_default())
}

/// How many rows of a type the log has.
#[track_caller]
pub(crate) fn count(project: &Project, event_type: &str) -> usize {
    let of_type = |row: &&Value| row["event_type"] == event_type;
    log(project).iter().filter(of_type).count()
}

/// What `glossary list` says of a term in the team's language.
#[track_caller]
pub(crate) fn meaning(project: &Project, repo: &Repo, term: &str) -> Option<String> {
    let data = project.pawtrail.data(repo, &["glossary", "list"]);
    let terms = data["terms"].as_array().unwrap().clone();
    terms
        .iter()
        .find(|known| known["surface"] == term && known["scope"] == "team_domain")
        .map(|known| text(&known["definition"]))
}

/// Whether seed files and resolutions agree.
#[track_caller]
pub(crate) fn assert_agrees(project: &Project, repo: &Repo) {
    let (status, document) = project
        .pawtrail
        .json_in(repo.path(), &["glossary", "rebuild", "--check"]);
    assert_eq!(status, 0, "{document:#}");
}
