//! Reading a mission's status: the union of the ledger branch, the spool and checked-out files.

use std::borrow::Cow;
use std::collections::BTreeMap;

use gix::ObjectId;
use pawtrail_event::decision::Damaged;
use pawtrail_event::status::{
    self, Lane, Log, MissionIdentity, Order, Slot, Snapshot, WorkPackage,
};
use pawtrail_event::{EventId, MissionId, MissionSlug};
use serde::Serialize;

use super::task_files::TaskFiles;
use crate::error::{Error, Result};
use crate::journal::Journal;
use crate::mission::{META, Mission};
use crate::placement::{self, Placement};
use crate::project::{self, Project};
use crate::receipt::{Delivery, Receipt};
use crate::{durable, history, identity, lines, sandbox, sync_state};

/// The rows that are known of a mission, wherever they stand.
pub(super) struct Known {
    /// What git calls the file as the ledger branch has it; none where it has none.
    blob: Option<ObjectId>,
    /// The file as the ledger branch has it.
    tip: Vec<u8>,
    /// The lines that wait for their commit, and those that only a file holds.
    waiting: Vec<String>,
    /// Of those, what no spool holds and no sandbox left.
    pub(super) found: Vec<String>,
}

/// A log that somebody has read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Basis {
    /// What git calls it; none where it isn't there.
    pub(super) blob: Option<ObjectId>,
    /// How many bytes it has.
    pub(super) bytes: usize,
}

impl Known {
    /// Reads what is known. It writes nothing.
    pub(super) fn of(project: &Project, mission: &Mission, place: &Placement) -> Result<Self> {
        let path = mission.path(status::FILE);
        let blob = match place.tip.or(place.base) {
            Some(tip) => history::entry_at(project, tip, &path)?,
            None => None,
        };
        let tip = match blob {
            Some(blob) => history::content(project, blob)?,
            None => Vec::new(),
        };
        let mut waiting = Journal::of_status(project, &mission.mission_id).spooled()?;
        waiting.extend(sandbox::status_lines(project, &mission.mission_id)?);
        let recorded = waiting.len();
        for root in project.roots() {
            let foreign = lines::foreign_in(&root.join(&path), &tip, &waiting)?;
            waiting.extend(foreign);
        }
        Ok(Self {
            found: waiting[recorded..].to_vec(),
            blob,
            tip,
            waiting,
        })
    }

    /// Lets go of the log, which can be large. Returns the file of the ledger branch by name and size, where its last
    /// line has an end, and what no spool holds.
    pub(super) fn into_found(self) -> (Option<Basis>, Vec<String>) {
        let is_whole = self.tip.is_empty() || self.tip.ends_with(b"\n");
        let basis = is_whole.then_some(Basis {
            blob: self.blob,
            bytes: self.tip.len(),
        });
        (basis, self.found)
    }

    /// Returns all rows as one file.
    pub(super) fn bytes(&self) -> Cow<'_, [u8]> {
        if self.waiting.is_empty() && self.tip.ends_with(b"\n") {
            Cow::Borrowed(&self.tip)
        } else {
            Cow::Owned(lines::union(&self.tip, &self.waiting))
        }
    }
}

/// By what the rows of this project are ordered: what its configuration says, or as the Python tool does.
///
/// # Errors
/// [`Error::Damaged`] when the configuration names an order that there is not.
pub fn order(project: &Project) -> Result<Order> {
    for root in project.roots() {
        let Some(name) = identity::status_order(root)? else {
            continue;
        };
        return match name.as_str() {
            "python" => Ok(Order::Python),
            "instant" => Ok(Order::Instant),
            _ => Err(Error::Damaged {
                path: identity::config_path(root),
                message: format!("status.order is `{name}`, and must be `python` or `instant`"),
            }),
        };
    }
    Ok(Order::default())
}

