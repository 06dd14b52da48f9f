//! The ledger in both shapes: the branch is checked out somewhere, or nowhere.

use std::fs;
use std::thread;

use pawtrail_repo::decisions;
use pawtrail_testkit::Scratch;

use super::support::{answer, ask, at, create, ledger_file, open};

#[test]
fn where_the_branch_is_checked_out_index_and_file_follow() {
    let scratch = Scratch::new();
    let repo = scratch.repo("r");
    repo.git(&["switch", "-q", "-c", "feature"]);
    repo.write("staged.txt", "staged\n");
    repo.git(&["add", "staged.txt"]);
    repo.write("README.md", "dirty\n");
    let before = repo.status_v2();
    let project = open(&repo);
    let mission = create(&project, "here");
    assert_eq!(repo.status_v2(), before);
    let one = ask(&project, &mission, "One?");
    let two = ask(&project, &mission, "Two?");
    let file = repo.read(&one.receipt.path).unwrap();
    assert_eq!(file.lines().count(), 2, "{file}");
    let done = answer(&project, &mission, &one, "yes").unwrap();
    answer(&project, &mission, &two, "no").unwrap();
    assert_eq!(done.receipt.r#ref, "refs/heads/feature");
    assert_eq!(repo.status_v2(), before);
    let file = repo.read(&one.receipt.path).unwrap();
    assert_eq!(file, ledger_file(&repo, &done));
    assert_eq!(file.lines().count(), 4);
    // The next commit of the user keeps the ledger.
    repo.git(&["commit", "-q", "-m", "user"]);
    assert_eq!(ledger_file(&repo, &done), file);
    assert_eq!(
        repo.git(&["show", "--name-only", "--format=", "HEAD"])
            .trim(),
        "staged.txt"
    );
    repo.fsck();
}

#[test]
fn what_the_user_staged_of_the_event_file_stays_staged() {
    let scratch = Scratch::new();
    let repo = scratch.repo("r");
    repo.git(&["switch", "-q", "-c", "feature"]);
    let project = open(&repo);
    let mission = create(&project, "staged");
    let one = ask(&project, &mission, "One?");
    answer(&project, &mission, &one, "1").unwrap();
    let other = r#"{"at":"2026-01-01T00:00:00+00:00","event_id":"01KT119YA7GD2Y0D7MZRH5JSS3","event_type":"Other","payload":{}}"#;
    let path = &one.receipt.path;
    let text = repo.read(path).unwrap();
    repo.write(path, format!("{text}{other}\n"));
    repo.git(&["add", path]);
    let two = ask(&project, &mission, "Two?");
    let done = answer(&project, &mission, &two, "2").unwrap();
    let file = ledger_file(&repo, &done);
    // A line that only the file holds enters with the commit, and nothing stands twice.
    assert_eq!(
        file.lines()
            .filter(|line| line.contains("01KT119YA7GD2Y0D7MZRH5JSS3"))
            .count(),
        1
    );
    assert_eq!(file.lines().count(), 5);
    assert_eq!(repo.read(path).unwrap().lines().count(), 5);
    assert_eq!(repo.git(&["show", &format!(":{path}")]).lines().count(), 5);
}

#[test]
fn a_dead_index_lock_of_ours_is_removed_whatever_became_of_the_index() {
    let scratch = Scratch::new();
    let repo = scratch.repo("r");
    repo.git(&["switch", "-q", "-c", "feature"]);
    let project = open(&repo);
    let mission = create(&project, "dead");
    let asked = ask(&project, &mission, "Dead?");
    let held = project.state_dir().join("held");
    let (token, lock) = (held.join("X"), repo.path().join(".git/index.lock"));
    let index = repo.path().join(".git/index");
    let note = || {
        let note = serde_json::json!({ "token": "X", "lock": lock });
        fs::write(held.join("notes"), format!("{note}\nhalf a li")).unwrap();
    };
    let only_notes = || {
        assert!(!lock.exists());
        assert_eq!(fs::read_dir(&held).unwrap().count(), 1);
    };
    fs::write(&token, b"half an index").unwrap();
    fs::hard_link(&token, &lock).unwrap();
    note();
    let given = answer(&project, &mission, &asked, "yes").unwrap();
    assert!(given.receipt.committed);
    only_notes();
    // The same with an index that is in place: index, lock and token are one file then.
    repo.write("later.txt", "later\n");
    repo.git(&["add", "later.txt"]);
    let whole = fs::read(&index).unwrap();
    fs::copy(&index, held.join("X.old")).unwrap();
    fs::hard_link(&index, &token).unwrap();
    fs::hard_link(&index, &lock).unwrap();
    note();
    ask(&project, &mission, "Mended?");
    assert_eq!(fs::read(&index).unwrap(), whole);
    only_notes();
}

#[test]
fn threads_in_four_worktrees_lose_nothing() {
    let scratch = Scratch::new();
    let repo = scratch.repo("r");
    let mission = create(&open(&repo), "many");
    let branch = format!("kitty/mission-{}", mission.mission_slug);
    let trees = [
        repo.path().to_owned(),
        repo.worktree("w1", &branch).path().to_owned(),
        repo.worktree("w2", "other").path().to_owned(),
        repo.worktree("w3", "third").path().to_owned(),
    ];
    thread::scope(|scope| {
        for n in 0..8 {
            let (trees, mission) = (&trees, &mission);
            scope.spawn(move || {
                let project = at(&trees[n % 4]);
                for k in 0..5 {
                    let asked = ask(&project, mission, &format!("{n} {k}?"));
                    answer(&project, mission, &asked, "ok").unwrap();
                }
            });
        }
    });
    let listed = decisions::list(&open(&repo), &mission).unwrap();
    assert_eq!(listed.damaged, vec![]);
    assert_eq!(listed.decisions.len(), 40);
    assert!(
        listed
            .decisions
            .iter()
            .all(|decision| decision.commit.is_some())
    );
    repo.fsck();
    let status = repo.worktree("w4", "fourth");
    assert_eq!(status.stash_list(), "");
}

#[test]
fn a_branch_that_others_move_by_git_is_built_upon() {
    let scratch = Scratch::new();
    let repo = scratch.repo("r");
    let mission = create(&open(&repo), "race");
    let branch = format!("kitty/mission-{}", mission.mission_slug);
    let linked = repo.worktree("linked", &branch);
    thread::scope(|scope| {
        scope.spawn(|| {
            for n in 0..20 {
                // The loser of a race for the index or the branch just tries again.
                linked.write(&format!("src/{n}.txt"), "x");
                while linked.try_git(&["add", "src"]).status != 0 {}
                while linked.try_git(&["commit", "-q", "-m", "user"]).status != 0 {}
            }
        });
        scope.spawn(|| {
            let project = open(&repo);
            for n in 0..20 {
                let asked = ask(&project, &mission, &format!("{n}?"));
                answer(&project, &mission, &asked, "ok").unwrap();
            }
        });
    });
    let names = repo.git(&["ls-tree", "-r", "--name-only", &branch]);
    assert_eq!(
        names
            .lines()
            .filter(|name| name.starts_with("src/"))
            .count(),
        20
    );
    assert_eq!(
        decisions::list(&open(&repo), &mission)
            .unwrap()
            .decisions
            .len(),
        20
    );
    assert_eq!(
        linked
            .status_v2()
            .lines()
            .filter(|line| !line.starts_with('#'))
            .count(),
        0
    );
    repo.fsck();
}

#[test]
fn a_link_where_the_log_belongs_becomes_a_file_in_branch_and_index() {
    let scratch = Scratch::new();
    let repo = scratch.repo("r");
    repo.git(&["switch", "-q", "-c", "feature"]);
    let project = open(&repo);
    let mission = create(&project, "linked");
    let path = mission.path(pawtrail_event::decision::FILE);
    repo.write("target", "elsewhere");
    let id = repo.git(&["hash-object", "-w", "target"]);
    let link = format!("120000,{},{path}", id.trim());
    repo.git(&["update-index", "--add", "--cacheinfo", &link]);
    repo.git(&["commit", "-q", "-m", "link"]);
    let asked = ask(&project, &mission, "Which?");
    let done = answer(&project, &mission, &asked, "left").unwrap();
    assert!(done.receipt.committed);
    let entry = repo.git(&["ls-files", "-s", &path]);
    assert!(entry.starts_with("100644 "), "{entry}");
    assert_eq!(repo.git(&["diff", "--cached", "--", &path]), "");
    repo.fsck();
}

#[test]
fn a_symbolic_branch_stays_one_and_the_branch_that_it_means_moves() {
    let scratch = Scratch::new();
    let repo = scratch.repo("r");
    repo.git(&["switch", "-q", "-c", "feature"]);
    repo.git(&["symbolic-ref", "refs/heads/alias", "refs/heads/feature"]);
    repo.git(&["symbolic-ref", "HEAD", "refs/heads/alias"]);
    let before = repo.status_v2();
    let mission = create(&open(&repo), "alias");
    let decide = |question: &str| {
        let project = open(&repo);
        answer(&project, &mission, &ask(&project, &mission, question), "it")
    };
    assert_eq!(decide("HEAD?").unwrap().receipt.r#ref, "refs/heads/feature");
    let target = repo.git(&["symbolic-ref", "refs/heads/alias"]);
    assert_eq!(target.trim(), "refs/heads/feature");
    assert_eq!(repo.status_v2(), before);
    // The recorded branch gets a new name, and the old one leads there.
    repo.git(&["branch", "-m", "feature", "other"]);
    repo.git(&["symbolic-ref", "refs/heads/alias", "refs/heads/other"]);
    repo.git(&["symbolic-ref", "refs/heads/feature", "refs/heads/other"]);
    let done = decide("Record?").unwrap();
    assert_eq!(done.receipt.r#ref, "refs/heads/other");
    assert_eq!(ledger_file(&repo, &done).lines().count(), 4);
    assert_eq!(repo.git(&["status", "--porcelain"]), "");
    // It is no way around the protection of another.
    repo.git(&["symbolic-ref", "refs/heads/feature", "refs/heads/main"]);
    let main = repo.rev("main");
    let project = open(&repo);
    let error = decisions::list(&project, &mission).unwrap_err();
    assert_eq!(error.code(), "BRANCH_PROTECTED");
    assert_eq!(
        error.next_step().as_deref(),
        Some("git symbolic-ref --delete refs/heads/feature")
    );
    assert_eq!(repo.rev("main"), main);
    repo.fsck();
}
