//! What is lost of a log, and what of it the rest proves.

use pawtrail_event::decision::{ActorType, Answered, Requested, RowPayload};
use pawtrail_event::run::{Log, Payload, StepCompleted, StepIssued, StepResult};
use pawtrail_runtime::plan::Standing;
use pawtrail_runtime::{Next, builtin, fold};

use crate::drive::{AGENT, Drive, OWNER, actor};

fn software() -> Drive {
    let mut drive = Drive::new(builtin::get("software-dev").unwrap().text);
    drive.start();
    drive.own(OWNER);
    drive
}

fn names(ids: &[pawtrail_event::StepId]) -> Vec<&str> {
    ids.iter().map(|id| id.as_str()).collect()
}

#[test]
fn a_lost_run_is_continued_from_what_its_decisions_prove() {
    let mut drive = software();
    let mut course = Vec::new();
    // Up to the question for the test command.
    while course.last().map(String::as_str) != Some("input:test_command") {
        match drive.next(StepResult::Success) {
            Next::Step(step) => course.push(step.step_id.to_string()),
            Next::Decision(plan) => {
                course.push(plan.decision_id.to_string());
                if plan.decision_id.as_str() != "input:test_command" {
                    drive.agree(&plan);
                }
            }
            Next::Blocked(_) | Next::Terminal(_) => panic!("{course:?}"),
        }
    }
    let before = drive.run();
    drive.log.clear();
    drive.run_id = "run-2".parse().unwrap();
    // Before it has begun, a look says the same as afterwards.
    assert!(drive.run().recovered && !drive.run().started);
    drive.start();
    let after = drive.run();
    assert!(after.recovered && after.started);
    assert_eq!(after.inputs, before.inputs);
    assert_eq!(after.pending, before.pending);
    assert_eq!(
        names(&after.assumed),
        ["discovery", "specify", "plan", "tasks"]
    );
    let mut complete = names(&after.completed);
    complete.sort_unstable();
    let mut had = names(&before.completed);
    had.sort_unstable();
    assert_eq!(complete, had);
    let plan = drive.plan();
    assert_eq!(plan.why[0].standing, Standing::Assumed);
    let Next::Decision(open) = plan.next else {
        panic!()
    };
    assert_eq!(open.decision_id.as_str(), "input:test_command");
    drive.own(OWNER);
    let course = drive.finish();
    assert_eq!(
        course,
        [
            "input:test_command",
            "implement",
            "review",
            "accept",
            "audit:acceptance",
            "All mission steps completed"
        ]
    );
}

#[test]
fn a_first_run_takes_answers_over_and_proves_nothing_from_them() {
    let mut drive = Drive::new(builtin::get("software-dev").unwrap().text);
    // Asked and answered by hand, before there was a run.
    drive.decide(RowPayload::Requested(Requested {
        run_id: String::new(),
        decision_id: "input:test_command".parse().unwrap(),
        step_id: "implement".to_owned(),
        question: "How are tests run?".to_owned(),
        options: Vec::new(),
        input_key: Some("test_command".to_owned()),
        actor: actor(AGENT, ActorType::Llm),
    }));
    drive.decide(RowPayload::Answered(Answered {
        run_id: String::new(),
        decision_id: "input:test_command".parse().unwrap(),
        answer: "make test".to_owned(),
        actor: actor(OWNER, ActorType::Human),
    }));
    drive.start();
    drive.own(OWNER);
    let run = drive.run();
    assert!(!run.recovered && run.assumed.is_empty());
    assert_eq!(run.inputs["test_command"], "make test");
    assert!(!drive.finish().contains(&"input:test_command".to_owned()));
}

#[test]
fn any_line_can_be_lost_and_the_run_goes_on() {
    for key in ["software-dev", "research", "documentation", "plan"] {
        let mut whole = Drive::new(builtin::get(key).unwrap().text);
        whole.start();
        whole.own(OWNER);
        whole.finish();
        let text = String::from_utf8(whole.log.clone()).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        let decisions = pawtrail_event::decision::fold(&whole.decisions);
        for lost in 0..lines.len() {
            let rest: Vec<&str> = lines
                .iter()
                .enumerate()
                .filter(|(at, _)| *at != lost)
                .map(|(_, line)| *line)
                .collect();
            let rows = Log::read((rest.join("\n") + "\n").as_bytes()).rows;
            let run = fold(&whole.run_id, &rows, &decisions, &whole.template);
            let plan = whole.plan_of(&run);
            let last = lost + 1 == lines.len();
            assert_eq!(run.finished, !last, "{}", lines[lost]);
            assert!(run.blocks.is_empty());
            match plan.next {
                Next::Terminal(_) => {}
                // The report of the last step is lost: it is still out, and reported again.
                Next::Step(step) => assert!(step.issued.is_some(), "{}", lines[lost]),
                // Nothing after a weighed audit is done that passed by itself: it is noted again.
                Next::Decision(_) | Next::Blocked(_) => panic!("{key}: {}", lines[lost]),
            }
        }
    }
}

