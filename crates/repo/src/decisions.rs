//! The decision service: every path that asks for or records a decision goes through here.

mod brought;
mod clean;
mod closed;
mod read;
mod spool;
mod verify;

use gix::ObjectId;
use pawtrail_event::decision::{
    self, Actor, ActorType, Answered, Decision, Header, Payload, PayloadError, Requested, Row,
    RowPayload,
};
use pawtrail_event::{DecisionId, EventId, Sanitized, time};

use crate::error::{Error, Result};
use crate::idempotency::{self, Claim};
use crate::journal::Journal;
use crate::ledger::{Change, Content, Ledger, Outcome};
use crate::mission::Mission;
use crate::placement::{self, Placement};
use crate::project::{self, Project};
use crate::receipt::Receipt;
use crate::sync_state;
use crate::{adopt, beyond, durable, history, lines, sandbox, sparse};

pub(crate) use clean::Cleaner;
pub use clean::id as written_id;
pub use read::{Entry, Folded, GivenBy, Reading, find, folded, list, log};
pub(crate) use spool::adopt;
pub use spool::finish;
pub use verify::{Contested, Lost, Missing, Proof, Verified, verify, verify_all};

/// A decision to ask for.
#[derive(Debug, Clone, Default)]
pub struct Ask {
    /// The question.
    pub question: String,
    /// Proposed answers.
    pub options: Vec<String>,
    /// The step that asks.
    pub step: Option<String>,
    /// The input that the answer fills; makes the decision's id `input:<key>`.
    pub input_key: Option<String>,
    /// The decision's id, where the asker has one for it, as an audit of a run has.
    pub decision_id: Option<DecisionId>,
    /// The run that asks.
    pub run: Option<String>,
    /// Who asks; Pawtrail itself when nobody is named.
    pub actor: Option<Actor>,
    /// The same key gives the same decision and writes once.
    pub idempotency_key: Option<String>,
}

/// An answer to record.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The decision.
    pub decision_id: DecisionId,
    /// The answer.
    pub answer: String,
    /// Who answers.
    pub actor: Actor,
    /// The same key gives the same receipt and writes once.
    pub idempotency_key: Option<String>,
}

/// What a write did.
#[derive(Debug, Clone)]
pub struct Written {
    /// The decision.
    pub decision_id: DecisionId,
    /// What is true now.
    pub receipt: Receipt,
    /// What did not work beside the write itself, for a person.
    pub warnings: Vec<String>,
}

/// Returns the actor that stands for a name, as the caller describes it.
pub fn actor(actor_id: &str, actor_type: ActorType) -> Actor {
    Actor {
        actor_id: actor_id.to_owned(),
        actor_type,
        display_name: String::new(),
        provider: None,
        model: None,
        tool: None,
    }
}

/// Asks for a decision: recorded at once, durably, and committed together with its answer.
///
/// # Errors
/// [`Error::Invalid`] for a blank or oversized field; [`Error::DecisionExists`] when the input key asks something
/// else already; otherwise when the ledger can't be read or the spool can't be written.
pub fn request(project: &Project, mission: &Mission, ask: Ask) -> Result<Written> {
    let (ask, held_back) = clean::ask(project, ask);
    let mut written = record_request(project, mission, ask)?;
    written.warnings.splice(0..0, held_back);
    Ok(written)
}

fn record_request(project: &Project, mission: &Mission, ask: Ask) -> Result<Written> {
    let ledger = match Ledger::lock(project) {
        Ok(ledger) => ledger,
        Err(error) if sandbox::is_closed(&error) => {
            return closed::request(project, mission, ask, error);
        }
        Err(error) => return Err(error),
    };
    sync_state::first_sight(project)?;
    let mut warnings = adopt::adopt(project, &ledger)?;
    let mut place = placement::placement(project, mission)?;
    let fresh = decision_id(project, &ask)?;
    let print = serde_json::json!([ask.question, ask.options, ask.input_key, ask.step, ask.run]);
    let claim = Claim::new(project, mission, "request", &print);
    let claim = idempotency::claim(project, ask.idempotency_key.as_deref(), &claim, &fresh)?;
    let decision_id = claim.decision_id;
    let rows = read::rows_about(project, mission, &place, &decision_id)?;
    let header = header(project, mission, claim.event_id)?;
    let payload = asked(ask, &decision_id)?;
    let event = decision::event(project.sanitizer(), &header, &payload);
    if let Some((event_id, known)) = requested(&rows, &decision_id) {
        same_question(mission, &event, &decision_id, known)?;
        let receipt = read::receipt(project, mission, &place, event_id)?;
        return Ok(Written {
            decision_id,
            receipt,
            warnings,
        });
    }
    place = placement::choose_for_good(project, mission, place)?;
    let journal = Journal::of(project, &mission.mission_id, decision::FILE);
    journal.append(&event)?;
    if let Err(error) = journal.flush() {
        journal.take_back(&event)?;
        return Err(error);
    }
    if !place.checkouts.is_empty() {
        let spooled = lines::union(b"", &journal.spooled()?);
        let path = mission.path(decision::FILE);
        for checkout in &place.checkouts {
            if let Some(reason) = beyond::on_disk(&checkout.root, &path)? {
                warnings.push(format!("the checked-out file lacks the question: {reason}"));
                continue;
            }
            // The file is a projection: the next commit brings it up to date.
            let projected = match sparse::leaves_out(project, checkout, &path) {
                Ok(true) => Ok(()),
                Ok(false) => lines::project_into(&checkout.root.join(&path), &spooled),
                Err(error) => Err(error),
            };
            if let Err(error) = projected {
                warnings.push(format!("the checked-out file lacks the question: {error}"));
            }
        }
    }
    drop(ledger);
    Ok(Written {
        decision_id,
        receipt: receipt(mission, &place, header.event_id, None),
        warnings,
    })
}

