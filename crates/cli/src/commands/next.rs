//! `next`: what comes next in a mission, and what people say of its run.

use std::io::IsTerminal as _;

use pawtrail_event::decision::{Actor, ActorType};
use pawtrail_event::run::StepResult;
use pawtrail_repo::mission::Mission;
use pawtrail_repo::shell::quoted;
use pawtrail_repo::{Project, decisions};
use pawtrail_runtime::engine::{self, Delegation, Document, Given, Governed, Kind, Reply, Turn};
use pawtrail_runtime::template;
use serde_json::json;

use super::after_write::{self, receipt_fields};
use super::decision::{default_actor, kind};
use crate::args::{ActorArgs, NextArgs, NextCommand, ResultName, TemplateCommand, TurnArgs};
use crate::context::Context;
use crate::error::CliError;
use crate::output::Done;
use crate::text::{Text, plain};

pub(super) fn run(context: &Context, args: &NextArgs) -> Result<Done, CliError> {
    let Some(command) = &args.command else {
        return turn(context, &args.turn);
    };
    match command {
        NextCommand::Owner(args) => {
            let (project, mission) = found(context, args.mission.as_deref())?;
            let by = actor(&args.actor, None);
            let done = engine::set_owner(&project, &mission, &args.owner, &by)?;
            let head = "Audits of this run are answered by";
            Ok(governed(&project, &mission, head, done))
        }
        NextCommand::Delegate(args) => {
            let (project, mission) = found(context, args.mission.as_deref())?;
            let by = actor(&args.actor, None);
            let what = Delegation {
                decision: args.decision.clone(),
                rationale: args.rationale.clone(),
                role: args.role.clone(),
            };
            let done = engine::delegate(&project, &mission, &what, &by)?;
            Ok(governed(&project, &mission, "Agents may answer", done))
        }
        NextCommand::Unblock(args) => {
            let (project, mission) = found(context, args.mission.as_deref())?;
            let by = actor(&args.actor, None);
            let why = args.rationale.as_deref();
            let done = engine::unblock(&project, &mission, why, &by)?;
            Ok(governed(&project, &mission, "The run goes on with", done))
        }
        NextCommand::Template(TemplateCommand::Check { file }) => check(context, file),
        NextCommand::Template(TemplateCommand::Adopt(args)) => {
            let (project, mission) = found(context, args.mission.as_deref())?;
            let by = actor(&args.actor, None);
            let done = engine::adopt(&project, &mission, &by)?;
            Ok(governed(&project, &mission, "The run goes by", done))
        }
    }
}

fn turn(context: &Context, args: &TurnArgs) -> Result<Done, CliError> {
    let (project, mission) = found(context, args.mission.as_deref())?;
    let agent = args.agent.as_deref();
    let reply = match (agent, args.result) {
        (Some(agent), Some(result)) => {
            let turn = Turn {
                agent: agent.to_owned(),
                result: match result {
                    ResultName::Success => StepResult::Success,
                    ResultName::Failed => StepResult::Failed,
                    ResultName::Blocked => StepResult::Blocked,
                },
                step: args.step.clone(),
                answer: args.answer.as_ref().map(|answer| Given {
                    answer: answer.clone(),
                    decision_id: args.decision_id.clone(),
                    actor: actor(&args.actor, Some(agent)),
                }),
            };
            written(
                &project,
                &mission,
                engine::report(&project, &mission, &turn)?,
            )
        }
        (Some(agent), None) if args.take_over => {
            let reply = engine::take_over(&project, &mission, agent)?;
            written(&project, &mission, reply)
        }
        // Clap has asked for an agent where there is a result.
        (agent, _) => engine::query(&project, &mission, agent)?,
    };
    let reply = if args.explain {
        reply.explained()
    } else {
        reply
    };
    answer(&mission, &reply)
}

fn found(context: &Context, handle: Option<&str>) -> Result<(Project, Mission), CliError> {
    let project = context.project()?;
    let mission = context.mission(&project, handle)?;
    Ok((project, mission))
}

/// What follows a write.
fn written(project: &Project, mission: &Mission, mut reply: Reply) -> Reply {
    let document = &mut reply.document;
    let warnings = &mut document.warnings;
    after_write::offer_run(project, &mission.mission_id, warnings);
    after_write::follow_any(project, document.receipt.as_mut(), warnings);
    reply
}

/// Who says so: as the caller says, or a person where one sits at the terminal.
fn actor(args: &ActorArgs, agent: Option<&str>) -> Actor {
    let given = args.actor_type.map(kind);
    let kind = given.unwrap_or_else(|| match std::io::stdin().is_terminal() {
        true => ActorType::Human,
        false => ActorType::Llm,
    });
    match args.actor.as_deref().or(agent) {
        Some(name) => decisions::actor(name, kind),
        None => default_actor(kind),
    }
}

fn answer(mission: &Mission, reply: &Reply) -> Result<Done, CliError> {
    let document = serde_json::to_string_pretty(&reply.document)
        .map_err(|error| CliError::internal(&error))?;
    let done = Done::new(json!({}), human(mission, &reply.document))
        .with_document(document)
        .with_warnings(reply.document.warnings.clone());
    Ok(match reply.is_blocked() {
        true => done.with_exit(1),
        false => done,
    })
}

