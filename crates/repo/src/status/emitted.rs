//! What the hub is to be told of rows: the events from which the queue makes its envelopes.

use pawtrail_event::status::{self, Log, QueueEvent, RepoEvidence};

use super::offered::evidence;
use crate::error::{Error, Result};
use crate::project::Project;
use crate::receipt::Receipt;

/// Returns what the hub is to be told of rows that are in a commit.
pub(crate) fn of(project: &Project, log: &str, receipt: &Receipt) -> Result<Vec<QueueEvent>> {
    let commit = place(project, receipt)?;
    let log = Log::read(log.as_bytes());
    let events = log
        .lines
        .iter()
        .filter_map(|line| status::queue_event(line, &commit).transpose());
    events
        .collect::<std::result::Result<_, _>>()
        .map_err(|error| Error::Git {
            action: "reading a row again".to_owned(),
            message: error.to_string(),
        })
}

/// The commit of a write, for rows that name none.
pub(super) fn place(project: &Project, receipt: &Receipt) -> Result<RepoEvidence> {
    let slug = project.identity()?.and_then(|identity| identity.slug);
    let commit = receipt.commit.as_ref().map(ToString::to_string);
    let commit = commit.unwrap_or_else(|| "unknown".to_owned());
    Ok(evidence(slug, &receipt.r#ref, commit))
}
