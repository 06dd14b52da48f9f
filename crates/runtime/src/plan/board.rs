//! All steps and audits with what they wait for, from which the first is taken that waits for nothing.

use std::collections::{BTreeSet, HashMap, HashSet};

use jiff::{SignedDuration, Timestamp};
use pawtrail_event::decision::ActorType;
use pawtrail_event::run::raci::Binding;
use pawtrail_event::run::significance::Score;
use pawtrail_event::run::{Payload, Significance, TimedOut};
use pawtrail_event::{DecisionId, StepId, time};

use super::{Cause, DecisionPlan, Next, Plan, Standing, TerminalPlan, Why, step};
use crate::raci::{self, Known};
use crate::run::{Pending, Run};
use crate::significance::{Gate, TIMEOUT_SECONDS, escalation};
use crate::template::{Audit, Enforcement, Node, Template};

/// Where a node stands: its number in the order of planning.
type Number = usize;

pub(super) struct Board<'t> {
    run: &'t Run,
    nodes: Vec<Node<'t>>,
    numbers: HashMap<&'t StepId, Number>,
    complete: HashSet<&'t StepId>,
    /// The audits that pass by themselves in this plan.
    passed: HashSet<&'t StepId>,
    records: Vec<Payload>,
}

impl<'t> Board<'t> {
    pub(super) fn new(template: &'t Template, run: &'t Run) -> Self {
        let nodes: Vec<Node<'t>> = template.nodes().collect();
        Self {
            numbers: nodes.iter().map(|node| node.id()).zip(0..).collect(),
            nodes,
            complete: run.completed.iter().collect(),
            run,
            passed: HashSet::new(),
            records: Vec::new(),
        }
    }

    /// Returns what comes next where nothing blocks, nothing is asked and nobody has a step.
    pub(super) fn schedule(&mut self) -> Next {
        let (mut waiting, after) = self.waiting();
        let ready = |(number, open): (Number, &Option<usize>)| (*open == Some(0)).then_some(number);
        let mut ready: BTreeSet<Number> = waiting.iter().enumerate().filter_map(ready).collect();
        while let Some(number) = ready.pop_first() {
            let Some(node) = self.nodes.get(number).copied() else {
                continue;
            };
            match node {
                Node::Step(one) => {
                    let missing = one
                        .requires_inputs
                        .iter()
                        .find(|key| !self.run.inputs.contains_key(key.as_str()));
                    return match missing {
                        Some(key) => Next::Decision(DecisionPlan {
                            decision_id: DecisionId::from(key),
                            step_id: one.id.to_string(),
                            step_title: Some(one.title.clone()),
                            question: format!(
                                "Input required before step '{}': provide value for '{key}'.",
                                one.id
                            ),
                            options: None,
                            input_key: Some(key.clone()),
                            reason: Some("missing_required_input"),
                            requested: false,
                            band: None,
                            soft_gate: None,
                            escalation: Vec::new(),
                        }),
                        None => Next::Step(step(node, None)),
                    };
                }
                Node::Audit(audit) => match (audit.enforcement, Gate::of(audit)) {
                    (Enforcement::Advisory, _) => return Next::Step(step(node, None)),
                    (Enforcement::Blocking, Gate::Soft | Gate::Hard) => return self.ask(audit),
                    (Enforcement::Blocking, Gate::Passes) => {
                        self.weigh(audit, &DecisionId::for_audit(&audit.id, 1));
                        self.passed.insert(&audit.id);
                        self.complete.insert(&audit.id);
                        for next in after.get(number).into_iter().flatten() {
                            if let Some(Some(open)) = waiting.get_mut(*next) {
                                *open = open.saturating_sub(1);
                                if *open == 0 {
                                    ready.insert(*next);
                                }
                            }
                        }
                    }
                },
            }
        }
        let left: Vec<StepId> = self
            .nodes
            .iter()
            .map(|node| node.id())
            .filter(|id| !self.complete.contains(id))
            .cloned()
            .collect();
        if left.is_empty() {
            Next::Terminal(TerminalPlan {
                reason: "All mission steps completed".to_owned(),
                recorded: self.run.finished,
            })
        } else {
            Next::Blocked(Cause::Unschedulable(left).plan())
        }
    }

