//! The status service: every path that moves or annotates a work package goes through here.
//!
//! The Python tool writes the same files on the same day, so each write also holds the lock that it takes.

mod check;
mod closed;
mod created;
mod emitted;
mod fold;
mod merged;
mod offered;
mod plan;
mod read;
mod seed;
mod spool;
pub(crate) mod task_files;
mod wording;

use gix::ObjectId;
use pawtrail_event::status::{self, Delta, ExecutionMode, Lane, Log, QueueEvent, Verdict};
use pawtrail_event::{EventId, WorkPackageId};
use serde::Serialize;
use serde_json::Value;
use ulid::Ulid;

use crate::error::{Error, Result};
use crate::idempotency;
use crate::journal::Journal;
use crate::ledger::{Committed, Ledger, Outcome};
use crate::mission::Mission;
use crate::placement::{self, Placement};
use crate::project::{self, Project};
use crate::receipt::Receipt;
use crate::status_lock::StatusLock;
use crate::{adopt, lock, sandbox, sync_state};

pub use check::{Copy, check, check_all};
pub(crate) use emitted::of as emitted;
pub use fold::{Folded, FoldedLog, MissionDir, fold, fold_dirs};
pub(crate) use merged::folded;
pub use merged::merge_snapshot;
pub use offered::{Appended, Offered, Offers, Seen, offered, recorded};
use plan::{Planned, Planner};
use read::Known;
pub use read::{Package, Reading, list, order};
pub(crate) use seed::{First, first_rows};
pub use seed::{Seeded, seed};
pub use spool::finish;
pub(crate) use spool::{derived_for, derived_from};

/// The most rows that one command writes.
const MAX_ROWS: usize = 10_000;

/// A work package to move.
#[derive(Debug, Clone)]
pub struct Step {
    /// The work package.
    pub wp_id: WorkPackageId,
    /// Where it goes.
    pub to_lane: Lane,
    /// Who moves it; `user` where nobody is named, and force needs somebody named.
    pub actor: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// Whether the rules are set aside.
    pub force: bool,
    /// What the review refers to.
    pub review_ref: Option<String>,
    /// Who reviewed.
    pub reviewer: Option<String>,
    /// What came of the review; by default what the lane stands for.
    pub verdict: Option<Verdict>,
    /// Where the work is done.
    pub execution_mode: ExecutionMode,
}

/// Something to say of a work package beside its lane.
#[derive(Debug, Clone)]
pub struct Remark {
    /// The work package.
    pub wp_id: WorkPackageId,
    /// Who says it; `user` where nobody is named.
    pub actor: Option<String>,
    /// What changes.
    pub delta: Delta,
}

/// A transition that was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Moved {
    /// The work package.
    pub wp_id: WorkPackageId,
    /// Where it stood.
    pub from_lane: &'static str,
    /// Where it stands.
    pub to_lane: &'static str,
    /// Its event.
    pub event_id: EventId,
}

/// What a write did.
#[derive(Debug, Clone)]
pub struct Written {
    /// What is true now; its event is the last one of the write.
    pub receipt: Receipt,
    /// The transitions, in the order of the request.
    pub moved: Vec<Moved>,
    /// What the hub is to be told, in the order of the rows.
    pub emitted: Vec<QueueEvent>,
    /// What was put behind the log, for who has read it up to there.
    pub appended: Option<Appended>,
    /// What did not work beside the write itself, for a person.
    pub warnings: Vec<String>,
}

/// Moves work packages, all of them or none, in one commit.
///
/// # Errors
/// [`Error::MoveRefused`] where a rule of the lane machine forbids one of them; [`Error::Invalid`];
/// [`Error::Spooled`] when the rows are recorded and can't be committed now, which the next command makes up for.
pub fn move_packages(
    project: &Project,
    mission: &Mission,
    steps: &[Step],
    idempotency_key: Option<&str>,
) -> Result<Written> {
    if steps.is_empty() {
        return Err(Error::invalid("WP", "name at least one work package"));
    }
    let request = Request {
        kind: "move",
        print: wording::print_of(steps),
        message: wording::message_of(steps),
        key: idempotency_key,
        again: wording::command_of(mission, steps),
    };
    write(project, mission, &request, |planner, _| {
        steps.iter().try_for_each(|step| planner.step(step))
    })
}

/// Writes an annotation.
///
/// # Errors
/// As [`move_packages`]; [`Error::Invalid`] where nothing changes.
pub fn annotate(
    project: &Project,
    mission: &Mission,
    remark: &Remark,
    idempotency_key: Option<&str>,
) -> Result<Written> {
    let request = Request {
        kind: "annotate",
        print: Value::from(format!("{remark:?}")),
        message: format!("chore(status): annotate {} [skip ci]", remark.wp_id),
        key: idempotency_key,
        again: wording::command_of_remark(mission, remark),
    };
    write(project, mission, &request, |planner, _| {
        planner.remark(remark)
    })
}

/// A write, but for its rows.
struct Request<'a> {
    /// Of what kind it is.
    kind: &'static str,
    /// What tells it from another one under the same key.
    print: Value,
    /// The message of its commit.
    message: String,
    /// Its idempotency key.
    key: Option<&'a str>,
    /// The command that does the same without a key.
    again: String,
}

