//! The house: what may change beside the conversation, and when it is looked at. Consent, the lock, whether work is left.

use std::time::{Duration, Instant};

use super::Shell;
use crate::consent::{self, Verdict};
use crate::courier::End;
use crate::session::Input;

/// How often consent is looked at though nothing was heard of it, beside each frame's own look.
const HOUSEKEEPING: Duration = Duration::from_secs(30);
/// How long after something was heard of it: files change one after another.
const HEARD: Duration = Duration::from_millis(50);
/// How often where the system tells of no changes.
const DEAF_HOUSEKEEPING: Duration = Duration::from_secs(1);

impl Shell {
    /// When the house is to be looked after, if nothing is heard of it before.
    pub(super) fn next_look(&self) -> Instant {
        let every = match self.progress.polling() {
            Some(_) => DEAF_HOUSEKEEPING,
            None => HOUSEKEEPING,
        };
        let usual = self.looked_at + every;
        let usual = self.heard_at.map_or(usual, |at| usual.min(at + HEARD));
        let idle = self.idle_limit.map(|limit| self.active_at + limit);
        // While somebody waits nothing comes of being idle.
        match idle.filter(|_| self.progress.nobody_waits()) {
            Some(idle) => idle.min(usual),
            None => usual,
        }
    }

    /// Looks at what may have changed beside the conversation: consent, and whether work is left.
    pub(super) async fn look_after_house(&mut self) {
        self.looked_at = Instant::now();
        self.heard_at = None;
        if !self.lock.is_ours() {
            self.end = Some(End::StateGone);
            return;
        }
        let granted = match consent::settled(&self.place) {
            Verdict::Granted(consent) => *consent,
            Verdict::Never | Verdict::Forbidden | Verdict::Unusable(_) => {
                self.end = Some(End::NoConsent);
                return;
            }
        };
        if self.consent.as_ref().is_some_and(|old| *old != granted) {
            self.diary.write("consent was given anew");
            self.link.cut();
            self.feed(Input::Closed("consent was given anew".to_owned()))
                .await;
            self.feed(Input::Wake).await;
            self.uploader.wake();
        }
        self.consent = Some(granted);
        let idle = self
            .idle_limit
            .is_some_and(|limit| self.active_at.elapsed() >= limit);
        // What still waits is no reason to stay: nothing was delivered for that long, git keeps it,
        // and the next command starts a courier again.
        if idle && self.progress.nobody_waits() {
            self.end = Some(End::Idle);
        }
    }
}
