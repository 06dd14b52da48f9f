//! Commits what a mission's spool holds, now or after a command that could not.

use pawtrail_event::decision;

use super::{Change, Content, Journal, Ledger, Outcome};
use crate::error::Result;
use crate::mission::{self, Mission};
use crate::placement::{self, Placement};
use crate::project::Project;
use crate::spooled::is_answer;
use crate::{durable, history, journal, ledger, lines, sandbox, sync_state};

/// Commits all lines of a mission's decision spool, and lets go of them once they are in the branch.
///
/// The warnings name what failed after the commit.
pub(super) fn commit(
    project: &Project,
    held: &Ledger,
    mission: &Mission,
    place: &Placement,
    message: &str,
) -> Result<(Outcome, Vec<String>)> {
    commit_with(project, held, mission, place, message, Vec::new())
}

/// Commits `found`, which came before, and the spool.
fn commit_with(
    project: &Project,
    held: &Ledger,
    mission: &Mission,
    place: &Placement,
    message: &str,
    found: Vec<String>,
) -> Result<(Outcome, Vec<String>)> {
    let journal = Journal::of(project, &mission.mission_id, decision::FILE);
    let mut lines = found;
    lines.extend(journal.spooled()?);
    let change = Change {
        path: mission.path(decision::FILE),
        content: Content::Lines(lines),
    };
    let outcome = ledger::commit(project, held, place, message, &[change])?;
    let mut warnings = Vec::new();
    if let Outcome::Committed(done) = &outcome {
        if let Err(error) = journal.clear() {
            warnings.push(format!("the spool was not emptied: {error}"));
        }
        if done.new
            && let Err(error) =
                sync_state::record_commit(project, &place.ledger_ref, done.parent, done.commit)
        {
            warnings.push(format!(
                "the hub's list of commits was not updated: {error}"
            ));
        }
    }
    Ok((outcome, warnings))
}

/// Commits the events of a mission that only the file of this or the primary checkout holds, and the spool.
///
/// Returns why they still wait, or what failed after the commit.
pub(crate) fn adopt(project: &Project, mission: &Mission) -> Result<Vec<String>> {
    let held = Ledger::lock(project)?;
    let place = placement::placement(project, mission)?;
    let path = mission.path(decision::FILE);
    let base = match place.tip.or(place.base) {
        Some(tip) => history::file_at(project, tip, &path)?.unwrap_or_default(),
        None => Vec::new(),
    };
    let mut found = Journal::of(project, &mission.mission_id, decision::FILE).spooled()?;
    let spooled = found.len();
    for root in project.roots() {
        let content = durable::read(&root.join(&path))?.unwrap_or_default();
        let foreign = lines::foreign_lines(&content, &base, &found);
        found.extend(foreign);
    }
    let found = found.split_off(spooled);
    let place = placement::choose_for_good(project, mission, place)?;
    let message = "chore(decisions): record answers that only a file held [skip ci]";
    Ok(
        match commit_with(project, &held, mission, &place, message, found)? {
            (Outcome::Committed(_), warnings) => warnings,
            (Outcome::Deferred(reason), _) => vec![reason],
            (Outcome::Taken(path), _) => vec![format!("{path} is no log")],
        },
    )
}

/// Commits the answers that earlier commands could only record. Returns the reasons of those that still wait.
///
/// # Errors
/// When the lock can't be had or the spool can't be read.
pub fn finish(project: &Project) -> Result<Vec<String>> {
    let mut waiting = Vec::new();
    if sandbox::waits(project)? {
        match Ledger::lock(project) {
            Ok(held) => waiting.extend(sandbox::adopt(project, &held)?),
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
    let held = Ledger::lock(project)?;
    let missions = mission::list(project)?.missions;
    for id in late {
        let Some(mission) = missions.iter().find(|mission| mission.mission_id == id) else {
            waiting.push(format!("mission {id} is nowhere in this clone"));
            continue;
        };
        let place = placement::placement(project, mission)?;
        let message = "chore(decisions): record answers that had to wait [skip ci]";
        match commit(project, &held, mission, &place, message)? {
            (Outcome::Committed(_), warnings) => waiting.extend(warnings),
            (Outcome::Deferred(reason), _) => waiting.push(reason),
            (Outcome::Taken(path), _) => waiting.push(format!("{path} is no log")),
        }
    }
    Ok(waiting)
}
