//! Lines of commands that may not write to the git directory: each is a file in the checkout until it is adopted.
//!
//! The sandboxes of coding agents leave the checkout open and close the git directory. There each writer makes a file
//! of its own, `.kittify/spool/<ulid>.jsonl`, whole from the moment it has that name. Git doesn't ignore it. The next
//! command that can write, in whatever checkout of the clone, takes its lines into the spool and removes it.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use pawtrail_event::decision::{self, Row, RowPayload};
use pawtrail_event::{MissionId, Sanitized};

use crate::checkouts;
use crate::durable::{self, Access};
use crate::error::{Error, IoContext, Result};
use crate::journal::Journal;
use crate::ledger::Ledger;
use crate::project::Project;

const DIR: &str = ".kittify/spool";
/// Larger files are none of ours.
const MAX_BYTES: u64 = 1024 * 1024;

/// Says whether an error means that this process may not write to the git directory.
pub(crate) fn is_closed(error: &Error) -> bool {
    if let Error::Io { source, .. } = error {
        matches!(
            source.kind(),
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem
        )
    } else {
        false
    }
}

/// Leaves an event in this checkout, durably; returns the file, relative to the checkout.
///
/// # Errors
/// `closed`, which says why the git directory can't be written, where there is no checkout; otherwise when the file
/// can't be written either.
pub(crate) fn leave(project: &Project, event: &Sanitized, closed: Error) -> Result<String> {
    let Some(root) = project.checkout() else {
        return Err(closed);
    };
    let name = format!("{DIR}/{}.jsonl", project.ulid());
    let path = root.join(&name);
    if !durable::create_new(&path, event.to_line().as_bytes(), Access::Shared)? {
        return Err(Error::Damaged {
            path,
            message: "it is there already".to_owned(),
        });
    }
    // The directory may be new as well.
    durable::sync_dir(&root.join(".kittify"))?;
    Ok(name)
}

/// Returns the lines that wait in the clone's checkouts for one mission.
pub(crate) fn lines(project: &Project, mission: &MissionId) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for file in files(project)? {
        if let Content::Events(events) = read(&file)? {
            found.extend(
                events
                    .into_iter()
                    .filter(|(row, _)| row.mission_id.as_ref() == Some(mission))
                    .map(|(_, line)| line),
            );
        }
    }
    Ok(found)
}

/// Returns the missions that something waits for.
pub(crate) fn missions(project: &Project) -> Result<Vec<MissionId>> {
    let mut found = Vec::new();
    for file in files(project)? {
        if let Content::Events(events) = read(&file)? {
            found.extend(events.into_iter().filter_map(|(row, _)| row.mission_id));
        }
    }
    Ok(found)
}

/// Says whether anything waits.
pub(crate) fn waits(project: &Project) -> Result<bool> {
    Ok(!files(project)?.is_empty())
}

/// Takes what waits into the spool, durably, and removes the files. Returns what could not be taken, and why.
pub(crate) fn adopt(project: &Project, _ledger: &Ledger) -> Result<Vec<String>> {
    let mut left = Vec::new();
    for file in files(project)? {
        match read(&file)? {
            Content::Events(events) => {
                take(project, &events)?;
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

fn take(project: &Project, events: &[(Row, String)]) -> Result<()> {
    for (row, line) in events {
        let Some(mission) = &row.mission_id else {
            continue;
        };
        let journal = Journal::of(project, mission, decision::FILE);
        let event = sanitized(project, line)?;
        if !journal
            .spooled()?
            .iter()
            .any(|known| known == event.to_line().trim_end())
        {
            journal.append(&event)?;
        }
        journal.flush()?;
    }
    Ok(())
}

/// Whoever wrote the file, the rules for what an event may hold apply.
fn sanitized(project: &Project, line: &str) -> Result<Sanitized> {
    let value = serde_json::from_str(line).map_err(|error| Error::Git {
        action: "reading a line again".to_owned(),
        message: error.to_string(),
    })?;
    Ok(project.sanitizer().sanitize(&value))
}

enum Content {
    Events(Vec<(Row, String)>),
    /// Somebody else has adopted it.
    Gone,
    Unknown(String),
}

fn read(file: &Path) -> Result<Content> {
    match fs::symlink_metadata(file) {
        Ok(known) if !known.is_file() => return Ok(Content::Unknown("it is no file".to_owned())),
        Ok(known) if known.len() > MAX_BYTES => {
            return Ok(Content::Unknown(format!(
                "it has more than {MAX_BYTES} bytes"
            )));
        }
        Ok(_) => {}
        Err(error) if durable::is_absent(&error) => return Ok(Content::Gone),
        Err(error) => return Err(error).at("inspect", file),
    }
    let Some(content) = durable::read(file)? else {
        return Ok(Content::Gone);
    };
    let Ok(text) = String::from_utf8(content) else {
        return Ok(Content::Unknown("it is no UTF-8".to_owned()));
    };
    let mut events = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let known = |row: &Row| match row.payload {
            RowPayload::Requested(_) | RowPayload::Answered(_) => row.mission_id.is_some(),
            RowPayload::Other(_) => false,
        };
        match decision::parse_row(line) {
            Ok(row) if known(&row) => events.push((row, line.to_owned())),
            Ok(_) => {
                return Ok(Content::Unknown(format!(
                    "line {} is no decision of a mission",
                    at + 1
                )));
            }
            Err(error) => return Ok(Content::Unknown(format!("line {}: {error}", at + 1))),
        }
    }
    Ok(Content::Events(events))
}

/// The files of all checkouts, oldest first in each.
fn files(project: &Project) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for checkout in checkouts::all(project)? {
        let dir = checkout.root.join(DIR);
        let entries = match fs::read_dir(&dir) {
            Ok(entries) => entries,
            Err(error) if durable::is_absent(&error) => continue,
            Err(error) => return Err(error).at("list", &dir),
        };
        let mut here = Vec::new();
        for entry in entries {
            let path = entry.at("list", &dir)?.path();
            if path.extension().is_some_and(|end| end == "jsonl") {
                here.push(path);
            }
        }
        here.sort();
        found.extend(here);
    }
    Ok(found)
}
