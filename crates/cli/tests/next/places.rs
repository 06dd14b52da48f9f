//! Where templates are found: the first place of the reference that has one for the mission's type.

use pawtrail_testkit::text;
use serde_json::Value;

use crate::support::{SHARED, TEMPLATE, World};

/// Begins a new mission; says where its template came from.
fn origin(world: &World, name: &str, kind: &str, env: Option<&str>) -> Value {
    let made = ["mission", "create", name, "--type", kind];
    let slug = text(&world.pawtrail.data(&world.repo, &made)["mission_slug"]);
    let args = [
        "--json",
        "next",
        "--mission",
        &slug,
        "--agent",
        "coder",
        "--result",
        "success",
    ];
    let mut command = world.pawtrail.command(world.repo.path(), &args);
    if let Some(paths) = env {
        command.env("SPEC_KITTY_MISSION_PATHS", paths);
    }
    let output = command.output().unwrap();
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(output.status.success(), "{said:#}");
    said["origin"].clone()
}

#[test]
fn templates_are_found_in_the_order_of_the_reference() {
    let world = World::shared();
    std::fs::remove_file(world.repo.path().join(TEMPLATE)).unwrap();
    let home = world.pawtrail.command(world.repo.path(), &[]);
    let home = home.get_envs().find(|(name, _)| *name == "HOME").unwrap();
    let home = std::path::PathBuf::from(home.1.unwrap());
    let beside = world.scratch.path().join("beside");
    let write = |path: std::path::PathBuf, text: &str| {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    let root = world.repo.path();
    let config = std::fs::read_to_string(root.join(".kittify/config.yaml")).unwrap();
    write(
        root.join(".kittify/config.yaml"),
        &format!("{config}mission_packs: [packs/one]\n"),
    );
    // From the last place to the first: each takes precedence over those before.
    for (name, path, tier, remembered) in [
        (
            "a",
            home.join(".kittify/missions/shared/mission.yaml"),
            "global_mission",
            "user:shared/mission.yaml",
        ),
        (
            "b",
            root.join("packs/one/missions/shared/mission-runtime.yaml"),
            "project_config",
            "packs/one/missions/shared/mission-runtime.yaml",
        ),
        ("c", root.join(TEMPLATE), "project_legacy", TEMPLATE),
        (
            "d",
            root.join(".kittify/overrides/missions/mission-runtime.yaml"),
            "project_override",
            ".kittify/overrides/missions/mission-runtime.yaml",
        ),
    ] {
        write(path, SHARED);
        let found = origin(&world, name, "shared", None);
        assert_eq!(
            (&found["mission_tier"], &found["mission_path"]),
            (&tier.into(), &remembered.into())
        );
    }
    write(beside.join("shared/mission-runtime.yaml"), SHARED);
    let named = beside.to_string_lossy().into_owned();
    let found = origin(&world, "e", "shared", Some(&named));
    assert_eq!(found["mission_tier"], "env");
    // A run never remembers a place of this machine.
    assert_eq!(found["mission_path"], "env:shared/mission-runtime.yaml");
}

#[test]
fn for_software_dev_the_builtin_template_comes_before_the_users_own() {
    let world = World::new("plan");
    let home = world.pawtrail.command(world.repo.path(), &[]);
    let home = home.get_envs().find(|(name, _)| *name == "HOME").unwrap();
    let missions = std::path::PathBuf::from(home.1.unwrap()).join(".kittify/missions");
    for kind in ["software-dev", "plan"] {
        let dir = missions.join(kind);
        std::fs::create_dir_all(&dir).unwrap();
        let own = SHARED.replace("key: shared", &format!("key: {kind}"));
        std::fs::write(dir.join("mission-runtime.yaml"), own).unwrap();
    }
    assert_eq!(
        origin(&world, "a", "software-dev", None)["mission_tier"],
        "builtin"
    );
    assert_eq!(
        origin(&world, "b", "plan", None)["mission_tier"],
        "global_mission"
    );
}

#[test]
fn a_template_of_the_users_own_that_cannot_be_used_is_passed_over_and_named() {
    let world = World::new("plan");
    let home = world.pawtrail.command(world.repo.path(), &[]);
    let home = home.get_envs().find(|(name, _)| *name == "HOME").unwrap();
    let missions = std::path::PathBuf::from(home.1.unwrap()).join(".kittify/missions");
    // The first is as spec-kitty installs it: its steps stand where no reader looks.
    for kind in ["plan", "own"] {
        std::fs::create_dir_all(missions.join(kind)).unwrap();
        let file = missions.join(kind).join("mission-runtime.yaml");
        std::fs::write(
            file,
            format!("mission:\n  key: {kind}\n  steps:\n    - id: a\n"),
        )
        .unwrap();
    }
    for _ in 0..2 {
        let query = world.query();
        assert_eq!(query["preview_step"], "specify", "{query:#}");
        let warnings = query["warnings"].to_string();
        assert!(warnings.contains("no steps"), "{query:#}");
    }
    // Where nothing else is there, it is an error.
    let words = ["mission", "create", "b", "--type", "own"];
    world.pawtrail.data(&world.repo, &words);
    let (status, said) = world
        .pawtrail
        .json_in(world.repo.path(), &["next", "--mission", "b"]);
    assert_eq!(
        (status, &said["error"]["code"]),
        (1, &"TEMPLATE_INVALID".into())
    );
}

#[test]
fn an_edited_template_is_noticed_wherever_it_lies() {
    let world = World::shared();
    let beside = world.scratch.path().join("beside/shared");
    std::fs::create_dir_all(&beside).unwrap();
    let file = beside.join("mission-runtime.yaml");
    std::fs::write(&file, SHARED).unwrap();
    let named = world.scratch.path().join("beside");
    let next = |args: &[&str]| {
        let mut all = vec!["--json", "next", "--mission", &world.slug];
        all.extend(args);
        let mut command = world.pawtrail.command(world.repo.path(), &all);
        command.env("SPEC_KITTY_MISSION_PATHS", &named);
        let output = command.output().unwrap();
        serde_json::from_slice::<Value>(&output.stdout).unwrap()
    };
    next(&["--agent", "coder", "--result", "success"]);
    assert_eq!(next(&[])["reason"], Value::Null);
    std::fs::write(&file, SHARED.replace("Shape it", "Form it")).unwrap();
    assert_eq!(
        next(&[])["reason"],
        "Template changed during active run. Migration required."
    );
    // Where the file is gone nothing can have changed: the run goes by what it began with.
    std::fs::remove_file(&file).unwrap();
    assert_eq!(next(&[])["reason"], Value::Null);
}
