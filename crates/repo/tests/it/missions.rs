//! Missions, their handles, the ledger branch that each gets, and `init`.

use pawtrail_repo::mission::{self, NewMission, Topology};
use pawtrail_repo::placement::{self, ChosenBy};
use pawtrail_repo::{Error, Project, init};
use pawtrail_testkit::Scratch;

use crate::support::{answer, ask, at, create, open};

#[test]
fn handles_name_a_mission_or_say_why_not() {
    let scratch = Scratch::new();
    let repo = scratch.repo("r");
    let project = open(&repo);
    let one = create(&project, "alpha");
    let two = create(&project, "beta");
    let find = |handle: &str| mission::resolve(&project, Some(handle), repo.path());
    for handle in [one.mission_id.as_str(), one.mission_slug.as_str(), "alpha"] {
        assert_eq!(find(handle).unwrap().mission_id, one.mission_id, "{handle}");
    }
    let error = find("gamma").unwrap_err();
    assert_eq!(error.code(), "MISSION_NOT_FOUND");
    create(&project, "beta");
    let error = find("beta").unwrap_err();
    assert_eq!(error.code(), "MISSION_AMBIGUOUS");
    assert_eq!(error.details()["candidates"].as_array().unwrap().len(), 2);
    assert_eq!(
        find(two.mission_slug.as_str()).unwrap().mission_id,
        two.mission_id
    );
    let error = mission::resolve(&project, None, repo.path()).unwrap_err();
    assert_eq!(error.exit_code(), 2);
}

#[test]
fn legacy_numbers_are_handles() {
    let scratch = Scratch::new();
    let repo = scratch.repo("r");
    let id = "01KT119YA7GD2Y0D7MZRH5JSS3";
    let meta =
        format!("{{\"mission_id\":\"{id}\",\"mission_number\":\"042\",\"friendly_name\":\"Old\"}}");
    repo.commit_file("kitty-specs/042-old/meta.json", &meta, "old");
    repo.commit_file("kitty-specs/none/meta.json", "{}", "no id");
    repo.commit_file("kitty-specs/broken/meta.json", "{", "broken");
    let project = open(&repo);
    for handle in ["42", "042", "old", "042-old", "01KT119Y", id] {
        let found = mission::resolve(&project, Some(handle), repo.path()).unwrap();
        assert_eq!(found.title, "Old", "{handle}");
    }
    let listing = mission::list(&project).unwrap();
    assert_eq!(listing.missions.len(), 1);
    assert_eq!(listing.damaged.len(), 1);
    let place = placement::placement(&project, &listing.missions[0]).unwrap();
    assert_eq!(place.ledger_ref, "refs/heads/kitty/mission-old-01KT119Y");
    assert_eq!(place.chosen_by, ChosenBy::OwnBranch);
}

#[test]
fn without_a_handle_directory_branch_and_the_only_one_count() {
    let scratch = Scratch::new();
    let repo = scratch.repo("r");
    let project = open(&repo);
    let one = create(&project, "alpha");
    assert_eq!(
        mission::resolve(&project, None, repo.path())
            .unwrap()
            .mission_id,
        one.mission_id
    );
    let two = create(&project, "beta");
    let branch = format!("kitty/mission-{}", two.mission_slug);
    let linked = repo.worktree("linked", &branch);
    let here = open(&linked);
    assert_eq!(
        mission::resolve(&here, None, linked.path())
            .unwrap()
            .mission_id,
        two.mission_id
    );
    let dir = linked.path().join(&two.dir);
    assert_eq!(
        mission::resolve(&at(&dir), None, &dir).unwrap().mission_id,
        two.mission_id
    );
}

