//! What is written: the exact line, and the limits of every field.

use serde_json::json;

use super::super::*;
use super::{actor, answer, event_id, request};
use crate::FieldError;

fn header() -> Header {
    Header {
        at: "2026-06-01T09:00:00.123456+00:00".to_owned(),
        build_id: "01KT119YA7GD2Y0D7MZRH5JSS4".parse().unwrap(),
        event_id: event_id(7),
        mission_id: "01KT119YA7GD2Y0D7MZRH5JSS3".parse().unwrap(),
    }
}

#[test]
fn an_answer_is_one_line_with_sorted_keys() {
    let payload = Payload::answered(answer("audit:review", "approve")).unwrap();
    assert_eq!(
        event(&Sanitizer::general(), &header(), &payload).to_line(),
        concat!(
            r#"{"at":"2026-06-01T09:00:00.123456+00:00","build_id":"01KT119YA7GD2Y0D7MZRH5JSS4","#,
            r#""event_id":"01KT119YA7GD2Y0D7MZR000007","event_type":"DecisionInputAnswered","#,
            r#""mission_id":"01KT119YA7GD2Y0D7MZRH5JSS3","payload":{"actor":{"actor_id":"alice","#,
            r#""actor_type":"human","display_name":"","model":null,"provider":null,"tool":null},"#,
            r#""answer":"approve","decision_id":"audit:review","run_id":"run"}}"#,
            "\n"
        )
    );
}

#[test]
fn a_request_is_one_line_with_sorted_keys() {
    let payload = Payload::requested(Requested {
        input_key: Some("db".to_owned()),
        actor: Actor {
            actor_type: ActorType::Llm,
            display_name: "Planner".to_owned(),
            provider: Some("p".to_owned()),
            model: Some("m".to_owned()),
            tool: Some("t".to_owned()),
            ..actor("planner")
        },
        ..request("input:db")
    })
    .unwrap();
    assert_eq!(
        event(&Sanitizer::general(), &header(), &payload).to_line(),
        concat!(
            r#"{"at":"2026-06-01T09:00:00.123456+00:00","build_id":"01KT119YA7GD2Y0D7MZRH5JSS4","#,
            r#""event_id":"01KT119YA7GD2Y0D7MZR000007","event_type":"DecisionInputRequested","#,
            r#""mission_id":"01KT119YA7GD2Y0D7MZRH5JSS3","payload":{"actor":{"actor_id":"planner","#,
            r#""actor_type":"llm","display_name":"Planner","model":"m","provider":"p","tool":"t"},"#,
            r#""decision_id":"input:db","input_key":"db","options":["yes","no"],"#,
            r#""question":"What about input:db?","run_id":"run","step_id":"plan"}}"#,
            "\n"
        )
    );
}

#[test]
fn what_is_written_is_read_back() {
    for payload in [
        Payload::requested(request("input:db")).unwrap(),
        Payload::answered(answer("input:db", "é\u{2028}\n\"yes\"")).unwrap(),
    ] {
        let row = parse_row(&event(&Sanitizer::general(), &header(), &payload).to_line()).unwrap();
        let expected = match payload {
            Payload::Requested(request) => RowPayload::Requested(request),
            Payload::Answered(answer) => RowPayload::Answered(answer),
        };
        assert_eq!(row.payload, expected);
        assert_eq!(row.at, header().at);
        assert_eq!(row.event_id, header().event_id);
        assert_eq!(row.build_id, Some(header().build_id));
        assert_eq!(row.mission_id, Some(header().mission_id));
    }
}

#[test]
fn actor_types_are_written_as_they_are_read() {
    for actor_type in [ActorType::Human, ActorType::Llm, ActorType::Service] {
        assert_eq!(json!(actor_type), json!(actor_type.as_str()));
    }
}

/// Changes one field of a request.
type Change = fn(&mut Requested, String);

