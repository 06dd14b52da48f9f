//! Catching up: what journals hold and the queue never got is derived from their rows.
//!
//! A cursor a journal says how much of it was looked at, with a digest of that. Where a journal only
//! grew, the rest is new. Where it changed otherwise (a merge puts rows in between), each row is asked
//! for by its id. Cursor and events are written in one transaction, so a process that dies in between
//! leaves both as they were.

use std::collections::HashSet;

use pawtrail_event::envelope::EnvelopeId;
use pawtrail_repo::{Project, clock};
use rusqlite::{Connection, OptionalExtension, params};
use sha2::{Digest, Sha256};

use super::draft::{Draft, Origin};
use super::{Added, Queue, add_one, failed};
use crate::error::SyncError;

/// A journal whose rows go to a hub: the rows of one mission's log, in the order of the file.
pub trait Journal {
    /// Names it among all journals of the clone: `status/<mission id>`.
    fn name(&self) -> String;

    /// Returns the id of each row; the same row always has the same.
    fn ids(&self) -> &[EnvelopeId];

    /// Drafts the event of the row at this place; none where it doesn't go to a hub.
    fn draft(&self, at: usize) -> Option<Draft>;
}

/// What a look at a journal brought.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CaughtUp {
    /// Rows that were new to the queue, of whatever type.
    pub rows: usize,
    /// What became of those that go to a hub.
    pub added: Added,
}

/// How much of a journal was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cursor {
    /// So much from its beginning, in what its kind of journal counts: rows, or bytes. The table calls it `rows`.
    pub(super) length: usize,
    /// What tells this beginning from another.
    pub(super) digest: Vec<u8>,
}

/// Queues what a journal holds and the queue never had. A journal without rows needs no queue.
pub(super) fn offer(project: &Project, journal: &dyn Journal) -> Result<CaughtUp, SyncError> {
    if journal.ids().is_empty() {
        return Ok(CaughtUp::default());
    }
    Queue::open(project)?.catch_up(project, journal)
}

impl Queue {
    /// Queues what a journal holds and the queue never had, durably.
    ///
    /// # Errors
    /// When the file can't be read or written, or the project has no identity. Then nothing was
    /// queued, and the next call finds the same rows.
    pub fn catch_up(
        &mut self,
        project: &Project,
        journal: &dyn Journal,
    ) -> Result<CaughtUp, SyncError> {
        // Without an identity nothing is anybody's; once there is one, all of it is found.
        if project.identity()?.is_none() {
            return Ok(CaughtUp::default());
        }
        let ids = journal.ids();
        let name = journal.name();
        let (start, is_all) = self.start(&name, ids)?;
        if is_all {
            return Ok(CaughtUp::default());
        }
        let cursor = Cursor {
            length: ids.len(),
            digest: digest(ids),
        };
        let draft = |at| journal.draft(start + at);
        self.take_in(project, &name, &cursor, &ids[start..], draft)
    }

    /// Queues those of some rows that the queue never had, and moves the journal's cursor.
    pub(super) fn take_in(
        &mut self,
        project: &Project,
        name: &str,
        cursor: &Cursor,
        ids: &[EnvelopeId],
        draft: impl Fn(usize) -> Option<Draft>,
    ) -> Result<CaughtUp, SyncError> {
        let fresh = self.fresh(ids)?;
        let drafts: Vec<Draft> = fresh.iter().filter_map(|at| draft(*at)).collect();
        let envelopes = if drafts.is_empty() {
            Vec::new()
        } else {
            let origin = Origin::of(project)?;
            let first = clock::tick(project, drafts.len() as u64)?;
            let rules = project.sanitizer();
            let numbered = drafts.iter().zip(first..);
            numbered
                .map(|(draft, number)| draft.envelope(&origin, number, rules))
                .collect()
        };
        let now = project.now();
        let mut done = CaughtUp {
            rows: fresh.len(),
            added: Added::default(),
        };
        let transaction = self.begin()?;
        for envelope in &envelopes {
            // Another process may have caught up meanwhile, and its events may be delivered.
            if is_known(&transaction, envelope.event_id()).map_err(failed("read"))? {
                done.added.known += 1;
            } else {
                add_one(&transaction, envelope, now, &mut done.added).map_err(failed("write"))?;
            }
        }
        let rows = fresh.iter().filter_map(|at| ids.get(*at));
        note(&transaction, name, cursor, rows).map_err(failed("write"))?;
        transaction.commit().map_err(failed("write"))?;
        Ok(done)
    }

    /// Returns the places of a journal's rows that the queue never had.
    pub(super) fn unseen(&self, journal: &dyn Journal) -> Result<Vec<usize>, SyncError> {
        let ids = journal.ids();
        let (start, _) = self.start(&journal.name(), ids)?;
        let fresh = self.fresh(&ids[start..])?;
        Ok(fresh.into_iter().map(|at| start + at).collect())
    }

    /// Returns how many rows at a journal's beginning were looked at, and whether these are all there are.
    fn start(&self, name: &str, ids: &[EnvelopeId]) -> Result<(usize, bool), SyncError> {
        Ok(match self.cursor(name)? {
            Some(old) if old.length <= ids.len() && digest(&ids[..old.length]) == old.digest => {
                (old.length, old.length == ids.len())
            }
            Some(_) | None => (0, false),
        })
    }

    /// Returns the places of the rows that the queue never had.
    pub(super) fn fresh(&self, ids: &[EnvelopeId]) -> Result<Vec<usize>, SyncError> {
        let mut seen = HashSet::new();
        let mut fresh = Vec::new();
        for (at, id) in ids.iter().enumerate() {
            if seen.insert(id) && !is_known(&self.db, id).map_err(failed("read"))? {
                fresh.push(at);
            }
        }
        Ok(fresh)
    }

    /// Returns how far a journal was looked at; none where it never was.
    pub(super) fn cursor(&self, name: &str) -> Result<Option<Cursor>, SyncError> {
        self.db
            .prepare_cached("SELECT rows, digest FROM cursors WHERE journal = ?1")
            .and_then(|mut statement| {
                statement
                    .query_row([name], |row| {
                        Ok(Cursor {
                            length: usize::try_from(row.get::<_, i64>(0)?).unwrap_or(usize::MAX),
                            digest: row.get(1)?,
                        })
                    })
                    .optional()
            })
            .map_err(failed("read"))
    }
}

fn is_known(db: &Connection, id: &EnvelopeId) -> rusqlite::Result<bool> {
    db.prepare_cached("SELECT 1 FROM known WHERE event_id = ?1")?
        .exists([id.as_str()])
}

fn note<'a>(
    db: &Connection,
    name: &str,
    cursor: &Cursor,
    fresh: impl Iterator<Item = &'a EnvelopeId>,
) -> rusqlite::Result<()> {
    let mut known =
        db.prepare_cached("INSERT INTO known (event_id) VALUES (?1) ON CONFLICT DO NOTHING")?;
    for id in fresh {
        known.execute([id.as_str()])?;
    }
    db.prepare_cached(
        "INSERT INTO cursors (journal, rows, digest) VALUES (?1, ?2, ?3)
         ON CONFLICT (journal) DO UPDATE SET rows = excluded.rows, digest = excluded.digest",
    )?
    .execute(params![
        name,
        i64::try_from(cursor.length).unwrap_or(i64::MAX),
        cursor.digest
    ])
    .map(drop)
}

fn digest(ids: &[EnvelopeId]) -> Vec<u8> {
    let mut hash = Sha256::new();
    for id in ids {
        hash.update(id.as_str().as_bytes());
        hash.update(b"\n");
    }
    hash.finalize().to_vec()
}
