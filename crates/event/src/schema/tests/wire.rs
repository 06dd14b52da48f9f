//! The frames and the envelope.

use pawtrail_testkit::agree;
use serde_json::json;

use super::*;
use crate::envelope;
use crate::frame::Frame;

const COMMIT: &str = "f6a00c7084a8026eafbd4246aa30e0f0d7495c3b";
const ULID: &str = "01M81V4MV4Z3TY24ZA29M90GF9";
const UUID: &str = "fbfd8020-70d3-4ab3-a4ca-51066c635a54";

fn frames(name: &str, takes: impl Fn(&Frame) -> bool, sound: &[Value]) {
    let read = |value: &Value| Frame::parse(&value.to_string()).is_ok_and(|frame| takes(&frame));
    agree(named(name), read, sound, &[]);
}

#[test]
fn snapshots() {
    let whole = json!({
        "type": "snapshot", "protocol": 1, "builds_total": 1, "store": "s",
        "builds": [{ "build_id": ULID, "last_acknowledged": COMMIT, "frames": 12 }],
    });
    let bare = json!({ "type": "snapshot" });
    frames(
        "snapshot",
        |frame| matches!(frame, Frame::Snapshot(_)),
        &[whole, bare],
    );
}

#[test]
fn local_commits() {
    let whole = json!({
        "type": "LocalCommit", "git_hash": COMMIT, "mission_id": ULID, "build_id": UUID,
        "changed_files": ["kitty-specs/m/decisions.events.jsonl"], "committed_at": "2026-11-22T14:39:08Z",
        "project_uuid": UUID, "mission_slug": "m", "branch": "refs/heads/b", "parents": [COMMIT],
        "supersedes": [COMMIT], "changed_files_total": 3,
    });
    frames(
        "local-commit",
        |frame| matches!(frame, Frame::LocalCommit(_)),
        &[whole],
    );
}

#[test]
fn answers_and_signs_of_life() {
    frames(
        "local-commit-ack",
        |frame| matches!(frame, Frame::LocalCommitAck(_)),
        &[
            json!({ "type": "LocalCommitAck", "git_hash": COMMIT, "status": "duplicate", "frames": 1 }),
        ],
    );
    frames(
        "error",
        |frame| matches!(frame, Frame::Error(_)),
        &[json!({
            "type": "error", "code": "FRAME_INVALID", "message": "m", "retryable": false, "git_hash": COMMIT,
            "event_id": ULID,
        })],
    );
    frames(
        "ping",
        |frame| matches!(frame, Frame::Ping(_)),
        &[json!({ "type": "ping", "timestamp": "t" })],
    );
    frames(
        "pong",
        |frame| matches!(frame, Frame::Pong(_)),
        &[json!({ "type": "pong", "timestamp": "t", "build_id": ULID })],
    );
}

#[test]
fn envelopes() {
    let whole = |event_type: &str, payload: Value| {
        json!({
            "aggregate_id": "WP01", "aggregate_type": "WorkPackage", "build_id": ULID, "causation_id": null,
            "correlation_id": ULID, "data_tier": 0, "event_id": ULID, "event_type": event_type, "git_branch": null,
            "head_commit_sha": COMMIT, "lamport_clock": 7, "mission_id": ULID, "node_id": "n", "payload": payload,
            "project_slug": null, "project_uuid": UUID, "schema_version": "3.0.0",
            "timestamp": "2026-06-01T07:55:08+00:00",
        })
    };
    let assigned = json!({ "wp_id": "WP01", "agent_id": "a", "phase": "p", "retry_count": 0 });
    let registered = json!({ "repo_slug": "r" });
    let moved = json!({
        "mission_slug": "m", "wp_id": "WP01", "from_lane": "in_review", "to_lane": "done", "actor": { "tool": "t" },
        "force": false, "reason": null, "execution_mode": "worktree", "review_ref": null,
        "evidence": {
            "repos": [{ "repo": "r", "branch": "b", "commit": "c", "files_touched": ["f"] }],
            "verification": [{ "command": "c", "result": "r" }],
            "review": { "reviewer": "r", "verdict": "v", "reference": null },
        },
    });
    agree(
        named("envelope"),
        |value| envelope::check(value).is_ok(),
        &[
            whole("WPAssigned", assigned),
            whole("BuildRegistered", registered),
            whole("WPStatusChanged", moved),
            whole("SomethingNew", json!({ "a": [1] })),
        ],
        &[],
    );
}
