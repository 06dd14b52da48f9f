//! Generated templates, driven by chance.

use std::collections::HashSet;

use pawtrail_event::decision::{self, ActorType};
use pawtrail_event::run::{Log, StepResult};
use pawtrail_runtime::{Next, Run, fold};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::drive::{AGENT, Drive, OWNER, actor};

/// What a node of a generated template is.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    Step { input: Option<u8> },
    Advisory,
    Blocking { score: Option<u8> },
}

fn kind(weighed: bool) -> BoxedStrategy<Kind> {
    let score = if weighed {
        proptest::option::weighted(0.7, 0_u8..=3).boxed()
    } else {
        Just(None).boxed()
    };
    prop_oneof![
        5 => proptest::option::weighted(0.3, 0_u8..3).prop_map(|input| Kind::Step { input }),
        1 => Just(Kind::Advisory),
        2 => score.prop_map(|score| Kind::Blocking { score }),
    ]
    .boxed()
}

/// A template of up to so many nodes, each of which may depend on earlier ones: JSON is YAML too.
pub(crate) fn templates(size: usize, weighed: bool) -> impl Strategy<Value = String> {
    proptest::collection::vec((kind(weighed), any::<u16>(), any::<bool>()), 1..=size).prop_map(
        |nodes| {
            let (mut steps, mut audits) = (Vec::new(), Vec::new());
            for (at, (kind, mask, chained)) in nodes.iter().enumerate() {
                let depends_on: Vec<String> = (0..at)
                    .filter(|from| mask >> (from % 16) & 3 == 3 || (*chained && from + 1 == at))
                    .map(|from| format!("n{from}"))
                    .collect();
                let mut node = json!({"id": format!("n{at}"), "title": format!("Node {at}"), "depends_on": depends_on});
                match kind {
                    Kind::Step { input } => {
                        let inputs: Vec<String> =
                            input.iter().map(|key| format!("key{key}")).collect();
                        node["requires_inputs"] = json!(inputs);
                        steps.push(node);
                    }
                    Kind::Advisory => {
                        node["audit"] = json!({"trigger_mode": "manual", "enforcement": "advisory"});
                        audits.push(node);
                    }
                    Kind::Blocking { score } => {
                        node["audit"] = json!({"trigger_mode": "manual", "enforcement": "blocking"});
                        if let Some(score) = score {
                            node["significance"] = significance(*score);
                        }
                        audits.push(node);
                    }
                }
            }
            json!({"key": "k", "steps": steps, "audit_steps": audits}).to_string()
        },
    )
}

fn significance(score: u8) -> Value {
    let triggers: &[&str] = if score == 3 {
        &["legal_compliance_regulatory"]
    } else {
        &[]
    };
    json!({
        "dimensions": {
            "user_customer_impact": score, "architectural_system_impact": score,
            "data_security_compliance_impact": score, "operational_reliability_impact": 1,
            "financial_commercial_impact": 1, "cross_team_blast_radius": 0,
        },
        "hard_triggers": triggers,
    })
}

/// What holds of every state, whatever happened.
fn check(drive: &Drive, run: &Run) {
    let complete: HashSet<_> = run.completed.iter().collect();
    assert_eq!(complete.len(), run.completed.len(), "{:?}", run.completed);
    assert!(
        run.completed
            .iter()
            .all(|id| drive.template.node(id).is_some())
    );
    if let Some(issued) = &run.issued {
        assert!(!complete.contains(&issued.step_id));
        let node = drive.template.node(&issued.step_id).unwrap();
        assert!(node.depends_on().iter().all(|id| complete.contains(id)));
    }
    assert!(run.pending.is_sorted_by_key(|one| &one.decision_id));
    assert!(
        run.pending
            .iter()
            .all(|one| !run.answered.contains_key(&one.decision_id))
    );
    let plan = drive.plan_of(run);
    assert_eq!(plan, drive.plan_of(run));
    match plan.next {
        Next::Step(step) => {
            let node = drive.template.node(&step.step_id).unwrap();
            let passed: HashSet<String> = plan
                .records
                .iter()
                .map(|record| {
                    record.to_value().unwrap()["step_id"]
                        .as_str()
                        .unwrap()
                        .to_owned()
                })
                .collect();
            let met = |id: &pawtrail_event::StepId| {
                complete.contains(id) || passed.contains(&id.to_string())
            };
            assert!(node.depends_on().iter().all(met));
        }
        Next::Terminal(_) => {
            let left = drive.template.nodes().count() - complete.len();
            assert_eq!(left, plan.records.len());
        }
        Next::Decision(_) => {}
        Next::Blocked(blocked) => {
            assert!(!blocked.reason.is_empty());
            assert!(blocked.cause.way_out("m").starts_with("pawtrail "));
        }
    }
}

