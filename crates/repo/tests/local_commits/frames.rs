//! What one commit's frame says, and which commits have one.

use pawtrail_event::frame::{Announcement, Frame, MAX_CHANGED_FILES, Outgoing};
use pawtrail_repo::{init, sync_state};

use crate::support::{BRANCH, Ground, META, MISSION, REF, SLUG, hashes, meta};

fn only(frames: Vec<Announcement>) -> Announcement {
    assert_eq!(frames.len(), 1, "{frames:?}");
    frames.into_iter().next().unwrap()
}

#[test]
fn a_frame_says_what_git_says() {
    let ground = Ground::new();
    let repo = &ground.repo;
    let uuid = init::init(&ground.project()).unwrap().project_uuid;
    let parent = repo.rev("HEAD").unwrap();
    repo.write(&format!("kitty-specs/{SLUG}/b ü.md"), "b");
    repo.write(&format!("kitty-specs/{SLUG}/tasks/WP01.md"), "1");
    repo.write("src/main.rs", "fn main() {}");
    repo.git(&["add", "kitty-specs", "src"]);
    repo.git(&[
        "commit",
        "-q",
        "-m",
        "Two files",
        "--date",
        "2001-01-01T00:00:00Z",
    ]);
    let frame = only(ground.record());
    assert_eq!(frame.git_hash.as_str(), repo.rev("HEAD").unwrap());
    assert_eq!(frame.mission_id.as_str(), MISSION);
    assert_eq!(frame.mission_slug.as_ref().unwrap().as_str(), SLUG);
    assert_eq!(frame.branch.as_deref(), Some(REF));
    assert_eq!(frame.project_uuid, Some(uuid));
    assert_eq!(frame.build_id, ground.project().build_id().unwrap());
    assert_eq!(
        frame.parents.iter().map(|p| p.as_str()).collect::<Vec<_>>(),
        [parent]
    );
    assert_eq!(
        frame.changed_files,
        [
            format!("kitty-specs/{SLUG}/b ü.md"),
            format!("kitty-specs/{SLUG}/tasks/WP01.md")
        ]
    );
    let committed = repo.git(&[
        "log",
        "-1",
        "--format=%cd",
        "--date=format-local:%Y-%m-%dT%H:%M:%SZ",
    ]);
    assert_eq!(frame.committed_at, committed.trim());
    assert_eq!(frame.changed_files_total, None);
    frame.validate().unwrap();
}

#[test]
fn deleted_renamed_and_retyped_files_are_listed_with_both_names() {
    let ground = Ground::new();
    let repo = &ground.repo;
    let dir = format!("kitty-specs/{SLUG}");
    repo.write(&format!("{dir}/gone.md"), "gone");
    repo.write(&format!("{dir}/old.md"), "a text that is recognized\n");
    repo.write(&format!("{dir}/thing"), "a file");
    repo.git(&["add", "kitty-specs"]);
    repo.git(&["commit", "-q", "-m", "Before"]);
    let before = ground.record();
    repo.git(&[
        "rm",
        "-q",
        &format!("{dir}/gone.md"),
        &format!("{dir}/thing"),
    ]);
    repo.git(&["mv", &format!("{dir}/old.md"), &format!("{dir}/new.md")]);
    repo.write(&format!("{dir}/thing/inside.md"), "now a directory");
    repo.git(&["add", "kitty-specs"]);
    repo.git(&["commit", "-q", "-m", "After"]);
    let frames = ground.record();
    assert_eq!(frames[..1], before);
    let names = ["gone.md", "new.md", "old.md", "thing", "thing/inside.md"];
    assert_eq!(
        frames[1].changed_files,
        names.map(|name| format!("{dir}/{name}"))
    );
}

