//! What is asked in which order, in which words, and who may answer.

use jiff::SignedDuration;
use pawtrail_event::decision::{ActorType, RowPayload as DecisionRow};
use pawtrail_event::run::significance::Band;
use pawtrail_event::run::{Delegable, Payload, RowPayload, SoftGate, StepResult};
use pawtrail_runtime::authority::{Effect, Refused, may_govern};
use pawtrail_runtime::plan::{Cause, Circumstances, Standing};
use pawtrail_runtime::{Next, builtin, plan, template};

use crate::drive::{AGENT, Drive, OWNER, actor};

const GATES: &str = "
key: k
steps:
  - {id: one, title: One, requires_inputs: [goal]}
  - {id: last, title: Last, depends_on: [gate]}
audit_steps:
  - {id: gate, title: Gate, depends_on: [one], audit: {trigger_mode: manual, enforcement: blocking}}
";

/// A template with one step and one weighed audit behind it.
fn weighed(score: u8, more: &str) -> String {
    format!(
        "steps: [{{id: one, title: One}}]
audit_steps:
  - id: gate
    title: Gate
    depends_on: [one]
    audit: {{trigger_mode: manual, enforcement: blocking}}
    significance:
      dimensions: {{user_customer_impact: {score}, architectural_system_impact: {score}, data_security_compliance_impact: {score}, operational_reliability_impact: {score}, financial_commercial_impact: {score}, cross_team_blast_radius: 1}}
{more}"
    )
}

fn started(text: &str) -> Drive {
    let mut drive = Drive::new(text);
    drive.start();
    drive.own(OWNER);
    drive
}

#[track_caller]
fn asked(next: Next) -> pawtrail_runtime::plan::DecisionPlan {
    match next {
        Next::Decision(plan) => plan,
        Next::Step(_) | Next::Blocked(_) | Next::Terminal(_) => panic!("{next:?}"),
    }
}

#[test]
fn each_built_in_template_is_driven_to_its_end() {
    let courses = [
        (
            "software-dev",
            "input:goal discovery specify plan audit:plan-approval tasks input:test_command implement review accept audit:acceptance",
        ),
        (
            "research",
            "input:question scoping methodology audit:method-approval gathering source-check synthesis input:audience output audit:publication",
        ),
        (
            "documentation",
            "input:audience discover inventory design generate validate audit:publication publish",
        ),
        (
            "plan",
            "input:goal specify research input:deadline plan review audit:approval",
        ),
    ];
    for (key, course) in courses {
        let mut drive = started(builtin::get(key).unwrap().text);
        let mut expected: Vec<&str> = course.split(' ').collect();
        expected.push("All mission steps completed");
        assert_eq!(drive.finish(), expected, "{key}");
        let run = drive.run();
        assert!(run.finished && run.blocks.is_empty() && run.ignored.is_empty());
        assert_eq!(run.completed.len(), drive.template.nodes().count());
        assert_eq!(run.assumed, []);
        // It is over, and says so again without another row.
        let length = drive.log.len();
        assert!(matches!(drive.next(StepResult::Success), Next::Terminal(_)));
        assert_eq!(drive.log.len(), length);
    }
}

