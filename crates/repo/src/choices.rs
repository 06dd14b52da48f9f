//! Which branch a mission's ledger is kept on, as branches say it: a log of choices that travels with git.
//!
//! Whoever sets the branch writes it into the mission's `ledger.events.jsonl` on that branch. A clone that has fetched it
//! follows the latest choice that it sees on any branch; so all that see the same branches agree.

use gix::ObjectId;
use pawtrail_event::{BuildId, EventId, time};
use serde::Deserialize;
use serde_json::json;

use crate::error::{GitContext, Result};
use crate::history;
use crate::mission::Mission;
use crate::project::Project;

/// The log's name in the mission's directory. It is merged as event files are.
pub(crate) const FILE: &str = "ledger.events.jsonl";
/// The type of its events.
const CHOSEN: &str = "LedgerBranchChosen";
/// The largest log that is read, in bytes.
const LIMIT: usize = 1024 * 1024;
/// The longest name of a branch that is taken, in bytes.
const MAX_NAME: usize = 256;

/// A choice that a branch tells of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Said {
    /// The event; a later choice has a greater one.
    pub(crate) event_id: EventId,
    /// The branch, by its full name.
    pub(crate) ledger_ref: String,
}

/// The line that tells of a choice.
pub(crate) struct Announcement {
    /// The choice.
    pub(crate) said: Said,
    /// The line, without its end.
    pub(crate) line: String,
}

#[derive(Deserialize)]
struct Row {
    event_id: EventId,
    event_type: String,
    payload: Payload,
}

#[derive(Deserialize)]
struct Payload {
    ledger_ref: String,
}

/// Makes the line that tells of a choice; none where the sanitizer finds something private in the branch's name.
pub(crate) fn announce(
    project: &Project,
    mission: &Mission,
    ledger_ref: &str,
) -> Result<Option<Announcement>> {
    let build_id: BuildId = project.build_id()?;
    let event_id = EventId::from(project.ulid());
    let event = project.sanitizer().sanitize(&json!({
        "at": time::iso(project.now()),
        "build_id": build_id.as_str(),
        "event_id": event_id.as_str(),
        "event_type": CHOSEN,
        "mission_id": mission.mission_id.as_str(),
        "payload": { "ledger_ref": ledger_ref },
    }));
    let line = event.to_line().trim_end().to_owned();
    let said = row(line.as_bytes()).filter(|said| said.ledger_ref == ledger_ref);
    Ok(said.map(|said| Announcement { said, line }))
}

/// Returns the latest choice that any branch tells of, here or as a remote had it, and whose branch is there.
pub(crate) fn latest(project: &Project, mission: &Mission) -> Result<Option<Said>> {
    let mut tips = history::branches(project, "refs/heads/")?;
    tips.extend(history::branches(project, "refs/remotes/")?);
    let names: Vec<&str> = tips
        .iter()
        .filter_map(|(name, _)| local_name(name))
        .collect();
    let mut commits: Vec<ObjectId> = tips.iter().map(|(_, tip)| *tip).collect();
    commits.sort();
    commits.dedup();
    let path = mission.path(FILE);
    let mut read = Vec::new();
    let mut found: Option<Said> = None;
    for commit in commits {
        // A shallow or partial clone lacks some.
        if !project.git().has_object(commit) {
            continue;
        }
        let Some(blob) = history::entry_at(project, commit, &path)? else {
            continue;
        };
        if read.contains(&blob) {
            continue;
        }
        read.push(blob);
        for said in choices(&history::content(project, blob)?) {
            let there = said.ledger_ref.strip_prefix("refs/heads/");
            let there = there.is_some_and(|name| names.contains(&name));
            if there
                && found
                    .as_ref()
                    .is_none_or(|known| known.event_id < said.event_id)
            {
                found = Some(said);
            }
        }
    }
    Ok(found)
}

/// Digests what remotes had when they were last fetched: as long as it is the same, nobody tells of anything new.
pub(crate) fn seen(project: &Project) -> Result<String> {
    let text: String = history::noted_of_remotes(project)?
        .iter()
        .map(|(name, id)| format!("{name} {id}\n"))
        .collect();
    let kind = project.git().object_hash();
    gix::objs::compute_hash(kind, gix::objs::Kind::Blob, text.as_bytes())
        .git("hashing the remote-tracking branches")
        .map(|id| id.to_string())
}

/// A branch's name without where it is.
fn local_name(full: &str) -> Option<&str> {
    full.strip_prefix("refs/heads/")
        .or_else(|| Some(full.strip_prefix("refs/remotes/")?.split_once('/')?.1))
}

fn choices(content: &[u8]) -> Vec<Said> {
    if content.len() > LIMIT {
        return Vec::new();
    }
    content
        .split(|byte| *byte == b'\n')
        .filter_map(row)
        .collect()
}

/// Reads a line; what is no choice of a branch that can be is passed over.
fn row(line: &[u8]) -> Option<Said> {
    let row: Row = serde_json::from_slice(line).ok()?;
    let name = row.payload.ledger_ref;
    let sound = row.event_type == CHOSEN
        && name.len() <= MAX_NAME
        && name.starts_with("refs/heads/")
        && gix::validate::reference::name(name.as_str().into()).is_ok();
    sound.then_some(Said {
        event_id: row.event_id,
        ledger_ref: name,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_choices_of_branches_that_can_be_are_read() {
        let line = |id: &str, kind: &str, name: &str| {
            format!(
                "{{\"at\":\"2026\",\"event_id\":\"{id}\",\"event_type\":\"{kind}\",\"payload\":{{\"ledger_ref\":\"{name}\"}}}}\n"
            )
        };
        let id = "01KT11BBBBBBBBBBBBBBBBBBBB";
        let content = [
            line(id, CHOSEN, "refs/heads/team/ledger"),
            line(id, "Other", "refs/heads/x"),
            line(id, CHOSEN, "refs/tags/x"),
            line(id, CHOSEN, "refs/heads/two words"),
            line(id, CHOSEN, &format!("refs/heads/{}", "x".repeat(MAX_NAME))),
            line("no id", CHOSEN, "refs/heads/x"),
            "<<<<<<< ours\n".to_owned(),
        ]
        .concat();
        let found = choices(content.as_bytes());
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].ledger_ref, "refs/heads/team/ledger");
        assert_eq!(choices(&vec![b'\n'; LIMIT + 1]), Vec::new());
        assert_eq!(
            local_name("refs/remotes/origin/team/ledger"),
            Some("team/ledger")
        );
    }
}
