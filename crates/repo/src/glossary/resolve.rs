//! Resolving: a question's answer becomes an event, which is recorded before anything else changes.

use jiff::SignedDuration;
use pawtrail_event::glossary::{
    self, ClarificationResolved, Event, Log, Payload, Question, Resolved, Row, RowPayload, Scope,
};
use pawtrail_event::{ConflictId, EventId, MissionId, Sanitized, time};

use super::brought::commit_of;
use super::settle::{Work, finished, term};
use super::target::{Target, here, target};
use super::{logs, seed, store};
use crate::error::{Error, Result};
use crate::glossary_log::SPOOL;
use crate::journal::Journal;
use crate::ledger::Ledger;
use crate::mission::{self, Mission};
use crate::project::{self, Project};
use crate::receipt::Receipt;
use crate::{adopt, glossary_log, history, sandbox, sync_state};

/// An answer to a question about a term.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The conflict.
    pub conflict_id: ConflictId,
    /// What the term means.
    pub definition: String,
    /// Where it means that; without one, where it was asked for.
    pub scope: Option<Scope>,
    /// The mission, where the question doesn't name one of this clone.
    pub mission: Option<Mission>,
    /// Who says so.
    pub actor: String,
    /// Whether it may replace a meaning that was resolved after the question was asked.
    pub replace: bool,
}

/// What a resolution did.
#[derive(Debug, Clone)]
pub struct Resolution {
    /// The term, in lower case.
    pub term: String,
    /// Where it means this.
    pub scope: Scope,
    /// What it means, as it was written.
    pub definition: String,
    /// What the seed file said before, where that was something else.
    pub replaced: Option<String>,
    /// What is true now.
    pub receipt: Receipt,
    /// The events that the route table lets into the queue.
    pub offered: Vec<Event>,
    /// What did not work beside the write itself, for a person.
    pub warnings: Vec<String>,
}

/// Says what a term means. It returns only when log and seed file hold it and it is in a commit, durably.
///
/// The same meaning again gives the first receipt.
///
/// # Errors
/// [`Error::ConflictNotFound`], [`Error::AlreadyResolved`], [`Error::TermSettled`], [`Error::Invalid`];
/// [`Error::Damaged`] when the seed file can't be changed without harm, and then nothing is recorded;
/// [`Error::Spooled`] or [`Error::SeedNotCommitted`] when only the commit is missing.
pub fn resolve(project: &Project, reply: Reply) -> Result<Resolution> {
    let mut ledger = match Ledger::lock(project) {
        Ok(ledger) => Some(ledger),
        Err(error) if sandbox::is_closed(&error) => None,
        Err(error) => return Err(error),
    };
    let mut warnings = Vec::new();
    if let Some(ledger) = &ledger {
        sync_state::first_sight(project)?;
        warnings = adopt::adopt(project, ledger)?;
    }
    let logs = logs::read(project)?;
    let rows = logs.log.rows;
    let question = find(&rows, &reply.conflict_id)?;
    let (mission_id, mission) = mission_of(project, question.row, reply.mission.as_ref())?;
    let event = answer(project, &rows, &question, &mission_id, &reply)?;
    let sanitized = super::sanitized(project, &event)?;
    let said = said(&sanitized)?;
    if let Some((row, known)) = question.answer {
        let other_scope = reply.scope.is_some_and(|scope| scope != known.scope);
        if known.definition != said.definition || other_scope {
            return Err(Error::AlreadyResolved {
                id: reply.conflict_id,
                term: known.surface.clone(),
                scope: known.scope,
                definition: known.definition.clone(),
                resolved_at: row.at.clone(),
            });
        }
        return again(
            project,
            ledger.as_mut(),
            &mission_id,
            mission.as_ref(),
            (row, known),
        );
    }
    if !reply.replace {
        not_settled_meanwhile(&rows, &question, &said)?;
    }
    let Some(mut ledger) = ledger else {
        return Err(closed(project, &event, &sanitized, &said));
    };
    let target = target(project, mission.as_ref())?;
    let replaced = rehearse(project, &target, &said)?;
    let journal = Journal::of(project, &mission_id, SPOOL);
    journal.append(&sanitized)?;
    if let Err(error) = journal.flush() {
        journal.take_back(&sanitized)?;
        return Err(error);
    }
    // From here on it is recorded: whatever fails now, the next command makes up for.
    let first = receipt_of(&mission_id, &said, Some(event.header.event_id.clone()), "");
    let mut work = Work {
        project,
        ledger: &mut ledger,
        mission_id: &mission_id,
        mission: mission.as_ref(),
        target,
        message: format!(
            "chore(glossary): resolve {} [skip ci]",
            question.asked.conflict_id
        ),
    };
    let done = glossary_log::append(project, &mission_id, &sanitized)
        .and_then(|_| work.settle(Some(&event.header.event_id), &mut warnings));
    Ok(Resolution {
        receipt: finished(first, done)?,
        term: said.surface,
        scope: said.scope,
        definition: said.definition,
        replaced,
        offered: super::offered(&event),
        warnings,
    })
}

