//! Creating a mission: its `meta.json`, committed to its ledger branch.

use std::fs;
use std::path::{Path, PathBuf};

use pawtrail_event::status as event_status;
use pawtrail_event::status::QueueEvent;
use pawtrail_event::{MissionId, MissionSlug, WorkPackageId, json, time};
use serde_json::{Value, json};
use ulid::Ulid;

use super::unfinished::{self, Beginning};
use super::{META, Mission, SPECS_DIR, without_number};
use crate::decisions::Cleaner;
use crate::error::{Error, IoContext, Result};
use crate::ledger::{Committed, Ledger, Outcome};
use crate::placement::{self, Placement};
use crate::project::{self, Project};
use crate::receipt::Receipt;
use crate::status::task_files::{TASKS_DIR, TaskFile, TaskFiles};
use crate::status::{self, First};
use crate::{checkouts, durable, history, record, sync_state};

/// The longest slug that a user may choose, in bytes.
const MAX_SLUG_BYTES: usize = 100;
/// The step between two different first parts of mission ids, in milliseconds.
const MID8_MILLIS: u64 = 1 << 10;

/// How a mission's work is laid out on branches.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Topology {
    /// Everything on one branch.
    #[default]
    SingleBranch,
    /// Work packages on lane branches.
    Lanes,
    /// A branch of its own for coordination.
    Coord,
}

impl Topology {
    /// Returns the name that `meta.json` has for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SingleBranch => "single_branch",
            Self::Lanes => "lanes",
            Self::Coord => "coord",
        }
    }
}

/// A mission to create.
#[derive(Debug, Clone, Default)]
pub struct NewMission {
    /// Its slug; the first part of its id is put behind.
    pub slug: String,
    /// Its title; the slug when none is given.
    pub title: Option<String>,
    /// Its kind; `software-dev` when none is given.
    pub mission_type: Option<String>,
    /// How its work is laid out.
    pub topology: Topology,
    /// The directory with its work package files, `WPnn-*.md`, which become part of it; by default
    /// `kitty-specs/<slug>/tasks` in this checkout, where that is a draft that no mission has.
    pub tasks: Option<PathBuf>,
    /// Who answers its audits: a role or a name that may be public.
    pub owner: Option<String>,
}

/// A mission as it is to be, in what may be written.
struct Wanted<'a> {
    slug: &'a str,
    title: String,
    mission_type: String,
    topology: Topology,
    owner: Option<String>,
}

/// A mission that was created.
#[derive(Debug, Clone)]
pub struct Created {
    /// The mission.
    pub mission: Mission,
    /// Where its files live.
    pub placement: Placement,
    /// What is true now.
    pub receipt: Receipt,
    /// The work packages that are on its board now, in the lane `planned`.
    pub seeded: Vec<WorkPackageId>,
    /// What the hub is to be told.
    pub emitted: Vec<QueueEvent>,
    /// What did not work beside the write itself, for a person.
    pub warnings: Vec<String>,
}

/// Creates a mission and commits its `meta.json`, with its work packages where it has some.
///
/// # Errors
/// [`Error::Damaged`] for a work package file that can't be understood;
/// [`Error::Invalid`] for a slug, title or kind that can't be used; [`Error::NoCommits`] or
/// [`Error::Unborn`]; [`Error::NotSigned`] and [`Error::NotCreated`] when
/// the branch can't be written now, in which case nothing was created.
pub fn create(project: &Project, new: &NewMission) -> Result<Created> {
    let slug = checked_slug(project, &new.slug)?;
    let title = checked("--title", new.title.as_deref().unwrap_or(slug))?;
    let mission_type = checked(
        "--type",
        new.mission_type.as_deref().unwrap_or("software-dev"),
    )?;
    let tasks = tasks(project, new, slug)?;
    let mut cleaner = Cleaner::new(project);
    let title = cleaner.text("the title", title.to_owned());
    let mission_type = cleaner.text("the type", mission_type.to_owned());
    let owner = match &new.owner {
        Some(owner) => Some(cleaner.text("the owner", checked("--owner", owner)?.to_owned())),
        None => None,
    };
    let wanted = Wanted {
        slug,
        title,
        mission_type,
        topology: new.topology,
        owner,
    };
    let mut held = Ledger::lock(project)?;
    sync_state::first_sight(project)?;
    let (mut mission, beginning) = match begun(project, &wanted)? {
        Some(begun) => begun,
        None => fresh(project, &wanted, tasks)?,
    };
    let place = placement::placement(project, &mission)?;
    mission.found_in.clone_from(&place.ledger_ref);
    let outcome = unfinished::write_down(project, &mission, &beginning)
        .and_then(|()| unfinished::commit(project, &mut held, &mission, &place, &beginning));
    let done = match outcome {
        Ok(Outcome::Committed(done)) => done,
        Ok(Outcome::Elsewhere(tip)) => Committed::before(tip),
        Ok(Outcome::Deferred(reason) | Outcome::Locked(reason)) => {
            give_up(project, &mission, &place, &beginning)?;
            return Err(Error::NotCreated { reason });
        }
        Ok(Outcome::Taken(path)) => {
            record::forget(project, &mission.mission_id)?;
            unfinished::cross_out(project, &mission.mission_id)?;
            return Err(Error::PathTaken {
                path,
                branch: place.ledger_ref,
            });
        }
        Err(error) => {
            give_up(project, &mission, &place, &beginning)?;
            return Err(error);
        }
    };
    let mut warnings = cleaner.warnings();
    warnings.extend(unfinished::ended(project, &mission, &done));
    let place = Placement {
        recorded: true,
        ..place
    };
    let receipt = Receipt::here(
        None,
        Some(mission.mission_id.clone()),
        mission.path(META),
        &place.ledger_ref,
        Some(project::hash(done.commit)),
    );
    let emitted = status::emitted(project, &beginning.log(), &receipt).unwrap_or_else(|error| {
        warnings.push(format!("the hub's events were not made: {error}"));
        Vec::new()
    });
    Ok(Created {
        emitted,
        seeded: beginning.packages,
        receipt,
        placement: place,
        mission,
        warnings,
    })
}

