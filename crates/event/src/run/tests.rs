//! The run log: what is written is read back, and what is no row says why.

use serde_json::{Value, json};

use super::raci::{Binding, Raci, Source};
use super::significance::{Band, Dimension, HardTrigger, Score};
use super::*;
use crate::decision::{Actor, ActorType};
use crate::id::{DecisionId, InputKey, RunId, StepId, TemplateHash};
use crate::{contract, json};

const ULID: &str = "01KT119YA7GD2Y0D7MZRH5JSS3";
const AT: &str = "2026-06-01T07:55:08.081409+00:00";

fn actor() -> Actor {
    Actor {
        actor_id: "builder".to_owned(),
        actor_type: ActorType::Llm,
        display_name: String::new(),
        provider: None,
        model: Some("m".to_owned()),
        tool: None,
    }
}

fn run() -> RunId {
    "0f3c".parse().unwrap()
}

fn step() -> StepId {
    "review".parse().unwrap()
}

fn audit() -> DecisionId {
    DecisionId::for_audit(&step(), 1)
}

fn score() -> Score {
    Score::new(
        [1, 2, 3, 0, 1, 2],
        vec![HardTrigger::LegalComplianceRegulatory],
    )
    .unwrap()
}

fn service() -> Binding {
    Binding {
        actor_type: ActorType::Service,
        actor_id: Some("runtime".to_owned()),
    }
}

/// One of each.
fn payloads() -> Vec<Payload> {
    let human = Binding {
        actor_type: ActorType::Human,
        actor_id: None,
    };
    vec![
        Payload::Started(Box::new(Started {
            run_id: run(),
            mission_type: "software-dev".to_owned(),
            actor: actor(),
            template_hash: Some(TemplateHash::of_digest([7; 32])),
            template_path: Some("builtin:software-dev".to_owned()),
            mission_id: Some(ULID.parse().unwrap()),
            mission_slug: Some("a-b".parse().unwrap()),
            inputs: [("goal".to_owned(), json!("x"))].into(),
            recovered: true,
        })),
        Payload::StepIssued(StepIssued {
            run_id: run(),
            step_id: step(),
            agent_id: "builder".to_owned(),
            actor: actor(),
        }),
        Payload::StepCompleted(StepCompleted {
            run_id: run(),
            step_id: step(),
            agent_id: "builder".to_owned(),
            result: StepResult::Blocked,
            actor: actor(),
        }),
        Payload::Completed(Completed {
            run_id: run(),
            mission_type: "software-dev".to_owned(),
            actor: actor(),
        }),
        Payload::Significance(Box::new(Significance {
            run_id: run(),
            decision_id: audit(),
            step_id: step(),
            score: score(),
            hard_trigger_classes: score().triggers().to_vec(),
            effective_band: Band::High,
            actor: service(),
        })),
        Payload::TimedOut(Box::new(TimedOut {
            run_id: run(),
            decision_id: audit(),
            step_id: step(),
            score: score(),
            effective_band: Band::High,
            timeout_configured_seconds: 600,
            escalation_targets: vec![human.clone()],
            raci_snapshot: Raci {
                step_id: step(),
                responsible: human.clone(),
                accountable: human,
                consulted: vec![service()],
                informed: Vec::new(),
                source: Source::Explicit,
                inferred_rule: None,
                override_reason: Some("r".to_owned()),
            },
            actor: service(),
        })),
        Payload::Denied(Box::new(Denied {
            run_id: run(),
            decision_id: audit(),
            actor_type: ActorType::Llm,
            actor_id: "builder".to_owned(),
            authority_role: "mission_owner".to_owned(),
            rationale_linkage: None,
            reason: "no".to_owned(),
            raci_source: Some(Source::Inferred),
            override_reason: None,
        })),
        Payload::OwnerSet(OwnerSet {
            run_id: run(),
            owner: "alice".to_owned(),
            actor: actor(),
        }),
        Payload::Delegated(Delegated {
            run_id: run(),
            decision_id: Delegable::All,
            authority_role: "delegated_llm".to_owned(),
            rationale_linkage: "because".to_owned(),
            actor: actor(),
        }),
        Payload::SoftGated(SoftGated {
            run_id: run(),
            decision_id: audit(),
            action: SoftGate::OpenStandUp,
            actor: actor(),
        }),
        Payload::BlockCleared(BlockCleared {
            run_id: run(),
            step_id: step(),
            decision_id: Some(audit()),
            rationale: None,
            actor: actor(),
        }),
        Payload::TemplateAdopted(TemplateAdopted {
            run_id: run(),
            template_hash: TemplateHash::of_digest([8; 32]),
            template_path: ".kittify/missions/x/mission.yaml".to_owned(),
            actor: actor(),
        }),
    ]
}