#[test]
fn questions_options_and_reasons_are_those_of_the_python_tool() {
    let mut drive = started(GATES);
    let input = asked(drive.plan().next);
    assert_eq!(input.decision_id.as_str(), "input:goal");
    assert_eq!(
        input.question,
        "Input required before step 'one': provide value for 'goal'."
    );
    assert_eq!(input.options, None);
    assert_eq!(input.reason, Some("missing_required_input"));
    assert!(!input.requested);
    drive.next(StepResult::Success);
    let again = asked(drive.plan().next);
    assert_eq!(again.reason, Some("pending_decision"));
    assert_eq!(again.input_key.as_ref().unwrap().as_str(), "goal");
    assert_eq!(again.step_title.as_deref(), Some("One"));
    assert!(again.requested);
    drive.agree(&again);
    let Next::Step(step) = drive.next(StepResult::Success) else {
        panic!()
    };
    assert_eq!(step.prompt, "Execute step 'one': One");
    let gate = asked(drive.next(StepResult::Success));
    assert_eq!(
        gate.question,
        "Audit checkpoint: Gate. Approve to continue?"
    );
    assert_eq!(gate.options.as_deref().unwrap(), ["approve", "reject"]);
    assert_eq!((gate.reason, gate.band), (None, None));
    let owner = actor(OWNER, ActorType::Human);
    drive.answer(&gate.decision_id, &owner, "reject").unwrap();
    let Next::Blocked(blocked) = drive.next(StepResult::Success) else {
        panic!()
    };
    assert_eq!(blocked.reason, "Audit step 'gate' rejected by alice");
    assert_eq!(
        blocked.cause.way_out("m"),
        "pawtrail next unblock --mission m"
    );
    // Once cleared it is asked anew, under an id of its own: the first answer stays what it is.
    drive.unblock();
    let again = asked(drive.next(StepResult::Success));
    assert_eq!(again.decision_id.as_str(), "audit:gate#2");
    drive.agree(&again);
    let Next::Step(last) = drive.next(StepResult::Success) else {
        panic!()
    };
    assert_eq!(last.step_id.as_str(), "last");
    for (result, reason) in [
        (
            StepResult::Failed,
            "Previous step 'last' failed; manual intervention required.",
        ),
        (
            StepResult::Blocked,
            "Previous step 'last' reported blocked state.",
        ),
    ] {
        let Next::Blocked(blocked) = drive.next(result) else {
            panic!()
        };
        assert_eq!(blocked.reason, reason);
        assert_eq!(drive.run().issued, None);
        drive.unblock();
        assert!(matches!(drive.next(StepResult::Success), Next::Step(_)));
    }
    assert_eq!(drive.finish(), ["All mission steps completed"]);
}

#[test]
fn a_low_band_passes_is_noted_once_and_the_plan_goes_on() {
    let mut drive = started(&weighed(1, "    description: d\n"));
    assert_eq!(drive.finish(), ["one", "All mission steps completed"]);
    let run = drive.run();
    let noted: Vec<_> = run.significance.values().collect();
    assert_eq!(noted.len(), 1);
    assert_eq!(noted[0].effective_band, Band::Low);
    assert_eq!(noted[0].score.composite(), 6);
    // A look at the plan writes nothing: it sees through the audit alike.
    let mut looked = started(&weighed(1, ""));
    looked.next(StepResult::Success);
    let length = looked.log.len();
    assert!(looked.plan().records.is_empty());
    assert_eq!(looked.log.len(), length);
}

#[test]
fn a_medium_band_can_be_put_off_and_stays_open() {
    let mut drive = started(&weighed(2, ""));
    drive.next(StepResult::Success);
    let gate = asked(drive.next(StepResult::Success));
    assert_eq!(gate.band, Some(Band::Medium));
    assert_eq!(
        gate.options.as_deref().unwrap(),
        ["decide_solo", "open_stand_up", "defer"]
    );
    let owner = actor(OWNER, ActorType::Human);
    for (answer, action) in [
        ("open_stand_up", SoftGate::OpenStandUp),
        ("defer", SoftGate::Defer),
    ] {
        let effect = drive.answer(&gate.decision_id, &owner, answer).unwrap();
        assert_eq!(effect, Effect::PutsOff(action));
        let open = asked(drive.next(StepResult::Success));
        assert_eq!(open.soft_gate, Some(action));
        assert_eq!(open.decision_id, gate.decision_id);
    }
    let wrong = drive
        .answer(&gate.decision_id, &owner, "approve")
        .unwrap_err();
    assert_eq!(
        wrong.to_string(),
        "Medium-band decision requires one of ['decide_solo', 'defer', 'open_stand_up'], got: 'approve'"
    );
    drive
        .answer(&gate.decision_id, &owner, "decide_solo")
        .unwrap();
    assert_eq!(drive.finish(), ["All mission steps completed"]);
}

