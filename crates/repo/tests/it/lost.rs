//! Ledger branches that were deleted or moved back: what was lost is told, and what only went elsewhere isn't.

use std::fs;

use pawtrail_repo::decisions::{self, Proof};
use pawtrail_repo::mission::Mission;
use pawtrail_repo::{doctor, placement, sync_state};
use pawtrail_testkit::{Repo, Scratch};

use crate::support::{answer, ask, create, open};

/// A repository on `main`, whose mission has three answers on a branch of its own; returns the branch's short name.
fn answered(scratch: &Scratch) -> (Repo, Mission, String) {
    let repo = scratch.repo("r");
    let (mission, branch) = answers(&repo);
    (repo, mission, branch)
}

fn answers(repo: &Repo) -> (Mission, String) {
    let project = open(repo);
    let mission = create(&project, "payments");
    for text in ["one", "two", "three"] {
        let asked = ask(&project, &mission, text);
        answer(&project, &mission, &asked, text).unwrap();
    }
    sync_state::record(&project).unwrap();
    let branch = placement::placement(&project, &mission).unwrap().ledger_ref;
    let branch = branch.strip_prefix("refs/heads/").unwrap().to_owned();
    (mission, branch)
}

fn prove(repo: &Repo) -> Proof {
    decisions::verify_all(&open(repo)).unwrap()
}

#[track_caller]
fn sound(repo: &Repo, answers: usize) {
    let proof = prove(repo);
    assert_eq!(proof.missing, [], "{proof:#?}");
    assert_eq!(proof.lost, [], "{proof:#?}");
    assert_eq!(proof.answers.len(), answers);
}

/// Everything that is lost is told, and the command that is told with it brings it back.
#[track_caller]
fn lost(repo: &Repo, branch: &str, missing: usize, command: &str) {
    let proof = prove(repo);
    assert_eq!(proof.missing.len(), missing, "{proof:#?}");
    assert!(proof.missing.iter().all(|answer| answer.commit.is_some()));
    assert_eq!(proof.lost.len(), 1, "{proof:#?}");
    let found = &proof.lost[0];
    assert_eq!(found.ledger_ref, format!("refs/heads/{branch}"));
    assert!(found.restore.starts_with(command), "{found:?}");
    let examined = doctor::examine(&open(repo)).unwrap();
    let mut checks = examined.checks.iter();
    let check = checks.find(|check| check.name == "ledger_reach").unwrap();
    assert_eq!(
        (check.ok, &check.next_step),
        (false, &Some(found.restore.clone()))
    );
    let words: Vec<&str> = found.restore.split(' ').collect();
    repo.git(&words[1..]);
    sound(repo, 3);
    let examined = doctor::examine(&open(repo)).unwrap();
    let mut checks = examined.checks.iter();
    assert!(checks.any(|check| check.name == "ledger_reach" && check.ok));
}

#[test]
fn a_deleted_branch_is_told_and_brought_back() {
    let scratch = Scratch::new();
    let (repo, _, branch) = answered(&scratch);
    sound(&repo, 3);
    repo.git(&["branch", "-q", "-D", &branch]);
    lost(&repo, &branch, 3, "git branch kitty/");
    // Also where a later command has brought the state up to date.
    repo.git(&["branch", "-q", "-D", &branch]);
    create(&open(&repo), "another");
    sync_state::record(&open(&repo)).unwrap();
    lost(&repo, &branch, 3, "git branch kitty/");
}

#[test]
fn a_deleted_branch_of_which_nothing_is_known_is_told() {
    let scratch = Scratch::new();
    let (repo, mission, branch) = answered(&scratch);
    fs::remove_file(repo.path().join(".kittify/sync-state.json")).unwrap();
    repo.git(&["branch", "-q", "-D", &branch]);
    let proof = prove(&repo);
    assert_eq!(proof.lost.len(), 1, "{proof:#?}");
    assert_eq!(
        (&proof.lost[0].commit, &proof.missing[..]),
        (&None, &[][..])
    );
    let words: Vec<&str> = proof.lost[0].restore.split(' ').collect();
    assert!(repo.git(&words[1..]).contains("unreachable commit"));
    // Who meant it forgets it.
    let id = mission.mission_id.as_str();
    let record = repo.common_dir().join("pawtrail/missions").join(id);
    let reason = &proof.lost[0].reason;
    assert!(reason.contains(&*record.to_string_lossy()), "{reason}");
    fs::remove_file(record).unwrap();
    sound(&repo, 0);
}

#[test]
fn a_branch_that_was_moved_back_is_told_and_brought_forward() {
    let scratch = Scratch::new();
    let (repo, _, branch) = answered(&scratch);
    let full = format!("refs/heads/{branch}");
    repo.git(&["update-ref", &full, &format!("{branch}~2")]);
    lost(&repo, &branch, 2, "git branch --force kitty/");
    // Behind the mission itself, and without a reflog.
    repo.git(&["update-ref", &full, "main"]);
    repo.git(&["reflog", "expire", "--expire=now", "--all"]);
    lost(&repo, &branch, 3, "git branch --force kitty/");
    repo.git(&["switch", "-q", &branch]);
    repo.git(&["reset", "-q", "--hard", "HEAD~1"]);
    lost(&repo, &branch, 1, "git -C ");
    // The reflog alone knows.
    repo.git(&["reset", "-q", "--hard", "HEAD~1"]);
    fs::remove_file(repo.path().join(".kittify/sync-state.json")).unwrap();
    lost(&repo, &branch, 1, "git -C ");
}