#[test]
fn the_one_mission_that_has_the_current_branch_is_meant_beside_others() {
    let scratch = Scratch::new();
    let repo = scratch.repo("r");
    repo.git(&["switch", "-q", "-c", "one"]);
    let one = create(&open(&repo), "alpha");
    repo.git(&["switch", "-q", "-c", "two"]);
    let two = create(&open(&repo), "beta");
    // Another tool's, which this clone remembers nothing of.
    let meta = "{\"mission_id\":\"01KT119YA7GD2Y0D7MZRH5JSS3\"}";
    repo.commit_file("kitty-specs/other/meta.json", meta, "other");
    let project = open(&repo);
    let meant = |cwd: &str| {
        let cwd = repo.path().join(cwd);
        mission::resolve(&project, None, &cwd).map(|mission| mission.mission_id)
    };
    assert_eq!(meant("").unwrap(), two.mission_id);
    // A directory comes before a branch.
    assert_eq!(meant(&one.dir).unwrap(), one.mission_id);
    assert_eq!(meant("kitty-specs").unwrap(), two.mission_id);
    // What only the branch has counts as well.
    std::fs::remove_dir_all(repo.path().join(&two.dir)).unwrap();
    assert_eq!(meant("").unwrap(), two.mission_id);
    // One that is gone doesn't, nor do two.
    repo.git(&["rm", "-rq", &two.dir]);
    repo.git(&["commit", "-qm", "no beta"]);
    assert_eq!(meant("").unwrap_err().exit_code(), 2);
    let third = create(&project, "gamma");
    assert_eq!(meant("").unwrap(), third.mission_id);
    create(&project, "delta");
    assert_eq!(meant("").unwrap_err().exit_code(), 2);
}

#[test]
fn a_directory_that_gets_another_name_is_meant_by_every_handle() {
    let scratch = Scratch::new();
    let repo = scratch.repo("r");
    repo.git(&["switch", "-q", "-c", "feature"]);
    let project = open(&repo);
    let mission = create(&project, "alpha");
    repo.git(&["mv", &mission.dir, "kitty-specs/renamed"]);
    for handle in [None, Some(mission.mission_id.as_str()), Some("renamed")] {
        let found = mission::resolve(&project, handle, repo.path()).unwrap();
        assert_eq!(found.dir, "kitty-specs/renamed", "{handle:?}");
    }
}

#[test]
fn the_ledger_branch_is_chosen_once() {
    let scratch = Scratch::new();
    let repo = scratch.repo("r");
    repo.git(&["switch", "-q", "-c", "feature"]);
    let mission = create(&open(&repo), "steady");
    repo.git(&["switch", "-q", "-c", "another"]);
    let project = open(&repo);
    let place = placement::placement(&project, &mission).unwrap();
    assert_eq!(place.ledger_ref, "refs/heads/feature");
    assert_eq!(
        (place.chosen_by, place.recorded),
        (ChosenBy::CurrentBranch, true)
    );
    assert!(!place.seen_by_python);
    assert!(place.checkouts.is_empty());
    let asked = ask(&project, &mission, "Where?");
    assert_eq!(
        answer(&project, &mission, &asked, "there")
            .unwrap()
            .receipt
            .r#ref,
        "refs/heads/feature"
    );
}

#[test]
fn coord_names_its_branch_and_a_second_clone_finds_it() {
    let scratch = Scratch::new();
    let repo = scratch.repo("r");
    repo.git(&["switch", "-q", "-c", "feature"]);
    let project = open(&repo);
    let new = NewMission {
        slug: "coord".to_owned(),
        topology: Topology::Coord,
        ..NewMission::default()
    };
    let made = mission::create(&project, &new).unwrap();
    assert_eq!(made.placement.chosen_by, ChosenBy::Meta);
    let asked = ask(&project, &made.mission, "Shared?");
    answer(&project, &made.mission, &asked, "yes").unwrap();
    let clone = scratch.path().join("clone");
    repo.git(&["clone", "-q", ".", &clone.to_string_lossy()]);
    let theirs = at(&clone);
    let found = mission::resolve(&theirs, Some("coord"), &clone).unwrap();
    let place = placement::placement(&theirs, &found).unwrap();
    assert_eq!(place.ledger_ref, made.placement.ledger_ref);
    let listed = pawtrail_repo::decisions::list(&theirs, &found)
        .unwrap()
        .decisions;
    assert_eq!(listed[0].answer.as_deref(), Some("yes"));
    let next = ask(&theirs, &found, "Again?");
    answer(&theirs, &found, &next, "also").unwrap();
    assert_eq!(
        pawtrail_repo::decisions::list(&theirs, &found)
            .unwrap()
            .decisions
            .len(),
        2
    );
}

#[test]
fn main_is_protected_unless_the_project_says_otherwise() {
    let scratch = Scratch::new();
    let repo = scratch.repo("r");
    assert_eq!(create_branch(&open(&repo), "guarded"), ChosenBy::OwnBranch);
    repo.commit_file(
        ".kittify/config.yaml",
        "protection:\n  protected_branches: []\n",
        "trunk",
    );
    assert_eq!(
        create_branch(&open(&repo), "trunk"),
        ChosenBy::CurrentBranch
    );
}

