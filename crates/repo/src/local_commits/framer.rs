//! One commit as a frame: what it changes under `kitty-specs/`, and whose it is.

use std::collections::HashMap;

use gix::ObjectId;
use jiff::Timestamp;
use pawtrail_event::frame::{
    Announcement, LocalCommit, MAX_CHANGED_BYTES, MAX_CHANGED_FILES, SPECS_PREFIX,
};
use pawtrail_event::{BuildId, CommitHash, MissionId, MissionSlug, ProjectUuid};

use super::diff;
use crate::error::{GitContext, Result};
use crate::mission::{self, Mission, SPECS_DIR};
use crate::program;
use crate::project::{self, Project};
use crate::record;

pub(super) const META: &str = "meta.json";
/// The largest `meta.json` that is read for a mission id.
const META_LIMIT: usize = 1024 * 1024;
/// The most parents that a frame lists.
const MAX_PARENTS: usize = 64;
/// The longest branch name that a frame carries, in bytes.
const MAX_BRANCH: usize = 1_024;

/// What became of a commit.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// It is to be announced.
    Frame(Box<Announcement>),
    /// It changes nothing under `kitty-specs/`.
    Untouched,
    /// It changes something there, and no mission can be named for it.
    Unattributed,
}

/// Whether what is derived will be stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Only to be shown: nothing may be written.
    Show,
    /// To be stored.
    Store,
}

/// Makes frames, and remembers what several commits share.
pub(crate) struct Framer<'p> {
    project: &'p Project,
    git: &'p gix::Repository,
    purpose: Purpose,
    specs: HashMap<ObjectId, Option<ObjectId>>,
    metas: HashMap<ObjectId, Option<MissionId>>,
    missions: Option<Vec<(Mission, Option<String>)>>,
    origin: Option<(BuildId, Option<ProjectUuid>)>,
}

/// A mission, with the name of its directory where the commit says it.
type Owner = (MissionId, Option<MissionSlug>);

/// A commit with one parent that has just been made.
pub(crate) struct Made<'a> {
    /// The commit.
    pub(crate) commit: ObjectId,
    /// What it is built on.
    pub(crate) parent: ObjectId,
    /// When, in seconds since 1970.
    pub(crate) committed: i64,
    /// The paths in which it differs from its parent, all of them.
    pub(crate) paths: &'a [&'a str],
}

/// What a commit object says.
struct Facts {
    tree: ObjectId,
    parents: Vec<ObjectId>,
    committed: i64,
}

impl<'p> Framer<'p> {
    pub(crate) fn new(project: &'p Project, purpose: Purpose) -> Self {
        Self {
            project,
            git: project.git(),
            purpose,
            specs: HashMap::new(),
            metas: HashMap::new(),
            missions: None,
            origin: None,
        }
    }

    /// Says whether what is derived will be stored.
    pub(crate) fn stores(&self) -> bool {
        self.purpose == Purpose::Store
    }

