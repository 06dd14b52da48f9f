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
    courier::stop(project).map_err(silent)?;
    Ok(was)
}

fn silent(error: SyncError) -> SyncError {
    if let SyncError::CourierSilent(reason) = error {
        SyncError::CourierSilent(format!(
            "{reason}; no consent is recorded any more, so it sends nothing if it goes on"
        ))
    } else {
        error
    }
}