/// Records an answer. It returns only when the answer is in a commit of the ledger branch, durably.
///
/// The same answer again gives the first receipt.
///
/// # Errors
/// [`Error::DecisionNotFound`], [`Error::AlreadyAnswered`], [`Error::Invalid`]; [`Error::Spooled`] when the answer is
/// recorded and can't be committed now, which the next command makes up for.
pub fn answer(project: &Project, mission: &Mission, reply: Reply) -> Result<Written> {
    let (reply, held_back) = clean::reply(project, reply);
    let mut written = record_answer(project, mission, reply)?;
    written.warnings.splice(0..0, held_back);
    Ok(written)
}

fn record_answer(project: &Project, mission: &Mission, reply: Reply) -> Result<Written> {
    let mut ledger = match Ledger::lock(project) {
        Ok(ledger) => ledger,
        Err(error) if sandbox::is_closed(&error) => {
            return closed::answer(project, mission, reply, error);
        }
        Err(error) => return Err(error),
    };
    sync_state::first_sight(project)?;
    let mut left = adopt::adopt(project, &ledger)?;
    let place = placement::placement(project, mission)?;
    let decision_id = reply.decision_id;
    let (rows, found) = read::rows_and_found(project, mission, &place, &decision_id)?;
    let decisions = decision::fold(&rows);
    let known = known(&decisions, &decision_id, mission)?;
    let print = serde_json::json!([decision_id, reply.answer]);
    let claim = Claim::new(project, mission, "answer", &print);
    let claim = idempotency::claim(
        project,
        reply.idempotency_key.as_deref(),
        &claim,
        &decision_id,
    )?;
    let header = header(project, mission, claim.event_id)?;
    let payload = answered(known, reply.answer, reply.actor)?;
    let event = decision::event(project.sanitizer(), &header, &payload);
    let journal = Journal::of(project, &mission.mission_id, decision::FILE);
    let place = placement::choose_for_good(project, mission, place)?;
    let given = same_answer(mission, &event, known)?;
    if let Some(given) = given {
        let receipt = read::receipt(project, mission, &place, given)?;
        if receipt.committed {
            return Ok(Written {
                decision_id,
                receipt,
                warnings: left,
            });
        }
    }
    // The question belongs into the answer's commit, and an answer that is the same into one at all, whoever wrote them.
    for line in &found {
        journal.append_once(&sandbox::sanitized(project, line)?)?;
    }
    let event_id = match given {
        Some(given) => given.clone(),
        None => {
            journal.append(&event)?;
            header.event_id
        }
    };
    let pending = |reason: String| Error::Spooled {
        receipt: Box::new(receipt(mission, &place, event_id.clone(), None)),
        reason: match journal.flush() {
            Ok(()) => reason,
            Err(error) => format!("{reason}; nor would it survive a power loss: {error}"),
        },
    };
    let message = format!("chore(decisions): answer {decision_id} [skip ci]");
    // From here on the answer is in the spool: whatever fails now, the next command makes up for.
    let wanted = Some(&event_id);
    let commit = match spool::commit(project, &mut ledger, mission, &place, &message, wanted) {
        Ok((Outcome::Committed(done), warnings)) => {
            left.extend(warnings);
            if done.new {
                Ok(done.commit)
            } else {
                Err(done.commit)
            }
        }
        Ok((Outcome::Elsewhere(tip), _)) => Err(tip),
        Ok((outcome @ (Outcome::Deferred(_) | Outcome::Locked(_) | Outcome::Taken(_)), _)) => {
            return Err(pending(outcome.why_not().unwrap_or_default()));
        }
        Err(error) => return Err(pending(error.to_string())),
    };
    // Another commit than one of this command has it: which one is worth knowing, and changes nothing.
    let commit = commit.or_else(|has_it| {
        read::brought(project, mission, has_it, &event_id).or_else(|error| {
            left.push(format!("the commit that brought it was not found: {error}"));
            Ok::<_, Error>(has_it)
        })
    })?;
    Ok(Written {
        receipt: receipt(mission, &place, event_id, Some(commit)),
        decision_id,
        warnings: left,
    })
}

