//! Frames: what is refused, what is ignored, and that every frame comes back as it went.

use serde_json::{Value, json};

use super::*;

mod roundtrip;

fn commit() -> Value {
    json!({
        "type": "LocalCommit",
        "git_hash": "a".repeat(40),
        "mission_id": "01KT119YA7GD2Y0D7MZRH5JSS3",
        "build_id": "f97f4d9b-d2fa-4ce6-a7ee-9bbca7308aab",
        "changed_files": ["kitty-specs/a/status.events.jsonl"],
        "committed_at": "2026-06-01T07:55:08Z",
    })
}

fn parse(value: &Value) -> Result<Frame, FrameError> {
    Frame::parse(&value.to_string())
}

fn with(key: &str, member: Value) -> Result<Frame, FrameError> {
    let mut value = commit();
    value[key] = member;
    parse(&value)
}

#[test]
fn a_commit_has_exactly_the_fields_of_the_protocol() {
    let frame = parse(&commit()).unwrap();
    assert_eq!(
        frame.to_text().unwrap(),
        format!(
            concat!(
                r#"{{"type":"LocalCommit","git_hash":"{}","mission_id":"01KT119YA7GD2Y0D7MZRH5JSS3","#,
                r#""build_id":"f97f4d9b-d2fa-4ce6-a7ee-9bbca7308aab","#,
                r#""changed_files":["kitty-specs/a/status.events.jsonl"],"#,
                r#""committed_at":"2026-06-01T07:55:08Z"}}"#
            ),
            "a".repeat(40)
        )
    );
}

#[test]
fn every_required_field_is_missed() {
    for key in [
        "git_hash",
        "mission_id",
        "build_id",
        "changed_files",
        "committed_at",
    ] {
        let mut value = commit();
        value.as_object_mut().unwrap().remove(key);
        assert!(
            matches!(parse(&value), Err(FrameError::Malformed(_))),
            "{key}"
        );
        for wrong in [json!(null), json!(7), json!({})] {
            assert!(
                matches!(with(key, wrong), Err(FrameError::Malformed(_))),
                "{key}"
            );
        }
    }
}

#[test]
fn identifiers_are_validated() {
    for (key, value) in [
        ("git_hash", "HEAD"),
        ("mission_id", "some-mission-01KT119Y"),
        ("build_id", "here"),
        ("project_uuid", "8A4A7DA6-A97C-4BB4-893A-B31664ABFEE4"),
        ("mission_slug", "../up"),
    ] {
        assert!(
            matches!(with(key, json!(value)), Err(FrameError::Malformed(_))),
            "{key}"
        );
    }
    assert!(matches!(
        with("parents", json!(["x"])),
        Err(FrameError::Malformed(_))
    ));
    assert!(matches!(
        with("supersedes", json!(["x"])),
        Err(FrameError::Malformed(_))
    ));
}

#[test]
fn what_is_optional_may_be_null() {
    for key in [
        "project_uuid",
        "mission_slug",
        "branch",
        "parents",
        "supersedes",
        "changed_files_total",
    ] {
        assert!(with(key, json!(null)).is_ok(), "{key}");
    }
    let malformed = with("changed_files", json!(null));
    assert!(matches!(malformed, Err(FrameError::Malformed(_))));
}

#[test]
fn changed_files_lie_under_the_specs() {
    for path in [
        "src/main.rs",
        "kitty-specs",
        "kitty-specs/",
        "/kitty-specs/a",
        "kitty-specs//a",
        "kitty-specs/../a",
        "kitty-specs/./a",
        "kitty-specs/a/",
        "kitty-specs/a\0",
        "",
    ] {
        assert!(
            matches!(
                with("changed_files", json!([path])),
                Err(FrameError::Invalid(_))
            ),
            "{path}"
        );
    }
    for path in [
        "kitty-specs/a",
        "kitty-specs/a/ü \"b\".md",
        "kitty-specs/..a/b..",
    ] {
        assert!(with("changed_files", json!([path])).is_ok(), "{path}");
    }
}

