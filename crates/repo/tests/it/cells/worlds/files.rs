//! Which files a checkout has, and which git passes over.

use super::*;

pub(crate) fn sparse(scratch: &Scratch, more: &[&str]) -> World {
    let repo = feature(scratch);
    repo.commit_file("keep/a.txt", "a\n", "a");
    repo.commit_file("drop/b.txt", "b\n", "b");
    repo.git(&[&["sparse-checkout", "set"], more, &["keep"]].concat());
    repo.write("keep/a.txt", "changed\n");
    World::calm(repo)
}

pub(crate) fn left_out(world: &World, _done: &Written) {
    assert!(!world.repo.path().join("kitty-specs").exists());
    let tags = world.repo.git(&["ls-files", "-t", "kitty-specs"]);
    assert!(tags.lines().all(|line| line.starts_with("S ")), "{tags}");
}

fn let_in(world: &World, done: &Written) {
    let file = ledger_file(&world.repo, done);
    assert_eq!(world.repo.read(&done.receipt.path), Some(file));
}

pub(crate) fn sparse_cone_path_out(scratch: &Scratch) -> World {
    sparse(scratch, &["--cone"]).check(|world, done| {
        left_out(world, done);
        // The user lets it in later.
        world.repo.git(&["sparse-checkout", "add", "kitty-specs"]);
        let_in(world, done);
    })
}

pub(crate) fn sparse_cone_path_in(scratch: &Scratch) -> World {
    sparse(scratch, &["--cone", "kitty-specs"]).check(let_in)
}

pub(crate) fn sparse_patterns_path_out(scratch: &Scratch) -> World {
    sparse(scratch, &["--no-cone", "/*.md"]).check(left_out)
}

pub(crate) fn sparse_patterns_path_in(scratch: &Scratch) -> World {
    sparse(scratch, &["--no-cone", "*.jsonl", "meta.json"]).check(let_in)
}

pub(crate) fn ignored_path(scratch: &Scratch) -> World {
    let repo = feature(scratch);
    repo.commit_file(".gitignore", "kitty-specs/\n", "ignore");
    World::of(repo)
}

pub(crate) fn excluded_path(scratch: &Scratch) -> World {
    let repo = feature(scratch);
    fs::write(
        repo.path().join(".git/info/exclude"),
        "*.jsonl\nkitty-specs\n",
    )
    .unwrap();
    World::of(repo)
}