    /// Returns for how many each waits, none for what is complete, and which wait for each.
    fn waiting(&self) -> (Vec<Option<usize>>, Vec<Vec<Number>>) {
        let mut after: Vec<Vec<Number>> = vec![Vec::new(); self.nodes.len()];
        let count = |(number, node): (Number, &Node<'t>)| {
            if self.complete.contains(node.id()) {
                return None;
            }
            let open: BTreeSet<&StepId> = self.unmet(*node).collect();
            for id in &open {
                let list = self.numbers.get(id).and_then(|at| after.get_mut(*at));
                if let Some(list) = list {
                    list.push(number);
                }
            }
            Some(open.len())
        };
        let waiting = self.nodes.iter().enumerate().map(count).collect();
        (waiting, after)
    }

    fn unmet(&self, node: Node<'t>) -> impl Iterator<Item = &'t StepId> + '_ {
        let all = node.depends_on().iter();
        all.filter(|id| !self.complete.contains(id))
    }

    fn ask(&mut self, audit: &Audit) -> Next {
        let round = self.run.rounds.get(&audit.id).copied().unwrap_or(1);
        let decision_id = DecisionId::for_audit(&audit.id, round);
        self.weigh(audit, &decision_id);
        let gate = Gate::of(audit);
        Next::Decision(DecisionPlan {
            decision_id,
            step_id: audit.id.to_string(),
            step_title: Some(audit.title.clone()),
            question: format!("Audit checkpoint: {}. Approve to continue?", audit.title),
            options: Some(gate.options().iter().map(ToString::to_string).collect()),
            input_key: None,
            reason: None,
            requested: false,
            band: audit.significance.as_ref().map(Score::effective_band),
            soft_gate: None,
            escalation: Vec::new(),
        })
    }

    /// Records what hangs on an audit, once.
    fn weigh(&mut self, audit: &Audit, decision_id: &DecisionId) {
        let Some(score) = &audit.significance else {
            return;
        };
        if self.run.significance.contains_key(decision_id) {
            return;
        }
        let record = Significance {
            run_id: self.run.run_id.clone(),
            decision_id: decision_id.clone(),
            step_id: audit.id.clone(),
            hard_trigger_classes: score.triggers().to_vec(),
            effective_band: score.effective_band(),
            score: score.clone(),
            actor: runtime(),
        };
        self.records.push(Payload::Significance(Box::new(record)));
    }

    /// Records what hangs on a question that waits, and that it has waited too long.
    pub(super) fn weigh_pending(&mut self, pending: &Pending, now: Timestamp) {
        let Some(audit) = self.audit(pending) else {
            return;
        };
        self.weigh(audit, &pending.decision_id);
        let Some(score) = &audit.significance else {
            return;
        };
        if self.run.timeouts.contains_key(&pending.decision_id) || !late(pending, now) {
            return;
        }
        let roles = self.roles(audit);
        let record = TimedOut {
            run_id: self.run.run_id.clone(),
            decision_id: pending.decision_id.clone(),
            step_id: audit.id.clone(),
            score: score.clone(),
            effective_band: score.effective_band(),
            timeout_configured_seconds: TIMEOUT_SECONDS,
            escalation_targets: escalation(&roles, score.effective_band()),
            raci_snapshot: roles,
            actor: runtime(),
        };
        self.records.push(Payload::TimedOut(Box::new(record)));
    }

