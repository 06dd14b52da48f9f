//! The glossary: its local log, its seed files, and the one service through which both are written and read.
//!
//! Every event goes to the local log of its mission. A resolution goes first to the mission's spool, then to the log,
//! then into the seed file of its scope, then into a commit; it leaves the spool when the commit is in the branch. So a
//! command that died on the way is finished by the next one.

mod brought;
mod edit;
mod finish;
mod layout;
mod logs;
mod read;
mod resolve;
mod seed;
mod settle;
mod shown;
mod store;
mod target;

use pawtrail_event::glossary::{
    ClarificationRequested, Event, Header, Payload, PayloadError, Scope, SenseUpdated, Term,
    TermObserved, UnwritableError, Urgency,
};
use pawtrail_event::route::{LocalLog, route};
use pawtrail_event::{ConflictId, EventId, MissionId, Sanitized, time};

use crate::error::{Error, Result};
use crate::mission::Mission;
use crate::project::Project;
use crate::receipt::Receipt;
use crate::{glossary_log, sandbox};

pub use crate::glossary_log::{Logged, logged};
pub use finish::{finish, fix};
pub use read::{Difference, Known, Open, Problem, Rebuilt, list, rebuild, show};
pub use resolve::{Reply, Resolution, resolve};
pub(crate) use shown::SEED;

/// What a write did.
#[derive(Debug, Clone)]
pub struct Written {
    /// The event, as it was written but for what is private.
    pub event: Event,
    /// What is true now. An event of the log alone is in no branch: `ref` is empty and there is no commit.
    pub receipt: Receipt,
    /// The events that the route table lets into the queue.
    pub offered: Vec<Event>,
    /// What did not work beside the write itself, for a person.
    pub warnings: Vec<String>,
}

/// A term that was met.
#[derive(Debug, Clone)]
pub struct Observed {
    /// The term as it stood there.
    pub term: String,
    /// The scope it was met in.
    pub scope: Scope,
    /// How sure it is that this is a term, from 0 to 1.
    pub confidence: f64,
    /// The step that met it.
    pub step: Option<String>,
    /// Who met it.
    pub actor: String,
}

/// A meaning that was found, and that nobody was asked about.
#[derive(Debug, Clone)]
pub struct Sensed {
    /// The term.
    pub term: String,
    /// The scope.
    pub scope: Scope,
    /// What it means.
    pub definition: String,
    /// Why.
    pub reason: String,
    /// Who says so.
    pub actor: String,
}

/// A question about a term.
#[derive(Debug, Clone)]
pub struct Ask {
    /// The term.
    pub term: String,
    /// The scope.
    pub scope: Scope,
    /// The question.
    pub question: String,
    /// Proposed meanings.
    pub options: Vec<String>,
    /// How urgent it is.
    pub urgency: Urgency,
    /// The step that asks.
    pub step: Option<String>,
    /// The check that found the conflict.
    pub check: Option<String>,
    /// Who asks.
    pub actor: String,
}

/// Records that a term was met: `TermCandidateObserved`, in the local log alone.
///
/// # Errors
/// [`Error::Invalid`] for a blank or oversized field; otherwise when the log can't be written.
pub fn observe(project: &Project, mission: &Mission, seen: Observed) -> Result<Written> {
    let header = header(project, &mission.mission_id)?;
    let payload = Payload::TermObserved(TermObserved {
        mission_id: mission.mission_id.to_string(),
        scope_id: seen.scope.to_string(),
        step_id: seen.step.unwrap_or_else(|| header.event_id.to_string()),
        term_surface: seen.term.trim().to_owned(),
        confidence: seen.confidence,
        actor: seen.actor,
        step_metadata: std::collections::BTreeMap::new(),
    });
    write(project, header, payload)
}

/// Records a meaning that was found: `GlossarySenseUpdated`, in the local log alone.
///
/// # Errors
/// As [`observe`].
pub fn sense(project: &Project, mission: &Mission, found: Sensed) -> Result<Written> {
    let known = read::list(project, Some(found.scope))?;
    let surface = pawtrail_event::glossary::surface(&found.term);
    let before = known.terms.into_iter().find(|term| term.surface == surface);
    let payload = Payload::SenseUpdated(SenseUpdated {
        mission_id: mission.mission_id.to_string(),
        scope_id: found.scope.to_string(),
        term_surface: found.term.trim().to_owned(),
        before_sense: before.map(|term| term.definition),
        after_sense: found.definition,
        reason: found.reason,
        actor: found.actor,
    });
    write(project, header(project, &mission.mission_id)?, payload)
}

