//! Reading the logs of all missions together, with what waits in spools and sandboxes.

use std::fs;
use std::path::PathBuf;

use pawtrail_event::MissionId;
use pawtrail_event::decision::Damaged;
use pawtrail_event::glossary::Log;

use crate::error::{Error, IoContext, Result};
use crate::glossary_log::{self, DIR, SPOOL};
use crate::journal::{self, Journal};
use crate::project::Project;
use crate::{durable, sandbox};

/// Larger logs are not read: somebody has to look at them.
const LIMIT: u64 = 512 * 1024 * 1024;

/// What the logs of a clone hold together.
#[derive(Debug, Default)]
pub(super) struct Logs {
    pub(super) log: Log,
    /// Damaged lines, with the file they stand in.
    pub(super) damaged: Vec<(String, Damaged)>,
}

/// Reads all logs: of the primary checkout and of this one, where the Python tool writes, and what waits in spools and
/// sandboxes.
pub(super) fn read(project: &Project) -> Result<Logs> {
    let mut all = Logs::default();
    for dir in dirs(project) {
        let mut files = durable::entries(&dir)?;
        files.retain(|path| path.to_string_lossy().ends_with(".events.jsonl"));
        files.sort();
        for path in files {
            let known = fs::symlink_metadata(&path).at("inspect", &path)?;
            if !known.is_file() || known.len() > LIMIT {
                return Err(Error::Damaged {
                    path,
                    message: format!("it is no file of at most {LIMIT} bytes"),
                });
            }
            let content = durable::read(&path)?.unwrap_or_default();
            let mut read = Log::read(&content);
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            all.damaged.extend(
                read.damaged
                    .drain(..)
                    .map(|line| (format!("{DIR}/{name}"), line)),
            );
            all.log.add(read.rows);
        }
    }
    for line in sandbox::glossary_lines(project)? {
        all.log.add(Log::read(format!("{line}\n").as_bytes()).rows);
    }
    for line in waiting(project)?.into_iter().flat_map(|(_, lines)| lines) {
        all.log.add(Log::read(format!("{line}\n").as_bytes()).rows);
    }
    Ok(all)
}

/// The directories that hold logs; the first is ours.
fn dirs(project: &Project) -> Vec<PathBuf> {
    let ours = glossary_log::home(project).0;
    let mut dirs = vec![ours];
    for root in project.roots() {
        let dir = root.join(DIR);
        if !dirs.contains(&dir) {
            dirs.push(dir);
        }
    }
    dirs
}

/// The resolutions that wait in spools, by mission.
pub(super) fn waiting(project: &Project) -> Result<Vec<(MissionId, Vec<String>)>> {
    let mut found = Vec::new();
    for id in journal::spooling_missions(project)? {
        let lines = Journal::of(project, &id, SPOOL).spooled()?;
        if !lines.is_empty() {
            found.push((id, lines));
        }
    }
    Ok(found)
}
