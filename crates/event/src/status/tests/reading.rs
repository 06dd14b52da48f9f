use serde_json::{Value, json};

use super::{at, changed, file, id, moved, noted};
use crate::decision::Damaged;
use crate::status::{Actor, Binding, Content, Lane, Log, Row};

/// What a row reads as, by name; of a damaged one the reason.
fn family(row: &Value) -> String {
    let file = file(std::slice::from_ref(row));
    let log = Log::read(file.as_bytes());
    match &log.lines[0].content {
        Content::Row(Row::Transition(_)) => "transition".to_owned(),
        Content::Row(Row::Annotation(_)) => "annotation".to_owned(),
        Content::Row(Row::Lifecycle(_)) => "lifecycle".to_owned(),
        Content::Row(Row::DecisionPoint(_)) => "decision".to_owned(),
        Content::Row(Row::Retrospective(_)) => "retrospective".to_owned(),
        Content::Row(Row::Other(_)) => "other".to_owned(),
        Content::Damaged(reason) => reason.clone(),
        Content::Blank => "blank".to_owned(),
    }
}

#[test]
fn families_are_told_apart_as_the_python_tool_does() {
    let transition = moved(1, "WP01", "planned", "claimed", json!({}));
    for (row, expected) in [
        (transition.clone(), "transition"),
        (
            changed(transition.clone(), json!({"kind": null})),
            "transition",
        ),
        (
            changed(transition.clone(), json!({"type": "Unknown"})),
            "transition",
        ),
        (noted(1, "WP01", json!({})), "annotation"),
        (
            changed(noted(1, "WP01", json!({})), json!({"event_type": "X"})),
            "annotation",
        ),
        (
            json!({"event_type": "WPCreated", "event_id": id(1)}),
            "lifecycle",
        ),
        (json!({"event_type": "DecisionPointWidened"}), "decision"),
        (
            json!({"event_name": "retrospective.started"}),
            "retrospective",
        ),
        (json!({"type": "RetrospectiveCaptured"}), "retrospective"),
        // A row with a type is no transition, whatever else it says.
        (
            changed(transition, json!({"event_type": "WPStatusChanged"})),
            "other",
        ),
        (json!({"event_type": null}), "other"),
        (json!({"event_type": "Later"}), "other"),
        (json!({"kind": "later"}), "other"),
        (json!({"kind": 5}), "other"),
        (json!({"event_name": "later.event"}), "other"),
        (json!({"type": "Later"}), "other"),
        (
            json!({"event_id": id(1)}),
            "the row says neither what it is nor which lanes it is about",
        ),
    ] {
        assert_eq!(family(&row), expected, "{row}");
    }
}

#[test]
fn a_transition_says_what_it_says() {
    let row = moved(
        3,
        "WP02",
        "in_review",
        "in_progress",
        json!({"force": true, "reason": "a\nb", "review_ref": "PR", "reason_source": "operator",
               "mission_slug": "", "feature_slug": "old",
               "actor": {"role": "reviewer", "profile": null, "tool": null, "model": "m"}}),
    );
    let file = file(&[row]);
    let log = Log::read(file.as_bytes());
    let row = log.transitions().next().unwrap();
    assert_eq!(row.event_id, id(3));
    assert_eq!(row.at, at(3));
    assert_eq!(row.wp_id, "WP02");
    assert_eq!(row.mission_slug.as_deref(), Some("old"));
    assert_eq!(row.mission_id.as_deref(), Some(super::MISSION));
    assert_eq!(
        (row.from_lane, row.to_lane),
        (Lane::InReview, Lane::InProgress)
    );
    assert!(row.force && row.is_rollback());
    assert_eq!(row.execution_mode, "worktree");
    assert_eq!(row.reason.as_deref(), Some("a\nb"));
    assert_eq!(row.reason_source.as_deref(), Some("operator"));
    assert_eq!(row.review_ref.as_deref(), Some("PR"));
    assert_eq!(row.actor.label(), "reviewer");
    let line = &log.lines[0];
    assert_eq!((line.number, line.raw), (1, file.as_bytes()));
}

#[test]
fn a_number_or_nothing_as_an_actor_is_the_text_that_python_makes_of_it() {
    for (actor, label) in [
        (json!("user"), "user"),
        (json!(null), "None"),
        (json!(true), "True"),
        (json!(false), "False"),
        (json!(12), "12"),
        (
            json!({"role": "r", "profile": "p", "tool": "t", "model": null}),
            "t",
        ),
        (
            json!({"role": "r", "profile": "p", "tool": "", "model": null}),
            "r",
        ),
        (
            json!({"role": null, "profile": "p", "tool": null, "model": null}),
            "",
        ),
    ] {
        let file = file(&[moved(
            1,
            "WP01",
            "planned",
            "claimed",
            json!({"actor": actor}),
        )]);
        let log = Log::read(file.as_bytes());
        assert_eq!(log.transitions().next().unwrap().actor.label(), label);
    }
}

