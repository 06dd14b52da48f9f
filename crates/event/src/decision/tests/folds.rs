//! What rows fold to: the cases by hand, and independence of order by property.

use proptest::prelude::*;

use super::super::*;
use super::{actor, answer, event_id, request, row};

const EARLY: &str = "2026-06-01T09:00:00Z";
const LATE: &str = "2026-06-01T09:00:00.900000+00:00";
/// The instant of `EARLY` on another clock.
const EARLY_ELSEWHERE: &str = "2026-06-01T11:00:00+02:00";

fn asked(number: usize, at: &str, decision: &str) -> Row {
    row(number, at, RowPayload::Requested(request(decision)))
}

fn answered(number: usize, at: &str, decision: &str, text: &str) -> Row {
    row(number, at, RowPayload::Answered(answer(decision, text)))
}

fn one(rows: &[Row]) -> Decision {
    let decisions = fold(rows);
    assert_eq!(decisions.len(), 1);
    decisions.into_iter().next().unwrap()
}

#[test]
fn nothing_folds_to_nothing() {
    assert_eq!(fold(&[]), []);
    assert_eq!(
        fold(&[row(1, EARLY, RowPayload::Other("Else".to_owned()))]),
        []
    );
}

#[test]
fn a_request_is_an_open_decision() {
    let mut wanted = request("input:db");
    wanted.input_key = Some("db".to_owned());
    let decision = one(&[row(1, EARLY, RowPayload::Requested(wanted))]);
    assert_eq!(
        decision,
        Decision {
            decision_id: "input:db".parse().unwrap(),
            question: "What about input:db?".to_owned(),
            options: vec!["yes".to_owned(), "no".to_owned()],
            step_id: "plan".to_owned(),
            input_key: Some("db".to_owned()),
            run_id: "run".to_owned(),
            requested_at: EARLY.to_owned(),
            requested_event: Some(event_id(1)),
            answers: Vec::new(),
        }
    );
    assert_eq!(decision.status(), Status::Open);
    assert_eq!(decision.answer(), None);
}

#[test]
fn an_answer_closes_it() {
    let decision = one(&[
        asked(1, EARLY, "input:db"),
        answered(2, LATE, "input:db", "yes"),
    ]);
    assert_eq!(decision.status(), Status::Answered);
    assert_eq!(
        decision.answer(),
        Some(&GivenAnswer {
            answer: "yes".to_owned(),
            actor: actor("alice"),
            at: LATE.to_owned(),
            event_id: event_id(2),
        })
    );
}

#[test]
fn the_same_answer_twice_is_one() {
    let decision = one(&[
        asked(1, EARLY, "input:db"),
        answered(3, LATE, "input:db", "yes"),
        answered(2, LATE, "input:db", "yes"),
    ]);
    assert_eq!(decision.status(), Status::Answered);
    assert_eq!(decision.answer().unwrap().event_id, event_id(2));
}

#[test]
fn answers_that_differ_are_contested_and_the_first_counts() {
    for (yes_at, no_at, winner) in [
        (EARLY, LATE, "yes"),
        // `Z` sorts after `.` and `+` as text; as instants the other is the later.
        (LATE, EARLY, "no"),
        // The same instant: the event id decides.
        (EARLY, EARLY_ELSEWHERE, "yes"),
        // A time that can't be read comes last, and among such ones the text decides.
        ("soon", LATE, "no"),
        ("b", "a", "no"),
    ] {
        let decision = one(&[
            asked(1, EARLY, "input:db"),
            answered(2, yes_at, "input:db", "yes"),
            answered(3, no_at, "input:db", "no"),
        ]);
        assert_eq!(decision.status(), Status::Contested);
        assert_eq!(decision.answers.len(), 2);
        assert_eq!(
            decision.answer().unwrap().answer,
            winner,
            "{yes_at} {no_at}"
        );
    }
}

#[test]
fn one_event_id_counts_once_even_with_different_content() {
    let rows = [
        asked(1, EARLY, "input:db"),
        answered(2, LATE, "input:db", "yes"),
        answered(2, LATE, "input:db", "no"),
    ];
    let decision = one(&rows);
    assert_eq!(decision.status(), Status::Answered);
    let turned: Vec<Row> = rows.into_iter().rev().collect();
    assert_eq!(one(&turned), decision);
}

