//! Moves and annotations where the git directory can't be written: left in the checkout, adopted later.

use pawtrail_event::EventId;
use pawtrail_event::status::Log;

use super::plan::Planner;
use super::read::Known;
use super::{Request, Written, planned, receipt};
use crate::error::{Error, Result};
use crate::mission::Mission;
use crate::placement;
use crate::project::Project;
use crate::sandbox;

/// Records the rows of a write in the checkout, which is never more than recorded. `closed` says why the git directory
/// can't be written.
pub(super) fn write(
    project: &Project,
    mission: &Mission,
    request: &Request<'_>,
    closed: Error,
    plan: impl FnOnce(&mut Planner<'_>, &Log<'_>) -> Result<()>,
) -> Result<Written> {
    // What a key stands for is kept in the git directory.
    if request.key.is_some() {
        return Err(Error::KeyNotKept {
            closed: Box::new(closed),
            next: request.again.clone(),
        });
    }
    let place = placement::placement(project, mission)?;
    let known = Known::of(project, mission, &place)?;
    let first = EventId::from(project.ulid());
    let planned = planned(project, mission, &place, &known, first, false, plan)?;
    let file = sandbox::leave_status(project, &mission.mission_id, &planned.rows, closed)?;
    Err(Error::Spooled {
        receipt: Box::new(receipt(mission, &place, planned.last, None)),
        reason: format!("the git directory can't be written here; it waits in {file}"),
    })
}
