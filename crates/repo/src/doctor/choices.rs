//! Missions whose ledger moved, and whose branch before went on.

use super::check::Check;
use crate::error::Result;
use crate::mission::Mission;
use crate::placement;
use crate::project::Project;
use crate::references::short;
use crate::{ledger_branch, shell};

/// Looks for events that only a branch before has: this clone wrote them when another had chosen another branch.
pub(super) fn check(project: &Project, missions: &[Mission]) -> Result<Check> {
    const NAME: &str = "ledger_choice";
    let mut found = Vec::new();
    let mut next = None;
    for mission in missions {
        let place = placement::placement(project, mission)?;
        for branch in ledger_branch::left_behind(project, mission, &place.ledger_ref)? {
            let now = short(&place.ledger_ref);
            found.push(format!(
                "the ledger of {} is kept on {now}, and {} has events that it lacks",
                mission.mission_slug,
                short(&branch)
            ));
            next.get_or_insert(format!(
                "pawtrail mission ledger {} --set {}",
                mission.mission_slug,
                shell::quoted(now)
            ));
        }
    }
    if found.is_empty() {
        return Ok(Check::good(
            NAME,
            "no branch but the chosen one has events of a mission",
        ));
    }
    Ok(Check {
        next_step: next,
        ..Check::bad(NAME, found.join("; "), None)
    })
}
