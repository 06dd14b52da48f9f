//! The intake: what one message of a clone means.

use std::sync::LazyLock;

use pawtrail_event::frame::{ErrorFrame, Frame, LocalCommit, SPECS_PREFIX};
use pawtrail_event::sanitize::Sanitizer;
use pawtrail_event::{BuildId, CommitHash, ProjectUuid};
use serde::Deserialize;

/// What one message means for the hub.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Meaning {
    /// A commit of the right project, to be stored.
    Commit(Box<LocalCommit>),
    /// A sign of life, from this build if it says so.
    Alive(Option<BuildId>),
    /// Nothing that this version acts on.
    Ignored,
    /// Refused with this answer.
    Refused(Box<ErrorFrame>),
}

/// Reads one text message of a clone whose token is for `project`.
pub(super) fn read(text: &str, project: &ProjectUuid) -> Meaning {
    match Frame::parse(text) {
        Ok(Frame::LocalCommit(frame)) => match &frame.project_uuid {
            Some(named) if named != project => Meaning::Refused(refused(
                "PROJECT_MISMATCH",
                format!("the frame is of project {named}, the token of another"),
                Some(frame.git_hash),
            )),
            Some(_) | None => checked(frame),
        },
        Ok(Frame::Pong(pong)) => Meaning::Alive(pong.build_id),
        // Frames of the hub's side, and types of a later version.
        Ok(
            Frame::Snapshot(_)
            | Frame::LocalCommitAck(_)
            | Frame::Error(_)
            | Frame::Ping(_)
            | Frame::Unknown(_),
        ) => Meaning::Ignored,
        Err(error) => Meaning::Refused(refused(error.code(), error.to_string(), hash_of(text))),
    }
}

/// The rules that need to know nobody; made at the first frame.
static RULES: LazyLock<Sanitizer> = LazyLock::new(Sanitizer::general);

/// Looks again for what the clone should have taken out. The branch is git's own name for it, and passes.
fn checked(frame: LocalCommit) -> Meaning {
    let inside = |path: &'_ String| path.strip_prefix(SPECS_PREFIX).map(str::to_owned);
    let paths = frame.changed_files.iter().filter_map(inside);
    let found = paths
        .map(|path| ("changed_files", path))
        .chain(
            frame
                .mission_slug
                .iter()
                .map(|slug| ("mission_slug", slug.to_string())),
        )
        .find(|(_, text)| *RULES.text(text) != **text);
    let Some((field, text)) = found else {
        return Meaning::Commit(Box::new(frame));
    };
    let findings = RULES.findings(text.as_bytes());
    let rule = findings
        .first()
        .map_or("unknown", |found| found.rule.name());
    Meaning::Refused(refused(
        "PRIVATE_DATA",
        format!("`{field}` holds private data: rule `{rule}`"),
        Some(frame.git_hash),
    ))
}

/// The refusal of a binary message.
pub(super) fn binary() -> Box<ErrorFrame> {
    let message = "a binary message: frames are JSON text".to_owned();
    refused("FRAME_MALFORMED", message, None)
}

fn refused(code: &str, message: String, git_hash: Option<CommitHash>) -> Box<ErrorFrame> {
    Box::new(ErrorFrame {
        code: code.to_owned(),
        message: shortened(message),
        retryable: false,
        git_hash,
        event_id: None,
    })
}

/// A reason may quote the frame, which may be large.
fn shortened(message: String) -> String {
    const LONGEST: usize = 500;
    if message.len() <= LONGEST {
        return message;
    }
    let mut short: String = message.chars().take(LONGEST / 4).collect();
    short.push('…');
    short
}

