//! What of the glossary goes to the queue: a mission's log as a journal that the queue catches up with.

use std::collections::BTreeSet;

use pawtrail_event::MissionId;
use pawtrail_event::envelope::{EnvelopeId, Queueable};
use pawtrail_event::glossary::Event;
use pawtrail_event::sanitize::Sanitized;
use pawtrail_repo::glossary::{self, Logged, Resolution};
use pawtrail_repo::{Error, Project};
use pawtrail_sync::queue::{Draft, Journal, Queue};

use crate::error::CliError;

/// Lets the queue catch up with the logs that these events stand in. What fails is a warning: the log has them, and the
/// next event takes them along.
pub(super) fn offer(project: &Project, events: &[Event]) -> Vec<String> {
    let missions = events.iter().map(|event| event.header.mission_id.clone());
    missions
        .collect::<BTreeSet<MissionId>>()
        .into_iter()
        .filter_map(|mission| catch_up(project, mission).err())
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
                .and_then(|mission| catch_up(project, mission).err())
                .map(|error| error.message)
                .into_iter()
                .collect()
        }
    }
}

fn catch_up(project: &Project, mission: MissionId) -> Result<(), CliError> {
    let rows = glossary::logged(project, &mission)?;
    let ids = rows.iter().map(|row| row.event_id.clone()).collect();
    let journal = GlossaryLog { mission, rows, ids };
    Queue::open(project)?.catch_up(project, &journal)?;
    Ok(())
}

/// The log of one mission's glossary.
struct GlossaryLog {
    mission: MissionId,
    rows: Vec<Logged>,
    ids: Vec<EnvelopeId>,
}

impl Journal for GlossaryLog {
    fn name(&self) -> String {
        format!("glossary/{}", self.mission)
    }

    fn ids(&self) -> &[EnvelopeId] {
        &self.ids
    }

    fn draft(&self, at: usize) -> Option<Draft> {
        let row = self.rows.get(at)?;
        Some(Draft {
            // The route table says which of the rows go to a hub.
            kind: Queueable::new(&row.event_type).ok()?,
            event_id: row.event_id.clone(),
            aggregate_id: self.mission.to_string(),
            aggregate_type: Some("Mission".to_owned()),
            timestamp: row.at.clone(),
            mission_id: Some(self.mission.clone()),
            correlation_id: None,
            causation_id: row.causation(),
            payload: Sanitized::clone(&row.payload),
        })
    }
}
