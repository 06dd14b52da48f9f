//! What plain git does while a courier runs: each commit is heard of at once, wherever its ref is stored.

use super::real::Site;
use super::*;
use crate::testing::{HubAnswer, TestHub, eventually};

fn live(hub: &TestHub) -> Site {
    let mut site = Site::new();
    site.enable(hub);
    // Without a look unasked.
    site.start();
    eventually("live", || {
        status(&site.project()).unwrap().connection == Connection::Live
    });
    site
}

fn arrives(hub: &TestHub, hash: &pawtrail_event::CommitHash, what: &str) {
    eventually(what, || hub.received().contains(hash));
}

#[test]
fn the_courier_hears_of_each_way_to_move_a_ref() {
    let hub = TestHub::start(HubAnswer::Ack);
    let site = live(&hub);
    assert_eq!(status(&site.project()).unwrap().polling, None);
    arrives(&hub, &site.commit("a"), "a commit");
    site.repo.git(&["pack-refs", "--all"]);
    arrives(&hub, &site.commit("b"), "a commit on a packed branch");
    site.repo
        .git(&["switch", "-q", "-c", "kitty/mission-demo-01KT119Y-lane-a"]);
    arrives(&hub, &site.commit("c"), "a commit on a new branch");
    site.repo
        .git(&["switch", "-q", "-c", "kitty/mission-deep/er/than/before"]);
    arrives(
        &hub,
        &site.commit("d"),
        "a commit on a branch in directories of its own",
    );
    site.repo
        .git(&["switch", "-q", "kitty/mission-demo-01KT119Y"]);
    site.repo
        .git(&["branch", "-q", "-D", "kitty/mission-deep/er/than/before"]);
    site.repo
        .git(&["switch", "-q", "-c", "kitty/mission-deep/er/than/before"]);
    arrives(
        &hub,
        &site.commit("e"),
        "a commit on a branch whose directories came again",
    );
    let other = site.repo.worktree("other", "kitty/mission-elsewhere");
    let path = "kitty-specs/demo-01KT119Y/f";
    let hash = other.commit_file(path, "f", "f").parse().unwrap();
    arrives(&hub, &hash, "a commit in a new worktree");
    assert_eq!(status(&site.project()).unwrap().polling, None);
}

/// Only where a directory can be put in the place of one that is in use.
#[cfg(unix)]
#[test]
fn what_is_not_heard_of_is_found_and_heard_of_again() {
    let hub = TestHub::start(HubAnswer::Ack);
    let site = live(&hub);
    arrives(&hub, &site.commit("a"), "a commit");
    let refs = site.project().common_dir().join("refs");
    let (aside, copy) = (
        refs.with_file_name("refs-aside"),
        refs.with_file_name("refs-copy"),
    );
    let copied = std::process::Command::new("cp")
        .arg("-a")
        .args([&refs, &copy])
        .status();
    assert!(copied.unwrap().success());
    std::fs::rename(&refs, &aside).unwrap();
    std::fs::rename(&copy, &refs).unwrap();
    // Longer than it is looked at again because it has just changed.
    std::thread::sleep(Duration::from_millis(700));
    arrives(&hub, &site.commit("b"), "a commit in a replaced directory");
    arrives(&hub, &site.commit("c"), "the next one");
}

#[test]
fn a_storm_of_refs_is_read_together() {
    let hub = TestHub::start(HubAnswer::Ack);
    let site = live(&hub);
    let head = site.repo.rev("HEAD").unwrap();
    let many: String = (0..2_000)
        .map(|at| format!("create refs/remotes/origin/{at} {head}\n"))
        .collect();
    let file = site.project().state_dir().join("many");
    std::fs::write(&file, many).unwrap();
    let mut git = site.repo.env().clone().command("git");
    git.current_dir(site.repo.path())
        .args(["update-ref", "--stdin"])
        .stdin(std::fs::File::open(&file).unwrap());
    assert!(git.status().unwrap().success());
    arrives(&hub, &site.commit("a"), "the commit after the storm");
}

/// More directories than are watched: empty ones are no refs, and git leaves them alone.
#[test]
fn where_not_everything_can_be_watched_refs_are_looked_at_each_second() {
    let hub = TestHub::start(HubAnswer::Ack);
    let site = live(&hub);
    let refs = site.project().common_dir().join("refs/heads/many");
    for at in 0..1_001 {
        std::fs::create_dir_all(refs.join(at.to_string())).unwrap();
    }
    eventually("the courier says so", || {
        let told = status(&site.project()).unwrap().polling;
        told.is_some_and(|told| told.contains("too many"))
    });
    arrives(&hub, &site.commit("a"), "a commit that nobody tells of");
    std::fs::remove_dir_all(&refs).unwrap();
    eventually("it is told again", || {
        status(&site.project()).unwrap().polling.is_none()
    });
    arrives(&hub, &site.commit("b"), "a commit that is told of");
}