fn find<'a>(rows: &'a [Row], id: &ConflictId) -> Result<Question<'a>> {
    glossary::questions(rows)
        .into_iter()
        .find(|question| question.asked.conflict_id == *id)
        .ok_or_else(|| Error::ConflictNotFound { id: id.clone() })
}

/// The mission that a question belongs to: its id always; the mission itself where this clone has it.
fn mission_of(
    project: &Project,
    row: &Row,
    given: Option<&Mission>,
) -> Result<(MissionId, Option<Mission>)> {
    let missions = mission::list(project)?.missions;
    let named = row.mission.as_deref().unwrap_or_default();
    let known = missions.iter().find(|mission| {
        mission.mission_id.as_str() == named || mission.mission_slug.as_str() == named
    });
    match (known, named.parse::<MissionId>(), given) {
        (Some(known), _, _) => Ok((known.mission_id.clone(), Some(known.clone()))),
        // It was asked in a mission that is gone from this clone.
        (None, Ok(id), given) => Ok((id, given.cloned())),
        (None, Err(_), Some(given)) => Ok((given.mission_id.clone(), Some(given.clone()))),
        (None, Err(_), None) => Err(Error::NoMission {
            known: missions.len(),
        }),
    }
}

fn answer(
    project: &Project,
    rows: &[Row],
    question: &Question<'_>,
    mission_id: &MissionId,
    reply: &Reply,
) -> Result<Event> {
    let mut header = super::header(project, mission_id)?;
    // Later than every resolution there is, whatever the clock says: the last one counts.
    let last = glossary::resolutions(rows)
        .iter()
        .filter_map(|(row, _)| time::instant(&row.at))
        .max();
    if let (Some(last), Some(now)) = (last, time::instant(&header.at))
        && now <= last
    {
        let next = last.checked_add(SignedDuration::from_micros(1));
        header.at = time::iso(next.unwrap_or(last));
    }
    let asked = question.asked;
    let request = question.row.event_id.clone();
    let scope = reply.scope.or(asked.scope).unwrap_or(Scope::TeamDomain);
    let payload = Payload::ClarificationResolved(ClarificationResolved {
        mission_id: mission_id.to_string(),
        clarification_event_id: request.unwrap_or_else(|| asked.conflict_id.to_string()),
        selected_meaning: reply.definition.clone(),
        actor: reply.actor.clone(),
        conflict_id: Some(asked.conflict_id.clone()),
        term_surface: Some(asked.surface.clone()),
        scope_id: Some(scope.to_string()),
    });
    let payload = payload
        .within_limits()
        .map_err(|error| super::refused(&error))?;
    let event = Event { header, payload };
    super::goes_to_log(&event)?;
    Ok(event)
}

/// What an event says once nothing private is in it: that is what seed file and later readers compare with.
fn said(event: &Sanitized) -> Result<Resolved> {
    let log = Log::read(event.to_line().as_bytes());
    let reason = log.damaged.first().map(|line| line.reason.clone());
    match log.rows.into_iter().next().map(|row| row.payload) {
        Some(RowPayload::Resolved(said)) => Ok(said),
        Some(RowPayload::Asked(_) | RowPayload::Sensed(_) | RowPayload::Other) | None => {
            Err(Error::invalid(
                "glossary",
                reason
                    .unwrap_or_else(|| "without what is private nothing is left of it".to_owned()),
            ))
        }
    }
}