/// What `meta.json` says of a mission, as a snapshot repeats it.
pub(super) fn identity_of(
    project: &Project,
    mission: &Mission,
    place: &Placement,
) -> Result<MissionIdentity> {
    let path = mission.path(META);
    for root in project.roots() {
        let file = root.join(&path);
        if let Some(content) = durable::read(&file)? {
            return parsed(&content).map_err(|message| Error::Damaged {
                path: file,
                message,
            });
        }
    }
    let content = match place.tip.or(place.base) {
        Some(tip) => history::file_at(project, tip, &path)?,
        None => None,
    };
    match content {
        Some(content) => parsed(&content).map_err(|message| Error::Damaged {
            path: path.into(),
            message,
        }),
        // Found on another branch than the one that holds its events.
        None => Ok(MissionIdentity {
            mission_number: mission.number.map(|number| number.to_string()),
            mission_type: mission.mission_type.clone(),
        }),
    }
}

pub(super) fn parsed(content: &[u8]) -> std::result::Result<MissionIdentity, String> {
    MissionIdentity::parse(content).map_err(|error| error.to_string())
}

/// Returns the receipt of an event that was written before.
pub(super) fn receipt(
    project: &Project,
    mission: &Mission,
    place: &Placement,
    event_id: &EventId,
) -> Result<Receipt> {
    let found = brought(project, place.tip, &mission.path(status::FILE), event_id)?;
    let mut receipt = super::receipt(mission, place, event_id.clone(), found);
    if let Some(commit) = found {
        receipt.pushed = history::is_pushed(project, commit)?;
        if sync_state::is_acknowledged(project, &project::hash(commit))? {
            receipt.delivery = Delivery::Acknowledged;
        }
    }
    Ok(receipt)
}

/// The commit that brought an event to a file: it has it, and none of its parents does.
pub(super) fn brought(
    project: &Project,
    tip: Option<ObjectId>,
    path: &str,
    event_id: &EventId,
) -> Result<Option<ObjectId>> {
    let mut found = None;
    let mut next = tip;
    while let Some(commit) = next.take() {
        let content = history::file_at(project, commit, path)?.unwrap_or_default();
        if !lines::holds(&content, event_id.as_str()) {
            continue;
        }
        found = Some(commit);
        let blob = history::entry_at(project, commit, path)?;
        for parent in history::parents(project, commit)? {
            // A shallow clone ends before its history does.
            if !project.git().has_object(parent) {
                continue;
            }
            let theirs = history::entry_at(project, parent, path)?;
            let has = theirs == blob
                || lines::holds(
                    &history::file_at(project, parent, path)?.unwrap_or_default(),
                    event_id.as_str(),
                );
            if has {
                next = Some(parent);
                break;
            }
        }
    }
    Ok(found)
}

/// A work package as a reader sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Package {
    /// Its id.
    pub wp_id: String,
    /// Its lane: `genesis` where there is a file and no row.
    pub lane: &'static str,
    /// Its title, where its file is here and has one.
    pub title: Option<String>,
    /// Who moved it last.
    pub actor: Option<String>,
    /// When it was moved last.
    pub last_transition_at: Option<String>,
    /// The event that moved it last.
    pub last_event_id: Option<String>,
    /// How often it was moved by force.
    pub force_count: u64,
    /// The agent that works on it.
    pub agent: Option<String>,
    /// The person it is assigned to.
    pub assignee: Option<String>,
    /// Its subtasks with their states: those that its file names, and those that were reported.
    pub subtasks: BTreeMap<String, &'static str>,
    /// What was noted, in that order.
    pub notes: Vec<String>,
}

/// Where a mission's work packages stand.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// The mission.
    pub mission_id: MissionId,
    /// The mission's directory name.
    pub mission_slug: MissionSlug,
    /// The work packages by id.
    pub packages: Vec<Package>,
    /// How many are in each lane of a board.
    pub counts: BTreeMap<&'static str, usize>,
    /// Damaged lines, with the file they stand in.
    pub damaged: Vec<(String, Damaged)>,
    /// Work package files that can't be understood, and why.
    pub unread: Vec<(String, String)>,
}