#[test]
fn of_two_requests_the_first_asks() {
    let mut second = request("input:db");
    second.question = "Asked again".to_owned();
    let decision = one(&[
        row(2, LATE, RowPayload::Requested(second)),
        asked(1, EARLY, "input:db"),
    ]);
    assert_eq!(decision.question, "What about input:db?");
    assert_eq!(decision.requested_event, Some(event_id(1)));
}

#[test]
fn an_answer_whose_request_is_missing_is_shown() {
    let decision = one(&[answered(1, EARLY, "input:db", "yes")]);
    assert_eq!(
        (decision.question.as_str(), decision.requested_at.as_str()),
        ("", "")
    );
    assert_eq!(decision.requested_event, None);
    assert_eq!(decision.run_id, "run");
    assert_eq!(decision.status(), Status::Answered);
}

#[test]
fn decisions_come_in_the_order_of_their_requests() {
    let rows = [
        asked(1, LATE, "input:late"),
        asked(9, EARLY, "input:early9"),
        asked(2, EARLY_ELSEWHERE, "input:early2"),
        answered(3, LATE, "input:lost", "yes"),
        asked(4, "unknown", "input:undated"),
        answered(5, EARLY, "input:late", "yes"),
    ];
    let ids: Vec<String> = fold(&rows)
        .iter()
        .map(|d| d.decision_id.to_string())
        .collect();
    assert_eq!(
        ids,
        [
            "input:early2",
            "input:early9",
            "input:late",
            "input:lost",
            "input:undated"
        ]
    );
}

#[test]
fn a_status_is_written_as_it_is_shown() {
    for status in [Status::Open, Status::Answered, Status::Contested] {
        assert_eq!(
            serde_json::json!(status),
            serde_json::json!(status.as_str())
        );
    }
}

/// Rows of few decisions, times and ids, so that they meet.
fn rows() -> impl Strategy<Value = Vec<Row>> {
    let decision = proptest::sample::select(vec!["input:a", "input:b", "audit:c"]);
    let at = proptest::sample::select(vec![EARLY, EARLY_ELSEWHERE, LATE, "unknown", ""]);
    let text = proptest::sample::select(vec!["yes", "no", "later"]);
    let one =
        (0_usize..12, at, decision, 0_u8..5, text).prop_map(|(id, at, decision, kind, text)| {
            match kind {
                0 | 1 => asked(id, at, decision),
                2 | 3 => answered(id, at, decision, text),
                _ => row(id, at, RowPayload::Other("Else".to_owned())),
            }
        });
    proptest::collection::vec(one, 0..24)
}

proptest! {
    #[test]
    fn the_order_of_rows_has_no_influence(
        (rows, shuffled) in rows().prop_flat_map(|rows| (Just(rows.clone()), Just(rows).prop_shuffle()))
    ) {
        prop_assert_eq!(fold(&rows), fold(&shuffled));
    }

    #[test]
    fn repeated_rows_have_no_influence(rows in rows(), again in any::<prop::sample::Index>()) {
        prop_assume!(!rows.is_empty());
        let mut repeated = rows.clone();
        repeated.push(rows[again.index(rows.len())].clone());
        repeated.extend(rows.clone());
        prop_assert_eq!(fold(&rows), fold(&repeated));
    }

    #[test]
    fn a_decision_says_what_its_rows_say(rows in rows()) {
        for decision in fold(&rows) {
            let expected = match decision.answers.len() {
                0 => Status::Open,
                1 => Status::Answered,
                _ => Status::Contested,
            };
            prop_assert_eq!(decision.status(), expected);
            prop_assert_eq!(decision.answer(), decision.answers.first());
            for given in &decision.answers {
                let said = rows.iter().any(|row| row.event_id == given.event_id && matches!(
                    &row.payload,
                    RowPayload::Answered(a) if a.answer == given.answer && a.decision_id == decision.decision_id
                ));
                prop_assert!(said);
            }
        }
    }
}
