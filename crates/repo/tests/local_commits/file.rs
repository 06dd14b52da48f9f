//! `sync-state.json`: its shape, its repair, and what other tools leave in it.

use pawtrail_event::CommitHash;
use pawtrail_repo::sync_state;
use serde_json::{Value, json};

use crate::support::{Ground, MISSION, REF, SLUG, hashes};

fn oid(ground: &Ground, revision: &str) -> gix::ObjectId {
    let project = ground.project();
    project.git().rev_parse_single(revision).unwrap().detach()
}

#[test]
fn fr_013_the_file_begins_with_the_two_shared_keys_and_git_ignores_it() {
    let ground = Ground::new();
    let commit = ground.spec("a.md");
    ground.record();
    let text = std::fs::read_to_string(ground.file()).unwrap();
    assert!(
        text.starts_with(
            "{\n  \"last_saas_confirmed_hash\": null,\n  \"pending_local_commits\": [\n    {\n      \"type\": \"LocalCommit\",\n"
        ),
        "{text}"
    );
    assert_eq!(ground.json()["version"], 2);
    assert_eq!(
        ground.json()["pending_local_commits"][0]["git_hash"],
        *commit
    );
    assert_eq!(ground.repo.status_v2(), "");
}

#[test]
fn fr_015_an_ack_moves_the_confirmed_hash_and_removes_that_frame() {
    let ground = Ground::new();
    let commits: Vec<String> = (0..3).map(|at| ground.spec(&format!("{at}.md"))).collect();
    ground.record();
    let unknown = "f".repeat(40);
    ground.acknowledge(&[&commits[2], &commits[0], &unknown]);
    let state = sync_state::state(&ground.project()).unwrap();
    assert_eq!(state.confirmed.unwrap().as_str(), commits[0]);
    assert_eq!(hashes(&state.pending), [commits[1].clone()]);
    assert_eq!(state.oldest_at.unwrap(), state.pending[0].committed_at);
    let known = |hash: &str| {
        let hash: CommitHash = hash.parse().unwrap();
        sync_state::is_acknowledged(&ground.project(), &hash).unwrap()
    };
    assert_eq!(
        [known(&commits[0]), known(&commits[1]), known(&unknown)],
        [true, false, false]
    );
    // The same ack again changes nothing but may come late.
    ground.acknowledge(&[&commits[2]]);
    assert_eq!(ground.json()["last_saas_confirmed_hash"], *commits[2]);
    assert_eq!(ground.record().len(), 1);
}

#[test]
fn an_ack_is_understood_before_the_frame_was_recorded() {
    let ground = Ground::new();
    let commit = ground.spec("a.md");
    ground.acknowledge(&[&commit]);
    assert!(ground.record().is_empty());
    assert_eq!(ground.json()["last_saas_confirmed_hash"], *commit);
}

#[test]
fn a_refused_commit_is_set_aside_with_its_reason() {
    let ground = Ground::new();
    let (bad, good) = (ground.spec("a.md"), ground.spec("b.md"));
    let hash: CommitHash = bad.parse().unwrap();
    sync_state::set_aside(&ground.project(), &hash, "TOO_ODD", "No, thank you").unwrap();
    sync_state::set_aside(&ground.project(), &hash, "AGAIN", "Twice").unwrap();
    assert_eq!(hashes(&ground.record()), [good]);
    let state = sync_state::state(&ground.project()).unwrap();
    assert_eq!(state.set_aside.len(), 1);
    assert_eq!(state.set_aside[0].code, "TOO_ODD");
    assert!(state.set_aside[0].at.ends_with('Z'));
    // What replaces it has its own chance.
    ground.repo.git(&["reset", "-q", "--hard", "HEAD~1"]);
    let better = ground.amend("Better");
    assert_eq!(hashes(&ground.record()), [better]);
    assert!(
        sync_state::state(&ground.project())
            .unwrap()
            .set_aside
            .is_empty()
    );
}

