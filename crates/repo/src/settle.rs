//! The end of a commit: what was spooled for it is let go of, and a person is told what did not work.

use crate::journal::Journal;
use crate::ledger::Outcome;
use crate::placement::Placement;
use crate::project::Project;
use crate::sync_state;

/// Lets go of the spool when its lines are in the branch, and notes the commit for the hub. Returns what failed after it.
pub(crate) fn settle(
    project: &Project,
    journal: &Journal,
    place: &Placement,
    outcome: &Outcome,
) -> Vec<String> {
    let mut warnings = Vec::new();
    let Outcome::Committed(done) = outcome else {
        return warnings;
    };
    match &done.shaky {
        None => {
            if let Err(error) = journal.clear() {
                warnings.push(format!("the spool was not emptied: {error}"));
            }
        }
        // The lines stay, so that the next command makes sure of the commit.
        Some(reason) => {
            let unsafe_too = match journal.flush() {
                Ok(()) => String::new(),
                Err(error) => format!("; nor would the spool survive a power loss: {error}"),
            };
            warnings.push(format!(
                "it is committed, and the spool keeps it until the commit is flushed: {reason}{unsafe_too}"
            ));
        }
    }
    if done.new
        && let Err(error) =
            sync_state::record_commit(project, &place.ledger_ref, done.parent, done.commit)
    {
        warnings.push(format!(
            "the hub's list of commits was not updated: {error}"
        ));
    }
    warnings
}

/// Says why lines that should not wait still do, behind what failed besides.
pub(crate) fn left(outcome: Outcome, mut warnings: Vec<String>) -> Vec<String> {
    warnings.extend(outcome.why_not());
    warnings
}

impl Outcome {
    /// Says why nothing was committed; nothing where it is in the branch.
    pub(crate) fn why_not(self) -> Option<String> {
        match self {
            Self::Committed(_) | Self::Elsewhere(_) => None,
            Self::Deferred(reason) | Self::Locked(reason) => Some(reason),
            Self::Taken(path) => Some(format!("{path} is no log")),
        }
    }
}
