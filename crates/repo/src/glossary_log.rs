//! The local log of the glossary: one file a mission in the primary checkout, not tracked by git, appended under a lock and flushed.

use std::path::PathBuf;

use pawtrail_event::envelope::EnvelopeId;
use pawtrail_event::glossary::Log;
use pawtrail_event::{MissionId, Sanitized, json};
use serde_json::Value;

use crate::beyond;
use crate::error::Result;
use crate::local_log::{self, Places};
use crate::lock::{self, Lock};
use crate::project::Project;
use crate::{durable, sandbox};

/// Where the logs are in a checkout.
pub(crate) const DIR: &str = ".kittify/events/glossary";
const PLACES: Places = Places {
    writing: "glossary::append",
    written: "glossary::appended",
};
/// The name of a mission's spool of resolutions that are in no commit yet.
pub(crate) const SPOOL: &str = "glossary.events.jsonl";

/// Appends an event to the log of its mission, durably; returns the file, relative to the checkout.
pub(crate) fn append(project: &Project, mission: &MissionId, event: &Sanitized) -> Result<String> {
    let (path, name) = file(project, mission);
    if let Some(root) = project.primary() {
        beyond::refuse(root, &name)?;
    }
    let lock = project.state_dir().join("locks").join("glossary.lock");
    let _lock = Lock::acquire(&lock, lock::PATIENCE)?;
    local_log::append(&path, &event.to_line(), 4, PLACES)?;
    Ok(name)
}

/// Appends a recorded line to the log of its mission, unless the log has it.
pub(crate) fn restore(project: &Project, mission: &MissionId, line: &str) -> Result<()> {
    let row = Log::read(format!("{line}\n").as_bytes()).rows.pop();
    let Some(id) = row.and_then(|row| row.event_id) else {
        return Ok(());
    };
    let content = durable::read(&file(project, mission).0)?.unwrap_or_default();
    let known = Log::read(&content).rows;
    if known.iter().any(|row| row.event_id.as_deref() == Some(&id)) {
        return Ok(());
    }
    let event = sandbox::sanitized(project, line)?;
    append(project, mission, &event).map(drop)
}

/// An event of a mission's log as Pawtrail wrote it.
#[derive(Debug, Clone, PartialEq)]
pub struct Logged {
    /// Its identity.
    pub event_id: EnvelopeId,
    /// Its type.
    pub event_type: String,
    /// When it happened, as it was written.
    pub at: String,
    /// What it says.
    pub payload: Sanitized,
}

impl Logged {
    /// Returns the event that led to this one: of an answer, the question.
    pub fn causation(&self) -> Option<EnvelopeId> {
        let request = self.payload.value().get("clarification_event_id")?;
        request.as_str()?.parse().ok()
    }
}

/// Returns the events of a mission's log in the order of the file. Rows of the Python tool, which have another shape, are
/// left out.
///
/// # Errors
/// When the log can't be read.
pub fn logged(project: &Project, mission: &MissionId) -> Result<Vec<Logged>> {
    let content = durable::read(&file(project, mission).0)?.unwrap_or_default();
    let end = content
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |last| last + 1);
    let lines = content[..end].split(|byte| *byte == b'\n');
    let texts = lines.filter_map(|line| std::str::from_utf8(line).ok());
    Ok(texts.filter_map(|line| event(project, line)).collect())
}

fn event(project: &Project, line: &str) -> Option<Logged> {
    let mut row = json::parse(line).ok()?;
    let payload = row.remove("payload").filter(Value::is_object)?;
    let text = |key: &str| row.get(key).and_then(Value::as_str);
    Some(Logged {
        event_id: text("event_id")?.parse().ok()?,
        event_type: text("event_type")?.to_owned(),
        at: text("at")?.to_owned(),
        payload: project.sanitizer().sanitize(&payload),
    })
}

fn file(project: &Project, mission: &MissionId) -> (PathBuf, String) {
    let (dir, name) = home(project);
    let file = format!("{mission}.events.jsonl");
    (dir.join(&file), format!("{name}/{file}"))
}

/// The directory of our logs, and how a receipt names it, relative to the repository's root. A clone without a primary
/// checkout has it in its git directory, which is its root.
pub(crate) fn home(project: &Project) -> (PathBuf, String) {
    match project.primary() {
        Some(root) => (root.join(DIR), DIR.to_owned()),
        None => {
            let dir = project.state_dir().join("events").join("glossary");
            let inside = dir.strip_prefix(project.common_dir()).unwrap_or(&dir);
            let name = inside.to_string_lossy().replace('\\', "/");
            (dir, name)
        }
    }
}
