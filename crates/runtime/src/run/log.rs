//! What the rows of a run say by themselves: who has which step, what ended how, who decides.

use std::collections::{BTreeMap, HashMap, HashSet};

use pawtrail_event::run::{
    Delegable, Delegated, Payload, Row, RowPayload, Significance, SoftGated, Started, StepResult,
    TimedOut,
};
use pawtrail_event::{DecisionId, EventId, RunId, StepId, TemplateHash};

use super::{Ignored, Issued};
use crate::significance::Gate;
use crate::template::{Node, Template};

/// What the rows say.
#[derive(Debug, Default)]
pub(super) struct Said<'r> {
    pub(super) started: Option<&'r Started>,
    pub(super) template_hash: Option<TemplateHash>,
    pub(super) template_path: Option<String>,
    pub(super) issued: Option<Issued>,
    /// Each with the time of the row that says so.
    pub(super) completed: Vec<(&'r str, &'r StepId)>,
    done: HashSet<&'r StepId>,
    pub(super) failed: BTreeMap<StepId, StepResult>,
    pub(super) owner: Option<String>,
    pub(super) delegations: BTreeMap<Delegable, Delegated>,
    pub(super) soft_gates: BTreeMap<DecisionId, SoftGated>,
    pub(super) significance: BTreeMap<DecisionId, Significance>,
    pub(super) timeouts: BTreeMap<DecisionId, TimedOut>,
    /// The audits' questions that are asked anew.
    pub(super) cleared: HashSet<&'r DecisionId>,
    /// What can't have happened before the steps it depends on were complete.
    pub(super) proofs: HashSet<&'r StepId>,
    pub(super) finished: bool,
    pub(super) ignored: Vec<Ignored>,
}

/// Reads the rows of one run, each event once, in their order.
pub(super) fn read<'r>(
    run_id: &RunId,
    rows: &'r [Row],
    nodes: &HashMap<&StepId, Node<'_>>,
) -> Said<'r> {
    let mut said = Said::default();
    let mut ids: HashSet<&EventId> = HashSet::new();
    let mut nameless: HashSet<(&str, &str, String)> = HashSet::new();
    for (place, row) in rows.iter().enumerate() {
        let RowPayload::Run(payload) = &row.payload else {
            continue;
        };
        // A row of another tool has no id: its copy is one that says the same at the same microsecond.
        let first = match &row.event_id {
            Some(id) => ids.insert(id),
            None => nameless.insert((
                row.at.as_str(),
                payload.event_type(),
                format!("{payload:?}"),
            )),
        };
        let outcome = if !first {
            continue;
        } else if payload.run_id() != run_id {
            Err(format!("it belongs to run `{}`", payload.run_id()))
        } else if said.finished {
            Err("the run is complete".to_owned())
        } else {
            said.take(&row.at, payload, nodes)
        };
        if let Err(reason) = outcome {
            said.ignored.push(Ignored { row: place, reason });
        }
    }
    said
}

impl<'r> Said<'r> {
    fn take(
        &mut self,
        at: &'r str,
        payload: &'r Payload,
        nodes: &HashMap<&StepId, Node<'_>>,
    ) -> Result<(), String> {
        match payload {
            Payload::Started(one) => {
                if self.started.is_some() {
                    return Err("the run has begun before".to_owned());
                }
                self.started = Some(one);
                // One that was adopted is the later one, whatever was lost between.
                if self.template_hash.is_none() {
                    self.template_hash.clone_from(&one.template_hash);
                    self.template_path.clone_from(&one.template_path);
                }
            }
            Payload::StepIssued(one) => {
                known(nodes, &one.step_id)?;
                self.proofs.insert(&one.step_id);
                if self.is_complete(&one.step_id) {
                    return Err(format!("`{}` was complete", one.step_id));
                }
                // Nothing is issued while something blocks: what did was cleared.
                self.failed.clear();
                self.issued = Some(Issued {
                    step_id: one.step_id.clone(),
                    agent_id: one.agent_id.clone(),
                    actor: one.actor.clone(),
                    at: at.to_owned(),
                });
            }
            Payload::StepCompleted(one) => {
                known(nodes, &one.step_id)?;
                self.proofs.insert(&one.step_id);
                if self.is_complete(&one.step_id) {
                    return Err(format!("`{}` was complete", one.step_id));
                }
                match one.result {
                    StepResult::Success => self.complete(at, &one.step_id),
                    StepResult::Failed | StepResult::Blocked => {
                        self.failed.insert(one.step_id.clone(), one.result);
                        self.release(&one.step_id);
                    }
                }
            }
            Payload::Completed(_) => self.finished = true,
            Payload::Significance(one) => {
                known(nodes, &one.step_id)?;
                self.proofs.insert(&one.step_id);
                // The template weighs an audit; a row can't.
                if passes(nodes, &one.step_id) && !self.is_complete(&one.step_id) {
                    self.complete(at, &one.step_id);
                }
                self.significance
                    .entry(one.decision_id.clone())
                    .or_insert_with(|| one.as_ref().clone());
            }
            Payload::TimedOut(one) => {
                self.timeouts
                    .entry(one.decision_id.clone())
                    .or_insert_with(|| one.as_ref().clone());
            }
            Payload::Denied(_) => {}
            Payload::OwnerSet(one) => self.owner = Some(one.owner.clone()),
            Payload::Delegated(one) => {
                self.delegations
                    .insert(one.decision_id.clone(), one.clone());
            }
            Payload::SoftGated(one) => {
                self.soft_gates.insert(one.decision_id.clone(), one.clone());
            }
            Payload::BlockCleared(one) => match &one.decision_id {
                Some(decision) => {
                    self.cleared.insert(decision);
                }
                None => {
                    self.failed.remove(&one.step_id);
                }
            },
            Payload::TemplateAdopted(one) => {
                self.template_hash = Some(one.template_hash.clone());
                self.template_path = Some(one.template_path.clone());
                // What came before proves nothing of the dependencies that steps have now.
                self.proofs.clear();
            }
        }
        Ok(())
    }

    fn is_complete(&self, step: &StepId) -> bool {
        self.done.contains(step)
    }

    fn complete(&mut self, at: &'r str, step: &'r StepId) {
        self.completed.push((at, step));
        self.done.insert(step);
        self.failed.remove(step);
        self.release(step);
    }

    fn release(&mut self, step: &StepId) {
        if self.issued.as_ref().is_some_and(|one| one.step_id == *step) {
            self.issued = None;
        }
    }
}

fn known(nodes: &HashMap<&StepId, Node<'_>>, step: &StepId) -> Result<(), String> {
    match nodes.get(step) {
        Some(_) => Ok(()),
        None => Err(format!("the template has no step `{step}`")),
    }
}

fn passes(nodes: &HashMap<&StepId, Node<'_>>, step: &StepId) -> bool {
    match nodes.get(step) {
        Some(Node::Audit(audit)) => Gate::of(audit) == Gate::Passes,
        Some(Node::Step(_)) | None => false,
    }
}

/// The steps and audits of a template, by id.
pub(super) fn nodes(template: &Template) -> HashMap<&StepId, Node<'_>> {
    template.nodes().map(|node| (node.id(), node)).collect()
}