fn human(mission: &Mission, said: &Document) -> String {
    let state = plain(&said.mission_state);
    let head = match said.kind {
        Kind::Query => format!(
            "{} stands at {state}; nothing was written.",
            said.mission_slug
        ),
        Kind::Step => format!("Step {state} is yours."),
        Kind::DecisionRequired => "A decision is needed.".to_owned(),
        Kind::Blocked => "Blocked.".to_owned(),
        Kind::Terminal => "All steps are complete.".to_owned(),
    };
    let agent = said.agent.as_deref().map_or("NAME".to_owned(), quoted);
    let slug = &mission.mission_slug;
    let options = said
        .options
        .as_ref()
        .map(|options| plain(&options.join(", ")));
    let holder = said
        .issued_to
        .as_ref()
        .zip(said.issued_at.as_ref())
        .map(|(who, since)| format!("{}, since {}", plain(who), plain(since)));
    let text = Text::new(&head)
        .maybe("answered", said.answered.as_deref().map(plain))
        .maybe("next up", said.preview_step.as_deref().map(plain))
        .maybe("question", said.question.as_deref().map(plain))
        .maybe("options", options)
        .maybe("decision", said.decision_id.as_deref().map(plain))
        .maybe(
            "reason",
            said.reason
                .as_deref()
                .filter(|_| said.question.is_none())
                .map(plain),
        )
        .maybe("has it", holder)
        .maybe("prompt", said.prompt_file.as_deref().map(plain))
        .maybe("run", said.run_id.as_deref());
    let text = match &said.progress {
        Some(far) => text.field(
            "packages",
            format!(
                "{} of {} done, {}%",
                far.done_wps, far.total_wps, far.weighted_percentage
            ),
        ),
        None => text,
    };
    let text = said.escalation.iter().fold(text, |text, who| {
        let name = who.actor_id.as_deref().unwrap_or("whoever has the role");
        text.field(
            "waits long",
            format!("tell {} ({})", plain(name), who.actor_type.as_str()),
        )
    });
    let text = match &said.receipt {
        Some(receipt) => receipt_fields(text, receipt),
        None => text,
    };
    let text = said.explain.iter().fold(text, |text, one| {
        text.field(
            one.standing,
            format!("{}: {}", plain(&one.step_id), plain(&one.why)),
        )
    });
    let start = format!("pawtrail next --mission {slug} --agent {agent}");
    let next = match (said.kind, &said.decision_id, &said.step_id) {
        (Kind::Terminal, ..) => None,
        (Kind::Blocked, ..) => said.next_step.clone(),
        (_, Some(decision), _) => {
            let first = said.options.as_ref().and_then(|options| options.first());
            let first = first.map_or("ANSWER".to_owned(), |first| quoted(first));
            let id = quoted(decision);
            Some(format!(
                "{start} --result success --decision-id {id} --answer {first}"
            ))
        }
        (_, None, _) if said.next_step.is_some() => said.next_step.clone(),
        (_, None, Some(step)) => Some(match &said.issued_to {
            Some(holder) => format!(
                "pawtrail next --mission {slug} --agent {} --step {} --result success",
                quoted(holder),
                quoted(step)
            ),
            None => format!("{start} --result success"),
        }),
        (_, None, None) if said.mission_state == "done" => None,
        (_, None, None) => Some(format!("{start} --result success")),
    };
    match next {
        Some(next) => text.next(&next),
        None => text,
    }
    .done()
}

fn governed(project: &Project, mission: &Mission, head: &str, mut done: Governed) -> Done {
    after_write::offer_run(project, &mission.mission_id, &mut done.warnings);
    let subjects = done.subjects.join(", ");
    let text = Text::new(&format!("{head} {}.", plain(&subjects)))
        .field("mission", &mission.mission_slug)
        .field("run", &done.run_id)
        .next(&format!("pawtrail next --mission {}", mission.mission_slug));
    let data = json!({
        "mission_id": mission.mission_id,
        "mission_slug": mission.mission_slug,
        "run_id": done.run_id,
        "subjects": done.subjects,
    });
    Done::new(data, text.done()).with_warnings(done.warnings)
}

fn check(context: &Context, file: &std::path::Path) -> Result<Done, CliError> {
    let path = context.dir.join(file);
    let shown = file.display().to_string();
    let size = std::fs::metadata(&path)
        .map_err(|error| CliError::io(&format!("can't read {shown}"), &error))?
        .len();
    if size > template::MAX_BYTES as u64 {
        return Err(CliError::refused(
            "TEMPLATE_INVALID",
            format!("{shown}: it is larger than {} bytes", template::MAX_BYTES),
        ));
    }
    let text = std::fs::read_to_string(&path)
        .map_err(|error| CliError::io(&format!("can't read {shown}"), &error))?;
    let dir = path
        .parent()
        .and_then(|dir| dir.file_name())
        .unwrap_or_default();
    let template = template::parse_in(&text, &dir.to_string_lossy()).map_err(|problems| {
        pawtrail_runtime::Error::Template {
            path: shown.clone(),
            problems,
        }
    })?;
    let warnings: Vec<String> = template
        .warnings
        .iter()
        .map(|problem| format!("{shown}:{problem}"))
        .collect();
    let order: Vec<&str> = template.nodes().map(|node| node.id().as_str()).collect();
    let text = Text::new(&format!("{} can be used.", plain(&shown)))
        .field("key", plain(&template.key))
        .field("version", plain(&template.version))
        .field("steps", template.steps.len())
        .field("audits", template.audits.len());
    let data = json!({
        "key": template.key,
        "name": template.name,
        "version": template.version,
        "steps": template.steps.len(),
        "audits": template.audits.len(),
        "order": order,
    });
    Ok(Done::new(data, text.done()).with_warnings(warnings))
}
