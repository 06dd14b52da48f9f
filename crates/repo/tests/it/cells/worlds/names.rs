//! Names of paths and branches, and what git makes of contents.

use super::*;

pub(crate) fn symlinked_worktree(scratch: &Scratch) -> World {
    let mut world = World::of(feature(scratch));
    world.dir = scratch.path().join("link to");
    if link(world.repo.path(), &world.dir).is_err() {
        world.lacks = Some("no link to a directory can be made");
    }
    world
}

#[cfg(unix)]
fn link(to: &Path, from: &Path) -> std::io::Result<()> {
    std::os::unix::fs::symlink(to, from)
}

#[cfg(windows)]
fn link(to: &Path, from: &Path) -> std::io::Result<()> {
    std::os::windows::fs::symlink_dir(to, from)
}

/// `kitty-specs` is a link that the project has; what it points to stays as it is.
pub(crate) fn specs_that_are_a_link(scratch: &Scratch) -> World {
    let repo = feature(scratch);
    fs::create_dir(scratch.path().join("outside")).unwrap();
    if link(
        &scratch.path().join("outside"),
        &repo.path().join("kitty-specs"),
    )
    .is_err()
    {
        return World::lacking(repo, "no link to a directory can be made");
    }
    repo.git(&["add", "kitty-specs"]);
    repo.git(&["commit", "-q", "-m", "link"]);
    World::of(repo)
}

/// The same, and git doesn't know of it.
pub(crate) fn specs_that_are_a_hidden_link(scratch: &Scratch) -> World {
    let world = specs_that_are_a_link(scratch);
    let git_dir = world.repo.path().join(".git");
    fs::write(git_dir.join("info/exclude"), "kitty-specs\n").unwrap();
    world.repo.git(&["rm", "-q", "--cached", "kitty-specs"]);
    world
}

pub(crate) fn specs_that_are_a_file(scratch: &Scratch) -> World {
    let repo = feature(scratch);
    repo.commit_file("kitty-specs", "notes\n", "notes");
    World::of(repo)
}

pub(crate) fn specs_that_are_a_submodule(scratch: &Scratch) -> World {
    let repo = feature(scratch);
    let url = scratch.repo("inner").path().to_string_lossy().into_owned();
    let allowed = ["-c", "protocol.file.allow=always"];
    repo.git(
        &[
            &allowed[..],
            &["submodule", "add", "-q", &url, "kitty-specs"],
        ]
        .concat(),
    );
    repo.git(&["commit", "-q", "-m", "sub"]);
    World::of(repo)
}

/// The event file leads out of the repository; nothing is written there.
pub(crate) fn event_file_that_is_a_link(scratch: &Scratch) -> World {
    World::of(feature(scratch)).meanwhile(|world, mission| {
        let file = world.repo.path().join(mission.path(FILE));
        link(&world.repo.path().join("../outside"), &file).unwrap();
    })
}

pub(crate) fn remove_the_link(world: &World) {
    assert!(!world.repo.path().join("../outside").exists());
    let specs = world.repo.path().join("kitty-specs");
    for mission in fs::read_dir(specs).unwrap() {
        fs::remove_file(mission.unwrap().path().join(FILE)).unwrap();
    }
}

pub(crate) fn mission_that_is_a_link(scratch: &Scratch) -> World {
    World::of(feature(scratch)).meanwhile(|world, mission| {
        let dir = world.repo.path().join(&mission.dir);
        fs::remove_dir_all(&dir).unwrap();
        fs::create_dir(world.repo.path().join("../outside")).unwrap();
        link(&world.repo.path().join("../outside"), &dir).unwrap();
    })
}

pub(crate) fn restore_the_mission(world: &World) {
    let outside = fs::read_dir(world.repo.path().join("../outside")).unwrap();
    assert_eq!(outside.count(), 0);
    let specs = world.repo.path().join("kitty-specs");
    for mission in fs::read_dir(specs).unwrap() {
        fs::remove_file(mission.unwrap().path()).unwrap();
    }
    world.repo.git(&["checkout", "-q", "--", "kitty-specs"]);
}

pub(crate) fn letters_of_other_scripts(scratch: &Scratch) -> World {
    let repo = scratch.repo("ein Ästhet/記録");
    repo.git(&["switch", "-q", "-c", "größe/ö"]);
    repo.commit_file("naïve file.txt", "n\n", "n");
    World::of(repo).check(|_, done| assert_eq!(done.receipt.r#ref, "refs/heads/größe/ö"))
}

/// Names as some systems hand them out, a letter and then its mark, and the setting that such a system leaves.
pub(crate) fn decomposed_letters(scratch: &Scratch) -> World {
    let repo = scratch.repo("r");
    repo.git(&["config", "core.precomposeUnicode", "true"]);
    repo.git(&["switch", "-q", "-c", "gro\u{308}sse"]);
    repo.commit_file("nai\u{308}ve.txt", "n\n", "n");
    World::of(repo)
}

pub(crate) fn case_that_does_not_count(scratch: &Scratch) -> World {
    let repo = feature(scratch);
    repo.commit_file("KITTY-SPECS/Notes.md", "not ours\n", "upper");
    repo.git(&["config", "core.ignorecase", "true"]);
    World::of(repo).check(|world, _| {
        let notes = world.repo.read_at("HEAD", "KITTY-SPECS/Notes.md");
        assert_eq!(notes.as_deref(), Some("not ours\n"));
    })
}

/// Git puts the file anew into the checkout.
fn checked_out_anew(world: &World, done: &Written) {
    let path = &done.receipt.path;
    fs::remove_file(world.repo.path().join(path)).unwrap();
    world.repo.git(&["checkout", "-q", "--", path]);
    assert!(world.repo.read(path).unwrap().contains("\r\n"));
    assert!(!ledger_file(&world.repo, done).contains('\r'));
    let status = world.repo.status_v2();
    assert!(!status.contains("kitty-specs"), "{status}");
}

pub(crate) fn line_ends_by_configuration(scratch: &Scratch) -> World {
    with_setting(scratch, "core.autocrlf", "true").check(checked_out_anew)
}

/// With attributes from now on.
fn attributes(scratch: &Scratch, happens: fn(&World, &Mission)) -> World {
    World::of(feature(scratch)).meanwhile(happens)
}

fn attribute(world: &World, text: &str) {
    world.repo.commit_file(".gitattributes", text, "attributes");
}

pub(crate) fn line_ends_by_attribute(scratch: &Scratch) -> World {
    attributes(scratch, |world, _| {
        attribute(world, "*.jsonl text eol=crlf\n");
    })
    .check(checked_out_anew)
}

pub(crate) fn filter_on_the_path(scratch: &Scratch) -> World {
    attributes(scratch, |world, _| {
        world
            .repo
            .git(&["config", "filter.upper.clean", "tr a-z A-Z"]);
        attribute(world, "*.jsonl filter=upper\n");
    })
}

pub(crate) fn encoding_on_the_path(scratch: &Scratch) -> World {
    attributes(scratch, |world, _| {
        attribute(world, "*.jsonl text working-tree-encoding=UTF-16\n");
    })
}

/// What the refusal tells to do.
pub(crate) fn exempt(world: &World) {
    let known = world.repo.read(".gitattributes").unwrap();
    attribute(
        world,
        &format!("{known}/kitty-specs/** -filter -working-tree-encoding\n"),
    );
}
