//! Finding missions: in this checkout, in the tips of mission branches, on remotes.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs;
use std::path::Path;

use gix::ObjectId;
use gix::bstr::ByteSlice;
use pawtrail_event::{MissionId, MissionSlug};
use serde::Serialize;

use super::{BRANCH_PREFIX, META, Mission, SPECS_DIR, parse};
use crate::durable;
use crate::error::{GitContext, IoContext, Result};
use crate::history;
use crate::program;
use crate::project::Project;
use crate::record::{self, Record, Records};
use crate::references;

/// A `meta.json`, or a clone's record of a mission, that can't be understood.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DamagedMeta {
    /// Its path, relative to the repository root; a record's is absolute.
    pub path: String,
    /// Where it was found: `checkout`, `record`, or the full name of a branch.
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
    /// The missions that several directories beside each other say they are.
    pub(super) twice: Vec<Twice>,
}

/// Several directories in one place that say they are the same mission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Twice {
    pub(super) mission_id: MissionId,
    /// Their names, in order.
    pub(super) names: BTreeSet<String>,
    /// The one that counts: that of the clone's record.
    pub(super) counts: Option<MissionSlug>,
}

/// Lists the missions of this checkout, of mission branches and of recorded ledger branches.
///
/// A mission that stands in several places is listed once: in the directory that this clone has recorded, where that is in
/// this checkout or in the ledger branch; else as this checkout has it, else as its branch has it.
///
/// # Errors
/// When git's data or a directory can't be read. A damaged `meta.json` is listed, not an error.
pub fn list(project: &Project) -> Result<Listing> {
    let mut found = Finder::default();
    if let Some(root) = project.checkout() {
        found.checkout(root)?;
    }
    let mut tips = history::branches(project, BRANCH_PREFIX)?;
    let Records {
        sound: recorded,
        damaged,
    } = record::all(project)?;
    // The mission itself is found on its branch all the same; where it is written to, the record is asked for.
    found
        .damaged
        .extend(damaged.into_iter().map(|record| DamagedMeta {
            path: record.path.display().to_string(),
            found_in: "record".to_owned(),
            reason: record.reason,
        }));
    for (_, record) in &recorded {
        let name = record.ledger_ref.clone();
        if !tips.iter().any(|(known, _)| *known == name)
            && let Some(tip) = history::tip(project, &name)?
        {
            tips.push((name, tip));
        }
    }
    for (name, tip) in history::noted_of_remotes(project)? {
        if name.contains("/kitty/mission-") && project.git().has_object(tip) {
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
    for (id, record) in &recorded {
        if let Some(mission) = found.missions.get_mut(id)
            && mission.mission_slug != record.mission_slug
            && let Some(meant) = in_record(project, id, record)?
        {
            *mission = meant;
        }
    }
    let twice = found.twice(&recorded);
    let mut missions: Vec<Mission> = found.missions.into_values().collect();
    missions.sort_by(|one, other| one.mission_slug.cmp(&other.mission_slug));
    Ok(Listing {
        missions,
        damaged: found.damaged,
        twice,
    })
}

/// The mission in the directory that this clone has recorded, where this checkout or the ledger branch has it there.
///
/// It is the rule for a mission that has several directories, and the short way for one that is known by its id.
pub(super) fn in_record(
    project: &Project,
    id: &MissionId,
    record: &Record,
) -> Result<Option<Mission>> {
    let path = format!("{SPECS_DIR}/{}/{META}", record.mission_slug);
    if let Some(root) = project.checkout()
        && let Some(content) = durable::read(&root.join(&path))?
        && let Ok(Some(mission)) = parse(record.mission_slug.as_str(), &content, "checkout")
        && mission.mission_id == *id
    {
        return Ok(Some(mission));
    }
    // Where its branch is checked out, the directory may have got another name that is in no commit yet.
    if references::head_branch(project)?.as_deref() == Some(&*record.ledger_ref) {
        return Ok(None);
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

#[derive(Default)]
struct Finder {
    missions: BTreeMap<MissionId, Mission>,
    damaged: Vec<DamagedMeta>,
    /// Names of directories that are the same mission in the same place.
    same: BTreeMap<MissionId, BTreeSet<String>>,
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
        let mut slugs = BTreeSet::new();
        for entry in entries {
            let entry = entry.at("list", &specs)?;
            slugs.extend(entry.file_name().to_str().map(str::to_owned));
        }
        let mut here = HashSet::new();
        for slug in slugs {
            if let Some(content) = durable::read(&specs.join(&slug).join(META))? {
                self.add(&slug, &content, "checkout", &mut here);
            }
        }
        Ok(())
    }

    fn branch(&mut self, project: &Project, name: &str, tip: ObjectId) -> Result<()> {
        let Some(specs) = history::entry_at(project, tip, SPECS_DIR)? else {
            return Ok(());
        };
        let Ok(tree) = program::tree(project.git(), specs) else {
            return Ok(());
        };
        let mut here = HashSet::new();
        for entry in tree.iter() {
            let entry = entry.git("reading a tree")?;
            let Ok(slug) = entry.filename().to_str() else {
                continue;
            };
            if !entry.mode().is_tree() {
                continue;
            }
            let dir = program::tree(project.git(), entry.object_id())?;
            let Some(meta) = dir.lookup_entry_by_path(META).git("looking up a path")? else {
                continue;
            };
            let id = meta.object_id();
            if self.seen.insert((slug.to_owned(), id)) {
                self.add(slug, &history::content(project, id)?, name, &mut here);
            }
        }
        Ok(())
    }

    /// Adds what one place has; `here` are the missions that were first found in it.
    fn add(&mut self, slug: &str, content: &[u8], found_in: &str, here: &mut HashSet<MissionId>) {
        match parse(slug, content, found_in) {
            Ok(Some(mission)) => match self.missions.entry(mission.mission_id.clone()) {
                Entry::Vacant(place) => {
                    here.insert(mission.mission_id.clone());
                    place.insert(mission);
                }
                Entry::Occupied(first) if here.contains(first.key()) => {
                    let first = first.get();
                    let names = self.same.entry(mission.mission_id).or_default();
                    names.extend([first.mission_slug.to_string(), slug.to_owned()]);
                }
                Entry::Occupied(_) => {}
            },
            Ok(None) => {}
            Err(reason) => self.damaged.push(DamagedMeta {
                path: format!("{SPECS_DIR}/{slug}/{META}"),
                found_in: found_in.to_owned(),
                reason,
            }),
        }
    }

    /// Says which missions have several directories, and lists those that don't count as damaged.
    fn twice(&mut self, recorded: &[(MissionId, Record)]) -> Vec<Twice> {
        let mut all = Vec::new();
        for (mission_id, names) in std::mem::take(&mut self.same) {
            let Some(mission) = self.missions.get(&mission_id) else {
                continue;
            };
            let slug = &mission.mission_slug;
            let counts = recorded
                .iter()
                .any(|(id, record)| *id == mission_id && record.mission_slug == *slug);
            for other in names.iter().filter(|name| *name != slug.as_str()) {
                self.damaged.push(DamagedMeta {
                    path: format!("{SPECS_DIR}/{other}/{META}"),
                    found_in: mission.found_in.clone(),
                    reason: format!("it has the mission id of {}", mission.dir),
                });
            }
            all.push(Twice {
                counts: counts.then(|| slug.clone()),
                mission_id,
                names,
            });
        }
        all
    }
}
