//! The store of mission runs: a directory a run, with its log and the template it was started with.
//!
//! `.kittify/runtime/runs/<run id>/` of the primary checkout, or the clone's private state where there is no checkout. The
//! log is the run. Which run is a mission's is claimed in the clone's private state before anything of it is written;
//! where the claim is lost, the run is found again by the first row of its log, so nothing depends on an index.

mod projection;

use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use pawtrail_event::run::{self, RowPayload};
use pawtrail_event::{MissionId, RunId, Sanitized, json, time};

use crate::beyond;
use crate::durable::{self, Access};
use crate::error::{Error, IoContext, Result};
use crate::local_log::{self, Places};
use crate::lock::{self, Lock};
use crate::mission::Mission;
use crate::project::Project;

pub use projection::Indexed;

/// The name of a run's log in its directory.
pub const LOG: &str = run::FILE;
/// The name of a run's template in its directory.
pub const TEMPLATE: &str = "mission_template_frozen.yaml";
const DIR: &str = ".kittify/runtime";
const PROMPTS: &str = "prompts";
/// Stands behind a claimed id whose run has begun.
const BEGAN: &str = "began";
/// Larger logs and templates are not read: somebody has to look at them.
const LIMIT: u64 = 16 * 1024 * 1024;
const PLACES: Places = Places {
    writing: "runs::append",
    written: "runs::appended",
};

/// A run as it lies on disk.
#[derive(Debug)]
pub struct Stored {
    /// Its identity.
    pub run_id: RunId,
    /// Its directory.
    pub dir: PathBuf,
    /// What its log holds.
    pub log: run::Log,
    /// The template it goes by, byte for byte as it was; nothing where it is gone.
    pub template: Vec<u8>,
}

/// Returns the run of a mission, if there is one. Writes nothing.
///
/// # Errors
/// When a file of it can't be read.
pub fn find(project: &Project, mission: &MissionId) -> Result<Option<Stored>> {
    // A last line without its end may still be in the making.
    look(project, mission, Tail::Left)
}

/// What a reader makes of a last line without its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tail {
    /// It isn't read yet.
    Left,
    /// Nobody else writes: it is what it is.
    Read,
}

fn look(project: &Project, mission: &MissionId, tail: Tail) -> Result<Option<Stored>> {
    let runs = home(project).join("runs");
    if let Some(claimed) = claimed(project, mission)?
        && let Some(stored) = stored(&runs, &claimed, tail)?
        && names_nobody_else(&stored.log, mission)
    {
        return Ok(Some(stored));
    }
    let mut latest: Option<(Timestamp, Stored)> = None;
    for run_id in durable::identifiers(&runs)? {
        let Some(found) = stored(&runs, &run_id, tail)? else {
            continue;
        };
        let Some(at) = started(&found.log, mission) else {
            continue;
        };
        if latest.as_ref().is_none_or(|(other, _)| *other < at) {
            latest = Some((at, found));
        }
    }
    Ok(latest.map(|(_, stored)| stored))
}

/// Says whether this clone had a run of the mission, whatever became of it.
///
/// # Errors
/// When the clone's state can't be read.
pub fn was_started(project: &Project, mission: &MissionId) -> Result<bool> {
    let content = durable::read(&claim(project, mission))?;
    Ok(content
        .is_some_and(|content| String::from_utf8_lossy(&content).lines().nth(1) == Some(BEGAN)))
}

/// Returns the missions that this clone has or had a run of.
///
/// # Errors
/// When the clone's state can't be read.
pub fn missions(project: &Project) -> Result<Vec<MissionId>> {
    durable::identifiers(&claims(project))
}

/// The right to change a mission's run; nobody else has it meanwhile.
#[derive(Debug)]
pub struct Held<'p> {
    project: &'p Project,
    mission: &'p Mission,
    _lock: Lock,
}

/// Waits for the right to change a mission's run.
///
/// # Errors
/// [`Error::LockTimeout`] where another process has it for too long; [`Error::Beyond`] where its files would lie outside of
/// the checkout.
pub fn hold<'p>(project: &'p Project, mission: &'p Mission) -> Result<Held<'p>> {
    if let Some(root) = project.primary() {
        for path in ["feature-runs.json", "runs/any"] {
            beyond::refuse(root, &format!("{DIR}/{path}"))?;
        }
    }
    let name = format!("run-{}.lock", mission.mission_id);
    let path = project.state_dir().join("locks").join(name);
    Ok(Held {
        project,
        mission,
        _lock: Lock::acquire(&path, lock::PATIENCE)?,
    })
}

