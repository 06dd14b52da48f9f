//! Operations in progress, and locks that others hold.

use super::*;

/// `feature` and `other` have changed the same file.
pub(crate) fn two_sides(repo: Repo) -> Repo {
    repo.git(&["switch", "-q", "-c", "other"]);
    repo.commit_file("README.md", "theirs\n", "theirs");
    repo.git(&["switch", "-q", "feature"]);
    repo.commit_file("README.md", "one\n", "one");
    repo.commit_file("README.md", "two\n", "two");
    repo
}

fn stops(repo: &Repo, args: &[&str]) {
    assert_ne!(repo.try_git(args).status, 0, "{args:?}");
}

/// The user resolves it, and git's own commit has as many parents as ever.
fn ends(world: &World, done: &Written, parents: usize) {
    let file = ledger_file(&world.repo, done);
    world.repo.write("README.md", "both\n");
    world.repo.git(&["add", "README.md"]);
    world.repo.git(&["commit", "-q", "--no-edit"]);
    assert_eq!(ledger_file(&world.repo, done), file);
    let known = world.repo.git(&["rev-list", "--parents", "-1", "HEAD"]);
    assert_eq!(known.split_whitespace().count(), 1 + parents, "{known}");
    assert_eq!(world.repo.status_v2(), "");
}

pub(crate) fn merge_in_progress(scratch: &Scratch) -> World {
    World::calm(two_sides(feature(scratch)))
        .meanwhile(|world, _| stops(&world.repo, &["merge", "other"]))
        .check(|world, done| ends(world, done, 2))
}

pub(crate) fn cherry_pick_in_progress(scratch: &Scratch) -> World {
    World::calm(two_sides(feature(scratch)))
        .meanwhile(|world, _| stops(&world.repo, &["cherry-pick", "other"]))
        .check(|world, done| ends(world, done, 1))
}

pub(crate) fn revert_in_progress(scratch: &Scratch) -> World {
    World::calm(two_sides(feature(scratch)))
        .meanwhile(|world, _| stops(&world.repo, &["revert", "HEAD~2"]))
        .check(|world, done| ends(world, done, 1))
}

pub(crate) fn am_in_progress(scratch: &Scratch) -> World {
    World::calm(two_sides(feature(scratch)))
        .meanwhile(|world, _| {
            let patch = world.repo.git(&["format-patch", "-1", "other", "-o", ".."]);
            stops(&world.repo, &["am", "-q", patch.trim()]);
        })
        .check(|world, done| {
            let file = ledger_file(&world.repo, done);
            world.repo.git(&["am", "--abort"]);
            assert_eq!(ledger_file(&world.repo, done), file);
            assert_eq!(world.repo.status_v2(), "");
        })
}

pub(crate) fn rebase_in_progress(scratch: &Scratch) -> World {
    World::calm(two_sides(feature(scratch)))
        .meanwhile(|world, _| stops(&world.repo, &["rebase", "--merge", "other"]))
}

pub(crate) fn rebase_by_patches_in_progress(scratch: &Scratch) -> World {
    World::calm(two_sides(feature(scratch)))
        .meanwhile(|world, _| stops(&world.repo, &["rebase", "--apply", "other"]))
}

pub(crate) fn rebase_in_another_worktree(scratch: &Scratch) -> World {
    let repo = scratch.repo("r");
    let mission = create(&open(&repo), "payments");
    let branch = format!("kitty/mission-{}", mission.mission_slug);
    let linked = repo.worktree("linked", &branch);
    linked.commit_file("README.md", "theirs\n", "theirs");
    repo.commit_file("README.md", "ours\n", "ours");
    World::of(repo)
        .beside(linked)
        .with_mission(mission)
        .meanwhile(|world, _| stops(&world.beside[0], &["rebase", "main"]))
}

/// The ledger branch is below the one that is rebased, and comes along.
pub(crate) fn rebase_that_moves_the_branch_too(scratch: &Scratch) -> World {
    let repo = scratch.repo("r");
    let mission = create(&open(&repo), "payments");
    let branch = format!("kitty/mission-{}", mission.mission_slug);
    let linked = repo.worktree("linked", "top");
    linked.git(&["reset", "-q", "--hard", &branch]);
    linked.commit_file("README.md", "theirs\n", "theirs");
    repo.commit_file("README.md", "ours\n", "ours");
    World::of(repo)
        .beside(linked)
        .with_mission(mission)
        .meanwhile(|world, _| stops(&world.beside[0], &["rebase", "--update-refs", "main"]))
}

fn grown(repo: Repo) -> Repo {
    for n in 0..4 {
        repo.commit_file("README.md", &format!("{n}\n"), "more");
    }
    repo
}

pub(crate) fn bisect_in_progress(scratch: &Scratch) -> World {
    World::calm(grown(feature(scratch))).meanwhile(|world, _| {
        world.repo.git(&["bisect", "start", "HEAD", "HEAD~4"]);
    })
}

pub(crate) fn bisect_in_another_worktree(scratch: &Scratch) -> World {
    let repo = scratch.repo("r");
    let mission = create(&open(&repo), "payments");
    let branch = format!("kitty/mission-{}", mission.mission_slug);
    let linked = grown(repo.worktree("linked", &branch));
    World::of(repo)
        .beside(linked)
        .with_mission(mission)
        .meanwhile(|world, _| {
            world.beside[0].git(&["bisect", "start", "HEAD", "HEAD~4"]);
        })
}

pub(crate) fn conflict_in_the_event_file(scratch: &Scratch) -> World {
    World::calm(feature(scratch)).meanwhile(|world, mission| {
        let path = &mission.path(FILE);
        let line = |id: char| {
            format!("{{\"event_id\":\"01KT119YA7GD2Y0D7MZRH5JSS3\",\"event_type\":\"Other\",\"payload\":{{\"{id}\":1}}}}\n")
        };
        world.repo.git(&["switch", "-q", "-c", "other"]);
        world.repo.commit_file(path, &line('t'), "theirs");
        world.repo.git(&["switch", "-q", "feature"]);
        world.repo.commit_file(path, &line('o'), "ours");
        stops(&world.repo, &["merge", "other"]);
    })
}

pub(crate) fn keep_ours(world: &World) {
    world.repo.git(&["checkout", "-q", "--ours", "kitty-specs"]);
    world.repo.git(&["add", "kitty-specs"]);
    world.repo.git(&["commit", "-q", "--no-edit"]);
    // Its record in the index is another shape.
    world.repo.git(&["update-index", "--clear-resolve-undo"]);
}

fn lock(world: &World, name: &str) {
    fs::write(world.repo.path().join(".git").join(name), "").unwrap();
}

pub(crate) fn unlock(world: &World, name: &str) {
    fs::remove_file(world.repo.path().join(".git").join(name)).unwrap();
}

pub(crate) fn foreign_lock_of_the_index(scratch: &Scratch) -> World {
    World::of(feature(scratch)).meanwhile(|world, _| lock(world, "index.lock"))
}

pub(crate) fn foreign_lock_of_the_branch(scratch: &Scratch) -> World {
    World::of(feature(scratch)).meanwhile(|world, _| lock(world, "refs/heads/feature.lock"))
}