/// Writes the rows that `plan` makes of what is known: the locks, the spool, one commit with log and snapshot.
fn write(
    project: &Project,
    mission: &Mission,
    request: &Request<'_>,
    plan: impl FnOnce(&mut Planner<'_>, &Log<'_>) -> Result<()>,
) -> Result<Written> {
    let locks = StatusLock::acquire(project, mission.mission_slug.as_str(), lock::PATIENCE)
        .and_then(|shared| Ok((shared, Ledger::lock(project)?)));
    let (_shared, mut ledger) = match locks {
        Ok(locks) => locks,
        Err(error) if sandbox::is_closed(&error) => {
            return closed::write(project, mission, request, error, plan);
        }
        Err(error) => return Err(error),
    };
    sync_state::first_sight(project)?;
    let mut warnings = adopt::adopt(project, &ledger)?;
    let place = placement::placement(project, mission)?;
    let (key, message) = (request.key, request.message.as_str());
    let first = idempotency::claim_events(project, mission, key, request.kind, &request.print)?;
    let known = Known::of(project, mission, &place)?;
    // A log can be large: all but the outcome is let go of before the commit.
    let planned = planned(project, mission, &place, &known, first, key.is_some(), plan)?;
    let (basis, found) = known.into_found();
    if planned.rows.is_empty() {
        // All of it was written before, under the same key.
        let receipt = read::receipt(project, mission, &place, &planned.last)?;
        if receipt.committed {
            return Ok(Written {
                receipt,
                moved: planned.moved,
                emitted: Vec::new(),
                appended: None,
                warnings,
            });
        }
    }
    let place = placement::choose_for_good(project, mission, place)?;
    let journal = Journal::of_status(project, &mission.mission_id);
    if !planned.rows.is_empty() {
        journal.append_all(&planned.rows)?;
    }
    let last = planned.last.clone();
    // From here on the rows are in the spool: whatever fails now, the next command makes up for.
    let (receipt, done, more) =
        commit(project, &mut ledger, mission, &place, &found, message, last)?;
    warnings.extend(more);
    let rows: String = planned.rows.iter().map(status::line).collect();
    let emitted = emitted(project, &rows, &receipt).unwrap_or_else(|error| {
        // The rows are in their commit, and who looks there finds them.
        warnings.push(format!("the hub's events were not made: {error}"));
        Vec::new()
    });
    // Where this isn't known, the log is read.
    let appended = done.and_then(|done| {
        let commit = emitted::place(project, &receipt).ok()?;
        Appended::of(project, &receipt.path, basis?, &done, &rows, commit).ok()?
    });
    warnings.splice(0..0, planned.warnings);
    Ok(Written {
        emitted,
        appended,
        moved: planned.moved,
        receipt,
        warnings,
    })
}

/// Plans the rows of a write on what is known; `resumes` where an earlier run may have written some of them.
fn planned(
    project: &Project,
    mission: &Mission,
    place: &Placement,
    known: &Known,
    first: EventId,
    resumes: bool,
    plan: impl FnOnce(&mut Planner<'_>, &Log<'_>) -> Result<()>,
) -> Result<Planned> {
    let bytes = known.bytes();
    let log = Log::read(&bytes);
    let identity = read::identity_of(project, mission, place)?;
    let snapshot = status::reduce(&log, &identity, order(project)?);
    let mut planner = Planner::new(project, mission, place, &snapshot, first);
    if resumes {
        planner.resume(&log)?;
    }
    plan(&mut planner, &log)?;
    planner.finish(MAX_ROWS)
}

/// Commits what is in the spool and what only files hold. The receipt is that of `last`.
fn commit(
    project: &Project,
    ledger: &mut Ledger,
    mission: &Mission,
    place: &Placement,
    found: &[String],
    message: &str,
    last: EventId,
) -> Result<(Receipt, Option<Committed>, Vec<String>)> {
    let journal = Journal::of_status(project, &mission.mission_id);
    let pending = |reason: String| Error::Spooled {
        receipt: Box::new(receipt(mission, place, last.clone(), None)),
        reason: match journal.flush() {
            Ok(()) => reason,
            Err(error) => format!("{reason}; nor would it survive a power loss: {error}"),
        },
    };
    let done = spool::commit(project, ledger, mission, place, message, found);
    let (outcome, mut warnings) = done.map_err(|error| pending(error.to_string()))?;
    let (has_it, done) = match outcome {
        Outcome::Committed(done) => (done.commit, Some(done)),
        Outcome::Elsewhere(tip) => (tip, None),
        outcome @ (Outcome::Deferred(_) | Outcome::Locked(_) | Outcome::Taken(_)) => {
            return Err(pending(outcome.why_not().unwrap_or_default()));
        }
    };
    let new = done.as_ref().is_some_and(|done| done.new);
    let path = mission.path(status::FILE);
    let commit = match new {
        true => has_it,
        // Another commit than one of this command has it: which one is worth knowing, and changes nothing.
        false => match read::brought(project, Some(has_it), &path, &last) {
            Ok(found) => found.unwrap_or(has_it),
            Err(error) => {
                warnings.push(format!("the commit that brought it was not found: {error}"));
                has_it
            }
        },
    };
    Ok((receipt(mission, place, last, Some(commit)), done, warnings))
}

fn receipt(
    mission: &Mission,
    place: &Placement,
    event_id: EventId,
    commit: Option<ObjectId>,
) -> Receipt {
    Receipt::here(
        Some(event_id),
        Some(mission.mission_id.clone()),
        mission.path(status::FILE),
        &place.ledger_ref,
        commit.map(project::hash),
    )
}

/// The identities of a write's rows: the first is claimed, each other one follows the one before it.
fn next_id(id: &EventId) -> Result<EventId> {
    let ulid: Ulid = id.as_str().parse().map_err(|error| Error::Git {
        action: "counting identifiers".to_owned(),
        message: format!("{id}: {error}"),
    })?;
    // Where the last digits overflow, the next millisecond begins.
    let (Ok(next) | Err(next)) = ulid.increment();
    Ok(EventId::from(next))
}