#[test]
fn fr_011_nothing_for_other_paths_and_other_branches() {
    let ground = Ground::new();
    let repo = &ground.repo;
    repo.commit_file("src/lib.rs", "x", "Code only");
    repo.git(&["commit", "-q", "--allow-empty", "-m", "Nothing"]);
    repo.commit_file(
        "kitty-specs-other/a.md",
        "x",
        "A directory of a similar name",
    );
    repo.git(&["switch", "-q", "-c", "topic"]);
    repo.commit_file(
        &format!("kitty-specs/{SLUG}/topic.md"),
        "x",
        "Not a mission's branch",
    );
    assert!(ground.record().is_empty());
    assert_eq!(
        sync_state::state(&ground.project()).unwrap().unattributed,
        0
    );
}

#[test]
fn a_file_named_kitty_specs_is_no_directory_of_missions() {
    let ground = Ground::new();
    ground
        .repo
        .git(&["switch", "-q", "--orphan", "kitty/mission-odd"]);
    ground.repo.commit_file("kitty-specs", "a file", "Odd");
    assert!(ground.record().is_empty());
}

#[test]
fn a_root_commit_announces_all_that_it_holds() {
    let ground = Ground::new();
    let repo = &ground.repo;
    repo.git(&["switch", "-q", "--orphan", "kitty/mission-fresh-01KT0000"]);
    repo.write(
        "kitty-specs/fresh/meta.json",
        meta("01KT0000000000000000000000"),
    );
    repo.write("kitty-specs/fresh/spec.md", "spec");
    repo.git(&["add", "kitty-specs"]);
    repo.git(&["commit", "-q", "-m", "Root"]);
    let frame = only(ground.record());
    assert_eq!(frame.mission_id.as_str(), "01KT0000000000000000000000");
    assert_eq!(
        frame.changed_files,
        ["kitty-specs/fresh/meta.json", "kitty-specs/fresh/spec.md"]
    );
    assert!(frame.parents.is_empty());
}

#[test]
fn several_missions_in_one_commit_are_one_frame_of_the_first() {
    let ground = Ground::new();
    let repo = &ground.repo;
    repo.write("kitty-specs/aaa/notes.md", "a directory without meta.json");
    repo.write(
        "kitty-specs/bbb/meta.json",
        meta("01KT00000000000000000000BB"),
    );
    repo.write(&format!("kitty-specs/{SLUG}/z.md"), "z");
    repo.git(&["add", "kitty-specs"]);
    repo.git(&["commit", "-q", "-m", "All"]);
    let frame = only(ground.record());
    assert_eq!(frame.mission_id.as_str(), "01KT00000000000000000000BB");
    assert_eq!(frame.mission_slug.as_ref().unwrap().as_str(), "bbb");
    assert_eq!(frame.changed_files.len(), 3);
}

#[test]
fn the_mission_is_found_in_the_parent_and_by_the_branch() {
    let ground = Ground::new();
    let repo = &ground.repo;
    repo.git(&["rm", "-q", META]);
    repo.git(&["commit", "-q", "-m", "Remove the mission"]);
    assert_eq!(only(ground.record()).mission_id.as_str(), MISSION);
    let lane = format!("{BRANCH}-lane-a");
    repo.git(&["switch", "-q", "-c", &lane, "HEAD~1"]);
    repo.commit_file("kitty-specs/README.md", "x", "Belongs to no directory");
    let frames = ground.record();
    assert_eq!(frames[1].mission_id.as_str(), MISSION);
    assert_eq!(
        frames[1].branch.as_deref(),
        Some(&*format!("refs/heads/{lane}"))
    );
}

#[test]
fn a_commit_of_no_mission_is_counted() {
    let ground = Ground::new();
    ground
        .repo
        .git(&["switch", "-q", "--orphan", "kitty/mission-unknown"]);
    ground.repo.git(&["branch", "-q", "-D", BRANCH]);
    ground.repo.commit_file("kitty-specs/x/y.md", "y", "Whose?");
    assert!(ground.record().is_empty());
    assert_eq!(
        sync_state::state(&ground.project()).unwrap().unattributed,
        1
    );
}