#[test]
fn a_transition_that_lacks_something_is_damaged_and_says_what() {
    for (changes, reason) in [
        (json!({"event_id": "-"}), "the row has no `event_id`"),
        (json!({"event_id": 5}), "`event_id` is no text"),
        (json!({"wp_id": null}), "`wp_id` is no text"),
        (
            json!({"from_lane": "doing"}),
            "`from_lane` is `doing`, which is no lane",
        ),
        (json!({"to_lane": "-"}), "the row has no `to_lane`"),
        (json!({"at": 5}), "`at` is no text"),
        (json!({"actor": "-"}), "the row has no `actor`"),
        (json!({"actor": []}), "`actor` is no name"),
        (
            json!({"actor": {"role": "r"}}),
            "`actor` has not all of role, profile, tool, model",
        ),
        (
            json!({"actor": {"name": "r"}}),
            "`actor` has a key `name`, which no binding has",
        ),
        (
            json!({"actor": {"role": 5, "profile": null, "tool": null, "model": null}}),
            "`actor.role` is no text",
        ),
        (json!({"force": "-"}), "the row has no `force`"),
        (json!({"force": "yes"}), "`force` is neither true nor false"),
        (
            json!({"execution_mode": "-"}),
            "the row has no `execution_mode`",
        ),
        (json!({"reason": 5}), "`reason` is no text"),
        (
            json!({"review_result": {"reviewer": "r", "verdict": "approved"}}),
            "`review_result` has no `reference`",
        ),
        (
            json!({"review_result": "approved"}),
            "`review_result` has no `reference`",
        ),
    ] {
        let row = moved(1, "WP01", "planned", "claimed", changes);
        assert_eq!(family(&row), reason);
    }
}

#[test]
fn an_annotation_that_lacks_something_is_damaged_and_says_what() {
    let row = noted(1, "WP01", json!({}));
    for (changes, reason) in [
        (
            json!({"event_id": "E1"}),
            "`event_id` of an annotation is no ULID",
        ),
        (json!({"wp_id": "-"}), "the row has no `wp_id`"),
        (json!({"wp_id": []}), "`wp_id` is no text"),
        (json!({"actor": "-"}), "the row has no `actor`"),
        (json!({"delta": "-"}), "the annotation has no `delta`"),
        (json!({"delta": []}), "`delta` is no object"),
        (
            json!({"delta": {"subtasks": []}}),
            "`delta.subtasks` is no object",
        ),
        (
            json!({"delta": {"subtasks": {"T1": "doing"}}}),
            "`delta.subtasks` has a state that is no lane",
        ),
        (
            json!({"delta": {"subtasks": {"T1": 1}}}),
            "`delta.subtasks` has a state that is no text",
        ),
        (
            json!({"delta": {"tracker_refs": "x"}}),
            "`delta.tracker_refs` is no list",
        ),
        (
            json!({"delta": {"shell_pid": "x"}}),
            "`delta.shell_pid` is no integer",
        ),
        (
            json!({"delta": {"shell_pid": 1e300}}),
            "`delta.shell_pid` is no integer",
        ),
        (
            json!({"delta": {"review": {"at": ""}}}),
            "`delta.review` has no `actor`",
        ),
        (
            json!({"delta": {"review": {"at": [], "actor": "", "wp_id": "", "reason": ""}}}),
            "`delta.review.at` is no text",
        ),
    ] {
        assert_eq!(family(&changed(row.clone(), changes)), reason);
    }
}

#[test]
fn heads_are_read_wherever_they_stand() {
    let rows = file(&[
        json!({"event_type": "WPCreated", "event_id": id(1), "timestamp": at(1), "wp_id": "WP01"}),
        json!({"kind": "later", "event_id": 5}),
        json!({"event_name": "retrospective.started", "type": "X", "event_id": id(3), "at": at(3)}),
        noted(4, "WP01", json!({"note": "n"})),
        moved(5, "WP01", "planned", "claimed", json!({})),
    ]);
    let log = Log::read(rows.as_bytes());
    let heads: Vec<_> = log
        .rows()
        .map(|(line, row)| (line.number, row.event_type(), row.event_id(), row.at()))
        .collect();
    let ids: Vec<String> = (0..=5).map(id).collect();
    let times: Vec<String> = (0..=5).map(at).collect();
    assert_eq!(
        heads,
        [
            (
                1,
                Some("WPCreated"),
                Some(ids[1].as_str()),
                Some(times[1].as_str())
            ),
            (2, Some("later"), None, None),
            (
                3,
                Some("retrospective.started"),
                Some(ids[3].as_str()),
                Some(times[3].as_str())
            ),
            (
                4,
                Some("InnerStateChanged"),
                Some(ids[4].as_str()),
                Some(times[4].as_str())
            ),
            (
                5,
                Some("WPStatusChanged"),
                Some(ids[5].as_str()),
                Some(times[5].as_str())
            ),
        ]
    );
    assert_eq!(log.annotations().next().unwrap().note(), Some("n"));
}

#[test]
fn an_owned_actor_outlives_its_line() {
    let binding = Actor::Binding(Box::new(Binding {
        role: Some("r".into()),
        profile: None,
        tool: Some("t".into()),
        model: None,
    }));
    for actor in [Actor::name("user"), binding] {
        let owned: Actor<'static> = actor.clone().into_owned();
        assert_eq!(owned, actor);
    }
}

#[test]
fn damaged_lines_are_reported_with_their_numbers_and_stop_nothing() {
    let good = file(&[moved(1, "WP01", "planned", "claimed", json!({}))]);
    let text = format!("\n{good}<<<<<<< ours\n{{}}\n  \nnot json\n{good}[1]\n{{\"a\":NaN}}");
    let log = Log::read(text.as_bytes());
    let lines: Vec<usize> = log.damaged().iter().map(|damaged| damaged.line).collect();
    assert_eq!(lines, [3, 4, 6, 8, 9]);
    assert_eq!(log.transitions().count(), 2);
    assert_eq!(
        log.damaged()[4],
        Damaged {
            line: 9,
            reason: "the line is not JSON: it holds NaN, which is no JSON number".to_owned(),
        }
    );
    assert_eq!(log.to_bytes(), text.as_bytes());
}
