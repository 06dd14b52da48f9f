//! Answering a decision of a run: who may, and where the answer goes.

use pawtrail_event::DecisionId;
use pawtrail_event::decision::{Actor, ActorType};
use pawtrail_event::run::{self, Payload, SoftGated};
use pawtrail_repo::decisions::{self, Reply};
use pawtrail_repo::mission::Mission;
use pawtrail_repo::shell::quoted;
use pawtrail_repo::{Project, runs};

use super::Given;
use super::known::{Known, actor};
use super::session::Session;
use crate::authority::{self, Effect, Refused};
use crate::error::{Error, Result};
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
        Err(Refused::Invalid(message)) => return Err(no_answer(&run, decision_id, message)),
        Err(Refused::Denied(denied)) => {
            return Err(denied_by(
                session,
                &run,
                decision_id,
                denied,
                given,
                &by,
                agent,
            )?);
        }
    }
    Ok(Taken {
        decision_id,
        answer,
    })
}

/// Says whether an answer that is given past `next` may stand: to what a run asks, only who may there can answer, and
/// nobody puts it off. What no run asks for is not judged. Writes nothing but the row of a refusal.
///
/// # Errors
/// [`Error::NotAllowed`], [`Error::NoAnswer`], or when the run can't be read.
pub fn permit(project: &Project, mission: &Mission, id: &DecisionId, given: &Given) -> Result<()> {
    let Some(stored) = runs::find(project, &mission.mission_id)? else {
        return Ok(());
    };
    let by = actor(project, "--actor", &given.actor)?;
    let id = decisions::written_id(project, id);
    let answer = project.sanitizer().text(&given.answer);
    // Damaged lines are what the commands that show decisions and runs tell of.
    let decisions = decisions::folded(project, mission)?.decisions;
    let known = match Known::of(project, mission, &stored, decisions) {
        // What a run without a template asks nobody can say: the answer is judged when the run goes on.
        Err(Error::Frozen { .. }) => return Ok(()),
        known => known?,
    };
    let run = known.fold();
    match authority::may_answer(&known.template, &run, &id, &by, &answer) {
        Ok(authority) => match authority.effect {
            Effect::Answers => Ok(()),
            Effect::PutsOff(_) => Err(Error::NotAllowed {
                next: by_next(mission, &by.actor_id, &id, given, &by.actor_id),
                reason: format!(
                    "`{answer}` puts the question off, which only `pawtrail next` can do"
                ),
                decision: id,
                may_answer: None,
            }),
        },
        Err(Refused::Unknown(_)) => Ok(()),
        Err(Refused::Invalid(message)) => Err(no_answer(&run, id, message)),
        Err(Refused::Denied(denied)) => {
            let mut session = Session::open(project, mission)?;
            Err(denied_by(
                &mut session,
                &run,
                id,
                denied,
                given,
                &by,
                &by.actor_id,
            )?)
        }
    }
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

fn no_answer(run: &Run, decision: DecisionId, message: String) -> Error {
    let pending = run.pending.iter().find(|one| one.decision_id == decision);
    Error::NoAnswer {
        message,
        options: pending.map_or_else(Vec::new, |pending| pending.options.clone()),
        decision,
    }
}

/// The command by which somebody answers through the run.
fn by_next(mission: &Mission, agent: &str, id: &DecisionId, given: &Given, who: &str) -> String {
    format!(
        "pawtrail next --mission {} --agent {} --result success --decision-id {} --answer {} --actor-type human --actor {}",
        mission.mission_slug,
        quoted(agent),
        quoted(id.as_str()),
        quoted(&given.answer),
        quoted(who)
    )
}

/// Writes down who was refused, and says who may answer and the command that lets the caller on.
fn denied_by(
    session: &mut Session<'_>,
    run: &Run,
    decision: DecisionId,
    denied: Box<run::Denied>,
    given: &Given,
    by: &Actor,
    agent: &str,
) -> Result<Error> {
    let reason = denied.reason.clone();
    session.note(&Payload::Denied(denied))?;
    session.flush()?;
    let mission = &session.mission.mission_slug;
    let audit = decision.as_str().starts_with("audit:");
    let next = match (audit, &run.owner) {
        (true, None) => format!("pawtrail next owner NAME --mission {mission} --actor-type human"),
        (true, Some(owner)) => by_next(session.mission, agent, &decision, given, owner),
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
    Ok(Error::NotAllowed {
        decision,
        reason,
        next,
        may_answer,
    })
}
