//! The glossary's values: what is valid, what is read, what it folds to.

use serde_json::{Value, json};

use super::*;

const MISSION: &str = "01KT119YA7GD2Y0D7MZRH5JSS3";

fn valid() -> Vec<(&'static str, Value)> {
    vec![
        (
            "GlossaryScopeActivated",
            json!({"mission_id": "m", "scope_id": "s", "scope_type": "team_domain", "glossary_version_id": "v1"}),
        ),
        (
            "TermCandidateObserved",
            json!({"mission_id": "m", "scope_id": "s", "step_id": "p", "term_surface": "t", "confidence": 1, "actor": "a"}),
        ),
        (
            "SemanticCheckEvaluated",
            json!({"mission_id": "m", "scope_id": "s", "step_id": "p", "conflicts": [{"term": "t", "nature": "drift", "severity": "low", "description": ""}],
            "severity": "low", "confidence": 0.5, "recommended_action": "pass", "effective_strictness": "off", "step_metadata": {"a": "b"}}),
        ),
        (
            "GlossaryClarificationRequested",
            json!({"mission_id": "m", "scope_id": "s", "step_id": "p", "semantic_check_event_id": "c", "term": "t", "question": "",
            "options": [], "urgency": "high", "actor": "a"}),
        ),
        (
            "GlossaryClarificationResolved",
            json!({"mission_id": "m", "clarification_event_id": "c", "selected_meaning": "x", "actor": "a"}),
        ),
        (
            "GlossarySenseUpdated",
            json!({"mission_id": "m", "scope_id": "s", "term_surface": "t", "after_sense": "x", "reason": "", "actor": "a", "before_sense": null}),
        ),
        (
            "GenerationBlockedBySemanticConflict",
            json!({"mission_id": "m", "step_id": "p", "conflict_event_ids": ["c"], "blocking_strictness": "max"}),
        ),
        (
            "GlossaryStrictnessSet",
            json!({"mission_id": "m", "new_strictness": "off", "actor": "a"}),
        ),
    ]
}

/// The fields that the contract requires.
fn required(event_type: &str) -> &'static [&'static str] {
    match event_type {
        "GlossaryScopeActivated" => &[
            "mission_id",
            "scope_id",
            "scope_type",
            "glossary_version_id",
        ],
        "TermCandidateObserved" => &[
            "mission_id",
            "scope_id",
            "step_id",
            "term_surface",
            "confidence",
            "actor",
        ],
        "SemanticCheckEvaluated" => &[
            "mission_id",
            "scope_id",
            "step_id",
            "conflicts",
            "severity",
            "confidence",
            "recommended_action",
            "effective_strictness",
        ],
        "GlossaryClarificationRequested" => &[
            "mission_id",
            "scope_id",
            "step_id",
            "semantic_check_event_id",
            "term",
            "question",
            "options",
            "urgency",
            "actor",
        ],
        "GlossaryClarificationResolved" => &[
            "mission_id",
            "clarification_event_id",
            "selected_meaning",
            "actor",
        ],
        "GlossarySenseUpdated" => &[
            "mission_id",
            "scope_id",
            "term_surface",
            "after_sense",
            "reason",
            "actor",
        ],
        "GenerationBlockedBySemanticConflict" => &[
            "mission_id",
            "step_id",
            "conflict_event_ids",
            "blocking_strictness",
        ],
        _ => &["mission_id", "new_strictness", "actor"],
    }
}

#[test]
fn each_type_is_valid_as_the_contract_has_it_and_invalid_without_a_required_field() {
    let all = valid();
    assert_eq!(
        all.iter().map(|(name, _)| *name).collect::<Vec<_>>(),
        EVENT_TYPES
    );
    for (name, payload) in all {
        let parsed = Payload::parse(name, &payload).unwrap();
        assert_eq!(parsed.event_type(), name);
        assert_eq!(
            Payload::parse(name, &parsed.to_value().unwrap()).unwrap(),
            parsed
        );
        let mut extra = payload.clone();
        extra["anything_else"] = json!([1, 2]);
        assert!(
            Payload::parse(name, &extra).is_ok(),
            "{name} takes other keys"
        );
        for field in required(name) {
            for wrong in [
                None,
                Some(Value::Null),
                Some(json!(17.5)),
                Some(json!({"low": null})),
            ] {
                let mut broken = payload.clone();
                let map = broken.as_object_mut().unwrap();
                match wrong {
                    None => map.remove(*field),
                    Some(wrong) => map.insert((*field).to_owned(), wrong),
                };
                assert!(
                    Payload::parse(name, &broken).is_err(),
                    "{name} without {field}: {broken}"
                );
            }
        }
    }
}

