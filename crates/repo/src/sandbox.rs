//! Lines of commands that may not write to the git directory: each is a file in the checkout until it is adopted.
//!
//! The sandboxes of coding agents leave the checkout open and close the git directory. There each writer makes a file
//! of its own, `.kittify/spool/<ulid>.jsonl`, whole from the moment it has that name. Git doesn't ignore it. The next
//! command that can write, in whatever checkout of the clone, takes its lines into the spool and removes it.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use pawtrail_event::decision::{self, Row, RowPayload};
use pawtrail_event::route::{LocalLog, route};
use pawtrail_event::status as event_status;
use pawtrail_event::{BuildId, MissionId, Sanitized, json};
use serde::Deserialize;
use serde_json::Value;

use crate::beyond;
use crate::checkouts;
use crate::durable::{self, Access};
use crate::error::{Error, IoContext, Result};
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

/// Returns this checkout's build id. Where the git directory is closed and has none yet, none can be stored, and what is
/// written gets one of its own.
///
/// # Errors
/// When the stored one can't be read.
pub(crate) fn build_id(project: &Project) -> Result<BuildId> {
    match project.build_id() {
        Err(error) if is_closed(&error) => Ok(BuildId::from(project.ulid())),
        known => known,
    }
}

/// Leaves an event in this checkout, durably; returns the file, relative to the checkout.
///
/// # Errors
/// `closed`, which says why the git directory can't be written, where there is no checkout; otherwise when the file
/// can't be written either.
pub(crate) fn leave(project: &Project, event: &Sanitized, closed: Error) -> Result<String> {
    leave_text(project, &event.to_line(), closed)
}

/// Leaves rows of a mission's status in this checkout, all in one file; returns it as [`leave`] does.
///
/// # Errors
/// As [`leave`]; [`Error::Invalid`] where they are too many for a file that is adopted.
pub(crate) fn leave_status(
    project: &Project,
    mission: &MissionId,
    rows: &[Sanitized],
    closed: Error,
) -> Result<String> {
    let rules = project.sanitizer();
    let wrapped = rows.iter().map(|row| {
        let line = serde_json::json!({
            "file": event_status::FILE, "mission_id": mission, "row": row.value(),
        });
        rules.sanitize(&line).to_line()
    });
    let text: String = wrapped.collect();
    if text.len() as u64 > MAX_BYTES {
        let message = format!(
            "{} rows are too many for a command that can't write to the git directory: they have more than \
             {MAX_BYTES} bytes; give fewer at a time",
            rows.len()
        );
        return Err(Error::invalid("WP", message));
    }
    leave_text(project, &text, closed)
}

fn leave_text(project: &Project, text: &str, closed: Error) -> Result<String> {
    let Some(root) = project.checkout() else {
        return Err(closed);
    };
    let name = format!("{DIR}/{}.jsonl", project.ulid());
    let path = root.join(&name);
    beyond::refuse(root, &name)?;
    if !durable::create_new(&path, text.as_bytes(), Access::Shared)? {
        return Err(Error::Damaged {
            path,
            message: "it is there already".to_owned(),
        });
    }
    // The directory may be new as well.
    durable::sync_dir(&root.join(".kittify"))?;
    Ok(name)
}

/// Returns the decisions that wait in the clone's checkouts for one mission.
pub(crate) fn lines(project: &Project, mission: &MissionId) -> Result<Vec<String>> {
    waiting(project, |entry| match entry {
        Entry::Event(row, line) => {
            (row.mission_id.as_ref() == Some(mission) && !is_glossary(&row)).then_some(line)
        }
        Entry::Status(..) => None,
    })
}

/// Returns the rows of a mission's status that wait in the clone's checkouts, as its file has them.
pub(crate) fn status_lines(project: &Project, mission: &MissionId) -> Result<Vec<String>> {
    waiting(project, |entry| match entry {
        Entry::Status(of, row) => (of == *mission).then(|| json::log(&row).trim_end().to_owned()),
        Entry::Event(..) => None,
    })
}

/// Returns the lines of glossaries that wait in the clone's checkouts.
pub(crate) fn glossary_lines(project: &Project) -> Result<Vec<String>> {
    waiting(project, |entry| match entry {
        Entry::Event(row, line) => is_glossary(&row).then_some(line),
        Entry::Status(..) => None,
    })
}