    /// Returns git's view with its object cache.
    pub(crate) fn git(&self) -> &'p gix::Repository {
        self.git
    }

    /// Returns the frame of a commit that was found on `branch`.
    pub(crate) fn frame(&mut self, commit: ObjectId, branch: Option<&str>) -> Result<Outcome> {
        let Some(facts) = self.facts(commit)? else {
            return Ok(Outcome::Untouched);
        };
        let after = self.specs_of_tree(facts.tree)?;
        self.specs.insert(commit, after);
        let mut before = Vec::new();
        for parent in &facts.parents {
            before.push(self.specs_of(*parent)?);
        }
        if before.contains(&after) || (before.is_empty() && after.is_none()) {
            return Ok(Outcome::Untouched);
        }
        let before = before.first().copied().flatten();
        let paths = diff::changed_files(self.git, before, after, SPECS_PREFIX)?;
        if paths.is_empty() {
            return Ok(Outcome::Untouched);
        }
        let owner = self.owner(&paths, before, after, branch)?;
        self.assembled(commit, facts.parents, facts.committed, paths, owner, branch)
    }

    /// Returns the frame of a commit as [`Self::frame`] does, before its objects can be read. Nothing where they would
    /// have to be.
    pub(crate) fn frame_ahead(&mut self, made: &Made<'_>, branch: &str) -> Result<Option<Outcome>> {
        let mut paths: Vec<String> = made
            .paths
            .iter()
            .filter(|path| path.starts_with(SPECS_PREFIX))
            .map(|path| (*path).to_owned())
            .collect();
        paths.sort();
        // What names a mission changes with the commit: only the commit itself says what it will be.
        if paths.is_empty() || paths.iter().any(|path| path.ends_with(META)) {
            return Ok(None);
        }
        let specs = self.specs_of(made.parent)?;
        let owner = self.owner(&paths, specs, None, Some(branch))?;
        let parents = vec![made.parent];
        let branch = Some(branch);
        self.assembled(made.commit, parents, made.committed, paths, owner, branch)
            .map(Some)
    }

    /// Makes the frame of a commit of which everything is known.
    fn assembled(
        &mut self,
        commit: ObjectId,
        parents: Vec<ObjectId>,
        committed: i64,
        paths: Vec<String>,
        owner: Option<Owner>,
        branch: Option<&str>,
    ) -> Result<Outcome> {
        let Some((mission_id, mission_slug)) = owner else {
            return Ok(Outcome::Unattributed);
        };
        let (build_id, project_uuid) = self.origin()?;
        let total = paths.len();
        let changed_files = within_limits(paths);
        if changed_files.is_empty() {
            return Ok(Outcome::Unattributed);
        }
        let listed = changed_files.len();
        let commit = LocalCommit {
            git_hash: project::hash(commit),
            mission_id,
            build_id,
            changed_files,
            committed_at: Timestamp::from_second(committed)
                .unwrap_or(Timestamp::UNIX_EPOCH)
                .to_string(),
            project_uuid,
            mission_slug,
            branch: branch
                .filter(|name| name.len() <= MAX_BRANCH)
                .map(str::to_owned),
            parents: parents
                .into_iter()
                .take(MAX_PARENTS)
                .map(project::hash)
                .collect(),
            supersedes: Vec::new(),
            changed_files_total: (total > listed).then_some(total as u64),
        };
        let clean = Announcement::new(commit, self.project.sanitizer());
        Ok(Outcome::Frame(Box::new(clean)))
    }

    /// The commit's own words; `None` when it isn't in this clone (a shallow one ends somewhere).
    fn facts(&self, commit: ObjectId) -> Result<Option<Facts>> {
        let found = self.git.try_find_object(commit).git("reading a commit")?;
        let Some(object) = found else {
            return Ok(None);
        };
        let commit = object.try_into_commit().git("reading a commit")?;
        let decoded = commit.decode().git("reading a commit")?;
        Ok(Some(Facts {
            tree: decoded.tree(),
            parents: decoded.parents().collect(),
            committed: decoded.committer().git("reading a commit")?.seconds(),
        }))
    }

    /// The `kitty-specs` directory of a commit.
    fn specs_of(&mut self, commit: ObjectId) -> Result<Option<ObjectId>> {
        if let Some(known) = self.specs.get(&commit) {
            return Ok(*known);
        }
        let specs = match self.facts(commit)? {
            Some(facts) => self.specs_of_tree(facts.tree)?,
            None => None,
        };
        self.specs.insert(commit, specs);
        Ok(specs)
    }

    fn specs_of_tree(&self, tree: ObjectId) -> Result<Option<ObjectId>> {
        child(self.git, tree, SPECS_DIR, true)
    }

    /// The mission of the first path that has one: as the commit has it, as its parent had it, as
    /// this clone knows it; else the mission of the branch.
    fn owner(
        &mut self,
        paths: &[String],
        before: Option<ObjectId>,
        after: Option<ObjectId>,
        branch: Option<&str>,
    ) -> Result<Option<Owner>> {
        let mut dirs: Vec<&str> = paths
            .iter()
            .filter_map(|path| path.strip_prefix(SPECS_PREFIX)?.split_once('/'))
            .map(|(dir, _)| dir)
            .collect();
        dirs.dedup();
        for dir in dirs {
            let slug: Option<MissionSlug> = dir.parse().ok();
            for specs in [after, before].into_iter().flatten() {
                if let Some(id) = self.meta_id(specs, dir)? {
                    return Ok(Some((id, slug)));
                }
            }
            let known = self.missions()?;
            if let Some((mission, _)) = known.iter().find(|(m, _)| m.mission_slug.as_str() == dir) {
                return Ok(Some((mission.mission_id.clone(), slug)));
            }
        }
        let Some(branch) = branch else {
            return Ok(None);
        };
        let owner = self.missions()?.iter().find(|(mission, ledger)| {
            let own = mission.own_branch();
            ledger.as_deref() == Some(branch)
                || branch
                    .strip_prefix(&own)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
        });
        Ok(owner.map(|(m, _)| (m.mission_id.clone(), Some(m.mission_slug.clone()))))
    }

    /// The mission id in `<dir>/meta.json` of a `kitty-specs` directory, where it can be read.
    fn meta_id(&mut self, specs: ObjectId, dir: &str) -> Result<Option<MissionId>> {
        let Some(dir) = child(self.git, specs, dir, true)? else {
            return Ok(None);
        };
        let Some(meta) = child(self.git, dir, META, false)? else {
            return Ok(None);
        };
        if let Some(known) = self.metas.get(&meta) {
            return Ok(known.clone());
        }
        let found = self
            .git
            .try_find_object(meta)
            .git("reading meta.json")?
            .filter(|object| object.data.len() <= META_LIMIT)
            .and_then(|object| serde_json::from_slice::<serde_json::Value>(&object.data).ok())
            .and_then(|value| value.get("mission_id")?.as_str()?.parse().ok());
        self.metas.insert(meta, found.clone());
        Ok(found)
    }

    fn missions(&mut self) -> Result<&[(Mission, Option<String>)]> {
        if self.missions.is_none() {
            let mut known = Vec::new();
            for mission in mission::list(self.project)?.missions {
                let ledger = record::branch(self.project, &mission.mission_id)?;
                known.push((mission, ledger));
            }
            self.missions = Some(known);
        }
        Ok(self.missions.as_deref().unwrap_or_default())
    }

    /// Returns the build that announces what this makes.
    pub(crate) fn build_id(&mut self) -> Result<BuildId> {
        Ok(self.origin()?.0)
    }

    fn origin(&mut self) -> Result<(BuildId, Option<ProjectUuid>)> {
        if let Some(known) = &self.origin {
            return Ok(known.clone());
        }
        let stored = self.project.git_dir().join("pawtrail").join("build_id");
        let build_id = if self.purpose == Purpose::Show && !stored.exists() {
            // A reader may not make the checkout's id; the first writer will.
            self.project.ulid().into()
        } else {
            self.project.build_id()?
        };
        let uuid = self.project.identity()?.map(|identity| identity.uuid);
        Ok(self.origin.insert((build_id, uuid)).clone())
    }
}

/// The entry of that name in a tree, where it is a directory or is none, as asked.
fn child(
    git: &gix::Repository,
    tree: ObjectId,
    name: &str,
    directory: bool,
) -> Result<Option<ObjectId>> {
    let tree = program::tree(git, tree)?;
    let entry = tree
        .iter()
        .filter_map(std::result::Result::ok)
        .find(|entry| entry.filename() == name)
        .filter(|entry| entry.mode().is_tree() == directory);
    Ok(entry.map(|entry| entry.object_id()))
}

/// As many paths as a frame may list, by number and by bytes of JSON.
fn within_limits(paths: Vec<String>) -> Vec<String> {
    let mut bytes = 0;
    paths
        .into_iter()
        .take(MAX_CHANGED_FILES)
        .take_while(|path| {
            bytes += serde_json::Value::from(path.as_str()).to_string().len() + 1;
            bytes <= MAX_CHANGED_BYTES
        })
        .collect()
}

/// Reads a commit's hash as git's object name; `None` when it is of another hash function.
pub(crate) fn object_id(git: &gix::Repository, hash: &CommitHash) -> Option<ObjectId> {
    ObjectId::from_hex(hash.as_str().as_bytes())
        .ok()
        .filter(|id| id.kind() == git.object_hash())
}
