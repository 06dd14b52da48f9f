//! The command's side of the courier: what is asked of it, and what no answer means.

use std::time::{Duration, Instant};

use crate::consent::{self, Verdict};
use crate::courier::address::Address;
use crate::courier::launch::Launcher;
use crate::courier::socket::{Answer, call};
use crate::courier::wire::{Op, Reply, Request};
use crate::courier::{PATIENCE, POLL, Report, Stopped};
use crate::courier::{lifetime, wedged};
use crate::error::SyncError;
use crate::place::Place;
use crate::session::Connection;

/// How long a command waits for the courier's word that it heard.
const WAKE_PATIENCE: Duration = Duration::from_millis(50);
/// How long a new courier may take to answer.
const START_PATIENCE: Duration = Duration::from_secs(5);
/// After this time `now` starts a courier again.
const START_AGAIN: Duration = Duration::from_secs(3);
/// How long one that was told to end may take: it notes, on a disk that may be busy, what was acknowledged.
const ENDING: Duration = Duration::from_secs(30);
/// How long a courier may take to say how it stands, before it counts as one that can't.
const STATUS_PATIENCE: Duration = Duration::from_secs(3);
/// How long after its time a reply may come that was to come by a time.
const GRACE: Duration = Duration::from_secs(5);
/// How long `stop` tries to shut a courier out.
const SHUT_OUT_PATIENCE: Duration = Duration::from_secs(3);
/// How long `now` waits for a courier that doesn't answer to be followed by another one.
const WEDGED_PATIENCE: Duration = Duration::from_secs(10);
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
        // A newer one looks at the refs by itself.
        Answer::Reply(_) | Answer::Newer => Ok(()),
        // One that is late is busy, and looks at the refs by itself; or it is wedged. Another one finds out, and takes
        // its place: a command has no time for that.
        Answer::Late if wedged::is_due(place) => start(place, launcher),
        Answer::Late => Ok(()),
        // The new one ends the other.
        Answer::Nobody | Answer::Older => start(place, launcher),
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
    let standing = match call(place, &Request::new(Op::Status, None), STATUS_PATIENCE) {
        Answer::Reply(reply) => Standing {
            last_error: reply.last_error,
            polling: reply.polling,
            ..Standing::of(reply.connection)
        },
        Answer::Late => Standing::of(Connection::Connecting)
            .because("the courier is too busy to answer".to_owned()),
        Answer::Older => Standing::of(Connection::NoCourier)
            .because("a courier of another version runs; the next command ends it".to_owned()),
        Answer::Newer => {
            Standing::of(Connection::Connecting).because(SyncError::CourierNewer.to_string())
        }
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
        match call(place, &Request::new(Op::Status, None), PATIENCE) {
            Answer::Reply(_) | Answer::Nobody | Answer::Older => {}
            Answer::Newer => return Err(SyncError::CourierNewer),
            Answer::Late if begun.elapsed() < WEDGED_PATIENCE => {
                // It is asked for long enough by the one that may take its place.
                if started_at.is_none_or(|at| at.elapsed() >= WEDGED_PATIENCE / 2) {
                    start(place, launcher)?;
                    started_at = Some(Instant::now());
                }
                continue;
            }
            Answer::Late => return Err(silent(begun)),
        }
        let left = deadline.saturating_sub(begun.elapsed());
        let left_ms = u64::try_from(left.as_millis()).unwrap_or(u64::MAX);
        match call(place, &Request::new(Op::Now, Some(left_ms)), left + GRACE) {
            Answer::Reply(reply) => return Ok(report(reply, begun)),
            Answer::Late => return Err(silent(begun)),
            Answer::Newer => return Err(SyncError::CourierNewer),
            Answer::Nobody | Answer::Older => {}
        }
        if begun.elapsed() >= patience {
            return Err(SyncError::CourierSilent(
                "it was started and does not listen".to_owned(),
            ));
        }
        // Again after a while: the one before may have met an old courier that was about to end.
        if started_at.is_none_or(|at| at.elapsed() >= START_AGAIN) {
            start(place, launcher)?;
            started_at = Some(Instant::now());
        }
        std::thread::sleep(POLL);
    }
}

fn silent(begun: Instant) -> SyncError {
    SyncError::CourierSilent(format!("no reply in {} ms", begun.elapsed().as_millis()))
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
        outbox_error: reply.outbox_error,
    }
}

fn is_answered(place: &Place) -> bool {
    match call(place, &Request::new(Op::Status, None), PATIENCE) {
        Answer::Reply(_) => true,
        Answer::Late | Answer::Older | Answer::Newer | Answer::Nobody => false,
    }
}

pub(super) fn stop_at(place: &Place) -> Result<Stopped, SyncError> {
    if !place.lock_file(lifetime::LOCK).exists() {
        return Ok(Stopped::Nobody);
    }
    let begun = Instant::now();
    let (mut told, mut heard, mut ran) = (false, false, false);
    let (mut late, mut silent) = (0, None);
    loop {
        let holder = lifetime::identity(place);
        // One that doesn't listen may hold the lock all the same: it begins, or it ends.
        if !told {
            match call(place, &Request::new(Op::Stop, None), PATIENCE) {
                Answer::Reply(_) => (told, heard) = (true, true),
                Answer::Older | Answer::Newer => told = true,
                Answer::Late => {
                    late = if holder == silent { late + 1 } else { 1 };
                    silent = holder;
                }
                Answer::Nobody => {}
            }
            ran |= told || late > 0;
        } else if heard && is_answered(place) {
            // After its reply the one that was stopped answers nobody. Another command has started the next.
            return Ok(Stopped::Ended);
        }
        if lifetime::try_take(place)?.is_some() {
            return Ok(if ran { Stopped::Ended } else { Stopped::Nobody });
        }
        ran = true;
        let patience = if told { ENDING } else { START_PATIENCE };
        if (late >= wedged::QUESTIONS || begun.elapsed() >= patience)
            && let Some(holder) = holder
            && let Some(lock) = wedged::take_place(place, holder)?
        {
            // Nobody is to ask there any more. Whoever starts the next one waits for this lock.
            Address::of(place).clear(place);
            drop(lock);
            return Ok(Stopped::ShutOut);
        }
        if begun.elapsed() >= patience + SHUT_OUT_PATIENCE {
            return Err(SyncError::CourierStuck("what waits is safe"));
        }
        std::thread::sleep(POLL);
    }
}
