//! What of the glossary goes to the queue: it catches up with a mission's log after each write.

use std::collections::BTreeSet;

use pawtrail_event::MissionId;
use pawtrail_event::glossary::Event;
use pawtrail_repo::glossary::Resolution;
use pawtrail_repo::{Error, Project};
use pawtrail_sync::queue;

use crate::error::CliError;

/// Lets the queue catch up with the logs that these events stand in. What fails is a warning: the log has them, and the
/// next event takes them along.
pub(super) fn offer(project: &Project, events: &[Event]) -> Vec<String> {
    let missions = events.iter().map(|event| event.header.mission_id.clone());
    missions
        .collect::<BTreeSet<MissionId>>()
        .into_iter()
        .filter_map(|mission| catch_up(project, &mission).err())
        .map(|error| {
            format!(
                "the queue will get it with a later event: {}",
                error.message
            )
        })
        .collect()
}

/// The same for a resolution, committed or only recorded.
pub(super) fn recorded(project: &Project, done: &Result<Resolution, Error>) -> Vec<String> {
    match done {
        Ok(done) => offer(project, &done.offered),
        Err(error) => {
            let mission = error
                .receipt()
                .and_then(|receipt| receipt.mission_id.clone());
            mission
                .and_then(|mission| catch_up(project, &mission).err())
                .map(|error| error.message)
                .into_iter()
                .collect()
        }
    }
}

fn catch_up(project: &Project, mission: &MissionId) -> Result<(), CliError> {
    queue::offer_glossary(project, mission)?;
    Ok(())
}
