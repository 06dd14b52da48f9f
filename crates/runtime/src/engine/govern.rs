//! What people say of a run: who owns it, what agents may answer, that it goes on, with which template.

use pawtrail_event::decision::Actor;
use pawtrail_event::run::{BlockCleared, Delegable, Delegated, OwnerSet, Payload, TemplateAdopted};
use pawtrail_event::{RunId, StepId, TemplateHash};
use pawtrail_repo::Project;
use pawtrail_repo::mission::Mission;

use super::known::{actor, name};
use super::session::Session;
use crate::authority;
use crate::discovery;
use crate::error::{Error, Result};
use crate::run::Block;
use crate::template;

/// The longest rationale, in bytes.
const MAX_RATIONALE_BYTES: usize = 4096;

/// What was said of a run.
#[derive(Debug, Clone)]
pub struct Governed {
    /// The run.
    pub run_id: RunId,
    /// What it concerns: a step, an audit, a file; none where it concerns the whole run.
    pub subjects: Vec<String>,
    /// What did not work beside it.
    pub warnings: Vec<String>,
}

/// What agents may answer, and why.
#[derive(Debug, Clone)]
pub struct Delegation {
    /// What they may answer.
    pub decision: Delegable,
    /// Why.
    pub rationale: String,
    /// The role in which they do.
    pub role: String,
}

/// Names who answers a run's audits. The same owner again writes nothing.
///
/// # Errors
/// [`Error::NotGoverning`] unless a person says so.
pub fn set_owner(
    project: &Project,
    mission: &Mission,
    owner: &str,
    by: &Actor,
) -> Result<Governed> {
    let owner = name(project, "NAME", owner)?;
    let by = actor(project, "--actor", by)?;
    let mut session = governed(project, mission, &by)?;
    if session.known.fold().owner.as_ref() != Some(&owner) {
        session.note(&Payload::OwnerSet(OwnerSet {
            run_id: session.known.run_id.clone(),
            owner: owner.clone(),
            actor: by,
        }))?;
    }
    done(session, vec![owner])
}

/// Lets agents answer a decision, or all but audits. The same again writes nothing.
///
/// # Errors
/// [`Error::NotGoverning`] unless a person says so; [`Error::Invalid`] without a rationale, or for an audit.
pub fn delegate(
    project: &Project,
    mission: &Mission,
    what: &Delegation,
    by: &Actor,
) -> Result<Governed> {
    let rationale = rationale(project, &what.rationale)?;
    let role = name(project, "--role", &what.role)?;
    let by = actor(project, "--actor", by)?;
    if let Delegable::One(id) = &what.decision
        && id.as_str().starts_with("audit:")
    {
        return Err(Error::Invalid {
            what: "DECISION",
            message: "an audit is answered by the mission's owner; it can't be delegated"
                .to_owned(),
        });
    }
    let mut session = governed(project, mission, &by)?;
    let run = session.known.fold();
    let known = run.delegations.get(&what.decision);
    if known
        .is_none_or(|known| known.rationale_linkage != rationale || known.authority_role != role)
    {
        session.note(&Payload::Delegated(Delegated {
            run_id: session.known.run_id.clone(),
            decision_id: what.decision.clone(),
            authority_role: role,
            rationale_linkage: rationale,
            actor: by,
        }))?;
    }
    done(session, vec![String::from(what.decision.clone())])
}

