//! `decision`: request, answer, list, show, log.

use pawtrail_event::DecisionId;
use pawtrail_event::decision::{Actor, ActorType, Status};
use pawtrail_repo::decisions::{self, Ask, Entry, Reading, Reply, Written};
use pawtrail_repo::mission::Mission;
use pawtrail_repo::shell::quoted;
use pawtrail_repo::{Error, Project};
use pawtrail_runtime::engine::{self, Given};
use serde_json::json;

use crate::args::{
    ActorArgs, ActorKind, AnswerArgs, DecisionCommand, ListArgs, LogArgs, RequestArgs, ShowArgs,
};
use crate::commands::after_write::{self, receipt_fields};
use crate::context::Context;
use crate::error::CliError;
use crate::output::{Done, to_json};
use crate::text::{Text, plain, short, table};

pub(super) fn run(context: &Context, command: &DecisionCommand) -> Result<Done, CliError> {
    match command {
        DecisionCommand::Request(args) => request(context, args),
        DecisionCommand::Answer(args) => answer(context, args),
        DecisionCommand::List(args) => list(context, args),
        DecisionCommand::Show(args) => show(context, args),
        DecisionCommand::Log(args) => log(context, args),
    }
}

fn request(context: &Context, args: &RequestArgs) -> Result<Done, CliError> {
    let project = context.project()?;
    let mission = context.mission(&project, args.mission.as_deref())?;
    let ask = Ask {
        question: args.question.clone(),
        options: args.options.clone(),
        step: args.step.clone(),
        input_key: args.input_key.clone(),
        decision_id: None,
        run: args.run.clone(),
        actor: actor(&args.actor),
        idempotency_key: args.key.value.clone(),
    };
    let mut asked = decisions::request(&project, &mission, ask)?;
    after_write::follow(&project, &mut asked.receipt, &mut asked.warnings);
    let id = &asked.decision_id;
    let choice = args
        .options
        .first()
        .map_or("ANSWER".to_owned(), |option| quoted(option));
    let question = project.sanitizer().text(&args.question);
    let text = Text::new(&format!("Asked: {}", plain(&question)))
        .field("decision", id)
        .field("mission", &mission.mission_slug);
    let text = match &asked.receipt.commit {
        Some(_) => receipt_fields(text, &asked.receipt),
        None => text.field("recorded", "yes; the answer's commit takes it along"),
    };
    let text = text.next(&format!(
        "pawtrail decision answer {} {choice} --mission {}",
        quoted(id.as_str()),
        mission.mission_slug
    ));
    let data = json!({ "decision_id": id });
    Done::new(data, text.done())
        .with_warnings(asked.warnings)
        .with_receipt(&asked.receipt)
}

fn answer(context: &Context, args: &AnswerArgs) -> Result<Done, CliError> {
    let project = context.project()?;
    let reply = Reply {
        decision_id: args.decision_id.clone(),
        answer: args.answer.clone(),
        actor: actor(&args.actor).unwrap_or_else(|| default_actor(ActorType::Human)),
        idempotency_key: args.key.value.clone(),
    };
    let (mission, mut given) = answer_in(context, &project, args.mission.as_deref(), reply)?;
    after_write::follow(&project, &mut given.receipt, &mut given.warnings);
    let answer = project.sanitizer().text(&args.answer);
    let text = Text::new(&format!("Answered: {}", plain(&answer)))
        .field("decision", &given.decision_id)
        .field("mission", &mission.mission_slug);
    let text = receipt_fields(text, &given.receipt).next(&format!(
        "pawtrail decision log --mission {}",
        mission.mission_slug
    ));
    let data = json!({ "decision_id": given.decision_id, "answer": answer });
    Done::new(data, text.done())
        .with_warnings(given.warnings)
        .with_receipt(&given.receipt)
}

/// Answers in the mission that is named or meant from here; where that one doesn't know the
/// decision, in the one that does.
fn answer_in(
    context: &Context,
    project: &Project,
    handle: Option<&str>,
    reply: Reply,
) -> Result<(Mission, Written), CliError> {
    let id = reply.decision_id.clone();
    let given = Given {
        answer: reply.answer.clone(),
        decision_id: Some(id.clone()),
        actor: reply.actor.clone(),
    };
    if let Some(mission) = nearest(context, project, handle)? {
        engine::permit(project, &mission, &id, &given)?;
        match decisions::answer(project, &mission, reply.clone()) {
            Ok(written) => return Ok((mission, written)),
            Err(Error::DecisionNotFound { .. }) if handle.is_none() => {}
            Err(error) => return Err(error.into()),
        }
    }
    let mission = decisions::find(project, &id)?;
    engine::permit(project, &mission, &id, &given)?;
    let written = decisions::answer(project, &mission, reply)?;
    Ok((mission, written))
}

