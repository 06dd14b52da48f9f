//! What the mission's decisions say of a run: what is known, which audits passed, what is open.

use std::collections::{BTreeMap, HashMap, HashSet};

use pawtrail_event::decision::{ActorType, Decision, GivenAnswer};
use pawtrail_event::{DecisionId, InputKey, RunId, StepId};
use serde_json::Value;

use super::{Block, Pending};
use crate::significance::{Gate, Verdict, not_an_answer};
use crate::template::{Audit, Enforcement, Template};

/// Why an audit's answer doesn't count that no person gave.
pub(crate) const NOT_HUMAN: &str = "Audit decisions require a human actor";

/// What decisions say.
#[derive(Debug, Default)]
pub(super) struct Decided<'d> {
    pub(super) inputs: BTreeMap<String, Value>,
    pub(super) answered: BTreeMap<DecisionId, GivenAnswer>,
    /// The audits that passed, each with the time of its answer.
    pub(super) approved: Vec<(&'d str, &'d StepId)>,
    pub(super) blocks: Vec<Block>,
    pub(super) rounds: BTreeMap<StepId, u32>,
    /// What is asked and not answered.
    pub(super) open: Vec<&'d Decision>,
    /// Steps that a question was asked for.
    pub(super) proofs: Vec<&'d StepId>,
    /// Whether an earlier run asked.
    pub(super) earlier_run: bool,
}

/// Reads the decisions of a mission, whatever run asked for them.
pub(super) fn read<'d>(
    run_id: &RunId,
    decisions: &'d [Decision],
    template: &'d Template,
    cleared: &HashSet<&DecisionId>,
) -> Decided<'d> {
    let mut decided = Decided::default();
    let by_id: HashMap<&DecisionId, &Decision> = decisions
        .iter()
        .map(|decision| (&decision.decision_id, decision))
        .collect();
    let steps: HashMap<&str, &StepId> = template
        .nodes()
        .map(|node| (node.id().as_str(), node.id()))
        .collect();
    for decision in decisions {
        let of_a_run = !decision.run_id.is_empty();
        decided.earlier_run |= of_a_run && decision.run_id != run_id.as_str();
        if let Some(step) = steps.get(decision.step_id.as_str()).filter(|_| of_a_run) {
            decided.proofs.push(step);
        }
        match decision.decision_id.as_str().split_once(':') {
            Some(("input", key)) => match decision.answer() {
                Some(given) => {
                    let value = Value::String(given.answer.clone());
                    decided.inputs.insert(key.to_owned(), value);
                    decided.note(decision, given);
                }
                None => decided.open.push(decision),
            },
            // By step, below.
            Some(_) => {}
            None if decision.run_id == run_id.as_str() => match decision.answer() {
                Some(given) => decided.note(decision, given),
                None => decided.open.push(decision),
            },
            None => {}
        }
    }
    for audit in &template.audits {
        match audit.enforcement {
            Enforcement::Blocking => decided.audit(audit, &by_id, cleared),
            Enforcement::Advisory => {}
        }
    }
    decided
}

