//! What waits in the spools of this clone, and in those that sandboxes left, for its commit.

use pawtrail_event::MissionId;
use pawtrail_event::decision::{self, RowPayload};
use serde::Serialize;

use crate::error::Result;
use crate::glossary_log;
use crate::journal::{self, Journal};
use crate::project::Project;
use crate::sandbox;

/// The lines of one mission that are recorded and in no commit yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Waiting {
    /// The mission.
    pub mission_id: MissionId,
    /// How many lines wait.
    pub lines: usize,
    /// How many of them are answers, resolutions of the glossary among them. A request waits for its answer; an answer should not wait.
    pub answers: usize,
    /// How many of them are status rows, which should not wait either.
    pub status: usize,
}

impl Waiting {
    /// Returns how many lines should not wait.
    pub(crate) fn late(&self) -> usize {
        self.answers + self.status
    }
}

/// Lists the missions of which something waits. It reads and never writes.
///
/// # Errors
/// When a spool can't be read.
pub fn waiting(project: &Project) -> Result<Vec<Waiting>> {
    let mut missions = journal::spooling_missions(project)?;
    missions.extend(sandbox::missions(project)?);
    missions.sort();
    missions.dedup();
    let mut found = Vec::new();
    for mission_id in missions {
        let mut lines = Journal::of(project, &mission_id, decision::FILE).spooled()?;
        lines.extend(sandbox::lines(project, &mission_id)?);
        lines.sort();
        lines.dedup();
        let resolutions = Journal::of(project, &mission_id, glossary_log::SPOOL).spooled()?;
        let late = resolutions.len();
        lines.extend(resolutions);
        let mut rows = Journal::of_status(project, &mission_id).spooled()?;
        rows.extend(sandbox::status_lines(project, &mission_id)?);
        rows.sort();
        rows.dedup();
        if lines.is_empty() && rows.is_empty() {
            continue;
        }
        found.push(Waiting {
            lines: lines.len() + rows.len(),
            status: rows.len(),
            answers: lines.iter().filter(|line| is_answer(line)).count() + late,
            mission_id,
        });
    }
    Ok(found)
}

/// Whether a line is an answer.
pub(crate) fn is_answer(line: &str) -> bool {
    decision::parse_row(line).is_ok_and(|row| matches!(row.payload, RowPayload::Answered(_)))
}
