//! The packages that are on a mission's board because they have a file: at its beginning, and later.

use jiff::Timestamp;
use pawtrail_event::status::{self, Lane, Log, MissionIdentity, Order, Snapshot};
use pawtrail_event::{EventId, Sanitized, WorkPackageId};
use serde_json::Value;

use super::plan::{Planner, seeds};
use super::read::{self, Known, order};
use super::task_files::{TaskFile, TaskFiles};
use super::{MAX_ROWS, Request, Written, created, wording, write};
use crate::error::Result;
use crate::mission::Mission;
use crate::placement::{self, Placement};
use crate::project::Project;

/// What a seeding did.
#[derive(Debug, Clone)]
pub struct Seeded {
    /// What was written; nothing where every package was known.
    pub written: Option<Written>,
    /// The packages that were known.
    pub known: Vec<WorkPackageId>,
    /// The files that can't be understood, and why.
    pub unread: Vec<(String, String)>,
}

/// Moves each work package that has a file and no row from `genesis` to `planned`.
///
/// # Errors
/// As [`move_packages`](super::move_packages).
pub fn seed(project: &Project, mission: &Mission, actor: Option<&str>) -> Result<Seeded> {
    let place = placement::placement(project, mission)?;
    let files = TaskFiles::of(project, mission, &place)?;
    let snapshot = snapshot(project, mission, &place)?;
    let (known, fresh): (Vec<_>, Vec<_>) = files
        .packages
        .keys()
        .cloned()
        .partition(|wp_id| snapshot.lane(wp_id) != Lane::Genesis);
    let written = match fresh.is_empty() {
        true => None,
        false => {
            let request = Request {
                kind: "seed",
                print: Value::Null,
                message: wording::message_of(&seeds(&fresh, actor)),
                key: None,
                again: String::new(),
            };
            // Another agent may have seeded them a moment ago.
            Some(write(project, mission, &request, |planner, log| {
                let there = created::packages(log);
                let fresh: Vec<WorkPackageId> = fresh
                    .iter()
                    .filter(|wp_id| planner.lane(wp_id) == Lane::Genesis)
                    .cloned()
                    .collect();
                let unsaid = fresh.iter().filter(|wp_id| !there.contains(*wp_id));
                for file in unsaid.filter_map(|wp_id| files.packages.get(wp_id)) {
                    created::package(planner, mission, file, actor)?;
                }
                seeds(&fresh, actor)
                    .iter()
                    .try_for_each(|step| planner.step(step))
            })?)
        }
    };
    Ok(Seeded {
        written,
        known,
        unread: files.damaged,
    })
}

/// The rows of a mission that isn't there yet: that it was created, and its packages, on its board.
pub(crate) fn first_rows(
    project: &Project,
    mission: &Mission,
    place: &Placement,
    beginning: &First<'_>,
) -> Result<Vec<Sanitized>> {
    let nothing = status::reduce(
        &Log::read(b""),
        &MissionIdentity::default(),
        Order::default(),
    );
    let first = EventId::from(project.ulid());
    let mut planner = Planner::new(project, mission, place, &nothing, first);
    let First {
        target_branch,
        created_at,
        packages,
    } = beginning;
    created::mission(&mut planner, mission, target_branch, *created_at)?;
    for file in *packages {
        created::package(&mut planner, mission, file, None)?;
    }
    let ids: Vec<WorkPackageId> = packages.iter().map(|file| file.wp_id.clone()).collect();
    for step in seeds(&ids, None) {
        planner.step(&step)?;
    }
    Ok(planner.finish(MAX_ROWS)?.rows)
}

/// What a mission begins with, as far as its first rows say it.
pub(crate) struct First<'a> {
    /// The branch that it is for.
    pub(crate) target_branch: &'a str,
    /// When it was created.
    pub(crate) created_at: Timestamp,
    /// Its work packages.
    pub(crate) packages: &'a [TaskFile],
}

fn snapshot(project: &Project, mission: &Mission, place: &Placement) -> Result<Snapshot> {
    let known = Known::of(project, mission, place)?;
    let identity = read::identity_of(project, mission, place)?;
    Ok(status::reduce(
        &Log::read(&known.bytes()),
        &identity,
        order(project)?,
    ))
}
