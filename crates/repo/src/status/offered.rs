//! The rows of a mission's status that are for a hub: those in a commit of the ledger branch that this clone chose.
//!
//! Who has read a log before goes on behind what it saw: a log grows, and reading it anew after each row would cost more
//! than to write it.

use std::ops::Range;

use gix::ObjectId;
use gix::bstr::ByteSlice;
use pawtrail_event::MissionId;
use pawtrail_event::status::{self, Content, Line, Log, QueueEvent, RepoEvidence};

use super::read::Basis;
use crate::error::{GitContext, Result};
use crate::ledger::Committed;
use crate::project::{self, Project};
use crate::{history, record, references};

/// How far somebody has read a log: the lines at its beginning, all of them whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// How many bytes these lines have.
    pub bytes: usize,
    /// What git calls a file of these lines and no more.
    pub object: Vec<u8>,
}

/// One row that has an identity.
#[derive(Debug, Clone, PartialEq)]
pub struct Offered {
    /// Its event, as it was written.
    pub event_id: String,
    /// What the hub is to be told of it; none where that is nothing.
    pub event: Option<QueueEvent>,
}

/// What a write put behind a log that it had read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appended {
    /// The log before; none where there was none.
    before: Option<Seen>,
    /// The log as it is in the write's commit.
    after: Seen,
    /// What was put behind it.
    rows: Vec<u8>,
    commit: RepoEvidence,
}

/// Rows that somebody has not seen, or of which it isn't known.
#[derive(Debug, Clone, PartialEq)]
pub struct Offers {
    /// How far the log is read once these are.
    pub seen: Option<Seen>,
    content: Vec<u8>,
    rows: Vec<(String, Range<usize>)>,
    commit: RepoEvidence,
}

impl Offers {
    fn none(seen: Option<&Seen>) -> Self {
        Self {
            seen: seen.cloned(),
            content: Vec::new(),
            rows: Vec::new(),
            commit: evidence(None, "", "unknown".to_owned()),
        }
    }

    /// Finds the rows of a content from a place on.
    fn of(content: Vec<u8>, from: usize, seen: Option<Seen>, commit: RepoEvidence) -> Self {
        let mut rows = Vec::new();
        let mut at = from;
        for line in Log::read(content.get(from..).unwrap_or_default()).lines {
            let end = at + line.raw.len();
            if let Content::Row(row) = &line.content
                && let Some(id) = row.event_id()
            {
                rows.push((id.to_owned(), at..end));
            }
            at = end;
        }
        Self {
            seen,
            content,
            rows,
            commit,
        }
    }

    /// Returns the event id of each row, as it was written.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.rows.iter().map(|(id, _)| id.as_str())
    }

    /// Returns what the hub is to be told of the row at this place; none where that is nothing.
    pub fn event(&self, at: usize) -> Option<QueueEvent> {
        let (_, range) = self.rows.get(at)?;
        let log = Log::read(self.content.get(range.clone())?);
        // A row that can't be kept exactly is damaged: `doctor` says so, and no hub gets it.
        let event = |line: &Line<'_>| status::queue_event(line, &self.commit).ok().flatten();
        log.lines.first().and_then(event)
    }
}

impl Appended {
    /// Returns the rows, if this is the log that they were put behind.
    pub fn behind(&self, seen: Option<&Seen>) -> Option<Offers> {
        (self.before.as_ref() == seen).then(|| {
            Offers::of(
                self.rows.clone(),
                0,
                Some(self.after.clone()),
                self.commit.clone(),
            )
        })
    }

    /// Says what a commit put behind the log that was known, where that is these rows alone.
    pub(super) fn of(
        project: &Project,
        path: &str,
        basis: Basis,
        done: &Committed,
        rows: &str,
        commit: RepoEvidence,
    ) -> Result<Option<Self>> {
        let before = match done.parent {
            Some(parent) => history::entry_at(project, parent, path)?,
            None => None,
        };
        let Some(after) = history::entry_at(project, done.commit, path)? else {
            return Ok(None);
        };
        let header = project.git().find_header(after).git("measuring a log")?;
        let bytes = basis.bytes + rows.len();
        // Another tool's lines may have come along, and then the log is longer.
        if !done.new || before != basis.blob || header.size() != bytes as u64 {
            return Ok(None);
        }
        Ok(Some(Self {
            before: before.map(|blob| seen(basis.bytes, blob)),
            after: seen(bytes, after),
            rows: rows.as_bytes().to_vec(),
            commit,
        }))
    }
}

fn seen(bytes: usize, blob: ObjectId) -> Seen {
    Seen {
        bytes,
        object: blob.as_bytes().to_vec(),
    }
}

/// Returns the missions that this clone has written to, or whose ledger branch was chosen here.
///
/// # Errors
/// When the records can't be read.
pub fn recorded(project: &Project) -> Result<Vec<MissionId>> {
    record::missions(project)
}

/// Returns the rows of a mission behind what was seen, in the order of its file; all of them, where the log no longer
/// begins with that: a merge puts rows in between. None where this clone never wrote to it.
///
/// # Errors
/// When git's data or the record can't be read.
pub fn offered(project: &Project, mission: &MissionId, before: Option<&Seen>) -> Result<Offers> {
    let Some(record) = record::read(project, mission)? else {
        return Ok(Offers::none(before));
    };
    let Some(tip) = history::tip(project, &record.ledger_ref)? else {
        return Ok(Offers::none(before));
    };
    let path = format!("kitty-specs/{}/{}", record.mission_slug, status::FILE);
    let Some(blob) = history::entry_at(project, tip, &path)? else {
        return Ok(Offers::none(before));
    };
    if before.is_some_and(|before| before.object == blob.as_bytes()) {
        return Ok(Offers::none(before));
    }
    let content = history::content(project, blob)?;
    let from = match before {
        Some(before) if begins_with(&content, before, blob)? => before.bytes,
        Some(_) | None => 0,
    };
    let whole = content.rfind_byte(b'\n').map_or(0, |last| last + 1);
    let object = match whole == content.len() {
        true => blob,
        false => hash(&content[..whole], blob)?,
    };
    let slug = project.identity()?.and_then(|identity| identity.slug);
    let commit = evidence(slug, &record.ledger_ref, project::hash(tip).to_string());
    Ok(Offers::of(content, from, Some(seen(whole, object)), commit))
}

/// Where rows stand, for those that don't say it.
pub(super) fn evidence(slug: Option<String>, branch: &str, commit: String) -> RepoEvidence {
    RepoEvidence {
        repo: slug.unwrap_or_else(|| "local".to_owned()),
        branch: references::short(branch).to_owned(),
        commit,
        files_touched: Vec::new(),
    }
}

fn begins_with(content: &[u8], before: &Seen, like: ObjectId) -> Result<bool> {
    match content.get(..before.bytes) {
        Some(beginning) => Ok(hash(beginning, like)?.as_bytes() == before.object),
        None => Ok(false),
    }
}

/// Returns what git calls a file of this content, in the way it calls the other one.
fn hash(content: &[u8], like: ObjectId) -> Result<ObjectId> {
    gix::objs::compute_hash(like.kind(), gix::objs::Kind::Blob, content).git("summing up a log")
}
