//! The lines below are the Python tool's own, made by its writers (3.2.7) from the same values.

use std::collections::BTreeMap;

use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::json::parse;
use crate::sanitize::Sanitizer;
use crate::status::{
    Actor, Annotation, Approval, Binding, Delta, Evidence, ExecutionMode, FollowUp, Lane,
    Lifecycle, LifecycleEvent, Log, MissionCreated, Override, Phase, PhaseFacts, ReasonSource,
    RepoEvidence, ReviewResult, Row, Transition, Verdict, Verification, WorkPackageCreated, line,
};

const EVENT: &str = "01KT12VTXHQVY4C5SW6XYPS16J";
const MISSION: &str = "01KV6DC9Y5FJ9FCYJMM1KA09XK";

fn transition() -> Transition {
    Transition {
        event_id: EVENT.parse().unwrap(),
        at: "2026-06-01T07:55:08.081409+00:00".to_owned(),
        mission_slug: "m-01KT119Y".parse().unwrap(),
        mission_id: Some("01KT119YA7GD2Y0D7MZRH5JSS3".parse().unwrap()),
        wp_id: "WP01".parse().unwrap(),
        from_lane: Lane::Genesis,
        to_lane: Lane::Planned,
        actor: Actor::name("finalize-tasks"),
        force: false,
        execution_mode: ExecutionMode::Worktree,
        reason: None,
        reason_source: None,
        review_ref: None,
        evidence: None,
        review_result: None,
        policy_metadata: None,
    }
}

fn full_transition() -> Transition {
    let repo = |files: &[&str]| RepoEvidence {
        repo: "r".to_owned(),
        branch: "b".to_owned(),
        commit: "c".to_owned(),
        files_touched: files.iter().map(|file| (*file).to_owned()).collect(),
    };
    let metadata = json!({"shell_pid": 1, "agent": "a", "hostname": "h"});
    Transition {
        at: "2026-06-01T07:55:08+00:00".to_owned(),
        mission_slug: "m".parse().unwrap(),
        mission_id: None,
        from_lane: Lane::InReview,
        to_lane: Lane::Approved,
        actor: Actor::Binding(Box::new(Binding {
            role: Some("reviewer".into()),
            profile: None,
            tool: Some("tool".into()),
            model: Some("ü".into()),
        })),
        force: true,
        execution_mode: ExecutionMode::DirectRepo,
        reason: Some("r".to_owned()),
        reason_source: Some(ReasonSource::Operator),
        review_ref: Some("x".to_owned()),
        evidence: Some(Evidence {
            review: Approval {
                reviewer: "a".to_owned(),
                verdict: Verdict::Approved,
                reference: "x".to_owned(),
            },
            repos: vec![repo(&["f"]), repo(&[])],
            verification: vec![Verification {
                command: "c".to_owned(),
                result: "pass".to_owned(),
                summary: "s".to_owned(),
            }],
        }),
        review_result: Some(ReviewResult {
            reviewer: "a".to_owned(),
            verdict: Verdict::Approved,
            reference: "x".to_owned(),
            feedback_path: Some("p".to_owned()),
        }),
        policy_metadata: metadata.as_object().cloned(),
        ..transition()
    }
}

#[test]
fn a_transition_is_written_as_the_python_tool_writes_it() {
    for (transition, written) in [
        (
            transition(),
            r#"{"actor": "finalize-tasks", "at": "2026-06-01T07:55:08.081409+00:00", "event_id": "01KT12VTXHQVY4C5SW6XYPS16J", "evidence": null, "execution_mode": "worktree", "force": false, "from_lane": "genesis", "mission_id": "01KT119YA7GD2Y0D7MZRH5JSS3", "mission_slug": "m-01KT119Y", "policy_metadata": null, "reason": null, "review_ref": null, "to_lane": "planned", "wp_id": "WP01"}"#,
        ),
        (
            full_transition(),
            r#"{"actor": {"model": "\u00fc", "profile": null, "role": "reviewer", "tool": "tool"}, "at": "2026-06-01T07:55:08+00:00", "event_id": "01KT12VTXHQVY4C5SW6XYPS16J", "evidence": {"repos": [{"branch": "b", "commit": "c", "files_touched": ["f"], "repo": "r"}, {"branch": "b", "commit": "c", "repo": "r"}], "review": {"reference": "x", "reviewer": "a", "verdict": "approved"}, "verification": [{"command": "c", "result": "pass", "summary": "s"}]}, "execution_mode": "direct_repo", "force": true, "from_lane": "in_review", "mission_slug": "m", "policy_metadata": {"agent": "a", "shell_pid": 1}, "reason": "r", "reason_source": "operator", "review_ref": "x", "review_result": {"feedback_path": "p", "reference": "x", "reviewer": "a", "verdict": "approved"}, "to_lane": "approved", "wp_id": "WP01"}"#,
        ),
    ] {
        let row = transition.row(&Sanitizer::general());
        assert_eq!(line(&row), format!("{written}\n"));
    }
}