/// Returns the missions that something waits for.
pub(crate) fn missions(project: &Project) -> Result<Vec<MissionId>> {
    waiting(project, |entry| match entry {
        Entry::Event(row, _) => row.mission_id,
        Entry::Status(mission, _) => Some(mission),
    })
}

fn waiting<T>(project: &Project, pick: impl Fn(Entry) -> Option<T>) -> Result<Vec<T>> {
    let mut found = Vec::new();
    for file in files(project)? {
        if let Content::Entries(entries) = read(&file)? {
            found.extend(entries.into_iter().filter_map(&pick));
        }
    }
    Ok(found)
}

/// Says whether anything waits.
pub(crate) fn waits(project: &Project) -> Result<bool> {
    Ok(!files(project)?.is_empty())
}

/// Whether a row goes to the local log of a glossary.
pub(crate) fn is_glossary(row: &Row) -> bool {
    match &row.payload {
        RowPayload::Other(name) => {
            route(name).is_some_and(|route| route.local_log == Some(LocalLog::Glossary))
        }
        RowPayload::Requested(_) | RowPayload::Answered(_) => false,
    }
}

/// Whoever wrote the file, the rules for what an event may hold apply.
pub(crate) fn sanitized(project: &Project, line: &str) -> Result<Sanitized> {
    let value = serde_json::from_str(line).map_err(|error| Error::Git {
        action: "reading a line again".to_owned(),
        message: error.to_string(),
    })?;
    Ok(project.sanitizer().sanitize(&value))
}

/// A row of a status in such a file: most say nothing of their mission themselves.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wrapped {
    file: String,
    mission_id: MissionId,
    row: Value,
}

/// What a line of such a file holds.
pub(crate) enum Entry {
    /// An event, with its line.
    Event(Box<Row>, String),
    /// A row of a mission's status.
    Status(MissionId, Value),
}

pub(crate) enum Content {
    Entries(Vec<Entry>),
    /// Somebody else has adopted it.
    Gone,
    Unknown(String),
}

pub(crate) fn read(file: &Path) -> Result<Content> {
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
    let mut entries = Vec::new();
    for (at, line) in text.lines().enumerate() {
        match entry(line) {
            Ok(entry) => entries.push(entry),
            Err(reason) => return Ok(Content::Unknown(format!("line {}: {reason}", at + 1))),
        }
    }
    Ok(Content::Entries(entries))
}

fn entry(line: &str) -> std::result::Result<Entry, String> {
    if let Ok(wrapped) = serde_json::from_str::<Wrapped>(line) {
        if wrapped.file != event_status::FILE || !is_status(&wrapped.row) {
            return Err("it is no row of a mission's status".to_owned());
        }
        return Ok(Entry::Status(wrapped.mission_id, wrapped.row));
    }
    let row = decision::parse_row(line).map_err(|error| error.to_string())?;
    let known = match row.payload {
        RowPayload::Requested(_) | RowPayload::Answered(_) => row.mission_id.is_some(),
        RowPayload::Other(_) => row.mission_id.is_some() && is_glossary(&row),
    };
    match known {
        true => Ok(Entry::Event(Box::new(row), line.to_owned())),
        false => Err(
            "it is no decision of a mission, no row of its status and no event of its glossary"
                .to_owned(),
        ),
    }
}

/// Whether a value is a row such as a move, an annotation or a seeding leaves.
fn is_status(row: &Value) -> bool {
    let line = json::log(row);
    let log = event_status::Log::read(line.as_bytes());
    let mut rows = log.rows();
    rows.next().is_some_and(|(_, row)| match row {
        event_status::Row::Transition(_)
        | event_status::Row::Annotation(_)
        | event_status::Row::Lifecycle(_) => true,
        event_status::Row::DecisionPoint(_)
        | event_status::Row::Retrospective(_)
        | event_status::Row::Other(_) => false,
    })
}

/// The files of all checkouts, oldest first in each.
pub(crate) fn files(project: &Project) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for (root, _) in checkouts::places(project)? {
        let dir = root.join(DIR);
        let mut here = durable::entries(&dir)?;
        here.retain(|path| path.extension().is_some_and(|end| end == "jsonl"));
        // What lies beyond a link was put there by nobody here: it isn't read, and not removed.
        if here.is_empty() || beyond::on_disk(&root, &format!("{DIR}/any"))?.is_some() {
            continue;
        }
        here.sort();
        found.extend(here);
    }
    Ok(found)
}