/// The mission that is named, or meant from here; none where the decision alone must tell.
fn nearest(
    context: &Context,
    project: &Project,
    handle: Option<&str>,
) -> Result<Option<Mission>, CliError> {
    match pawtrail_repo::mission::resolve(project, handle, &context.dir) {
        Ok(mission) => Ok(Some(mission)),
        Err(Error::NoMission { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn list(context: &Context, args: &ListArgs) -> Result<Done, CliError> {
    let project = context.project()?;
    let mission = context.mission(&project, args.mission.as_deref())?;
    let mut reading = decisions::list(&project, &mission)?;
    if args.open {
        reading
            .decisions
            .retain(|entry| entry.status == Status::Open);
    }
    listing(&mission, &reading)
}

fn log(context: &Context, args: &LogArgs) -> Result<Done, CliError> {
    let project = context.project()?;
    let mission = context.mission(&project, args.mission.as_deref())?;
    let reading = decisions::log(&project, &mission, args.reference.as_deref())?;
    listing(&mission, &reading)
}

fn listing(mission: &Mission, reading: &Reading) -> Result<Done, CliError> {
    let human = if reading.decisions.is_empty() {
        let slug = &mission.mission_slug;
        Text::new(&format!("No decisions in {slug}."))
            .next(&format!(
                "pawtrail decision request --mission {slug} --question TEXT"
            ))
            .done()
    } else {
        let rows: Vec<Vec<String>> = reading.decisions.iter().map(row).collect();
        table(
            &["decision", "status", "question", "answer", "commit"],
            &rows,
        )
    };
    let mut data = json!({
        "mission_id": mission.mission_id,
        "mission_slug": mission.mission_slug,
    });
    // There may be thousands: they are moved, not copied.
    data["decisions"] = to_json(&reading.decisions)?;
    Ok(Done::new(data, human).with_warnings(damaged(reading)))
}

fn row(entry: &Entry) -> Vec<String> {
    vec![
        entry.decision_id.to_string(),
        entry.status.as_str().to_owned(),
        entry.question.clone(),
        entry.answer.clone().unwrap_or_else(|| "-".to_owned()),
        entry
            .commit
            .as_ref()
            .map_or("-", |commit| short(commit.as_str()))
            .to_owned(),
    ]
}

fn damaged(reading: &Reading) -> Vec<String> {
    reading
        .damaged
        .iter()
        .map(|(file, line)| format!("{file}, line {}: skipped: {}", line.line, line.reason))
        .collect()
}

fn show(context: &Context, args: &ShowArgs) -> Result<Done, CliError> {
    let project = context.project()?;
    let id = &decisions::written_id(&project, &args.decision_id);
    let mut found = None;
    if let Some(mission) = nearest(context, &project, args.mission.as_deref())? {
        found = entry(&project, &mission, id)?;
        if found.is_none() && args.mission.is_some() {
            return Err(not_found(id, &mission));
        }
    }
    let (entry, warnings) = match found {
        Some(found) => found,
        None => {
            let mission = decisions::find(&project, id)?;
            entry(&project, &mission, id)?.ok_or_else(|| not_found(id, &mission))?
        }
    };
    let text = Text::new(&plain(&entry.question))
        .field("decision", &entry.decision_id)
        .field("mission", &entry.mission_slug)
        .field("status", entry.status.as_str())
        .field("asked", plain(&entry.requested_at));
    let text = match entry.options.is_empty() {
        true => text,
        false => text.field("options", plain(&entry.options.join(", "))),
    };
    let by = entry.answered_by.as_ref().map(|by| plain(&by.actor_id));
    let text = text
        .maybe("answer", entry.answer.as_deref().map(plain))
        .maybe("answered", entry.answered_at.as_deref().map(plain))
        .maybe("by", by)
        .maybe("commit", entry.commit.as_ref());
    let others = entry.answers.iter().skip(1);
    let text = others.fold(text, |text, other| text.field("also", plain(other)));
    let text = match entry.status {
        Status::Open => text.next(&format!("pawtrail decision answer {id} ANSWER")),
        Status::Answered | Status::Contested => text,
    };
    let mut data = to_json(&entry)?;
    // As in the lists, so that one reader serves all three.
    data["decisions"] = json!([&entry]);
    Ok(Done::new(data, text.done()).with_warnings(warnings))
}

fn entry(
    project: &Project,
    mission: &Mission,
    id: &DecisionId,
) -> Result<Option<(Entry, Vec<String>)>, CliError> {
    let reading = decisions::list(project, mission)?;
    let warnings = damaged(&reading);
    let mut decisions = reading.decisions.into_iter();
    let found = decisions.find(|entry| entry.decision_id == *id);
    Ok(found.map(|entry| (entry, warnings)))
}

fn not_found(id: &DecisionId, mission: &Mission) -> CliError {
    Error::DecisionNotFound {
        id: id.to_string(),
        mission: Some(mission.mission_slug.to_string()),
    }
    .into()
}

/// The actor that the arguments describe, if they describe one.
fn actor(args: &ActorArgs) -> Option<Actor> {
    let kind = args.actor_type.map(kind);
    match (&args.actor, kind) {
        (None, None) => None,
        (None, Some(kind)) => Some(default_actor(kind)),
        (Some(name), kind) => Some(decisions::actor(name, kind.unwrap_or(ActorType::Human))),
    }
}

/// The kind of actor that an argument names.
pub(super) fn kind(kind: ActorKind) -> ActorType {
    match kind {
        ActorKind::Human => ActorType::Human,
        ActorKind::Llm => ActorType::Llm,
        ActorKind::Service => ActorType::Service,
    }
}

/// Nobody is named: whoever is at this machine has a name that doesn't belong into git.
pub(super) fn default_actor(kind: ActorType) -> Actor {
    let name = match kind {
        ActorType::Human => "user",
        ActorType::Llm => "agent",
        ActorType::Service => "service",
    };
    decisions::actor(name, kind)
}
