//! What the probe chooses, and that its choice serves the repository.

use std::fs;

use pawtrail_repo::engine::{self, Choice, Kind};
use pawtrail_repo::mission::{self, Mission, NewMission};
use pawtrail_repo::{decisions, placement};
use pawtrail_testkit::{Repo, Scratch};

use crate::support::{answer, ask, calm, create, decide, kept_by_the_next_commit, open};

fn feature(scratch: &Scratch) -> Repo {
    let repo = scratch.repo("r");
    repo.git(&["switch", "-q", "-c", "feature"]);
    repo
}

fn choice(repo: &Repo, mission: &Mission) -> Choice {
    let project = open(repo);
    let place = placement::placement(&project, mission).unwrap();
    engine::choose(&project, &place).unwrap()
}

/// The executable is chosen for this reason, and commits without moving anything.
#[track_caller]
fn served_by_git(repo: &Repo, reason: &str) {
    let (mission, done) = calm(repo, &open(repo), "served");
    let choice = choice(repo, &mission);
    assert_eq!(choice.engine, Kind::Executable, "{}", choice.reason);
    assert!(choice.reason.contains(reason), "{}", choice.reason);
    kept_by_the_next_commit(repo, &done);
    assert_eq!(repo.status_v2(), "");
}

#[test]
fn a_plain_repository_needs_no_executable() {
    let scratch = Scratch::new();
    let repo = feature(&scratch);
    repo.commit_file(".gitattributes", "*.png filter=lfs\n* text=auto\n", "a");
    let (mission, _) = calm(&repo, &open(&repo), "plain");
    assert_eq!(choice(&repo, &mission).engine, Kind::Library);
}

#[test]
fn commits_are_signed_where_the_repository_says_so() {
    let scratch = Scratch::new();
    let repo = feature(&scratch);
    let key = scratch.path().join("key");
    let path = key.to_string_lossy().into_owned();
    let made = repo
        .env()
        .command("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-C", "", "-f", &path])
        .status()
        .unwrap();
    assert!(made.success());
    let public = fs::read_to_string(format!("{path}.pub")).unwrap();
    let signers = scratch.path().join("signers");
    fs::write(&signers, format!("* {public}")).unwrap();
    repo.git(&["config", "gpg.format", "ssh"]);
    repo.git(&["config", "user.signingKey", &path]);
    repo.git(&[
        "config",
        "gpg.ssh.allowedSignersFile",
        &signers.to_string_lossy(),
    ]);
    repo.git(&["config", "commit.gpgSign", "true"]);
    let (mission, done) = calm(&repo, &open(&repo), "signed");
    let commit = done.receipt.commit.unwrap();
    assert!(
        repo.git(&["cat-file", "commit", commit.as_str()])
            .contains("\ngpgsig ")
    );
    repo.git(&["verify-commit", commit.as_str()]);
    assert!(choice(&repo, &mission).reason.contains("signed"));
    // Without the key nothing is committed unsigned; the answer waits.
    fs::remove_file(&key).unwrap();
    fs::remove_file(format!("{path}.pub")).unwrap();
    let project = open(&repo);
    let asked = ask(&project, &mission, "Unsigned?");
    let tip = repo.rev("feature");
    let error = answer(&project, &mission, &asked, "no").unwrap_err();
    assert_eq!(error.exit_code(), 3, "{error}");
    assert_eq!(repo.rev("feature"), tip);
}

#[test]
fn a_filter_that_rewrites_event_files_is_refused_and_nothing_is_lost() {
    let scratch = Scratch::new();
    let repo = feature(&scratch);
    let project = open(&repo);
    let mission = create(&project, "filtered");
    repo.git(&["config", "filter.upper.clean", "tr a-z A-Z"]);
    repo.commit_file(".gitattributes", "*.jsonl filter=upper\n", "attributes");
    // A mission's first row is an event, too.
    let another = NewMission {
        slug: "another".to_owned(),
        ..NewMission::default()
    };
    let refused = mission::create(&project, &another).unwrap_err();
    assert!(refused.to_string().contains(".gitattributes"), "{refused}");
    assert!(choice(&repo, &mission).reason.contains("filter=upper"));
    let asked = ask(&project, &mission, "Shouted?");
    let error = answer(&project, &mission, &asked, "no").unwrap_err();
    assert_eq!(error.exit_code(), 3);
    assert!(error.to_string().contains(".gitattributes"), "{error}");
    repo.commit_file(
        ".gitattributes",
        "*.jsonl filter=upper\n/kitty-specs/** -filter\n",
        "b",
    );
    assert_eq!(decisions::finish(&project).unwrap(), Vec::<String>::new());
    let listed = decisions::list(&project, &mission).unwrap().decisions;
    assert!(listed[0].commit.is_some());
    assert_eq!(repo.status_v2(), "");
}

