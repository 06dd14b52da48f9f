//! Forms of the index.

use super::*;

fn index_holds(world: &World, mark: &[u8]) {
    let index = fs::read(world.repo.path().join(".git/index")).unwrap();
    assert!(index.windows(mark.len()).any(|part| part == mark));
}

pub(crate) fn sparse_index(scratch: &Scratch) -> World {
    sparse(scratch, &["--cone", "--sparse-index"]).check(|world, done| {
        left_out(world, done);
        let entries = world.repo.git(&["ls-files", "--sparse"]);
        assert!(entries.contains("drop/\n"), "{entries}");
    })
}

pub(crate) fn split_index(scratch: &Scratch) -> World {
    let repo = feature(scratch);
    repo.git(&["update-index", "--split-index"]);
    World::of(repo).check(|world, _| {
        assert_ne!(
            world.repo.git(&["rev-parse", "--shared-index-path"]).trim(),
            ""
        );
    })
}

pub(crate) fn index_with_untracked_cache(scratch: &Scratch) -> World {
    let world = World::of(feature(scratch));
    world.repo.git(&["update-index", "--force-untracked-cache"]);
    world.check(|world, _| index_holds(world, b"UNTR"))
}

pub(crate) fn index_of_version_4(scratch: &Scratch) -> World {
    let repo = feature(scratch);
    repo.git(&["update-index", "--index-version", "4"]);
    World::of(repo).check(|world, _| index_holds(world, b"DIRC\0\0\0\x04"))
}

pub(crate) fn index_with_file_system_monitor(scratch: &Scratch) -> World {
    let repo = feature(scratch);
    let hook = repo.path().join(".git/monitor");
    script(&hook, "exit 1");
    repo.git(&["config", "core.fsmonitor", &hook.to_string_lossy()]);
    repo.git(&["update-index", "--fsmonitor"]);
    World::of(repo).check(|world, _| index_holds(world, b"FSMN"))
}

pub(crate) fn index_with_resolved_conflicts(scratch: &Scratch) -> World {
    let repo = two_sides(feature(scratch));
    assert_ne!(repo.try_git(&["merge", "other"]).status, 0);
    repo.write("README.md", "both\n");
    repo.git(&["add", "README.md"]);
    World::calm(repo).check(|world, _| index_holds(world, b"REUC"))
}
