use serde_json::{Value, json};

use super::{at, changed, file, folded, id, moved, noted, package};
use crate::id::WorkPackageId;
use crate::status::{Lane, Log, MissionIdentity, Order, Slot, reduce};

fn none() -> Value {
    json!({})
}

#[test]
fn an_empty_log_has_an_empty_snapshot() {
    let snapshot = folded(&[]);
    assert_eq!(
        snapshot.to_json(),
        "{\n  \"event_count\": 0,\n  \"last_event_id\": null,\n  \"materialized_at\": \"\",\n  \"mission_number\": \"\",\n  \"mission_slug\": \"\",\n  \"mission_type\": \"\",\n  \"summary\": {\n    \"approved\": 0,\n    \"blocked\": 0,\n    \"canceled\": 0,\n    \"claimed\": 0,\n    \"done\": 0,\n    \"for_review\": 0,\n    \"in_progress\": 0,\n    \"in_review\": 0,\n    \"planned\": 0\n  },\n  \"work_packages\": {}\n}\n"
    );
}

#[test]
fn transitions_count_in_the_order_of_their_times_and_each_once() {
    let first = moved(
        1,
        "WP01",
        "genesis",
        "planned",
        json!({"mission_slug": "first"}),
    );
    let last = moved(
        3,
        "WP01",
        "claimed",
        "in_progress",
        json!({"mission_slug": "last"}),
    );
    let middle = moved(2, "WP02", "planned", "claimed", json!({"force": true}));
    let snapshot = folded(&[last.clone(), middle, first, last]);
    assert_eq!(snapshot.mission_slug, "first");
    assert_eq!(snapshot.event_count, 3);
    assert_eq!(snapshot.materialized_at, at(3));
    assert_eq!(snapshot.last_event_id, Some(id(3)));
    assert_eq!(snapshot.work_packages["WP01"].lane, Lane::InProgress);
    assert_eq!(snapshot.work_packages["WP02"].force_count, 1);
    let summary = snapshot.summary();
    assert_eq!(
        (
            summary["in_progress"],
            summary["claimed"],
            summary["planned"]
        ),
        (1, 1, 0)
    );
}

#[test]
fn of_two_rows_with_one_id_the_first_in_the_file_counts() {
    let one = moved(1, "WP01", "genesis", "planned", none());
    let other = changed(one.clone(), json!({"to_lane": "canceled", "at": at(9)}));
    assert_eq!(
        folded(&[one.clone(), other.clone()]).work_packages["WP01"].lane,
        Lane::Planned
    );
    assert_eq!(
        folded(&[other, one]).work_packages["WP01"].lane,
        Lane::Canceled
    );
}

#[test]
fn edges_that_todays_rules_forbid_count_as_they_stand() {
    let snapshot = folded(&[
        moved(1, "WP01", "for_review", "done", none()),
        moved(2, "WP01", "planned", "claimed", none()),
    ]);
    assert_eq!(snapshot.work_packages["WP01"].lane, Lane::Claimed);
}

/// Rows of the same time: a reviewer's rollback outranks a step forward, on either side of it.
#[test]
fn a_rollback_outranks_a_step_forward_of_the_same_time() {
    let same = |number, from: &str, to: &str, changes: Value| {
        changed(
            moved(number, "WP01", from, to, changes),
            json!({"at": at(7)}),
        )
    };
    let forward = |number| same(number, "in_review", "approved", none());
    let back = |number| same(number, "in_review", "in_progress", none());
    let old_back = |number| {
        same(
            number,
            "for_review",
            "in_progress",
            json!({"review_ref": "PR"}),
        )
    };
    let no_back = |number| same(number, "for_review", "in_progress", none());
    for (rows, lane) in [
        ([forward(1), back(2)], Lane::InProgress),
        ([back(1), forward(2)], Lane::InProgress),
        ([old_back(1), forward(2)], Lane::InProgress),
        ([no_back(1), forward(2)], Lane::Approved),
        // Of two of a kind the larger id counts.
        (
            [forward(1), same(2, "approved", "done", none())],
            Lane::Done,
        ),
        ([back(1), back(2)], Lane::InProgress),
    ] {
        assert_eq!(folded(&rows).work_packages["WP01"].lane, lane, "{rows:?}");
    }
    // What is ignored leaves no trace in its package, but is the last of the log.
    let snapshot = folded(&[
        back(1),
        same(2, "in_review", "approved", json!({"force": true})),
    ]);
    let package = &snapshot.work_packages["WP01"];
    assert_eq!(
        (package.force_count, package.last_event_id.as_deref()),
        (0, Some(id(1).as_str()))
    );
    assert_eq!(snapshot.last_event_id, Some(id(2)));
    // Later it counts again.
    let later = moved(8, "WP01", "in_progress", "for_review", none());
    assert_eq!(
        folded(&[back(1), later]).work_packages["WP01"].lane,
        Lane::ForReview
    );
}