#[test]
fn a_commit_lists_one_to_a_thousand_paths() {
    let listing = |count: usize| with("changed_files", json!(vec!["kitty-specs/a"; count]));
    assert_eq!(
        listing(0),
        Err(FrameError::Invalid("`changed_files` is empty"))
    );
    assert!(listing(1).is_ok());
    assert!(listing(MAX_CHANGED_FILES).is_ok());
    let error = Err(FrameError::Invalid(
        "`changed_files` lists more than 1,000 paths",
    ));
    assert_eq!(listing(MAX_CHANGED_FILES + 1), error);
}

#[test]
fn the_time_is_in_utc() {
    for at in ["2026-06-01T07:55:08.081409+00:00", "2026-06-01T07:55:08Z"] {
        assert!(with("committed_at", json!(at)).is_ok(), "{at}");
    }
    for at in [
        "",
        "now",
        "2026-06-01",
        "2026-06-01T07:55:08",
        "2026-06-01T07:55:08+02:00",
    ] {
        let error = Err(FrameError::Invalid("`committed_at` is not RFC 3339 in UTC"));
        assert_eq!(with("committed_at", json!(at)), error, "{at}");
    }
}

#[test]
fn lists_and_names_are_limited() {
    let hashes = |count: usize| json!(vec!["b".repeat(64); count]);
    assert!(with("parents", hashes(64)).is_ok());
    assert!(matches!(
        with("parents", hashes(65)),
        Err(FrameError::Invalid(_))
    ));
    assert!(with("supersedes", hashes(256)).is_ok());
    assert!(matches!(
        with("supersedes", hashes(257)),
        Err(FrameError::Invalid(_))
    ));
    assert!(with("branch", json!("b".repeat(1_024))).is_ok());
    assert!(matches!(
        with("branch", json!("b".repeat(1_025))),
        Err(FrameError::Invalid(_))
    ));
}

#[test]
fn a_frame_is_at_most_64_kib() {
    let padded = |bytes: usize| {
        let frame = r#"{"type":"later"}"#;
        format!("{frame}{}", " ".repeat(bytes - frame.len()))
    };
    assert_eq!(
        Frame::parse(&padded(MAX_FRAME_BYTES)),
        Ok(Frame::Unknown("later".to_owned()))
    );
    let error = Frame::parse(&padded(MAX_FRAME_BYTES + 1)).unwrap_err();
    assert_eq!(error, FrameError::TooLarge(65_537));
    assert_eq!(
        error.to_string(),
        "the frame has 65537 bytes; the limit is 65536"
    );
}

/// Fits a commit with these paths and lists as many hashes as may be.
fn fitted(paths: Vec<String>) -> LocalCommit {
    let Ok(Frame::LocalCommit(mut commit)) = parse(&commit()) else {
        panic!("no commit");
    };
    let hash: CommitHash = "d".repeat(64).parse().unwrap();
    commit.parents = vec![hash.clone(); 64];
    commit.supersedes = vec![hash; 256];
    commit.branch = Some("b".repeat(1_024));
    commit.changed_files = paths;
    commit.fit();
    let text = Frame::LocalCommit(commit.clone()).to_text().unwrap();
    assert_eq!(Frame::parse(&text), Ok(Frame::LocalCommit(commit.clone())));
    commit
}

#[test]
fn a_commit_is_made_to_fit() {
    let named = |name: String, count: usize| vec![format!("kitty-specs/{name}"); count];
    let few = fitted(named("a".to_owned(), 3));
    assert_eq!(
        (few.changed_files.len(), few.changed_files_total),
        (3, None)
    );
    let many = fitted(named("a".to_owned(), 1_001));
    assert_eq!(many.changed_files.len(), 1_000);
    assert_eq!(many.changed_files_total, Some(1_001));
    for name in ["a".repeat(200), "\u{1}".repeat(200), "\"\\ü".repeat(50)] {
        let long = fitted(named(name, 900));
        assert!((1..900).contains(&long.changed_files.len()));
        assert_eq!(long.changed_files_total, Some(900));
        let mut again = long.clone();
        again.fit();
        assert_eq!(again, long);
    }
}

