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
