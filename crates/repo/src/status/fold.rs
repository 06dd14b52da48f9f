//! A mission's log folded to its snapshot, and compared with the snapshots that are there. Nothing here writes.

use pawtrail_event::decision::Damaged;
use pawtrail_event::status::{self, Log, Order};
use serde::Serialize;

use super::read::{self, Known};
use crate::error::Result;
use crate::mission::Mission;
use crate::placement;
use crate::project::Project;
use crate::{durable, history};

/// What a mission's log folds to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folded {
    /// The exact content of `status.json`.
    pub content: String,
    /// The lines that were skipped, with the file they stand in.
    pub damaged: Vec<(String, Damaged)>,
}

/// Folds a mission's status to the content of its `status.json`. It reads and never writes.
///
/// # Errors
/// As [`list`].
pub fn fold(project: &Project, mission: &Mission, order: Order) -> Result<Folded> {
    let place = placement::placement(project, mission)?;
    let known = Known::of(project, mission, &place)?;
    let identity = read::identity_of(project, mission, &place)?;
    let bytes = known.bytes();
    let log = Log::read(&bytes);
    Ok(Folded {
        content: status::reduce(&log, &identity, order).to_json(),
        damaged: read::damaged(project, mission, &place, &known, &log)?,
    })
}

/// A `status.json`, and whether it says what the log beside it says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Copy {
    /// Where it is: the full name of a branch, or a directory.
    pub place: String,
    /// Whether it is byte for byte what its log folds to.
    pub equal: bool,
    /// What is wrong with it.
    pub reason: Option<&'static str>,
    /// The lines of the log beside it that were skipped.
    #[serde(skip)]
    pub damaged: Vec<Damaged>,
}

/// Compares each `status.json` of a mission, on the ledger branch and in this and the primary checkout, with what the
/// log beside it folds to. It reads and never writes.
///
/// # Errors
/// As [`list`].
pub fn check(project: &Project, mission: &Mission, order: Order) -> Result<Vec<Copy>> {
    let place = placement::placement(project, mission)?;
    let identity = read::identity_of(project, mission, &place)?;
    let (log_path, path) = (
        mission.path(status::FILE),
        mission.path(status::SNAPSHOT_FILE),
    );
    let mut copies = Vec::new();
    let mut add = |place: String, log: Option<Vec<u8>>, snapshot: Option<Vec<u8>>| {
        let Some(log) = log else { return };
        let log = Log::read(&log);
        let folded = status::reduce(&log, &identity, order).to_json();
        let reason = match snapshot {
            None => Some("it is missing"),
            Some(content) if content == folded.as_bytes() => None,
            Some(_) => Some("it differs"),
        };
        copies.push(Copy {
            place,
            equal: reason.is_none(),
            reason,
            damaged: log.damaged(),
        });
    };
    if let Some(tip) = place.tip.or(place.base) {
        let at = |path: &str| history::file_at(project, tip, path);
        add(place.ledger_ref, at(&log_path)?, at(&path)?);
    }
    for root in project.roots() {
        let log = durable::read(&root.join(&log_path))?;
        let snapshot = durable::read(&root.join(&path))?;
        add(root.join(&mission.dir).display().to_string(), log, snapshot);
    }
    Ok(copies)
}
