//! Finding missions: in this checkout, in the tips of mission branches, on remotes.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::path::Path;

use gix::ObjectId;
use gix::bstr::ByteSlice;
use pawtrail_event::MissionId;
use serde::Serialize;

use super::{BRANCH_PREFIX, META, Mission, SPECS_DIR, parse};
use crate::durable;
use crate::error::{GitContext, IoContext, Result};
use crate::history;
use crate::program;
use crate::project::Project;
use crate::record;

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
    for name in record::branches(project)? {
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
    let mut missions: Vec<Mission> = found.missions.into_values().collect();
    missions.sort_by(|one, other| one.mission_slug.cmp(&other.mission_slug));
    Ok(Listing {
        missions,
        damaged: found.damaged,
    })
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
        let Ok(tree) = program::tree(project.git(), specs) else {
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
            let dir = program::tree(project.git(), entry.object_id())?;
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
