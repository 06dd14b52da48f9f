//! Answers that are in no commit and in no spool: only a checked-out file holds them.

use super::check::{Check, FIX, count};
use crate::decisions::Proof;
use crate::mission::Mission;
use crate::spooled::Waiting;

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

/// Takes from the proof of all answers those that files hold and no spool.
pub(super) fn scan(missions: &[Mission], waiting: &[Waiting], proof: &Proof) -> Vec<Lost> {
    let mut found = Vec::new();
    for mission in missions {
        let mut missing = proof.missing.iter().filter(|missing| {
            // Those in commits have a check of their own.
            missing.mission_id == mission.mission_id && missing.commit.is_none()
        });
        let answers = missing.clone().count();
        let spooled = waiting
            .iter()
            .find(|waiting| waiting.mission_id == mission.mission_id)
            .map_or(0, |waiting| waiting.answers);
        // So have those in the spool.
        if answers > spooled
            && let Some(last) = missing.next_back()
        {
            found.push(Lost {
                answers: answers - spooled,
                reason: last.reason.clone(),
                mission: mission.clone(),
            });
        }
    }
    found
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

/// Judges the ledger branches by what they had.
pub(super) fn branches(proof: &Proof) -> Check {
    const NAME: &str = "ledger_reach";
    let Some(first) = proof.lost.first() else {
        return Check::good(NAME, "every ledger branch has all answers that it had");
    };
    let each: Vec<&str> = proof.lost.iter().map(|lost| &*lost.reason).collect();
    Check::bad(NAME, each.join("; "), Some(&first.restore))
}