#[test]
fn without_other_lists_the_paths_take_no_more_than_their_share() {
    let Ok(Frame::LocalCommit(mut commit)) = parse(&commit()) else {
        panic!("no commit");
    };
    let path = format!("kitty-specs/{}", "a".repeat(100));
    commit.changed_files = vec![path.clone(); 800];
    commit.fit();
    assert_eq!(
        commit.changed_files.len(),
        MAX_CHANGED_BYTES / (path.len() + 3)
    );
    assert_eq!(commit.changed_files_total, Some(800));
}

#[test]
fn what_a_frame_comes_to_replace_takes_its_place_from_the_paths() {
    use crate::sanitize::Sanitizer;

    fn hash(n: usize) -> CommitHash {
        format!("{n:064x}").parse().unwrap()
    }

    let Ok(Frame::LocalCommit(mut commit)) = parse(&commit()) else {
        panic!("no commit");
    };
    commit.git_hash = hash(1_000);
    commit.branch = Some(format!("refs/heads/{}", "b".repeat(1_000)));
    commit.parents = (2_000..2_064).map(hash).collect();
    commit.changed_files = (0..1_000).map(|n| format!("kitty-specs/{n:033}")).collect();
    commit.fit();
    let first = Announcement::new(commit, &Sanitizer::general());
    let mut frame = first.clone();
    frame.supersede((0..256).map(hash));
    let mut again = first;
    again.stay(&frame);
    for frame in [frame, again] {
        assert_eq!(frame.supersedes.len(), 256);
        assert!(frame.changed_files.len() > 500);
        assert_eq!(frame.changed_files_total, Some(1_000));
        let text = Outgoing::Commit(Box::new(frame)).to_text().unwrap();
        assert!(Frame::parse(&text).is_ok(), "{} bytes", text.len());
    }
}

#[test]
fn the_first_path_stays_however_long() {
    let Ok(Frame::LocalCommit(mut commit)) = parse(&commit()) else {
        panic!("no commit");
    };
    commit.changed_files = vec![format!("kitty-specs/{}", "a".repeat(MAX_FRAME_BYTES)); 2];
    commit.fit();
    assert_eq!(
        (commit.changed_files.len(), commit.changed_files_total),
        (1, Some(2))
    );
    let text = Frame::LocalCommit(commit).to_text().unwrap();
    assert!(matches!(Frame::parse(&text), Err(FrameError::TooLarge(_))));
}

#[test]
fn unknown_fields_are_ignored_and_unknown_types_are_named() {
    assert_eq!(with("later_field", json!({"a": [1]})), parse(&commit()));
    let unknown = parse(&json!({"type": "CommitPushed", "git_hash": 7}));
    assert_eq!(unknown, Ok(Frame::Unknown("CommitPushed".to_owned())));
    let long = parse(&json!({"type": "é".repeat(500)}));
    assert_eq!(long, Ok(Frame::Unknown("é".repeat(80))));
}

#[test]
fn what_is_no_object_with_a_type_is_malformed() {
    for text in [
        "",
        "null",
        "7",
        "\"ping\"",
        "[\"ping\"]",
        " [\"ping\"]",
        "{}",
        "{\"type\":7}",
        "{\"type\":\"ping\"}",
        "{\"type\":\"pong\",\"timestamp\":7}",
        "{\"type\":\"error\",\"code\":\"X\"}",
        "{\"type\":\"snapshot\",\"builds\":7}",
        "{\"type\":\"LocalCommitAck\"}",
        "{\"type\":\"LocalCommitAck\",\"git_hash\":\"x\"}",
        "{\"type\":\"ping\",\"type\":\"pong\",\"timestamp\":\"\"}",
        "{\"type\":\"ping\",\"timestamp\":\"\"} {}",
    ] {
        assert!(
            matches!(Frame::parse(text), Err(FrameError::Malformed(_))),
            "{text}"
        );
    }
}