#[test]
fn a_claim_says_which_process_and_later_steps_keep_it() {
    let metadata = json!({"shell_pid": 7, "shell_pid_created_at": "1.5", "agent": "a", "other": 1});
    let claim = moved(
        1,
        "WP01",
        "planned",
        "claimed",
        json!({"policy_metadata": metadata}),
    );
    let step = moved(
        2,
        "WP01",
        "claimed",
        "in_progress",
        json!({"policy_metadata": {"agent": "b"}}),
    );
    let state = package(&[claim.clone(), step]);
    assert_eq!(state["agent"], "a");
    assert_eq!(state["shell_pid"], 7);
    assert_eq!(state["shell_pid_created_at"], "1.5");
    // What says nothing changes nothing.
    let blank = json!({"policy_metadata": {"shell_pid": null, "agent": ""}});
    let again = moved(3, "WP01", "planned", "claimed", blank);
    let state = package(&[claim, again]);
    assert_eq!(
        (state["agent"].clone(), state["shell_pid"].clone()),
        (json!("a"), json!(7))
    );
}

#[test]
fn a_verdict_stays_until_another_and_a_review_left_without_one_says_null() {
    let verdict = json!({"reviewer": "r", "verdict": "approved", "reference": "PR", "more": 1});
    let left = moved(
        1,
        "WP01",
        "in_review",
        "approved",
        json!({"review_result": verdict}),
    );
    let done = moved(2, "WP01", "approved", "done", none());
    let shown = json!({"reviewer": "r", "verdict": "approved", "reference": "PR"});
    assert_eq!(
        package(&[left.clone(), done.clone()])["review_result"],
        shown
    );
    let forced = moved(3, "WP01", "in_review", "done", json!({"force": true}));
    assert_eq!(
        package(&[left.clone(), forced])["review_result"],
        Value::Null
    );
    assert!(!package(&[done]).contains_key("review_result"));
    for empty in [json!({}), json!(""), json!(0), json!([]), json!(false)] {
        let row = changed(left.clone(), json!({"review_result": empty}));
        assert_eq!(package(&[row])["review_result"], Value::Null);
    }
    let path = json!({"reviewer": "r", "verdict": "v", "reference": "PR", "feedback_path": "p"});
    let row = changed(left, json!({"review_result": path}));
    assert_eq!(package(&[row])["review_result"], path);
}

#[test]
fn a_canceled_package_says_why_and_who_said_so_until_it_moves_on() {
    for (changes, source) in [
        (json!({"reason": "no longer needed"}), "operator"),
        (
            json!({"reason": "no", "reason_source": "synthetic"}),
            "synthetic",
        ),
        (json!({"reason": "Force move to canceled"}), "synthetic"),
        (
            json!({"reason": "move-task: planned -> canceled"}),
            "synthetic",
        ),
        (json!({"reason": "  "}), "synthetic"),
        (json!({}), "synthetic"),
    ] {
        let cancel = moved(1, "WP01", "planned", "canceled", changes.clone());
        let state = package(std::slice::from_ref(&cancel));
        assert_eq!(state["reason_source"], source);
        assert_eq!(
            state["cancellation_reason"],
            changes.get("reason").cloned().unwrap_or_default()
        );
        let back = moved(2, "WP01", "canceled", "planned", none());
        let state = package(&[cancel, back]);
        assert!(!state.contains_key("reason_source") && !state.contains_key("cancellation_reason"));
    }
}