/// A repository that keeps its branches in a reftable; `None`, said aloud, where this git doesn't know that form.
#[allow(clippy::print_stderr)]
fn reftable(scratch: &Scratch) -> Option<Repo> {
    let repo = scratch.empty_repo("r");
    fs::remove_dir_all(repo.path().join(".git")).unwrap();
    let made = repo.try_git(&["init", "-q", "--ref-format=reftable", "-b", "feature"]);
    if made.status != 0 {
        eprintln!("SKIPPED: this git has no reftable: {made}");
        return None;
    }
    repo.commit_file("README.md", "r\n", "start");
    Some(repo)
}

#[test]
fn branches_in_a_reftable_are_gits_to_read_and_write() {
    let scratch = Scratch::new();
    let Some(repo) = reftable(&scratch) else {
        return;
    };
    served_by_git(&repo, "reftable");
    assert_eq!(repo.git(&["reflog", "show", "feature"]).lines().count(), 4);
    // In a linked worktree, whose HEAD is in a reftable of its own.
    let linked = repo.worktree("linked", "topic");
    let before = (linked.rev("HEAD"), linked.status_v2());
    let project = open(&linked);
    let mission = create(&project, "linked");
    let done = decide(&linked, &project, &mission, "From there?");
    assert_eq!(done.receipt.r#ref, "refs/heads/feature");
    assert_eq!((linked.rev("HEAD"), linked.status_v2()), before);
    assert_eq!(repo.status_v2(), "");
    // The log reads any revision, and the branch of HEAD names the mission.
    let log = |rev| decisions::log(&project, &mission, rev).unwrap().decisions;
    assert_eq!(log(Some("feature~1")).len(), 0);
    assert_eq!(log(Some("feature")).len(), 1);
    assert!(decisions::log(&project, &mission, Some("nowhere")).is_err());
    // On a protected branch, and with a detached HEAD, it gets a branch of its own.
    repo.git(&["switch", "-q", "-c", "main"]);
    let own = create(&open(&repo), "protected");
    let done = decide(&repo, &open(&repo), &own, "Of its own?");
    assert!(
        done.receipt
            .r#ref
            .starts_with("refs/heads/kitty/mission-protected-")
    );
    repo.git(&["switch", "-q", "--detach"]);
    let own = create(&open(&repo), "detached");
    decide(&repo, &open(&repo), &own, "Detached?");
    let commit = |paths: &[&str]| {
        let paths: Vec<_> = paths.iter().map(std::path::PathBuf::from).collect();
        pawtrail_repo::commit::commit(&open(&repo), repo.path(), "m", &paths, None)
    };
    repo.write("README.md", "changed\n");
    assert_eq!(commit(&["README.md"]).unwrap_err().code(), "HEAD_DETACHED");
    repo.git(&["switch", "-q", "feature"]);
    let done = commit(&["README.md"]).unwrap();
    assert_eq!(
        done.receipt.commit.unwrap().as_str(),
        repo.rev("feature").unwrap()
    );
    repo.fsck();
}

#[test]
fn a_busy_reftable_branch_and_a_lost_race_are_seen() {
    let scratch = Scratch::new();
    let Some(repo) = reftable(&scratch) else {
        return;
    };
    let project = open(&repo);
    let (mission, _) = calm(&repo, &project, "busy");
    for n in 0..3 {
        repo.commit_file("README.md", &format!("{n}\n"), "more");
    }
    let asked = ask(&project, &mission, "Busy?");
    repo.git(&["bisect", "start", "HEAD", "HEAD~3"]);
    let error = answer(&project, &mission, &asked, "yes").unwrap_err();
    assert_eq!(error.exit_code(), 3, "{error}");
    repo.git(&["bisect", "reset"]);
    assert_eq!(decisions::finish(&project).unwrap(), Vec::<String>::new());
    let listed = decisions::list(&project, &mission).unwrap().decisions;
    assert!(listed.iter().all(|decision| decision.commit.is_some()));
}

#[test]
fn the_default_branch_of_a_reftable_clones_remote_is_protected() {
    let scratch = Scratch::new();
    let origin = scratch.repo("origin");
    origin.git(&["branch", "-m", "trunk"]);
    if origin
        .try_git(&["clone", "-q", "--ref-format=reftable", ".", "../clone"])
        .status
        != 0
    {
        eprintln!("SKIPPED: this git has no reftable");
        return;
    }
    let clone = origin.at("../clone");
    let mission = create(&open(&clone), "payments");
    let done = decide(&clone, &open(&clone), &mission, "Where?");
    assert!(done.receipt.r#ref.contains("kitty/mission-"));
    assert_eq!(clone.rev("trunk"), origin.rev("trunk"));
}
