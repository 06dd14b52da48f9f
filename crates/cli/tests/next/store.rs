//! The store of runs: what the Python tool's readers find, and that nothing depends on it.

use pawtrail_testkit::text;
use serde_json::Value;

use crate::support::World;

fn json(path: &std::path::Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn a_damaged_or_missing_projection_changes_nothing_and_is_written_again() {
    let world = World::shared();
    world.report(&[]);
    let index = world.repo.path().join(".kittify/runtime/feature-runs.json");
    let state = world.run_dir().join("state.json");
    let entry = json(&index)[&world.slug].clone();
    assert_eq!(entry["mission_id"], world.mission_id.as_str());
    assert_eq!(entry["mission_type"], "shared");
    for damage in ["", "{\"torn", "[]"] {
        std::fs::write(&index, damage).unwrap();
        std::fs::write(&state, damage).unwrap();
        assert_eq!(world.query()["run_id"], entry["run_id"]);
        assert_eq!(world.report(&[])["run_id"], entry["run_id"]);
        assert_eq!(json(&index)[&world.slug], entry);
        assert_eq!(json(&state)["run_id"], entry["run_id"]);
    }
    world.run_dir();
}

#[test]
fn other_missions_stay_in_the_index_however_it_is_damaged() {
    let world = World::shared();
    world.report(&[]);
    let made = ["mission", "create", "second", "--type", "plan"];
    let second = text(&world.pawtrail.data(&world.repo, &made)["mission_slug"]);
    let start = |slug: &str| {
        let args = [
            "--json",
            "next",
            "--mission",
            slug,
            "--agent",
            "coder",
            "--result",
            "success",
        ];
        world.pawtrail.run(&world.repo, &args).json()
    };
    start(&second);
    let index = world.repo.path().join(".kittify/runtime/feature-runs.json");
    let whole = json(&index);
    assert_eq!(whole.as_object().unwrap().len(), 2);
    std::fs::write(&index, "damaged").unwrap();
    start(&second);
    assert_eq!(json(&index), whole);
}

#[test]
fn a_run_is_found_again_where_its_claim_is_lost_and_where_the_repository_moved() {
    let world = World::shared();
    let run = text(&world.report(&[])["run_id"]);
    std::fs::remove_dir_all(world.repo.common_dir().join("pawtrail/runs")).unwrap();
    assert_eq!(world.query()["run_id"], run.as_str());
    assert_eq!(world.report(&["--step", "shape"])["run_id"], run.as_str());
    let moved = world.scratch.path().join("moved");
    std::fs::rename(world.repo.path(), &moved).unwrap();
    let moved = world.repo.at(&moved.to_string_lossy());
    let (_, query) = world.next_in(&moved, &[]);
    assert_eq!(
        (&query["run_id"], &query["decision_id"]),
        (&run.as_str().into(), &"input:database".into())
    );
    assert!(query["warnings"].is_null(), "{query:#}");
}

#[test]
fn a_worktree_drives_the_same_run() {
    let world = World::shared();
    let run = text(&world.report(&[])["run_id"]);
    let linked = world.repo.worktree("linked", "elsewhere");
    let (_, said) = world.next_in(
        &linked,
        &["--agent", "coder", "--result", "success", "--step", "shape"],
    );
    assert_eq!(
        (&said["run_id"], &said["kind"]),
        (&run.as_str().into(), &"decision_required".into())
    );
    assert!(!linked.path().join(".kittify/runtime").exists());
}

#[test]
fn a_bare_repository_keeps_runs_in_its_private_state() {
    let world = World::new("plan");
    let bare = world.scratch.bare("bare.git");
    let url = bare.path().to_string_lossy().into_owned();
    let branch = format!("work:refs/heads/kitty/mission-{}", world.slug);
    world.repo.git(&["push", "-q", &url, &branch]);
    let (status, said) = world.next_in(&bare, &["--agent", "coder", "--result", "success"]);
    assert_eq!(status, 0, "{said:#}");
    assert!(bare.path().join("pawtrail/runtime/runs").is_dir());
    assert!(!bare.path().join(".kittify").exists());
}

#[test]
fn what_git_ignores_stays_out_of_the_way() {
    let world = World::shared();
    let before = world.repo.status_v2();
    world.report(&[]);
    assert_eq!(world.repo.status_v2(), before);
}
