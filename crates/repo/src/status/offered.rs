//! The rows of a mission's status that are for a hub: those in a commit of the ledger branch that this clone chose.

use pawtrail_event::MissionId;
use pawtrail_event::status::{self, Log, QueueEvent, RepoEvidence};

use crate::error::Result;
use crate::project::{self, Project};
use crate::{history, record};

/// One row that has an identity.
#[derive(Debug, Clone, PartialEq)]
pub struct Offered {
    /// Its event, as it was written.
    pub event_id: String,
    /// What the hub is to be told of it; none where that is nothing.
    pub event: Option<QueueEvent>,
}

/// Returns the missions that this clone has written to, or whose ledger branch was chosen here.
///
/// # Errors
/// When the records can't be read.
pub fn recorded(project: &Project) -> Result<Vec<MissionId>> {
    record::missions(project)
}

/// Returns the rows of a mission in the order of its file; none where this clone never wrote to it.
///
/// # Errors
/// When git's data or the record can't be read.
pub fn offered(project: &Project, mission: &MissionId) -> Result<Vec<Offered>> {
    let Some(record) = record::read(project, mission)? else {
        return Ok(Vec::new());
    };
    let Some(tip) = history::tip(project, &record.ledger_ref)? else {
        return Ok(Vec::new());
    };
    let path = format!("kitty-specs/{}/{}", record.mission_slug, status::FILE);
    let content = history::file_at(project, tip, &path)?.unwrap_or_default();
    let slug = project.identity()?.and_then(|identity| identity.slug);
    let branch = &record.ledger_ref;
    let commit = RepoEvidence {
        repo: slug.unwrap_or_else(|| "local".to_owned()),
        branch: branch
            .strip_prefix("refs/heads/")
            .unwrap_or(branch)
            .to_owned(),
        commit: project::hash(tip).to_string(),
        files_touched: Vec::new(),
    };
    let log = Log::read(&content);
    let rows = log.lines.iter().filter_map(|line| {
        let status::Content::Row(row) = &line.content else {
            return None;
        };
        Some(Offered {
            event_id: row.event_id()?.to_owned(),
            // A row that can't be kept exactly is damaged: `doctor` says so, and no hub gets it.
            event: status::queue_event(line, &commit).ok().flatten(),
        })
    });
    Ok(rows.collect())
}
