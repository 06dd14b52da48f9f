//! Amend, rebase, reset, squash, branch deletion: what waits follows the refs.

use pawtrail_repo::sync_state::{self, Rewrite, Rewriter};

use crate::support::{BRANCH, Ground, SLUG, hashes, superseded};

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

/// What was confirmed is remembered as long as a branch has it. Whoever takes it back later announces it again, and the hub
/// knows it.
#[test]
fn a_confirmed_commit_is_forgotten_with_its_branch_and_announced_again_with_the_next() {
    let ground = Ground::new();
    let kept = ground.spec("a.md");
    ground.record();
    ground.acknowledge(&[&kept]);
    ground.repo.git(&["switch", "-q", "-c", "topic"]);
    ground.repo.git(&["branch", "-q", "-D", BRANCH]);
    let old = ground.spec("b.md");
    let new = ground.amend("Better");
    hear_amend(&ground, &old, &new);
    assert!(
        ground.record().is_empty(),
        "no mission's branch has any of it"
    );
    ground.repo.git(&["switch", "-q", "-c", BRANCH]);
    assert_eq!(hashes(&ground.record()), [kept.clone(), new.clone()]);
    ground.acknowledge(&[&kept, &new]);
    // With nobody looking in between nothing was ever away.
    ground.repo.git(&["switch", "-q", "topic"]);
    ground.repo.git(&["branch", "-q", "-D", BRANCH]);
    ground.repo.git(&["switch", "-q", "-c", BRANCH]);
    assert!(ground.record().is_empty());
}

/// What our hooks do after an amend.
fn hear_amend(ground: &Ground, old: &str, new: &str) {
    sync_state::committed(&ground.project()).unwrap();
    hear_rewrite(ground, old, new);
}

fn hear_rewrite(ground: &Ground, old: &str, new: &str) {
    let rewrite = Rewrite {
        old: old.parse().unwrap(),
        new: new.parse().unwrap(),
    };
    sync_state::rewritten(&ground.project(), Rewriter::Amend, &[rewrite]).unwrap();
}

#[test]
fn an_amend_that_hooks_tell_of_exchanges_one_frame_where_it_stands() {
    let ground = Ground::new();
    let mut commits = ten(&ground);
    let before = ground.record();
    let old = commits.pop().unwrap();
    let new = ground.amend("Better");
    sync_state::committed(&ground.project()).unwrap();
    let stored = ground.json();
    hear_rewrite(&ground, &old, &new);
    let mut told = ground.json();
    assert_eq!(
        told["rewritten"],
        serde_json::json!([{"old": old, "new": new}])
    );
    told["rewritten"] = serde_json::json!([]);
    assert_eq!(
        told, stored,
        "the frame was exchanged when git had committed"
    );
    commits.push(new.clone());
    let frames = ground.record();
    assert_eq!(hashes(&frames), commits);
    assert_eq!(frames[..9], before[..9]);
    assert_eq!(superseded(&frames[9]), std::slice::from_ref(&old));
    // Again and again, and git tells twice.
    let last = ground.amend("Best");
    hear_amend(&ground, &new, &last);
    hear_rewrite(&ground, &new, &last);
    let by_hooks = ground.json();
    let frames = ground.record();
    assert_eq!(superseded(&frames[9]), [old, new]);
    assert_eq!(ground.json(), by_hooks);
    // What is made of the file without hooks is the same, but for what git told.
    assert_eq!(by_hooks["rewritten"].as_array().unwrap().len(), 2);
}

