//! The behaviours that other implementations of a safe commit promise, and the defects that they have, through
//! `pawtrail commit`.

use pawtrail_testkit::{Pawtrail, Repo, Scratch, text};
use serde_json::Value;

use super::BINARY;

fn work(scratch: &Scratch) -> (Repo, Pawtrail) {
    let repo = scratch.repo("project");
    repo.git(&["switch", "-q", "-c", "work"]);
    (repo, Pawtrail::new(scratch, BINARY))
}

fn commit(pawtrail: &Pawtrail, repo: &Repo, paths: &[&str]) -> (i32, Value) {
    let args = [&["commit", "-m", "A commit", "--"], paths].concat();
    pawtrail.json_in(repo.path(), &args)
}

#[track_caller]
fn committed(pawtrail: &Pawtrail, repo: &Repo, paths: &[&str]) -> Vec<String> {
    let (status, document) = commit(pawtrail, repo, paths);
    assert_eq!(status, 0, "{document:#}");
    assert_eq!(document["data"]["commit"], repo.rev("HEAD").unwrap());
    last(repo)
}

/// What the last commit changed.
fn last(repo: &Repo) -> Vec<String> {
    let show = [
        "show",
        "--format=",
        "--name-status",
        "--no-renames",
        "-z",
        "HEAD",
    ];
    let text = repo.git(&show);
    let fields: Vec<&str> = text.split('\0').filter(|field| !field.is_empty()).collect();
    fields.chunks(2).map(|pair| pair.join(" ")).collect()
}