/// Refuses an answer to a question that was asked before somebody gave the term another meaning.
fn not_settled_meanwhile(rows: &[Row], question: &Question<'_>, said: &Resolved) -> Result<()> {
    let asked = time::Moment::of(&question.row.at);
    let settled = glossary::resolutions(rows)
        .into_iter()
        .rev()
        .find(|(_, known)| known.scope == said.scope && known.surface == said.surface);
    match settled {
        Some((row, known))
            if known.definition != said.definition && time::Moment::of(&row.at) > asked =>
        {
            Err(Error::TermSettled {
                id: question.asked.conflict_id.clone(),
                term: known.surface.clone(),
                scope: known.scope,
                definition: known.definition.clone(),
                resolved_at: row.at.clone(),
            })
        }
        Some(_) | None => Ok(()),
    }
}

/// Gives the first receipt of an answer that was given before, and finishes what is missing of it.
fn again(
    project: &Project,
    ledger: Option<&mut Ledger>,
    mission_id: &MissionId,
    mission: Option<&Mission>,
    (row, known): (&Row, &Resolved),
) -> Result<Resolution> {
    let event_id = row.event_id.as_deref().and_then(|id| id.parse().ok());
    let target = target(project, mission)?;
    let place = target.place.as_ref().ok();
    let reference = place.map_or("", |place| place.ledger_ref.as_str());
    let mut receipt = receipt_of(mission_id, known, event_id.clone(), reference);
    let mut warnings = Vec::new();
    // What else waits there is finished by whatever follows each write.
    let spooled = Journal::of(project, mission_id, SPOOL).spooled()?;
    let own = row.event_id.as_deref();
    let waits = own.is_some_and(|own| spooled.iter().any(|line| line.contains(own)));
    if let (true, Some(ledger)) = (waits, ledger) {
        let mut work = Work {
            project,
            ledger,
            mission_id,
            mission,
            target,
            message: format!("chore(glossary): resolve {} [skip ci]", known.conflict_id),
        };
        let done = work.settle(event_id.as_ref(), &mut warnings);
        receipt = finished(receipt, done)?;
    } else if let Some((branch, commit)) = commit_of(project, reference, known)? {
        receipt.r#ref = branch;
        receipt.committed = true;
        receipt.pushed = history::is_pushed(project, commit)?;
        receipt.commit = Some(project::hash(commit));
    } else {
        return Err(Error::Spooled {
            receipt: Box::new(receipt),
            reason:
                "no branch has it in its seed file; `pawtrail glossary rebuild --fix` mends that"
                    .to_owned(),
        });
    }
    Ok(Resolution {
        term: known.surface.clone(),
        scope: known.scope,
        definition: known.definition.clone(),
        replaced: None,
        receipt,
        offered: Vec::new(),
        warnings,
    })
}

/// Records an answer where the git directory is closed: in the checkout's spool, and in its seed file.
fn closed(project: &Project, event: &Event, sanitized: &Sanitized, said: &Resolved) -> Error {
    let recorded = || -> Result<String> {
        let Some(here) = here(project)? else {
            return Err(Error::Unsupported {
                what: "a bare repository that can't be written".to_owned(),
            });
        };
        store::rehearse(&here, said.scope, None, &[term(said)])?;
        let closed = Error::Unsupported {
            what: "a git directory that can't be written, without a checkout".to_owned(),
        };
        let file = sandbox::leave(project, sanitized, closed)?;
        // From here on it is recorded, whatever the seed file can take.
        Ok(
            match store::edit(project, &here, said.scope, None, &[term(said)]) {
                Ok(_) => format!("the seed file has it, and the event waits in {file}"),
                Err(error) => format!("the event waits in {file}; the seed file lacks it: {error}"),
            },
        )
    };
    match recorded() {
        Ok(reason) => Error::Spooled {
            receipt: Box::new(receipt_of(
                &event.header.mission_id,
                said,
                Some(event.header.event_id.clone()),
                "",
            )),
            reason: format!("the git directory can't be written here; {reason}"),
        },
        Err(error) => error,
    }
}

fn rehearse(project: &Project, target: &Target, said: &Resolved) -> Result<Option<String>> {
    let before = target.rehearse(project, said.scope, &[term(said)])?;
    Ok(before.filter(|before| *before != said.definition))
}

fn receipt_of(
    mission_id: &MissionId,
    said: &Resolved,
    event_id: Option<EventId>,
    branch: &str,
) -> Receipt {
    let mission_id = Some(mission_id.clone());
    Receipt::here(event_id, mission_id, seed::path(said.scope), branch, None)
}
