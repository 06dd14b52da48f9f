//! The project's own log, `.kittify/canonical-events.jsonl`: that the project was given its identity.
//!
//! It is a file of the project, committed by its users as its configuration is; the Python tool writes the same rows.

use std::path::Path;

use pawtrail_event::EventId;
use pawtrail_event::status::{self, Log, QueueEvent, RepoEvidence};

use crate::error::Result;
use crate::identity::Identity;
use crate::lines;
use crate::project::Project;
use crate::status::Offered;
use crate::{durable, lock};

/// The log's path, relative to the repository root.
pub const FILE: &str = ".kittify/canonical-events.jsonl";
/// Who gives a project its identity.
const ACTOR: &str = "pawtrail init";

/// Adds the row of a new identity, durably.
pub(crate) fn initialized(project: &Project, root: &Path, identity: &Identity) -> Result<()> {
    let row = status::project_initialized(
        &EventId::from(project.ulid()),
        project.now(),
        &(identity.uuid.clone(), identity.slug.clone()),
        ACTOR,
        env!("CARGO_PKG_VERSION"),
        project.sanitizer(),
    );
    let path = root.join(FILE);
    let held = project.state_dir().join("locks").join("project-log.lock");
    let _held = lock::Lock::acquire(&held, lock::PATIENCE)?;
    let before = durable::read(&path)?.unwrap_or_default();
    let after = lines::union(&before, &[status::line(&row).trim_end().to_owned()]);
    durable::replace(&path, &after, durable::Access::Shared)
}

/// Returns the rows of the log of this checkout, else of the primary one; none where there is no log.
///
/// # Errors
/// When the log can't be read.
pub fn offered(project: &Project) -> Result<Vec<Offered>> {
    let mut content = None;
    for root in project.roots() {
        content = durable::read(&root.join(FILE))?;
        if content.is_some() {
            break;
        }
    }
    let content = content.unwrap_or_default();
    // Rows of a project's life carry no commit.
    let nowhere = RepoEvidence {
        repo: String::new(),
        branch: String::new(),
        commit: String::new(),
        files_touched: Vec::new(),
    };
    let log = Log::read(&content);
    let rows = log.lines.iter().filter_map(|line| {
        let status::Content::Row(row) = &line.content else {
            return None;
        };
        let event: Option<QueueEvent> = status::queue_event(line, &nowhere).ok().flatten();
        Some(Offered {
            event_id: row.event_id()?.to_owned(),
            // A mission's row has no place here.
            event: event.filter(|event| event.event_type == status::PROJECT_INITIALIZED),
        })
    });
    Ok(rows.collect())
}
