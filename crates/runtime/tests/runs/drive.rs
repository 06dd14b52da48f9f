//! A run that is driven in memory, by the same calls in the same order as on disk.

use jiff::{SignedDuration, Timestamp};
use pawtrail_event::decision::{self, Actor, ActorType, Answered, Requested};
use pawtrail_event::run::{
    BlockCleared, Completed, Delegable, Delegated, Log, OwnerSet, Payload, SoftGated, Started,
    StepCompleted, StepIssued, StepResult, event,
};
use pawtrail_event::sanitize::Sanitizer;
use pawtrail_event::{DecisionId, EventId, RunId, json, time};
use pawtrail_runtime::authority::{Effect, Refused, may_answer};
use pawtrail_runtime::plan::{Cause, Circumstances, DecisionPlan, StepPlan};
use pawtrail_runtime::{Next, Plan, Run, Template, fold, parse, plan};

pub(crate) const OWNER: &str = "alice";
pub(crate) const AGENT: &str = "builder";

pub(crate) fn actor(id: &str, actor_type: ActorType) -> Actor {
    Actor {
        actor_id: id.to_owned(),
        actor_type,
        display_name: String::new(),
        provider: None,
        model: None,
        tool: None,
    }
}

/// A run in the making.
pub(crate) struct Drive {
    pub(crate) template: Template,
    pub(crate) run_id: RunId,
    /// The run log, as it stands on disk.
    pub(crate) log: Vec<u8>,
    pub(crate) decisions: Vec<decision::Row>,
    pub(crate) now: Timestamp,
    events: u32,
}

impl Drive {
    pub(crate) fn new(template: &str) -> Self {
        Self {
            template: parse(template).unwrap_or_else(|error| panic!("{error}")),
            run_id: "run-1".parse().unwrap(),
            log: Vec::new(),
            decisions: Vec::new(),
            now: "2026-06-01T08:00:00Z".parse().unwrap(),
            events: 0,
        }
    }

    fn event_id(&mut self) -> EventId {
        self.events += 1;
        format!("01KT119YA7GD2Y0D7MZR{:06}", self.events)
            .parse()
            .unwrap()
    }

    pub(crate) fn push(&mut self, payload: &Payload) {
        self.now += SignedDuration::from_secs(1);
        let id = self.event_id();
        let row = event(&Sanitizer::general(), &time::iso(self.now), &id, payload).unwrap();
        self.log.extend(json::log(row.value()).into_bytes());
    }

    pub(crate) fn run(&self) -> Run {
        let log = Log::read(&self.log);
        assert_eq!(log.damaged, []);
        let decisions = decision::fold(&self.decisions);
        fold(&self.run_id, &log.rows, &decisions, &self.template)
    }

    pub(crate) fn plan(&self) -> Plan {
        self.plan_of(&self.run())
    }

    pub(crate) fn plan_of(&self, run: &Run) -> Plan {
        plan(
            &self.template,
            run,
            Circumstances {
                now: self.now,
                live_template: None,
            },
        )
    }

    pub(crate) fn start(&mut self) {
        let recovered = self.run().recovered;
        self.push(&Payload::Started(Box::new(Started {
            run_id: self.run_id.clone(),
            mission_type: self.template.key.clone(),
            actor: actor("system", ActorType::Service),
            template_hash: None,
            template_path: None,
            mission_id: None,
            mission_slug: None,
            inputs: std::collections::BTreeMap::new(),
            recovered,
        })));
    }

    pub(crate) fn own(&mut self, owner: &str) {
        self.push(&Payload::OwnerSet(OwnerSet {
            run_id: self.run_id.clone(),
            owner: owner.to_owned(),
            actor: actor(owner, ActorType::Human),
        }));
    }

    pub(crate) fn delegate(&mut self, which: Delegable) {
        self.push(&Payload::Delegated(Delegated {
            run_id: self.run_id.clone(),
            decision_id: which,
            authority_role: "delegated_llm".to_owned(),
            rationale_linkage: "agreed in the meeting".to_owned(),
            actor: actor(OWNER, ActorType::Human),
        }));
    }

