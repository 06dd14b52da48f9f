//! The command's side of the courier: what is asked of it, and what no answer means.

use std::time::{Duration, Instant};

use crate::consent::{self, Verdict};
use crate::courier::launch::Launcher;
use crate::courier::lifetime;
use crate::courier::socket::{Answer, call};
use crate::courier::wire::{Op, Reply, Request};
use crate::courier::{PATIENCE, POLL, Report, TAKEOVER};
use crate::error::SyncError;
use crate::place::Place;
use crate::session::Connection;

/// How long a command waits for the courier's word that it heard.
const WAKE_PATIENCE: Duration = Duration::from_millis(50);
/// How long a new courier may take to answer.
const START_PATIENCE: Duration = Duration::from_secs(5);
/// The longest that `now` waits.
const LONGEST_WAIT: Duration = Duration::from_secs(3_600);

fn start(place: &Place, launcher: &Launcher) -> Result<(), SyncError> {
    launcher
        .launch(place)
        .map_err(|error| SyncError::CourierStart(error.to_string()))
}

pub(super) fn wake_at(place: &Place, launcher: &Launcher) -> Result<(), SyncError> {
    match consent::check(place) {
        Verdict::Granted(_) => {}
        Verdict::Never | Verdict::Forbidden | Verdict::Unusable(_) => return Ok(()),
    }
    match call(place, &Request::new(Op::Wake, None), WAKE_PATIENCE) {
        // One that is late is busy, and looks at the refs by itself.
        Answer::Reply(_) | Answer::Late => Ok(()),
        // The new one ends the other.
        Answer::Nobody | Answer::Foreign => start(place, launcher),
    }
}

/// How the conversation stands, as far as the courier tells.
#[derive(Debug)]
pub(super) struct Standing {
    pub(super) connection: Connection,
    pub(super) url: Option<String>,
    pub(super) last_error: Option<String>,
    /// Why the courier looks at the refs from time to time, if it isn't told of changes.
    pub(super) polling: Option<String>,
}

impl Standing {
    fn of(connection: Connection) -> Self {
        Self {
            connection,
            url: None,
            last_error: None,
            polling: None,
        }
    }

    fn because(self, reason: String) -> Self {
        Self {
            last_error: Some(reason),
            ..self
        }
    }
}

pub(super) fn standing(place: &Place) -> Standing {
    let consent = match consent::check(place) {
        Verdict::Granted(consent) => consent,
        Verdict::Never => return Standing::of(Connection::Off),
        Verdict::Forbidden => {
            let reason = format!("`{}` forbids it", consent::ENV);
            return Standing::of(Connection::Off).because(reason);
        }
        Verdict::Unusable(reason) => return Standing::of(Connection::Off).because(reason),
    };
    let standing = match call(place, &Request::new(Op::Status, None), PATIENCE) {
        Answer::Reply(reply) => Standing {
            last_error: reply.last_error,
            polling: reply.polling,
            ..Standing::of(reply.connection)
        },
        Answer::Late => Standing::of(Connection::Connecting)
            .because("the courier is too busy to answer".to_owned()),
        Answer::Foreign => Standing::of(Connection::NoCourier)
            .because("a courier of another version runs; `pawtrail sync stop` ends it".to_owned()),
        Answer::Nobody => Standing::of(Connection::NoCourier),
    };
    Standing {
        url: Some(consent.url.to_string()),
        ..standing
    }
}

pub(super) fn now_at(
    place: &Place,
    launcher: &Launcher,
    deadline: Duration,
) -> Result<Report, SyncError> {
    let deadline = deadline.min(LONGEST_WAIT);
    consent::check(place).granted()?;
    let begun = Instant::now();
    let patience = START_PATIENCE.max(deadline);
    let mut started_at: Option<Instant> = None;
    loop {
        let left = deadline.saturating_sub(begun.elapsed());
        let left_ms = u64::try_from(left.as_millis()).unwrap_or(u64::MAX);
        match call(
            place,
            &Request::new(Op::Now, Some(left_ms)),
            left + PATIENCE,
        ) {
            Answer::Reply(reply) => return Ok(report(reply, begun)),
            Answer::Late => {
                return Err(SyncError::CourierSilent(format!(
                    "no reply in {} ms",
                    begun.elapsed().as_millis()
                )));
            }
            Answer::Nobody | Answer::Foreign => {}
        }
        if begun.elapsed() >= patience {
            return Err(SyncError::CourierSilent(
                "it was started and does not listen".to_owned(),
            ));
        }
        // Again after a while: the one before may have met an old courier that was about to end.
        if started_at.is_none_or(|at| at.elapsed() >= TAKEOVER) {
            start(place, launcher)?;
            started_at = Some(Instant::now());
        }
        std::thread::sleep(POLL);
    }
}

fn report(reply: Reply, begun: Instant) -> Report {
    Report {
        acknowledged: reply.acknowledged,
        pending: reply.pending,
        uploaded: reply.uploaded,
        queued: reply.queued,
        connection: reply.connection,
        elapsed_ms: u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
        last_error: reply.last_error,
    }
}

fn is_answered(place: &Place) -> bool {
    match call(place, &Request::new(Op::Status, None), PATIENCE) {
        Answer::Reply(_) => true,
        Answer::Late | Answer::Foreign | Answer::Nobody => false,
    }
}

pub(super) fn stop_at(place: &Place) -> Result<bool, SyncError> {
    if !place.lock_file("courier.lock").exists() {
        return Ok(false);
    }
    let begun = Instant::now();
    let (mut asked, mut heard, mut ran) = (false, false, false);
    while begun.elapsed() < START_PATIENCE {
        // One that doesn't listen may hold the lock all the same: it begins, or it ends.
        if !asked {
            (asked, heard) = match call(place, &Request::new(Op::Stop, None), PATIENCE) {
                Answer::Reply(_) => (true, true),
                Answer::Late | Answer::Foreign => (true, false),
                Answer::Nobody => (false, false),
            };
        } else if heard && is_answered(place) {
            // After its reply the one that was stopped answers nobody. Another command has started the next.
            return Ok(true);
        }
        if lifetime::try_take(place)?.is_some() {
            return Ok(asked || ran);
        }
        ran = true;
        std::thread::sleep(POLL);
    }
    Err(SyncError::CourierSilent("it does not end".to_owned()))
}