fn line(payload: &Payload) -> String {
    let id = ULID.parse().unwrap();
    let event = event(&Sanitizer::general(), AT, &id, payload).unwrap();
    json::log(event.value())
}

#[test]
fn what_is_written_is_read_back() {
    for payload in payloads() {
        let line = line(&payload);
        assert!(line.starts_with("{\"event_id\": \"01KT119"), "{line}");
        let row = parse_row(&line).unwrap();
        assert_eq!(row.event_id.as_ref().map(EventId::as_str), Some(ULID));
        assert_eq!(row.at, AT);
        assert_eq!(payload.run_id(), &run());
        assert_eq!(row.payload, RowPayload::Run(payload), "{line}");
    }
}

#[test]
fn each_type_is_routed_to_the_run_log_alone() {
    for payload in payloads() {
        let route = crate::route::route(payload.event_type()).unwrap();
        assert_eq!(route.local_log, Some(crate::route::LocalLog::Run));
        assert!(route.journal.is_none() && !route.queue);
    }
}

#[test]
fn each_payload_keeps_the_contract_of_its_type() {
    let known = payloads()
        .iter()
        .filter(|payload| {
            contract::check(payload.event_type(), &payload.to_value().unwrap()).unwrap();
            // What the contract doesn't know may be any object.
            contract::check(payload.event_type(), &json!({})).is_err()
        })
        .count();
    assert_eq!(known, 4);
}

#[test]
fn optional_parts_of_a_start_are_left_out() {
    let bare = r#"{"event_type": "MissionRunStarted", "payload": {"actor": {"actor_id": "system", "actor_type": "service", "display_name": "", "model": null, "provider": null, "tool": null}, "mission_type": "plan", "run_id": "0f3c"}, "timestamp": "t"}"#;
    let row = parse_row(bare).unwrap();
    assert_eq!(row.event_id, None);
    let RowPayload::Run(Payload::Started(started)) = &row.payload else {
        panic!("{row:?}")
    };
    assert!(!started.recovered && started.inputs.is_empty());
    let written: Value = serde_json::from_str(bare).unwrap();
    assert_eq!(
        Payload::Started(started.clone()).to_value().unwrap(),
        written["payload"]
    );
}

#[test]
fn a_log_has_each_event_once_and_names_its_damage() {
    let payloads = payloads();
    let second = line(&payloads[1]).replace(ULID, "01KT119YA7GD2Y0D7MZRH5JSS4");
    let text = format!(
        "{}\n\n{second}{}{{\"torn\": \nx\u{e9}\n{{\"event_type\": \"Other\", \"timestamp\": \"t\", \"payload\": 1}}\n",
        line(&payloads[0]),
        line(&payloads[0]),
    );
    let mut bytes = text.into_bytes();
    bytes.extend(b"\xff\n");
    let log = Log::read(&bytes);
    assert_eq!(log.rows.len(), 3);
    assert_eq!(log.rows[2].payload, RowPayload::Other("Other".to_owned()));
    let lines: Vec<usize> = log.damaged.iter().map(|one| one.line).collect();
    assert_eq!(lines, [6, 7, 9]);
    assert_eq!(log.damaged[2].reason, "the line is not UTF-8");
}

#[test]
fn what_is_no_row_says_why() {
    let row = |fields: &str| format!("{{\"timestamp\": \"t\", {fields}}}");
    for (line, code) in [
        ("[]".to_owned(), "LINE_NOT_AN_OBJECT"),
        ("{\"event_type\": \"X\"}".to_owned(), "ROW_FIELD_MISSING"),
        (row("\"x\": 1"), "ROW_FIELD_MISSING"),
        (
            row("\"event_type\": \"X\", \"event_id\": \"x\""),
            "ROW_EVENT_ID_INVALID",
        ),
        (
            row("\"event_type\": \"X\", \"event_id\": 1"),
            "ROW_FIELD_MISSING",
        ),
        (
            row("\"event_type\": \"NextStepIssued\""),
            "ROW_PAYLOAD_MALFORMED",
        ),
        (
            row("\"event_type\": \"NextStepIssued\", \"payload\": [\"r\", \"s\", \"a\", {}]"),
            "ROW_PAYLOAD_MALFORMED",
        ),
        (
            row(
                "\"event_type\": \"MissionOwnerSet\", \"payload\": {\"run_id\": \"r\", \"owner\": \"o\", \"actor\": [\"a\", \"human\", \"\", null, null, null]}",
            ),
            "ROW_PAYLOAD_MALFORMED",
        ),
        (
            row("\"event_type\": \"MissionRunCompleted\", \"payload\": {\"run_id\": \"../x\"}"),
            "ROW_PAYLOAD_MALFORMED",
        ),
    ] {
        let error = parse_row(&line).unwrap_err();
        assert_eq!(error.code(), code, "{line}: {error}");
        assert!(error.to_string().len() < 400);
    }
}

