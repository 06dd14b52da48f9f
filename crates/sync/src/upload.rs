//! The upload: takes events from the queue in batches and does what the hub's answers say.
//!
//! Delivery is at least once. An event leaves the queue after a hub has said that it has it, in one
//! transaction with the other answers of its batch; killed before that, the same event goes again
//! under the same id, and the hub knows it.

mod limits;
mod pack;
mod plan;
mod post;
mod reply;
#[cfg(test)]
mod tests;

use pawtrail_event::ProjectUuid;

use crate::egress::DoorError;
use crate::egress::post::{Answer, Parcel};
use crate::error::SyncError;
use crate::queue::{Outcome, Outgoing, Queue};
pub(crate) use limits::Limits;
pub(crate) use plan::plan;
pub(crate) use post::Asking;
pub(crate) use reply::{LONGEST_PAUSE_MS, Results};
use reply::{Reading, Whole};

/// The most events of a batch.
const MAX_EVENTS: usize = 1_000;
/// The most bytes of a batch before it is packed; hubs take 512 KiB, the frame around the events included.
const MAX_BYTES: usize = 480 * 1024;
/// After how long an event goes again that a hub could not decide on, in milliseconds.
const UNDECIDED_MS: i64 = 5_000;

/// What carries a batch to a hub.
pub(crate) trait Transport {
    /// Sends one batch.
    ///
    /// # Errors
    /// When it may not be sent, or there is no answer.
    fn send(&mut self, parcel: &Parcel<'_>) -> Result<Answer, DoorError>;

    /// Returns what the hub takes at most, which it is asked for now and then.
    ///
    /// # Errors
    /// When it may not be asked, or can't be reached.
    fn limits(&mut self) -> Result<Limits, DoorError>;
}

/// How an upload ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum End {
    /// Nothing waits any more.
    Empty,
    /// All that is due was sent; the next event is due at this time, in milliseconds since 1970.
    Later(i64),
    /// The hub can't take more now; with its wish for the pause, in milliseconds, and the reason.
    Failed {
        retry_after_ms: Option<u64>,
        reason: String,
    },
    /// The hub refuses this client until a person does something; with the reason.
    Refused(String),
    /// There is no consent.
    Denied(String),
    /// Somebody asked it to stop.
    Stopped,
}

/// One pass over the queue.
pub(crate) struct Upload<'a> {
    pub(crate) queue: &'a mut Queue,
    pub(crate) transport: &'a mut dyn Transport,
    pub(crate) pace: &'a mut Pace,
    pub(crate) project: &'a ProjectUuid,
    /// The present time, in milliseconds since 1970.
    pub(crate) now_ms: &'a dyn Fn() -> i64,
    /// Whether to stop.
    pub(crate) stopping: &'a dyn Fn() -> bool,
    /// Told how many events were delivered, after each answer.
    pub(crate) delivered: &'a mut dyn FnMut(u64),
}

/// How many events a batch holds: halved where a hub refuses a batch for its size or for one of its
/// events, doubled where it takes one. It outlives a pass, so that a hub which also fails now and then
/// doesn't send the search for the one event back to its beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pace(usize);

impl Default for Pace {
    fn default() -> Self {
        Self(MAX_EVENTS)
    }
}

impl Pace {
    fn taken(&mut self) {
        self.0 = (self.0 * 2).min(MAX_EVENTS);
    }

    fn refused(&mut self, events: usize) {
        self.0 = (events / 2).max(1);
    }
}

impl Upload<'_> {
    /// Uploads until nothing is due, or it can't go on.
    ///
    /// # Errors
    /// When the queue can't be read or written.
    pub(crate) fn run(mut self) -> Result<End, SyncError> {
        loop {
            if (self.stopping)() {
                return Ok(End::Stopped);
            }
            let limits = match self.limits()? {
                Ok(limits) => limits,
                Err(end) => return Ok(end),
            };
            let taken = self.queue.take(
                self.project,
                (self.now_ms)(),
                self.pace.0.min(limits.events),
                limits.bytes,
            )?;
            if taken.is_empty() {
                return Ok(match self.queue.next_due()? {
                    None => End::Empty,
                    // What was barred on the way made room for what stands behind it.
                    Some(due) if due <= (self.now_ms)() => continue,
                    Some(due) => End::Later(due),
                });
            }
            if let Some(end) = self.deliver(&taken)? {
                self.queue.recover()?;
                return Ok(end);
            }
        }
    }

    /// Asks for the hub's limits, if there is anything to send.
    fn limits(&mut self) -> Result<Result<Limits, End>, SyncError> {
        if !self.queue.is_due((self.now_ms)())? {
            return Ok(Ok(Limits::default()));
        }
        match self.transport.limits() {
            Ok(limits) => Ok(Ok(limits)),
            Err(error) => end_of(error).map(Err),
        }
    }

    /// Sends events and settles them; what ends the pass is returned, and nothing of them is settled.
    fn deliver(&mut self, taken: &[Outgoing]) -> Result<Option<End>, SyncError> {
        let answer = match self.send(taken) {
            Ok(answer) => answer,
            Err(error) => return end_of(error).map(Some),
        };
        match reply::read(&answer, taken, (self.now_ms)()) {
            Reading::Each(outcomes) => {
                self.pace.taken();
                self.settle(taken, outcomes)?;
            }
            Reading::Whole(Whole::Split { code, reason }) if taken.len() == 1 => {
                self.settle(taken, vec![Outcome::SetAside { code, reason }])?;
            }
            Reading::Whole(Whole::Split { .. }) => {
                self.pace.refused(taken.len());
                // They are the oldest still: the next batch is their first half.
                self.queue.recover()?;
            }
            Reading::Whole(Whole::Refused(reason)) => return Ok(Some(End::Refused(reason))),
            Reading::Whole(Whole::Failed {
                retry_after_ms,
                reason,
            }) => {
                return Ok(Some(End::Failed {
                    retry_after_ms,
                    reason,
                }));
            }
        }
        Ok(None)
    }

    fn send(&mut self, part: &[Outgoing]) -> Result<Answer, DoorError> {
        let body = pack::pack(part).map_err(|error| DoorError::Lost(error.to_string()))?;
        self.transport.send(&Parcel {
            body,
            events: part.len() as u64,
            first: part.first().map_or("", |event| &event.event_id),
        })
    }

    fn settle(&mut self, part: &[Outgoing], outcomes: Vec<Outcome>) -> Result<(), SyncError> {
        let delivered = outcomes
            .iter()
            .filter(|outcome| **outcome == Outcome::Delivered)
            .count();
        let settled: Vec<(&Outgoing, Outcome)> = part.iter().zip(outcomes).collect();
        self.queue.settle(&settled)?;
        (self.delivered)(delivered as u64);
        Ok(())
    }
}

/// What it means for a pass that nothing went out.
fn end_of(error: DoorError) -> Result<End, SyncError> {
    match error {
        DoorError::Denied(error @ SyncError::EgressDenied(_)) => Ok(End::Denied(error.to_string())),
        DoorError::Denied(error) => Err(error),
        error @ (DoorError::Changed
        | DoorError::Followed
        | DoorError::OtherProject
        | DoorError::Refused(_)
        | DoorError::Lost(_)) => Ok(End::Failed {
            retry_after_ms: None,
            reason: error.to_string(),
        }),
    }
}