fn create_branch(project: &Project, slug: &str) -> ChosenBy {
    let new = NewMission {
        slug: slug.to_owned(),
        ..NewMission::default()
    };
    mission::create(project, &new).unwrap().placement.chosen_by
}

#[test]
fn bad_ground_is_refused_with_the_way_on() {
    let scratch = Scratch::new();
    let outside = Project::discover(scratch.path(), std::sync::Arc::new(pawtrail_repo::System));
    assert_eq!(outside.unwrap_err().code(), "NOT_A_REPOSITORY");
    let empty = scratch.empty_repo("empty");
    let new = |slug: &str| NewMission {
        slug: slug.to_owned(),
        ..NewMission::default()
    };
    let error = mission::create(&open(&empty), &new("first")).unwrap_err();
    assert!(matches!(error, Error::NoCommits), "{error}");
    // Another branch has commits: what is true then is something else.
    let orphan = scratch.repo("orphan");
    orphan.git(&["checkout", "-q", "--orphan", "fresh"]);
    let error = mission::create(&open(&orphan), &new("first")).unwrap_err();
    assert_eq!(error.code(), "BRANCH_WITHOUT_COMMITS");
    let said = error.to_string();
    assert!(
        said.contains("`fresh`") && said.contains("`main`"),
        "{said}"
    );
    assert_eq!(error.next_step().as_deref(), Some("git switch main"));
    orphan.git(&["switch", "-q", "main"]);
    mission::create(&open(&orphan), &new("first")).unwrap();
    let repo = scratch.repo("r");
    let project = open(&repo);
    let long = "x".repeat(101);
    for slug in ["", "-x", "a b", "../x", "ä", long.as_str()] {
        let error = mission::create(&project, &new(slug)).unwrap_err();
        assert_eq!(error.exit_code(), 2, "{slug}");
    }
    repo.git(&["checkout", "-q", "--detach"]);
    assert_eq!(create_branch(&open(&repo), "detached"), ChosenBy::OwnBranch);
}

#[test]
fn a_bare_repository_and_its_worktree_share_missions() {
    let scratch = Scratch::new();
    let repo = scratch.repo("r");
    let bare = scratch.path().join("bare.git");
    repo.git(&["clone", "-q", "--bare", ".", &bare.to_string_lossy()]);
    let project = at(&bare);
    assert_eq!(project.primary(), None);
    let mission = create(&project, "bare");
    let asked = ask(&project, &mission, "Bare?");
    assert!(
        answer(&project, &mission, &asked, "yes")
            .unwrap()
            .receipt
            .committed
    );
    assert_eq!(
        init::init(&project).unwrap_err().code(),
        "UNSUPPORTED_REPOSITORY"
    );
}

#[test]
fn a_ledger_commit_carries_the_users_identity_in_utc() {
    let scratch = Scratch::new();
    let repo = scratch.repo("r");
    repo.git(&["config", "user.name", "Ada"]);
    repo.git(&["config", "user.email", "ada@example.com"]);
    let made = create(&open(&repo), "who");
    let format = "--format=%an <%ae> %cn <%ce> %ci";
    let who = repo.git(&["log", "-1", format, &made.found_in]);
    assert!(
        who.starts_with("Ada <ada@example.com> Ada <ada@example.com>"),
        "{who}"
    );
    assert!(who.trim().ends_with("+0000"), "{who}");
}

