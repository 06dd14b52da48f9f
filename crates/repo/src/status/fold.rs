//! Logs folded to their snapshots: what is known of one mission, and many missions as files have them. Nothing here writes.

use std::path::PathBuf;

use pawtrail_event::decision::Damaged;
use pawtrail_event::status::{self, Log, MissionIdentity, Order};

use super::read::{self, Known};
use crate::error::{Error, Result};
use crate::mission::{META, Mission};
use crate::project::Project;
use crate::side_by_side::side_by_side;
use crate::{durable, placement};

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
/// As [`list`](super::list).
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

/// A mission's directory in a checkout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissionDir {
    /// Where it is.
    pub path: PathBuf,
    /// What the mission is, where no `meta.json` stands there.
    pub otherwise: MissionIdentity,
}

/// What a log folds to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoldedLog {
    /// The exact content of its `status.json`.
    pub content: String,
    /// The lines that were skipped.
    pub damaged: Vec<Damaged>,
}

/// Memory to read files into, again and again.
#[derive(Default)]
struct Buffers {
    log: Vec<u8>,
    meta: Vec<u8>,
}

/// Folds the logs that stand in directories, each with the `meta.json` beside it, side by side. Results come in the order
/// of the directories: an error where a file can't be read or understood, nothing where there is no log.
pub fn fold_dirs(dirs: &[MissionDir], order: Order) -> Vec<Result<Option<FoldedLog>>> {
    side_by_side(dirs, |buffers, dir| fold_dir(buffers, dir, order))
}

fn fold_dir(buffers: &mut Buffers, dir: &MissionDir, order: Order) -> Result<Option<FoldedLog>> {
    if !durable::read_into(&dir.path.join(status::FILE), &mut buffers.log)? {
        return Ok(None);
    }
    let meta = dir.path.join(META);
    let read;
    let identity = if durable::read_into(&meta, &mut buffers.meta)? {
        read = read::parsed(&buffers.meta).map_err(|message| Error::Damaged {
            path: meta,
            message,
        })?;
        &read
    } else {
        &dir.otherwise
    };
    Ok(Some(fold_log(&buffers.log, identity, order)))
}

/// Folds the content of a log.
pub(super) fn fold_log(log: &[u8], identity: &MissionIdentity, order: Order) -> FoldedLog {
    let log = Log::read(log);
    FoldedLog {
        content: status::reduce(&log, identity, order).to_json(),
        damaged: log.damaged(),
    }
}
