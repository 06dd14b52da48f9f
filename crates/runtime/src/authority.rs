//! Who may answer which question, and what an answer then does.

use pawtrail_event::DecisionId;
use pawtrail_event::decision::{Actor, ActorType};
use pawtrail_event::run::raci::{Raci, Source};
use pawtrail_event::run::{self, Delegable, SoftGate};

use crate::plan::audit_of;
use crate::raci::{self, Known};
use crate::run::{NOT_HUMAN, Run};
use crate::significance::{Gate, Verdict, not_an_answer};
use crate::template::{Node, Template};

/// In which role an actor answers, and by what right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authority {
    /// The role: `mission_owner`, `human`, `service`, or that of a delegation.
    pub role: String,
    /// Why a language model may answer.
    pub rationale_linkage: Option<String>,
    /// Where the roles of the step come from.
    pub raci_source: Option<Source>,
    /// Why the template sets them.
    pub override_reason: Option<String>,
    /// What the answer does.
    pub effect: Effect,
}

/// What an answer does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It goes to the decision journal.
    Answers,
    /// It puts the question off: a row of the run log, and the question stays open.
    PutsOff(SoftGate),
}

/// Why an answer is not taken.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Refused {
    /// The run doesn't ask this.
    #[error("{0}")]
    Unknown(String),
    /// The actor may not answer. The row is to be written.
    #[error("{}", .0.reason)]
    Denied(Box<run::Denied>),
    /// It is no answer to this question.
    #[error("{0}")]
    Invalid(String),
}

/// Says whether an actor may give this answer, and what it does. Names are compared as they are written: `actor` has to
/// be sanitized like the rows of the run.
///
/// # Errors
/// When the question isn't open, the actor has no right to answer, or the answer is none.
pub fn may_answer(
    template: &Template,
    run: &Run,
    decision_id: &DecisionId,
    actor: &Actor,
    answer: &str,
) -> Result<Authority, Refused> {
    if !run
        .pending
        .iter()
        .any(|one| one.decision_id == *decision_id)
    {
        return Err(Refused::Unknown(format!(
            "Decision '{decision_id}' not found in pending_decisions for run '{}'",
            run.run_id
        )));
    }
    let audit = audit_of(decision_id, template.nodes());
    let authority = match audit {
        Some(_) => as_owner(run, actor),
        None => as_anyone(run, decision_id, actor),
    };
    let roles = roles(template, run, decision_id);
    let raci_source = roles.as_ref().map(|roles| roles.source);
    let override_reason = roles.and_then(|roles| roles.override_reason);
    let (role, rationale_linkage) = authority.map_err(|(role, reason)| {
        Refused::Denied(Box::new(run::Denied {
            run_id: run.run_id.clone(),
            decision_id: decision_id.clone(),
            actor_type: actor.actor_type,
            actor_id: actor.actor_id.clone(),
            authority_role: role,
            rationale_linkage: None,
            reason,
            raci_source,
            override_reason: override_reason.clone(),
        }))
    })?;
    let effect = match audit.map(|audit| (audit, Gate::of(audit).verdict(answer))) {
        None | Some((_, Verdict::Passes | Verdict::Rejects)) => Effect::Answers,
        Some((_, Verdict::PutsOff(action))) => Effect::PutsOff(action),
        Some((audit, Verdict::None)) => {
            return Err(Refused::Invalid(not_an_answer(audit, answer)));
        }
    };
    Ok(Authority {
        role,
        rationale_linkage,
        raci_source,
        override_reason,
        effect,
    })
}

/// A role and why an actor has it, or the role that it lacks and why.
type Right = Result<(String, Option<String>), (String, String)>;

/// Audits are the owner's, and can't be delegated.
fn as_owner(run: &Run, actor: &Actor) -> Right {
    let role = "mission_owner".to_owned();
    let owner = run
        .owner
        .as_deref()
        .map(str::trim)
        .filter(|name| !name.is_empty());
    let reason = match (actor.actor_type, owner) {
        (ActorType::Llm | ActorType::Service, _) => NOT_HUMAN.to_owned(),
        (ActorType::Human, None) => {
            "Audit decisions require mission_owner_id to be set in inputs".to_owned()
        }
        (ActorType::Human, Some(owner)) if owner == actor.actor_id => return Ok((role, None)),
        (ActorType::Human, Some(owner)) => {
            format!("Audit decisions require mission owner '{owner}'")
        }
    };
    Err((role, reason))
}

/// Anything else is anybody's but a language model's, which needs a delegation.
fn as_anyone(run: &Run, decision_id: &DecisionId, actor: &Actor) -> Right {
    match actor.actor_type {
        ActorType::Human | ActorType::Service => {
            return Ok((actor.actor_type.as_str().to_owned(), None));
        }
        ActorType::Llm => {}
    }
    let one = run.delegations.get(&Delegable::One(decision_id.clone()));
    let Some(delegated) = one.or_else(|| run.delegations.get(&Delegable::All)) else {
        let reason = format!(
            "LLM actor '{}' is not delegated for decision '{decision_id}'",
            actor.actor_id
        );
        return Err(("delegated_llm".to_owned(), reason));
    };
    let role = match delegated.authority_role.trim() {
        "" => "delegated_llm".to_owned(),
        role => role.to_owned(),
    };
    match delegated.rationale_linkage.trim() {
        "" => {
            let reason = format!(
                "LLM delegation for decision '{decision_id}' must include non-empty rationale_linkage"
            );
            Err((role, reason))
        }
        rationale => Ok((role, Some(rationale.to_owned()))),
    }
}

/// Returns the roles of the step that a question holds up.
fn roles(template: &Template, run: &Run, decision_id: &DecisionId) -> Option<Raci> {
    let node = match audit_of(decision_id, template.nodes()) {
        Some(audit) => Some(Node::Audit(audit)),
        None => {
            let pending = run
                .pending
                .iter()
                .find(|one| one.decision_id == *decision_id)?;
            let mut nodes = template.nodes();
            nodes.find(|node| node.id().as_str() == pending.step_id)
        }
    };
    let known = Known {
        owner: run.owner.as_deref(),
        agent: None,
    };
    node.map(|node| raci::resolve(node, known))
}

/// Says whether an actor may name an owner, delegate a decision or adopt a template: people may, and where there is an
/// owner, only the owner.
///
/// # Errors
/// With the reason.
pub fn may_govern(run: &Run, actor: &Actor) -> Result<(), String> {
    match (actor.actor_type, run.owner.as_deref()) {
        (ActorType::Llm | ActorType::Service, _) => {
            Err("only a person may name an owner or delegate a decision".to_owned())
        }
        (ActorType::Human, Some(owner)) if owner != actor.actor_id => Err(format!(
            "the mission's owner is '{owner}': only the owner may name another, or delegate a decision"
        )),
        (ActorType::Human, Some(_) | None) => Ok(()),
    }
}
