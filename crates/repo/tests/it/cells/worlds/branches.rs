//! Branches and worktrees.

use super::*;

pub(crate) fn main_worktree_with_work_in_progress(scratch: &Scratch) -> World {
    let repo = feature(scratch);
    for name in ["gone.txt", "old.txt", "marked.txt"] {
        repo.commit_file(name, &format!("the content of {name}\n"), name);
    }
    let world = World::of(repo);
    let repo = &world.repo;
    repo.git(&["rm", "-q", "gone.txt"]);
    repo.git(&["mv", "old.txt", "new.txt"]);
    repo.git(&["update-index", "--assume-unchanged", "marked.txt"]);
    repo.write("named.txt", "n\n");
    repo.git(&["add", "--intent-to-add", "named.txt"]);
    world.check(|world, done| {
        assert_eq!(done.receipt.r#ref, "refs/heads/feature");
        let logs = |name: &str| {
            let log = world.repo.git(&["reflog", "show", name]);
            log.lines().filter(|line| line.contains("answer")).count()
        };
        assert_eq!((logs("feature"), logs("HEAD")), (2, 2));
    })
}

pub(crate) fn protected_branch(scratch: &Scratch) -> World {
    World::of(scratch.repo("r")).check(|world, done| {
        assert!(
            done.receipt
                .r#ref
                .starts_with("refs/heads/kitty/mission-payments-")
        );
        let log = world.repo.git(&["reflog", "show", &done.receipt.r#ref]);
        assert_eq!(log.lines().count(), 3, "{log}");
    })
}

pub(crate) fn protected_default_of_the_remote(scratch: &Scratch) -> World {
    let origin = scratch.repo("origin");
    origin.git(&["branch", "-m", "trunk"]);
    World::of(scratch.clone_of(&origin, "clone")).check(|_, done| {
        assert!(
            done.receipt
                .r#ref
                .starts_with("refs/heads/kitty/mission-payments-")
        );
    })
}

pub(crate) fn detached_head(scratch: &Scratch) -> World {
    let repo = scratch.repo("r");
    repo.git(&["switch", "-q", "--detach"]);
    World::of(repo)
}

pub(crate) fn unborn_branch(scratch: &Scratch) -> World {
    let repo = scratch.empty_repo("r");
    repo.write("README.md", "r\n");
    repo.git(&["add", "README.md"]);
    World::calm(repo)
}

pub(crate) fn linked_worktree(scratch: &Scratch) -> World {
    let repo = feature(scratch);
    let linked = repo.worktree("linked", "topic");
    let primary = World::of(repo);
    World::calm(linked)
        .beside(primary.repo)
        .check(|world, done| {
            assert_eq!(done.receipt.r#ref, "refs/heads/feature");
            let file = ledger_file(&world.repo, done);
            assert_eq!(world.beside[0].read(&done.receipt.path), Some(file));
            assert!(!world.dir.join(&done.receipt.path).exists());
        })
}

pub(crate) fn ledger_in_a_linked_worktree(scratch: &Scratch) -> World {
    let repo = scratch.repo("r");
    let mission = create(&open(&repo), "payments");
    let branch = format!("kitty/mission-{}", mission.mission_slug);
    let linked = World::of(repo.worktree("linked", &branch)).repo;
    World::calm(repo)
        .beside(linked)
        .with_mission(mission)
        .check(|world, done| {
            let file = ledger_file(&world.repo, done);
            assert_eq!(world.beside[0].read(&done.receipt.path), Some(file));
            let log = world.beside[0].git(&["reflog", "show", "HEAD"]);
            assert!(log.contains("answer"), "{log}");
        })
}

pub(crate) fn worktree_inside_of_the_primary(scratch: &Scratch) -> World {
    let repo = feature(scratch);
    repo.git(&["worktree", "add", "-q", "-b", "topic", ".worktrees/topic"]);
    let inside = repo.at(".worktrees/topic");
    World::of(inside).beside(repo)
}

pub(crate) fn worktree_that_is_gone(scratch: &Scratch) -> World {
    let repo = scratch.repo("r");
    let mission = create(&open(&repo), "payments");
    let branch = format!("kitty/mission-{}", mission.mission_slug);
    let linked = repo.worktree("linked", &branch);
    fs::remove_dir_all(linked.path()).unwrap();
    World::of(repo).with_mission(mission)
}

/// Git finds its way from there to the clone; what the clone has noted leads nowhere.
pub(crate) fn worktree_that_was_moved_by_hand(scratch: &Scratch) -> World {
    let repo = scratch.repo("r");
    let mission = create(&open(&repo), "payments");
    let branch = format!("kitty/mission-{}", mission.mission_slug);
    let linked = repo.worktree("linked", &branch);
    let moved = repo.at("../moved");
    fs::rename(linked.path(), moved.path()).unwrap();
    World::of(moved).with_mission(mission)
}

fn bare_with_main(scratch: &Scratch) -> Repo {
    let bare = scratch.bare("b.git");
    let url = bare.path().to_string_lossy().into_owned();
    scratch.repo("r").git(&["push", "-q", &url, "main"]);
    bare
}

pub(crate) fn bare(scratch: &Scratch) -> World {
    World::calm(bare_with_main(scratch))
}

pub(crate) fn bare_with_worktrees(scratch: &Scratch) -> World {
    let bare = bare_with_main(scratch);
    let linked = bare.worktree("w", "topic");
    let mission = create(&open(&linked), "payments");
    let own = bare.worktree("own", &format!("kitty/mission-{}", mission.mission_slug));
    let own = World::of(own).repo;
    World::of(linked).beside(own).with_mission(mission)
}

pub(crate) fn bare_with_the_ledger_checked_out(scratch: &Scratch) -> World {
    let bare = bare_with_main(scratch);
    let mission = create(&open(&bare), "payments");
    let own = bare.worktree("own", &format!("kitty/mission-{}", mission.mission_slug));
    let own = World::of(own).repo;
    World::calm(bare).beside(own).with_mission(mission)
}

pub(crate) fn separate_git_directory(scratch: &Scratch) -> World {
    let repo = feature(scratch);
    repo.git(&["init", "-q", "--separate-git-dir", "../elsewhere.git"]);
    assert!(repo.path().join(".git").is_file());
    World::of(repo)
}

pub(crate) fn files_elsewhere(scratch: &Scratch) -> World {
    let repo = feature(scratch);
    let files = repo.at("../files");
    fs::create_dir(files.path()).unwrap();
    fs::rename(
        repo.path().join("README.md"),
        files.path().join("README.md"),
    )
    .unwrap();
    fs::write(
        files.path().join(".git"),
        format!("gitdir: {}\n", repo.path().join(".git").display()),
    )
    .unwrap();
    repo.git(&["config", "core.worktree", &files.path().to_string_lossy()]);
    World::of(files)
}

fn outer(scratch: &Scratch) -> Repo {
    let url = scratch.repo("inner").path().to_string_lossy().into_owned();
    let outer = scratch.repo("outer");
    let allowed = ["-c", "protocol.file.allow=always"];
    outer.git(&[&allowed[..], &["submodule", "add", "-q", &url, "sub"]].concat());
    outer.git(&["commit", "-q", "-m", "sub"]);
    outer
}

pub(crate) fn submodule(scratch: &Scratch) -> World {
    let sub = outer(scratch).at("sub");
    sub.git(&["switch", "-q", "-c", "feature"]);
    World::of(sub).check(|world, done| {
        assert!(world.repo.read(&done.receipt.path).is_some());
        let outer = world.repo.at("..");
        assert!(!outer.path().join("kitty-specs").exists());
        assert_eq!(outer.git(&["for-each-ref"]).lines().count(), 1);
    })
}

pub(crate) fn worktree_of_a_submodule(scratch: &Scratch) -> World {
    let outer = outer(scratch);
    let sub = outer.at("sub");
    sub.git(&["switch", "-q", "-c", "feature"]);
    sub.git(&["worktree", "add", "-q", "-b", "topic", "../../linked"]);
    World::of(outer.at("../linked"))
        .beside(sub)
        .check(|world, done| {
            assert_eq!(done.receipt.r#ref, "refs/heads/feature");
            let file = ledger_file(&world.repo, done);
            assert_eq!(world.beside[0].read(&done.receipt.path), Some(file));
        })
}