#[test]
fn our_own_commits_are_appended_without_a_walk() {
    let ground = Ground::new();
    let first = ground.spec("a.md");
    ground.record();
    let second = ground.spec("b.md");
    let (parent, commit) = (oid(&ground, "HEAD~1"), oid(&ground, "HEAD"));
    // Another branch moves at the same time; the short way doesn't look at it.
    ground.repo.git(&[
        "switch",
        "-q",
        "-c",
        "kitty/mission-demo-01KT119Y-lane-z",
        "HEAD~1",
    ]);
    let other = ground.spec("z.md");
    for _ in 0..2 {
        sync_state::record_commit(&ground.project(), REF, Some(parent), commit).unwrap();
        let stored = &ground.json()["pending_local_commits"];
        let stored: Vec<&Value> = stored
            .as_array()
            .unwrap()
            .iter()
            .map(|f| &f["git_hash"])
            .collect();
        assert_eq!(stored, [&json!(first), &json!(second)]);
    }
    let short = ground.record();
    assert_eq!(hashes(&short), [first, second, other]);
    std::fs::remove_file(ground.file()).unwrap();
    let mut long = ground.record();
    let mut short = short;
    long.sort_by(|a, b| a.git_hash.cmp(&b.git_hash));
    short.sort_by(|a, b| a.git_hash.cmp(&b.git_hash));
    assert_eq!(short, long);
}

#[test]
fn a_frame_that_is_added_unread_leaves_the_bytes_of_a_whole_write() {
    let ground = Ground::new();
    ground.spec("a.md");
    ground.record();
    for name in ["b.md", "c.md"] {
        ground.spec(name);
        sync_state::committed(&ground.project()).unwrap();
    }
    let unread = std::fs::read_to_string(ground.file()).unwrap();
    assert_eq!(hashes(&ground.record()).len(), 3);
    assert_eq!(std::fs::read_to_string(ground.file()).unwrap(), unread);
    std::fs::remove_file(ground.file()).unwrap();
    ground.record();
    assert_eq!(std::fs::read_to_string(ground.file()).unwrap(), unread);
}

#[test]
fn frames_that_somebody_changed_are_not_taken_unread() {
    let ground = Ground::new();
    let first = ground.spec("a.md");
    ground.record();
    let text = std::fs::read_to_string(ground.file()).unwrap();
    for spoilt in [
        text.replace("\"LocalCommit\"", "\"SomethingElse\""),
        text.replace(&format!("\"git_hash\": \"{first}\""), "\"git_hash\": 7"),
        text.replace("\"changed_files\": [", "\"changed_files\": [[["),
        text.replace("\"pending_crc32\": ", "\"pending_crc32\": 1"),
    ] {
        assert_ne!(spoilt, text);
        std::fs::write(ground.file(), &spoilt).unwrap();
        let next = ground.spec("next.md");
        sync_state::committed(&ground.project()).unwrap();
        let stored = ground.json()["pending_local_commits"].clone();
        let stored: Vec<&str> = stored
            .as_array()
            .unwrap()
            .iter()
            .map(|frame| frame["git_hash"].as_str().unwrap())
            .collect();
        assert_eq!(stored, [&first, &next], "{spoilt}");
        ground.repo.git(&["reset", "-q", "--hard", "HEAD~1"]);
    }
}

#[test]
fn a_frame_that_somebody_took_away_is_there_again() {
    let ground = Ground::new();
    let commits = [
        ground.spec("a.md"),
        ground.spec("b.md"),
        ground.spec("c.md"),
    ];
    for taken in [0..1, 1..3, 0..3] {
        ground.record();
        let mut json = ground.json();
        let frames = json["pending_local_commits"].as_array_mut().unwrap();
        frames.drain(taken);
        let text = serde_json::to_string_pretty(&json).unwrap();
        std::fs::write(ground.file(), &text).unwrap();
        let shown = sync_state::pending(&ground.project()).unwrap();
        assert_eq!(hashes(&shown), commits, "{text}");
        assert_eq!(hashes(&ground.record()), commits);
    }
    // What our own writing leaves is trusted, also where nothing waits.
    let all: Vec<&str> = commits.iter().map(String::as_str).collect();
    ground.acknowledge(&all);
    let text = std::fs::read_to_string(ground.file()).unwrap();
    let known = text.contains(&format!("\"{REF}\": \"{}\"", commits[2]));
    assert!(known && ground.record().is_empty(), "{text}");
}

#[test]
fn a_stale_parent_takes_the_long_way() {
    let ground = Ground::new();
    let commits = [
        ground.spec("a.md"),
        ground.spec("b.md"),
        ground.spec("c.md"),
    ];
    let (parent, commit) = (oid(&ground, "HEAD~1"), oid(&ground, "HEAD"));
    sync_state::record_commit(&ground.project(), REF, Some(parent), commit).unwrap();
    assert_eq!(
        hashes(&sync_state::pending(&ground.project()).unwrap()),
        commits
    );
    sync_state::record_commit(&ground.project(), "refs/heads/main", None, parent).unwrap();
    assert_eq!(ground.record().len(), 3);
}

