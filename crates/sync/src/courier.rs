//! The background process that delivers: one per clone, started by a command that has something to
//! deliver, found by talking to its socket, gone when idle.

mod address;
mod ask;
mod ears;
#[cfg(test)]
mod ends;
#[cfg(test)]
mod heard;
mod launch;
mod lifetime;
mod link;
mod listen;
mod log;
#[cfg(test)]
mod pauses;
mod progress;
#[cfg(test)]
mod real;
mod shell;
mod signals;
mod socket;
#[cfg(test)]
mod tests;
mod uploads;
mod watch;
mod wedged;
mod wire;
mod worker;

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use pawtrail_event::BuildId;
use pawtrail_repo::{Project, System, sync_state};
use serde::Serialize;
use tokio::sync::mpsc;

use crate::backlog::{Backlog, Warning};
use crate::consent;
use crate::egress::{self, Door, Totals};
use crate::error::SyncError;
use crate::outbox::ProjectOutbox;
use crate::place::Place;
use crate::queue;
use crate::session::{Backoff, Connection, Limits, Session};
use ask::{Standing, now_at, standing, stop_at, wake_at};
use launch::Launcher;
use lifetime::Lock;
use link::Link;
use log::Diary;
use shell::Shell;
use signals::Signals;
use socket::{Answer, call};
use uploads::{CatchUp, Uploader};
use wire::{Op, Request};
use worker::{OpenOutbox, Worker};

/// The variable that shortens the time after which an idle courier ends, in milliseconds.
pub const IDLE_ENV: &str = "PAWTRAIL_COURIER_IDLE_MS";

/// How often the refs are looked at though the system told of no change: it can't tell what another machine does to a shared
/// directory.
const QUIET_LOOK: Duration = Duration::from_secs(10);
/// How long an idle courier lives.
const IDLE: Duration = Duration::from_secs(600);
/// How long anything else that is answered at once may take.
const PATIENCE: Duration = Duration::from_secs(1);
/// How long a new courier waits for an old one that is about to end. That one waits for an answer that is under way, and
/// notes, on a disk that may be busy, what was acknowledged.
const TAKEOVER: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(10);

/// Why a courier ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Nothing to do for long enough.
    Idle,
    /// Somebody asked it to.
    Stopped,
    /// The system asked it to.
    Signal,
    /// Consent was taken back, or was never given.
    NoConsent,
    /// The repository is gone.
    RepositoryGone,
    /// The clone's private state is gone, and with it the lock that makes a courier the only one.
    StateGone,
    /// Another courier serves this clone.
    Superfluous,
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Idle => "nothing to do",
            Self::Stopped => "stopped by a command",
            Self::Signal => "stopped by a signal",
            Self::NoConsent => "no consent",
            Self::RepositoryGone => "the repository is gone",
            Self::StateGone => "the private state of this clone is gone",
            Self::Superfluous => "another courier serves this clone",
        })
    }
}

/// How a courier is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ground {
    /// For a person: tells `tracing` what it does, stays when idle.
    Foreground,
    /// For a command: silent, ends when idle.
    Background,
}

/// What a courier is to do differently.
struct Settings {
    ground: Ground,
    /// How long it stays without work; `None`: for ever.
    idle: Option<Duration>,
    build_id: Option<BuildId>,
    limits: Limits,
    /// How often it looks at the refs though it heard of nothing.
    quiet_look: Duration,
    catch_up: CatchUp,
}

/// How deliveries stand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Status {
    /// The connection.
    pub connection: Connection,
    /// The hub that consent was given for.
    pub url: Option<String>,
    /// How many commits wait.
    pub pending: u64,
    /// How many events wait.
    pub queued: u64,
    /// How many commits and events were set aside.
    pub set_aside: u64,
    /// The age of the oldest that waits, commit or event, in whole seconds.
    pub oldest_age_s: Option<u64>,
    /// The last trouble of the connection, if it isn't over.
    pub last_error: Option<String>,
    /// Why the courier looks at the refs each second, if the system can't tell it of changes.
    pub polling: Option<String>,
    /// The last trouble of the upload, if it isn't over.
    pub upload_error: Option<String>,
    /// What left, as far as the kept log reaches back.
    pub egress: Totals,
    /// Whether too much waits, or for too long.
    pub warnings: Vec<Warning>,
}

