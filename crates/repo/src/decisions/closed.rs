//! Requests and answers where the git directory can't be written: left in the checkout, adopted later.

use pawtrail_event::decision::{self, Header};
use pawtrail_event::{EventId, time};

use super::{Ask, Reply, Written, answered, asked, read, receipt, requested, same_answer};
use crate::error::{Error, Result};
use crate::mission::Mission;
use crate::placement;
use crate::project::Project;
use crate::sandbox;
use crate::shell;

/// Records a request in the checkout. `closed` says why the git directory can't be written.
pub(super) fn request(
    project: &Project,
    mission: &Mission,
    ask: Ask,
    closed: Error,
) -> Result<Written> {
    // What a key stands for is kept in the git directory.
    if ask.idempotency_key.is_some() {
        return Err(Error::KeyNotKept {
            closed: Box::new(closed),
            next: format!(
                "pawtrail decision request --mission {} --question {}",
                mission.mission_slug,
                shell::quoted(&ask.question)
            ),
        });
    }
    let place = placement::placement(project, mission)?;
    let decision_id = super::decision_id(project, &ask)?;
    let rows = read::rows(project, mission, &place)?;
    let header = header(project, mission)?;
    let payload = asked(ask, &decision_id)?;
    let event = decision::event(project.sanitizer(), &header, &payload);
    if let Some((event_id, known)) = requested(&rows, &decision_id) {
        super::same_question(mission, &event, &decision_id, known)?;
        return Ok(Written {
            receipt: read::receipt(project, mission, &place, event_id)?,
            decision_id,
            warnings: Vec::new(),
        });
    }
    let file = sandbox::leave(project, &event, closed)?;
    Ok(Written {
        decision_id,
        receipt: receipt(mission, &place, header.event_id, None),
        warnings: vec![format!(
            "the git directory can't be written here, so it waits in {file} for a command that can"
        )],
    })
}

/// Records an answer in the checkout, which is never more than recorded. `closed` says why the git directory can't
/// be written.
pub(super) fn answer(
    project: &Project,
    mission: &Mission,
    reply: Reply,
    closed: Error,
) -> Result<Written> {
    if reply.idempotency_key.is_some() {
        return Err(Error::KeyNotKept {
            closed: Box::new(closed),
            next: format!(
                "pawtrail decision answer {} {} --mission {}",
                shell::quoted(reply.decision_id.as_str()),
                shell::quoted(&reply.answer),
                mission.mission_slug
            ),
        });
    }
    let place = placement::placement(project, mission)?;
    let decision_id = reply.decision_id;
    let rows = read::rows(project, mission, &place)?;
    let decisions = decision::fold(&rows);
    let known = super::known(&decisions, &decision_id, mission)?;
    let header = header(project, mission)?;
    let payload = answered(known, reply.answer, reply.actor)?;
    let event = decision::event(project.sanitizer(), &header, &payload);
    let (event_id, file) = match same_answer(mission, &event, known)? {
        Some(given) => {
            let receipt = read::receipt(project, mission, &place, given)?;
            if receipt.committed {
                return Ok(Written {
                    decision_id,
                    receipt,
                    warnings: Vec::new(),
                });
            }
            (given.clone(), None)
        }
        None => {
            let file = sandbox::leave(project, &event, closed)?;
            (header.event_id, Some(file))
        }
    };
    let file = file.map_or(String::new(), |file| format!("; it waits in {file}"));
    Err(Error::Spooled {
        receipt: Box::new(receipt(mission, &place, event_id, None)),
        reason: format!("the git directory can't be written here{file}"),
    })
}

fn header(project: &Project, mission: &Mission) -> Result<Header> {
    Ok(Header {
        at: time::iso(project.now()),
        build_id: sandbox::build_id(project)?,
        event_id: EventId::from(project.ulid()),
        mission_id: mission.mission_id.clone(),
    })
}