/// The same mission, of which a command that died has begun the creation.
fn begun(project: &Project, wanted: &Wanted<'_>) -> Result<Option<(Mission, Beginning)>> {
    Ok(unfinished::begun(project)?
        .into_iter()
        .find(|(mission, _)| {
            let id = &mission.mission_id;
            mission.mission_slug.as_str() == format!("{}-{}", wanted.slug, id.mid8())
                && mission.title == wanted.title
                && mission.mission_type == wanted.mission_type
                && mission.topology.as_deref() == Some(wanted.topology.as_str())
                && mission.owner == wanted.owner
        }))
}

/// A mission with an id of its own, and its `meta.json`.
fn fresh(project: &Project, wanted: &Wanted<'_>, tasks: Tasks) -> Result<(Mission, Beginning)> {
    let slug = wanted.slug;
    let known = super::list(project)?.missions;
    let mut ulid = project.ulid();
    let (mission_id, mission_slug) = loop {
        let id = MissionId::from(ulid);
        let dir: MissionSlug = format!("{slug}-{}", id.mid8()).parse()?;
        if known.iter().all(|mission| mission.mission_slug != dir) {
            break (id, dir);
        }
        // The same slug in the same second: the next first part is taken.
        ulid = Ulid::from_parts(ulid.timestamp_ms() + MID8_MILLIS, ulid.random());
    };
    let created_at = project.now();
    let mut mission = Mission {
        dir: format!("{SPECS_DIR}/{mission_slug}"),
        mission_id,
        mission_slug,
        title: wanted.title.clone(),
        number: None,
        mission_type: wanted.mission_type.clone(),
        topology: Some(wanted.topology.as_str().to_owned()),
        coordination_branch: None,
        created_at: Some(time::iso(created_at)),
        owner: wanted.owner.clone(),
        found_in: String::new(),
    };
    if wanted.topology == Topology::Coord {
        let own = mission.own_branch();
        mission.coordination_branch =
            Some(own.strip_prefix("refs/heads/").unwrap_or(&own).to_owned());
    }
    let place = placement::placement(project, &mission)?;
    let meta = meta(project, &mission)?;
    let first = First {
        target_branch: meta["target_branch"].as_str().unwrap_or("main"),
        created_at,
        packages: &tasks.packages,
    };
    let rows = status::first_rows(project, &mission, &place, &first)?;
    let packages = tasks.packages.into_iter().map(|file| file.wp_id);
    let beginning = Beginning {
        meta: json::pretty(&meta),
        rows: rows.iter().map(event_status::line).collect(),
        packages: packages.collect(),
        tasks: tasks.files,
    };
    Ok((mission, beginning))
}

/// Leaves nothing of a mission that could not be created, unless it is in its branch.
fn give_up(
    project: &Project,
    mission: &Mission,
    place: &Placement,
    beginning: &Beginning,
) -> Result<()> {
    if let Some(tip) = history::tip(project, &place.ledger_ref)?
        && history::entry_at(project, tip, &mission.path(META))?.is_some()
    {
        return unfinished::cross_out(project, &mission.mission_id);
    }
    remove_files(mission, place, &beginning.paths(mission))?;
    record::forget(project, &mission.mission_id)?;
    unfinished::cross_out(project, &mission.mission_id)
}

