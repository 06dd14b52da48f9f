//! What is read: rows of any tool, damaged lines, and the union of journals.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::*;
use super::{answer, event_id, row};
use crate::json::ParseError;

/// An answer as another tool writes it: spaced, without `build_id`, `mission_id` null.
fn foreign() -> Value {
    json!({
        "at": "2026-06-01T09:00:00Z",
        "event_id": event_id(1).as_str(),
        "event_type": "DecisionInputAnswered",
        "mission_id": null,
        "payload": {
            "actor": {"actor_id": "alice", "actor_type": "human"},
            "answer": "yes",
            "decision_id": "input:db",
            "run_id": "run",
        },
    })
}

fn parse(value: &Value) -> Result<Row, RowError> {
    parse_row(&crate::json::log(value))
}

/// The value with the member at a pointer's end replaced, or removed.
fn changed(pointer: &str, member: Option<Value>) -> Value {
    let mut value = foreign();
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let object = value.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    match member {
        Some(member) => object.insert(key.to_owned(), member),
        None => object.remove(key),
    };
    value
}

#[test]
fn rows_of_other_tools_are_read() {
    let expected = row(
        1,
        "2026-06-01T09:00:00Z",
        RowPayload::Answered(answer("input:db", "yes")),
    );
    assert_eq!(parse(&foreign()), Ok(expected.clone()));
    for (pointer, member) in [
        ("/mission_id", None),
        // Some versions wrote the slug here.
        ("/mission_id", Some(json!("some-mission-01KT119Y"))),
        ("/mission_id", Some(json!(7))),
        ("/build_id", Some(json!(null))),
        ("/build_id", Some(json!("nothing"))),
        ("/later_field", Some(json!({"a": 1}))),
        ("/payload/later_field", Some(json!(true))),
    ] {
        assert_eq!(
            parse(&changed(pointer, member)),
            Ok(expected.clone()),
            "{pointer}"
        );
    }
}

#[test]
fn a_build_id_may_be_a_uuid() {
    let uuid = "f97f4d9b-d2fa-4ce6-a7ee-9bbca7308aab";
    let row = parse(&changed("/build_id", Some(json!(uuid)))).unwrap();
    assert_eq!(row.build_id.unwrap().as_str(), uuid);
}

#[test]
fn what_a_request_may_leave_out_has_a_default() {
    let mut value = changed("/event_type", Some(json!("DecisionInputRequested")));
    value["payload"] = json!({
        "actor": {"actor_id": "a", "actor_type": "service"},
        "decision_id": "audit:review",
        "question": "Ship it?",
    });
    let RowPayload::Requested(request) = parse(&value).unwrap().payload else {
        panic!("no request");
    };
    assert_eq!(
        (request.run_id.as_str(), request.step_id.as_str()),
        ("", "")
    );
    assert_eq!((request.options.len(), request.input_key), (0, None));
    assert_eq!(request.actor.actor_type, ActorType::Service);
}

#[test]
fn an_event_of_another_type_is_kept_by_its_name() {
    let row = parse(&changed(
        "/event_type",
        Some(json!("DecisionInputWithdrawn")),
    ))
    .unwrap();
    assert_eq!(
        row.payload,
        RowPayload::Other("DecisionInputWithdrawn".to_owned())
    );
}

#[test]
fn a_row_without_its_head_is_refused() {
    for key in ["event_id", "at", "event_type"] {
        for member in [None, Some(json!(null)), Some(json!(1))] {
            let error = parse(&changed(&format!("/{key}"), member)).unwrap_err();
            assert_eq!(error.to_string(), format!("the row has no text `{key}`"));
        }
    }
    let error = parse(&changed("/event_id", Some(json!("short")))).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`event_id`: `short` is not an event id (26 characters, ULID)"
    );
    assert_eq!(
        parse_row("[]"),
        Err(RowError::Json(ParseError::NotAnObject("an array")))
    );
}

#[test]
fn a_payload_that_is_none_is_refused() {
    for (pointer, member) in [
        ("/payload", None),
        ("/payload", Some(json!(null))),
        (
            "/payload",
            Some(json!(["run", "input:db", "yes", {"actor_id": "a", "actor_type": "human"}])),
        ),
        ("/payload/actor", None),
        ("/payload/actor", Some(json!("alice"))),
        (
            "/payload/actor",
            Some(json!(["alice", "human", "", null, null, null])),
        ),
        ("/payload/actor/actor_type", Some(json!("robot"))),
        ("/payload/actor/actor_id", None),
        ("/payload/decision_id", None),
        ("/payload/decision_id", Some(json!("two words"))),
        ("/payload/answer", None),
        ("/payload/answer", Some(json!(["yes"]))),
    ] {
        let error = parse(&changed(pointer, member.clone())).unwrap_err();
        assert!(
            matches!(
                &error,
                RowError::Payload {
                    event_type: ANSWERED,
                    ..
                }
            ),
            "{pointer} {member:?}: {error}"
        );
    }
}