#[test]
fn what_must_say_something_is_not_empty_and_numbers_are_in_range() {
    let set = |name: &'static str, field: &str, value: Value| {
        let mut payload = valid()
            .into_iter()
            .find(|(known, _)| *known == name)
            .unwrap()
            .1;
        payload[field] = value;
        Payload::parse(name, &payload).map_err(|error| error.code())
    };
    assert_eq!(
        set("TermCandidateObserved", "confidence", json!(1.01)).unwrap_err(),
        "GLOSSARY_CONFIDENCE_INVALID"
    );
    assert_eq!(
        set("TermCandidateObserved", "confidence", json!("0.7")).unwrap_err(),
        "GLOSSARY_PAYLOAD_MALFORMED"
    );
    assert_eq!(
        set("TermCandidateObserved", "confidence", json!(true)).unwrap_err(),
        "GLOSSARY_PAYLOAD_MALFORMED"
    );
    assert_eq!(
        set(
            "GlossaryClarificationResolved",
            "selected_meaning",
            json!("")
        )
        .unwrap_err(),
        "GLOSSARY_FIELD_EMPTY"
    );
    assert_eq!(
        set(
            "GenerationBlockedBySemanticConflict",
            "conflict_event_ids",
            json!([])
        )
        .unwrap_err(),
        "GLOSSARY_FIELD_EMPTY"
    );
    assert_eq!(
        set(
            "GenerationBlockedBySemanticConflict",
            "blocking_strictness",
            json!("off")
        )
        .unwrap_err(),
        "GLOSSARY_PAYLOAD_MALFORMED"
    );
    assert_eq!(
        set(
            "SemanticCheckEvaluated",
            "conflicts",
            json!([["t", "drift", "low", ""]])
        )
        .unwrap_err(),
        "GLOSSARY_PAYLOAD_MALFORMED"
    );
    assert_eq!(
        set(
            "SemanticCheckEvaluated",
            "recommended_action",
            json!("proceed")
        )
        .unwrap_err(),
        "GLOSSARY_PAYLOAD_MALFORMED"
    );
    assert_eq!(
        Payload::parse("StepCheckpointed", &json!({}))
            .unwrap_err()
            .code(),
        "GLOSSARY_TYPE_UNKNOWN"
    );
    assert_eq!(
        Payload::parse("GlossaryStrictnessSet", &json!([]))
            .unwrap_err()
            .code(),
        "GLOSSARY_PAYLOAD_MALFORMED"
    );
}

fn asked(id: &str, at: &str, term: &str) -> String {
    let payload = json!({"mission_id": MISSION, "scope_id": "team_domain", "step_id": "p", "semantic_check_event_id": "c", "term": term,
        "question": "What?", "options": ["one"], "urgency": "low", "actor": "a"});
    json!({"at": at, "event_id": id, "event_type": "GlossaryClarificationRequested", "mission_id": MISSION, "payload": payload}).to_string()
}

fn resolved(id: &str, at: &str, conflict: &str, term: &str, definition: &str) -> String {
    let payload = json!({"mission_id": MISSION, "clarification_event_id": conflict, "conflict_id": conflict, "selected_meaning": definition,
        "actor": "a", "term_surface": term, "scope_id": "team_domain"});
    json!({"at": at, "event_id": id, "event_type": "GlossaryClarificationResolved", "mission_id": MISSION, "payload": payload}).to_string()
}

fn log(lines: &[String]) -> Log {
    Log::read(format!("{}\n", lines.join("\n")).as_bytes())
}

