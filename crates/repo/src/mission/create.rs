//! Creating a mission: its `meta.json`, committed to its ledger branch.

use std::fs;

use pawtrail_event::{MissionId, MissionSlug, json, time};
use serde_json::{Value, json};
use ulid::Ulid;

use super::{META, Mission, SPECS_DIR, without_number};
use crate::error::{Error, IoContext, Result};
use crate::ledger::{self, Change, Committed, Content, Ledger, Outcome};
use crate::placement::{self, Placement};
use crate::project::{self, Project};
use crate::receipt::{Delivery, Receipt};
use crate::{checkouts, durable, history, sync_state};

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
    /// What did not work beside the write itself, for a person.
    pub warnings: Vec<String>,
}

/// Creates a mission and commits its `meta.json`.
///
/// # Errors
/// [`Error::Invalid`] for a slug, title or kind that can't be used; [`Error::NoCommits`]; [`Error::NotCreated`] when
/// the branch can't be written now, in which case nothing was created.
pub fn create(project: &Project, new: &NewMission) -> Result<Created> {
    let slug = checked_slug(&new.slug)?;
    let title = checked("--title", new.title.as_deref().unwrap_or(slug))?;
    let mission_type = checked(
        "--type",
        new.mission_type.as_deref().unwrap_or("software-dev"),
    )?;
    let mut held = Ledger::lock(project)?;
    sync_state::first_sight(project)?;
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
    let created_at = time::iso(project.now());
    let mut mission = Mission {
        dir: format!("{SPECS_DIR}/{mission_slug}"),
        mission_id,
        mission_slug,
        title: title.to_owned(),
        number: None,
        mission_type: mission_type.to_owned(),
        topology: Some(new.topology.as_str().to_owned()),
        coordination_branch: None,
        created_at: Some(created_at),
        found_in: String::new(),
    };
    if new.topology == Topology::Coord {
        let own = mission.own_branch();
        mission.coordination_branch =
            Some(own.strip_prefix("refs/heads/").unwrap_or(&own).to_owned());
    }
    let place = placement::placement(project, &mission)?;
    let place = placement::choose_for_good(project, &mission, place)?;
    mission.found_in.clone_from(&place.ledger_ref);
    let change = Change {
        path: mission.path(META),
        content: Content::New(json::pretty(&meta(project, &mission)?).into_bytes()),
    };
    let message = format!("chore(missions): create {} [skip ci]", mission.mission_slug);
    let changes = || Ok(Some(vec![change.clone()]));
    let done = match ledger::commit(project, &mut held, &mission, &place, &message, changes) {
        Ok(Outcome::Committed(done)) => done,
        Ok(Outcome::Elsewhere(tip)) => Committed::before(tip),
        Ok(Outcome::Deferred(reason) | Outcome::Locked(reason)) => {
            remove_files(project, &mission, &place)?;
            return Err(Error::NotCreated { reason });
        }
        Ok(Outcome::Taken(path)) => {
            return Err(Error::PathTaken {
                path,
                branch: place.ledger_ref,
            });
        }
        Err(error) => {
            remove_files(project, &mission, &place)?;
            return Err(error);
        }
    };
    let mut warnings: Vec<String> = done
        .shaky
        .iter()
        .map(|reason| format!("it is committed, but might not survive a power loss: {reason}"))
        .collect();
    if let Err(error) =
        sync_state::record_commit(project, &place.ledger_ref, done.parent, done.commit)
    {
        warnings.push(format!(
            "the hub's list of commits was not updated: {error}"
        ));
    }
    Ok(Created {
        receipt: Receipt {
            event_id: None,
            mission_id: Some(mission.mission_id.clone()),
            path: mission.path(META),
            r#ref: place.ledger_ref.clone(),
            commit: Some(project::hash(done.commit)),
            committed: true,
            pushed: false,
            delivery: Delivery::None,
        },
        placement: place,
        mission,
        warnings,
    })
}

/// Removes what a mission that isn't in its branch has left in worktrees. The id is new, so the files are ours.
fn remove_files(project: &Project, mission: &Mission, place: &Placement) -> Result<()> {
    let path = mission.path(META);
    if let Some(tip) = history::tip(project, &place.ledger_ref)?
        && history::entry_at(project, tip, &path)?.is_some()
    {
        return Ok(());
    }
    for checkout in &place.checkouts {
        let file = checkout.root.join(&path);
        match fs::remove_file(&file) {
            Ok(()) => {
                let dir = checkout.root.join(&mission.dir);
                fs::remove_dir(&dir).at("remove", &dir)?;
            }
            Err(error) if durable::is_absent(&error) => {}
            Err(error) => return Err(error).at("remove", &file),
        }
    }
    Ok(())
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
        "target_branch": target.as_deref().unwrap_or("main"),
        "topology": mission.topology,
        "vcs": "git",
    });
    if let Some(branch) = &mission.coordination_branch {
        meta["coordination_branch"] = json!(branch);
    }
    Ok(project.sanitizer().sanitize(&meta).value().clone())
}

fn checked_slug(slug: &str) -> Result<&str> {
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
    Ok(human)
}

fn checked<'a>(what: &'static str, text: &'a str) -> Result<&'a str> {
    let text = text.trim();
    if text.is_empty() || text.len() > 500 || text.chars().any(char::is_control) {
        return Err(Error::invalid(what, "give 1 to 500 characters on one line"));
    }
    Ok(text)
}