impl Held<'_> {
    /// Returns the run, if there is one.
    ///
    /// # Errors
    /// As [`find`].
    pub fn find(&self) -> Result<Option<Stored>> {
        look(self.project, &self.mission.mission_id, Tail::Read)
    }

    /// Begins a run: claims an id for it and keeps its template. It exists with its first row. After a crash in between
    /// the same id is taken again.
    ///
    /// # Errors
    /// When the clone's state or the directory can't be written.
    pub fn begin(&self, template: &[u8]) -> Result<Stored> {
        let runs = home(self.project).join("runs");
        let mission = &self.mission.mission_id;
        let unused = claimed(self.project, mission)?.filter(|id| {
            runs.join(id.as_str()).is_dir() && !runs.join(id.as_str()).join(LOG).exists()
        });
        let run_id = match unused {
            Some(id) => id,
            None => {
                // As long as a UUID and as unique; the Python tool's runs are named so too.
                let id: RunId = format!("{:032x}", u128::from(self.project.ulid())).parse()?;
                let text = format!("{id}\n");
                durable::replace(
                    &claim(self.project, mission),
                    text.as_bytes(),
                    Access::Private,
                )?;
                id
            }
        };
        let dir = runs.join(run_id.as_str());
        durable::create_dir(&dir)?;
        durable::replace(&dir.join(TEMPLATE), template, Access::Shared)?;
        crate::clone_state::ignore_private_files(self.project.common_dir())?;
        Ok(Stored {
            run_id,
            dir,
            log: run::Log::default(),
            template: template.to_vec(),
        })
    }

    /// Notes that a run has begun: from now on this clone knows that there was one, whatever becomes of its directory.
    ///
    /// # Errors
    /// When the clone's state can't be written.
    pub fn began(&self, run: &Stored) -> Result<()> {
        let text = format!("{}\n{BEGAN}\n", run.run_id);
        let path = claim(self.project, &self.mission.mission_id);
        durable::replace(&path, text.as_bytes(), Access::Private)
    }

    /// Appends rows to a run's log, durably, all of them or none.
    ///
    /// # Errors
    /// When the log can't be written; then none of them is in it.
    pub fn append(&self, run: &Stored, rows: &[Sanitized]) -> Result<()> {
        if rows.is_empty() {
            return Ok(());
        }
        let lines: String = rows.iter().map(|row| json::log(row.value())).collect();
        local_log::append(&run.dir.join(LOG), &lines, 4, PLACES)
    }

    /// Lets a run go by another template from now on.
    ///
    /// # Errors
    /// When it can't be written; then the run goes by the one it had.
    pub fn replace_template(&self, run: &Stored, template: &[u8]) -> Result<()> {
        durable::replace(&run.dir.join(TEMPLATE), template, Access::Shared)
    }
}

/// Returns where the prompt of a step of a run lies, whether it is there or not.
pub fn prompt_path(run: &Stored, name: &str) -> PathBuf {
    run.dir.join(PROMPTS).join(file_name(name))
}

/// Writes a prompt: whole or not at all. It can be made again at any time.
///
/// # Errors
/// When it can't be written.
pub fn write_prompt(path: &Path, text: &str) -> Result<()> {
    if durable::read(path)?.as_deref() == Some(text.as_bytes()) {
        return Ok(());
    }
    durable::replace_cache(path, text.as_bytes())
}

/// A name that any file system takes; different names stay different.
fn file_name(name: &str) -> String {
    let safe = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    let mut out: String = name
        .chars()
        .take(80)
        .map(|c| if safe(c) { c } else { '-' })
        .collect();
    if out != name {
        use sha1::Digest as _;
        let digest = sha1::Sha1::digest(name.as_bytes());
        out.push('-');
        for byte in digest.iter().take(6) {
            out.push_str(&format!("{byte:02x}"));
        }
    }
    // Bare words such as `con` are devices on some systems.
    format!("next-{out}.md")
}

/// The runtime's directory: of the primary checkout, or the clone's where there is none.
fn home(project: &Project) -> PathBuf {
    match project.primary() {
        Some(root) => root.join(DIR),
        None => project.state_dir().join("runtime"),
    }
}

fn claims(project: &Project) -> PathBuf {
    project.state_dir().join("runs")
}

fn claim(project: &Project, mission: &MissionId) -> PathBuf {
    claims(project).join(mission.as_str())
}

/// The run that was claimed for a mission. A claim that can't be understood is none: the run is found by its log.
fn claimed(project: &Project, mission: &MissionId) -> Result<Option<RunId>> {
    let content = durable::read(&claim(project, mission))?;
    Ok(content.and_then(|content| {
        String::from_utf8_lossy(&content)
            .lines()
            .next()?
            .parse()
            .ok()
    }))
}

/// Reads a run; none where it has no log yet.
fn stored(runs: &Path, run_id: &RunId, tail: Tail) -> Result<Option<Stored>> {
    let dir = runs.join(run_id.as_str());
    let Some(log) = limited(&dir.join(LOG))? else {
        return Ok(None);
    };
    // A log without a template is a run all the same: what it lacks is for its reader to say.
    let template = limited(&dir.join(TEMPLATE))?.unwrap_or_default();
    let end = match tail {
        Tail::Read => log.len(),
        Tail::Left => log
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |last| last + 1),
    };
    Ok(Some(Stored {
        run_id: run_id.clone(),
        log: run::Log::read(&log[..end]),
        template,
        dir,
    }))
}

fn limited(path: &Path) -> Result<Option<Vec<u8>>> {
    match fs::symlink_metadata(path) {
        Ok(known) if known.is_file() && known.len() <= LIMIT => durable::read(path),
        Ok(_) => Err(Error::Damaged {
            path: path.to_owned(),
            message: format!("it is no file of at most {LIMIT} bytes"),
        }),
        Err(error) if durable::is_absent(&error) => Ok(None),
        Err(error) => Err(error).at("inspect", path),
    }
}

/// When a log says that it is the run of this mission: when that began.
fn started(log: &run::Log, mission: &MissionId) -> Option<Timestamp> {
    log.rows.iter().find_map(|row| match &row.payload {
        RowPayload::Run(run::Payload::Started(started)) => (started.mission_id.as_ref()
            == Some(mission))
        .then(|| time::instant(&row.at).unwrap_or(Timestamp::MIN)),
        RowPayload::Run(_) | RowPayload::Other(_) => None,
    })
}

/// Says whether a log is claimed rightly: it begins the run of this mission, or its beginning is damaged.
fn names_nobody_else(log: &run::Log, mission: &MissionId) -> bool {
    log.rows.iter().all(|row| match &row.payload {
        RowPayload::Run(run::Payload::Started(started)) => {
            started.mission_id.as_ref().is_none_or(|id| id == mission)
        }
        RowPayload::Run(_) | RowPayload::Other(_) => true,
    })
}

#[cfg(test)]
mod tests;