fn full_delta() -> Delta {
    let text = |text: &str| Some(text.to_owned());
    Delta {
        shell_pid: Some(5),
        shell_pid_created_at: text("1.5"),
        subtasks: Some(BTreeMap::from([
            ("T002".to_owned(), Lane::Done),
            ("T001".to_owned(), Lane::Planned),
        ])),
        note: text("n"),
        tracker_refs: Some(vec!["b".to_owned(), "a".to_owned()]),
        tracker_refs_replace: Some(vec!["c".to_owned()]),
        agent: text("ag"),
        // Nothing blank is written.
        assignee: text(""),
        review: Some(Override::released()),
        role: text("ro"),
        agent_profile: text("ap"),
        agent_profile_version: text("1"),
        model: text("mo"),
        provider: text("pr"),
        release_runtime_claim: true,
    }
}

fn annotation(delta: Delta) -> Annotation {
    Annotation {
        event_id: EVENT.parse().unwrap(),
        at: "2026-06-01T07:55:08.081409+00:00".to_owned(),
        wp_id: "WP01".parse().unwrap(),
        actor: Actor::name("user"),
        delta,
    }
}

#[test]
fn an_annotation_is_written_as_the_python_tool_writes_it() {
    let row = annotation(full_delta()).row(&Sanitizer::general()).unwrap();
    assert_eq!(
        line(&row),
        r#"{"actor": "user", "at": "2026-06-01T07:55:08.081409+00:00", "delta": {"agent": "ag", "agent_profile": "ap", "agent_profile_version": "1", "model": "mo", "note": "n", "provider": "pr", "release_runtime_claim": true, "review": {"actor": "", "at": "", "reason": "", "wp_id": ""}, "role": "ro", "shell_pid": 5, "shell_pid_created_at": "1.5", "subtasks": {"T001": "planned", "T002": "done"}, "tracker_refs": ["b", "a"], "tracker_refs_replace": ["c"]}, "event_id": "01KT12VTXHQVY4C5SW6XYPS16J", "kind": "annotation", "wp_id": "WP01"}"#.to_owned() + "\n"
    );
}

#[test]
fn an_annotation_that_changes_nothing_is_no_row() {
    let blank = Delta {
        agent: Some(String::new()),
        ..Delta::default()
    };
    for delta in [Delta::default(), blank] {
        assert!(delta.is_empty());
        assert_eq!(annotation(delta).row(&Sanitizer::general()), None);
    }
    assert!(!full_delta().is_empty());
}

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn facts(at: &str, artifact_path: Option<&str>) -> PhaseFacts {
    PhaseFacts {
        actor: "cli".to_owned(),
        at: time(at),
        mission_number: None,
        artifact_path: artifact_path.map(str::to_owned),
        summary: None,
        wp_count: 4,
    }
}

