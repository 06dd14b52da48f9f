//! Answering a decision of a run: who may, and where the answer goes.

use pawtrail_event::DecisionId;
use pawtrail_event::decision::{Actor, ActorType};
use pawtrail_event::run::{Payload, SoftGated};
use pawtrail_repo::decisions::{self, Reply};

use super::Given;
use super::known::actor;
use super::session::Session;
use crate::authority::{self, Effect, Refused};
use crate::error::{Error, Result, quoted};
use crate::plan::Next;
use crate::run::Run;

/// An answer that was taken.
#[derive(Debug, Clone)]
pub(super) struct Taken {
    pub(super) decision_id: DecisionId,
    pub(super) answer: String,
}

/// Takes an answer, as far as the actor may give it.
pub(super) fn give(session: &mut Session<'_>, given: &Given, agent: &str) -> Result<Taken> {
    let by = actor(session.project, "--actor", &given.actor)?;
    let (mut run, plan) = session.plan()?;
    if let Next::Decision(asked) = &plan.next
        && !asked.requested
    {
        // What is about to be asked can be answered at once; git has the question then, too.
        session.ask(asked, agent)?;
        run = session.plan()?.0;
    }
    let decision_id = which(session, &run, given)?;
    let answer = session.project.sanitizer().text(&given.answer).into_owned();
    let waits = run.pending.iter().any(|one| one.decision_id == decision_id);
    if !waits && run.answered.contains_key(&decision_id) {
        // Given before: the same answer is as good again, another one is refused.
        write(session, &decision_id, given, by)?;
        return Ok(Taken {
            decision_id,
            answer,
        });
    }
    let template = &session.known.template;
    match authority::may_answer(template, &run, &decision_id, &by, &answer) {
        Ok(authority) => match authority.effect {
            Effect::Answers => write(session, &decision_id, given, by)?,
            Effect::PutsOff(action) => session.note(&Payload::SoftGated(SoftGated {
                run_id: session.known.run_id.clone(),
                decision_id: decision_id.clone(),
                action,
                actor: by,
            }))?,
        },
        Err(Refused::Unknown(message)) => {
            return Err(Error::NotAsked {
                message,
                mission: session.mission.mission_slug.to_string(),
            });
        }
        Err(Refused::Invalid(message)) => {
            let pending = run
                .pending
                .iter()
                .find(|one| one.decision_id == decision_id);
            return Err(Error::NoAnswer {
                message,
                options: pending.map_or_else(Vec::new, |pending| pending.options.clone()),
                decision: decision_id,
            });
        }
        Err(Refused::Denied(denied)) => {
            let reason = denied.reason.clone();
            session.note(&Payload::Denied(denied))?;
            session.flush()?;
            return Err(not_allowed(
                session,
                &run,
                decision_id,
                reason,
                given,
                &by,
                agent,
            ));
        }
    }
    Ok(Taken {
        decision_id,
        answer,
    })
}

/// The decision that is meant.
fn which(session: &Session<'_>, run: &Run, given: &Given) -> Result<DecisionId> {
    if let Some(id) = &given.decision_id {
        return Ok(decisions::written_id(session.project, id));
    }
    match run.pending.as_slice() {
        [only] => Ok(only.decision_id.clone()),
        [] => Err(Error::NoDecision {
            mission: session.mission.mission_slug.to_string(),
        }),
        several => Err(Error::SeveralDecisions {
            waiting: several.iter().map(|one| one.decision_id.clone()).collect(),
        }),
    }
}

/// The answer is truth once it is in git; the run follows from it.
fn write(session: &mut Session<'_>, id: &DecisionId, given: &Given, by: Actor) -> Result<()> {
    session.flush()?;
    let written = decisions::answer(
        session.project,
        session.mission,
        Reply {
            decision_id: id.clone(),
            answer: given.answer.clone(),
            actor: by,
            idempotency_key: None,
        },
    )?;
    session.warnings.extend(written.warnings);
    session.receipt = Some(written.receipt);
    session.read_decisions()
}

/// Says who may answer, and the command that lets the caller on.
fn not_allowed(
    session: &Session<'_>,
    run: &Run,
    decision: DecisionId,
    reason: String,
    given: &Given,
    by: &Actor,
    agent: &str,
) -> Error {
    let mission = &session.mission.mission_slug;
    let audit = decision.as_str().starts_with("audit:");
    let next = match (audit, &run.owner) {
        (true, None) => format!("pawtrail next owner NAME --mission {mission} --actor-type human"),
        (true, Some(owner)) => format!(
            "pawtrail next --mission {mission} --agent {} --result success --decision-id {} --answer {} --actor-type human --actor {}",
            quoted(agent),
            quoted(decision.as_str()),
            quoted(&given.answer),
            quoted(owner)
        ),
        (false, owner) => format!(
            "pawtrail next delegate {} --rationale TEXT --mission {mission} --actor-type human{}",
            quoted(decision.as_str()),
            owner
                .as_ref()
                .map_or_else(String::new, |owner| format!(" --actor {}", quoted(owner)))
        ),
    };
    let may_answer = match (audit, by.actor_type) {
        (true, _) => run.owner.as_ref().map(|owner| format!("human {owner}")),
        (false, ActorType::Llm) => Some("any human or service".to_owned()),
        (false, ActorType::Human | ActorType::Service) => None,
    };
    Error::NotAllowed {
        decision,
        reason,
        next,
        may_answer,
    }
}