/// What `now` brought about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// How many commits were acknowledged meanwhile.
    pub acknowledged: u64,
    /// How many still wait.
    pub pending: u64,
    /// How many events were delivered meanwhile.
    pub uploaded: u64,
    /// How many events still wait.
    pub queued: u64,
    /// The connection at the end.
    pub connection: Connection,
    /// How long it took, in milliseconds.
    pub elapsed_ms: u64,
    /// The last trouble, if it isn't over.
    pub last_error: Option<String>,
    /// Why it isn't known what waits, or what was acknowledged could not be noted; then the numbers are of before.
    pub outbox_error: Option<String>,
}

/// What `stop` met, and what became of it. In each case nothing is sent any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stopped {
    /// No courier ran.
    Nobody,
    /// It has ended.
    Ended,
    /// It didn't answer, or didn't end: it holds the clone's lock no longer, may send nothing more, and ends if it ever goes on.
    ShutOut,
}

/// Tells the courier to look, and starts one if none answers. Never waits for the network. Without
/// consent it does nothing at all.
///
/// # Errors
/// When a courier can't be started. What waits is safe all the same.
pub fn wake(project: &Project) -> Result<(), SyncError> {
    if !consent::is_recorded(&project.state_dir()) {
        return Ok(());
    }
    wake_at(&Place::of(project)?, &this_program()?)
}

/// Runs the courier until there is a reason to end.
///
/// # Errors
/// When there is no consent, another courier runs (in the foreground), or a lock, socket or runtime
/// can't be had.
pub fn run(project: &Project, ground: Ground) -> Result<End, SyncError> {
    run_looking(project, ground, QUIET_LOOK)
}

/// The same, with as much time between two looks at refs of which nothing was heard.
fn run_looking(project: &Project, ground: Ground, quiet_look: Duration) -> Result<End, SyncError> {
    let place = Place::of(project)?;
    let dir = place.common_dir.clone();
    let common_dir = dir.clone();
    let open: OpenOutbox = Box::new(move || {
        let project = Project::discover(&dir, Arc::new(System))?;
        Ok(Box::new(ProjectOutbox::new(project)))
    });
    let settings = Settings {
        ground,
        idle: idle(ground),
        // Only a pong names it: one that can't be read keeps nothing back.
        build_id: project.build_id().ok(),
        limits: Limits::default(),
        quiet_look,
        catch_up: Box::new(move || {
            let project = Project::discover(&common_dir, Arc::new(System))?;
            // Neither keeps the other back.
            let missions = queue::catch_up_all(&project);
            queue::offer_project(&project)?;
            missions
        }),
    };
    run_at(place, settings, open)
}

/// Says how deliveries stand. Starts nothing and sends nothing.
///
/// # Errors
/// When the state can't be read.
pub fn status(project: &Project) -> Result<Status, SyncError> {
    let place = Place::of(project)?;
    let state = sync_state::state(project)?;
    let Standing {
        connection,
        url,
        last_error,
        polling,
    } = standing(&place);
    let (events, upload_error) = queue::standing(&place.state_dir)?;
    let queued_at = events
        .oldest_ms
        .and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok());
    let oldest_age_s = state
        .oldest_at
        .and_then(|at| at.parse::<jiff::Timestamp>().ok())
        .into_iter()
        .chain(queued_at)
        .min()
        .map(|at| project.now().duration_since(at).as_secs())
        .map(|age| u64::try_from(age).unwrap_or(0));
    let pending = state.pending.len() as u64;
    let backlog = Backlog {
        sends: connection != Connection::Off,
        commits: pending,
        events: events.queued,
        oldest_age_s,
    };
    Ok(Status {
        warnings: backlog.warnings(),
        connection,
        url,
        pending,
        queued: events.queued,
        set_aside: state.set_aside.len() as u64 + events.set_aside,
        oldest_age_s,
        last_error,
        polling,
        // What once was in the way of an upload is nobody's trouble where nothing may leave.
        upload_error: upload_error.filter(|_| backlog.sends),
        egress: egress::totals(&place)?,
    })
}

/// Delivers now: makes sure that a courier runs, connects whatever the wait, and returns when
/// nothing is pending nor queued, or `deadline` has passed.
///
/// # Errors
/// When there is no consent, or no courier can be had.
pub fn now(project: &Project, deadline: Duration) -> Result<Report, SyncError> {
    now_at(&Place::of(project)?, &this_program()?, deadline)
}