/// Asks what a term means: `GlossaryClarificationRequested`, in the local log and for the queue. The conflict is named
/// by the event.
///
/// # Errors
/// As [`observe`].
pub fn ask(project: &Project, mission: &Mission, ask: Ask) -> Result<(ConflictId, Written)> {
    let header = header(project, &mission.mission_id)?;
    let own = header.event_id.to_string();
    let payload = Payload::ClarificationRequested(ClarificationRequested {
        mission_id: mission.mission_id.to_string(),
        scope_id: ask.scope.to_string(),
        step_id: ask.step.unwrap_or_else(|| own.clone()),
        semantic_check_event_id: ask.check.unwrap_or_else(|| own.clone()),
        term: ask.term.trim().to_owned(),
        question: ask.question,
        options: ask.options,
        urgency: ask.urgency,
        actor: ask.actor,
    });
    let conflict = own.parse()?;
    Ok((conflict, write(project, header, payload)?))
}

/// Records any other event of the glossary. A resolution changes more than the log; [`resolve`] records it.
///
/// # Errors
/// As [`observe`]; [`Error::Invalid`] for a resolution, and for a payload of another mission.
pub fn record(project: &Project, mission: &Mission, payload: Payload) -> Result<Written> {
    if matches!(payload, Payload::ClarificationResolved(_)) {
        return Err(Error::invalid(
            "event",
            "a resolution is recorded by resolving it",
        ));
    }
    let written = payload.to_value().map_err(|error| unwritable(&error))?;
    if written["mission_id"] != mission.mission_id.as_str() {
        return Err(Error::invalid("event", "it belongs to another mission"));
    }
    write(project, header(project, &mission.mission_id)?, payload)
}

/// Returns a seed file of a branch with these terms in it.
pub(crate) fn set(scope: Scope, content: Option<&[u8]>, terms: &[Term]) -> Result<Vec<u8>> {
    store::edited(
        std::path::Path::new(&seed::path(scope)),
        scope,
        content,
        terms,
    )
}

/// Writes an event to the log of its mission, or, where that can't be written, into the checkout.
fn write(project: &Project, header: Header, payload: Payload) -> Result<Written> {
    let payload = payload.within_limits().map_err(|error| refused(&error))?;
    let event = Event { header, payload };
    let sanitized = sanitized(project, &event)?;
    goes_to_log(&event)?;
    let mut warnings = Vec::new();
    let mission = &event.header.mission_id;
    let path = match glossary_log::append(project, mission, &sanitized) {
        Ok(path) => path,
        Err(error) if sandbox::is_closed(&error) => {
            let file = sandbox::leave(project, &sanitized, error)?;
            warnings.push(format!(
                "the log can't be written here, so it waits in {file} for a command that can"
            ));
            file
        }
        Err(error) => return Err(error),
    };
    Ok(Written {
        receipt: Receipt::here(
            Some(event.header.event_id.clone()),
            Some(mission.clone()),
            path,
            "",
            None,
        ),
        offered: offered(&event),
        event,
        warnings,
    })
}

/// Returns an event as it is written, without what is private.
fn sanitized(project: &Project, event: &Event) -> Result<Sanitized> {
    let written = event.sanitized(project.sanitizer());
    written.map_err(|error| unwritable(&error))
}

/// Makes sure that the route table sends an event where this service is about to write it.
fn goes_to_log(event: &Event) -> Result<()> {
    let name = event.payload.event_type();
    match route(name).and_then(|route| route.local_log) {
        Some(LocalLog::Glossary) => Ok(()),
        Some(LocalLog::Run) | None => Err(Error::invalid(
            "event",
            format!("{name} doesn't go to the glossary's log"),
        )),
    }
}

/// The event, where the route table lets it into the queue.
fn offered(event: &Event) -> Vec<Event> {
    let enters = route(event.payload.event_type()).is_some_and(|route| route.queue);
    enters.then(|| event.clone()).into_iter().collect()
}

fn header(project: &Project, mission: &MissionId) -> Result<Header> {
    Ok(Header {
        at: time::iso(project.now()),
        build_id: sandbox::build_id(project)?,
        event_id: EventId::from(project.ulid()),
        mission_id: mission.clone(),
    })
}

fn unwritable(error: &UnwritableError) -> Error {
    Error::invalid("event", error.to_string())
}

fn refused(error: &PayloadError) -> Error {
    Error::invalid(argument(error), error.to_string())
}

/// The argument whose value a payload refuses.
fn argument(error: &PayloadError) -> &'static str {
    let field = match error {
        PayloadError::Confidence(_) => "confidence",
        PayloadError::Field(error) => error.field(),
        PayloadError::TermNotPlain => "term",
        PayloadError::UnknownType(_) | PayloadError::Malformed { .. } => "event",
    };
    match field {
        "term" => "--term",
        "definition" | "sense" | "meaning" => "--definition",
        "question" => "--question",
        "option" => "--option",
        "step" => "--step",
        "check" => "--check",
        "reason" => "--reason",
        "actor" => "--actor",
        "confidence" => "--confidence",
        other => other,
    }
}