/// What the answers to an audit's question come to.
enum Ruling<'d> {
    Open,
    Passed(&'d GivenAnswer),
    Rejected(&'d GivenAnswer),
    NotAnAnswer(String),
}

impl<'d> Decided<'d> {
    fn note(&mut self, decision: &Decision, given: &GivenAnswer) {
        self.answered
            .insert(decision.decision_id.clone(), given.clone());
    }

    /// Finds the round that an audit is in: the first whose question nobody cleared and no later one follows.
    fn audit(
        &mut self,
        audit: &'d Audit,
        by_id: &HashMap<&DecisionId, &'d Decision>,
        cleared: &HashSet<&DecisionId>,
    ) {
        if Gate::of(audit) == Gate::Passes {
            return;
        }
        let mut round = 1;
        loop {
            let id = DecisionId::for_audit(&audit.id, round);
            let asked = by_id.get(&id).copied();
            let ruling = asked.map_or(Ruling::Open, |decision| ruling(audit, decision));
            let followed = by_id.contains_key(&DecisionId::for_audit(&audit.id, round + 1));
            let given = match &ruling {
                Ruling::Passed(given) | Ruling::Rejected(given) => Some(*given),
                Ruling::Open | Ruling::NotAnAnswer(_) => None,
            };
            if let (Some(decision), Some(given)) = (asked, given) {
                self.note(decision, given);
            }
            match ruling {
                Ruling::Passed(given) => self.approved.push((&given.at, &audit.id)),
                Ruling::Open | Ruling::Rejected(_) | Ruling::NotAnAnswer(_)
                    if followed || cleared.contains(&id) =>
                {
                    round += 1;
                    continue;
                }
                Ruling::Open => self.open.extend(asked),
                Ruling::Rejected(given) => self.blocks.push(Block::Rejected {
                    step_id: audit.id.clone(),
                    decision_id: id,
                    actor_id: given.actor.actor_id.clone(),
                }),
                Ruling::NotAnAnswer(reason) => self.blocks.push(Block::NotAnAnswer {
                    step_id: audit.id.clone(),
                    decision_id: id,
                    reason,
                }),
            }
            break;
        }
        if round > 1 {
            self.rounds.insert(audit.id.clone(), round);
        }
    }
}

/// The first answer that is one counts. An audit that was put off is open.
fn ruling<'d>(audit: &Audit, decision: &'d Decision) -> Ruling<'d> {
    let mut put_off = false;
    let mut reason = None;
    for given in &decision.answers {
        match (
            given.actor.actor_type,
            Gate::of(audit).verdict(&given.answer),
        ) {
            (ActorType::Llm | ActorType::Service, _) => {
                reason.get_or_insert_with(|| NOT_HUMAN.to_owned());
            }
            (ActorType::Human, Verdict::Passes) => return Ruling::Passed(given),
            (ActorType::Human, Verdict::Rejects) => return Ruling::Rejected(given),
            (ActorType::Human, Verdict::PutsOff(_)) => put_off = true,
            (ActorType::Human, Verdict::None) => {
                reason.get_or_insert_with(|| not_an_answer(audit, &given.answer));
            }
        }
    }
    match reason {
        Some(reason) if !put_off => Ruling::NotAnAnswer(reason),
        Some(_) | None => Ruling::Open,
    }
}

/// Returns the open questions that hold the run up, by id: those of audits and inputs that are still needed, and those
/// that somebody asked within the run.
pub(super) fn pending(
    open: Vec<&Decision>,
    template: &Template,
    complete: &HashSet<&StepId>,
    inputs: &BTreeMap<String, Value>,
) -> Vec<Pending> {
    let needed: HashSet<&InputKey> = template
        .steps
        .iter()
        .filter(|step| !complete.contains(&step.id))
        .flat_map(|step| &step.requires_inputs)
        .filter(|key| !inputs.contains_key(key.as_str()))
        .collect();
    let mut all: Vec<Pending> = open
        .into_iter()
        .filter_map(|decision| {
            let key: Option<InputKey> = match decision.decision_id.as_str().split_once(':') {
                Some(("input", key)) => Some(key.parse().ok().filter(|key| needed.contains(key))?),
                Some((_, step)) => {
                    let step = step.split('#').next().unwrap_or(step);
                    let done = complete.iter().any(|one| one.as_str() == step);
                    if done {
                        return None;
                    }
                    None
                }
                None => None,
            };
            Some(Pending {
                decision_id: decision.decision_id.clone(),
                step_id: decision.step_id.clone(),
                question: decision.question.clone(),
                options: decision.options.clone(),
                input_key: key,
                requested_at: decision.requested_at.clone(),
            })
        })
        .collect();
    all.sort_by(|a, b| a.decision_id.cmp(&b.decision_id));
    all
}