#[test]
fn an_amended_commit_that_another_branch_keeps_is_not_replaced() {
    for pushed in [false, true] {
        let ground = Ground::new();
        ground.origin();
        let old = ground.spec("a.md");
        ground.record();
        if pushed {
            ground.repo.git(&["push", "-q", "origin", BRANCH]);
        } else {
            let lane = format!("{BRANCH}-lane-a");
            ground.repo.git(&["switch", "-q", "-c", &lane]);
            ground.repo.commit_file("src/a.rs", "a", "Beside the specs");
            ground.repo.git(&["switch", "-q", BRANCH]);
        }
        let new = ground.amend("Better");
        hear_amend(&ground, &old, &new);
        let frames = ground.record();
        assert!(
            frames.iter().all(|frame| frame.supersedes.is_empty()),
            "pushed: {pushed}"
        );
        let mut found = hashes(&frames);
        found.sort();
        let mut expected = vec![old, new];
        expected.sort();
        assert_eq!(found, expected, "pushed: {pushed}");
    }
}

#[test]
fn a_confirmed_commit_that_hooks_tell_was_amended_is_named_by_its_heir() {
    let ground = Ground::new();
    let first = ground.spec("a.md");
    let second = ground.spec("b.md");
    ground.record();
    ground.acknowledge(&[&first, &second]);
    // No frame waits, then one does.
    let third = ground.amend("Better");
    hear_amend(&ground, &second, &third);
    let frames = ground.record();
    assert_eq!(hashes(&frames), std::slice::from_ref(&third));
    assert_eq!(superseded(&frames[0]), std::slice::from_ref(&second));
    let fourth = ground.spec("c.md");
    sync_state::committed(&ground.project()).unwrap();
    ground.acknowledge(&[&fourth]);
    let fifth = ground.amend("Best");
    hear_amend(&ground, &fourth, &fifth);
    let frames = ground.record();
    assert_eq!(hashes(&frames), [third, fifth]);
    assert_eq!(superseded(&frames[1]), [fourth]);
    assert!(
        !ground.json()["acknowledged"]
            .to_string()
            .contains(&superseded(&frames[1])[0])
    );
}

#[test]
fn an_amend_that_leaves_nothing_to_announce_takes_its_frame_along() {
    let ground = Ground::new();
    let first = ground.spec("a.md");
    let second = ground.spec("b.md");
    ground.record();
    ground
        .repo
        .git(&["rm", "-q", "--cached", &format!("kitty-specs/{SLUG}/b.md")]);
    ground
        .repo
        .git(&["commit", "-q", "--amend", "--allow-empty", "-m", "Nothing"]);
    let third = ground.repo.rev("HEAD").unwrap();
    hear_amend(&ground, &second, &third);
    assert_eq!(hashes(&ground.record()), [first]);
}

/// What git told of a commit counts when that is given up at last, though a remote still had it when git told.
#[test]
fn what_git_told_of_a_pushed_commit_counts_when_the_remote_gives_it_up() {
    let ground = Ground::new();
    ground.origin();
    let repo = &ground.repo;
    let meta = repo.rev("HEAD").unwrap();
    let old = ground.spec("a.md");
    sync_state::committed(&ground.project()).unwrap();
    repo.git(&["push", "-q", "origin", BRANCH]);
    let amended = ground.amend("Better");
    hear_amend(&ground, &old, &amended);
    repo.git(&["push", "-q", "--force", "origin", BRANCH]);
    repo.git(&["switch", "-q", "main"]);
    repo.commit_file("src/a.rs", "a", "Main moves");
    repo.git(&["switch", "-q", BRANCH]);
    repo.git(&["rebase", "-q", "main"]);
    let list = [(meta, "HEAD^"), (amended, "HEAD")].map(|(old, new)| Rewrite {
        old: old.parse().unwrap(),
        new: repo.rev(new).unwrap().parse().unwrap(),
    });
    sync_state::rewritten(&ground.project(), Rewriter::Rebase, &list).unwrap();
    // The amended commit waits still, and the remote has it: that is the heir, not what the rebase made of it.
    for frame in ground.record() {
        let replaces = superseded(&frame).contains(&old);
        assert_eq!(
            replaces,
            frame.git_hash == list[1].old,
            "{}",
            frame.git_hash
        );
    }
}
