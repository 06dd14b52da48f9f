//! What the hub is to be told of rows: the events from which the queue makes its envelopes.

use pawtrail_event::status::{self, Log, QueueEvent, RepoEvidence};

use crate::error::{Error, Result};
use crate::project::Project;
use crate::receipt::Receipt;

/// Returns what the hub is to be told of rows that are in a commit.
pub(crate) fn of(project: &Project, log: &str, receipt: &Receipt) -> Result<Vec<QueueEvent>> {
    let slug = project.identity()?.and_then(|identity| identity.slug);
    let branch = &receipt.r#ref;
    let commit = RepoEvidence {
        repo: slug.unwrap_or_else(|| "local".to_owned()),
        branch: branch
            .strip_prefix("refs/heads/")
            .unwrap_or(branch)
            .to_owned(),
        commit: receipt
            .commit
            .as_ref()
            .map_or("unknown", |commit| commit.as_str())
            .to_owned(),
        files_touched: Vec::new(),
    };
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