/// Ends the courier, if one runs, and waits until it is gone; one that doesn't answer is shut out.
///
/// # Errors
/// When it neither ends nor can be shut out.
pub fn stop(project: &Project) -> Result<Stopped, SyncError> {
    stop_at(&Place::of(project)?)
}

/// Says whether a courier serves this clone, by asking it.
pub(crate) fn is_running(place: &Place) -> bool {
    match call(place, &Request::new(Op::Status, None), PATIENCE) {
        Answer::Reply(_) | Answer::Late | Answer::Older | Answer::Newer => true,
        Answer::Nobody => false,
    }
}

fn this_program() -> Result<Launcher, SyncError> {
    Launcher::this_program().map_err(|error| SyncError::CourierStart(error.to_string()))
}

fn idle(ground: Ground) -> Option<Duration> {
    let asked = std::env::var(IDLE_ENV)
        .ok()
        .and_then(|text| text.parse().ok())
        .map(|ms| Duration::from_millis(ms).min(IDLE));
    match ground {
        Ground::Background => Some(asked.unwrap_or(IDLE)),
        Ground::Foreground => asked,
    }
}

/// Takes the lock; an old courier that is about to end gets the time to, and one that doesn't answer loses it.
fn take_over(place: &Place, ground: Ground) -> Result<Option<Lock>, SyncError> {
    let begun = Instant::now();
    let (mut late, mut silent) = (0, None);
    loop {
        if let Some(lock) = lifetime::try_take(place)? {
            return Ok(Some(lock));
        }
        let holder = lifetime::identity(place);
        let answers = match call(place, &Request::new(Op::Wake, None), PATIENCE) {
            Answer::Reply(_) | Answer::Newer => true,
            Answer::Late => {
                late = if holder == silent { late + 1 } else { 1 };
                silent = holder;
                false
            }
            Answer::Nobody => false,
            Answer::Older => {
                call(place, &Request::new(Op::Stop, None), PATIENCE);
                false
            }
        };
        if late >= wedged::QUESTIONS
            && let Some(silent) = silent
            && let Some(lock) = wedged::take_place(place, silent)?
        {
            return Ok(Some(lock));
        }
        if answers || begun.elapsed() >= TAKEOVER {
            return match ground {
                Ground::Background => Ok(None),
                Ground::Foreground => Err(SyncError::CourierRunning),
            };
        }
        std::thread::sleep(POLL);
    }
}

fn run_at(mut place: Place, settings: Settings, open: OpenOutbox) -> Result<End, SyncError> {
    let consent = consent::check(&place).granted()?;
    let Settings {
        ground,
        idle,
        build_id,
        limits,
        quiet_look,
        catch_up,
    } = settings;
    let Some(lock) = take_over(&place, ground)? else {
        return Ok(End::Superfluous);
    };
    place.project_uuid.get_or_insert(consent.project_uuid);
    let failed = |error: io::Error| SyncError::CourierStart(error.to_string());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(failed)?;
    let end = runtime.block_on(async {
        let signals = Signals::new(ground == Ground::Background).map_err(failed)?;
        let listener = listen::listen(&place).map_err(failed)?;
        let (sender, asked) = mpsc::channel(64);
        let ear = tokio::spawn(listen::serve(listener, sender));
        let dirs = (place.common_dir.clone(), place.state_dir.clone());
        let worker = Worker::start(dirs, open, quiet_look).map_err(failed)?;
        let lock = Arc::new(lock);
        let mine = Arc::downgrade(&lock);
        let open = Arc::new(move || mine.upgrade().is_some_and(|lock| lock.is_ours()));
        let door = || Door::new(place.clone()).only_while(open.clone());
        let backoff = Backoff::new(Box::new(random));
        let uploader = Uploader::start(place.clone(), door(), catch_up, backoff).map_err(failed)?;
        let diary = Diary::of(&place);
        diary.write(&format!("started for {}", consent.url));
        let session = Session::new(build_id, limits, Box::new(random));
        let link = Link::new(door());
        let shell = Shell::new(
            place,
            (lock, link),
            session,
            (worker, uploader),
            asked,
            diary,
            idle,
        );
        Ok(shell.run(signals, ear).await)
    });
    drop(runtime);
    end
}

/// A number between 0 and `ceiling`, both included, from the system.
fn random(ceiling: u64) -> u64 {
    // Without randomness the longest wait is the polite one.
    getrandom::u64().map_or(ceiling, |number| number % ceiling.saturating_add(1).max(1))
}
