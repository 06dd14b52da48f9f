//! Missions: found in this checkout and in the tips of mission branches, named by handles.

mod create;

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::path::Path;

use gix::ObjectId;
use gix::bstr::ByteSlice;
use pawtrail_event::{MissionId, MissionSlug};
use serde::{Deserialize, Serialize};

use crate::durable;
use crate::error::{Candidate, Error, GitContext, IoContext, Result};
use crate::history;
use crate::placement;
use crate::project::Project;

pub use create::{Created, NewMission, Topology, create};

/// The directory that holds all missions.
pub const SPECS_DIR: &str = "kitty-specs";
/// The prefix of mission branches.
pub(crate) const BRANCH_PREFIX: &str = "refs/heads/kitty/mission-";
const META: &str = "meta.json";
const LIMIT: usize = 1024 * 1024;

/// One mission.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Mission {
    /// Its identity.
    pub mission_id: MissionId,
    /// The name of its directory.
    pub mission_slug: MissionSlug,
    /// Its directory, relative to the repository root.
    pub dir: String,
    /// Its title.
    pub title: String,
    /// Its number, once it has one.
    pub number: Option<i64>,
    /// Its kind, such as `software-dev`.
    pub mission_type: String,
    /// How its work is laid out on branches.
    pub topology: Option<String>,
    /// The branch that `meta.json` names for its events, short.
    pub coordination_branch: Option<String>,
    /// When it was created.
    pub created_at: Option<String>,
    /// Where it was found: `checkout`, or the full name of a branch.
    pub found_in: String,
}

impl Mission {
    /// Returns the path of one of the mission's files, relative to the repository root.
    pub fn path(&self, file: &str) -> String {
        format!("{}/{file}", self.dir)
    }

    /// Returns the full name of the mission's own branch.
    pub(crate) fn own_branch(&self) -> String {
        format!("{BRANCH_PREFIX}{}", self.branch_stem())
    }

    /// The directory's name without a number in front and with the first part of the id behind.
    fn branch_stem(&self) -> String {
        let human = without_number(self.mission_slug.as_str());
        let mid8 = self.mission_id.mid8();
        if human.ends_with(&format!("-{mid8}")) {
            human.to_owned()
        } else {
            format!("{human}-{mid8}")
        }
    }
}

/// A `meta.json` that can't be understood.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DamagedMeta {
    /// Its path, relative to the repository root.
    pub path: String,
    /// Where it was found.
    pub found_in: String,
    /// What is wrong.
    pub reason: String,
}

/// All missions of a clone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listing {
    /// The missions, by directory name.
    pub missions: Vec<Mission>,
    /// What could not be read.
    pub damaged: Vec<DamagedMeta>,
}

#[derive(Deserialize)]
struct Meta {
    #[serde(default)]
    mission_id: Option<String>,
    #[serde(default)]
    friendly_name: Option<String>,
    #[serde(default)]
    mission_number: Option<serde_json::Value>,
    #[serde(default)]
    mission_type: Option<String>,
    #[serde(default)]
    topology: Option<String>,
    #[serde(default)]
    coordination_branch: Option<serde_json::Value>,
    #[serde(default)]
    created_at: Option<String>,
}

/// Lists the missions of this checkout, of mission branches and of recorded ledger branches.
///
/// A mission that stands in several places is listed once, as this checkout has it, else as its branch has it.
///
/// # Errors
/// When git's data or a directory can't be read. A damaged `meta.json` is listed, not an error.
pub fn list(project: &Project) -> Result<Listing> {
    let mut found = Finder::default();
    if let Some(root) = project.checkout() {
        found.checkout(root)?;
    }
    let mut tips = history::branches(project, BRANCH_PREFIX)?;
    for name in placement::recorded_branches(project)? {
        if !tips.iter().any(|(known, _)| *known == name)
            && let Some(tip) = history::tip(project, &name)?
        {
            tips.push((name, tip));
        }
    }
    for (name, tip) in history::branches(project, "refs/remotes/")? {
        if name.contains("/kitty/mission-") {
            tips.push((name, tip));
        }
    }
    for (name, tip) in tips {
        found.branch(project, &name, tip)?;
    }
    if let Some(root) = project.primary()
        && project.checkout() != Some(root)
    {
        found.checkout(root)?;
    }
    let mut missions: Vec<Mission> = found.missions.into_values().collect();
    missions.sort_by(|one, other| one.mission_slug.cmp(&other.mission_slug));
    Ok(Listing {
        missions,
        damaged: found.damaged,
    })
}

