//! The planner: a template of many steps, a log in which most of them are done, and what comes next.
//!
//! `cargo run --release -p pawtrail-bench -- plan [--steps N,…] [--rounds N]`
//!
//! Every tenth step needs an input, every twentieth is followed by a weighed audit, and each depends on the two before it. All but
//! the last step are done. Measured are the parts of a query one by one, in this process: no disk, no git.

use std::fmt::Write as _;

use pawtrail_event::decision::{Actor, ActorType, Decision, GivenAnswer};
use pawtrail_event::run::{Log, Payload, StepCompleted, StepIssued, StepResult, event};
use pawtrail_event::sanitize::Sanitizer;
use pawtrail_event::{DecisionId, EventId, RunId, StepId, json};
use pawtrail_runtime::plan::Circumstances;
use pawtrail_runtime::{Next, Template, fold, parse, plan};

use crate::Result;
use crate::stopwatch::Column;

const AT: &str = "2026-06-01T08:00:00+00:00";
const NOW: &str = "2026-06-01T09:00:00Z";

/// Runs the case.
pub(crate) fn run(mut arguments: impl Iterator<Item = String>) -> Result<()> {
    let (mut steps, mut rounds) = (vec![10, 100, 1_000], 50);
    while let Some(name) = arguments.next() {
        let value = arguments.next().ok_or(format!("{name} needs a value"))?;
        let number = |text: &str| {
            let number = text.parse::<usize>().ok().filter(|number| *number > 0);
            number.ok_or(format!("{text} is no number above 0"))
        };
        match name.as_str() {
            "--steps" => steps = value.split(',').map(number).collect::<Result<_>>()?,
            "--rounds" => rounds = number(&value)?,
            other => return Err(format!("unknown option {other}")),
        }
    }
    steps
        .into_iter()
        .try_for_each(|steps| measure(steps, rounds))
}

fn measure(steps: usize, rounds: usize) -> Result<()> {
    let text = template_text(steps);
    let template = parse(&text).map_err(|error| error.to_string())?;
    let run_id: RunId = parsed("run")?;
    let log = log_text(&template, &run_id)?;
    let decisions = decisions(&template)?;
    let now = NOW.parse().map_err(|_| "no time".to_owned())?;
    let given = Circumstances {
        now,
        live_template: None,
    };
    let mut columns = [
        Column::new("template parsed and checked"),
        Column::new("log read"),
        Column::new("folded"),
        Column::new("planned"),
    ];
    let [parsing, reading, folding, planning] = &mut columns;
    for round in 0..=rounds {
        let counts = round > 0;
        let mut rows = Vec::new();
        let mut run = None;
        let mut next = None;
        parsing.time(counts, || {
            parse(&text).map(|_| ()).map_err(|error| error.to_string())
        })?;
        reading.time(counts, || {
            rows = Log::read(log.as_bytes()).rows;
            Ok(())
        })?;
        folding.time(counts, || {
            run = Some(fold(&run_id, &rows, &decisions, &template));
            Ok(())
        })?;
        let Some(run) = run else {
            return Err("nothing was folded".to_owned());
        };
        planning.time(counts, || {
            next = Some(plan(&template, &run, given).next);
            Ok(())
        })?;
        match next {
            Some(Next::Step(step)) if step.step_id.as_str() == format!("s{}", steps - 1) => {}
            other => return Err(format!("another step was expected than {other:?}")),
        }
    }
    let rows = log.lines().count();
    println!(
        "{steps} steps, {} audits, {rows} rows, {} decisions, {rounds} rounds, milliseconds",
        template.audits.len(),
        decisions.len()
    );
    crate::table(&columns.each_ref());
    Ok(())
}

fn template_text(steps: usize) -> String {
    let mut text = "key: long\nsteps:\n".to_owned();
    let mut audits = String::new();
    for at in 0..steps {
        let before: Vec<String> = (at.saturating_sub(2)..at)
            .map(|at| format!("s{at}"))
            .collect();
        let input = if at % 10 == 0 {
            format!("k{at}")
        } else {
            String::new()
        };
        let _ = writeln!(
            text,
            "  - {{id: s{at}, title: Step {at}, depends_on: [{}], requires_inputs: [{input}], prompt: 'Do what step {at} asks for.'}}",
            before.join(", ")
        );
        if at % 20 == 19 && at + 1 < steps {
            let _ = writeln!(
                audits,
                "  - {{id: a{at}, title: Audit {at}, depends_on: [s{at}], audit: {{trigger_mode: manual, enforcement: blocking}}, \
                 significance: {{dimensions: {{user_customer_impact: 2, architectural_system_impact: 2, data_security_compliance_impact: 2, \
                 operational_reliability_impact: 2, financial_commercial_impact: 2, cross_team_blast_radius: 2}}}}}}"
            );
        }
    }
    if !audits.is_empty() {
        text += "audit_steps:\n";
        text += &audits;
    }
    text
}

fn parsed<T: std::str::FromStr>(text: &str) -> Result<T> {
    text.parse().map_err(|_| format!("{text} can't be read"))
}

fn actor(actor_type: ActorType) -> Actor {
    Actor {
        actor_id: "one".to_owned(),
        actor_type,
        display_name: String::new(),
        provider: None,
        model: None,
        tool: None,
    }
}

fn event_id(number: usize) -> Result<EventId> {
    parsed(&format!("01KT119YA7GD2Y0D7M{number:08}"))
}

fn log_text(template: &Template, run_id: &RunId) -> Result<String> {
    let sanitizer = Sanitizer::general();
    let mut text = String::new();
    let done = template.steps.len() - 1;
    for (at, step) in template.steps.iter().take(done).enumerate() {
        let rows = [
            Payload::StepIssued(StepIssued {
                run_id: run_id.clone(),
                step_id: step.id.clone(),
                agent_id: "one".to_owned(),
                actor: actor(ActorType::Llm),
            }),
            Payload::StepCompleted(StepCompleted {
                run_id: run_id.clone(),
                step_id: step.id.clone(),
                agent_id: "one".to_owned(),
                result: StepResult::Success,
                actor: actor(ActorType::Llm),
            }),
        ];
        for (row, number) in rows.iter().zip(0..) {
            let id = event_id(2 * at + number)?;
            let event = event(&sanitizer, AT, &id, row).map_err(|error| error.to_string())?;
            text += &json::log(event.value());
        }
    }
    Ok(text)
}

fn decisions(template: &Template) -> Result<Vec<Decision>> {
    let inputs = template.steps.iter().flat_map(|step| {
        step.requires_inputs
            .iter()
            .map(move |key| (&step.id, DecisionId::from(key), "x"))
    });
    let audits = template
        .audits
        .iter()
        .map(|audit| (&audit.id, DecisionId::for_audit(&audit.id, 1), "approve"));
    inputs.chain(audits).zip(50_000..).map(decided).collect()
}

fn decided(((step, id, answer), number): ((&StepId, DecisionId, &str), usize)) -> Result<Decision> {
    Ok(Decision {
        decision_id: id,
        question: "Which?".to_owned(),
        options: Vec::new(),
        step_id: step.to_string(),
        input_key: None,
        run_id: "run".to_owned(),
        requested_at: AT.to_owned(),
        requested_event: None,
        answers: vec![GivenAnswer {
            answer: answer.to_owned(),
            actor: actor(ActorType::Human),
            at: AT.to_owned(),
            event_id: event_id(number)?,
        }],
    })
}
