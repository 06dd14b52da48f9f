//! What the probe chooses, and that its choice serves the repository.

use std::fs;
use std::sync::Arc;

use pawtrail_repo::engine::{self, Choice, Kind};
use pawtrail_repo::mission::Mission;
use pawtrail_repo::{Project, System, decisions, placement};
use pawtrail_testkit::{Repo, Scratch};

use crate::support::{
    answer, ask, calm, create, decide, kept_by_the_next_commit, ledger_file, open,
};

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

fn index_holds(repo: &Repo, mark: &[u8]) -> bool {
    let index = fs::read(repo.path().join(".git/index")).unwrap();
    index.windows(mark.len()).any(|part| part == mark)
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
fn a_split_index_stays_split() {
    let scratch = Scratch::new();
    let repo = feature(&scratch);
    repo.git(&["update-index", "--split-index"]);
    served_by_git(&repo, "split");
    assert_ne!(repo.git(&["rev-parse", "--shared-index-path"]).trim(), "");
}

#[test]
fn a_sparse_index_stays_sparse() {
    let scratch = Scratch::new();
    let repo = feature(&scratch);
    repo.commit_file("keep/a.txt", "a\n", "a");
    repo.commit_file("drop/b.txt", "b\n", "b");
    repo.git(&["sparse-checkout", "set", "--cone", "--sparse-index", "keep"]);
    let before = repo.git(&["ls-files", "--sparse"]);
    assert!(before.contains("drop/\n"), "{before}");
    served_by_git(&repo, "sparse");
    let after = repo.git(&["ls-files", "--sparse"]);
    assert!(after.contains("drop/\n"), "{after}");
    assert!(!repo.path().join("kitty-specs").exists());
}

#[test]
fn a_cache_of_untracked_files_and_a_compressed_index_stay() {
    let scratch = Scratch::new();
    let repo = feature(&scratch);
    repo.git(&["update-index", "--force-untracked-cache"]);
    served_by_git(&repo, "untracked");
    assert!(index_holds(&repo, b"UNTR"));
    let scratch = Scratch::new();
    let repo = feature(&scratch);
    repo.git(&["update-index", "--index-version", "4"]);
    served_by_git(&repo, "version 4");
    assert!(index_holds(&repo, b"DIRC\0\0\0\x04"));
}

#[cfg(unix)]
#[test]
fn a_file_system_monitor_keeps_its_place() {
    use std::os::unix::fs::PermissionsExt;
    let scratch = Scratch::new();
    let repo = feature(&scratch);
    let hook = repo.path().join(".git/monitor");
    fs::write(&hook, "#!/bin/sh\nexit 1\n").unwrap();
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).unwrap();
    repo.git(&["config", "core.fsmonitor", &hook.to_string_lossy()]);
    repo.git(&["update-index", "--fsmonitor"]);
    assert!(index_holds(&repo, b"FSMN"));
    served_by_git(&repo, "monitor");
    assert!(index_holds(&repo, b"FSMN"));
}

#[test]
fn a_record_of_resolved_conflicts_stays() {
    let scratch = Scratch::new();
    let repo = feature(&scratch);
    repo.git(&["switch", "-q", "-c", "other"]);
    repo.commit_file("README.md", "theirs\n", "theirs");
    repo.git(&["switch", "-q", "feature"]);
    repo.commit_file("README.md", "ours\n", "ours");
    assert_ne!(repo.try_git(&["merge", "other"]).status, 0);
    repo.write("README.md", "both\n");
    repo.git(&["add", "README.md"]);
    assert!(index_holds(&repo, b"REUC"));
    let (mission, _) = calm(&repo, &open(&repo), "resolved");
    assert!(index_holds(&repo, b"REUC"));
    assert_eq!(choice(&repo, &mission).engine, Kind::Executable);
}

#[test]
fn a_partial_clone_gets_what_it_lacks() {
    let scratch = Scratch::new();
    let origin = scratch.repo("origin");
    origin.git(&["config", "uploadpack.allowFilter", "true"]);
    origin.git(&["config", "uploadpack.allowAnySHA1InWant", "true"]);
    let (mission, done) = calm(&origin, &open(&origin), "partial");
    let url = format!("file://{}", origin.path().display());
    let clone = origin.at("../clone");
    origin.git(&["clone", "-q", "--filter=blob:none", &url, "../clone"]);
    let lacking = clone.git(&["rev-list", "--objects", "--all", "--missing=print"]);
    assert!(
        lacking.lines().any(|line| line.starts_with('?')),
        "{lacking}"
    );
    let there = decide(&clone, &open(&clone), &mission, "Here too?");
    let file = ledger_file(&clone, &there);
    assert!(file.starts_with(&ledger_file(&origin, &done)));
    assert_eq!(file.lines().count(), 4);
    let choice = choice(&clone, &mission);
    assert_eq!(choice.engine, Kind::Executable);
    assert!(choice.reason.contains("partial"), "{}", choice.reason);
}

#[test]
fn a_clone_that_borrows_objects() {
    let scratch = Scratch::new();
    let repo = feature(&scratch);
    repo.git(&["clone", "-q", "--shared", ".", "../shared"]);
    served_by_git(&repo.at("../shared"), "borrows");
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
fn line_ends_by_attribute_are_gits_to_apply() {
    let scratch = Scratch::new();
    let repo = feature(&scratch);
    repo.commit_file(".gitattributes", "*.jsonl text eol=crlf\n", "attributes");
    served_by_git(&repo, "eol=crlf");
}

#[test]
fn a_filter_that_rewrites_event_files_is_refused_and_nothing_is_lost() {
    let scratch = Scratch::new();
    let repo = feature(&scratch);
    repo.git(&["config", "filter.upper.clean", "tr a-z A-Z"]);
    repo.commit_file(".gitattributes", "*.jsonl filter=upper\n", "attributes");
    let project = open(&repo);
    let mission = create(&project, "filtered");
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

#[test]
fn an_unknown_extension_is_gits_to_judge() {
    let scratch = Scratch::new();
    let repo = feature(&scratch);
    let (mission, _) = calm(&repo, &open(&repo), "extension");
    repo.git(&["config", "extensions.sonderbar", "true"]);
    let choice = choice(&repo, &mission);
    assert_eq!(choice.engine, Kind::Executable);
    assert!(
        choice.reason.contains("extensions.sonderbar"),
        "{}",
        choice.reason
    );
}

#[test]
fn branches_in_a_reftable_are_refused_by_name() {
    let scratch = Scratch::new();
    let repo = scratch.empty_repo("r");
    fs::remove_dir_all(repo.path().join(".git")).unwrap();
    repo.git(&["init", "-q", "--ref-format=reftable"]);
    let error = Project::discover(repo.path(), Arc::new(System)).unwrap_err();
    assert_eq!(error.code(), "UNSUPPORTED_REPOSITORY");
    assert!(error.to_string().contains("reftable"), "{error}");
}
