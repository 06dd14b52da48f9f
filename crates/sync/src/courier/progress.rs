//! How far the deliveries are, and the callers that wait for their end.

use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use crate::courier::uploads::Uploads;
use crate::courier::wire::{Reply, VERSION};
use crate::session::{Connection, Session};

/// The longest that a caller is kept waiting.
const LONGEST_WAIT_MS: u64 = 3_600_000;

/// Somebody who waits until all is delivered.
pub(super) struct Waiter {
    reply: oneshot::Sender<Reply>,
    since: Instant,
    until: Instant,
    /// The reading of the outbox that must have come.
    serial: u64,
    acknowledged_before: u64,
    /// How often a hub had refused this client when the wait began.
    refusals_before: u64,
    /// The look at the queue that must have come.
    upload_serial: u64,
    uploaded_before: u64,
}

impl Waiter {
    /// Lets it wait for this order to the uploader.
    pub(super) fn wants_uploads(&mut self, serial: u64) {
        self.upload_serial = serial;
    }
}

/// What was ordered and done, and who waits for it.
#[derive(Default)]
pub(super) struct Progress {
    /// Readings of the outbox that were ordered and done.
    ordered: u64,
    read: u64,
    /// The reading that the session waits for.
    wanted: u64,
    /// Notes that were ordered and not confirmed.
    unnoted: usize,
    acknowledged: u64,
    refusals: u64,
    trouble: Option<String>,
    /// Why the refs are looked at from time to time, if the system can't tell of changes.
    polling: Option<String>,
    uploads: Uploads,
    waiters: Vec<Waiter>,
}

impl Progress {
    /// Counts one more reading that is ordered, and returns its number.
    pub(super) fn order(&mut self) -> u64 {
        self.ordered += 1;
        self.ordered
    }

    /// The same, for the session: what was read before is not fresh.
    pub(super) fn order_fresh(&mut self) -> u64 {
        self.wanted = self.order();
        self.wanted
    }

    /// Notes a reading. Returns whether it is one that the session may take for fresh.
    pub(super) fn was_read(&mut self, serial: u64) -> bool {
        self.read = self.read.max(serial);
        self.trouble = None;
        serial >= self.wanted
    }

    /// Notes that a reading failed.
    pub(super) fn was_unreadable(&mut self, serial: u64, reason: String) {
        self.read = self.read.max(serial);
        self.trouble = Some(reason);
    }

    /// Counts a note that is ordered, of so many acknowledgements.
    pub(super) fn noting(&mut self, acknowledged: usize) {
        self.unnoted += 1;
        self.acknowledged += acknowledged as u64;
    }

    /// Counts notes that were made, or tried to; with the trouble.
    pub(super) fn noted(&mut self, orders: usize, result: Result<(), String>) {
        self.unnoted = self.unnoted.saturating_sub(orders);
        if let Err(reason) = result {
            self.trouble = Some(reason);
        }
    }

    /// Notes why the refs are looked at from time to time, if they are.
    pub(super) fn polls(&mut self, reason: Option<String>) {
        self.polling = reason;
    }

    pub(super) fn polling(&self) -> Option<&str> {
        self.polling.as_deref()
    }

    /// Notes how uploads stand. Returns whether something was delivered.
    pub(super) fn uploaded(&mut self, uploads: Uploads) -> bool {
        let delivered = uploads.delivered > self.uploads.delivered;
        self.uploads = uploads;
        delivered
    }

    /// Counts a refusal of this client.
    pub(super) fn refused(&mut self) {
        self.refusals += 1;
    }

    /// Makes a waiter of a caller. It is content with a reading that is ordered after this.
    pub(super) fn waiter(&self, reply: oneshot::Sender<Reply>, wait_ms: Option<u64>) -> Waiter {
        let wait_ms = wait_ms.unwrap_or(0).min(LONGEST_WAIT_MS);
        Waiter {
            reply,
            since: Instant::now(),
            until: Instant::now() + Duration::from_millis(wait_ms),
            serial: self.ordered + 1,
            acknowledged_before: self.acknowledged,
            refusals_before: self.refusals,
            upload_serial: 0,
            uploaded_before: self.uploads.delivered,
        }
    }

    /// Lets a caller wait.
    pub(super) fn wait(&mut self, waiter: Waiter) {
        self.waiters.push(waiter);
    }

    pub(super) fn nobody_waits(&self) -> bool {
        self.waiters.is_empty()
    }

    /// Returns when the first caller has waited long enough.
    pub(super) fn patience_ends(&self) -> Option<Instant> {
        self.waiters.iter().map(|waiter| waiter.until).min()
    }

    /// Answers those who waited long enough, or for nothing more.
    pub(super) fn answer_due(&mut self, session: &Session) {
        let now = Instant::now();
        let clear = session.pending() == 0 && self.unnoted == 0 && self.trouble.is_none();
        let refused = session.connection() == Connection::Refused;
        for waiter in std::mem::take(&mut self.waiters) {
            // What waits must be known in either case: an answer that counts nothing would say that all is delivered.
            let read = self.read >= waiter.serial;
            let done = clear && read;
            let hopeless = refused && read && self.refusals > waiter.refusals_before;
            // Neither waits for the other: an upload needs no conversation.
            let looked = self.uploads.serial >= waiter.upload_serial;
            let clear_queue = self.uploads.queued == 0 && self.uploads.trouble.is_none();
            let uploaded = looked && (clear_queue || self.uploads.refused);
            if ((done || hopeless) && uploaded) || now >= waiter.until {
                self.answer(waiter, session);
            } else {
                self.waiters.push(waiter);
            }
        }
    }

    /// Answers all, at the end.
    pub(super) fn answer_all(&mut self, session: &Session) {
        for waiter in std::mem::take(&mut self.waiters) {
            self.answer(waiter, session);
        }
    }

    /// Tells one caller how it stands.
    pub(super) fn answer(&self, waiter: Waiter, session: &Session) {
        let elapsed = waiter.since.elapsed().as_millis();
        let reply = Reply {
            v: VERSION,
            connection: session.connection(),
            pending: session.pending() as u64,
            acknowledged: self.acknowledged - waiter.acknowledged_before,
            queued: self.uploads.queued,
            uploaded: self.uploads.delivered - waiter.uploaded_before,
            elapsed_ms: u64::try_from(elapsed).unwrap_or(u64::MAX),
            outbox_error: self.trouble.clone(),
            polling: self.polling.clone(),
            last_error: self
                .trouble
                .clone()
                .or_else(|| session.last_error().map(str::to_owned))
                .or_else(|| self.uploads.trouble.clone()),
        };
        // Who lost patience doesn't hear it.
        let _ = waiter.reply.send(reply);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::{Input, Limits};

    #[test]
    fn a_refusal_is_no_answer_before_anybody_knows_what_waits() {
        let mut session = Session::new(None, Limits::default(), Box::new(|most| most));
        session.step(Input::Tick, 0);
        session.step(Input::Refused("no".to_owned()), 1);
        assert_eq!(session.connection(), Connection::Refused);
        let mut progress = Progress::default();
        let (sender, mut answered) = oneshot::channel();
        let waiter = progress.waiter(sender, Some(60_000));
        let serial = progress.order();
        progress.wait(waiter);
        progress.refused();
        progress.answer_due(&session);
        assert!(answered.try_recv().is_err());
        progress.was_read(serial);
        progress.answer_due(&session);
        assert_eq!(answered.try_recv().unwrap().connection, Connection::Refused);
    }
}
