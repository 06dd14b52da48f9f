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
    Project::discover(dir, Arc::new(System)).unwrap()
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
