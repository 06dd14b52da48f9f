//! Merges a ledger branch with another version of itself by a commit with two parents, without a checkout.

use std::collections::{BTreeMap, BTreeSet};

use gix::ObjectId;
use gix::bstr::{BString, ByteSlice};
use gix::objs::tree::{EntryKind, EntryMode};
use pawtrail_event::merge;
use pawtrail_event::status::SNAPSHOT_FILE;

use super::engines;
use super::loose::Loose;
use super::objects::{self, NewCommit, Person, Role};
use super::refs::{self, Move, Reservation};
use super::{Ledger, Merging};
use crate::engine as choice;
use crate::error::{Error, GitContext, Result};
use crate::mission::{META, SPECS_DIR};
use crate::program::{self, Git};
use crate::project::Project;
use crate::status;

/// How many paths a message names.
const NAMED: usize = 5;

/// Merges `theirs` into `branch`, which is at `ours` and checked out nowhere.
///
/// Event files become the union of both sides; another path is taken from the side that changed it. The branch is
/// moved by compare-and-swap, never by force.
pub(crate) fn merge(
    project: &Project,
    _ledger: &Ledger,
    branch: &str,
    ours: ObjectId,
    theirs: ObjectId,
    message: &str,
) -> Result<Merging> {
    let base = match &bases(project, ours, theirs)?[..] {
        [only] => Some(tree_of(project, *only)?),
        // With several, or none, a path counts as changed on each side that has it.
        [] | [_, ..] => None,
    };
    let our_tree = tree_of(project, ours)?;
    let their_tree = tree_of(project, theirs)?;
    let mut work = Work {
        edits: Vec::new(),
        loose: Loose::new(project),
        stuck: Vec::new(),
        ours: our_tree,
    };
    work.trees(project, base, our_tree, their_tree, "")?;
    if !work.stuck.is_empty() {
        let count = work.stuck.len();
        work.stuck.truncate(NAMED);
        return Ok(Merging::Stuck(format!(
            "{count} paths changed on both sides: {}",
            work.stuck.join(", ")
        )));
    }
    let tree = work.write(project, our_tree)?;
    // Whoever makes the commit reads them.
    work.loose.settle(&[])?;
    let at = project.now();
    let engine = engines::of(project, choice::of_clone(project)?);
    let commit = engine.commit(&NewCommit {
        tree,
        parents: vec![ours, theirs],
        message,
        at,
    })?;
    let token = engine.ready(branch, commit)?;
    engine.settle(token.as_ref().as_slice(), None)??;
    let step = Move {
        branch,
        from: Some(ours),
        to: commit,
        who: &Person::of(project, Role::Committer, at),
        why: &format!("commit (merge): {message}"),
        checkouts: &[],
    };
    match engine.reserve(token, &[], &step)? {
        Reservation::Ours(reserved) => reserved.publish()?,
        Reservation::Lost => return Ok(Merging::Stuck(format!("{branch} moved meanwhile"))),
        Reservation::Locked => {
            return Ok(Merging::Stuck(format!(
                "another git process holds the lock of {branch}"
            )));
        }
    }
    refs::flush(project, branch)?;
    Ok(Merging::Done(commit))
}

/// The best common ancestors, as git finds them.
fn bases(project: &Project, ours: ObjectId, theirs: ObjectId) -> Result<Vec<ObjectId>> {
    let (ours, theirs) = (ours.to_string(), theirs.to_string());
    let answer = Git::new(project)
        .args(["merge-base", "--all", &ours, &theirs])
        .run(b"")?;
    // Without a common ancestor git fails and says nothing.
    if !answer.succeeded && !answer.words.is_empty() {
        return Err(Error::Git {
            action: "looking for a common ancestor".to_owned(),
            message: answer.words,
        });
    }
    String::from_utf8_lossy(&answer.output)
        .lines()
        .map(|line| ObjectId::from_hex(line.trim().as_bytes()).git("looking for a common ancestor"))
        .collect()
}

fn tree_of(project: &Project, commit: ObjectId) -> Result<ObjectId> {
    let commit = project.git().find_commit(commit).git("reading a commit")?;
    Ok(commit.tree_id().git("reading a commit")?.detach())
}

type Item = (EntryMode, ObjectId);

/// What a merge changes in our tree.
struct Work<'p> {
    /// Paths with what they become; nothing where they go.
    edits: Vec<(String, Option<Item>)>,
    /// What is written.
    loose: Loose<'p>,
    /// Paths that somebody has to decide on.
    stuck: Vec<String>,
    /// Our tree.
    ours: ObjectId,
}

