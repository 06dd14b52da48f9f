//! The sanitizer by table, one row a key, and by property on arbitrary values.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn cleaned(value: &Value) -> Value {
    Sanitizer::general().sanitize(value).value().clone()
}

#[test]
fn each_private_key_goes_wherever_it_stands() {
    for key in [
        "machine_name",
        "hostname",
        "workspace_path",
        "developer_name",
        "developer_email",
    ] {
        for (value, expected) in [
            (json!({key: "x", "kept": 1}), json!({"kept": 1})),
            (json!({key: null}), json!({})),
            (json!({key: {"deep": [1]}}), json!({})),
            (
                json!({"payload": {key: "x", "kept": 1}}),
                json!({"payload": {"kept": 1}}),
            ),
            (json!([{key: 1}, [{key: 2}]]), json!([{}, [{}]])),
            (
                json!({"a": [{"b": {"c": [{key: []}]}}]}),
                json!({"a": [{"b": {"c": [{}]}}]}),
            ),
        ] {
            assert_eq!(cleaned(&value), expected, "{key}");
        }
    }
}

#[test]
fn keys_that_only_look_private_stay() {
    for key in [
        "Hostname",
        "hostname_hash",
        "host",
        "developer",
        "workspace",
        "session_started",
        "session_duration_s",
    ] {
        assert_eq!(cleaned(&json!({key: "x"})), json!({key: "x"}));
    }
}

#[test]
fn what_identifies_an_event_passes_unchanged() {
    let event = json!({
        "node_id": "d036a097a835",
        "build_id": "01KT119YA7GD2Y0D7MZRH5JSS3",
        "mission_id": "01KT119YA7GD2Y0D7MZRH5JSS3",
        "project_uuid": "8a4a7da6-a97c-4bb4-893a-b31664abfee4",
        "git_branch": "kitty/mission-a",
        "head_commit_sha": "a".repeat(40),
        "session_duration_s": 12,
        "text": "hostname", "list": [null, true, 1, 1.5, "hostname"],
    });
    assert_eq!(cleaned(&event), event);
}

#[test]
fn values_that_are_no_containers_pass() {
    for value in [
        json!(null),
        json!(true),
        json!(1),
        json!(1.5),
        json!("hostname"),
        json!([]),
        json!({}),
    ] {
        assert_eq!(cleaned(&value), value);
    }
}

#[test]
fn the_clock_times_of_a_session_become_its_duration() {
    const START: &str = "2026-06-01T07:00:00+00:00";
    for (value, expected) in [
        (
            json!({"session_started_at": START, "session_ended_at": "2026-06-01T07:01:30.9Z", "a": 1}),
            json!({"session_duration_s": 90, "a": 1}),
        ),
        (
            json!({"session_started_at": "2026-06-01T07:00:00", "session_ended_at": "2026-06-01T07:00:02.500000"}),
            json!({"session_duration_s": 2}),
        ),
        // An earlier end is a clock that was set back: no negative duration.
        (
            json!({"session_started_at": START, "session_ended_at": "2026-06-01T06:00:00Z"}),
            json!({"session_duration_s": 0}),
        ),
        (json!({"session_started_at": START}), json!({})),
        (json!({"session_ended_at": START}), json!({})),
        (
            json!({"session_started_at": START, "session_ended_at": null}),
            json!({}),
        ),
        (
            json!({"session_started_at": 1_780_000_000, "session_ended_at": 1_780_000_009}),
            json!({}),
        ),
        (
            json!({"session_started_at": "yesterday", "session_ended_at": START}),
            json!({}),
        ),
        (
            json!({"session_started_at": START, "session_ended_at": "2026-06-01T07:00:00"}),
            json!({}),
        ),
        (
            json!({"session_started_at": START, "session_ended_at": START, "session_duration_s": 7}),
            json!({"session_duration_s": 7}),
        ),
        (
            json!({"session_started_at": START, "session_duration_s": 7}),
            json!({"session_duration_s": 7}),
        ),
        (
            json!({"payload": [{"session_started_at": START, "session_ended_at": START}]}),
            json!({"payload": [{"session_duration_s": 0}]}),
        ),
        // Times of different objects are no pair.
        (
            json!({"session_started_at": START, "payload": {"session_ended_at": START}}),
            json!({"payload": {}}),
        ),
    ] {
        assert_eq!(cleaned(&value), expected, "{value}");
    }
}

#[test]
fn the_line_is_compact_sorted_and_ended() {
    let event = json!({"b": "é", "a": [1, {}], "hostname": "h"});
    let line = Sanitizer::general().sanitize(&event).to_line();
    assert_eq!(line, "{\"a\":[1,{}],\"b\":\"\\u00e9\"}\n");
}

/// Values whose keys are often the ones that matter here.
fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[a-z ]{0,6}".prop_map(Value::from),
        (0_u8..60, 0_u8..60).prop_map(|(m, s)| json!(format!("2026-06-01T07:{m:02}:{s:02}Z"))),
    ];
    let key = prop_oneof![
        proptest::sample::select(PRIVATE_KEYS.to_vec()).prop_map(str::to_owned),
        proptest::sample::select(vec![SESSION_START, SESSION_END, SESSION_DURATION])
            .prop_map(str::to_owned),
        "[a-z]{1,3}",
    ];
    leaf.prop_recursive(4, 48, 6, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            proptest::collection::btree_map(key.clone(), inner, 0..6)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// Returns every key at every depth.
fn keys(value: &Value) -> Vec<&str> {
    match value {
        Value::Object(map) => map
            .iter()
            .flat_map(|(key, value)| std::iter::once(key.as_str()).chain(keys(value)))
            .collect(),
        Value::Array(items) => items.iter().flat_map(keys).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    }
}

proptest! {
    #[test]
    fn nothing_private_is_left(value in values()) {
        let clean = cleaned(&value);
        for key in keys(&clean) {
            prop_assert!(!PRIVATE_KEYS.contains(&key));
            prop_assert!(key != SESSION_START && key != SESSION_END);
        }
    }

    #[test]
    fn sanitizing_twice_is_sanitizing_once(value in values()) {
        let once = cleaned(&value);
        prop_assert_eq!(cleaned(&once), once);
    }

    #[test]
    fn what_holds_nothing_private_stays_and_nothing_is_added(value in values()) {
        let touched = keys(&value).into_iter().any(is_dropped);
        let clean = cleaned(&value);
        prop_assert!(touched || clean == value);
        let known = keys(&value);
        for key in keys(&clean) {
            prop_assert!(known.contains(&key) || (touched && key == SESSION_DURATION));
        }
    }
}
