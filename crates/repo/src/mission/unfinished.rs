//! Missions whose creation was begun: the next command finishes what a dead one has left.
//!
//! What is to be created is written down first, and crossed out when it is in its branch or given up.

use std::fs;
use std::path::PathBuf;

use pawtrail_event::{MissionId, MissionSlug, WorkPackageId, status};
use serde::{Deserialize, Serialize};

use super::{META, Mission, parse};
use crate::durable::{self, Access};
use crate::error::{Error, GitContext, IoContext, Result};
use crate::ledger::{self, Change, Committed, Content, Ledger, Outcome};
use crate::placement::{self, Placement};
use crate::project::Project;
use crate::status::derived_from;
use crate::status::task_files::TASKS_DIR;

/// What is written down of a mission that is to be created.
#[derive(Debug, Serialize, Deserialize)]
struct Intent {
    mission_slug: MissionSlug,
    /// The content of its `meta.json`.
    meta: String,
    #[serde(default)]
    tasks: Vec<(String, String)>,
    #[serde(default)]
    packages: Vec<WorkPackageId>,
    #[serde(default)]
    rows: Vec<String>,
}

/// What a mission begins with.
#[derive(Debug, Clone)]
pub(super) struct Beginning {
    /// The content of its `meta.json`.
    pub(super) meta: String,
    /// Its work package files: names and contents.
    pub(super) tasks: Vec<(String, String)>,
    /// The work packages on its board.
    pub(super) packages: Vec<WorkPackageId>,
    /// The lines that put them there, with their line ends.
    pub(super) rows: Vec<String>,
}

impl Beginning {
    /// Returns the status log.
    pub(super) fn log(&self) -> String {
        self.rows.concat()
    }

    /// Returns the paths of all files.
    pub(super) fn paths(&self, mission: &Mission) -> Vec<String> {
        let tasks = self.tasks.iter().map(|(name, _)| task_path(mission, name));
        [META, status::FILE, status::SNAPSHOT_FILE]
            .map(|file| mission.path(file))
            .into_iter()
            .chain(tasks)
            .collect()
    }

    fn changes(&self, project: &Project, mission: &Mission) -> Result<Vec<Change>> {
        let new = |path: String, content: &str| Change {
            path,
            content: Content::New(content.as_bytes().to_vec()),
        };
        let mut changes = vec![new(mission.path(META), &self.meta)];
        for (name, content) in &self.tasks {
            changes.push(new(task_path(mission, name), content));
        }
        if !self.rows.is_empty() {
            let rows = self.rows.iter().map(|row| row.trim_end().to_owned());
            changes.push(Change {
                path: mission.path(status::FILE),
                content: Content::Lines(rows.collect()),
            });
            changes.push(derived_from(project, mission, self.meta.as_bytes())?);
        }
        Ok(changes)
    }
}

fn task_path(mission: &Mission, name: &str) -> String {
    mission.path(&format!("{TASKS_DIR}/{name}"))
}

/// Writes down that a mission is to be created, durably. The ledger's lock must be held.
pub(super) fn write_down(
    project: &Project,
    mission: &Mission,
    beginning: &Beginning,
) -> Result<()> {
    let intent = Intent {
        mission_slug: mission.mission_slug.clone(),
        meta: beginning.meta.clone(),
        tasks: beginning.tasks.clone(),
        packages: beginning.packages.clone(),
        rows: beginning.rows.clone(),
    };
    let text = serde_json::to_vec(&intent).git("encoding a mission")?;
    durable::replace(&path(project, &mission.mission_id), &text, Access::Private)
}

/// Crosses a mission out: it is created, or given up.
pub(super) fn cross_out(project: &Project, id: &MissionId) -> Result<()> {
    let path = path(project, id);
    match fs::remove_file(&path) {
        Ok(()) => Ok(()),
        Err(error) if durable::is_absent(&error) => Ok(()),
        Err(error) => Err(error).at("remove", &path),
    }
}

