//! What dead or hindered commands left: recorded resolutions that are in no commit, and seed files behind them.

use std::collections::BTreeMap;

use pawtrail_event::glossary::{Scope, Term};

use super::logs::waiting;
use super::settle::{Work, finished};
use super::target::Settled;
use super::target::target;
use super::{read, seed};
use crate::error::Result;
use crate::ledger::Ledger;
use crate::mission::{self, Mission};
use crate::project::Project;
use crate::receipt::Receipt;
use crate::{adopt, glossary_log, sandbox, sync_state};

/// Finishes the resolutions that earlier commands could only record. Returns the reasons of those that still wait.
///
/// # Errors
/// When the lock can't be had or a log can't be read.
pub fn finish(project: &Project) -> Result<Vec<String>> {
    let mut reasons = Vec::new();
    if waiting(project)?.is_empty() {
        return Ok(reasons);
    }
    let mut ledger = match Ledger::lock(project) {
        Ok(ledger) => ledger,
        // The receipt of whoever wrote it says so already.
        Err(error) if sandbox::is_closed(&error) => return Ok(reasons),
        Err(error) => return Err(error),
    };
    let missions = mission::list(project)?.missions;
    for (mission_id, lines) in waiting(project)? {
        let mission = missions.iter().find(|known| known.mission_id == mission_id);
        // What one mission's log or branch can't take keeps no other mission's back.
        let restored = lines
            .iter()
            .try_for_each(|line| glossary_log::restore(project, &mission_id, line));
        let target = restored.and_then(|()| target(project, mission));
        let done = target.and_then(|target| {
            let mut work = Work {
                project,
                ledger: &mut ledger,
                mission_id: &mission_id,
                mission,
                target,
                message: "chore(glossary): record resolutions that had to wait [skip ci]"
                    .to_owned(),
            };
            work.settle(None, &mut reasons)
        });
        match done {
            Ok(Settled { done: Ok(_), .. }) => {}
            Ok(Settled {
                done: Err(wait), ..
            }) => reasons.push(wait.reason),
            Err(error) => reasons.push(error.to_string()),
        }
    }
    Ok(reasons)
}

/// Mends the seed files of this checkout by what a rebuild found, and commits that. None where nothing differs.
///
/// # Errors
/// As [`resolve`](super::resolve).
pub fn fix(project: &Project, mission: Option<&Mission>) -> Result<Option<(Receipt, Vec<String>)>> {
    let mut ledger = Ledger::lock(project)?;
    sync_state::first_sight(project)?;
    let mut warnings = adopt::adopt(project, &ledger)?;
    let found = read::rebuild(project)?;
    let mut terms: BTreeMap<Scope, Vec<Term>> = BTreeMap::new();
    for difference in &found.differences {
        terms
            .entry(difference.scope)
            .or_default()
            .push(read::wanted(difference));
    }
    let Some(scope) = terms.keys().next().copied() else {
        return Ok(None);
    };
    let target = target(project, mission)?;
    for (scope, terms) in &terms {
        target.rehearse(project, *scope, terms)?;
    }
    let mission_id = mission.map(|mission| mission.mission_id.clone());
    let first = Receipt::here(None, mission_id, seed::path(scope), "", None);
    let message = "chore(glossary): bring seed files up to their resolutions [skip ci]";
    let wanted = || Ok(Some(terms.clone()));
    let done = target.write(
        project,
        &mut ledger,
        mission,
        wanted,
        message,
        &mut warnings,
    );
    // Nothing of this is recorded anywhere but in the seed files, so what fails is no resolution that waits.
    let (settled, _) = done?;
    Ok(Some((finished(first, Ok(settled))?, warnings)))
}