#[test]
fn a_trigger_forces_the_highest_band() {
    let mut drive = started(&weighed(
        1,
        "      hard_triggers: [architecture_foundation]\n",
    ));
    drive.next(StepResult::Success);
    let gate = asked(drive.next(StepResult::Success));
    assert_eq!(gate.band, Some(Band::High));
    assert_eq!(gate.options.as_deref().unwrap(), ["approve", "reject"]);
    let owner = actor(OWNER, ActorType::Human);
    let wrong = drive
        .answer(&gate.decision_id, &owner, "defer")
        .unwrap_err();
    assert_eq!(
        wrong.to_string(),
        "High-band decision requires one of {'approve', 'reject'}, got: 'defer'"
    );
}

#[test]
fn a_question_that_waits_too_long_is_noted_once_and_goes_on_waiting() {
    for (score, told) in [(2, 1), (3, 3)] {
        let mut drive = started(&weighed(
            score,
            "    raci: {responsible: {actor_type: human}, accountable: {actor_type: human}, consulted: [{actor_type: human, actor_id: bob}, {actor_type: llm}]}\n    raci_override_reason: two more look at it\n",
        ));
        drive.next(StepResult::Success);
        let gate = asked(drive.next(StepResult::Success));
        drive.now += SignedDuration::from_secs(590);
        assert_eq!(drive.plan().records, []);
        drive.now += SignedDuration::from_secs(20);
        let late = asked(drive.next(StepResult::Success));
        assert_eq!(late.escalation.len(), told);
        assert_eq!(late.escalation[0].actor_id.as_deref(), Some(OWNER));
        drive.now += SignedDuration::from_secs(6_000);
        let still = asked(drive.next(StepResult::Success));
        assert_eq!(still.escalation, late.escalation);
        let run = drive.run();
        assert_eq!(run.timeouts.len(), 1);
        let noted = &run.timeouts[&gate.decision_id];
        assert_eq!(noted.timeout_configured_seconds, 600);
        assert_eq!(
            noted.raci_snapshot.override_reason.as_deref(),
            Some("two more look at it")
        );
        let rows = String::from_utf8(drive.log.clone()).unwrap();
        assert_eq!(rows.matches("DecisionTimeoutExpired").count(), 1);
        drive.agree(&still);
        assert_eq!(drive.finish(), ["All mission steps completed"]);
    }
}

#[test]
fn only_the_owner_decides_an_audit_and_each_refusal_is_noted() {
    let mut drive = Drive::new(GATES);
    drive.start();
    let input = asked(drive.next(StepResult::Success));
    drive.agree(&input);
    drive.next(StepResult::Success);
    let gate = asked(drive.next(StepResult::Success));
    let owner = actor(OWNER, ActorType::Human);
    let agent = actor(AGENT, ActorType::Llm);
    let refuse = |drive: &mut Drive, by: &_, reason: &str| {
        let refused = drive.answer(&gate.decision_id, by, "approve").unwrap_err();
        assert_eq!(refused.to_string(), reason);
        let Refused::Denied(denied) = refused else {
            panic!("{refused:?}")
        };
        assert_eq!(denied.authority_role, "mission_owner");
        assert_eq!(denied.raci_source.unwrap().as_str(), "inferred");
    };
    refuse(
        &mut drive,
        &owner,
        "Audit decisions require mission_owner_id to be set in inputs",
    );
    drive.own(OWNER);
    // A delegation doesn't reach audits.
    drive.delegate(Delegable::All);
    drive.delegate(Delegable::One(gate.decision_id.clone()));
    refuse(&mut drive, &agent, "Audit decisions require a human actor");
    refuse(
        &mut drive,
        &actor("ci", ActorType::Service),
        "Audit decisions require a human actor",
    );
    refuse(
        &mut drive,
        &actor("bob", ActorType::Human),
        "Audit decisions require mission owner 'alice'",
    );
    let wrong = drive
        .answer(&gate.decision_id, &owner, "maybe")
        .unwrap_err();
    assert_eq!(
        wrong.to_string(),
        "Invalid audit answer 'maybe': must be 'approve' or 'reject'"
    );
    let rows = String::from_utf8(drive.log.clone()).unwrap();
    assert_eq!(rows.matches("DecisionAuthorityDenied").count(), 4);
    drive.answer(&gate.decision_id, &owner, "approve").unwrap();
    let again = drive
        .answer(&gate.decision_id, &owner, "approve")
        .unwrap_err();
    assert_eq!(
        again.to_string(),
        "Decision 'audit:gate' not found in pending_decisions for run 'run-1'"
    );
}