#[test]
fn annotations_replace_merge_and_add_after_all_transitions() {
    let state = package(&[
        noted(
            1,
            "WP01",
            json!({"agent": "early", "note": "one", "subtasks": {"T1": "planned", "T2": "done"}}),
        ),
        noted(
            3,
            "WP01",
            json!({"note": "two", "subtasks": {"T1": "done"}, "shell_pid": "12",
            "tracker_refs": ["a", "b"], "role": "", "model": "m", "unknown": 1}),
        ),
        noted(
            2,
            "WP01",
            json!({"agent": "late", "tracker_refs": ["b"], "assignee": "x"}),
        ),
        // A transition after the annotations doesn't undo them, nor its claim.
        moved(
            9,
            "WP01",
            "planned",
            "claimed",
            json!({"policy_metadata": {"agent": "claims", "shell_pid": 1}}),
        ),
    ]);
    assert_eq!(state["agent"], "late");
    assert_eq!(state["assignee"], "x");
    assert_eq!(state["model"], "m");
    assert_eq!(state["notes"], json!(["one", "two"]));
    assert_eq!(state["subtasks"], json!({"T1": "done", "T2": "done"}));
    assert_eq!(state["tracker_refs"], json!(["b", "a"]));
    assert_eq!(state["shell_pid"], 12);
    assert!(!state.contains_key("role") && !state.contains_key("unknown"));
}

#[test]
fn a_claim_is_let_go_before_a_new_one_of_the_same_row() {
    let held = noted(
        1,
        "WP01",
        json!({"agent": "a", "shell_pid": 1, "shell_pid_created_at": "1", "model": "m"}),
    );
    let state = package(&[
        held.clone(),
        noted(2, "WP01", json!({"release_runtime_claim": true})),
    ]);
    for key in ["agent", "shell_pid", "shell_pid_created_at"] {
        assert_eq!(state[key], Value::Null, "{key}");
    }
    assert_eq!(state["model"], "m");
    let taken = noted(
        2,
        "WP01",
        json!({"release_runtime_claim": true, "agent": "b"}),
    );
    assert_eq!(package(&[held, taken])["agent"], "b");
}

#[test]
fn references_are_replaced_without_repeats_and_an_empty_word_takes_a_review_back() {
    let state = package(&[
        noted(1, "WP01", json!({"tracker_refs": ["a"]})),
        noted(
            2,
            "WP01",
            json!({"tracker_refs": ["x"], "tracker_refs_replace": ["c", "b", "c"]}),
        ),
    ]);
    assert_eq!(state["tracker_refs"], json!(["c", "b"]));
    let review = json!({"at": "t", "actor": "a", "wp_id": "WP01", "reason": ""});
    let given = noted(3, "WP01", json!({"review": review}));
    assert_eq!(package(std::slice::from_ref(&given))["review"], review);
    let empty = json!({"at": "", "actor": "", "wp_id": "", "reason": ""});
    let state = package(&[given, noted(4, "WP01", json!({"review": empty}))]);
    assert_eq!(state["review"], Value::Null);
}

#[test]
fn a_package_with_annotations_alone_stands_nowhere_and_moves_from_genesis() {
    let rows = [noted(1, "WP01", json!({"note": "n"}))];
    let snapshot = folded(&rows);
    let wp: WorkPackageId = "WP01".parse().unwrap();
    assert_eq!(snapshot.work_packages["WP01"].lane, Lane::Uninitialized);
    assert_eq!(snapshot.lane(&wp), Lane::Genesis);
    assert_eq!(snapshot.summary().values().sum::<usize>(), 0);
    assert_eq!(package(&rows)["last_transition_at"], Value::Null);
    let moved = folded(&[moved(1, "WP01", "genesis", "planned", none())]);
    assert_eq!(moved.lane(&wp), Lane::Planned);
    assert_eq!(moved.lane(&"WP02".parse().unwrap()), Lane::Genesis);
}