/// However the commit that names the mission comes: with plain git, told by a hook, or found later.
#[test]
fn commits_of_a_mission_that_is_named_later_are_announced_then_in_order() {
    for told in [false, true] {
        let ground = Ground::new();
        let repo = &ground.repo;
        let early = [
            repo.commit_file("kitty-specs/new/spec.md", "s", "Spec"),
            repo.commit_file("kitty-specs/new/plan.md", "p", "Plan"),
        ];
        // The branch would name its own mission.
        repo.git(&["branch", "-q", "-m", "kitty/mission-new"]);
        assert!(ground.record().is_empty());
        let state = sync_state::state(&ground.project()).unwrap();
        assert_eq!(state.unattributed, 2);
        let id = "01KT119YJ5M0V7Q8Z9X2C3D4F6";
        let path = "kitty-specs/new/meta.json";
        let named = repo.commit_file(path, &crate::support::meta(id), "Meta");
        if told {
            sync_state::committed(&ground.project()).unwrap();
        }
        let frames = ground.record();
        assert_eq!(hashes(&frames), [&*early[0], &early[1], &named]);
        assert!(frames.iter().all(|frame| frame.mission_id.as_str() == id));
        let state = sync_state::state(&ground.project()).unwrap();
        assert_eq!(state.unattributed, 0);
    }
}

#[test]
fn a_merge_is_announced_only_where_it_differs_from_all_parents() {
    let ground = Ground::new();
    let repo = &ground.repo;
    repo.git(&["switch", "-q", "-c", "side"]);
    repo.commit_file("src/a.rs", "a", "Code on a side branch");
    repo.git(&["switch", "-q", BRANCH]);
    let spec = ground.spec("spec.md");
    repo.git(&["merge", "-q", "--no-ff", "-m", "Takes code", "side"]);
    assert_eq!(hashes(&ground.record()), std::slice::from_ref(&spec));

    repo.git(&["switch", "-q", "-c", &format!("{BRANCH}-lane-a"), &spec]);
    let lane = ground.spec("lane.md");
    repo.git(&["switch", "-q", BRANCH]);
    let own = ground.spec("own.md");
    repo.git(&[
        "merge",
        "-q",
        "-m",
        "Takes specs",
        &format!("{BRANCH}-lane-a"),
    ]);
    let frames = ground.record();
    let merge = repo.rev("HEAD").unwrap();
    assert_eq!(frames.len(), 4);
    assert_eq!(frames[3].git_hash.as_str(), merge);
    assert_eq!(
        frames[3].changed_files,
        [format!("kitty-specs/{SLUG}/lane.md")]
    );
    let mut between = hashes(&frames[1..3]);
    between.sort();
    let mut expected = [lane, own];
    expected.sort();
    assert_eq!(between, expected);
}

#[test]
fn more_paths_than_a_frame_takes_are_counted() {
    let ground = Ground::new();
    for at in 0..MAX_CHANGED_FILES + 5 {
        ground
            .repo
            .write(&format!("kitty-specs/{SLUG}/{at:04}"), "x");
    }
    ground.repo.git(&["add", "kitty-specs"]);
    ground.repo.git(&["commit", "-q", "-m", "Many"]);
    let long = "x".repeat(200);
    for at in 0..400 {
        ground
            .repo
            .write(&format!("kitty-specs/{SLUG}/{long}/{at:04}"), "x");
    }
    ground.repo.git(&["add", "kitty-specs"]);
    ground.repo.git(&["commit", "-q", "-m", "Long"]);
    let frames = ground.record();
    assert_eq!(frames[0].changed_files.len(), MAX_CHANGED_FILES);
    assert_eq!(
        frames[0].changed_files_total,
        Some(MAX_CHANGED_FILES as u64 + 5)
    );
    assert!(frames[1].changed_files.len() < 400);
    assert_eq!(frames[1].changed_files_total, Some(400));
    for frame in frames {
        let text = Outgoing::Commit(Box::new(frame)).to_text().unwrap();
        Frame::parse(&text).unwrap();
    }
}
