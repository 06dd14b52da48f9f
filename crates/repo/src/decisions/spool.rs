//! Commits what a mission's spool holds, now or after a command that could not.

use pawtrail_event::EventId;
use pawtrail_event::decision;

use super::{Change, Content, Journal, Ledger, Outcome};
use crate::error::Result;
use crate::mission::{self, Mission};
use crate::placement::{self, Placement};
use crate::project::Project;
use crate::settle::{left, settle};
use crate::spooled::is_answer;
use crate::{adopt, history, journal, ledger, lines, sandbox};

/// Commits all lines of a mission's decision spool, and lets go of them once they are in the branch.
///
/// Where git keeps it waiting, another command may commit them; it is done when the `wanted` line has left the spool.
/// The warnings name what failed after the commit.
pub(super) fn commit(
    project: &Project,
    held: &mut Ledger,
    mission: &Mission,
    place: &Placement,
    message: &str,
    wanted: Option<&EventId>,
) -> Result<(Outcome, Vec<String>)> {
    let journal = Journal::of(project, &mission.mission_id, decision::FILE);
    let path = mission.path(decision::FILE);
    let lines = || {
        let lines = journal.spooled()?;
        let waits = match wanted {
            Some(wanted) => lines.iter().any(|line| line.contains(wanted.as_str())),
            None => !lines.is_empty(),
        };
        Ok(waits.then(|| vec![log(&path, lines)]))
    };
    let again = || placement::placement(project, mission);
    let outcome = ledger::commit(project, held, place, message, again, lines)?;
    let warnings = settle(&journal, &outcome);
    Ok((outcome, warnings))
}

fn log(path: &str, lines: Vec<String>) -> Change {
    Change {
        path: path.to_owned(),
        content: Content::Lines(lines),
    }
}

/// Commits the events of a mission that only the file of this or the primary checkout holds, and the spool.
///
/// Returns why they still wait, or what failed after the commit.
pub(crate) fn adopt(project: &Project, mission: &Mission) -> Result<Vec<String>> {
    let mut held = Ledger::lock(project)?;
    let place = placement::placement(project, mission)?;
    let path = mission.path(decision::FILE);
    let base = match place.tip.or(place.base) {
        Some(tip) => history::file_at(project, tip, &path)?.unwrap_or_default(),
        None => Vec::new(),
    };
    let journal = Journal::of(project, &mission.mission_id, decision::FILE);
    let mut found = journal.spooled()?;
    let spooled = found.len();
    for root in project.roots() {
        let foreign = lines::foreign_in(&root.join(&path), &base, &found)?;
        found.extend(foreign);
    }
    let found = found.split_off(spooled);
    let place = placement::choose_for_good(project, mission, place)?;
    let message = "chore(decisions): record answers that only a file held [skip ci]";
    let lines = || {
        let lines = [found.clone(), journal.spooled()?].concat();
        Ok(Some(vec![log(&path, lines)]))
    };
    let again = || placement::placement(project, mission);
    let outcome = ledger::commit(project, &mut held, &place, message, again, lines)?;
    let warnings = settle(&journal, &outcome);
    Ok(left(outcome, warnings))
}

/// Commits the answers that earlier commands could only record. Returns the reasons of those that still wait.
///
/// # Errors
/// When the lock can't be had or the spool can't be read.
pub fn finish(project: &Project) -> Result<Vec<String>> {
    let mut waiting = Vec::new();
    if sandbox::waits(project)? {
        match Ledger::lock(project) {
            Ok(held) => waiting.extend(adopt::adopt(project, &held)?),
            // The receipt of whoever wrote it says so already.
            Err(error) if sandbox::is_closed(&error) => return Ok(waiting),
            Err(error) => return Err(error),
        }
    }
    let mut late = Vec::new();
    for id in journal::spooling_missions(project)? {
        let lines = Journal::of(project, &id, decision::FILE).spooled()?;
        if lines.iter().any(|line| is_answer(line)) {
            late.push(id);
        }
    }
    if late.is_empty() {
        return Ok(waiting);
    }
    let mut held = Ledger::lock(project)?;
    let missions = mission::list(project)?.missions;
    for id in late {
        let Some(mission) = missions.iter().find(|mission| mission.mission_id == id) else {
            waiting.push(format!("mission {id} is nowhere in this clone"));
            continue;
        };
        let place = placement::placement(project, mission)?;
        let message = "chore(decisions): record answers that had to wait [skip ci]";
        let (outcome, warnings) = commit(project, &mut held, mission, &place, message, None)?;
        waiting.extend(left(outcome, warnings));
    }
    Ok(waiting)
}
