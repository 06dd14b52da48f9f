//! What a clone remembers of a mission: its ledger branch, chosen once.

use std::fs;
use std::path::PathBuf;

use pawtrail_event::{EventId, MissionId, MissionSlug};
use serde::{Deserialize, Serialize};

use crate::durable::{self, Access};
use crate::error::{Error, GitContext, IoContext, Result};
use crate::project::Project;

/// Who chose a mission's ledger branch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChosenBy {
    /// `coordination_branch` in the mission's `meta.json`.
    Meta,
    /// The mission's own branch was there already.
    ExistingBranch,
    /// The mission's own branch was on a remote already.
    RemoteBranch,
    /// The primary checkout was on an unprotected branch.
    CurrentBranch,
    /// Nothing else could be used, so the mission has a branch of its own.
    OwnBranch,
    /// A user, by `mission ledger --set`.
    Command,
    /// A user of another clone, by that command; a branch tells of it.
    AnotherClone,
}

/// What a clone remembers of a mission, in `pawtrail/missions/<mission id>` of its git directory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Record {
    pub(crate) mission_slug: MissionSlug,
    pub(crate) ledger_ref: String,
    pub(crate) chosen_by: ChosenBy,
    /// The event that tells other clones of the choice, where one does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) told_by: Option<EventId>,
    /// What remotes had when the choice was last looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) seen: Option<String>,
    /// The branches before, in this clone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) left: Vec<String>,
}

impl Record {
    /// Makes the record that follows on `before`.
    pub(crate) fn after(self, before: Option<Self>) -> Self {
        let mut left = self.left;
        if let Some(before) = before {
            left.extend(before.left);
            left.push(before.ledger_ref);
        }
        left.retain(|branch| *branch != self.ledger_ref);
        left.sort();
        left.dedup();
        Self { left, ..self }
    }
}

/// Records a choice.
pub(crate) fn write(project: &Project, id: &MissionId, record: &Record) -> Result<()> {
    let mut text = serde_json::to_vec(record).git("encoding a record")?;
    text.push(b'\n');
    durable::replace(&path(project, id), &text, Access::Private)
}

/// Forgets a mission that isn't there.
pub(crate) fn forget(project: &Project, id: &MissionId) -> Result<()> {
    let path = path(project, id);
    match fs::remove_file(&path) {
        Ok(()) => Ok(()),
        Err(error) if durable::is_absent(&error) => Ok(()),
        Err(error) => Err(error).at("remove", &path),
    }
}

/// Reads what this clone remembers of a mission.
pub(crate) fn read(project: &Project, id: &MissionId) -> Result<Option<Record>> {
    let path = path(project, id);
    let Some(content) = durable::read(&path)? else {
        return Ok(None);
    };
    serde_json::from_slice(&content)
        .map(Some)
        .map_err(|error| Error::Damaged {
            path,
            message: format!(
                "{error}; `pawtrail doctor --fix` makes it again where git tells the same"
            ),
        })
}

/// A record that can't be understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DamagedRecord {
    /// The mission that it is of.
    pub(crate) mission_id: MissionId,
    /// The file.
    pub(crate) path: PathBuf,
    /// What is wrong with it.
    pub(crate) reason: String,
}

/// Everything that this clone remembers of missions.
#[derive(Debug, Clone, Default)]
pub(crate) struct Records {
    /// In the order of mission ids.
    pub(crate) sound: Vec<(MissionId, Record)>,
    /// What can't be understood.
    pub(crate) damaged: Vec<DamagedRecord>,
}

/// Reads everything that this clone remembers of missions.
pub(crate) fn all(project: &Project) -> Result<Records> {
    let mut all = Records::default();
    for id in missions(project)? {
        match read(project, &id) {
            Ok(Some(record)) => all.sound.push((id, record)),
            Ok(None) => {}
            Err(Error::Damaged { path, message }) => all.damaged.push(DamagedRecord {
                mission_id: id,
                path,
                reason: message,
            }),
            Err(error) => return Err(error),
        }
    }
    Ok(all)
}

/// Returns the recorded ledger branch of a mission.
pub(crate) fn branch(project: &Project, id: &MissionId) -> Result<Option<String>> {
    Ok(read(project, id)?.map(|record| record.ledger_ref))
}

/// Returns the missions that this clone remembers, in order. A file with another name is none of ours.
pub(crate) fn missions(project: &Project) -> Result<Vec<MissionId>> {
    durable::identifiers(&project.state_dir().join("missions"))
}

/// Returns every recorded ledger branch of this clone.
pub(crate) fn branches(project: &Project) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for id in missions(project)? {
        names.extend(branch(project, &id)?);
    }
    names.sort();
    names.dedup();
    Ok(names)
}

/// Returns the file that a choice is recorded in.
pub(crate) fn path(project: &Project, id: &MissionId) -> PathBuf {
    project.state_dir().join("missions").join(id.as_str())
}
