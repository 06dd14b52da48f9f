//! The end of a commit: what was spooled for it is let go of, and a person is told what did not work.

use crate::journal::Journal;
use crate::ledger::Outcome;

/// Lets go of the spool when its lines are in the branch. Returns what failed after the commit.
pub(crate) fn settle(journal: &Journal, outcome: &Outcome) -> Vec<String> {
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
    warnings.extend(done.not_recorded());
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
