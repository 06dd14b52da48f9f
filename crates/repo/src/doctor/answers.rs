//! Answers that are in no commit and in no spool: only a checked-out file holds them.

use super::check::{Check, FIX, count};
use crate::decisions;
use crate::error::Result;
use crate::mission::{self, Mission};
use crate::project::Project;
use crate::spooled;

/// The answers of one mission that only files hold.
#[derive(Debug)]
pub(super) struct Lost {
    pub(super) mission: Mission,
    answers: usize,
    reason: String,
}

impl Lost {
    pub(super) fn plan(&self) -> String {
        format!(
            "commit {} of {} that no commit holds",
            count(self.answers, "answer"),
            self.mission.mission_slug
        )
    }
}

pub(super) fn scan(project: &Project) -> Result<Vec<Lost>> {
    let mut found = Vec::new();
    for mission in mission::list(project)?.missions {
        let mut missing = decisions::verify(project, std::slice::from_ref(&mission))?.missing;
        let waiting = spooled::waiting(project)?;
        let spooled = waiting
            .iter()
            .find(|waiting| waiting.mission_id == mission.mission_id)
            .map_or(0, |waiting| waiting.answers);
        // Those in the spool have a check and a step of their own.
        if missing.len() > spooled
            && let Some(first) = missing.pop()
        {
            found.push(Lost {
                answers: missing.len() + 1 - spooled,
                reason: first.reason,
                mission,
            });
        }
    }
    Ok(found)
}

pub(super) fn check(lost: &[Lost]) -> Check {
    const NAME: &str = "answers";
    if lost.is_empty() {
        return Check::good(NAME, "no answer is in a file alone");
    }
    let each: Vec<String> = lost
        .iter()
        .map(|found| {
            let slug = &found.mission.mission_slug;
            format!(
                "{} of {slug}: {}",
                count(found.answers, "answer"),
                found.reason
            )
        })
        .collect();
    Check::bad(NAME, each.join("; "), FIX)
}
