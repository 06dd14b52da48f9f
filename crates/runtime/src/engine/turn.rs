//! One turn of the loop: ask what is next, report, take over.

use pawtrail_event::decision::ActorType;
use pawtrail_event::run::{Completed, Payload, StepCompleted, StepIssued};
use pawtrail_event::{RunId, StepId};
use pawtrail_repo::mission::Mission;
use pawtrail_repo::runs;
use pawtrail_repo::{Project, decisions};

use super::known::{Known, begun, decided, knows_something, name, recovery, skipped};
use super::reply::{Asked, Reply};
use super::session::Session;
use super::{Turn, answer};
use crate::discovery;
use crate::error::{Error, Result};
use crate::plan::{Next, Plan};
use crate::run::{Block, Run};

/// The run of a mission that has none yet.
const NO_RUN: &str = "none";

/// Says where a mission's run stands and what comes next. Writes nothing.
///
/// # Errors
/// When the mission has no usable template, or something can't be read.
pub fn query(project: &Project, mission: &Mission, agent: Option<&str>) -> Result<Reply> {
    let mut warnings = Vec::new();
    let decisions = decided(project, mission, &mut warnings)?;
    let agent = agent
        .map(|agent| name(project, "--agent", agent))
        .transpose()?;
    let asked = |run: &Run, plan: &Plan, stored| {
        Reply::query(&Asked {
            project,
            mission,
            run,
            plan,
            stored,
            agent: agent.as_deref(),
        })
    };
    if let Some(stored) = runs::find(project, &mission.mission_id)? {
        skipped(&stored, &mut warnings);
        let known = Known::of(project, mission, &stored, decisions)?;
        if begun(&known.rows).is_none() {
            warnings.push(
                "the run's first row is damaged or missing; the next report writes it again"
                    .to_owned(),
            );
        }
        let run = known.fold();
        let plan = known.plan(project, &run);
        return Ok(asked(&run, &plan, Some(&stored))?.with_warnings(warnings));
    }
    let found = discovery::find(project, &mission.mission_type)?;
    warnings.extend(found.warning());
    let run_id: RunId = NO_RUN.parse()?;
    let known = Known {
        run_id,
        rows: Vec::new(),
        decisions,
        template: found.template,
        live: None,
    };
    let run = known.fold();
    let lost = runs::was_started(project, &mission.mission_id)?;
    if lost || knows_something(&run) {
        warnings.push(recovery(&run, lost));
    }
    let plan = known.plan(project, &run);
    Ok(asked(&run, &plan, None)?.with_warnings(warnings))
}

/// Takes an agent's report, and an answer that comes with it, and says what comes next: a step, which is then the agent's, a
/// question, which is then asked, a block, or the end.
///
/// # Errors
/// When another agent has the step, the answer isn't allowed, or something can't be written. What was reported to be
/// written is.
pub fn report(project: &Project, mission: &Mission, turn: &Turn) -> Result<Reply> {
    let agent = name(project, "--agent", &turn.agent)?;
    let mut session = Session::open(project, mission)?;
    let answered = match &turn.answer {
        Some(given) => Some(answer::give(&mut session, given, &agent)?),
        None => None,
    };
    take_result(&mut session, turn, &agent)?;
    let (run, plan) = advance(&mut session, &agent)?;
    session.finish(&run, &plan, &agent)?;
    let reply = reply(session, &run, &plan, &agent)?;
    Ok(match answered {
        Some(answered) => reply.with_answer(&answered),
        None => reply,
    })
}

/// Gives the step that is at work to another agent. Nothing is completed.
///
/// # Errors
/// [`Error::NothingIssued`] where nobody has one; otherwise as [`report`].
pub fn take_over(project: &Project, mission: &Mission, agent: &str) -> Result<Reply> {
    let agent = name(project, "--agent", agent)?;
    let mut session = Session::open(project, mission)?;
    let (run, _) = session.plan()?;
    let Some(issued) = &run.issued else {
        return Err(Error::NothingIssued {
            mission: mission.mission_slug.to_string(),
        });
    };
    if issued.agent_id != agent {
        issue(&mut session, &issued.step_id, &agent)?;
    }
    let (run, plan) = advance(&mut session, &agent)?;
    session.finish(&run, &plan, &agent)?;
    reply(session, &run, &plan, &agent)
}