fn seed(surface: &str, definition: &str) -> Term {
    Term {
        surface: surface.to_owned(),
        scope: Scope::TeamDomain,
        definition: definition.to_owned(),
        confidence: 0.5,
        status: Status::Draft,
        source: Source::Seed,
    }
}

#[test]
fn the_first_answer_of_a_conflict_and_the_last_conflict_of_a_term_count() {
    let log = log(&[
        resolved(
            "E4",
            "2026-06-01T00:00:04+00:00",
            "B",
            "Dashboard ",
            "second",
        ),
        asked("A", "2026-06-01T00:00:01+00:00", " Dashboard"),
        asked("B", "2026-06-01T00:00:02+00:00", "dashboard"),
        resolved("E3", "2026-06-01T00:00:03+00:00", "A", "dashboard", "first"),
        resolved(
            "E5",
            "2026-06-01T00:00:05+00:00",
            "A",
            "dashboard",
            "too late",
        ),
        asked("C", "2026-06-01T00:00:09+00:00", "other"),
    ]);
    assert_eq!(log.damaged, []);
    let terms = rebuild(
        &[
            seed("dashboard", "old"),
            seed("dashboard", "again"),
            seed("kept", "as it is"),
        ],
        &log.rows,
    );
    let said: Vec<_> = terms
        .values()
        .map(|term| (term.surface.as_str(), term.definition.as_str(), term.source))
        .collect();
    assert_eq!(
        said,
        [
            ("dashboard", "second", Source::Resolution),
            ("kept", "as it is", Source::Seed)
        ]
    );
    let open: Vec<_> = questions(&log.rows)
        .into_iter()
        .map(|q| {
            (
                q.asked.conflict_id.as_str(),
                q.answer.map(|(_, said)| said.definition.as_str()),
            )
        })
        .collect();
    assert_eq!(
        open,
        [("A", Some("first")), ("B", Some("second")), ("C", None)]
    );
}

#[test]
fn folding_again_changes_nothing() {
    let log = log(&[
        asked("A", "2026-06-01T00:00:01Z", "x"),
        resolved("E", "2026-06-01T00:00:03Z", "A", "x", "new"),
    ]);
    let once: Vec<Term> = rebuild(&[seed("x", "old"), seed("y", "same")], &log.rows)
        .into_values()
        .collect();
    let twice: Vec<Term> = rebuild(&once, &log.rows).into_values().collect();
    assert_eq!(once, twice);
}

#[test]
fn rows_of_the_python_tool_are_read() {
    let rows = [
        r#"{"conflict_id": "0f7c1a52-0000-4000-8000-000000000001", "event_id": "2f7c1a52-0000-4000-8000-000000000001", "event_type": "GlossaryClarificationRequested", "mission_id": "payments", "options": ["A", "B"], "question": "Which?", "run_id": "r", "step_id": "s", "term": "Dashboard", "timestamp": "2026-06-01T00:00:01+00:00", "urgency": "high"}"#,
        r#"{"actor": {"actor_id": "user:cli", "actor_type": "human", "display_name": "CLI User"}, "conflict_id": "0f7c1a52-0000-4000-8000-000000000001", "event_type": "GlossaryClarificationResolved", "provenance": {"actor_id": "user:cli", "source": "cli_resolve", "timestamp": ""}, "resolution_mode": "async", "selected_sense": {"confidence": 1.0, "definition": "An overview", "scope": "team_domain", "surface": "dashboard"}, "term_surface": "dashboard", "timestamp": "2026-06-01T00:00:02+00:00"}"#,
        r#"{"actor": {}, "event_type": "GlossarySenseUpdated", "new_sense": {"confidence": 1.0, "definition": "A panel", "scope": "audience_domain", "status": "active", "surface": "panel"}, "scope": "team_domain", "term_surface": "panel", "timestamp": "2026-06-01T00:00:03+00:00", "update_type": "create"}"#,
        r#"{"event_type": "StepCheckpointed", "mission_id": "payments", "timestamp": "2026-06-01T00:00:04+00:00"}"#,
    ];
    let log = log(&rows.map(str::to_owned));
    assert_eq!(log.damaged, []);
    assert_eq!(log.rows.len(), 4);
    assert_eq!(log.rows[0].mission.as_deref(), Some("payments"));
    let questions = questions(&log.rows);
    assert_eq!(questions[0].answer.unwrap().1.definition, "An overview");
    assert_eq!(
        senses(&log.rows)[&(Scope::AudienceDomain, "panel".to_owned())].definition,
        "A panel"
    );
}