/// Clears what blocks a run: a step is issued again, an audit asked anew.
///
/// # Errors
/// [`Error::NotBlocked`] where nothing does; [`Error::NotGoverning`] where somebody else than the owner clears an audit.
pub fn unblock(
    project: &Project,
    mission: &Mission,
    why: Option<&str>,
    by: &Actor,
) -> Result<Governed> {
    let why = why.map(|why| rationale(project, why)).transpose()?;
    let by = actor(project, "--actor", by)?;
    let mut session = existing(project, mission)?;
    let run = session.known.fold();
    if run.blocks.is_empty() {
        return Err(Error::NotBlocked {
            mission: mission.mission_slug.to_string(),
        });
    }
    let asks = run.blocks.iter().any(|block| match block {
        Block::Step { .. } => false,
        Block::Rejected { .. } | Block::NotAnAnswer { .. } => true,
    });
    if asks {
        // What the owner rejected no agent waves through.
        permitted(&session, &by)?;
    }
    let mut cleared = Vec::new();
    for block in &run.blocks {
        let (step_id, decision_id): (&StepId, _) = match block {
            Block::Step { step_id, .. } => (step_id, None),
            Block::Rejected {
                step_id,
                decision_id,
                ..
            }
            | Block::NotAnAnswer {
                step_id,
                decision_id,
                ..
            } => (step_id, Some(decision_id.clone())),
        };
        cleared.push(step_id.to_string());
        session.note(&Payload::BlockCleared(BlockCleared {
            run_id: session.known.run_id.clone(),
            step_id: step_id.clone(),
            decision_id,
            rationale: why.clone(),
            actor: by.clone(),
        }))?;
    }
    done(session, cleared)
}

/// Lets a run go on with the template as it is found now. What is complete and still there stays complete.
///
/// # Errors
/// [`Error::NotGoverning`] unless a person says so, the owner where there is one; when there is no run, or no usable
/// template.
pub fn adopt(project: &Project, mission: &Mission, by: &Actor) -> Result<Governed> {
    let by = actor(project, "--actor", by)?;
    let found = discovery::find(project, &mission.mission_type)?;
    // By the new one at once: the one that it goes by may be damaged.
    let session = Session::reopen(project, mission, &found.template)?;
    let mut session = session.ok_or_else(|| Error::NoRun {
        mission: mission.mission_slug.to_string(),
    })?;
    // A template can do without the audits of the one before.
    permitted(&session, &by)?;
    let run = session.known.fold();
    let frozen: TemplateHash = template::hash(&session.stored.template);
    let path = found.path.clone();
    let known = run.template_hash.as_ref() == Some(&found.hash)
        && frozen == found.hash
        && run.template_path.as_ref() == Some(&path);
    if !known {
        // The file first: whoever dies in between is blocked as before, and adopts again.
        session.replace_template(&found)?;
        session.note(&Payload::TemplateAdopted(TemplateAdopted {
            run_id: session.known.run_id.clone(),
            template_hash: found.hash,
            template_path: path.clone(),
            actor: by,
        }))?;
    }
    done(session, vec![path])
}

fn governed<'p>(project: &'p Project, mission: &'p Mission, by: &Actor) -> Result<Session<'p>> {
    let session = Session::open(project, mission)?;
    permitted(&session, by)?;
    Ok(session)
}

fn permitted(session: &Session<'_>, by: &Actor) -> Result<()> {
    authority::may_govern(&session.known.fold(), by)
        .map_err(|reason| Error::NotGoverning { reason })
}

/// The run of a mission that has one.
fn existing<'p>(project: &'p Project, mission: &'p Mission) -> Result<Session<'p>> {
    if pawtrail_repo::runs::find(project, &mission.mission_id)?.is_none() {
        return Err(Error::NoRun {
            mission: mission.mission_slug.to_string(),
        });
    }
    Session::open(project, mission)
}

fn done(mut session: Session<'_>, subjects: Vec<String>) -> Result<Governed> {
    let run = session.known.fold();
    session.show(&run)?;
    Ok(Governed {
        run_id: session.known.run_id.clone(),
        subjects,
        warnings: session.warnings,
    })
}

fn rationale(project: &Project, text: &str) -> Result<String> {
    let text = text.trim();
    if text.is_empty() || text.len() > MAX_RATIONALE_BYTES {
        return Err(Error::Invalid {
            what: "--rationale",
            message: format!("give 1 to {MAX_RATIONALE_BYTES} bytes"),
        });
    }
    Ok(project.sanitizer().text(text).into_owned())
}