#[test]
fn a_language_model_answers_only_what_was_delegated_to_it_with_a_reason() {
    let mut drive = started(GATES);
    let input = asked(drive.next(StepResult::Success));
    let agent = actor(AGENT, ActorType::Llm);
    let refused = drive.answer(&input.decision_id, &agent, "x").unwrap_err();
    assert_eq!(
        refused.to_string(),
        "LLM actor 'builder' is not delegated for decision 'input:goal'"
    );
    drive.delegate(Delegable::One("input:other".parse().unwrap()));
    assert!(drive.answer(&input.decision_id, &agent, "x").is_err());
    let delegated = |rationale: &str, role: &str| {
        Payload::Delegated(pawtrail_event::run::Delegated {
            run_id: "run-1".parse().unwrap(),
            decision_id: Delegable::All,
            authority_role: role.to_owned(),
            rationale_linkage: rationale.to_owned(),
            actor: actor(OWNER, ActorType::Human),
        })
    };
    drive.push(&delegated(" ", ""));
    let refused = drive.answer(&input.decision_id, &agent, "x").unwrap_err();
    assert_eq!(
        refused.to_string(),
        "LLM delegation for decision 'input:goal' must include non-empty rationale_linkage"
    );
    drive.push(&delegated(" agreed ", "scribe"));
    let run = drive.run();
    let by_right = pawtrail_runtime::authority::may_answer(
        &drive.template,
        &run,
        &input.decision_id,
        &agent,
        "x",
    )
    .unwrap();
    assert_eq!(by_right.role, "scribe");
    assert_eq!(by_right.rationale_linkage.as_deref(), Some("agreed"));
    assert_eq!(by_right.raci_source.unwrap().as_str(), "inferred");
    drive.answer(&input.decision_id, &agent, "x").unwrap();
    assert_eq!(drive.run().inputs["goal"], "x");
}

#[test]
fn an_input_names_the_owner_until_somebody_is_named() {
    let mut drive = Drive::new(
        "steps: [{id: a, title: A, requires_inputs: [mission_owner_id]}]\naudit_steps: [{id: gate, title: Gate, depends_on: [a], audit: {trigger_mode: manual, enforcement: blocking}}]",
    );
    drive.start();
    let input = asked(drive.next(StepResult::Success));
    let bob = actor("bob", ActorType::Human);
    drive.answer(&input.decision_id, &bob, "bob").unwrap();
    assert_eq!(drive.run().owner.as_deref(), Some("bob"));
    drive.next(StepResult::Success);
    let gate = asked(drive.next(StepResult::Success));
    drive.own(OWNER);
    assert!(drive.answer(&gate.decision_id, &bob, "approve").is_err());
    drive.agree(&gate);
    assert_eq!(drive.finish(), ["All mission steps completed"]);
}