/// The id that a request will have unless its idempotency key stands for another.
fn decision_id(project: &Project, ask: &Ask) -> Result<DecisionId> {
    if let Some(id) = &ask.decision_id {
        return Ok(id.clone());
    }
    match &ask.input_key {
        Some(key) => DecisionId::for_input(key).map_err(|error| Error::Invalid {
            what: "--input-key",
            message: error.to_string(),
        }),
        None => Ok(DecisionId::from(project.ulid())),
    }
}

fn asked(ask: Ask, decision_id: &DecisionId) -> Result<Payload> {
    for (what, name) in [("--step", &ask.step), ("--run", &ask.run)] {
        if name.as_ref().is_some_and(|name| name.trim().is_empty()) {
            return Err(Error::invalid(what, "it is empty"));
        }
    }
    let asked = Requested {
        run_id: ask.run.unwrap_or_else(|| decision_id.to_string()),
        decision_id: decision_id.clone(),
        step_id: ask.step.unwrap_or_else(|| decision_id.to_string()),
        question: ask.question,
        options: ask.options,
        input_key: ask.input_key,
        actor: ask
            .actor
            .unwrap_or_else(|| actor("pawtrail", ActorType::Service)),
    };
    Payload::requested(asked).map_err(|error| refused(&error))
}

/// Refuses an event whose decision is there already and asks something else.
fn same_question(
    mission: &Mission,
    event: &Sanitized,
    id: &DecisionId,
    known: &Requested,
) -> Result<()> {
    if known.question == text(event, "question") && known.options == options(event) {
        return Ok(());
    }
    Err(Error::DecisionExists {
        id: id.clone(),
        mission: mission.mission_slug.clone(),
        question: known.question.clone(),
    })
}

fn answered(known: &Decision, answer: String, actor: Actor) -> Result<Payload> {
    Payload::answered(Answered {
        run_id: known.run_id.clone(),
        decision_id: known.decision_id.clone(),
        answer,
        actor,
    })
    .map_err(|error| refused(&error))
}

/// Returns the event of the same answer given before; refuses an event whose decision has another answer.
fn same_answer<'a>(
    mission: &Mission,
    event: &Sanitized,
    known: &'a Decision,
) -> Result<Option<&'a EventId>> {
    match known.answer() {
        Some(given) if given.answer != text(event, "answer") => Err(Error::AlreadyAnswered {
            id: known.decision_id.clone(),
            mission: mission.mission_slug.clone(),
            answer: given.answer.clone(),
            answered_at: given.at.clone(),
        }),
        given => Ok(given.map(|given| &given.event_id)),
    }
}

/// Finds the decision that is to be answered.
fn known<'a>(
    decisions: &'a [Decision],
    id: &DecisionId,
    mission: &Mission,
) -> Result<&'a Decision> {
    decisions
        .iter()
        .find(|known| known.decision_id == *id && known.requested_event.is_some())
        .ok_or_else(|| Error::DecisionNotFound {
            id: id.to_string(),
            mission: Some(mission.mission_slug.to_string()),
        })
}

fn header(project: &Project, mission: &Mission, event_id: EventId) -> Result<Header> {
    Ok(Header {
        at: time::iso(project.now()),
        build_id: project.build_id()?,
        event_id,
        mission_id: mission.mission_id.clone(),
    })
}

fn requested<'a>(rows: &'a [Row], id: &DecisionId) -> Option<(&'a EventId, &'a Requested)> {
    rows.iter().find_map(|row| match &row.payload {
        RowPayload::Requested(asked) if asked.decision_id == *id => Some((&row.event_id, asked)),
        RowPayload::Requested(_) | RowPayload::Answered(_) | RowPayload::Other(_) => None,
    })
}

/// A text of the payload as it is written, which is what a later reader compares with.
fn text<'a>(event: &'a Sanitized, field: &str) -> &'a str {
    event.value()["payload"][field].as_str().unwrap_or_default()
}

fn options(event: &Sanitized) -> Vec<String> {
    let list = event.value()["payload"]["options"].as_array();
    list.into_iter()
        .flatten()
        .filter_map(|option| option.as_str().map(str::to_owned))
        .collect()
}

fn receipt(
    mission: &Mission,
    place: &Placement,
    event_id: EventId,
    commit: Option<ObjectId>,
) -> Receipt {
    Receipt::here(
        Some(event_id),
        Some(mission.mission_id.clone()),
        mission.path(decision::FILE),
        &place.ledger_ref,
        commit.map(project::hash),
    )
}

fn refused(error: &PayloadError) -> Error {
    Error::invalid(argument(error), error.to_string())
}

/// The argument whose value a payload refuses.
fn argument(error: &PayloadError) -> &'static str {
    match error.field() {
        "question" => "--question",
        "option" => "--option",
        "run" => "--run",
        "step" => "--step",
        "input key" => "--input-key",
        "actor" => "--actor",
        "answer" => "ANSWER",
        other => other,
    }
}
