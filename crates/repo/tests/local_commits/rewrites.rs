//! Amend, rebase, reset, squash, branch deletion: what waits follows the refs.

use pawtrail_repo::sync_state;

use crate::support::{BRANCH, Ground, hashes, superseded};

fn ten(ground: &Ground) -> Vec<String> {
    (0..10).map(|at| ground.spec(&format!("{at}.md"))).collect()
}

#[test]
fn fr_010_ten_offline_commits_are_ten_frames_in_order() {
    let ground = Ground::new();
    let commits = ten(&ground);
    assert_eq!(
        hashes(&sync_state::pending(&ground.project()).unwrap()),
        commits
    );
    assert!(!ground.file().exists(), "a reader wrote");
    assert_eq!(hashes(&ground.record()), commits);
    assert_eq!(hashes(&ground.record()), commits);
}

#[test]
fn fr_016_an_amended_commit_replaces_its_frame_alone() {
    let ground = Ground::new();
    let mut commits = ten(&ground);
    let before = ground.record();
    let old = commits.pop().unwrap();
    commits.push(ground.amend("Better"));
    let after = ground.record();
    assert_eq!(hashes(&after), commits);
    assert_eq!(after[..9], before[..9]);
    assert_eq!(superseded(&after[9]), std::slice::from_ref(&old));
    let third = ground.amend("Best");
    let last = ground.record().pop().unwrap();
    assert_eq!(last.git_hash.as_str(), third);
    assert_eq!(superseded(&last), [old, commits[9].clone()]);
}

#[test]
fn an_acknowledged_commit_is_named_by_what_replaces_it() {
    let ground = Ground::new();
    let first = ground.spec("a.md");
    let second = ground.spec("b.md");
    ground.record();
    ground.acknowledge(&[&first, &second]);
    assert!(ground.record().is_empty());
    let amended = ground.amend("Better");
    let frames = ground.record();
    assert_eq!(hashes(&frames), std::slice::from_ref(&amended));
    assert_eq!(superseded(&frames[0]), [second]);
    // It is remembered until the new frame is acknowledged, whatever comes on top.
    ground.spec("c.md");
    assert_eq!(ground.record()[0], frames[0]);
    ground.acknowledge(&[&amended]);
    let left = ground.record();
    assert_eq!(left.len(), 1);
    assert!(left[0].supersedes.is_empty());
    assert!(
        !ground.json()["acknowledged"]
            .to_string()
            .contains(&superseded(&frames[0])[0])
    );
}

#[test]
fn a_rebase_replaces_each_frame_by_its_own() {
    let ground = Ground::new();
    let repo = &ground.repo;
    let old: Vec<String> = (0..3)
        .map(|at| {
            let hash = ground.spec(&format!("{at}.md"));
            let date = format!("2026-01-0{}T00:00:00Z", at + 1);
            drop(hash);
            repo.git(&["commit", "-q", "--amend", "--no-edit", "--date", &date]);
            repo.rev("HEAD").unwrap()
        })
        .collect();
    ground.record();
    ground.acknowledge(&[&old[0], &old[1]]);
    repo.git(&["switch", "-q", "main"]);
    repo.commit_file("src/a.rs", "a", "Main moves");
    repo.git(&["switch", "-q", BRANCH]);
    repo.git(&["rebase", "-q", "main"]);
    let log = repo.git(&["log", "--reverse", "--format=%H", "-3"]);
    let frames = ground.record();
    let new: Vec<&str> = log.lines().collect();
    // The rebase took the commit that made the mission along.
    assert_eq!(hashes(&frames)[1..], new);
    for (frame, old) in frames[1..].iter().zip(&old) {
        assert_eq!(superseded(frame), std::slice::from_ref(old));
    }
}

#[test]
fn a_squash_names_all_that_it_replaces() {
    let ground = Ground::new();
    let old: Vec<String> = (0..3).map(|at| ground.spec(&format!("{at}.md"))).collect();
    ground.record();
    ground.acknowledge(&[&old[0], &old[1], &old[2]]);
    ground.repo.git(&["reset", "-q", "--soft", "HEAD~3"]);
    assert!(ground.record().is_empty());
    ground.repo.git(&["commit", "-q", "-m", "Squashed"]);
    let frames = ground.record();
    assert_eq!(frames.len(), 1);
    assert_eq!(superseded(&frames[0]), old);
}

#[test]
fn a_reset_takes_frames_away_and_the_reflog_brings_them_back() {
    let ground = Ground::new();
    let commits = ten(&ground);
    let before = ground.record();
    ground.acknowledge(&[&commits[8]]);
    ground.repo.git(&["reset", "-q", "--hard", "HEAD~3"]);
    assert_eq!(hashes(&ground.record()), commits[..7]);
    ground.repo.git(&["reset", "-q", "--hard", &commits[9]]);
    let after = ground.record();
    let mut expected = before;
    expected.remove(8);
    assert_eq!(after, expected);
}

#[test]
fn a_deleted_branch_takes_its_frames_along() {
    let ground = Ground::new();
    let commits = ten(&ground);
    let lane = format!("{BRANCH}-lane-a");
    ground.repo.git(&["switch", "-q", "-c", &lane]);
    ground.spec("lane.md");
    assert_eq!(ground.record().len(), 11);
    ground.repo.git(&["switch", "-q", BRANCH]);
    ground.repo.git(&["branch", "-q", "-D", &lane]);
    assert_eq!(hashes(&ground.record()), commits);
    ground.repo.git(&["switch", "-q", "main"]);
    ground.repo.git(&["branch", "-q", "-D", BRANCH]);
    assert!(ground.record().is_empty());
}