impl Work<'_> {
    fn trees(
        &mut self,
        project: &Project,
        base: Option<ObjectId>,
        ours: ObjectId,
        theirs: ObjectId,
        dir: &str,
    ) -> Result<()> {
        let before = match base {
            Some(base) => entries(project, base)?,
            None => BTreeMap::new(),
        };
        let (here, there) = (entries(project, ours)?, entries(project, theirs)?);
        let names: BTreeSet<&BString> = here.keys().chain(there.keys()).collect();
        for name in names {
            let path = match name.to_str() {
                Ok(name) if dir.is_empty() => name.to_owned(),
                Ok(name) => format!("{dir}/{name}"),
                Err(_) => {
                    if here.get(name) != there.get(name) {
                        self.stuck.push(format!("{dir}/{}", name.to_str_lossy()));
                    }
                    continue;
                }
            };
            let (was, our, their) = (
                before.get(name).copied(),
                here.get(name).copied(),
                there.get(name).copied(),
            );
            self.entry(project, path, was, our, their)?;
        }
        Ok(())
    }

    fn entry(
        &mut self,
        project: &Project,
        path: String,
        was: Option<Item>,
        our: Option<Item>,
        their: Option<Item>,
    ) -> Result<()> {
        if our == their || was == their {
            return Ok(());
        }
        if was == our {
            self.edits.push((path, their));
            return Ok(());
        }
        let (Some((our_mode, our_id)), Some((their_mode, their_id))) = (our, their) else {
            self.stuck.push(path);
            return Ok(());
        };
        let is_dir = |item: Option<Item>| item.is_some_and(|(mode, _)| mode.is_tree());
        if is_dir(our) && is_dir(their) {
            let base = was.filter(|(mode, _)| mode.is_tree()).map(|(_, id)| id);
            return self.trees(project, base, our_id, their_id, &path);
        }
        if our_mode.is_blob() && their_mode.is_blob() && is_snapshot(&path) {
            let blob = objects::blob(&self.loose, &self.snapshot(project, &path)?)?;
            self.edits.push((path, Some((our_mode, blob))));
            return Ok(());
        }
        if !(is_event_file(&path) && our_mode.is_blob() && their_mode.is_blob()) {
            self.stuck.push(path);
            return Ok(());
        }
        let base = match was {
            Some((mode, id)) if mode.is_blob() => content(project, id)?,
            Some(_) | None => Vec::new(),
        };
        let merged = merge::merge(
            &base,
            &content(project, our_id)?,
            &content(project, their_id)?,
        );
        match merged.conflicts.first() {
            Some(conflict) => self.stuck.push(format!(
                "{path} (event {} has different content)",
                conflict.event_id
            )),
            None => {
                let blob = objects::blob(&self.loose, &merged.content)?;
                self.edits.push((path, Some((our_mode, blob))));
            }
        }
        Ok(())
    }

    /// Makes a mission's snapshot anew from its merged log, which comes before it in the order of names.
    fn snapshot(&self, project: &Project, path: &str) -> Result<Vec<u8>> {
        // The log may have been written just now.
        self.loose.settle(&[])?;
        let dir = path.strip_suffix(SNAPSHOT_FILE).unwrap_or_default();
        let ours = |name: &str| -> Result<Option<ObjectId>> {
            let tree = program::tree(project.git(), self.ours)?;
            let entry = tree
                .lookup_entry_by_path(format!("{dir}{name}"))
                .git("looking up a path")?;
            Ok(entry.map(|entry| entry.object_id()))
        };
        let path = format!("{dir}{}", pawtrail_event::status::FILE);
        let merged = self.edits.iter().find(|(known, _)| *known == path);
        let log = match merged.and_then(|(_, item)| *item) {
            Some((_, blob)) => Some(blob),
            None => ours(pawtrail_event::status::FILE)?,
        };
        let log = log.map(|blob| content(project, blob)).transpose()?;
        let meta = ours(META)?.map(|blob| content(project, blob)).transpose()?;
        status::folded(project, &log.unwrap_or_default(), meta.as_deref())
    }

    /// Writes the merged tree.
    fn write(&self, project: &Project, ours: ObjectId) -> Result<ObjectId> {
        let mut editor = project.git().edit_tree(ours).git("editing a tree")?;
        for (path, item) in &self.edits {
            match item {
                Some((mode, id)) => {
                    let kind: EntryKind = mode.kind();
                    editor.upsert(path.as_str(), kind, *id)
                }
                None => editor.remove(path.as_str()),
            }
            .git("editing a tree")?;
        }
        objects::edited(&self.loose, editor)
    }
}

fn entries(project: &Project, tree: ObjectId) -> Result<BTreeMap<BString, Item>> {
    let tree = program::tree(project.git(), tree)?;
    let mut found = BTreeMap::new();
    for entry in tree.iter() {
        let entry = entry.git("reading a tree")?;
        found.insert(
            entry.filename().to_owned(),
            (entry.mode(), entry.object_id()),
        );
    }
    Ok(found)
}

fn content(project: &Project, blob: ObjectId) -> Result<Vec<u8>> {
    crate::history::content(project, blob)
}

/// Whether a path is a log of a mission.
pub(crate) fn is_event_file(path: &str) -> bool {
    path.strip_prefix(SPECS_DIR)
        .is_some_and(|rest| rest.starts_with('/'))
        && path.ends_with(".events.jsonl")
}

/// Whether a path is a mission's snapshot, which repeats its log.
fn is_snapshot(path: &str) -> bool {
    path.strip_prefix(SPECS_DIR)
        .is_some_and(|rest| rest.starts_with('/'))
        && path.rsplit('/').next() == Some(SNAPSHOT_FILE)
}