/// Returns the missions whose creation was begun and not ended, with what they begin with.
pub(super) fn begun(project: &Project) -> Result<Vec<(Mission, Beginning)>> {
    let mut found = Vec::new();
    for id in durable::identifiers(&dir(project))? {
        let Some(content) = durable::read(&path(project, &id))? else {
            continue;
        };
        let intent: Intent = serde_json::from_slice(&content).git("reading what was begun")?;
        let slug = intent.mission_slug.as_str();
        let parsed = parse(slug, intent.meta.as_bytes(), "");
        let named =
            parsed.and_then(|mission| mission.ok_or_else(|| "it names no mission".to_owned()));
        let mission = named.map_err(|message| Error::Damaged {
            path: path(project, &id),
            message,
        })?;
        let beginning = Beginning {
            meta: intent.meta,
            tasks: intent.tasks,
            packages: intent.packages,
            rows: intent.rows,
        };
        found.push((mission, beginning));
    }
    Ok(found)
}

/// Says whether a mission's creation was begun and not ended.
pub(crate) fn is_begun(project: &Project, id: &MissionId) -> Result<bool> {
    Ok(durable::read(&path(project, id))?.is_some())
}

/// Creates the missions that dead commands have begun. Returns what a person has to know.
///
/// # Errors
/// When the lock can't be had, or what was begun can't be read or committed.
pub fn finish(project: &Project) -> Result<Vec<String>> {
    if begun(project)?.is_empty() {
        return Ok(Vec::new());
    }
    let mut held = Ledger::lock(project)?;
    let mut said = Vec::new();
    // Those of living commands are gone by now: they are crossed out under the lock.
    for (mission, beginning) in begun(project)? {
        let place = placement::placement(project, &mission)?;
        let slug = &mission.mission_slug;
        match commit(project, &mut held, &mission, &place, &beginning)? {
            Outcome::Committed(done) => {
                said.push(format!(
                    "mission {slug}, whose creation was interrupted, is there now"
                ));
                said.extend(ended(project, &mission, &done));
            }
            Outcome::Elsewhere(_) => cross_out(project, &mission.mission_id)?,
            Outcome::Deferred(reason) | Outcome::Locked(reason) => said.push(format!(
                "mission {slug}, whose creation was interrupted, still waits: {reason}"
            )),
            Outcome::Taken(path) => said.push(format!(
                "mission {slug}, whose creation was interrupted, can't be created: {path} has other content"
            )),
        }
    }
    Ok(said)
}

/// Commits what a mission begins with, for good: its branch is recorded before.
pub(super) fn commit(
    project: &Project,
    held: &mut Ledger,
    mission: &Mission,
    place: &Placement,
    beginning: &Beginning,
) -> Result<Outcome> {
    let place = placement::choose_for_good(project, mission, place.clone())?;
    let message = format!("chore(missions): create {} [skip ci]", mission.mission_slug);
    let changes = || beginning.changes(project, mission).map(Some);
    let again = || placement::placement(project, mission);
    ledger::commit(project, held, &place, &message, again, changes)
}

/// Crosses a mission out that is in its branch; returns what failed after the commit.
pub(super) fn ended(project: &Project, mission: &Mission, done: &Committed) -> Vec<String> {
    let mut said = Vec::new();
    match &done.shaky {
        None => {
            if let Err(error) = cross_out(project, &mission.mission_id) {
                said.push(format!("the mission is created, and noted as not: {error}"));
            }
        }
        // It stays written down, so that the next command makes sure of the commit.
        Some(reason) => said.push(format!(
            "it is committed, but until a command has flushed the commit it might not survive a power loss: {reason}"
        )),
    }
    said.extend(done.not_recorded());
    said
}

fn path(project: &Project, id: &MissionId) -> PathBuf {
    dir(project).join(id.as_str())
}

fn dir(project: &Project) -> PathBuf {
    project.state_dir().join("creating")
}