#[test]
fn init_keeps_what_is_there() {
    let scratch = Scratch::new();
    let repo = scratch.repo("r");
    repo.git(&[
        "remote",
        "add",
        "origin",
        "https://example.com/Team/My_Project.git",
    ]);
    let first = init::init(&open(&repo)).unwrap();
    assert!(first.created.contains(&".kittify/config.yaml".to_owned()));
    let text = repo.read(".kittify/config.yaml").unwrap();
    assert_eq!(
        text,
        format!(
            "project:\n  uuid: {}\n  slug: my-project\n",
            first.project_uuid
        )
    );
    let again = init::init(&open(&repo)).unwrap();
    assert_eq!(
        (again.project_uuid, again.created),
        (first.project_uuid, vec![])
    );

    let other = scratch.repo("other");
    let before =
        "# ours\nmerge:\n  strategy: squash # keep\nproject:\n  # who we are\n  slug: kept\n";
    other.write(".kittify/config.yaml", before);
    let made = init::init(&open(&other)).unwrap();
    let text = other.read(".kittify/config.yaml").unwrap();
    for kept in [
        "# ours",
        "strategy: squash # keep",
        "# who we are",
        "slug: kept",
    ] {
        assert!(text.contains(kept), "{text}");
    }
    assert!(text.contains(made.project_uuid.as_str()));

    let third = scratch.repo("third");
    third.write(".kittify/config.yaml", "project: [not, a, mapping]\n");
    assert_eq!(
        init::init(&open(&third)).unwrap_err().code(),
        "FILE_DAMAGED"
    );
    assert_eq!(
        third.read(".kittify/config.yaml").unwrap(),
        "project: [not, a, mapping]\n"
    );
}

#[test]
fn builds_differ_by_checkout_and_the_node_by_clone() {
    let scratch = Scratch::new();
    let repo = scratch.repo("r");
    let linked = repo.worktree("linked", "other");
    let (one, two) = (open(&repo), open(&linked));
    assert_eq!(one.build_id().unwrap(), open(&repo).build_id().unwrap());
    assert_ne!(one.build_id().unwrap(), two.build_id().unwrap());
    assert_eq!(one.node_id().unwrap(), two.node_id().unwrap());
    assert_eq!(
        repo.status_v2()
            .lines()
            .filter(|line| !line.starts_with('#'))
            .count(),
        0
    );
}

#[test]
fn gits_own_commits_between_two_of_ours_wait_in_their_order() {
    let scratch = Scratch::new();
    let repo = scratch.repo("r");
    repo.git(&["switch", "-q", "-c", "feature"]);
    let project = open(&repo);
    let mission = create(&project, "between");
    let asked = ask(&project, &mission, "Between?");
    let spec = format!("{}/spec.md", mission.dir);
    let mut expected = vec![repo.git(&["rev-parse", "HEAD"])];
    for text in ["one", "two", "three"] {
        expected.push(repo.commit_file(&spec, text, text));
        repo.commit_file("src.txt", text, "elsewhere");
    }
    answer(&project, &mission, &asked, "yes").unwrap();
    expected.push(repo.git(&["rev-parse", "HEAD"]));
    let file = repo.read(".kittify/sync-state.json").unwrap();
    let file: serde_json::Value = serde_json::from_str(&file).unwrap();
    let stored: Vec<&str> = file["pending_local_commits"]
        .as_array()
        .unwrap()
        .iter()
        .map(|frame| frame["git_hash"].as_str().unwrap())
        .collect();
    let expected: Vec<&str> = expected.iter().map(|hash| hash.trim()).collect();
    assert_eq!(stored, expected);
    let derived = pawtrail_repo::sync_state::pending(&open(&repo)).unwrap();
    assert_eq!(derived.len(), expected.len());
}

#[test]
fn of_many_who_initialize_at_once_one_makes_the_identity_and_all_tell_it() {
    for _ in 0..3 {
        let scratch = Scratch::new();
        let repo = scratch.repo("r");
        let start = std::sync::Barrier::new(8);
        let told: Vec<_> = std::thread::scope(|scope| {
            let one = || {
                let project = open(&repo);
                start.wait();
                init::init(&project).unwrap().project_uuid
            };
            let all: Vec<_> = (0..8).map(|_| scope.spawn(one)).collect();
            all.into_iter().map(|one| one.join().unwrap()).collect()
        });
        let uuid = open(&repo).uuid().unwrap();
        assert!(told.iter().all(|one| *one == uuid), "{uuid} {told:?}");
        let log = repo.path().join(".kittify/canonical-events.jsonl");
        assert_eq!(std::fs::read_to_string(log).unwrap().lines().count(), 1);
    }
}