#[test]
fn a_branch_that_went_another_way_is_merged_with_what_it_had() {
    let scratch = Scratch::new();
    let (repo, mission, branch) = answered(&scratch);
    let full = format!("refs/heads/{branch}");
    repo.git(&["update-ref", &full, &format!("{branch}~1")]);
    let project = open(&repo);
    let asked = ask(&project, &mission, "four");
    answer(&project, &mission, &asked, "four").unwrap();
    let proof = prove(&repo);
    assert_eq!(proof.missing.len(), 1, "{proof:#?}");
    let hash = proof.missing[0].commit.clone().unwrap();
    let command = format!("git switch {branch} && git merge {hash}");
    assert_eq!(proof.lost[0].restore, command);
}

#[test]
fn a_branch_that_was_merged_and_deleted_is_not_lost() {
    let scratch = Scratch::new();
    let (repo, _, branch) = answered(&scratch);
    repo.git(&["branch", "before"]);
    repo.commit_file("notes.md", "note\n", "Write a note");
    repo.git(&["merge", "-q", "--no-edit", &branch]);
    repo.git(&["branch", "-q", "-d", &branch]);
    sound(&repo, 3);
    // Where what has it is checked out nowhere.
    repo.git(&["switch", "-q", "before"]);
    sound(&repo, 3);
    create(&open(&repo), "another");
    sync_state::record(&open(&repo)).unwrap();
    sound(&repo, 3);
}

#[test]
fn a_branch_that_was_squashed_or_tagged_or_renamed_or_pushed_and_deleted_is_not_lost() {
    for keep in ["squash", "tag", "rename", "push"] {
        let scratch = Scratch::new();
        let (repo, _, branch) = answered(&scratch);
        match keep {
            "squash" => {
                repo.git(&["switch", "-q", "-c", "side"]);
                repo.git(&["merge", "-q", "--squash", &branch]);
                repo.git(&["commit", "-q", "-m", "Squash"]);
                repo.git(&["switch", "-q", "main"]);
            }
            "tag" => drop(repo.git(&["tag", "-a", "-m", "Archive", "archive", &branch])),
            "rename" => drop(repo.git(&["branch", "archive", &branch])),
            _ => {
                let url = scratch.bare("hub").path().to_string_lossy().into_owned();
                repo.git(&["remote", "add", "origin", &url]);
                repo.git(&["push", "-q", "origin", &branch]);
            }
        }
        repo.git(&["branch", "-q", "-D", &branch]);
        sound(&repo, 3);
    }
}

#[test]
fn a_branch_that_was_amended_or_rebased_is_not_lost() {
    let scratch = Scratch::new();
    let (repo, _, branch) = answered(&scratch);
    repo.git(&["switch", "-q", &branch]);
    repo.git(&["commit", "-q", "--amend", "-m", "In other words"]);
    sound(&repo, 3);
    repo.git(&["switch", "-q", "main"]);
    repo.commit_file("notes.md", "note\n", "Write a note");
    repo.git(&["switch", "-q", &branch]);
    repo.git(&["rebase", "-q", "main"]);
    sound(&repo, 3);
    sync_state::record(&open(&repo)).unwrap();
    repo.git(&["switch", "-q", "main"]);
    sound(&repo, 3);
}

#[test]
fn a_commit_of_others_that_was_only_looked_at_was_never_on_the_branch() {
    let scratch = Scratch::new();
    let (repo, mission, branch) = answered(&scratch);
    let theirs = scratch.clone_of(&repo, "theirs");
    let project = open(&theirs);
    let asked = ask(&project, &mission, "four");
    answer(&project, &mission, &asked, "four").unwrap();
    let url = theirs.path().to_string_lossy().into_owned();
    repo.git(&["fetch", "-q", &url, &branch]);
    repo.git(&["checkout", "-q", "--detach", "FETCH_HEAD"]);
    repo.git(&["switch", "-q", "main"]);
    sound(&repo, 3);
}

#[allow(clippy::print_stderr)]
fn known_from_the_log_of_head_alone(form: &str) {
    let scratch = Scratch::new();
    let repo = scratch.empty_repo("r");
    fs::remove_dir_all(repo.path().join(".git")).unwrap();
    let made = repo.try_git(&["init", "-q", form, "-b", "main"]);
    if made.status != 0 {
        eprintln!("SKIPPED: this git has no {form}: {made}");
        return;
    }
    repo.commit_file("README.md", "r\n", "Start");
    let (_, branch) = answers(&repo);
    repo.git(&["switch", "-q", &branch]);
    repo.git(&["switch", "-q", "main"]);
    fs::remove_file(repo.path().join(".kittify/sync-state.json")).unwrap();
    repo.git(&["branch", "-q", "-D", &branch]);
    lost(&repo, &branch, 3, "git branch kitty/");
}

#[test]
fn a_deleted_branch_is_known_from_the_log_of_head_alone_however_git_keeps_it() {
    known_from_the_log_of_head_alone("--ref-format=files");
    known_from_the_log_of_head_alone("--ref-format=reftable");
}
