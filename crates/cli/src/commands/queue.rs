//! `queue`: the events that wait for a hub.

use pawtrail_event::envelope::EnvelopeId;
use pawtrail_repo::Project;
use pawtrail_sync::queue::{Entry, Queue, State};
use pawtrail_sync::{SyncError, courier};
use serde_json::{Value, json};

use crate::args::{QueueCommand, QueueIdArgs, QueueListArgs};
use crate::context::Context;
use crate::error::CliError;
use crate::output::{Done, to_json};
use crate::text::{Text, plain, table};

pub(super) fn run(context: &Context, command: &QueueCommand) -> Result<Done, CliError> {
    let project = context.project()?;
    match command {
        QueueCommand::List(args) => list(&project, args),
        QueueCommand::Show(args) => show(&project, args),
        QueueCommand::Retry(args) => retry(&project, args),
        QueueCommand::Drop(args) => discard(&project, args),
    }
}

fn list(project: &Project, args: &QueueListArgs) -> Result<Done, CliError> {
    let state = args.set_aside.then_some(State::SetAside);
    let found = Queue::look(&project.state_dir(), |queue| {
        Ok((queue.list(state, args.limit)?, queue.counts()?))
    })?;
    let (events, counts) = found.unwrap_or_default();
    let data = json!({
        "events": events,
        "queued": counts.queued,
        "set_aside": counts.set_aside,
    });
    let headline = format!(
        "{} to send, {} set aside.",
        counted(counts.queued),
        counts.set_aside
    );
    let text = Text::new(&headline);
    if events.is_empty() {
        return Ok(Done::new(data, text.done()));
    }
    let rows: Vec<Vec<String>> = events.iter().map(row).collect();
    let head = ["event", "type", "state", "sent", "queued", "reason"];
    let shown = format!("{}\n{}", text.done(), table(&head, &rows));
    Ok(Done::new(data, shown))
}

fn row(entry: &Entry) -> Vec<String> {
    vec![
        entry.event_id.clone(),
        entry.event_type.clone(),
        words(entry.state).to_owned(),
        entry.attempts.to_string(),
        entry.queued_at.clone(),
        entry.reason.clone().unwrap_or_default(),
    ]
}

fn words(state: State) -> &'static str {
    match state {
        State::Waiting => "waiting",
        State::InFlight => "on its way",
        State::SetAside => "set aside",
    }
}

fn show(project: &Project, args: &QueueIdArgs) -> Result<Done, CliError> {
    let id = id(args)?;
    let found = Queue::look(&project.state_dir(), |queue| queue.show(&id))?;
    let (entry, envelope) = found.ok_or(SyncError::EventUnknown(id))?;
    let mut data = listed(&entry)?;
    data["envelope"] = envelope.clone();
    let pretty =
        serde_json::to_string_pretty(&envelope).map_err(|error| CliError::internal(&error))?;
    let text = Text::new(&format!("{} {}", entry.event_type, words(entry.state)))
        .field("event", &entry.event_id)
        .field("queued", &entry.queued_at)
        .field("sent", format!("{} times", entry.attempts))
        .maybe("reason", entry.reason.as_deref().map(plain))
        .done();
    Ok(Done::new(data, format!("{text}\n{pretty}")))
}

/// One event, as itself and as a list of one.
fn listed(entry: &Entry) -> Result<Value, CliError> {
    let mut data = to_json(entry)?;
    data["events"] = json!([entry]);
    Ok(data)
}

fn retry(project: &Project, args: &QueueIdArgs) -> Result<Done, CliError> {
    let (mut queue, id) = open(project, args)?;
    let was = queue.retry(&id)?;
    // Without consent nobody is woken, and the event waits as all do.
    let warnings = match courier::wake(project) {
        Ok(()) => Vec::new(),
        Err(error) => vec![format!(
            "nobody sends it now, a later command will: {error}"
        )],
    };
    let headline = if was {
        "It waits again."
    } else {
        "It was waiting already; nothing was changed."
    };
    // A courier that runs may have delivered it by now.
    let event = match queue.show(&id) {
        Ok((entry, _)) => Some(entry),
        Err(SyncError::EventUnknown(_)) => None,
        Err(error) => return Err(error.into()),
    };
    let events: Vec<Entry> = event.into_iter().collect();
    let data = json!({ "event_id": id, "was_set_aside": was, "events": events });
    let text = Text::new(headline).next("pawtrail sync now");
    Ok(Done::new(data, text.done()).with_warnings(warnings))
}

fn discard(project: &Project, args: &QueueIdArgs) -> Result<Done, CliError> {
    let (mut queue, id) = open(project, args)?;
    let entry = queue.discard(&id)?;
    let text = Text::new("It is out of the queue and won't be sent.")
        .field("event", &entry.event_id)
        .field("type", &entry.event_type);
    Ok(Done::new(listed(&entry)?, text.done()))
}

fn id(args: &QueueIdArgs) -> Result<EnvelopeId, CliError> {
    args.id
        .parse()
        .map_err(|error| CliError::bad_argument("ID", format!("{error}")))
}

fn open(project: &Project, args: &QueueIdArgs) -> Result<(Queue, EnvelopeId), CliError> {
    let id = id(args)?;
    match Queue::open_existing(&project.state_dir())? {
        Some(queue) => Ok((queue, id)),
        None => Err(SyncError::EventUnknown(id).into()),
    }
}

fn counted(events: u64) -> String {
    match events {
        1 => "1 event".to_owned(),
        more => format!("{more} events"),
    }
}
