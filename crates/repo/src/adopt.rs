//! Adopting what commands left in checkouts while they might not write to the git directory.

use std::fs;

use pawtrail_event::decision::{self, RowPayload};

use crate::error::{IoContext, Result};
use crate::glossary_log;
use crate::journal::Journal;
use crate::ledger::Ledger;
use crate::project::Project;
use crate::sandbox::{self, Content, Entry};

/// The one event of the glossary that changes more than its log.
const RESOLVED: &str = "GlossaryClarificationResolved";

/// Takes what waits into the spool, durably, and removes the files. Returns what could not be taken, and why.
pub(crate) fn adopt(project: &Project, _ledger: &Ledger) -> Result<Vec<String>> {
    let mut left = Vec::new();
    for file in sandbox::files(project)? {
        match sandbox::read(&file)? {
            Content::Entries(entries) => {
                take(project, &entries)?;
                if let Err(error) = fs::remove_file(&file).at("remove", &file) {
                    // It is taken; it will be taken again, and counts once.
                    left.push(error.to_string());
                }
            }
            Content::Gone => {}
            Content::Unknown(reason) => left.push(format!("{}: {reason}", file.display())),
        }
    }
    Ok(left)
}

fn take(project: &Project, entries: &[Entry]) -> Result<()> {
    for entry in entries {
        let (journal, event) = match entry {
            Entry::Event(row, line) => {
                let Some(mission) = &row.mission_id else {
                    continue;
                };
                let event = sandbox::sanitized(project, line)?;
                let file = if sandbox::is_glossary(row) {
                    glossary_log::append(project, mission, &event)?;
                    match &row.payload {
                        RowPayload::Other(name) if name == RESOLVED => glossary_log::SPOOL,
                        // The log is all that it is written to.
                        RowPayload::Other(_)
                        | RowPayload::Requested(_)
                        | RowPayload::Answered(_) => continue,
                    }
                } else {
                    decision::FILE
                };
                (Journal::of(project, mission, file), event)
            }
            Entry::Status(mission, row) => {
                let event = project.sanitizer().sanitize(row);
                (Journal::of_status(project, mission), event)
            }
        };
        journal.append_once(&event)?;
        journal.flush()?;
    }
    Ok(())
}
