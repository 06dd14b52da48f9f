//! Taking a yes back: nothing is allowed any more, and then the courier ends.

use pawtrail_repo::Project;

use crate::consent;
use crate::courier;
use crate::error::SyncError;
use crate::place::Place;

/// Withdraws the consent of a clone; returns whether there was one. What the courier has under way ends with it.
///
/// # Errors
/// When a file can't be removed, or the courier doesn't end.
pub fn withdraw(project: &Project) -> Result<bool, SyncError> {
    let was = consent::disable_at(&Place::of(project)?)?;
    // One that doesn't answer is shut out, and the door asks for consent besides.
    courier::stop(project).map_err(stuck)?;
    Ok(was)
}

fn stuck(error: SyncError) -> SyncError {
    if let SyncError::CourierStuck(_) = error {
        SyncError::CourierStuck(
            "no consent is recorded any more, so it sends nothing if it goes on",
        )
    } else {
        error
    }
}
