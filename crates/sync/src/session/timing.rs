//! What the time demands of a session: limits that ran out, attempts that are due, the next look.

use super::{Action, Phase, Session};

impl Session {
    /// Does what the time demands.
    pub(super) fn due(&mut self, now: u64, actions: &mut Vec<Action>) {
        if let Some(reason) = self.overdue(now) {
            self.lost(reason, now, actions);
            actions.push(Action::Close);
        }
        match self.phase {
            Phase::Backoff { until } | Phase::Refused { until } if now < until => {}
            Phase::Start | Phase::Backoff { .. } | Phase::Refused { .. } => {
                self.phase = Phase::Connecting { since: now };
                actions.push(Action::Connect);
            }
            Phase::Live { .. } => {
                if !self.probed && now >= self.heard + self.limits.probe {
                    self.probed = true;
                    actions.push(Action::Probe);
                }
            }
            Phase::Connecting { .. } | Phase::Greeting { .. } | Phase::Stopped => {}
        }
    }

    /// Says what the other side owes for too long.
    fn overdue(&mut self, now: u64) -> Option<String> {
        let limits = self.limits;
        let reason = match self.phase {
            Phase::Connecting { since } if now >= since + limits.connect => {
                "the hub did not answer in time"
            }
            Phase::Greeting { since } if now >= since + limits.snapshot => {
                "the hub did not send its snapshot in time"
            }
            Phase::Live { .. } if now >= self.heard + limits.silence => "the hub fell silent",
            Phase::Live { .. } => {
                let (git_hash, sent) = self.queue.oldest_sent()?;
                return (now >= sent + limits.answer).then(|| self.unanswered.add(git_hash));
            }
            Phase::Start
            | Phase::Connecting { .. }
            | Phase::Greeting { .. }
            | Phase::Backoff { .. }
            | Phase::Refused { .. }
            | Phase::Stopped => return None,
        };
        Some(reason.to_owned())
    }

    /// Returns when the next tick is due.
    pub(super) fn deadline(&self) -> u64 {
        let phase = match self.phase {
            Phase::Start | Phase::Stopped => u64::MAX,
            Phase::Connecting { since } => since + self.limits.connect,
            Phase::Greeting { since } => since + self.limits.snapshot,
            Phase::Backoff { until } | Phase::Refused { until } => until,
            Phase::Live { .. } => {
                let quiet = if self.probed {
                    self.limits.silence
                } else {
                    self.limits.probe
                };
                let answer = self
                    .queue
                    .oldest_sent()
                    .map_or(u64::MAX, |(_, sent)| sent + self.limits.answer);
                (self.heard + quiet).min(answer)
            }
        };
        self.gather.due_at().map_or(phase, |at| phase.min(at))
    }
}