#[test]
fn a_resolution_without_a_scope_or_meaning_is_reported_and_changes_nothing() {
    let python = |sense: Value| {
        json!({"conflict_id": "c", "event_type": "GlossaryClarificationResolved", "selected_sense": sense, "term_surface": "t", "timestamp": "2026-06-01T00:00:01Z"}).to_string()
    };
    let log = log(&[
        python(json!({"surface": "t", "definition": "d"})),
        python(json!({"surface": "t", "definition": "d", "scope": "unknown"})),
        python(json!({"surface": "t", "definition": " ", "scope": "team_domain"})),
        "{".to_owned(),
    ]);
    assert!(log.rows.is_empty());
    assert_eq!(
        log.damaged.iter().map(|line| line.line).collect::<Vec<_>>(),
        [1, 2, 3, 4]
    );
}

#[test]
fn an_event_is_written_sanitized_and_reads_back() {
    let event = Event {
        header: Header {
            at: "2026-06-01T00:00:01+00:00".to_owned(),
            build_id: MISSION.parse().unwrap(),
            event_id: MISSION.parse().unwrap(),
            mission_id: MISSION.parse().unwrap(),
        },
        payload: Payload::parse("GlossaryClarificationResolved", &valid()[4].1).unwrap(),
    };
    let line = event.sanitized(&Sanitizer::general()).unwrap().to_line();
    assert!(line.ends_with("}\n") && !line.contains(": "), "{line}");
    let Value::Object(map) = serde_json::from_str(&line).unwrap() else {
        panic!("{line}")
    };
    assert_eq!(map["mission_id"], MISSION);
    assert_eq!(map["event_type"], "GlossaryClarificationResolved");
}

#[test]
fn what_we_write_is_limited() {
    let ask = |term: &str, options: usize| {
        Payload::ClarificationRequested(ClarificationRequested {
            mission_id: MISSION.to_owned(),
            scope_id: "team_domain".to_owned(),
            step_id: "p".to_owned(),
            semantic_check_event_id: "c".to_owned(),
            term: term.to_owned(),
            question: "What?".to_owned(),
            options: vec!["x".to_owned(); options],
            urgency: Urgency::Medium,
            actor: "a".to_owned(),
        })
        .within_limits()
        .map_err(|error| error.code())
    };
    assert!(ask("term", MAX_OPTIONS).is_ok());
    assert_eq!(
        ask("term", MAX_OPTIONS + 1).unwrap_err(),
        "GLOSSARY_TOO_MANY_OPTIONS"
    );
    assert_eq!(ask("  ", 0).unwrap_err(), "GLOSSARY_FIELD_EMPTY");
    assert_eq!(ask("two\nlines", 0).unwrap_err(), "GLOSSARY_TERM_INVALID");
    assert_eq!(
        ask(&"x".repeat(MAX_TERM_BYTES + 1), 0).unwrap_err(),
        "GLOSSARY_FIELD_TOO_LONG"
    );
}

#[test]
fn a_resolution_that_was_taken_back_leaves_no_trace() {
    let resolved = |number: u8, conflict: &str, definition: &str| {
        let at = format!("2026-06-01T00:00:0{number}+00:00");
        resolved(&format!("E{number}"), &at, conflict, "gauge", definition)
    };
    let log = log(&[
        resolved(1, "A", "one"),
        resolved(2, "B", "two"),
        resolved(3, "C", "one"),
    ]);
    let seed = seed("gauge", "one");
    let terms = rebuild(std::slice::from_ref(&seed), &log.rows);
    assert_eq!(terms.into_values().collect::<Vec<_>>(), [seed]);
}