#[test]
fn nothing_is_written_where_nothing_changed() {
    let ground = Ground::new();
    ground.spec("a.md");
    ground.record();
    let stamp = || {
        std::fs::metadata(ground.file())
            .unwrap()
            .modified()
            .unwrap()
    };
    let before = stamp();
    ground.record();
    ground.acknowledge(&[&"e".repeat(40)]);
    assert_eq!(stamp(), before);
}

#[test]
fn a_damaged_file_is_kept_aside_and_rebuilt() {
    let texts = [
        "{\"last_saas_confirmed_hash\": null, \"pending_loc",
        "",
        "[]",
        "\u{0}\u{1}",
        "{\"last_saas_confirmed_hash\": 7, \"pending_local_commits\": []}",
        "{\"last_saas_confirmed_hash\": null, \"pending_local_commits\": {}}",
        "{\"last_saas_confirmed_hash\": null, \"pending_local_commits\": [3]}",
        "{\"pending_local_commits\": [], \"cursors\": []}",
        "{\"pending_local_commits\": [], \"acknowledged\": \"no\"}",
        "{\"pending_local_commits\": [], \"last_saas_confirmed_hash\": \"not a hash\"}",
    ];
    for text in texts {
        let ground = Ground::new();
        let commit = ground.spec("a.md");
        let before = ground.record();
        std::fs::write(ground.file(), text).unwrap();
        // A reader derives and leaves the file alone.
        assert_eq!(
            hashes(&sync_state::pending(&ground.project()).unwrap()),
            [commit],
            "{text}"
        );
        assert_eq!(std::fs::read_to_string(ground.file()).unwrap(), text);
        assert_eq!(ground.record(), before, "{text}");
        let aside = sync_state::state(&ground.project()).unwrap().kept_aside;
        assert_eq!(aside.len(), 1, "{text}");
        assert_eq!(std::fs::read_to_string(&aside[0]).unwrap(), text);
        assert_eq!(ground.repo.status_v2(), "", "{text}");
        ground.json();
    }
}

#[test]
fn unknown_keys_stay() {
    let ground = Ground::new();
    ground.spec("a.md");
    ground.record();
    let mut json = ground.json();
    json["from_the_future"] = json!({"a": [1, 2]});
    std::fs::write(ground.file(), json.to_string()).unwrap();
    ground.spec("b.md");
    assert_eq!(ground.record().len(), 2);
    assert_eq!(ground.json()["from_the_future"], json!({"a": [1, 2]}));
}

/// A frame as the Python tool writes it: the directory name in place of the mission id.
fn python(hash: &str) -> Value {
    json!({
        "type": "LocalCommit", "git_hash": hash, "mission_id": SLUG,
        "build_id": "4f6f1a0e-6c0b-4c50-8f2b-0f2f6f3d7a11",
        "changed_files": [format!("kitty-specs/{SLUG}/a.md")],
        "committed_at": "2026-06-01T07:55:08+00:00", "project_uuid": null
    })
}

fn write_python(ground: &Ground, frames: &[Value]) {
    let file = json!({"last_saas_confirmed_hash": null, "pending_local_commits": frames});
    std::fs::create_dir_all(ground.file().parent().unwrap()).unwrap();
    std::fs::write(ground.file(), serde_json::to_string_pretty(&file).unwrap()).unwrap();
}

#[test]
fn a_file_of_the_python_tool_is_taken_over() {
    let ground = Ground::new();
    let (one, two) = (ground.spec("a.md"), ground.spec("b.md"));
    write_python(&ground, &[python(&two)]);
    let frames = ground.record();
    assert_eq!(hashes(&frames), [one, two]);
    assert!(
        frames
            .iter()
            .all(|frame| frame.mission_id.as_str() == MISSION)
    );
    assert!(
        sync_state::state(&ground.project())
            .unwrap()
            .kept_aside
            .is_empty()
    );
}

#[test]
fn foreign_frames_that_git_does_not_have_are_kept_aside() {
    let ground = Ground::new();
    let one = ground.spec("a.md");
    write_python(&ground, &[python(&"d".repeat(40)), json!({"no": "hash"})]);
    assert_eq!(hashes(&ground.record()), [one]);
    let aside = sync_state::state(&ground.project()).unwrap().kept_aside;
    assert_eq!(aside.len(), 1);
    assert!(
        std::fs::read_to_string(&aside[0])
            .unwrap()
            .contains(&"d".repeat(40))
    );
}