#[test]
fn lifecycle_rows_are_written_as_the_python_tool_writes_them() {
    let half = "2026-06-15T20:08:24.5Z";
    let whole = "2026-06-15T20:08:24Z";
    let spec = Some("kitty-specs/m/spec.md");
    let text = |text: &str| Some(text.to_owned());
    let created = MissionCreated {
        mission_id: Some(MISSION.parse().unwrap()),
        mission_number: None,
        mission_type: "software-dev".to_owned(),
        target_branch: "main".to_owned(),
        wp_count: 0,
        friendly_name: None,
        purpose_tldr: None,
        purpose_context: None,
        created_at: time(half),
    };
    let named = MissionCreated {
        mission_id: None,
        mission_number: Some(7),
        mission_type: "research".to_owned(),
        wp_count: 3,
        friendly_name: text("Größe"),
        purpose_tldr: text("t"),
        purpose_context: text("c"),
        created_at: time(whole),
        ..created.clone()
    };
    let package = WorkPackageCreated {
        wp_id: "WP01".parse().unwrap(),
        wp_title: "T \"é\"".to_owned(),
        wp_path: text("kitty-specs/m/tasks/WP01-t.md"),
        depends_on: vec!["WP02".parse().unwrap()],
        actor: "cli".to_owned(),
        mission_number: None,
        created_at: time("2026-06-15T20:08:24.506333Z"),
    };
    let bare = WorkPackageCreated {
        wp_id: "WP02".parse().unwrap(),
        wp_title: "T".to_owned(),
        wp_path: None,
        depends_on: Vec::new(),
        created_at: time(whole),
        ..package.clone()
    };
    let follow_up = |follow_up| LifecycleEvent::FollowUpRecorded {
        mission_id: MISSION.parse().unwrap(),
        follow_up,
        recorded_by: "me".to_owned(),
        at: time(whole),
    };
    let project = (
        "8a4a7da6-a97c-4bb4-893a-b31664abfee4".parse().unwrap(),
        text("p"),
    );
    for (slug, project, event, written) in [
        (
            "m-01KV6DC9",
            Some(project),
            LifecycleEvent::MissionCreated(created),
            r#"{"aggregate_id": "01KV6DC9Y5FJ9FCYJMM1KA09XK", "aggregate_type": "Mission", "event_id": "01KV6ECJ5T0K04X9XMR2T8EJZR", "event_type": "MissionCreated", "payload": {"created_at": "2026-06-15T20:08:24.500000+00:00", "friendly_name": "m 01KV6DC9", "mission_id": "01KV6DC9Y5FJ9FCYJMM1KA09XK", "mission_number": null, "mission_slug": "m-01KV6DC9", "mission_type": "software-dev", "purpose_context": "This mission advances m 01KV6DC9 on main so stakeholders can track the work from mission creation onward.", "purpose_tldr": "m 01KV6DC9", "target_branch": "main", "wp_count": 0}, "project_slug": "p", "project_uuid": "8a4a7da6-a97c-4bb4-893a-b31664abfee4", "schema_version": "5.0.0", "timestamp": "2026-06-15T20:08:24.506475+00:00"}"#,
        ),
        (
            "n",
            None,
            LifecycleEvent::MissionCreated(named),
            r#"{"aggregate_id": "n", "aggregate_type": "Mission", "event_id": "01KV6ECJ5T0K04X9XMR2T8EJZR", "event_type": "MissionCreated", "payload": {"created_at": "2026-06-15T20:08:24+00:00", "friendly_name": "Gr\u00f6\u00dfe", "mission_number": 7, "mission_slug": "n", "mission_type": "research", "purpose_context": "c", "purpose_tldr": "t", "target_branch": "main", "wp_count": 3}, "project_slug": null, "project_uuid": null, "schema_version": "5.0.0", "timestamp": "2026-06-15T20:08:24.506475+00:00"}"#,
        ),
        (
            "m-01KV6DC9",
            None,
            LifecycleEvent::PhaseStarted(Phase::Specify, facts(half, spec)),
            r#"{"aggregate_id": "m-01KV6DC9", "aggregate_type": "Mission", "event_id": "01KV6ECJ5T0K04X9XMR2T8EJZR", "event_type": "SpecifyStarted", "payload": {"actor": "cli", "artifact_path": "kitty-specs/m/spec.md", "at": "2026-06-15T20:08:24.500000Z", "mission_number": null, "mission_slug": "m-01KV6DC9"}, "project_slug": null, "project_uuid": null, "schema_version": "5.0.0", "timestamp": "2026-06-15T20:08:24.506475+00:00"}"#,
        ),
        (
            "m-01KV6DC9",
            None,
            LifecycleEvent::PhaseCompleted(Phase::Plan, facts(half, spec)),
            r#"{"aggregate_id": "m-01KV6DC9", "aggregate_type": "Mission", "event_id": "01KV6ECJ5T0K04X9XMR2T8EJZR", "event_type": "PlanCompleted", "payload": {"actor": "cli", "artifact_path": "kitty-specs/m/spec.md", "at": "2026-06-15T20:08:24.500000Z", "mission_number": null, "mission_slug": "m-01KV6DC9", "summary": null}, "project_slug": null, "project_uuid": null, "schema_version": "5.0.0", "timestamp": "2026-06-15T20:08:24.506475+00:00"}"#,
        ),
        (
            "m-01KV6DC9",
            None,
            LifecycleEvent::PhaseCompleted(Phase::Tasks, facts(half, spec)),
            r#"{"aggregate_id": "m-01KV6DC9", "aggregate_type": "Mission", "event_id": "01KV6ECJ5T0K04X9XMR2T8EJZR", "event_type": "TasksCompleted", "payload": {"actor": "cli", "artifact_path": "kitty-specs/m/spec.md", "at": "2026-06-15T20:08:24.500000Z", "mission_number": null, "mission_slug": "m-01KV6DC9", "summary": null, "wp_count": 4}, "project_slug": null, "project_uuid": null, "schema_version": "5.0.0", "timestamp": "2026-06-15T20:08:24.506475+00:00"}"#,
        ),
        (
            "other",
            None,
            LifecycleEvent::PhaseStarted(Phase::Tasks, facts(whole, None)),
            r#"{"aggregate_id": "other", "aggregate_type": "Mission", "event_id": "01KV6ECJ5T0K04X9XMR2T8EJZR", "event_type": "TasksStarted", "payload": {"actor": "cli", "at": "2026-06-15T20:08:24Z", "mission_number": null, "mission_slug": "other"}, "project_slug": null, "project_uuid": null, "schema_version": "5.0.0", "timestamp": "2026-06-15T20:08:24.506475+00:00"}"#,
        ),
        (
            "m-01KV6DC9",
            None,
            LifecycleEvent::WorkPackageCreated(package),
            r#"{"aggregate_id": "WP01", "aggregate_type": "WorkPackage", "event_id": "01KV6ECJ5T0K04X9XMR2T8EJZR", "event_type": "WPCreated", "payload": {"actor": "cli", "created_at": "2026-06-15T20:08:24.506333Z", "depends_on": ["WP02"], "mission_number": null, "mission_slug": "m-01KV6DC9", "wp_id": "WP01", "wp_path": "kitty-specs/m/tasks/WP01-t.md", "wp_title": "T \"\u00e9\""}, "project_slug": null, "project_uuid": null, "schema_version": "5.0.0", "timestamp": "2026-06-15T20:08:24.506475+00:00"}"#,
        ),
        (
            "m-01KV6DC9",
            None,
            LifecycleEvent::WorkPackageCreated(bare),
            r#"{"aggregate_id": "WP02", "aggregate_type": "WorkPackage", "event_id": "01KV6ECJ5T0K04X9XMR2T8EJZR", "event_type": "WPCreated", "payload": {"actor": "cli", "created_at": "2026-06-15T20:08:24Z", "depends_on": [], "mission_number": null, "mission_slug": "m-01KV6DC9", "wp_id": "WP02", "wp_path": null, "wp_title": "T"}, "project_slug": null, "project_uuid": null, "schema_version": "5.0.0", "timestamp": "2026-06-15T20:08:24.506475+00:00"}"#,
        ),
        (
            "m-01KV6DC9",
            None,
            LifecycleEvent::ReviewerSelfApproval {
                wp_id: "WP01".parse().unwrap(),
                implementing_actor: "a".to_owned(),
                intended_reviewer: "r".to_owned(),
                failure_reason: "f".to_owned(),
                fallback_approved: true,
                at: time(whole),
            },
            r#"{"aggregate_id": "WP01", "aggregate_type": "WorkPackage", "event_id": "01KV6ECJ5T0K04X9XMR2T8EJZR", "event_type": "ReviewerSelfApproval", "payload": {"failure_reason": "f", "fallback_approved": true, "implementing_actor": "a", "intended_reviewer": "r", "mission_slug": "m-01KV6DC9", "timestamp": "2026-06-15T20:08:24+00:00", "wp_id": "WP01"}, "project_slug": null, "project_uuid": null, "schema_version": "5.0.0", "timestamp": "2026-06-15T20:08:24.506475+00:00"}"#,
        ),
        (
            "m-01KV6DC9",
            None,
            LifecycleEvent::MissionReopened {
                mission_id: MISSION.parse().unwrap(),
                reason: "why".to_owned(),
                reopened_by: "me".to_owned(),
                at: time(whole),
                cleared_merge: json!({"merged_at": "x"}).as_object().cloned(),
            },
            r#"{"aggregate_id": "01KV6DC9Y5FJ9FCYJMM1KA09XK", "aggregate_type": "Mission", "event_id": "01KV6ECJ5T0K04X9XMR2T8EJZR", "event_type": "MissionReopened", "payload": {"cleared_merge": {"merged_at": "x"}, "mission_id": "01KV6DC9Y5FJ9FCYJMM1KA09XK", "mission_slug": "m-01KV6DC9", "reason": "why", "reopened_at": "2026-06-15T20:08:24+00:00", "reopened_by": "me"}, "project_slug": null, "project_uuid": null, "schema_version": "5.0.0", "timestamp": "2026-06-15T20:08:24.506475+00:00"}"#,
        ),
        (
            "m-01KV6DC9",
            None,
            follow_up(FollowUp::Commit("abc".to_owned())),
            r#"{"aggregate_id": "01KV6DC9Y5FJ9FCYJMM1KA09XK", "aggregate_type": "Mission", "event_id": "01KV6ECJ5T0K04X9XMR2T8EJZR", "event_type": "FollowUpRecorded", "payload": {"commit_sha": "abc", "follow_up_type": "commit", "mission_id": "01KV6DC9Y5FJ9FCYJMM1KA09XK", "mission_slug": "m-01KV6DC9", "pr_number": null, "recorded_at": "2026-06-15T20:08:24+00:00", "recorded_by": "me"}, "project_slug": null, "project_uuid": null, "schema_version": "5.0.0", "timestamp": "2026-06-15T20:08:24.506475+00:00"}"#,
        ),
        (
            "m-01KV6DC9",
            None,
            follow_up(FollowUp::PullRequest(5)),
            r#"{"aggregate_id": "01KV6DC9Y5FJ9FCYJMM1KA09XK", "aggregate_type": "Mission", "event_id": "01KV6ECJ5T0K04X9XMR2T8EJZR", "event_type": "FollowUpRecorded", "payload": {"commit_sha": null, "follow_up_type": "pr", "mission_id": "01KV6DC9Y5FJ9FCYJMM1KA09XK", "mission_slug": "m-01KV6DC9", "pr_number": 5, "recorded_at": "2026-06-15T20:08:24+00:00", "recorded_by": "me"}, "project_slug": null, "project_uuid": null, "schema_version": "5.0.0", "timestamp": "2026-06-15T20:08:24.506475+00:00"}"#,
        ),
    ] {
        let lifecycle = Lifecycle {
            event_id: "01KV6ECJ5T0K04X9XMR2T8EJZR".parse().unwrap(),
            at: time("2026-06-15T20:08:24.506475Z"),
            mission_slug: slug.parse().unwrap(),
            project,
            event,
        };
        let written_here = line(&lifecycle.row(&Sanitizer::general()));
        assert_eq!(written_here, format!("{written}\n"));
        let log = Log::read(written_here.as_bytes());
        let (_, row) = log.rows().next().unwrap();
        assert!(matches!(row, Row::Lifecycle(_)));
        assert_eq!(row.event_type(), Some(lifecycle.event_type()));
        assert_eq!(row.at(), Some("2026-06-15T20:08:24.506475+00:00"));
    }
}