#[test]
fn every_field_of_a_request_has_its_limit() {
    let short: [(&str, Change); 8] = [
        ("option", |r, text| r.options = vec!["x".to_owned(), text]),
        ("run", |r, text| r.run_id = text),
        ("step", |r, text| r.step_id = text),
        ("input key", |r, text| r.input_key = Some(text)),
        ("actor", |r, text| r.actor.actor_id = text),
        ("actor's display name", |r, text| {
            r.actor.display_name = text;
        }),
        ("actor's provider", |r, text| r.actor.provider = Some(text)),
        ("actor's tool", |r, text| r.actor.tool = Some(text)),
    ];
    let question: (&str, Change) = ("question", |r, text| r.question = text);
    let model: (&str, Change) = ("actor's model", |r, text| r.actor.model = Some(text));
    for (field, change) in short.into_iter().chain([question, model]) {
        let limit = if field == "question" {
            MAX_QUESTION_BYTES
        } else {
            MAX_SHORT_BYTES
        };
        let mut fits = request("input:db");
        change(&mut fits, "x".repeat(limit));
        assert_eq!(
            Payload::requested(fits.clone()),
            Ok(Payload::Requested(fits))
        );
        let mut over = request("input:db");
        change(&mut over, "x".repeat(limit + 1));
        let error = FieldError::TooLong {
            field,
            bytes: limit + 1,
            limit,
        };
        assert_eq!(Payload::requested(over), Err(error.into()));
    }
}

#[test]
fn what_must_say_something_may_not_be_blank() {
    let fields: [(&str, Change); 4] = [
        ("question", |r, text| r.question = text),
        ("option", |r, text| r.options = vec![text]),
        ("input key", |r, text| r.input_key = Some(text)),
        ("actor", |r, text| r.actor.actor_id = text),
    ];
    for (field, change) in fields {
        for blank in ["", " ", "\t\n\u{a0}\u{2003}"] {
            let mut blanked = request("input:db");
            change(&mut blanked, blank.to_owned());
            assert_eq!(
                Payload::requested(blanked),
                Err(FieldError::Blank(field).into())
            );
        }
    }
    for blank in ["", " \n"] {
        let error = Err(FieldError::Blank("answer").into());
        assert_eq!(Payload::answered(answer("input:db", blank)), error);
    }
    let nobody = Answered {
        actor: actor(" "),
        ..answer("input:db", "yes")
    };
    assert_eq!(
        Payload::answered(nobody),
        Err(FieldError::Blank("actor").into())
    );
}

#[test]
fn an_answer_has_its_limits() {
    let long = |bytes: usize| Payload::answered(answer("input:db", &"x".repeat(bytes)));
    assert!(long(MAX_ANSWER_BYTES).is_ok());
    assert_eq!(
        long(MAX_ANSWER_BYTES + 1).unwrap_err().to_string(),
        "the answer has 65537 bytes; the limit is 65536"
    );
    let run = Answered {
        run_id: "x".repeat(MAX_SHORT_BYTES + 1),
        ..answer("input:db", "yes")
    };
    assert_eq!(
        Payload::answered(run).unwrap_err().code(),
        "DECISION_FIELD_TOO_LONG"
    );
}

#[test]
fn a_question_has_at_most_64_options() {
    let with = |count: usize| {
        Payload::requested(Requested {
            options: vec!["x".to_owned(); count],
            ..request("input:db")
        })
    };
    assert!(with(0).is_ok());
    assert!(with(MAX_OPTIONS).is_ok());
    let error = with(MAX_OPTIONS + 1).unwrap_err();
    assert_eq!(
        error,
        FieldError::TooManyOptions {
            count: 65,
            limit: 64
        }
        .into()
    );
    assert_eq!(error.code(), "DECISION_TOO_MANY_OPTIONS");
    assert_eq!(
        PayloadError::from(FieldError::Blank("answer")).code(),
        "DECISION_FIELD_EMPTY"
    );
}

/// NUL takes six bytes in JSON: no row that may be written is too long to be read.
#[test]
fn the_largest_rows_can_be_read() {
    let full = |bytes: usize| "\0".repeat(bytes);
    let short = || full(MAX_SHORT_BYTES);
    let whoever = Actor {
        actor_id: short(),
        actor_type: ActorType::Service,
        display_name: short(),
        provider: Some(short()),
        model: Some(short()),
        tool: Some(short()),
    };
    let asked = Payload::requested(Requested {
        run_id: short(),
        step_id: short(),
        question: full(MAX_QUESTION_BYTES),
        options: vec![short(); MAX_OPTIONS],
        input_key: Some(short()),
        actor: whoever.clone(),
        ..request("input:db")
    });
    let answered = Payload::answered(Answered {
        run_id: short(),
        answer: full(MAX_ANSWER_BYTES),
        actor: whoever,
        ..answer("input:db", "")
    });
    for payload in [asked.unwrap(), answered.unwrap()] {
        assert!(parse_row(&event(&Sanitizer::general(), &header(), &payload).to_line()).is_ok());
    }
}
