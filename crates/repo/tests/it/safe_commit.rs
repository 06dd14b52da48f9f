//! Safe commit: exactly the named paths, to exactly the current branch.

use std::path::PathBuf;

use pawtrail_repo::Error;
use pawtrail_repo::commit::{Committed, commit};
use pawtrail_testkit::{Repo, Scratch};

use crate::support::open;

fn save(repo: &Repo, paths: &[&str]) -> Result<Committed, Error> {
    let paths: Vec<PathBuf> = paths.iter().map(PathBuf::from).collect();
    commit(&open(repo), repo.path(), "save", &paths, None)
}

fn feature(scratch: &Scratch) -> Repo {
    let repo = scratch.repo("r");
    repo.git(&["switch", "-q", "-c", "feature"]);
    repo
}

fn last(repo: &Repo) -> String {
    repo.git(&["show", "--name-status", "--format=", "HEAD"])
        .trim()
        .replace('\t', " ")
}

#[test]
fn exactly_the_named_paths_are_committed() {
    let scratch = Scratch::new();
    let repo = feature(&scratch);
    repo.commit_file("gone.txt", "x\n", "gone");
    repo.commit_file("dirty.txt", "x\n", "dirty");
    repo.write("staged.txt", "staged\n");
    repo.git(&["add", "staged.txt"]);
    repo.write("dirty.txt", "changed\n");
    repo.write("new/ü name.txt", "new\n");
    std::fs::remove_file(repo.path().join("gone.txt")).unwrap();
    let done = save(&repo, &["new", "gone.txt"]).unwrap();
    assert_eq!(
        done.receipt.commit.unwrap().as_str(),
        repo.git(&["rev-parse", "HEAD"]).trim()
    );
    assert_eq!(done.receipt.r#ref, "refs/heads/feature");
    let names = repo.git(&[
        "-c",
        "core.quotePath=off",
        "show",
        "--name-status",
        "--format=",
        "HEAD",
    ]);
    assert_eq!(names.trim(), "D\tgone.txt\nA\tnew/ü name.txt");
    assert_eq!(
        repo.git(&["diff", "--cached", "--name-only"]).trim(),
        "staged.txt"
    );
    assert_eq!(repo.git(&["diff", "--name-only"]).trim(), "dirty.txt");
}

#[test]
fn an_ignored_file_counts_when_it_is_named() {
    let scratch = Scratch::new();
    let repo = feature(&scratch);
    repo.commit_file(".gitignore", "*.log\n", "ignore");
    repo.write("a.log", "a\n");
    save(&repo, &["a.log"]).unwrap();
    assert_eq!(last(&repo), "A a.log");
}

#[test]
fn a_protected_branch_is_refused_with_its_rule() {
    let scratch = Scratch::new();
    let repo = scratch.repo("r");
    repo.write("a.txt", "a\n");
    let error = save(&repo, &["a.txt"]).unwrap_err();
    assert_eq!((error.code(), error.exit_code()), ("BRANCH_PROTECTED", 1));
    assert_eq!(error.details()["branch"], "main");
    repo.git(&["checkout", "-q", "--detach"]);
    assert_eq!(save(&repo, &["a.txt"]).unwrap_err().code(), "HEAD_DETACHED");
}

#[test]
fn another_branch_than_the_named_one_is_refused() {
    let scratch = Scratch::new();
    let repo = feature(&scratch);
    repo.write("a.txt", "a\n");
    let paths = [PathBuf::from("a.txt")];
    let other = || commit(&open(&repo), repo.path(), "m", &paths, Some("other")).unwrap_err();
    // One that isn't there can't be switched to.
    let error = other();
    assert_eq!((error.exit_code(), error.next_step()), (2, None));
    repo.git(&["branch", "-q", "other"]);
    let error = other();
    assert_eq!(error.next_step().as_deref(), Some("git switch other"));
    commit(&open(&repo), repo.path(), "m", &paths, Some("feature")).unwrap();
}

#[test]
fn nothing_to_commit_and_bad_paths_say_so() {
    let scratch = Scratch::new();
    let repo = feature(&scratch);
    assert_eq!(
        save(&repo, &["README.md"]).unwrap_err().code(),
        "NOTHING_TO_COMMIT"
    );
    for path in [
        "no-such.txt",
        "../outside.txt",
        ".git/config",
        "/etc/hostname",
    ] {
        let error = save(&repo, &[path]).unwrap_err();
        assert_eq!(error.exit_code(), 2, "{path}: {error}");
    }
    let blank = commit(
        &open(&repo),
        repo.path(),
        "  ",
        &[PathBuf::from("README.md")],
        None,
    );
    assert_eq!(blank.unwrap_err().exit_code(), 2);
}

#[cfg(unix)]
#[test]
fn a_hook_that_refuses_leaves_the_index_as_it_was() {
    use std::os::unix::fs::PermissionsExt;
    let scratch = Scratch::new();
    let repo = feature(&scratch);
    let hook = repo.path().join(".git/hooks/pre-commit");
    std::fs::create_dir_all(hook.parent().unwrap()).unwrap();
    std::fs::write(
        &hook,
        "#!/bin/sh\necho nothing to commit, says the hook >&2\nexit 1\n",
    )
    .unwrap();
    std::fs::set_permissions(&hook, std::fs::Permissions::from_mode(0o755)).unwrap();
    repo.write("a.txt", "a\n");
    repo.write("README.md", "changed\n");
    repo.git(&["add", "README.md"]);
    let before = (repo.status_v2(), repo.index_entries());
    let error = save(&repo, &["a.txt"]).unwrap_err();
    assert_eq!(error.code(), "COMMIT_REFUSED");
    assert!(error.to_string().contains("says the hook"), "{error}");
    assert_eq!((repo.status_v2(), repo.index_entries()), before);
}

#[test]
fn a_path_in_conflict_is_refused_and_stays_in_conflict() {
    let scratch = Scratch::new();
    let repo = feature(&scratch);
    repo.commit_file("a.txt", "ours\n", "ours");
    repo.git(&["switch", "-q", "-c", "theirs", "main"]);
    repo.commit_file("a.txt", "theirs\n", "theirs");
    repo.git(&["switch", "-q", "feature"]);
    assert_ne!(repo.try_git(&["merge", "theirs"]).status, 0);
    let before = (repo.status_v2(), repo.index_entries());
    let error = save(&repo, &["a.txt"]).unwrap_err();
    assert_eq!(error.code(), "COMMIT_REFUSED");
    assert_eq!((repo.status_v2(), repo.index_entries()), before);
}

#[cfg(unix)]
#[test]
fn a_symlinked_checkout_commits_under_kitty_specs() {
    let scratch = Scratch::new();
    let repo = feature(&scratch);
    let link = scratch.path().join("link");
    std::os::unix::fs::symlink(repo.path(), &link).unwrap();
    repo.write("kitty-specs/m/spec.md", "s\n");
    let project = crate::support::at(&link);
    let done = commit(
        &project,
        &link,
        "m",
        &[PathBuf::from("kitty-specs/m/spec.md")],
        None,
    )
    .unwrap();
    assert_eq!(done.receipt.path, "kitty-specs/m/spec.md");
    assert_eq!(last(&repo), "A kitty-specs/m/spec.md");
}