#[test]
fn a_package_tells_its_notes_subtasks_and_texts() {
    let delta = json!({"agent": "a", "note": "n", "subtasks": {"T1": "done", "T2": "planned"}});
    let snapshot = folded(&[noted(1, "WP01", delta)]);
    let package = &snapshot.work_packages["WP01"];
    assert_eq!(package.notes().collect::<Vec<_>>(), ["n"]);
    let subtasks: Vec<_> = package.subtasks().collect();
    assert_eq!(subtasks, [("T1", Lane::Done), ("T2", Lane::Planned)]);
    assert_eq!(package.text(Slot::Agent), Some("a"));
    assert_eq!(package.text(Slot::Model), None);
    let roster = ["T1", "T2", "T3"].map(str::to_owned);
    assert_eq!(package.open_subtasks(&roster), ["T2", "T3"]);
    assert_eq!(package.open_subtasks(&[]), Vec::<String>::new());
}

#[test]
fn a_slug_that_names_no_directory_is_not_shown() {
    for (slug, shown) in [
        ("066-review", "066-review"),
        ("a.b", "a.b"),
        ("a..b", ""),
        ("../evil", ""),
        (".hidden", ""),
        ("-a", ""),
        ("a b", ""),
        ("ä", ""),
        ("", ""),
    ] {
        let snapshot = folded(&[moved(
            1,
            "WP01",
            "genesis",
            "planned",
            json!({"mission_slug": slug}),
        )]);
        assert_eq!(snapshot.mission_slug, shown);
    }
}

#[test]
fn a_number_comes_from_meta_or_from_the_slug() {
    let file = file(&[moved(
        1,
        "WP01",
        "genesis",
        "planned",
        json!({"mission_slug": "066-x"}),
    )]);
    let log = Log::read(file.as_bytes());
    for (meta, number) in [
        (json!({}), "66"),
        (json!({"mission_number": null}), "66"),
        (json!({"mission_number": ""}), "66"),
        (json!({"mission_number": 7}), "7"),
        (json!({"mission_number": " 007 "}), "7"),
        (json!({"mission_number": "000"}), "0"),
    ] {
        let identity = MissionIdentity::of_meta(meta.as_object().unwrap()).unwrap();
        let parsed = MissionIdentity::parse(meta.to_string().as_bytes()).unwrap();
        assert_eq!(parsed, identity);
        assert_eq!(
            reduce(&log, &identity, Order::Python).mission_number,
            number
        );
    }
    for meta in [
        json!("pending"),
        json!(true),
        json!(1.5),
        json!("-3"),
        json!([]),
    ] {
        let meta = json!({"mission_number": meta});
        let error = MissionIdentity::of_meta(meta.as_object().unwrap()).unwrap_err();
        assert!(error.to_string().contains("must be a number or null"));
        let parsed = MissionIdentity::parse(meta.to_string().as_bytes()).unwrap_err();
        assert_eq!(parsed.to_string(), error.to_string());
    }
    let typed = json!({"mission_type": " research "});
    let identity = MissionIdentity::of_meta(typed.as_object().unwrap()).unwrap();
    assert_eq!(identity.mission_type, "research");
    let text = br#"{"mission_type": 1, "more": [{"a": "\u00e9"}], "mission_type": " research "}"#;
    assert_eq!(MissionIdentity::parse(text).unwrap(), identity);
    for text in [&b"[]"[..], b"{", b"", b"\xff", b"{} x"] {
        MissionIdentity::parse(text).unwrap_err();
    }
}

/// Defect 24 of the Python tool: times are compared as text.
#[test]
fn the_right_order_is_by_instant_and_is_a_setting() {
    let early = moved(
        1,
        "WP01",
        "genesis",
        "planned",
        json!({"at": "2026-06-01T07:00:00Z"}),
    );
    let late = moved(
        2,
        "WP01",
        "planned",
        "claimed",
        json!({"at": "2026-06-01T07:00:00.900000+00:00"}),
    );
    let far = moved(
        3,
        "WP01",
        "claimed",
        "blocked",
        json!({"at": "2026-06-01T06:30:00-02:00"}),
    );
    let file = file(&[late, early, far]);
    let log = Log::read(file.as_bytes());
    let lane = |order| reduce(&log, &MissionIdentity::default(), order).work_packages["WP01"].lane;
    assert_eq!(lane(Order::default()), Lane::Planned);
    assert_eq!(lane(Order::Instant), Lane::Blocked);
}

