//! The ledger in every shape of repository: nobody's files move, and git's next commit keeps the lines.

use std::fs;

use pawtrail_repo::decisions;
use pawtrail_testkit::{Repo, Scratch};

use super::support::{
    answer, ask, at, calm, create, decide, kept_by_the_next_commit, ledger_file, open,
};

fn feature(scratch: &Scratch) -> Repo {
    let repo = scratch.repo("r");
    repo.git(&["switch", "-q", "-c", "feature"]);
    repo
}

#[test]
fn a_main_worktree_with_work_in_progress() {
    let scratch = Scratch::new();
    let repo = feature(&scratch);
    repo.write("stashed.txt", "s\n");
    repo.git(&["add", "stashed.txt"]);
    repo.git(&["stash"]);
    repo.write("staged.txt", "staged\n");
    repo.git(&["add", "staged.txt"]);
    repo.write("README.md", "dirty\n");
    repo.write("untracked.txt", "u\n");
    let (_, done) = calm(&repo, &open(&repo), "main");
    assert_eq!(done.receipt.r#ref, "refs/heads/feature");
    let logs = |name: &str| repo.git(&["reflog", "show", name]).lines().count();
    assert_eq!((logs("feature"), logs("HEAD")), (3, 5));
    kept_by_the_next_commit(&repo, &done);
    assert_eq!(
        repo.read_at("HEAD", "staged.txt").as_deref(),
        Some("staged\n")
    );
}

#[test]
fn linked_worktrees_of_a_bare_repository() {
    let scratch = Scratch::new();
    let bare = scratch.bare("b.git");
    let url = bare.path().to_string_lossy().into_owned();
    scratch.repo("r").git(&["push", "-q", &url, "main"]);
    let linked = bare.worktree("w", "topic");
    let (mission, done) = calm(&linked, &open(&linked), "bare");
    let own = bare.worktree("own", &format!("kitty/mission-{}", mission.mission_slug));
    let again = decide(&own, &open(&linked), &mission, "And now?");
    assert_eq!(
        own.read(&done.receipt.path).unwrap(),
        ledger_file(&bare, &again)
    );
    kept_by_the_next_commit(&own, &again);
    assert_eq!(own.status_v2(), "");
    let inside = decide(&own, &open(&bare), &mission, "From the bare one?");
    assert_eq!(ledger_file(&bare, &inside).lines().count(), 6);
    assert_eq!(own.status_v2(), "");
}

#[test]
fn a_submodule() {
    let scratch = Scratch::new();
    let url = scratch.repo("inner").path().to_string_lossy().into_owned();
    let outer = scratch.repo("outer");
    outer.git(&[
        "-c",
        "protocol.file.allow=always",
        "submodule",
        "add",
        "-q",
        &url,
        "sub",
    ]);
    outer.git(&["commit", "-q", "-m", "sub"]);
    let sub = outer.at("sub");
    sub.git(&["switch", "-q", "-c", "feature"]);
    let (_, done) = calm(&sub, &open(&sub), "sub");
    assert!(sub.read(&done.receipt.path).is_some());
    kept_by_the_next_commit(&sub, &done);
}

#[test]
fn a_sparse_checkout_gets_only_what_it_asks_for() {
    for cone in [true, false] {
        let scratch = Scratch::new();
        let repo = feature(&scratch);
        repo.commit_file("keep/a.txt", "a\n", "a");
        repo.commit_file("drop/b.txt", "b\n", "b");
        let set = |more: &[&str]| {
            let mode = if cone { "--cone" } else { "--no-cone" };
            let start = ["sparse-checkout", "set", mode, "keep"];
            repo.git(&[&start[..], more].concat());
        };
        set(&[]);
        let project = open(&repo);
        let (mission, done) = calm(&repo, &project, "sparse");
        assert_eq!(repo.read(&done.receipt.path), None);
        let tags = repo.git(&["ls-files", "-t", "kitty-specs"]);
        assert!(tags.lines().all(|line| line.starts_with("S ")), "{tags}");
        let second = decide(&repo, &project, &mission, "Still out?");
        assert!(!repo.path().join("kitty-specs").exists());
        kept_by_the_next_commit(&repo, &second);
        set(&["kitty-specs"]);
        assert_eq!(
            repo.read(&done.receipt.path).unwrap(),
            ledger_file(&repo, &done)
        );
        let third = decide(&repo, &project, &mission, "In?");
        assert_eq!(
            repo.read(&done.receipt.path).unwrap(),
            ledger_file(&repo, &third)
        );
        assert_eq!(repo.status_v2(), "");
        kept_by_the_next_commit(&repo, &third);
    }
}

#[test]
fn a_repository_of_sha_256() {
    let scratch = Scratch::new();
    let repo = scratch.empty_repo("r");
    fs::remove_dir_all(repo.path().join(".git")).unwrap();
    repo.git(&["init", "-q", "--object-format=sha256", "-b", "feature"]);
    repo.commit_file("README.md", "r\n", "start");
    let (mission, done) = calm(&repo, &open(&repo), "long");
    assert_eq!(done.receipt.commit.as_ref().unwrap().as_str().len(), 64);
    kept_by_the_next_commit(&repo, &done);
    let found = decisions::log(&open(&repo), &mission, None)
        .unwrap()
        .decisions;
    assert_eq!(found[0].commit, done.receipt.commit);
}

#[test]
fn a_merge_a_pick_or_a_revert_in_progress_is_not_in_the_way() {
    for operation in [
        ["merge", "other"],
        ["cherry-pick", "other"],
        ["revert", "HEAD~1"],
    ] {
        let scratch = Scratch::new();
        let repo = feature(&scratch);
        repo.git(&["switch", "-q", "-c", "other"]);
        repo.commit_file("README.md", "theirs\n", "theirs");
        repo.git(&["switch", "-q", "feature"]);
        repo.commit_file("README.md", "one\n", "one");
        repo.commit_file("README.md", "two\n", "two");
        assert_ne!(repo.try_git(&operation).status, 0);
        let (_, done) = calm(&repo, &open(&repo), "middle");
        let file = ledger_file(&repo, &done);
        repo.write("README.md", "both\n");
        repo.git(&["add", "README.md"]);
        repo.git(&["commit", "-q", "--no-edit"]);
        assert_eq!(ledger_file(&repo, &done), file, "{operation:?}");
        let parents = repo.git(&["rev-list", "--parents", "-1", "HEAD"]);
        let wanted = if operation[0] == "merge" { 3 } else { 2 };
        assert_eq!(parents.split_whitespace().count(), wanted, "{operation:?}");
        assert_eq!(repo.status_v2(), "");
    }
}

#[test]
fn a_rebase_keeps_the_branch_busy_until_it_ends() {
    let scratch = Scratch::new();
    let repo = feature(&scratch);
    let project = open(&repo);
    let mission = create(&project, "rebase");
    repo.git(&["switch", "-q", "-c", "other", "main"]);
    repo.commit_file("README.md", "theirs\n", "theirs");
    repo.git(&["switch", "-q", "feature"]);
    repo.commit_file("README.md", "ours\n", "ours");
    let asked = ask(&project, &mission, "Busy?");
    // The question stands in the file, which a rebase wants to have committed.
    repo.git(&["stash", "-q"]);
    assert_ne!(repo.try_git(&["rebase", "other"]).status, 0);
    let before = (repo.rev("HEAD"), repo.index_entries());
    let error = answer(&project, &mission, &asked, "yes").unwrap_err();
    assert_eq!(error.exit_code(), 3);
    assert!(error.to_string().contains("rebase"), "{error}");
    assert_eq!((repo.rev("HEAD"), repo.index_entries()), before);
    repo.git(&["rebase", "--abort"]);
    assert_eq!(decisions::finish(&project).unwrap(), Vec::<String>::new());
    let listed = decisions::list(&project, &mission).unwrap().decisions;
    assert!(listed[0].commit.is_some());
    assert_eq!(repo.status_v2(), "");
    repo.fsck();
}

#[test]
fn before_the_first_commit_nothing_is_begun() {
    let scratch = Scratch::new();
    let repo = scratch.empty_repo("r");
    repo.write("README.md", "r\n");
    repo.git(&["add", "README.md"]);
    let before = (repo.status_v2(), repo.index_entries());
    let project = open(&repo);
    let new = pawtrail_repo::mission::NewMission {
        slug: "early".to_owned(),
        ..Default::default()
    };
    let error = pawtrail_repo::mission::create(&project, &new).unwrap_err();
    assert_eq!(error.code(), "NO_COMMITS");
    assert!(error.next_step().is_some());
    assert_eq!((repo.status_v2(), repo.index_entries()), before);
    assert_eq!(repo.git(&["for-each-ref"]), "");
    repo.git(&["commit", "-q", "-m", "first"]);
    calm(&repo, &open(&repo), "early");
}

#[test]
fn where_case_does_not_count_paths_that_differ_in_it_stay_apart() {
    let scratch = Scratch::new();
    let repo = feature(&scratch);
    repo.commit_file("KITTY-SPECS/Notes.md", "not ours\n", "upper");
    repo.git(&["config", "core.ignorecase", "true"]);
    let project = open(&repo);
    let (mission, done) = calm(&repo, &project, "case");
    kept_by_the_next_commit(&repo, &done);
    let again = decide(&repo, &project, &mission, "Still ours?");
    assert_eq!(ledger_file(&repo, &again).lines().count(), 4);
    assert_eq!(
        repo.read_at("HEAD", "KITTY-SPECS/Notes.md").as_deref(),
        Some("not ours\n")
    );
    kept_by_the_next_commit(&repo, &again);
    assert_eq!(repo.status_v2(), "");
}

#[test]
fn a_bisect_keeps_the_branch_busy_until_it_ends() {
    let scratch = Scratch::new();
    let repo = feature(&scratch);
    let project = open(&repo);
    let mission = create(&project, "bisect");
    for n in 0..4 {
        repo.commit_file("README.md", &format!("{n}\n"), "more");
    }
    let asked = ask(&project, &mission, "Busy?");
    repo.git(&["bisect", "start", "HEAD", "HEAD~4"]);
    let head = repo.rev("HEAD");
    let error = answer(&project, &mission, &asked, "yes").unwrap_err();
    assert_eq!(error.exit_code(), 3);
    assert!(error.to_string().contains("bisect"), "{error}");
    assert_eq!(repo.rev("HEAD"), head);
    repo.git(&["bisect", "reset"]);
    assert_eq!(decisions::finish(&project).unwrap(), Vec::<String>::new());
    let listed = decisions::list(&project, &mission).unwrap().decisions;
    assert!(listed[0].commit.is_some());
    assert_eq!(repo.status_v2(), "");
    repo.fsck();
}

#[cfg(unix)]
#[test]
fn a_path_with_links_spaces_and_letters_of_other_scripts() {
    let scratch = Scratch::new();
    let repo = scratch.repo("ein Ästhet/記録");
    repo.git(&["switch", "-q", "-c", "größe/ö"]);
    repo.commit_file("naïve file.txt", "n\n", "n");
    let link = scratch.path().join("link to");
    std::os::unix::fs::symlink(repo.path(), &link).unwrap();
    let (_, done) = calm(&repo, &at(&link), "letters");
    assert_eq!(done.receipt.r#ref, "refs/heads/größe/ö");
    kept_by_the_next_commit(&repo, &done);
}

#[test]
fn line_ends_of_the_checkout_stay_out_of_the_branch() {
    for attributes in [None, Some("*.jsonl text eol=crlf\n")] {
        let scratch = Scratch::new();
        let repo = feature(&scratch);
        match attributes {
            Some(text) => drop(repo.commit_file(".gitattributes", text, "attributes")),
            None => drop(repo.git(&["config", "core.autocrlf", "true"])),
        }
        let project = open(&repo);
        let (mission, done) = calm(&repo, &project, "ends");
        let path = &done.receipt.path;
        fs::remove_file(repo.path().join(path)).unwrap();
        repo.git(&["checkout", "--", path]);
        assert!(repo.read(path).unwrap().contains("\r\n"));
        decide(&repo, &project, &mission, "Plain?");
        let other = r#"{"at":"2026-01-01T00:00:00+00:00","event_id":"01KT119YA7GD2Y0D7MZRH5JSS3","event_type":"Other","payload":{}}"#;
        let text = repo.read(path).unwrap();
        repo.write(path, format!("{text}{other}\r\n"));
        let last = decide(&repo, &project, &mission, "Of another tool?");
        let file = ledger_file(&repo, &last);
        assert!(!file.contains('\r'));
        assert_eq!(file.lines().count(), 7);
        assert_eq!(repo.status_v2(), "");
        kept_by_the_next_commit(&repo, &last);
    }
}

#[test]
fn an_ignored_path_is_committed_all_the_same() {
    let scratch = Scratch::new();
    let repo = feature(&scratch);
    repo.commit_file(".gitignore", "kitty-specs/\n", "ignore");
    let (_, done) = calm(&repo, &open(&repo), "ignored");
    kept_by_the_next_commit(&repo, &done);
}

#[cfg(unix)]
#[test]
fn a_ledger_commit_runs_no_hooks() {
    use std::os::unix::fs::PermissionsExt;
    let scratch = Scratch::new();
    let repo = feature(&scratch);
    let hooks = repo.path().join(".git/hooks");
    let trace = scratch.path().join("trace");
    fs::create_dir_all(&hooks).unwrap();
    for name in [
        "reference-transaction",
        "post-index-change",
        "pre-commit",
        "post-commit",
    ] {
        let hook = hooks.join(name);
        fs::write(
            &hook,
            format!("#!/bin/sh\necho {name} >> '{}'\n", trace.display()),
        )
        .unwrap();
        fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let project = open(&repo);
    let mission = create(&project, "hooks");
    let asked = ask(&project, &mission, "Hooked?");
    answer(&project, &mission, &asked, "no").unwrap();
    assert!(!trace.exists());
    repo.git(&["commit", "-q", "--allow-empty", "-m", "next"]);
    assert!(trace.exists());
}

#[test]
fn marks_of_the_user_on_the_entry_stay() {
    let scratch = Scratch::new();
    let repo = feature(&scratch);
    let project = open(&repo);
    let (mission, done) = calm(&repo, &project, "marks");
    let path = &done.receipt.path;
    repo.git(&["update-index", "--assume-unchanged", path]);
    decide(&repo, &project, &mission, "Kept?");
    let marked = repo.git(&["ls-files", "-v", path]);
    assert!(marked.starts_with("h "), "{marked}");
}

#[test]
fn a_conflict_in_the_event_file_defers() {
    let scratch = Scratch::new();
    let repo = feature(&scratch);
    let project = open(&repo);
    let (mission, done) = calm(&repo, &project, "conflict");
    let path = &done.receipt.path;
    let text = ledger_file(&repo, &done);
    repo.git(&["switch", "-q", "-c", "other"]);
    repo.commit_file(path, &text.replace("Which way?", "Theirs?"), "theirs");
    repo.git(&["switch", "-q", "feature"]);
    repo.commit_file(path, &text.replace("Which way?", "Ours?"), "ours");
    assert_ne!(repo.try_git(&["merge", "other"]).status, 0);
    let before = repo.index_entries();
    let asked = ask(&project, &mission, "In between?");
    let error = answer(&project, &mission, &asked, "yes").unwrap_err();
    assert_eq!(error.exit_code(), 3);
    assert!(error.to_string().contains("conflict"), "{error}");
    assert_eq!(repo.index_entries(), before);
    assert!(!repo.path().join(".git/index.lock").exists());
}

/// The extensions of the index, by name.
fn extensions(repo: &Repo) -> Vec<&'static str> {
    let index = fs::read(repo.path().join(".git/index")).unwrap();
    ["TREE", "EOIE", "IEOT"]
        .into_iter()
        .filter(|name| index.windows(4).any(|part| part == name.as_bytes()))
        .collect()
}

#[test]
fn an_index_stays_as_git_wrote_it_but_for_our_entries() {
    let eoie = [
        ("index.threads", "4"),
        ("index.recordEndOfIndexEntries", "true"),
        ("index.recordOffsetTable", "true"),
    ];
    let unchecked = [("index.skipHash", "true")];
    let none: [(&str, &str); 0] = [];
    for settings in [&none[..], &eoie, &unchecked] {
        for hash in ["sha1", "sha256"] {
            let scratch = Scratch::new();
            let repo = scratch.empty_repo("r");
            fs::remove_dir_all(repo.path().join(".git")).unwrap();
            let format = format!("--object-format={hash}");
            repo.git(&["init", "-q", &format, "-b", "feature"]);
            for (name, value) in settings {
                repo.git(&["config", name, value]);
            }
            repo.many_files(205);
            repo.commit_file(&format!("{}.txt", "long/".repeat(60)), "deep\n", "deep");
            let project = open(&repo);
            let (mission, _) = calm(&repo, &project, "plain");
            // Git writes it anew, with all that it caches, in two versions.
            repo.git(&["reset", "-q", "--hard"]);
            for version in ["2", "3"] {
                if version == "3" {
                    repo.write("named.txt", "n\n");
                    repo.git(&["add", "--intent-to-add", "named.txt"]);
                }
                let index = fs::read(repo.path().join(".git/index")).unwrap();
                assert_eq!(index[7].to_string(), version);
                let before = (extensions(&repo), known_of_others(&repo));
                let last = decide(&repo, &project, &mission, version);
                assert_eq!(
                    (extensions(&repo), known_of_others(&repo)),
                    before,
                    "{settings:?}, {hash}"
                );
                assert_eq!(
                    repo.git(&["write-tree"]),
                    repo.git(&["rev-parse", "HEAD^{tree}"])
                );
                kept_by_the_next_commit(&repo, &last);
            }
        }
    }
}

/// All that the index knows of other files than the mission's, times included.
fn known_of_others(repo: &Repo) -> Vec<String> {
    let text = repo.git(&["ls-files", "-s", "-v", "--debug"]);
    let mut found: Vec<String> = Vec::new();
    for line in text.lines() {
        match found.last_mut() {
            Some(entry) if line.starts_with("  ") => entry.push_str(line),
            Some(_) | None => found.push(line.to_owned()),
        }
    }
    found.retain(|entry| !entry.contains("kitty-specs/"));
    found
}

#[test]
fn a_change_that_only_the_content_shows_is_still_seen() {
    use std::time::{Duration, SystemTime};
    let scratch = Scratch::new();
    let repo = feature(&scratch);
    // The inode's own time would give the change away.
    repo.git(&["config", "core.trustctime", "false"]);
    let project = open(&repo);
    let (mission, _) = calm(&repo, &project, "racy");
    let then = SystemTime::now() - Duration::from_secs(60);
    let at_that_time = |name: &str| {
        let path = repo.path().join(name);
        let file = fs::File::options().write(true).open(path).unwrap();
        file.set_modified(then).unwrap();
    };
    repo.write("README.md", "one\n");
    at_that_time("README.md");
    repo.git(&["add", "README.md"]);
    at_that_time(".git/index");
    // As long as before, and in the same instant.
    repo.write("README.md", "two\n");
    at_that_time("README.md");
    let status = repo.status_v2();
    assert!(status.starts_with("1 MM "), "{status}");
    decide(&repo, &project, &mission, "Seen?");
    assert_eq!(repo.status_v2(), status);
}