#[cfg(unix)]
fn hook(repo: &Repo, name: &str, script: &str) {
    use std::os::unix::fs::PermissionsExt;
    let path = repo.common_dir().join("hooks").join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn defect_30_paths_in_any_script_directories_and_dots_are_committed() {
    let scratch = Scratch::new();
    let (repo, pawtrail) = work(&scratch);
    repo.write("größe/ñandú 記録.md", "1\n");
    assert_eq!(
        committed(&pawtrail, &repo, &["größe/ñandú 記録.md"]),
        ["A größe/ñandú 記録.md"]
    );
    repo.write("dir/a.txt", "a\n");
    repo.write("dir/sub/b.txt", "b\n");
    assert_eq!(
        committed(&pawtrail, &repo, &["dir"]),
        ["A dir/a.txt", "A dir/sub/b.txt"]
    );
    repo.write("dir/a.txt", "changed\n");
    assert_eq!(
        committed(&pawtrail, &repo, &["größe/../dir/a.txt"]),
        ["M dir/a.txt"]
    );
    assert_eq!(repo.status_v2(), "");
}

#[test]
fn defect_31_a_path_outside_of_a_sparse_checkouts_cone_is_committed() {
    let scratch = Scratch::new();
    let (repo, pawtrail) = work(&scratch);
    repo.commit_file("in/a.txt", "a\n", "a");
    repo.commit_file("out/b.txt", "b\n", "b");
    repo.git(&["sparse-checkout", "set", "--cone", "in"]);
    repo.write("out/new.txt", "n\n");
    assert_eq!(
        committed(&pawtrail, &repo, &["out/new.txt"]),
        ["A out/new.txt"]
    );
    repo.write("in/a.txt", "changed\n");
    assert_eq!(committed(&pawtrail, &repo, &["in/a.txt"]), ["M in/a.txt"]);
    // What the checkout leaves out is neither there nor deleted.
    assert!(repo.read("out/b.txt").is_none());
    assert_eq!(repo.read_at("HEAD", "out/b.txt").as_deref(), Some("b\n"));
}

#[cfg(unix)]
#[test]
fn defect_32_staged_bytes_are_the_same_after_a_rejected_commit() {
    let scratch = Scratch::new();
    let (repo, pawtrail) = work(&scratch);
    repo.write("latin.txt", b"caf\xe9\r\nna\xefve\r\n");
    repo.write("binary", [0, 159, 146, 150, 13, 10, 0]);
    repo.git(&["add", "latin.txt", "binary"]);
    repo.write("latin.txt", b"caf\xe9 au lait\r\n");
    let before = (repo.index_entries(), repo.status_v2());
    hook(&repo, "pre-commit", "exit 1");
    let (status, document) = commit(&pawtrail, &repo, &["latin.txt", "binary"]);
    assert_eq!(
        (status, text(&document["error"]["code"]).as_str()),
        (1, "COMMIT_REFUSED")
    );
    assert_eq!((repo.index_entries(), repo.status_v2()), before);
}

#[cfg(unix)]
#[test]
fn defect_33_a_symlinked_worktree_commits_a_mission_path_and_says_so() {
    let scratch = Scratch::new();
    let (repo, pawtrail) = work(&scratch);
    let linked = repo.worktree("linked", "topic");
    let link = scratch.path().join("link");
    std::os::unix::fs::symlink(linked.path(), &link).unwrap();
    linked.write("kitty-specs/m/spec.md", "s\n");
    let args = ["commit", "-m", "A commit", "--", "kitty-specs/m/spec.md"];
    let (status, document) = pawtrail.json_in(&link, &args);
    assert_eq!(status, 0, "{document:#}");
    assert_eq!(document["receipt"]["path"], "kitty-specs/m/spec.md");
    assert_eq!(document["receipt"]["ref"], "refs/heads/topic");
    assert_eq!(last(&linked), ["A kitty-specs/m/spec.md"]);
}

#[cfg(unix)]
#[test]
fn defect_34_a_users_stash_stays_right() {
    let scratch = Scratch::new();
    let (repo, pawtrail) = work(&scratch);
    repo.write("stashed.txt", "s\n");
    repo.git(&["add", "stashed.txt"]);
    repo.git(&["stash", "push", "-q", "-m", "Mine"]);
    repo.write("other.txt", "o\n");
    repo.git(&["add", "other.txt"]);
    repo.write("a.txt", "a\n");
    // Another process stashes in the middle of the commit; nothing is looked up by its place in the stash.
    let trace = scratch.path().join("stash");
    let line = "git stash create > /dev/null";
    let line = format!("git stash list > '{}'; {line}", trace.display());
    hook(&repo, "pre-commit", &line);
    let before = repo.stash_list();
    assert_eq!(committed(&pawtrail, &repo, &["a.txt"]), ["A a.txt"]);
    assert_eq!(repo.stash_list(), before);
    assert_eq!(std::fs::read_to_string(&trace).unwrap().lines().count(), 1);
    assert_eq!(
        repo.git(&["diff", "--cached", "--name-only"]).trim(),
        "other.txt"
    );
}

#[cfg(unix)]
#[test]
fn defect_34_a_branch_that_is_switched_to_in_the_middle_gets_nothing() {
    for (other, code) in [
        // At the same commit, where git notices nothing; one of them is protected.
        ("elsewhere", "OTHER_BRANCH_CHECKED_OUT"),
        ("main", "OTHER_BRANCH_CHECKED_OUT"),
        // At another one, where git refuses.
        ("ahead", "COMMIT_REFUSED"),
    ] {
        let scratch = Scratch::new();
        let (repo, pawtrail) = work(&scratch);
        repo.git(&["branch", "elsewhere"]);
        repo.worktree("ahead", "ahead").commit_file("b", "b\n", "b");
        repo.git(&["worktree", "remove", "../ahead"]);
        repo.write("new.txt", "n\n");
        repo.write("README.md", "changed\n");
        let before = (repo.git(&["for-each-ref"]), repo.status_v2());
        let line = format!("git symbolic-ref HEAD refs/heads/{other}");
        hook(&repo, "pre-commit", &line);
        for branch in [&[][..], &["--branch", "work"]] {
            repo.git(&["symbolic-ref", "HEAD", "refs/heads/work"]);
            let args = ["commit", "-m", "x", "new.txt", "README.md"];
            let args = [&args[..], branch].concat();
            let (status, document) = pawtrail.json_in(repo.path(), &args);
            let said = text(&document["error"]["code"]);
            assert_eq!((status, said.as_str()), (1, code), "{other}: {document:#}");
            let head = repo.git(&["symbolic-ref", "HEAD"]);
            assert_eq!(head.trim(), format!("refs/heads/{other}"));
            repo.git(&["symbolic-ref", "HEAD", "refs/heads/work"]);
            let after = (repo.git(&["for-each-ref"]), repo.status_v2());
            assert_eq!(after, before, "{other}");
        }
    }
}

#[test]
fn another_branch_than_the_one_that_is_named_gets_nothing() {
    let scratch = Scratch::new();
    let (repo, pawtrail) = work(&scratch);
    repo.git(&["switch", "-q", "-c", "elsewhere"]);
    repo.write("a.txt", "changed\n");
    let tips = repo.git(&["for-each-ref"]);
    let args = ["commit", "-m", "x", "--branch", "work", "--", "a.txt"];
    let (status, document) = pawtrail.json_in(repo.path(), &args);
    assert_eq!(
        (status, text(&document["error"]["code"]).as_str()),
        (1, "OTHER_BRANCH_CHECKED_OUT")
    );
    assert_eq!(repo.git(&["for-each-ref"]), tips);
}

#[cfg(unix)]
#[test]
fn what_a_hook_says_that_lets_a_commit_pass_is_a_warning() {
    let scratch = Scratch::new();
    let (repo, pawtrail) = work(&scratch);
    hook(&repo, "pre-commit", "echo careful, says the hook >&2");
    repo.write("a.txt", "a\n");
    let (status, document) = commit(&pawtrail, &repo, &["a.txt"]);
    assert_eq!(status, 0, "{document:#}");
    assert_eq!(document["warnings"][0], "careful, says the hook");
    hook(&repo, "pre-commit", "exit 0");
    repo.write("a.txt", "b\n");
    let (_, document) = commit(&pawtrail, &repo, &["a.txt"]);
    assert!(document.get("warnings").is_none(), "{document:#}");
}

#[test]
fn from_a_directory_below_and_by_absolute_paths() {
    let scratch = Scratch::new();
    let (repo, pawtrail) = work(&scratch);
    repo.write("dir/sub/a.txt", "a\n");
    repo.write("dir/b.txt", "b\n");
    repo.write("c.txt", "c\n");
    let absolute = repo.path().join("c.txt").to_string_lossy().into_owned();
    let args = ["commit", "-m", "x", "--", "a.txt", "../b.txt", &absolute];
    let (status, document) = pawtrail.json_in(&repo.path().join("dir/sub"), &args);
    assert_eq!(status, 0, "{document:#}");
    assert_eq!(last(&repo), ["A c.txt", "A dir/b.txt", "A dir/sub/a.txt"]);
}

#[test]
fn no_path_and_a_path_into_another_worktree_are_refused() {
    let scratch = Scratch::new();
    let (repo, pawtrail) = work(&scratch);
    repo.git(&["worktree", "add", "-q", "-b", "topic", ".worktrees/topic"]);
    repo.write(".worktrees/topic/a.txt", "a\n");
    let tips = repo.git(&["for-each-ref"]);
    for paths in [&[][..], &[".worktrees/topic/a.txt"], &["../outside"]] {
        let (status, document) = commit(&pawtrail, &repo, paths);
        assert_eq!(status, 2, "{paths:?}: {document:#}");
    }
    assert_eq!(repo.git(&["for-each-ref"]), tips);
}

#[cfg(unix)]
#[test]
fn defect_35_nothing_to_commit_has_a_code_and_a_hooks_words_are_not_mistaken_for_it() {
    let scratch = Scratch::new();
    let (repo, pawtrail) = work(&scratch);
    let pawtrail = pawtrail
        .with_env("LC_ALL", "de_DE.UTF-8")
        .with_env("LANGUAGE", "de");
    let (status, document) = commit(&pawtrail, &repo, &["README.md"]);
    assert_eq!(
        (status, text(&document["error"]["code"]).as_str()),
        (1, "NOTHING_TO_COMMIT")
    );
    hook(
        &repo,
        "pre-commit",
        "echo nothing to commit; echo nothing to commit >&2; exit 1",
    );
    repo.write("README.md", "changed\n");
    let (status, document) = commit(&pawtrail, &repo, &["README.md"]);
    assert_eq!(
        (status, text(&document["error"]["code"]).as_str()),
        (1, "COMMIT_REFUSED")
    );
}

#[test]
fn defect_36_a_file_that_is_staged_and_dirty_is_no_obstacle_and_nothing_is_left_beside() {
    let scratch = Scratch::new();
    let (repo, pawtrail) = work(&scratch);
    repo.write("README.md", "staged\n");
    repo.git(&["add", "README.md"]);
    repo.write("README.md", "and dirty\n");
    repo.write("a.txt", "a\n");
    let before = repo.status_v2();
    assert_eq!(committed(&pawtrail, &repo, &["a.txt"]), ["A a.txt"]);
    let after: Vec<String> = before
        .lines()
        .filter(|line| !line.ends_with("a.txt"))
        .map(|line| format!("{line}\n"))
        .collect();
    assert_eq!(repo.status_v2(), after.concat());
    assert_eq!(repo.git(&["show", ":README.md"]), "staged\n");
    // A commit of a mission's file leaves nothing in the status either.
    repo.write("kitty-specs/m/spec.md", "s\n");
    committed(&pawtrail, &repo, &["kitty-specs/m/spec.md"]);
    assert_eq!(repo.status_v2(), after.concat());
}

#[test]
fn a_rename_pair_staged_by_the_user_survives_and_deletions_count() {
    let scratch = Scratch::new();
    let (repo, pawtrail) = work(&scratch);
    repo.commit_file("old.txt", "a long enough content\nto be a rename\n", "old");
    repo.commit_file("gone.txt", "g\n", "gone");
    repo.commit_file("kept-staged-deletion.txt", "k\n", "k");
    repo.git(&["mv", "old.txt", "new.txt"]);
    repo.git(&["rm", "-q", "kept-staged-deletion.txt"]);
    std::fs::remove_file(repo.path().join("gone.txt")).unwrap();
    let staged = ["diff", "--cached", "--name-status", "-M"];
    let before = repo.git(&staged);
    assert_eq!(committed(&pawtrail, &repo, &["gone.txt"]), ["D gone.txt"]);
    assert_eq!(repo.git(&staged), before);
}

#[test]
fn protection_holds_on_an_unborn_branch_and_in_each_worktree() {
    let scratch = Scratch::new();
    let pawtrail = Pawtrail::new(&scratch, BINARY);
    let repo = scratch.empty_repo("unborn");
    repo.write("a.txt", "a\n");
    let (status, document) = commit(&pawtrail, &repo, &["a.txt"]);
    assert_eq!(
        (status, text(&document["error"]["code"]).as_str()),
        (1, "BRANCH_PROTECTED")
    );
    assert_eq!(repo.git(&["ls-files"]), "");
    // The next step that it names works, and so does the commit then.
    let next = text(&document["error"]["next_step"]);
    let words: Vec<&str> = next.split(' ').skip(1).collect();
    repo.git(&words);
    assert_eq!(committed(&pawtrail, &repo, &["a.txt"]), ["A a.txt"]);
    repo.git(&["branch", "main"]);
    let linked = repo.worktree("linked", "main");
    linked.write("b.txt", "b\n");
    let (_, document) = commit(&pawtrail, &linked, &["b.txt"]);
    assert_eq!(document["error"]["code"], "BRANCH_PROTECTED");
}

#[cfg(unix)]
#[test]
fn the_users_hooks_run_and_may_change_the_message() {
    let scratch = Scratch::new();
    let (repo, pawtrail) = work(&scratch);
    let trace = scratch.path().join("trace");
    for name in ["pre-commit", "commit-msg", "post-commit"] {
        let note = format!("echo {name} >> '{}'", trace.display());
        let more = if name == "commit-msg" {
            "; echo 'Signed: yes' >> \"$1\""
        } else {
            ""
        };
        hook(&repo, name, &format!("{note}{more}"));
    }
    repo.write("a.txt", "a\n");
    committed(&pawtrail, &repo, &["a.txt"]);
    let ran = std::fs::read_to_string(&trace).unwrap();
    assert_eq!(ran, "pre-commit\ncommit-msg\npost-commit\n");
    assert!(
        repo.git(&["log", "-1", "--format=%B"])
            .contains("Signed: yes")
    );
}

#[test]
fn a_path_in_other_letters_is_gits_to_judge_where_case_does_not_count() {
    let scratch = Scratch::new();
    let (repo, pawtrail) = work(&scratch);
    repo.commit_file("Case.txt", "c\n", "c");
    repo.git(&["config", "core.ignorecase", "true"]);
    repo.write("Case.txt", "changed\n");
    assert_eq!(committed(&pawtrail, &repo, &["Case.txt"]), ["M Case.txt"]);
    assert_eq!(repo.status_v2(), "");
}