/// Lists a mission's work packages. It reads and never writes.
///
/// # Errors
/// When git's data or a file can't be read. Damaged lines are reported, not an error.
pub fn list(project: &Project, mission: &Mission) -> Result<Reading> {
    let place = placement::placement(project, mission)?;
    let known = Known::of(project, mission, &place)?;
    let bytes = known.bytes();
    let log = Log::read(&bytes);
    let identity = identity_of(project, mission, &place)?;
    let snapshot = status::reduce(&log, &identity, order(project)?);
    let files = TaskFiles::of(project, mission, &place)?;
    Ok(Reading {
        mission_id: mission.mission_id.clone(),
        mission_slug: mission.mission_slug.clone(),
        counts: snapshot.summary(),
        packages: packages(&snapshot, &files),
        damaged: damaged(project, mission, &place, &known, &log)?,
        unread: files.damaged,
    })
}

/// The damaged lines of a mission's log, with the file they stand in.
pub(super) fn damaged(
    project: &Project,
    mission: &Mission,
    place: &Placement,
    known: &Known,
    log: &Log<'_>,
) -> Result<Vec<(String, Damaged)>> {
    let mut damaged: Vec<(String, Damaged)> = log
        .damaged()
        .into_iter()
        .map(|line| {
            (
                format!("{}:{}", place.ledger_ref, mission.path(status::FILE)),
                line,
            )
        })
        .collect();
    for root in project.roots() {
        let file = root.join(mission.path(status::FILE));
        if durable::beginning_of(&file, &known.tip)? != Some(known.tip.len())
            && let Some(content) = durable::read(&file)?
        {
            let lines = Log::read(&content).damaged();
            damaged.extend(
                lines
                    .into_iter()
                    .map(|line| (file.display().to_string(), line)),
            );
        }
    }
    Ok(damaged)
}

/// Those that have rows, and those that have a file alone.
fn packages(snapshot: &Snapshot, files: &TaskFiles) -> Vec<Package> {
    let mut found: BTreeMap<String, Package> = snapshot
        .work_packages
        .iter()
        .map(|(wp_id, package)| (wp_id.clone(), seen(wp_id, package)))
        .collect();
    for (wp_id, file) in &files.packages {
        let package = found
            .entry(wp_id.to_string())
            .or_insert_with(|| unseen(wp_id.as_str()));
        package.title.clone_from(&file.title);
        for subtask in file.subtasks.iter().flatten() {
            package
                .subtasks
                .entry(subtask.clone())
                .or_insert(Lane::Planned.as_str());
        }
    }
    found.into_values().collect()
}

fn seen(wp_id: &str, package: &WorkPackage) -> Package {
    let text = |slot| package.text(slot).map(str::to_owned);
    Package {
        lane: package.lane.as_str(),
        actor: Some(package.actor.clone()).filter(|actor| !actor.is_empty()),
        last_transition_at: package.last_transition_at.clone(),
        last_event_id: package.last_event_id.clone(),
        force_count: package.force_count,
        agent: text(Slot::Agent),
        assignee: text(Slot::Assignee),
        subtasks: package
            .subtasks()
            .map(|(id, lane)| (id.to_owned(), lane.as_str()))
            .collect(),
        notes: package.notes().map(str::to_owned).collect(),
        ..unseen(wp_id)
    }
}

fn unseen(wp_id: &str) -> Package {
    Package {
        wp_id: wp_id.to_owned(),
        lane: Lane::Genesis.as_str(),
        title: None,
        actor: None,
        last_transition_at: None,
        last_event_id: None,
        force_count: 0,
        agent: None,
        assignee: None,
        subtasks: BTreeMap::new(),
        notes: Vec::new(),
    }
}
