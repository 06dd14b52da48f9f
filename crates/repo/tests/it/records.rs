//! Records of missions that can't be understood: told beside all else, and made again where git tells the same.

use std::fs;
use std::path::PathBuf;

use pawtrail_repo::doctor::{self, Check, Examination, Mended};
use pawtrail_repo::mission::{self, Mission};
use pawtrail_repo::{decisions, placement};
use pawtrail_testkit::{Repo, Scratch};

use crate::support::{answer, ask, create, open};

fn record(repo: &Repo, mission: &Mission) -> PathBuf {
    let dir = repo.common_dir().join("pawtrail/missions");
    dir.join(mission.mission_id.as_str())
}

fn answered(repo: &Repo, slug: &str) -> Mission {
    let project = open(repo);
    let mission = create(&project, slug);
    let asked = ask(&project, &mission, "Which?");
    answer(&project, &mission, &asked, "yes").unwrap();
    mission
}

fn check(examined: &Examination) -> &Check {
    let mut checks = examined.checks.iter();
    checks.find(|check| check.name == "records").unwrap()
}

/// Does the one step that is about records.
fn mend(repo: &Repo, examined: Examination) -> Mended {
    let mut plan = examined.plan.into_iter();
    let step = plan
        .find(|step| step.what.contains("again from git"))
        .unwrap();
    doctor::mend(&open(repo), step)
}

#[test]
fn a_damaged_record_is_told_beside_all_else_and_made_again() {
    for branch in ["main", "work"] {
        let scratch = Scratch::new();
        let repo = scratch.repo("r");
        if branch != "main" {
            repo.git(&["switch", "-q", "-c", branch]);
        }
        let mission = answered(&repo, "payments");
        let other = answered(&repo, "other");
        let place = placement::placement(&open(&repo), &mission).unwrap();
        let file = record(&repo, &mission);
        fs::write(&file, "{\"mission_sl").unwrap();
        // What is about another mission works on.
        let asked = ask(&open(&repo), &other, "Late?");
        let examined = doctor::examine(&open(&repo)).unwrap();
        let found = check(&examined);
        assert!(
            !found.ok && found.message.contains(&*file.to_string_lossy()),
            "{found:?}"
        );
        assert_eq!(found.next_step.as_deref(), Some("pawtrail doctor --fix"));
        assert!(
            examined
                .checks
                .iter()
                .any(|check| check.name == "answers" && check.ok)
        );
        let listing = mission::list(&open(&repo)).unwrap();
        assert_eq!((listing.missions.len(), listing.damaged.len()), (2, 1));
        let done = mend(&repo, examined);
        assert!(done.ok, "{done:?}");
        let again = placement::placement(&open(&repo), &mission).unwrap();
        assert_eq!(
            (&again.ledger_ref, again.recorded),
            (&place.ledger_ref, true)
        );
        assert!(check(&doctor::examine(&open(&repo)).unwrap()).ok);
        answer(&open(&repo), &other, &asked, "yes").unwrap();
        let proof = decisions::verify_all(&open(&repo)).unwrap();
        assert_eq!((proof.answers.len(), proof.missing.len()), (3, 0));
    }
}

#[test]
fn where_git_does_not_tell_the_user_says_which() {
    let scratch = Scratch::new();
    let repo = scratch.repo("r");
    repo.git(&["switch", "-q", "-c", "work"]);
    let mission = answered(&repo, "payments");
    // Two branches have the same, and neither is the mission's own.
    repo.git(&["switch", "-q", "-c", "beside"]);
    let file = record(&repo, &mission);
    fs::write(&file, "").unwrap();
    let examined = doctor::examine(&open(&repo)).unwrap();
    let step = check(&examined).next_step.clone().unwrap();
    assert!(
        step.contains("pawtrail mission ledger") && step.contains("--set beside"),
        "{step}"
    );
    let done = mend(&repo, examined);
    assert!(
        !done.ok && done.message.contains("beside, work"),
        "{done:?}"
    );
    assert_eq!(done.next_step.as_ref(), Some(&step));
    assert_eq!(fs::read(&file).unwrap(), b"");
}

#[test]
fn a_mission_that_could_not_be_created_leaves_no_record() {
    let scratch = Scratch::new();
    let repo = scratch.repo("r");
    repo.git(&["config", "commit.gpgSign", "true"]);
    repo.git(&["config", "gpg.program", "no-such-signer"]);
    let new = mission::NewMission {
        slug: "payments".to_owned(),
        ..mission::NewMission::default()
    };
    let error = mission::create(&open(&repo), &new).unwrap_err();
    assert_eq!(error.code(), "COMMIT_NOT_SIGNED");
    assert!(error.to_string().contains("no-such-signer"), "{error}");
    let left = fs::read_dir(repo.common_dir().join("pawtrail/missions")).unwrap();
    assert_eq!(left.count(), 0);
    let proof = decisions::verify_all(&open(&repo)).unwrap();
    assert_eq!(proof.lost, []);
    repo.git(&["config", "commit.gpgSign", "false"]);
    mission::create(&open(&repo), &new).unwrap();
}