/// Finds the mission that a handle means; without a handle, the one that is meant from here.
///
/// A handle is a mission id, its first eight characters, a directory name, a slug or a number. Without one, the
/// mission of the current directory counts, then that of the current branch, then the only one there is.
///
/// # Errors
/// [`Error::MissionNotFound`], [`Error::AmbiguousMission`], or [`Error::NoMission`].
pub fn resolve(project: &Project, handle: Option<&str>, cwd: &Path) -> Result<Mission> {
    if let Some(handle) = handle
        && let Ok(id) = handle.parse::<MissionId>()
        && let Some(mission) = recorded(project, &id)?
    {
        return Ok(mission);
    }
    let missions = list(project)?.missions;
    match handle {
        Some(handle) => by_handle(&missions, handle),
        None => from_here(project, missions, cwd),
    }
}

fn by_handle(missions: &[Mission], handle: &str) -> Result<Mission> {
    let alphabet = |len: usize| {
        handle.len() == len
            && handle
                .bytes()
                .all(|b| b.is_ascii_digit() || b.is_ascii_uppercase())
    };
    // Whether a rule is for handles of this form, and whom it then names.
    type Rule<'a> = (bool, &'a dyn Fn(&Mission) -> bool);
    let rules: [Rule<'_>; 5] = [
        (alphabet(26), &|m| m.mission_id.as_str() == handle),
        (alphabet(8), &|m| m.mission_id.mid8() == handle),
        (true, &|m| m.mission_slug.as_str() == handle),
        (true, &|m| {
            let human = without_number(m.mission_slug.as_str());
            human == handle
                || human
                    .strip_suffix(m.mission_id.mid8())
                    .and_then(|s| s.strip_suffix('-'))
                    == Some(handle)
        }),
        (
            !handle.is_empty() && handle.bytes().all(|b| b.is_ascii_digit()),
            &|m| {
                let wanted = handle.parse::<i64>().ok();
                (wanted.is_some() && m.number == wanted)
                    || number_in_front(m.mission_slug.as_str()) == wanted && wanted.is_some()
            },
        ),
    ];
    for (applies, matches) in rules {
        if !applies {
            continue;
        }
        let mut hits: Vec<&Mission> = missions.iter().filter(|m| matches(m)).collect();
        match (hits.pop(), hits.is_empty()) {
            (None, _) => {}
            (Some(only), true) => return Ok(only.clone()),
            (Some(last), false) => {
                hits.push(last);
                return Err(Error::AmbiguousMission {
                    handle: handle.to_owned(),
                    candidates: hits
                        .into_iter()
                        .map(|m| Candidate {
                            mission_id: m.mission_id.to_string(),
                            mission_slug: m.mission_slug.to_string(),
                        })
                        .collect(),
                });
            }
        }
    }
    Err(Error::MissionNotFound {
        handle: handle.to_owned(),
    })
}

fn from_here(project: &Project, mut missions: Vec<Mission>, cwd: &Path) -> Result<Mission> {
    let here = fs::canonicalize(cwd).unwrap_or_else(|_| cwd.to_owned());
    if let Some(root) = project.checkout() {
        let root = fs::canonicalize(root).unwrap_or_else(|_| root.to_owned());
        let mut parts = here.strip_prefix(&root).into_iter().flatten();
        if parts.next().is_some_and(|first| first == SPECS_DIR)
            && let Some(dir) = parts.next().and_then(|dir| dir.to_str())
            && let Some(at) = missions.iter().position(|m| m.mission_slug.as_str() == dir)
        {
            return Ok(missions.swap_remove(at));
        }
    }
    let head = project.git().head_name().git("reading HEAD")?;
    if let Some(head) = head.map(|name| name.as_bstr().to_string()) {
        let own = |m: &Mission| {
            head == m.own_branch() || head.starts_with(&format!("{}-lane-", m.own_branch()))
        };
        let mut hits = Vec::new();
        for (at, mission) in missions.iter().enumerate() {
            if own(mission) || placement::recorded(project, mission)?.as_deref() == Some(&*head) {
                hits.push(at);
            }
        }
        if let [at] = hits[..] {
            return Ok(missions.swap_remove(at));
        }
    }
    match (missions.pop(), missions.is_empty()) {
        (Some(only), true) => Ok(only),
        (last, _) => Err(Error::NoMission {
            known: missions.len() + usize::from(last.is_some()),
        }),
    }
}

/// The short way for a full mission id that this clone has written to before.
fn recorded(project: &Project, id: &MissionId) -> Result<Option<Mission>> {
    let Some(record) = placement::record(project, id)? else {
        return Ok(None);
    };
    let path = format!("{SPECS_DIR}/{}/{META}", record.mission_slug);
    if let Some(root) = project.checkout()
        && let Some(content) = durable::read(&root.join(&path))?
        && let Ok(Some(mission)) = parse(record.mission_slug.as_str(), &content, "checkout")
        && mission.mission_id == *id
    {
        return Ok(Some(mission));
    }
    let Some(tip) = history::tip(project, &record.ledger_ref)? else {
        return Ok(None);
    };
    let content = history::file_at(project, tip, &path)?;
    let parsed = content
        .and_then(|content| parse(record.mission_slug.as_str(), &content, &record.ledger_ref).ok())
        .flatten();
    Ok(parsed.filter(|mission| mission.mission_id == *id))
}

