//! The batches that would go now, in the order and of the sizes in which they would, without sending or marking any.

use pawtrail_event::ProjectUuid;

use super::Limits;
use super::pack;
use crate::error::SyncError;
use crate::queue::{Candidate, Outgoing, Queue};

/// A body as it is before it is packed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Body {
    /// How many events it holds.
    pub(crate) events: usize,
    /// Its text.
    pub(crate) text: String,
}

/// What an upload would do with a queue.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    /// The batches, in order.
    pub(crate) bodies: Vec<Body>,
    /// Events that are of another project.
    pub(crate) barred: Vec<String>,
    /// Events that are sent and not answered, where somebody waits for the answer.
    pub(crate) under_way: Vec<String>,
    /// Events that are due later, in milliseconds since 1970.
    pub(crate) later: Vec<(String, i64)>,
}

/// Plans an upload that would begin at `now_ms`, to a hub of these limits. Where no uploader `is_running`, events that one left under way go too.
pub(crate) fn plan(
    queue: &Queue,
    project: &ProjectUuid,
    now_ms: i64,
    is_running: bool,
    limits: Limits,
) -> Result<Plan, SyncError> {
    let mut plan = Plan::default();
    let mut batch = Batch {
        limits,
        ..Batch::default()
    };
    queue.candidates(|candidate: Candidate| {
        if candidate.in_flight && is_running {
            plan.under_way.push(candidate.event_id);
        } else if !candidate.in_flight && candidate.due_at > now_ms {
            plan.later.push((candidate.event_id, candidate.due_at));
        } else {
            batch.offer(candidate, project, &mut plan);
        }
    })?;
    batch.close(&mut plan);
    Ok(plan)
}

/// The batch in the making: bounded as [`Queue::take`] bounds it.
#[derive(Default)]
struct Batch {
    limits: Limits,
    events: Vec<Outgoing>,
    looked_at: usize,
    bytes: usize,
}

impl Batch {
    fn offer(&mut self, candidate: Candidate, project: &ProjectUuid, plan: &mut Plan) {
        if self.looked_at == self.limits.events {
            self.close(plan);
        }
        self.looked_at += 1;
        if candidate.project_uuid != project.as_str() {
            plan.barred.push(candidate.event_id);
            return;
        }
        let bytes = candidate.body.len() + 1;
        if self.bytes + bytes > self.limits.bytes && !self.events.is_empty() {
            self.close(plan);
            self.looked_at = 1;
        }
        self.bytes += bytes;
        self.events.push(Outgoing {
            sequence: candidate.sequence,
            event_id: candidate.event_id,
            body: candidate.body,
        });
    }

    fn close(&mut self, plan: &mut Plan) {
        let limits = self.limits;
        let batch = std::mem::take(self);
        self.limits = limits;
        if batch.events.is_empty() {
            return;
        }
        plan.bodies.push(Body {
            events: batch.events.len(),
            text: pack::parts(&batch.events).collect(),
        });
    }
}
