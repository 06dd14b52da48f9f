//! Commits what a mission's status spool holds, log and snapshot together, now or after a command that could not.

use std::sync::Arc;
use std::time::Duration;

use pawtrail_event::status::{self, Log, MissionIdentity, Order};

use super::read::{self, Known};
use crate::error::{Error, Result};
use crate::journal::{self, Journal};
use crate::ledger::{self, Change, Content, Derived, Ledger, Outcome};
use crate::mission::{self, META, Mission};
use crate::placement::{self, Placement};
use crate::project::Project;
use crate::settle::{left, settle};
use crate::status_lock::StatusLock;

/// How long a command that is done waits for the lock that the Python tool holds, to finish what others left.
const PATIENCE: Duration = Duration::from_secs(3);

/// Returns the change that makes a mission's `status.json` anew from its log.
fn derived(mission: &Mission, identity: MissionIdentity, order: Order) -> Change {
    Change {
        path: mission.path(status::SNAPSHOT_FILE),
        content: Content::Derived(Derived {
            from: mission.path(status::FILE),
            make: Arc::new(move |log| {
                let snapshot = status::reduce(&Log::read(log), &identity, order);
                snapshot.to_json().into_bytes()
            }),
        }),
    }
}

/// Returns that change for a mission with this `meta.json`.
pub(crate) fn derived_from(project: &Project, mission: &Mission, meta: &[u8]) -> Result<Change> {
    let identity = read::parsed(meta).map_err(|message| Error::Damaged {
        path: mission.path(META).into(),
        message,
    })?;
    Ok(derived(mission, identity, read::order(project)?))
}

/// Returns that change for a mission that is there, wherever its identity is found.
pub(crate) fn derived_for(
    project: &Project,
    mission: &Mission,
    place: &Placement,
) -> Result<Change> {
    let identity = read::identity_of(project, mission, place)?;
    Ok(derived(mission, identity, read::order(project)?))
}

/// Commits `found`, which came before, and the spool, and lets go of the spool once it is in the branch.
///
/// The caller has the mission's lock, so nobody else adds rows meanwhile. The warnings name what failed after the commit.
pub(super) fn commit(
    project: &Project,
    held: &mut Ledger,
    mission: &Mission,
    place: &Placement,
    message: &str,
    found: &[String],
) -> Result<(Outcome, Vec<String>)> {
    let journal = Journal::of_status(project, &mission.mission_id);
    let snapshot = derived_for(project, mission, place)?;
    let changes = || {
        let log = Change {
            path: mission.path(status::FILE),
            content: Content::Lines([found, &journal.spooled()?].concat()),
        };
        Ok(Some(vec![log, snapshot.clone()]))
    };
    let again = || placement::placement(project, mission);
    let outcome = ledger::commit(project, held, place, message, again, changes)?;
    let warnings = settle(&journal, &outcome);
    Ok((outcome, warnings))
}

/// Commits the status rows that earlier commands could only record. Returns the reasons of those that still wait.
///
/// # Errors
/// When a lock can't be had or a spool can't be read.
pub fn finish(project: &Project) -> Result<Vec<String>> {
    let mut late = Vec::new();
    for id in journal::spooling_missions(project)? {
        if !Journal::of_status(project, &id).spooled()?.is_empty() {
            late.push(id);
        }
    }
    if late.is_empty() {
        return Ok(Vec::new());
    }
    let mut waiting = Vec::new();
    let missions = mission::list(project)?.missions;
    for id in late {
        let Some(mission) = missions.iter().find(|mission| mission.mission_id == id) else {
            waiting.push(format!("mission {id} is nowhere in this clone"));
            continue;
        };
        match finish_one(project, mission) {
            Ok(left) => waiting.extend(left),
            Err(error @ Error::LockTimeout { .. }) => waiting.push(error.to_string()),
            Err(error) => return Err(error),
        }
    }
    Ok(waiting)
}

fn finish_one(project: &Project, mission: &Mission) -> Result<Vec<String>> {
    let _shared = StatusLock::acquire(project, mission.mission_slug.as_str(), PATIENCE)?;
    let mut held = Ledger::lock(project)?;
    let place = placement::placement(project, mission)?;
    let found = Known::of(project, mission, &place)?.found;
    let place = placement::choose_for_good(project, mission, place)?;
    let message = "chore(status): record rows that had to wait [skip ci]";
    let (outcome, warnings) = commit(project, &mut held, mission, &place, message, &found)?;
    Ok(left(outcome, warnings))
}
