//! Where objects and branches are kept, and in which form.

use super::*;

pub(crate) fn partial_clone(scratch: &Scratch) -> World {
    let origin = feature(scratch);
    origin.git(&["config", "uploadpack.allowFilter", "true"]);
    origin.git(&["config", "uploadpack.allowAnySHA1InWant", "true"]);
    let project = open(&origin);
    let mission = create(&project, "payments");
    let asked = ask(&project, &mission, "At the origin?");
    answer(&project, &mission, &asked, "yes").unwrap();
    let url = format!("file://{}", origin.path().display());
    origin.git(&[
        "clone",
        "-q",
        "--no-checkout",
        "--filter=blob:none",
        &url,
        "../clone",
    ]);
    let clone = origin.at("../clone");
    let lacking = clone.git(&["rev-list", "--objects", "--all", "--missing=print"]);
    assert!(
        lacking.lines().any(|line| line.starts_with('?')),
        "{lacking}"
    );
    clone.git(&["checkout", "-q"]);
    World::of(clone).with_mission(mission)
}

pub(crate) fn shallow_clone(scratch: &Scratch) -> World {
    let origin = feature(scratch);
    let project = open(&origin);
    let mission = create(&project, "payments");
    for question in ["One?", "Two?"] {
        let asked = ask(&project, &mission, question);
        answer(&project, &mission, &asked, "yes").unwrap();
    }
    let url = format!("file://{}", origin.path().display());
    origin.git(&["clone", "-q", "--depth", "1", &url, "../clone"]);
    World::of(origin.at("../clone")).with_mission(mission)
}

pub(crate) fn clone_that_borrows_objects(scratch: &Scratch) -> World {
    let origin = feature(scratch);
    origin.git(&["clone", "-q", "--shared", ".", "../shared"]);
    World::of(origin.at("../shared"))
}

pub(crate) fn packed_branches(scratch: &Scratch) -> World {
    World::of(feature(scratch)).meanwhile(|world, _| {
        world.repo.git(&["pack-refs", "--all", "--prune"]);
        world.repo.git(&["repack", "-q", "-a", "-d"]);
        assert!(!world.repo.path().join(".git/refs/heads/feature").exists());
    })
}

pub(crate) fn reftable(scratch: &Scratch) -> World {
    match init(scratch, "--ref-format=reftable") {
        Some(repo) => World::of(repo),
        None => World::lacking(scratch.empty_repo("x"), "this git has no reftable"),
    }
}

pub(crate) fn sha_256(scratch: &Scratch) -> World {
    World::of(init(scratch, "--object-format=sha256").unwrap()).check(|_, done| {
        assert_eq!(done.receipt.commit.as_ref().unwrap().as_str().len(), 64);
    })
}

pub(crate) fn unknown_extension(scratch: &Scratch) -> World {
    World::of(feature(scratch)).meanwhile(|world, _| {
        world.repo.git(&["config", "extensions.sonderbar", "true"]);
    })
}

pub(crate) fn configuration_of_the_worktree(scratch: &Scratch) -> World {
    let repo = feature(scratch);
    repo.git(&["config", "extensions.worktreeConfig", "true"]);
    repo.git(&["config", "--worktree", "user.name", "Here Only"]);
    World::of(repo).check(|world, _| {
        let name = world.repo.git(&["log", "-1", "--format=%an", "feature"]);
        assert_eq!(name, "Here Only\n");
    })
}

pub(crate) fn shared_by_a_group(scratch: &Scratch) -> World {
    with_setting(scratch, "core.sharedRepository", "group").check(|world, done| {
        let commit = done.receipt.commit.as_ref().unwrap().as_str();
        let objects = world.repo.path().join(".git/objects");
        assert!(open_to_the_group(&objects.join(&commit[..2])));
    })
}

#[cfg(unix)]
fn open_to_the_group(dir: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(dir).unwrap().permissions().mode() & 0o020 != 0
}

#[cfg(not(unix))]
fn open_to_the_group(dir: &Path) -> bool {
    dir.is_dir()
}