/// Looks for the commit in a frame that is refused, so that the clone knows which one it was.
fn hash_of(text: &str) -> Option<CommitHash> {
    #[derive(Deserialize)]
    struct Named {
        git_hash: serde_json::Value,
    }
    let named: Named = serde_json::from_str(text).ok()?;
    named.git_hash.as_str()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use pawtrail_event::frame::MAX_FRAME_BYTES;
    use serde_json::{Value, json};

    const PROJECT: &str = "f97f4d9b-d2fa-4ce6-a7ee-9bbca7308aab";

    fn project() -> ProjectUuid {
        PROJECT.parse().unwrap()
    }

    fn commit() -> Value {
        json!({
            "type": "LocalCommit",
            "git_hash": "a".repeat(40),
            "mission_id": "01KT119YA7GD2Y0D7MZRH5JSS3",
            "build_id": "01KT119YA7GD2Y0D7MZRH5JSS4",
            "changed_files": ["kitty-specs/m/spec.md"],
            "committed_at": "2026-06-01T07:55:08Z",
        })
    }

    fn with(key: &str, value: Value) -> Meaning {
        let mut frame = commit();
        frame[key] = value;
        read(&frame.to_string(), &project())
    }

    fn code(meaning: &Meaning) -> (&str, bool) {
        match meaning {
            Meaning::Refused(error) => {
                assert!(!error.retryable);
                (&error.code, error.git_hash.is_some())
            }
            other @ (Meaning::Commit(_) | Meaning::Alive(_) | Meaning::Ignored) => {
                panic!("not refused: {other:?}")
            }
        }
    }

    #[test]
    fn a_commit_passes_with_its_project_or_without() {
        assert!(matches!(
            with("project_uuid", json!(PROJECT)),
            Meaning::Commit(_)
        ));
        assert!(matches!(
            with("project_uuid", Value::Null),
            Meaning::Commit(_)
        ));
        assert!(matches!(with("added_later", json!(1)), Meaning::Commit(_)));
    }

    #[test]
    fn each_refusal_has_its_code_and_names_the_commit() {
        let other = "00000000-0000-0000-0000-000000000000";
        assert_eq!(
            code(&with("project_uuid", json!(other))),
            ("PROJECT_MISMATCH", true)
        );
        assert_eq!(
            code(&with("changed_files", json!(["src/main.rs"]))),
            ("FRAME_INVALID", true)
        );
        assert_eq!(code(&with("build_id", json!(7))), ("FRAME_MALFORMED", true));
        assert_eq!(
            code(&with("git_hash", json!("HEAD"))),
            ("FRAME_MALFORMED", false)
        );
        assert_eq!(
            code(&with("padding", json!("x".repeat(MAX_FRAME_BYTES)))),
            ("FRAME_TOO_LARGE", true)
        );
        for text in ["", "[]", "{}", "nonsense", "{\"type\":7}"] {
            assert_eq!(
                code(&read(text, &project())),
                ("FRAME_MALFORMED", false),
                "{text}"
            );
        }
        assert_eq!(
            code(&Meaning::Refused(binary())),
            ("FRAME_MALFORMED", false)
        );
    }

    #[test]
    fn private_data_is_refused_by_the_rules_name_and_not_repeated() {
        let path = "kitty-specs/m/letter to ada@example.test.md";
        let Meaning::Refused(error) = with("changed_files", json!(["kitty-specs/m/a", path]))
        else {
            panic!("not refused");
        };
        assert_eq!(
            (error.code.as_str(), error.retryable),
            ("PRIVATE_DATA", false)
        );
        assert!(error.message.contains("rule `email`"), "{}", error.message);
        assert!(!error.message.contains("ada"), "{}", error.message);
        assert!(error.git_hash.is_some());
        let branch = with("branch", json!("refs/heads/kitty/mission-ada@example.test"));
        assert!(matches!(branch, Meaning::Commit(_)));
    }

    #[test]
    fn a_refusal_stays_short_whatever_it_quotes() {
        let Meaning::Refused(error) = with("committed_at", json!({ "x".repeat(60_000): 1 })) else {
            panic!("not refused");
        };
        assert!(error.message.len() < 2_000);
        assert!(shortened("é".repeat(60_000)).chars().count() < 200);
    }

    #[test]
    fn types_of_later_versions_and_of_the_hub_are_ignored() {
        for text in [
            json!({"type": "subscribe"}),
            json!({"type": "snapshot"}),
            json!({"type": "ping", "timestamp": "now"}),
        ] {
            assert_eq!(read(&text.to_string(), &project()), Meaning::Ignored);
        }
    }

    #[test]
    fn a_pong_names_its_build_if_it_likes() {
        let build = "01KT119YA7GD2Y0D7MZRH5JSS4";
        let pong = json!({"type": "pong", "timestamp": "now", "build_id": build}).to_string();
        assert_eq!(
            read(&pong, &project()),
            Meaning::Alive(Some(build.parse().unwrap()))
        );
        let pong = json!({"type": "pong", "timestamp": "now"}).to_string();
        assert_eq!(read(&pong, &project()), Meaning::Alive(None));
    }
}