#[test]
fn only_people_govern_and_an_owner_is_not_replaced_by_others() {
    let drive = Drive::new(GATES);
    let run = drive.run();
    assert!(may_govern(&run, &actor("bob", ActorType::Human)).is_ok());
    assert!(may_govern(&run, &actor(AGENT, ActorType::Llm)).is_err());
    let run = started(GATES).run();
    assert!(may_govern(&run, &actor(OWNER, ActorType::Human)).is_ok());
    assert!(may_govern(&run, &actor("bob", ActorType::Human)).is_err());
    assert!(may_govern(&run, &actor("ci", ActorType::Service)).is_err());
}

#[test]
fn a_template_that_changed_blocks_until_it_is_adopted() {
    let mut drive = started(GATES);
    let (frozen, live) = (template::hash(b"frozen"), template::hash(b"live"));
    let adopt = |hash: &pawtrail_event::TemplateHash| {
        Payload::TemplateAdopted(pawtrail_event::run::TemplateAdopted {
            run_id: "run-1".parse().unwrap(),
            template_hash: hash.clone(),
            template_path: "x.yaml".to_owned(),
            actor: actor(OWNER, ActorType::Human),
        })
    };
    let next = |drive: &Drive, live| {
        let given = Circumstances {
            now: drive.now,
            live_template: live,
        };
        plan(&drive.template, &drive.run(), given).next
    };
    drive.push(&adopt(&frozen));
    assert!(matches!(next(&drive, Some(&frozen)), Next::Decision(_)));
    // A file that is gone is no change.
    assert!(matches!(next(&drive, None), Next::Decision(_)));
    let Next::Blocked(blocked) = next(&drive, Some(&live)) else {
        panic!()
    };
    assert_eq!(
        blocked.reason,
        "Template changed during active run. Migration required."
    );
    assert_eq!(blocked.cause, Cause::TemplateChanged);
    assert_eq!(
        blocked.cause.way_out("m"),
        "pawtrail next template adopt --mission m"
    );
    drive.push(&adopt(&live));
    assert!(matches!(next(&drive, Some(&live)), Next::Decision(_)));
    assert_eq!(drive.run().template_path.as_deref(), Some("x.yaml"));
}

#[test]
fn steps_that_can_never_be_reached_are_a_stated_block() {
    let mut drive = started("steps: [{id: a, title: A}, {id: b, title: B, depends_on: [a]}]");
    let a = drive.template.steps[0].id.clone();
    let b = drive.template.steps[1].id.clone();
    // No file that can be read makes such a template.
    drive.template.steps[0].depends_on = vec![b.clone()];
    let Next::Blocked(blocked) = drive.next(StepResult::Success) else {
        panic!()
    };
    assert_eq!(
        blocked.reason,
        "No eligible steps: remaining steps have unmet dependencies."
    );
    assert_eq!(blocked.cause, Cause::Unschedulable(vec![a, b]));
    assert!(blocked.cause.way_out("m").ends_with("--explain"));
}

#[test]
fn every_step_and_audit_says_how_it_stands() {
    let text = "
steps:
  - {id: a, title: A}
  - {id: b, title: B, depends_on: [a]}
  - {id: c, title: C}
  - {id: d, title: D, depends_on: [b, low, note]}
audit_steps:
  - {id: note, title: Note, depends_on: [c], audit: {trigger_mode: manual, enforcement: advisory}}
  - id: low
    title: Low
    audit: {trigger_mode: manual, enforcement: blocking}
    significance: {dimensions: {user_customer_impact: 0, architectural_system_impact: 0, data_security_compliance_impact: 0, operational_reliability_impact: 0, financial_commercial_impact: 0, cross_team_blast_radius: 0}}
";
    let mut drive = started(text);
    let stands = |drive: &Drive| -> Vec<Standing> {
        drive
            .plan()
            .why
            .into_iter()
            .map(|why| why.standing)
            .collect()
    };
    let id = |text: &str| text.parse().unwrap();
    drive.next(StepResult::Success);
    assert_eq!(
        stands(&drive),
        [
            Standing::Issued,
            Standing::Waits(vec![id("a")]),
            Standing::Later,
            Standing::Waits(vec![id("b"), id("low"), id("note")]),
            Standing::Waits(vec![id("c")]),
            Standing::Later,
        ]
    );
    drive.next(StepResult::Failed);
    assert_eq!(stands(&drive)[0], Standing::Blocks);
    drive.unblock();
    assert_eq!(stands(&drive)[0], Standing::Next);
    drive.next(StepResult::Success);
    drive.next(StepResult::Success);
    drive.next(StepResult::Success);
    assert_eq!(
        stands(&drive)[..3],
        [Standing::Complete, Standing::Complete, Standing::Issued]
    );
    let Next::Step(note) = drive.next(StepResult::Success) else {
        panic!()
    };
    assert_eq!(note.prompt, "Execute audit step 'note': Note");
    assert!(note.audit);
    // The advisory audit is done by the agent, then the weighed one passes by itself.
    let Next::Step(d) = drive.next(StepResult::Success) else {
        panic!()
    };
    assert_eq!(d.step_id, id("d"));
    assert!(stands(&drive)[5] == Standing::Complete);
    let mut waiting = started(GATES);
    waiting.next(StepResult::Success);
    assert_eq!(stands(&waiting)[0], Standing::Asks(id_of("input:goal")));
}