/// Completes the step that is reported on.
fn take_result(session: &mut Session<'_>, turn: &Turn, agent: &str) -> Result<()> {
    let run = session.known.fold();
    let mission = || session.mission.mission_slug.to_string();
    if let Some(step) = &turn.step {
        if run.completed.contains(step) || blocked_by(&run, step) {
            // The report was taken before; its answer was lost.
            return Ok(());
        }
        if session.known.template.node(step).is_none() {
            return Err(Error::StepUnknown {
                step: step.clone(),
                mission: mission(),
            });
        }
        let current = run.issued.as_ref().map(|issued| issued.step_id.clone());
        if current.as_ref() != Some(step) {
            return Err(Error::StepNotIssued {
                step: step.clone(),
                current,
                mission: mission(),
            });
        }
    }
    let Some(issued) = &run.issued else {
        return Ok(());
    };
    if issued.agent_id != agent {
        return Err(Error::IssuedToAnother {
            step: issued.step_id.clone(),
            holder: issued.agent_id.clone(),
            since: issued.at.clone(),
            agent: agent.to_owned(),
            mission: mission(),
        });
    }
    // Whoever answers reports on no step, unless it is named: a repeated answer would complete the step that came next.
    if turn.answer.is_some() && turn.step.is_none() {
        return Ok(());
    }
    session.note(&Payload::StepCompleted(StepCompleted {
        run_id: session.known.run_id.clone(),
        step_id: issued.step_id.clone(),
        agent_id: agent.to_owned(),
        result: turn.result,
        actor: decisions::actor(agent, ActorType::Llm),
    }))
}

fn blocked_by(run: &Run, reported: &StepId) -> bool {
    run.blocks.iter().any(|block| match block {
        Block::Step { step_id, .. } => step_id == reported,
        Block::Rejected { .. } | Block::NotAnAnswer { .. } => false,
    })
}

/// Goes on until somebody has something to do.
fn advance(session: &mut Session<'_>, agent: &str) -> Result<(Run, Plan)> {
    for _ in 0..=session.known.template.nodes().count() + 2 {
        let (run, plan) = session.plan()?;
        match &plan.next {
            Next::Step(step) => match &step.issued {
                None => issue(session, &step.step_id, agent)?,
                Some(issued) if issued.agent_id != agent => {
                    let error = Error::IssuedToAnother {
                        step: issued.step_id.clone(),
                        holder: issued.agent_id.clone(),
                        since: issued.at.clone(),
                        agent: agent.to_owned(),
                        mission: session.mission.mission_slug.to_string(),
                    };
                    session.flush()?;
                    return Err(error);
                }
                Some(_) => return Ok((run, plan)),
            },
            Next::Decision(asked) if !asked.requested => session.ask(asked, agent)?,
            Next::Terminal(terminal) if !terminal.recorded => {
                session.note(&Payload::Completed(Completed {
                    run_id: session.known.run_id.clone(),
                    mission_type: session.known.template.key.clone(),
                    actor: decisions::actor(agent, ActorType::Llm),
                }))?;
            }
            Next::Decision(_) | Next::Terminal(_) | Next::Blocked(_) => return Ok((run, plan)),
        }
    }
    Err(Error::Internal("the run doesn't come to rest".to_owned()))
}

fn issue(session: &mut Session<'_>, step: &StepId, agent: &str) -> Result<()> {
    session.note(&Payload::StepIssued(StepIssued {
        run_id: session.known.run_id.clone(),
        step_id: step.clone(),
        agent_id: agent.to_owned(),
        actor: decisions::actor(agent, ActorType::Llm),
    }))
}

fn reply(session: Session<'_>, run: &Run, plan: &Plan, agent: &str) -> Result<Reply> {
    let reply = Reply::turn(&Asked {
        project: session.project,
        mission: session.mission,
        run,
        plan,
        stored: Some(&session.stored),
        agent: Some(agent),
    })?;
    Ok(reply
        .with_receipt(session.receipt)
        .with_warnings(session.warnings))
}