/// Does one thing of those that people and agents do.
fn act(drive: &mut Drive, what: u8) {
    let owner = actor(OWNER, ActorType::Human);
    let agent = actor(AGENT, ActorType::Llm);
    let pending = drive.run().pending;
    let one = pending.get(usize::from(what) % pending.len().max(1));
    let answers = [
        "approve",
        "reject",
        "decide_solo",
        "open_stand_up",
        "defer",
        "maybe",
    ];
    let answer = answers[usize::from(what / 8) % answers.len()];
    match (what % 8, one) {
        (0, _) => {
            drive.next(StepResult::Failed);
        }
        (1, _) => {
            drive.next(StepResult::Blocked);
        }
        (2 | 3, Some(one)) => {
            // Refused or not: both are states.
            let _ = drive.answer(&one.decision_id, &owner, answer);
        }
        (4, Some(one)) => {
            let _ = drive.answer(&one.decision_id, &agent, answer);
        }
        (5, _) => {
            if matches!(drive.plan().next, Next::Blocked(_)) {
                drive.unblock();
            }
        }
        (2..=4 | 6..=u8::MAX, _) => {
            drive.next(StepResult::Success);
        }
    }
}

/// A run of this template, after these deeds.
fn lived(text: &str, deeds: &[u8]) -> Drive {
    let mut drive = Drive::new(text);
    drive.start();
    drive.own(OWNER);
    for deed in deeds {
        act(&mut drive, *deed);
    }
    drive
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases()))]

    #[test]
    fn whatever_happens_a_run_reaches_its_end(text in templates(9, true), deeds in proptest::collection::vec(any::<u8>(), 0..40)) {
        let mut drive = Drive::new(&text);
        drive.start();
        drive.own(OWNER);
        for deed in deeds {
            act(&mut drive, deed);
            check(&drive, &drive.run());
        }
        let course = drive.finish();
        prop_assert_eq!(course.last().map(String::as_str), Some("All mission steps completed"));
        let run = drive.run();
        check(&drive, &run);
        prop_assert!(run.finished && run.assumed.is_empty());
        prop_assert_eq!(run.completed.len(), drive.template.nodes().count());
    }

    #[test]
    fn duplicates_do_not_matter(
        text in templates(7, true),
        deeds in proptest::collection::vec(any::<u8>(), 0..40),
        copies in proptest::collection::vec((any::<proptest::sample::Index>(), any::<proptest::sample::Index>()), 0..20),
    ) {
        let drive = lived(&text, &deeds);
        let rows = Log::read(&drive.log).rows;
        let decisions = decision::fold(&drive.decisions);
        let run = fold(&drive.run_id, &rows, &decisions, &drive.template);
        // A copy stands anywhere behind its original.
        let mut doubled = rows.clone();
        for (from, to) in copies {
            let from = from.index(doubled.len());
            let to = from + 1 + to.index(doubled.len() - from);
            let row = doubled[from].clone();
            doubled.insert(to, row);
        }
        prop_assert_eq!(&fold(&drive.run_id, &doubled, &decisions, &drive.template).completed, &run.completed);
        let mut told = fold(&drive.run_id, &doubled, &decisions, &drive.template);
        prop_assert_eq!(told.ignored.len(), run.ignored.len());
        told.ignored = run.ignored.clone();
        prop_assert_eq!(&told, &run);
        // Decisions in any order, and twice.
        let mut turned = drive.decisions.clone();
        turned.reverse();
        turned.extend(drive.decisions.clone());
        prop_assert_eq!(fold(&drive.run_id, &rows, &decision::fold(&turned), &drive.template), run);
    }

    #[test]
    fn any_prefix_of_a_log_is_a_state(text in templates(7, true), deeds in proptest::collection::vec(any::<u8>(), 0..40)) {
        let drive = lived(&text, &deeds);
        let rows = Log::read(&drive.log).rows;
        for length in 0..=rows.len() {
            for asked in [0, drive.decisions.len() / 2, drive.decisions.len()] {
                let decisions = decision::fold(&drive.decisions[..asked]);
                let run = fold(&drive.run_id, &rows[..length], &decisions, &drive.template);
                check(&drive, &run);
            }
        }
    }
}

/// How many cases: `PAWTRAIL_RUNTIME_CASES` names more.
fn cases() -> u32 {
    let named = std::env::var("PAWTRAIL_RUNTIME_CASES").ok();
    named.and_then(|text| text.parse().ok()).unwrap_or(96)
}