#[test]
fn a_snapshot_may_be_bare() {
    assert_eq!(
        parse(&json!({"type": "snapshot"})),
        Ok(Frame::Snapshot(Snapshot::default()))
    );
    let foreign = json!({"type": "snapshot", "work_packages": [{"wp_id": "WP01"}]});
    assert_eq!(parse(&foreign), Ok(Frame::Snapshot(Snapshot::default())));
}

#[test]
fn a_snapshot_says_of_each_build_what_the_hub_has() {
    let build = "f97f4d9b-d2fa-4ce6-a7ee-9bbca7308aab";
    let other = "01KT119YA7GD2Y0D7MZRH5JSS4";
    let last = "c".repeat(40);
    let read = |fields: Value| {
        let mut snapshot = json!({"type": "snapshot"});
        snapshot
            .as_object_mut()
            .unwrap()
            .extend(fields.as_object().unwrap().clone());
        let Ok(Frame::Snapshot(snapshot)) = parse(&snapshot) else {
            panic!("no snapshot");
        };
        snapshot
    };
    let known = json!([{"build_id": build, "last_acknowledged": last}]);
    let ask = |snapshot: &Snapshot, build: &str| match snapshot.of(&build.parse().unwrap()) {
        Word::Last(hash, None) => hash.to_string(),
        Word::Last(hash, Some(frames)) => format!("{hash} {frames}"),
        Word::None => "none".to_owned(),
        Word::Unsaid => "unsaid".to_owned(),
    };
    let silent = read(json!({}));
    assert_eq!(ask(&silent, build), "unsaid");
    let empty = read(json!({"builds": []}));
    assert_eq!(ask(&empty, build), "none");
    let one = read(json!({"builds": known}));
    assert_eq!(
        (ask(&one, build), ask(&one, other)),
        (last.clone(), "none".to_owned())
    );
    assert_eq!(one.named().count(), 1);
    // Of a long list the rest is left out: nothing follows from it.
    let long = read(json!({"builds": known, "builds_total": 2}));
    assert_eq!(
        (ask(&long, build), ask(&long, other)),
        (last, "unsaid".to_owned())
    );
    let counted = read(
        json!({"store": "s", "builds": [{"build_id": build, "last_acknowledged": "d".repeat(40), "frames": 7}]}),
    );
    assert_eq!(ask(&counted, build), format!("{} 7", "d".repeat(40)));
    let bare = read(json!({"builds": [{"build_id": build}]}));
    assert_eq!(ask(&bare, build), "none");
}

#[test]
fn an_ack_says_what_it_was() {
    let ack = |status: Value| {
        parse(&json!({"type": "LocalCommitAck", "git_hash": "c".repeat(40), "status": status}))
    };
    for (written, status) in [
        ("accepted", AckStatus::Accepted),
        ("duplicate", AckStatus::Duplicate),
    ] {
        let Ok(Frame::LocalCommitAck(frame)) = ack(json!(written)) else {
            panic!("no ack");
        };
        assert_eq!(frame.status, Some(status));
    }
    assert!(matches!(
        ack(json!("rejected")),
        Err(FrameError::Malformed(_))
    ));
}

#[test]
fn a_long_unknown_value_is_quoted_in_part_only() {
    let ack = json!({"type": "LocalCommitAck", "git_hash": "c".repeat(40), "status": "\u{1}".repeat(9_000)});
    let Err(FrameError::Malformed(reason)) = parse(&ack) else {
        panic!("no refusal");
    };
    assert_eq!(reason.chars().count(), 200);
}

#[test]
fn an_error_is_final_unless_it_says_otherwise() {
    let Ok(Frame::Error(frame)) = parse(&json!({"type": "error", "code": "X", "message": "m"}))
    else {
        panic!("no error frame");
    };
    assert!(!frame.retryable);
}