#[test]
fn what_was_issued_proves_what_it_depends_on() {
    let mut drive = Drive::new(
        "steps: [{id: a, title: A}, {id: b, title: B, depends_on: [a]}, {id: c, title: C, depends_on: [b]}]",
    );
    drive.start();
    drive.push(&Payload::StepIssued(StepIssued {
        run_id: drive.run_id.clone(),
        step_id: "c".parse().unwrap(),
        agent_id: AGENT.to_owned(),
        actor: actor(AGENT, ActorType::Llm),
    }));
    let run = drive.run();
    assert_eq!(names(&run.assumed), ["a", "b"]);
    assert_eq!(run.issued.unwrap().step_id.as_str(), "c");
    // With another template the old rows prove nothing: what it now depends on is to be done.
    drive.push(&Payload::TemplateAdopted(
        pawtrail_event::run::TemplateAdopted {
            run_id: drive.run_id.clone(),
            template_hash: pawtrail_runtime::template::hash(b"x"),
            template_path: "x".to_owned(),
            actor: actor(OWNER, ActorType::Human),
        },
    ));
    assert!(drive.run().assumed.is_empty());
}

#[test]
fn an_issue_after_a_failure_proves_that_the_failure_was_cleared() {
    let mut drive = Drive::new("steps: [{id: a, title: A}]");
    drive.start();
    drive.next(StepResult::Success);
    drive.next(StepResult::Failed);
    assert_eq!(drive.run().blocks.len(), 1);
    drive.push(&Payload::StepIssued(StepIssued {
        run_id: drive.run_id.clone(),
        step_id: "a".parse().unwrap(),
        agent_id: "other".to_owned(),
        actor: actor("other", ActorType::Llm),
    }));
    let run = drive.run();
    assert!(run.blocks.is_empty());
    assert_eq!(run.issued.unwrap().agent_id, "other");
}

#[test]
fn rows_of_the_python_tool_count_once_without_an_id() {
    let mut drive = Drive::new("steps: [{id: a, title: A}, {id: b, title: B}]");
    drive.start();
    drive.next(StepResult::Success);
    drive.push(&Payload::StepCompleted(StepCompleted {
        run_id: drive.run_id.clone(),
        step_id: "a".parse().unwrap(),
        agent_id: AGENT.to_owned(),
        result: StepResult::Failed,
        actor: actor(AGENT, ActorType::Llm),
    }));
    drive.unblock();
    let text = String::from_utf8(drive.log.clone()).unwrap();
    let without: String = text
        .lines()
        .map(|line| {
            let mut row: serde_json::Value = serde_json::from_str(line).unwrap();
            row.as_object_mut().unwrap().remove("event_id");
            format!("{row}\n")
        })
        .collect();
    let rows = Log::read((without.clone() + &without).as_bytes()).rows;
    let run = fold(&drive.run_id, &rows, &[], &drive.template);
    assert!(run.blocks.is_empty(), "{run:?}");
    assert!(run.ignored.is_empty());
}

#[test]
fn an_answer_that_is_none_is_a_stated_block_with_a_way_out() {
    let text = "
steps: [{id: one, title: One}]
audit_steps: [{id: gate, title: Gate, audit: {trigger_mode: manual, enforcement: blocking}}]
";
    for (answer, kind, reason) in [
        (
            "maybe",
            ActorType::Human,
            "Invalid audit answer 'maybe': must be 'approve' or 'reject'",
        ),
        (
            "approve",
            ActorType::Llm,
            "Audit decisions require a human actor",
        ),
    ] {
        let mut drive = Drive::new(text);
        drive.start();
        drive.own(OWNER);
        drive.next(StepResult::Success);
        drive.next(StepResult::Success);
        // Past the runtime: as `decision answer` writes it.
        drive.decide(RowPayload::Answered(Answered {
            run_id: String::new(),
            decision_id: "audit:gate".parse().unwrap(),
            answer: answer.to_owned(),
            actor: actor(OWNER, kind),
        }));
        let Next::Blocked(blocked) = drive.plan().next else {
            panic!()
        };
        assert_eq!(
            blocked.reason,
            format!("Audit step 'gate' has an answer that does not count: {reason}")
        );
        drive.unblock();
        assert_eq!(
            drive.finish(),
            ["audit:gate#2", "All mission steps completed"]
        );
        assert_eq!(drive.run().rounds.len(), 1);
        // The round is known from git alone.
        drive.log.clear();
        drive.run_id = "run-2".parse().unwrap();
        drive.start();
        assert!(names(&drive.run().completed).contains(&"gate"));
    }
}