/// Readers of YAML take some words for something else than text.
#[test]
fn a_directory_whose_name_is_a_number_or_a_truth_is_named_as_text() {
    for name in [
        "123",
        "0x1f",
        "1.5",
        "2026-01-01",
        "true",
        "no",
        "null",
        "y",
    ] {
        for before in ["", "# ours\n", "project:\n  name: x\n"] {
            let scratch = Scratch::new();
            let repo = scratch.repo(name);
            std::fs::create_dir_all(repo.path().join(".kittify")).unwrap();
            let path = repo.path().join(".kittify/config.yaml");
            std::fs::write(&path, before).unwrap();
            init::init(&open(&repo)).unwrap();
            let text = std::fs::read_to_string(path).unwrap();
            let quoted = [format!("slug: \"{name}\"\n"), format!("slug: '{name}'\n")];
            assert!(quoted.iter().any(|one| text.contains(one)), "{text}");
            let identity = open(&repo).identity().unwrap().unwrap();
            assert_eq!(identity.slug.as_deref(), Some(name));
        }
    }
}

#[test]
fn two_directories_of_one_mission_are_told_by_every_way_to_it() {
    let scratch = Scratch::new();
    let repo = scratch.repo("r");
    repo.git(&["switch", "-q", "-c", "work"]);
    let project = open(&repo);
    let mission = create(&project, "payments");
    let meta = repo.read(&mission.path("meta.json")).unwrap();
    repo.commit_file("kitty-specs/a-copy/meta.json", &meta, "Copy a mission");
    let id = mission.mission_id.as_str();
    // What this clone has recorded counts: by the whole id, which is the short way, as by all others.
    let slug = mission.mission_slug.as_str();
    for handle in [
        Some(id),
        Some(mission.mission_id.mid8()),
        Some("payments"),
        Some(slug),
        None,
    ] {
        let found = mission::resolve(&project, handle, repo.path()).unwrap();
        assert_eq!(found.mission_slug, mission.mission_slug, "{handle:?}");
    }
    let dirs = ["kitty-specs/a-copy".to_owned(), mission.dir.clone()];
    let twice = |project: &Project, handle: Option<&str>, cwd: &std::path::Path| {
        let error = mission::resolve(project, handle, cwd).unwrap_err();
        assert_eq!(error.code(), "MISSION_TWICE", "{handle:?}: {error}");
        assert_eq!(
            error.details()["dirs"],
            serde_json::json!(dirs),
            "{handle:?}"
        );
        let said = error.to_string();
        assert!(dirs.iter().all(|dir| said.contains(dir)), "{said}");
    };
    twice(&project, Some("a-copy"), repo.path());
    twice(&project, None, &repo.path().join("kitty-specs/a-copy"));
    let listing = mission::list(&project).unwrap();
    assert_eq!(listing.missions.len(), 1);
    assert_eq!(listing.damaged[0].path, "kitty-specs/a-copy/meta.json");
    // Without a record nothing says which, so none is taken.
    let clone = scratch.clone_of(&repo, "clone");
    let theirs = open(&clone);
    for handle in [
        Some(id),
        Some(mission.mission_id.mid8()),
        Some("a-copy"),
        Some(slug),
        None,
    ] {
        twice(&theirs, handle, clone.path());
    }
}

#[test]
fn a_clock_before_1970_is_refused_and_nothing_is_written() {
    let scratch = Scratch::new();
    let repo = scratch.repo("r");
    repo.git(&["switch", "-q", "-c", "work"]);
    let mission = create(&open(&repo), "payments");
    let asked = ask(&open(&repo), &mission, "Which?");
    let before = (repo.git(&["for-each-ref"]), repo.status_v2());
    let start = "1969-12-31T12:00:00Z".parse().unwrap();
    let source = std::sync::Arc::new(pawtrail_repo::Seeded::new(1, start));
    let early = Project::discover(repo.path(), source).unwrap();
    let code = answer(&early, &mission, &asked, "yes").unwrap_err().code();
    assert_eq!(code, "CLOCK_BEFORE_1970");
    let new = NewMission {
        slug: "another".to_owned(),
        ..NewMission::default()
    };
    let error = mission::create(&early, &new).unwrap_err();
    assert_eq!((error.code(), error.exit_code()), (code, 1));
    repo.write("notes.md", "note\n");
    let paths = ["notes.md".into()];
    let error = pawtrail_repo::commit::commit(&early, repo.path(), "Note", &paths, None);
    assert_eq!(error.unwrap_err().code(), code);
    std::fs::remove_file(repo.path().join("notes.md")).unwrap();
    assert_eq!((repo.git(&["for-each-ref"]), repo.status_v2()), before);
    answer(&open(&repo), &mission, &asked, "yes").unwrap();
    repo.fsck();
}