/// The work packages that a mission begins with, and their files by name.
#[derive(Default)]
struct Tasks {
    packages: Vec<TaskFile>,
    files: Vec<(String, String)>,
}

fn tasks(project: &Project, new: &NewMission, slug: &str) -> Result<Tasks> {
    let draft = || {
        let draft = project.checkout()?.join(SPECS_DIR).join(slug);
        let dir = draft.join(TASKS_DIR);
        (dir.is_dir() && !draft.join(META).exists()).then_some(dir)
    };
    let Some(dir) = new.tasks.clone().or_else(draft) else {
        return Ok(Tasks::default());
    };
    let found = TaskFiles::in_dir(&dir)?;
    if let Some((name, reason)) = found.damaged.first() {
        return Err(Error::Damaged {
            path: dir.join(name),
            message: reason.clone(),
        });
    }
    let mut tasks = Tasks::default();
    for file in found.packages.into_values() {
        let content = durable::read(&dir.join(&file.name))?.unwrap_or_default();
        let text = String::from_utf8_lossy(&content).into_owned();
        tasks.files.push((file.name.clone(), text));
        tasks.packages.push(file);
    }
    Ok(tasks)
}

/// Removes what a mission that isn't in its branch has left in worktrees. The id is new, so the files are ours.
fn remove_files(mission: &Mission, place: &Placement, paths: &[String]) -> Result<()> {
    for checkout in &place.checkouts {
        let mut left = false;
        for path in paths {
            let file = checkout.root.join(path);
            match fs::remove_file(&file) {
                Ok(()) => left = true,
                Err(error) if durable::is_absent(&error) => {}
                Err(error) => return Err(error).at("remove", &file),
            }
        }
        if left {
            let dir = checkout.root.join(&mission.dir);
            remove_empty(&dir.join(TASKS_DIR))?;
            remove_empty(&dir)?;
        }
    }
    Ok(())
}

fn remove_empty(dir: &Path) -> Result<()> {
    match fs::remove_dir(dir) {
        Ok(()) => Ok(()),
        Err(error) if durable::is_absent(&error) => Ok(()),
        Err(error) => Err(error).at("remove", dir),
    }
}

/// The content of `meta.json`, with the keys that the Python tool asks for.
fn meta(project: &Project, mission: &Mission) -> Result<Value> {
    let primary = project.primary();
    let target = checkouts::all(project)?
        .into_iter()
        .find(|checkout| Some(checkout.root.as_path()) == primary)
        .and_then(|checkout| checkout.branch)
        .and_then(|branch| branch.strip_prefix("refs/heads/").map(str::to_owned));
    let mut meta = json!({
        "created_at": mission.created_at,
        "flattened": false,
        "friendly_name": mission.title,
        "mission_id": mission.mission_id,
        "mission_number": null,
        "mission_slug": mission.mission_slug,
        "mission_type": mission.mission_type,
        "slug": mission.mission_slug,
        "topology": mission.topology,
        "vcs": "git",
    });
    if let Some(owner) = &mission.owner {
        meta["mission_owner_id"] = json!(owner);
    }
    meta = project.sanitizer().sanitize(&meta).value().clone();
    // Branches pass as they are: a marker would name none.
    meta["target_branch"] = json!(target.as_deref().unwrap_or("main"));
    if let Some(branch) = &mission.coordination_branch {
        meta["coordination_branch"] = json!(branch);
    }
    Ok(meta)
}

fn checked_slug<'a>(project: &Project, slug: &'a str) -> Result<&'a str> {
    let human = without_number(slug);
    if human.parse::<MissionSlug>().is_err() || human.len() > MAX_SLUG_BYTES {
        return Err(Error::invalid(
            "SLUG",
            format!(
                "`{}` is no slug: letters, digits, `-` and `_`, at most {MAX_SLUG_BYTES}, starting with a letter or digit",
                slug.chars().take(120).collect::<String>()
            ),
        ));
    }
    // It becomes a directory's name and a branch's, where no marker can stand.
    if *project.sanitizer().text(human) != *human {
        return Err(Error::invalid(
            "SLUG",
            "it holds private data (a name, a login or a host name); choose another",
        ));
    }
    Ok(human)
}

fn checked<'a>(what: &'static str, text: &'a str) -> Result<&'a str> {
    let text = text.trim();
    if text.is_empty() || text.len() > 500 || text.chars().any(char::is_control) {
        return Err(Error::invalid(what, "give 1 to 500 characters on one line"));
    }
    Ok(text)
}