/// Every phase has its two types.
#[test]
fn phases_begin_and_end_under_their_own_names() {
    for (phase, begun, ended) in [
        (Phase::Specify, "SpecifyStarted", "SpecifyCompleted"),
        (Phase::Plan, "PlanStarted", "PlanCompleted"),
        (Phase::Tasks, "TasksStarted", "TasksCompleted"),
    ] {
        let facts = facts("2026-06-15T20:08:24Z", None);
        for (event, name) in [
            (LifecycleEvent::PhaseStarted(phase, facts.clone()), begun),
            (LifecycleEvent::PhaseCompleted(phase, facts), ended),
        ] {
            let lifecycle = Lifecycle {
                event_id: EVENT.parse().unwrap(),
                at: time("2026-06-15T20:08:24Z"),
                mission_slug: "m".parse().unwrap(),
                project: None,
                event,
            };
            assert_eq!(lifecycle.event_type(), name);
        }
    }
}

fn texts() -> impl Strategy<Value = String> {
    proptest::collection::vec(any::<char>(), 0..6).prop_map(String::from_iter)
}

proptest! {
    /// What is written is read back as it was, whatever it says.
    #[test]
    fn a_written_transition_is_read_back(
        reason in proptest::option::of(texts()),
        actor in texts(),
        review_ref in proptest::option::of(texts()),
        lanes in (0..11_usize, 0..11_usize),
        force in any::<bool>(),
    ) {
        let written = Transition {
            reason, actor: Actor::name(actor), review_ref, force,
            from_lane: Lane::ALL[lanes.0], to_lane: Lane::ALL[lanes.1],
            ..transition()
        };
        let line = line(&written.row(&Sanitizer::general()));
        prop_assert!(line.is_ascii());
        let log = Log::read(line.as_bytes());
        let read = log.transitions().next().unwrap();
        prop_assert_eq!(read.reason.as_deref(), written.reason.as_deref());
        prop_assert_eq!(read.review_ref.as_deref(), written.review_ref.as_deref());
        prop_assert_eq!(&read.actor, &written.actor);
        prop_assert_eq!((read.from_lane, read.to_lane, read.force), (written.from_lane, written.to_lane, force));
        // And it is what Python would write of the same values.
        prop_assert_eq!(crate::json::log(&Value::Object(parse(&line).unwrap())), line);
    }
}
