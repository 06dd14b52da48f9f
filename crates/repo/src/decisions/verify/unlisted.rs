//! Missions that this clone remembers and that are nowhere to be found: their ledger branch was deleted, or moved back.

use gix::ObjectId;
use pawtrail_event::MissionId;
use pawtrail_event::decision;

use super::known::Known;
use super::{Names, Proof, of_mission, out_of_reach, restore};
use crate::checkouts;
use crate::durable;
use crate::error::Result;
use crate::history;
use crate::mission::{self, META, Mission, SPECS_DIR};
use crate::placement;
use crate::project::Project;
use crate::record::{self, Record};
use crate::references::short;

/// Where git looks for commits that nothing names.
const SEARCH: &str = "git fsck --unreachable --no-reflogs";

pub(super) fn verify(
    project: &Project,
    known: &Known,
    listed: &[Mission],
    proof: &mut Proof,
) -> Result<()> {
    for id in record::missions(project)? {
        if listed.iter().any(|mission| mission.mission_id == id) || mission::is_begun(project, &id)?
        {
            continue;
        }
        if let Some(record) = record::read(project, &id)? {
            of_record(project, known, &id, &record, proof)?;
        }
    }
    Ok(())
}

fn of_record(
    project: &Project,
    known: &Known,
    id: &MissionId,
    record: &Record,
    proof: &mut Proof,
) -> Result<()> {
    // Merged and deleted, and what has it is no mission branch and isn't checked out here; or it is in another worktree.
    if let Some(mission) = elsewhere(project, known, id, record)? {
        return of_mission(project, known, &mission, proof);
    }
    let names = Names {
        mission_id: id,
        mission_slug: &record.mission_slug,
        ledger_ref: &record.ledger_ref,
    };
    let branch = short(&record.ledger_ref);
    let tip = history::tip(project, &record.ledger_ref)?;
    let lost = known.lost(project, &record.ledger_ref, tip)?;
    let mut latest = None;
    for commit in &lost {
        if latest.is_none()
            && let Some(mission) = at(project, *commit, id, record)?
        {
            latest = Some((*commit, mission));
        }
    }
    let file = record::path(project, id);
    let meant = format!("where that was meant, remove {}", file.display());
    let what = match tip {
        Some(_) => "was moved back to where it has none of",
        None => "is gone, and nothing else has",
    };
    let Some((commit, mission)) = latest else {
        let reason = format!(
            "the ledger branch {branch} {what} mission {}, and no commit is known that it had; {meant}",
            record.mission_slug
        );
        proof.lost.push(names.lost(None, reason, SEARCH.to_owned()));
        return Ok(());
    };
    let path = mission.path(decision::FILE);
    let left = Known::logs(project, &lost, &path)?;
    let with_answers = out_of_reach(&names, left, &mut Default::default(), proof);
    let commit = with_answers.unwrap_or(commit);
    let place = placement::on_branch(project, &mission, &record.ledger_ref, None)?;
    let reason = format!(
        "the ledger branch {branch} {what} mission {}; commit {} has it; {meant}",
        record.mission_slug,
        commit.to_hex_with_len(10)
    );
    let restore = restore(project, &place, commit)?;
    proof.lost.push(names.lost(Some(commit), reason, restore));
    Ok(())
}

/// Finds the mission in what any branch, remote-tracking branch or tag names, or in any worktree.
fn elsewhere(
    project: &Project,
    known: &Known,
    id: &MissionId,
    record: &Record,
) -> Result<Option<Mission>> {
    let path = path(record);
    for tip in known.holders(project, None, &path)? {
        if let Some(mission) = at(project, tip, id, record)? {
            return Ok(Some(mission));
        }
    }
    for (root, _) in checkouts::places(project)? {
        if let Some(content) = durable::read(&root.join(&path))?
            && let Some(mission) = parsed(&content, id, record)
        {
            return Ok(Some(mission));
        }
    }
    Ok(None)
}

fn at(
    project: &Project,
    commit: ObjectId,
    id: &MissionId,
    record: &Record,
) -> Result<Option<Mission>> {
    let content = history::file_at(project, commit, &path(record))?;
    Ok(content.and_then(|content| parsed(&content, id, record)))
}

fn path(record: &Record) -> String {
    format!("{SPECS_DIR}/{}/{META}", record.mission_slug)
}

/// The mission, where the file is of this one.
fn parsed(content: &[u8], id: &MissionId, record: &Record) -> Option<Mission> {
    mission::parse(record.mission_slug.as_str(), content, &record.ledger_ref)
        .ok()
        .flatten()
        .filter(|mission| mission.mission_id == *id)
}