    /// Returns the plan that asks a question again that waits.
    pub(super) fn pending(&self, pending: &Pending) -> Next {
        let audit = self.audit(pending);
        let score = audit.and_then(|audit| audit.significance.as_ref());
        let just_now = self.records.iter().any(|record| match record {
            Payload::TimedOut(one) => one.decision_id == pending.decision_id,
            Payload::Started(_)
            | Payload::StepIssued(_)
            | Payload::StepCompleted(_)
            | Payload::Completed(_)
            | Payload::Significance(_)
            | Payload::Denied(_)
            | Payload::OwnerSet(_)
            | Payload::Delegated(_)
            | Payload::SoftGated(_)
            | Payload::BlockCleared(_)
            | Payload::TemplateAdopted(_) => false,
        });
        let late = just_now || self.run.timeouts.contains_key(&pending.decision_id);
        let told = audit.zip(score).filter(|_| late);
        let title = |node: &Node<'_>| {
            let here = node.id().as_str() == pending.step_id;
            here.then(|| node.title().to_owned())
        };
        Next::Decision(DecisionPlan {
            decision_id: pending.decision_id.clone(),
            step_id: pending.step_id.clone(),
            step_title: self.nodes.iter().find_map(title),
            question: pending.question.clone(),
            options: (!pending.options.is_empty()).then(|| pending.options.clone()),
            input_key: pending.input_key.clone(),
            reason: Some("pending_decision"),
            requested: true,
            band: score.map(Score::effective_band),
            soft_gate: self
                .run
                .soft_gates
                .get(&pending.decision_id)
                .map(|gate| gate.action),
            escalation: told
                .map(|(audit, score)| escalation(&self.roles(audit), score.effective_band()))
                .unwrap_or_default(),
        })
    }

    fn roles(&self, audit: &Audit) -> pawtrail_event::run::raci::Raci {
        let known = Known {
            owner: self.run.owner.as_deref(),
            agent: None,
        };
        raci::resolve(Node::Audit(audit), known)
    }

    fn audit(&self, pending: &Pending) -> Option<&'t Audit> {
        audit_of(&pending.decision_id, self.nodes.iter().copied())
    }

    /// Returns the plan, with how each step and audit stands in it.
    pub(super) fn plan(self, next: Next) -> Plan {
        let assumed: HashSet<&StepId> = self.run.assumed.iter().collect();
        let blocking: HashSet<&StepId> = self
            .run
            .blocks
            .iter()
            .map(|block| block.step_id())
            .collect();
        let (at, asks) = match &next {
            Next::Step(plan) => (Some(plan.step_id.as_str()), None),
            Next::Decision(plan) => (Some(plan.step_id.as_str()), Some(&plan.decision_id)),
            Next::Blocked(_) | Next::Terminal(_) => (None, None),
        };
        let stands = |node: &Node<'t>| {
            let id = node.id();
            if self.passed.contains(id) {
                return Standing::Passed;
            }
            if assumed.contains(id) {
                return Standing::Assumed;
            }
            if self.complete.contains(id) {
                return Standing::Complete;
            }
            if blocking.contains(id) {
                return Standing::Blocks;
            }
            if at == Some(id.as_str())
                && let Some(decision) = asks
            {
                return Standing::Asks(decision.clone());
            }
            if self
                .run
                .issued
                .as_ref()
                .is_some_and(|one| one.step_id == *id)
            {
                return Standing::Issued;
            }
            if at == Some(id.as_str()) {
                return Standing::Next;
            }
            let unmet: Vec<StepId> = self.unmet(*node).cloned().collect();
            if unmet.is_empty() {
                Standing::Later
            } else {
                Standing::Waits(unmet)
            }
        };
        let why = |node: &Node<'t>| Why {
            step_id: node.id().clone(),
            standing: stands(node),
        };
        let why = self.nodes.iter().map(why).collect();
        Plan {
            next,
            records: self.records,
            why,
        }
    }
}

/// Returns the audit that asks a question, in whatever round.
pub(crate) fn audit_of<'t>(
    decision_id: &DecisionId,
    nodes: impl Iterator<Item = Node<'t>>,
) -> Option<&'t Audit> {
    let step = decision_id.as_str().strip_prefix("audit:")?;
    let step = step.split('#').next().unwrap_or(step);
    let mut audits = nodes.filter_map(|node| match node {
        Node::Audit(audit) => Some(audit),
        Node::Step(_) => None,
    });
    audits.find(|audit| audit.id.as_str() == step)
}

fn late(pending: &Pending, now: Timestamp) -> bool {
    // A time that can't be read is no ground to call anybody.
    time::instant(&pending.requested_at).is_some_and(|asked| {
        now.duration_since(asked) >= SignedDuration::from_secs(i64::from(TIMEOUT_SECONDS))
    })
}

/// Who acts where nobody does.
fn runtime() -> Binding {
    Binding {
        actor_type: ActorType::Service,
        actor_id: Some("runtime".to_owned()),
    }
}
