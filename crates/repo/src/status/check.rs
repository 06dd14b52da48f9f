//! Each `status.json` of missions compared with what the log beside it folds to. Nothing here writes.

use pawtrail_event::decision::Damaged;
use pawtrail_event::status::{self, MissionIdentity, Order};
use serde::Serialize;

use super::fold::{FoldedLog, MissionDir, fold_dirs, fold_log};
use super::read;
use crate::error::Result;
use crate::mission::Mission;
use crate::project::Project;
use crate::{durable, history, placement};

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

impl Copy {
    fn of(place: String, folded: FoldedLog, snapshot: Option<Vec<u8>>) -> Self {
        let reason = match snapshot {
            None => Some("it is missing"),
            Some(content) if content == folded.content.as_bytes() => None,
            Some(_) => Some("it differs"),
        };
        Self {
            place,
            equal: reason.is_none(),
            reason,
            damaged: folded.damaged,
        }
    }
}

/// Compares each `status.json` of a mission, on the ledger branch and in this and the primary checkout, with what the
/// log and the `meta.json` beside it fold to. It reads and never writes.
///
/// # Errors
/// As [`super::list`].
pub fn check(project: &Project, mission: &Mission, order: Order) -> Result<Vec<Copy>> {
    let copies = check_all(project, std::slice::from_ref(mission), order)?;
    Ok(copies.into_iter().flatten().collect())
}

/// Does the same for many missions. The copies of each mission come in its place.
///
/// # Errors
/// As [`check`], the first in the order of the missions.
pub fn check_all(project: &Project, missions: &[Mission], order: Order) -> Result<Vec<Vec<Copy>>> {
    let mut dirs = Vec::new();
    for mission in missions {
        for root in project.roots() {
            dirs.push(MissionDir {
                path: root.join(&mission.dir),
                otherwise: identity(mission),
            });
        }
    }
    let mut folded = dirs.iter().zip(fold_dirs(&dirs, order));
    let mut all = Vec::with_capacity(missions.len());
    for mission in missions {
        let mut copies: Vec<Copy> = on_branch(project, mission, order)?.into_iter().collect();
        for _ in project.roots() {
            let Some((dir, folded)) = folded.next() else {
                break;
            };
            if let Some(folded) = folded? {
                let snapshot = durable::read(&dir.path.join(status::SNAPSHOT_FILE))?;
                copies.push(Copy::of(dir.path.display().to_string(), folded, snapshot));
            }
        }
        all.push(copies);
    }
    Ok(all)
}

/// What stands on the ledger branch.
fn on_branch(project: &Project, mission: &Mission, order: Order) -> Result<Option<Copy>> {
    let place = placement::placement(project, mission)?;
    let Some(tip) = place.tip.or(place.base) else {
        return Ok(None);
    };
    let Some(log) = history::file_at(project, tip, &mission.path(status::FILE))? else {
        return Ok(None);
    };
    let identity = read::identity_of(project, mission, &place)?;
    let folded = fold_log(&log, &identity, order);
    let snapshot = history::file_at(project, tip, &mission.path(status::SNAPSHOT_FILE))?;
    Ok(Some(Copy::of(place.ledger_ref, folded, snapshot)))
}

fn identity(mission: &Mission) -> MissionIdentity {
    MissionIdentity {
        mission_number: mission.number.map(|number| number.to_string()),
        mission_type: mission.mission_type.clone(),
    }
}