#[test]
fn a_score_falls_into_the_band_of_its_sum_unless_something_forces_the_highest() {
    for (scores, band) in [
        ([0; 6], Band::Low),
        ([1; 6], Band::Low),
        ([2, 1, 1, 1, 1, 1], Band::Medium),
        ([2, 2, 2, 2, 2, 1], Band::Medium),
        ([2; 6], Band::High),
        ([3; 6], Band::High),
    ] {
        let score = Score::new(scores, Vec::new()).unwrap();
        assert_eq!((score.band(), score.effective_band()), (band, band));
        let (min, max) = band.range();
        assert!((min..=max).contains(&score.composite()));
        for trigger in HardTrigger::ALL {
            let forced = Score::new(scores, vec![trigger]).unwrap();
            assert_eq!((forced.band(), forced.effective_band()), (band, Band::High));
        }
    }
    assert_eq!(Score::new([4, 0, 0, 0, 0, 0], Vec::new()), None);
    assert_eq!(Band::Low.to_string(), "low");
    assert_eq!(Band::ALL.map(Band::as_str), ["low", "medium", "high"]);
}

#[test]
fn names_are_read_as_they_are_written() {
    for dimension in Dimension::ALL {
        assert_eq!(Dimension::parse(dimension.as_str()), Some(dimension));
        assert_eq!(serde_json::to_value(dimension).unwrap(), dimension.as_str());
    }
    for trigger in HardTrigger::ALL {
        assert_eq!(HardTrigger::parse(trigger.as_str()), Some(trigger));
        assert_eq!(serde_json::to_value(trigger).unwrap(), trigger.as_str());
    }
    assert_eq!(Dimension::parse("x"), None);
    assert_eq!(HardTrigger::parse("x"), None);
    for result in [StepResult::Success, StepResult::Failed, StepResult::Blocked] {
        assert_eq!(serde_json::to_value(result).unwrap(), result.as_str());
    }
    for gate in [SoftGate::OpenStandUp, SoftGate::Defer] {
        assert_eq!(serde_json::to_value(gate).unwrap(), gate.as_str());
    }
    for source in [Source::Inferred, Source::Explicit] {
        assert_eq!(serde_json::to_value(source).unwrap(), source.as_str());
    }
}

#[test]
fn a_written_score_is_refused_where_it_is_not_whole() {
    let whole = score().to_value();
    let read = |value: Value| serde_json::from_value::<Score>(value);
    assert_eq!(read(whole.clone()).unwrap(), score());
    let mut less = whole.clone();
    less["dimensions"].as_array_mut().unwrap().pop();
    assert!(read(less).is_err());
    let mut twice = whole.clone();
    let first = twice["dimensions"][0].clone();
    twice["dimensions"].as_array_mut().unwrap().push(first);
    assert!(read(twice).is_err());
    let mut high = whole;
    high["dimensions"][0]["score"] = json!(4);
    assert!(read(high).is_err());
}

#[test]
fn ids_of_a_run_are_told_from_others() {
    assert!("replay-run-001".parse::<RunId>().is_ok());
    for wrong in ["", "../x", "a/b", "-x", &"x".repeat(65)] {
        assert!(wrong.parse::<RunId>().is_err(), "{wrong}");
    }
    assert!("step-1.a:b".parse::<StepId>().is_ok());
    for wrong in ["", "a b", "#1", "a#2", "-a", &"x".repeat(129)] {
        assert!(wrong.parse::<StepId>().is_err(), "{wrong}");
    }
    let key: InputKey = "db.engine".parse().unwrap();
    assert_eq!(DecisionId::from(&key).as_str(), "input:db.engine");
    assert!("two words".parse::<InputKey>().is_err());
    for (round, id) in [
        (0, "audit:review"),
        (1, "audit:review"),
        (2, "audit:review#2"),
    ] {
        let made = DecisionId::for_audit(&step(), round);
        assert_eq!(made.as_str(), id);
        assert_eq!(id.parse::<DecisionId>().unwrap(), made);
    }
    assert!("ab".parse::<TemplateHash>().is_err());
    for text in ["*", "input:goal"] {
        let which: Delegable = text.parse().unwrap();
        assert_eq!(String::from(which), text);
    }
    assert!("x".parse::<Delegable>().is_err());
}