/// Reads a mission from the content of its `meta.json`; `None` when it has no mission id.
fn parse(slug: &str, content: &[u8], found_in: &str) -> Result<Option<Mission>, String> {
    if content.len() > LIMIT {
        return Err("it is larger than 1 MiB".to_owned());
    }
    let meta: Meta = serde_json::from_slice(content).map_err(|error| error.to_string())?;
    let Some(id) = meta.mission_id else {
        return Ok(None);
    };
    let mission_slug: MissionSlug = slug.parse().map_err(|error| format!("{error}"))?;
    Ok(Some(Mission {
        mission_id: id.parse().map_err(|error| format!("{error}"))?,
        dir: format!("{SPECS_DIR}/{slug}"),
        title: meta.friendly_name.unwrap_or_else(|| slug.to_owned()),
        number: meta.mission_number.as_ref().and_then(|number| {
            number
                .as_i64()
                .or_else(|| number.as_str().and_then(|text| text.parse().ok()))
        }),
        mission_type: meta
            .mission_type
            .unwrap_or_else(|| "software-dev".to_owned()),
        topology: meta.topology,
        coordination_branch: meta
            .coordination_branch
            .as_ref()
            .and_then(|branch| branch.as_str())
            .map(str::to_owned),
        created_at: meta.created_at,
        found_in: found_in.to_owned(),
        mission_slug,
    }))
}

#[derive(Default)]
struct Finder {
    missions: BTreeMap<MissionId, Mission>,
    damaged: Vec<DamagedMeta>,
    /// Directory names with the objects of the `meta.json` that were read from branches.
    seen: HashSet<(String, ObjectId)>,
}

impl Finder {
    fn checkout(&mut self, root: &Path) -> Result<()> {
        let specs = root.join(SPECS_DIR);
        let entries = match fs::read_dir(&specs) {
            Ok(entries) => entries,
            Err(error) if durable::is_absent(&error) => return Ok(()),
            Err(error) => return Err(error).at("list", &specs),
        };
        for entry in entries {
            let entry = entry.at("list", &specs)?;
            let Some(slug) = entry.file_name().to_str().map(str::to_owned) else {
                continue;
            };
            if let Some(content) = durable::read(&entry.path().join(META))? {
                self.add(&slug, &content, "checkout");
            }
        }
        Ok(())
    }

    fn branch(&mut self, project: &Project, name: &str, tip: ObjectId) -> Result<()> {
        let Some(specs) = history::entry_at(project, tip, SPECS_DIR)? else {
            return Ok(());
        };
        let Ok(tree) = project.git().find_tree(specs) else {
            return Ok(());
        };
        for entry in tree.iter() {
            let entry = entry.git("reading a tree")?;
            let Ok(slug) = entry.filename().to_str() else {
                continue;
            };
            if !entry.mode().is_tree() {
                continue;
            }
            let dir = project
                .git()
                .find_tree(entry.object_id())
                .git("reading a tree")?;
            let Some(meta) = dir.lookup_entry_by_path(META).git("looking up a path")? else {
                continue;
            };
            let id = meta.object_id();
            if self.seen.insert((slug.to_owned(), id)) {
                self.add(slug, &history::content(project, id)?, name);
            }
        }
        Ok(())
    }

    fn add(&mut self, slug: &str, content: &[u8], found_in: &str) {
        match parse(slug, content, found_in) {
            Ok(Some(mission)) => {
                self.missions
                    .entry(mission.mission_id.clone())
                    .or_insert(mission);
            }
            Ok(None) => {}
            Err(reason) => self.damaged.push(DamagedMeta {
                path: format!("{SPECS_DIR}/{slug}/{META}"),
                found_in: found_in.to_owned(),
                reason,
            }),
        }
    }
}

/// Removes a legacy number (`042-`) from the front of a directory name.
pub(crate) fn without_number(slug: &str) -> &str {
    match slug.split_at_checked(4) {
        Some((front, rest)) if number_in_front(front).is_some() && !rest.is_empty() => rest,
        _ => slug,
    }
}

fn number_in_front(slug: &str) -> Option<i64> {
    let (digits, rest) = slug.split_at_checked(3)?;
    (rest.starts_with('-') && digits.bytes().all(|b| b.is_ascii_digit()))
        .then(|| digits.parse().ok())
        .flatten()
}
