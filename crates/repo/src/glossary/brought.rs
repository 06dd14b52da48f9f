//! Which commit brought a meaning into a seed file.

use std::collections::{HashMap, HashSet, VecDeque};

use gix::ObjectId;
use pawtrail_event::glossary::Resolved;

use super::seed;
use crate::error::Result;
use crate::history;
use crate::project::Project;

/// Finds the commit that brought a meaning: in the branch it would go to now, else in any other.
pub(super) fn commit_of(
    project: &Project,
    branch: &str,
    said: &Resolved,
) -> Result<Option<(String, ObjectId)>> {
    let mut branches = history::branches(project, "refs/heads/")?;
    branches.sort_by_key(|(name, _)| name != branch);
    let mut search = Search {
        project,
        said,
        path: seed::path(said.scope),
        blobs: HashMap::new(),
        seen: HashSet::new(),
    };
    for (name, tip) in branches {
        if let Some(commit) = search.below(tip)? {
            return Ok(Some((name, commit)));
        }
    }
    Ok(None)
}

/// One search over several branches: what was looked at below one isn't looked at again below the next.
struct Search<'a> {
    project: &'a Project,
    said: &'a Resolved,
    path: String,
    /// Versions of the seed file, and whether they have the meaning.
    blobs: HashMap<ObjectId, bool>,
    seen: HashSet<ObjectId>,
}

impl Search<'_> {
    /// The latest commit below `tip` whose seed file has the meaning while that of none of its parents has.
    fn below(&mut self, tip: ObjectId) -> Result<Option<ObjectId>> {
        let mut todo = VecDeque::from([tip]);
        while let Some(commit) = todo.pop_front() {
            // A shallow clone ends before its history does.
            if !self.seen.insert(commit) || !self.project.git().has_object(commit) {
                continue;
            }
            let parents = history::parents(self.project, commit)?;
            if !self.has(commit)? {
                todo.extend(parents);
                continue;
            }
            let mut from = Vec::new();
            for parent in parents {
                if self.project.git().has_object(parent) && self.has(parent)? {
                    from.push(parent);
                }
            }
            if from.is_empty() {
                return Ok(Some(commit));
            }
            // It came from one of these.
            todo.extend(from);
        }
        Ok(None)
    }

    fn has(&mut self, commit: ObjectId) -> Result<bool> {
        let Some(blob) = history::entry_at(self.project, commit, &self.path)? else {
            return Ok(false);
        };
        if let Some(has) = self.blobs.get(&blob) {
            return Ok(*has);
        }
        let content = history::content(self.project, blob)?;
        let said = self.said;
        let has = seed::read(said.scope, &content).is_ok_and(|seed| {
            let mut terms = seed.terms.iter();
            terms.any(|term| term.surface == said.surface && term.definition == said.definition)
        });
        self.blobs.insert(blob, has);
        Ok(has)
    }
}