fn id_of(text: &str) -> pawtrail_event::DecisionId {
    text.parse().unwrap()
}

#[test]
fn a_question_asked_within_the_run_holds_it_up() {
    let mut drive = started("steps: [{id: a, title: A}]");
    drive.next(StepResult::Success);
    let ask = |run: &str, id: &str| {
        DecisionRow::Requested(pawtrail_event::decision::Requested {
            run_id: run.to_owned(),
            decision_id: id.parse().unwrap(),
            step_id: "a".to_owned(),
            question: "Which?".to_owned(),
            options: vec!["x".to_owned()],
            input_key: None,
            actor: actor(AGENT, ActorType::Llm),
        })
    };
    // One of nobody's run doesn't.
    drive.decide(ask("", "01KT119YA7GD2Y0D7MZRH5JSS3"));
    drive.decide(ask("run-1", "01KT119YA7GD2Y0D7MZRH5JSS4"));
    let open = asked(drive.next(StepResult::Success));
    assert_eq!(open.decision_id.as_str(), "01KT119YA7GD2Y0D7MZRH5JSS4");
    assert_eq!(open.question, "Which?");
    assert_eq!((open.step_id.as_str(), open.escalation.len()), ("a", 0));
    drive.agree(&open);
    assert_eq!(drive.run().answered.len(), 1);
    assert_eq!(drive.finish(), ["All mission steps completed"]);
}

#[test]
fn rows_that_are_no_part_of_the_run_are_told_apart() {
    let mut drive = started("steps: [{id: a, title: A}, {id: b, title: B}]");
    drive.next(StepResult::Success);
    drive.start();
    let mut other = Drive::new("steps: [{id: z, title: Z}]");
    other.start();
    other.next(StepResult::Success);
    drive.log.extend(&other.log);
    drive.finish();
    drive.start();
    let reasons: Vec<String> = drive
        .run()
        .ignored
        .into_iter()
        .map(|one| one.reason)
        .collect();
    // The other's first row has the id of our first row, so it is a copy of that.
    assert_eq!(reasons, ["the run has begun before", "the run is complete"]);
    let log = String::from_utf8(drive.log.clone()).unwrap();
    let foreign = log.replace("\"run-1\"", "\"run-2\"");
    let rows = pawtrail_event::run::Log::read(foreign.as_bytes()).rows;
    assert!(
        rows.iter()
            .all(|row| matches!(row.payload, RowPayload::Run(_)))
    );
    let run = pawtrail_runtime::fold(&drive.run_id, &rows, &[], &drive.template);
    assert!(!run.started && run.completed.is_empty());
    assert_eq!(run.ignored.len(), rows.len());
    assert_eq!(run.ignored[0].reason, "it belongs to run `run-2`");
}