    /// Reports the result of what is issued, and takes what comes next.
    pub(crate) fn next(&mut self, result: StepResult) -> Next {
        if let Some(issued) = self.run().issued {
            self.push(&Payload::StepCompleted(StepCompleted {
                run_id: self.run_id.clone(),
                step_id: issued.step_id,
                agent_id: AGENT.to_owned(),
                result,
                actor: actor(AGENT, ActorType::Llm),
            }));
        }
        let Plan { next, records, .. } = self.plan();
        for record in &records {
            self.push(record);
        }
        match &next {
            Next::Step(step) => self.issue(step),
            Next::Decision(plan) if !plan.requested => self.request(plan),
            Next::Terminal(plan) if !plan.recorded => {
                self.push(&Payload::Completed(Completed {
                    run_id: self.run_id.clone(),
                    mission_type: self.template.key.clone(),
                    actor: actor(AGENT, ActorType::Llm),
                }));
            }
            Next::Decision(_) | Next::Terminal(_) | Next::Blocked(_) => {}
        }
        next
    }

    fn issue(&mut self, step: &StepPlan) {
        assert_eq!(step.issued, None, "{step:?}");
        self.push(&Payload::StepIssued(StepIssued {
            run_id: self.run_id.clone(),
            step_id: step.step_id.clone(),
            agent_id: AGENT.to_owned(),
            actor: actor(AGENT, ActorType::Llm),
        }));
    }

    fn request(&mut self, plan: &DecisionPlan) {
        self.decide(decision::RowPayload::Requested(Requested {
            run_id: self.run_id.to_string(),
            decision_id: plan.decision_id.clone(),
            step_id: plan.step_id.clone(),
            question: plan.question.clone(),
            options: plan.options.clone().unwrap_or_default(),
            input_key: plan.input_key.as_ref().map(ToString::to_string),
            actor: actor(AGENT, ActorType::Llm),
        }));
    }

    pub(crate) fn decide(&mut self, payload: decision::RowPayload) {
        self.now += SignedDuration::from_secs(1);
        let row = decision::Row {
            event_id: self.event_id(),
            at: time::iso(self.now),
            build_id: None,
            mission_id: None,
            payload,
        };
        self.decisions.push(row);
    }

    pub(crate) fn answer(
        &mut self,
        decision_id: &DecisionId,
        by: &Actor,
        answer: &str,
    ) -> Result<Effect, Refused> {
        let run = self.run();
        let verdict = may_answer(&self.template, &run, decision_id, by, answer);
        match &verdict {
            Ok(authority) => match authority.effect {
                Effect::Answers => self.decide(decision::RowPayload::Answered(Answered {
                    run_id: self.run_id.to_string(),
                    decision_id: decision_id.clone(),
                    answer: answer.to_owned(),
                    actor: by.clone(),
                })),
                Effect::PutsOff(action) => self.push(&Payload::SoftGated(SoftGated {
                    run_id: self.run_id.clone(),
                    decision_id: decision_id.clone(),
                    action,
                    actor: by.clone(),
                })),
            },
            Err(Refused::Denied(denied)) => self.push(&Payload::Denied(denied.clone())),
            Err(Refused::Unknown(_) | Refused::Invalid(_)) => {}
        }
        verdict.map(|authority| authority.effect)
    }

    /// Clears the first thing that blocks.
    pub(crate) fn unblock(&mut self) {
        let Next::Blocked(plan) = self.plan().next else {
            panic!("not blocked")
        };
        let Cause::Block(block) = plan.cause else {
            panic!("{plan:?}")
        };
        self.push(&Payload::BlockCleared(BlockCleared {
            run_id: self.run_id.clone(),
            step_id: block.step_id().clone(),
            decision_id: block.decision_id().cloned(),
            rationale: None,
            actor: actor(OWNER, ActorType::Human),
        }));
    }

    /// Answers as somebody does who wants the run to go on.
    pub(crate) fn agree(&mut self, plan: &DecisionPlan) {
        let answer = match plan.options.as_deref() {
            Some([first, ..]) => first.clone(),
            Some([]) | None => format!("value of {}", plan.decision_id),
        };
        let owner = actor(OWNER, ActorType::Human);
        self.answer(&plan.decision_id, &owner, &answer).unwrap();
    }

    /// Drives the run to its end, and returns what happened on the way.
    pub(crate) fn finish(&mut self) -> Vec<String> {
        let mut course = Vec::new();
        for _ in 0..200 {
            match self.next(StepResult::Success) {
                Next::Step(step) => course.push(step.step_id.to_string()),
                Next::Decision(plan) => {
                    course.push(plan.decision_id.to_string());
                    self.agree(&plan);
                }
                Next::Blocked(plan) => {
                    course.push(plan.reason);
                    self.unblock();
                }
                Next::Terminal(plan) => {
                    course.push(plan.reason);
                    return course;
                }
            }
        }
        panic!("no end: {course:?}")
    }
}
