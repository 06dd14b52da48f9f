//! What the tests of this crate share.

use std::path::Path;
use std::sync::Arc;

use pawtrail_event::decision::ActorType;
use pawtrail_repo::decisions::{self, Ask, Reply, Written};
use pawtrail_repo::mission::{self, Mission, NewMission};
use pawtrail_repo::{Error, Project, System};
use pawtrail_testkit::Repo;

pub(crate) fn open(repo: &Repo) -> Project {
    at(repo.path())
}

pub(crate) fn at(dir: &Path) -> Project {
    let project = Project::discover(dir, Arc::new(System)).unwrap();
    match super::ENGINE {
        Some(engine) => project.with_engine(engine),
        None => project,
    }
}

pub(crate) fn create(project: &Project, slug: &str) -> Mission {
    mission::create(
        project,
        &NewMission {
            slug: slug.to_owned(),
            ..NewMission::default()
        },
    )
    .unwrap()
    .mission
}

pub(crate) fn ask(project: &Project, mission: &Mission, question: &str) -> Written {
    let ask = Ask {
        question: question.to_owned(),
        ..Ask::default()
    };
    decisions::request(project, mission, ask).unwrap()
}

pub(crate) fn answer(
    project: &Project,
    mission: &Mission,
    asked: &Written,
    text: &str,
) -> Result<Written, Error> {
    let reply = Reply {
        decision_id: asked.decision_id.clone(),
        answer: text.to_owned(),
        actor: decisions::actor("alice", ActorType::Human),
        idempotency_key: None,
    };
    decisions::answer(project, mission, reply)
}

/// The event file as the mission's ledger branch has it.
pub(crate) fn ledger_file(repo: &Repo, written: &Written) -> String {
    repo.read_at(&written.receipt.r#ref, &written.receipt.path)
        .unwrap_or_default()
}

/// Asks and answers in a new mission; nothing but the mission's own files may move.
#[track_caller]
pub(crate) fn calm(repo: &Repo, project: &Project, slug: &str) -> (Mission, Written) {
    let before = others(repo);
    let mission = create(project, slug);
    assert_eq!(others(repo), before);
    let done = decide(repo, project, &mission, "Which way?");
    assert_eq!(others(repo), before);
    assert_eq!(ledger_file(repo, &done).lines().count(), 2);
    (mission, done)
}

/// Asks and answers; the repository stays sound.
#[track_caller]
pub(crate) fn decide(repo: &Repo, project: &Project, mission: &Mission, question: &str) -> Written {
    let asked = ask(project, mission, question);
    let done = answer(project, mission, &asked, "left").unwrap();
    assert!(done.receipt.committed);
    assert!(
        !repo.status_v2().contains("kitty-specs"),
        "{}",
        repo.status_v2()
    );
    repo.fsck();
    done
}

/// Git's own next commit keeps the lines.
#[track_caller]
pub(crate) fn kept_by_the_next_commit(repo: &Repo, done: &Written) {
    let file = ledger_file(repo, done);
    repo.git(&["commit", "-q", "--allow-empty", "-m", "next"]);
    assert_eq!(ledger_file(repo, done), file);
}

/// All that isn't the mission's: status, index entries, stash.
fn others(repo: &Repo) -> [String; 3] {
    let entries: Vec<String> = repo
        .index_entries()
        .lines()
        .filter(|line| !line.contains("kitty-specs/"))
        .map(str::to_owned)
        .collect();
    [repo.status_v2(), entries.join("\n"), repo.stash_list()]
}
