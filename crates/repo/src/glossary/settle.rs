//! From a recorded resolution to the seed files and a commit: what every command that finds one does.

use std::collections::BTreeMap;

use pawtrail_event::glossary::{self, Key, Log, Resolved, RowPayload, Term};
use pawtrail_event::{EventId, MissionId};

use super::logs;
use super::target::{Settled, Target, Terms};
use crate::error::{Error, Result};
use crate::glossary_log::SPOOL;
use crate::journal::Journal;
use crate::ledger::Ledger;
use crate::mission::Mission;
use crate::project::{self, Project};
use crate::receipt::Receipt;

/// Turns the end of the work into a receipt, or into the error that carries it.
pub(super) fn finished(mut receipt: Receipt, settled: Result<Settled>) -> Result<Receipt> {
    let spooled = |receipt: Receipt, reason: String| Error::Spooled {
        receipt: Box::new(receipt),
        reason,
    };
    let settled = match settled {
        Ok(settled) => settled,
        Err(error) => return Err(spooled(receipt, error.to_string())),
    };
    receipt.r#ref = settled.branch;
    match settled.done {
        Ok(commit) => {
            receipt.commit = Some(project::hash(commit));
            receipt.committed = true;
            Ok(receipt)
        }
        Err(wait) if wait.branchless => Err(Error::SeedNotCommitted {
            receipt: Box::new(receipt),
            reason: wait.reason,
        }),
        Err(wait) => Err(spooled(receipt, wait.reason)),
    }
}

/// One mission's recorded resolutions, to be brought into seed files and a commit.
pub(super) struct Work<'a> {
    pub(super) project: &'a Project,
    pub(super) ledger: &'a mut Ledger,
    pub(super) mission_id: &'a MissionId,
    pub(super) mission: Option<&'a Mission>,
    pub(super) target: Target,
    pub(super) message: String,
}

impl Work<'_> {
    /// Brings what the mission's spool holds into seed files and a commit, and then empties the spool. Another command
    /// may do that while git keeps this one waiting; it is done when the `event` has left the spool.
    pub(super) fn settle(
        &mut self,
        event: Option<&EventId>,
        warnings: &mut Vec<String>,
    ) -> Result<Settled> {
        let (project, mission_id) = (self.project, self.mission_id);
        let wanted = || recorded(project, mission_id, event);
        let (settled, flushed) = self.target.write(
            project,
            self.ledger,
            self.mission,
            wanted,
            &self.message,
            warnings,
        )?;
        let journal = Journal::of(project, mission_id, SPOOL);
        if settled.done.is_err() || !flushed {
            return Ok(settled);
        }
        let unread = read(&journal.spooled()?).damaged;
        if let Some(line) = unread.first() {
            // Nobody knows what it says, so nobody knows whether it is in the commit.
            warnings.push(format!(
                "the spool is kept, because its line {} is no event: {}",
                line.line, line.reason
            ));
        } else if let Err(error) = journal.clear() {
            warnings.push(format!("the spool was not emptied: {error}"));
        }
        Ok(settled)
    }
}

/// What the spool of a mission wants in seed files; none when the `event`, or everything, has left it.
fn recorded(
    project: &Project,
    mission: &MissionId,
    event: Option<&EventId>,
) -> Result<Option<Terms>> {
    let lines = Journal::of(project, mission, SPOOL).spooled()?;
    let waits = match event {
        Some(event) => lines.iter().any(|line| line.contains(event.as_str())),
        None => !lines.is_empty(),
    };
    if !waits {
        return Ok(None);
    }
    let logs = logs::read(project)?;
    let mut counting: BTreeMap<Key, &Resolved> = BTreeMap::new();
    for (_, known) in glossary::resolutions(&logs.log.rows) {
        counting.insert((known.scope, known.surface.clone()), known);
    }
    let mut terms = Terms::new();
    for row in read(&lines).rows {
        let RowPayload::Resolved(spooled) = &row.payload else {
            continue;
        };
        // What was resolved later, by whomever, counts.
        let key = (spooled.scope, spooled.surface.clone());
        if let Some(known) = counting.remove(&key) {
            terms.entry(known.scope).or_default().push(term(known));
        }
    }
    Ok(Some(terms))
}

fn read(lines: &[String]) -> Log {
    Log::read(format!("{}\n", lines.join("\n")).as_bytes())
}

/// What a resolution says, as a term.
pub(super) fn term(said: &Resolved) -> Term {
    Term {
        surface: said.surface.clone(),
        scope: said.scope,
        definition: said.definition.clone(),
        confidence: 1.0,
        status: glossary::Status::Active,
        source: glossary::Source::Resolution,
    }
}