#[test]
fn the_same_instant_in_two_spellings_is_one_time_by_instant() {
    let back = moved(
        1,
        "WP01",
        "in_review",
        "in_progress",
        json!({"at": "2026-06-01T07:00:00+00:00"}),
    );
    let forward = moved(
        2,
        "WP01",
        "in_review",
        "approved",
        json!({"at": "2026-06-01T07:00:00Z"}),
    );
    let file = file(&[back, forward]);
    let log = Log::read(file.as_bytes());
    let lane = |order| reduce(&log, &MissionIdentity::default(), order).work_packages["WP01"].lane;
    assert_eq!(lane(Order::Python), Lane::Approved);
    assert_eq!(lane(Order::Instant), Lane::InProgress);
}

#[test]
fn a_repeated_annotation_counts_twice_in_python_and_once_by_instant() {
    let note = noted(1, "WP01", json!({"note": "n"}));
    let file = file(&[note.clone(), note]);
    let log = Log::read(file.as_bytes());
    let notes = |order| {
        reduce(&log, &MissionIdentity::default(), order).work_packages["WP01"]
            .notes()
            .count()
    };
    assert_eq!((notes(Order::Python), notes(Order::Instant)), (2, 1));
}

#[test]
fn a_retrospective_is_folded_from_its_named_rows() {
    let row = |number: usize, name: &str, payload: Value| json!({"event_name": format!("retrospective.{name}"), "event_id": id(number), "at": at(number), "payload": payload});
    let mode =
        json!({"value": "autonomous", "source_signal": {"kind": "environment", "evidence": "e"}});
    let begun = [
        row(1, "requested", json!({"mode": mode})),
        row(2, "started", json!({})),
    ];
    let shown = |rows: &[Value]| {
        let written: Value = serde_json::from_str(&folded(rows).to_json()).unwrap();
        written["retrospective"].clone()
    };
    assert_eq!(
        shown(&begun),
        json!({"status": "pending", "mode": mode, "record_path": null, "proposals_total": 0,
               "proposals_applied": 0, "proposals_rejected": 0, "proposals_pending": 0})
    );
    let mut ended = begun.to_vec();
    for (number, name) in [
        (3, "proposal.generated"),
        (4, "proposal.generated"),
        (5, "proposal.applied"),
        (6, "proposal.rejected"),
        (7, "proposal.generated"),
    ] {
        ended.push(row(number, name, json!({})));
    }
    ended.push(row(9, "completed", json!({"record_path": "r.yaml"})));
    ended.push(row(8, "failed", json!({"record_path": "other"})));
    assert_eq!(
        shown(&ended),
        json!({"status": "completed", "mode": mode, "record_path": "r.yaml", "proposals_total": 3,
               "proposals_applied": 1, "proposals_rejected": 1, "proposals_pending": 1})
    );
    for (name, status) in [("skipped", "skipped"), ("failed", "failed")] {
        let written = shown(&[row(1, name, json!({}))]);
        assert_eq!(
            (&written["status"], &written["mode"]),
            (&json!(status), &Value::Null)
        );
    }
    // A mode that the Python tool doesn't accept isn't shown, and rows with a `type` are no part of it.
    for bad in [
        json!("autonomous"),
        json!({"value": "x", "source_signal": {"kind": "environment", "evidence": "e"}}),
        json!({"value": "autonomous"}),
    ] {
        assert_eq!(
            shown(&[row(1, "requested", json!({"mode": bad}))])["mode"],
            Value::Null
        );
    }
    assert_eq!(
        folded(&[json!({"type": "RetrospectiveCaptured", "at": at(1)})]).retrospective,
        None
    );
}
