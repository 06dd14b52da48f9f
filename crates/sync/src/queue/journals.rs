//! All journals of a clone whose rows go to a hub: the project's own, and of each mission status, glossary and run.

use pawtrail_event::envelope::EnvelopeId;
use pawtrail_repo::{Project, mission, runs, status};

use super::glossary_rows::GlossaryLog;
use super::project_rows::ProjectLog;
use super::run_rows::RunLog;
use super::status_rows::{self, StatusLog};
use super::{Journal, Queue, kept_back};
use crate::error::SyncError;

/// Queues what the journals of all missions hold and the queue never had: what died between a row and
/// the queue, and what the Python tool wrote.
///
/// # Errors
/// When a journal or the queue can't be read or written.
pub(crate) fn catch_up_all(project: &Project) -> Result<(), SyncError> {
    // A clone that has nothing to send needs no queue.
    let mut queue: Option<Queue> = Queue::open_existing(&project.state_dir())?;
    for mission in &status::recorded(project)? {
        if queue.is_some()
            || !StatusLog::read(project, mission, None, None)?
                .ids
                .is_empty()
        {
            status_rows::catch_up(opened(project, &mut queue)?, project, mission, None)?;
        }
    }
    each(project, |journal| {
        opened(project, &mut queue)?
            .catch_up(project, journal)
            .map(drop)
    })
}

fn opened<'q>(project: &Project, queue: &'q mut Option<Queue>) -> Result<&'q mut Queue, SyncError> {
    let open = match queue.take() {
        Some(open) => open,
        None => Queue::open(project)?,
    };
    Ok(queue.insert(open))
}

/// Counts the events that [`catch_up_all`] would queue. It changes nothing.
///
/// # Errors
/// When a journal or the queue can't be read.
pub(crate) fn uncaught(project: &Project) -> Result<usize, SyncError> {
    let seen = Queue::look(&project.state_dir(), |queue| count(project, Some(queue)))?;
    match seen {
        Some(count) => Ok(count),
        None => count(project, None),
    }
}

/// Which of these a queue would be new to, if it were made now.
fn uncovered(project: &Project, ids: &[EnvelopeId]) -> Result<Vec<usize>, SyncError> {
    let kept_back = kept_back::of_state(&project.state_dir())?;
    let each = ids.iter().enumerate();
    let new = each.filter(|(_, id)| !kept_back.contains(id.as_str()));
    Ok(new.map(|(at, _)| at).collect())
}

/// Counts the events among the rows that a queue never had; among all rows, where there is none.
fn count(project: &Project, queue: Option<&Queue>) -> Result<usize, SyncError> {
    let mut count = 0;
    for mission in &status::recorded(project)? {
        let cursor = match queue {
            Some(queue) => queue.cursor(&status_rows::name(mission))?,
            None => None,
        };
        let log = StatusLog::read(project, mission, cursor, None)?;
        let fresh = match queue {
            Some(queue) => queue.fresh(&log.ids)?,
            None => uncovered(project, &log.ids)?,
        };
        count += fresh
            .into_iter()
            .filter(|at| log.draft(*at).is_some())
            .count();
    }
    each(project, |journal| {
        let fresh = match queue {
            Some(queue) => queue.unseen(journal)?,
            None => uncovered(project, journal.ids())?,
        };
        let drafted = fresh.into_iter().filter(|at| journal.draft(*at).is_some());
        count += drafted.count();
        Ok(())
    })?;
    Ok(count)
}

/// Visits the journals that have rows, but for status logs.
fn each(
    project: &Project,
    mut visit: impl FnMut(&dyn Journal) -> Result<(), SyncError>,
) -> Result<(), SyncError> {
    let mut offer = |journal: &dyn Journal| match journal.ids().is_empty() {
        true => Ok(()),
        false => visit(journal),
    };
    offer(&ProjectLog::read(project)?)?;
    let recorded = status::recorded(project)?;
    for mission in &recorded {
        offer(&GlossaryLog::read(project, mission)?)?;
    }
    for mission in &runs::missions(project)? {
        offer(&RunLog::read(project, mission)?)?;
    }
    // A glossary's log needs no ledger branch, so its mission may not be recorded.
    for mission in mission::list(project)?.missions {
        if !recorded.contains(&mission.mission_id) {
            offer(&GlossaryLog::read(project, &mission.mission_id)?)?;
        }
    }
    Ok(())
}