#[test]
fn a_long_unknown_value_is_quoted_in_part_only() {
    let long = changed("/payload/actor/actor_type", Some(json!("ü".repeat(9_000))));
    let Err(RowError::Payload { reason, .. }) = parse(&long) else {
        panic!("no refusal");
    };
    assert_eq!(reason.chars().count(), 200);
}

#[test]
fn a_journal_is_read_past_its_damage() {
    let good = |number: usize| {
        let mut value = foreign();
        value["event_id"] = json!(event_id(number).as_str());
        crate::json::log_compact(&value)
    };
    let mut bytes = good(1).into_bytes();
    bytes.extend(b"\n  \t\r\n"); // lines 2 and 3: blank
    bytes.extend(b"{\"torn\":\n"); // line 4
    bytes.extend(good(2).trim_end().as_bytes());
    bytes.extend(b"\r\n"); // line 5, as another system ends it
    bytes.extend(b"\xff\xfe\n"); // line 6
    bytes.extend(good(1).as_bytes()); // line 7: again
    bytes.extend(good(3).trim_end().as_bytes()); // line 8, without its end
    let log = Log::read(&bytes);
    let ids: Vec<&EventId> = log.rows.iter().map(|row| &row.event_id).collect();
    assert_eq!(ids, [&event_id(1), &event_id(2), &event_id(3)]);
    let lines: Vec<usize> = log.damaged.iter().map(|damaged| damaged.line).collect();
    assert_eq!(lines, [4, 6]);
    assert!(log.damaged[0].reason.starts_with("the line is not JSON: "));
    assert_eq!(log.damaged[1].reason, "the line is not UTF-8");
}

#[test]
fn an_empty_journal_has_nothing() {
    assert_eq!(Log::read(b""), Log::default());
    assert_eq!(Log::read(b"\n\n"), Log::default());
}

#[test]
fn of_two_rows_under_one_event_id_the_same_one_is_kept_and_the_other_reported() {
    let yes = crate::json::log(&foreign());
    let no = crate::json::log(&changed("/payload/answer", Some(json!("no"))));
    let one = Log::read(format!("{yes}{no}").as_bytes());
    let other = Log::read(format!("{no}{yes}").as_bytes());
    assert_eq!(one, other);
    assert_eq!(one.rows.len(), 1);
    assert_eq!(
        one.damaged,
        [Damaged {
            line: 2,
            reason: "another row has the same event id and different content".to_owned(),
        }]
    );
}

#[test]
fn a_union_has_each_event_once_and_all_damage() {
    let yes = crate::json::log(&foreign());
    let other = crate::json::log(&changed("/event_id", Some(json!(event_id(2).as_str()))));
    let left = Log::read(format!("x\n{yes}").as_bytes());
    let right = Log::read(format!("{yes}{other}y\n").as_bytes());
    let union = left.clone().union(right.clone());
    assert_eq!(union.rows.len(), 2);
    let lines: Vec<usize> = union.damaged.iter().map(|damaged| damaged.line).collect();
    assert_eq!(lines, [1, 3]);
    let mut turned = right.union(left);
    turned.rows.sort();
    assert_eq!(turned.rows, union.rows);
}

/// Journal lines of few events, so that the same id comes with the same and with other content.
fn lines() -> impl Strategy<Value = Vec<String>> {
    let text = proptest::sample::select(vec!["yes", "no"]);
    let line = (0_usize..6, text).prop_map(|(id, text)| {
        let mut value = changed("/payload/answer", Some(json!(text)));
        value["event_id"] = json!(event_id(id).as_str());
        crate::json::log_compact(&value)
    });
    proptest::collection::vec(line, 0..12)
}

fn read(lines: &[String]) -> Log {
    Log::read(lines.concat().as_bytes())
}

fn sorted(log: Log) -> Vec<Row> {
    let mut rows = log.rows;
    rows.sort();
    rows
}

proptest! {
    #[test]
    fn a_union_is_the_same_in_any_order_and_however_it_was_split(
        lines in lines(),
        at in any::<prop::sample::Index>(),
    ) {
        let (head, tail) = lines.split_at(at.index(lines.len() + 1));
        let whole = sorted(read(&lines));
        prop_assert_eq!(&sorted(read(head).union(read(tail))), &whole);
        prop_assert_eq!(&sorted(read(tail).union(read(head))), &whole);
        prop_assert_eq!(&sorted(read(&lines).union(read(head))), &whole);
    }

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let log = Log::read(&bytes);
        prop_assert!(log.rows.is_empty());
        let filled = bytes.split(|b| *b == b'\n').filter(|l| !l.trim_ascii().is_empty()).count();
        prop_assert_eq!(log.damaged.len(), filled);
    }
}
