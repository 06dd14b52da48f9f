//! The rows that say that a mission or a work package is there: `MissionCreated` and `WPCreated`.

use std::collections::BTreeSet;

use jiff::Timestamp;
use pawtrail_event::status::{
    Content, LifecycleEvent, Log, MissionCreated, Row, WP_CREATED, WorkPackageCreated,
};
use pawtrail_event::{WorkPackageId, json};

use super::plan::{NOBODY, Planner};
use super::task_files::{TASKS_DIR, TaskFile};
use crate::error::Result;
use crate::mission::Mission;

/// Plans the first row of a mission. Its work packages have rows of their own, so it counts none, as the Python tool
/// asks of it.
pub(super) fn mission(
    planner: &mut Planner<'_>,
    mission: &Mission,
    target_branch: &str,
    created_at: Timestamp,
) -> Result<()> {
    planner.lifecycle(LifecycleEvent::MissionCreated(MissionCreated {
        mission_id: Some(mission.mission_id.clone()),
        mission_number: number(mission),
        mission_type: mission.mission_type.clone(),
        target_branch: target_branch.to_owned(),
        wp_count: 0,
        friendly_name: Some(mission.title.clone()),
        purpose_tldr: None,
        purpose_context: None,
        created_at,
    }))
}

/// Plans the first row of a work package.
pub(super) fn package(
    planner: &mut Planner<'_>,
    mission: &Mission,
    file: &TaskFile,
    actor: Option<&str>,
) -> Result<()> {
    let needs = file.dependencies.iter();
    let created_at = planner.now();
    planner.lifecycle(LifecycleEvent::WorkPackageCreated(WorkPackageCreated {
        wp_id: file.wp_id.clone(),
        wp_title: file.title.clone().unwrap_or_else(|| file.wp_id.to_string()),
        wp_path: Some(mission.path(&format!("{TASKS_DIR}/{}", file.name))),
        // What is no package's id names nothing that could be waited for.
        depends_on: needs.filter_map(|id| id.parse().ok()).collect(),
        actor: actor.unwrap_or(NOBODY).to_owned(),
        mission_number: number(mission),
        created_at,
    }))
}

/// The work packages that have such a row, whoever wrote it.
pub(super) fn packages(log: &Log<'_>) -> BTreeSet<WorkPackageId> {
    let mut found = BTreeSet::new();
    for line in &log.lines {
        let Content::Row(row @ Row::Lifecycle(_)) = &line.content else {
            continue;
        };
        if row.event_type() != Some(WP_CREATED) {
            continue;
        }
        let row = json::parse(&String::from_utf8_lossy(line.raw.trim_ascii()));
        let id = row.ok().and_then(|row| {
            let id = row.get("payload")?.get("wp_id")?.as_str()?;
            id.parse().ok()
        });
        found.extend(id);
    }
    found
}

fn number(mission: &Mission) -> Option<u64> {
    mission.number.and_then(|number| u64::try_from(number).ok())
}
