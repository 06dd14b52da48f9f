//! The record of a commit that a branch is about to point to: made before the branch moves, so that both can be flushed
//! together.

use super::document::Unread;
use super::recording::{Recording, new_on_top};
use super::{file, floor};
use crate::error::Result;
use crate::local_commits::{Framer, Made, Outcome, Purpose};
use crate::project::{self, Project};

/// Begins what [`super::record_commit`] does before `branch` has moved to the commit, and before the commit's objects can
/// be read. Whoever asked lets go of it where the branch doesn't move.
///
/// Nothing where somebody else is at the file, who isn't waited for, or where more than this commit would have to be
/// looked at: then [`super::recording`] does it afterwards.
///
/// # Errors
/// As [`super::record`]. What fails here may yet succeed afterwards.
pub(crate) fn recording(
    project: &Project,
    branch: &str,
    made: &Made<'_>,
) -> Result<Option<Recording>> {
    if !floor::is_known(project) {
        return Ok(None);
    }
    let Some(lock) = file::try_lock(project)? else {
        return Ok(None);
    };
    let text = file::text(project)?;
    let unread = text
        .as_deref()
        .and_then(|text| Unread::open(text, project.sanitizer()));
    let Some(mut unread) = unread else {
        return Ok(None);
    };
    let (parent, commit) = (Some(made.parent), made.commit);
    let Some(new) = new_on_top(project, &unread.rest, branch, parent, commit)? else {
        return Ok(None);
    };
    if new.iter().any(|id| unread.names(&project::hash(*id))) {
        return Ok(None);
    }
    let mut framer = Framer::new(project, Purpose::Store);
    let Some(Outcome::Frame(last)) = framer.frame_ahead(made, branch)? else {
        return Ok(None);
    };
    // Those that git made in between are there.
    let mut frames = Vec::new();
    for id in new.iter().filter(|id| **id != commit) {
        match framer.frame(*id, Some(branch))? {
            Outcome::Frame(frame) => frames.push(*frame),
            Outcome::Untouched => {}
            Outcome::Unattributed => unread.rest.unattributed.push(project::hash(*id)),
        }
    }
    frames.push(*last);
    let cursor = project::hash(commit);
    unread.rest.cursors.insert(branch.to_owned(), cursor);
    let text = unread.with(&frames)?;
    Ok(Some(Recording {
        next: Some(file::begin(project, &text)?),
        _lock: lock,
    }))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::sync::Arc;

    use gix::ObjectId;
    use pawtrail_testkit::{Repo, Scratch};

    use super::*;
    use crate::System;
    use crate::sync_state::{first_sight, record};

    const BRANCH: &str = "refs/heads/kitty/mission-demo-01KT119Y";
    const DIR: &str = "kitty-specs/demo-01KT119Y";

    fn open(repo: &Repo) -> Project {
        Project::discover(repo.path(), Arc::new(System)).unwrap()
    }

    fn id(repo: &Repo, revision: &str) -> ObjectId {
        ObjectId::from_hex(repo.rev(revision).unwrap().as_bytes()).unwrap()
    }

    /// A clone with a mission, one commit of which waits and is known, two that the file doesn't know, and a commit on top
    /// of them that the branch doesn't have yet.
    fn ground(scratch: &Scratch) -> (Repo, ObjectId, ObjectId, i64) {
        let repo = scratch.repo("repo");
        repo.git(&["switch", "-q", "-c", "kitty/mission-demo-01KT119Y"]);
        let meta = "{\"mission_id\": \"01KT119YJ5M0V7Q8Z9X2C3D4E5\"}\n";
        repo.commit_file(&format!("{DIR}/meta.json"), meta, "Create the mission");
        first_sight(&open(&repo)).unwrap();
        repo.commit_file(&format!("{DIR}/log"), "one\n", "One");
        record(&open(&repo)).unwrap();
        repo.commit_file("notes", "of git's own", "Notes");
        repo.commit_file(&format!("{DIR}/plan.md"), "a plan", "Plan");
        repo.write("beside", "it");
        repo.git(&["add", "beside"]);
        repo.commit_file(&format!("{DIR}/log"), "one\ntwo\n", "Two");
        let made = id(&repo, "HEAD");
        let at = repo.git(&["show", "-s", "--format=%ct", "HEAD"]);
        repo.git(&["reset", "-q", "--soft", "HEAD^"]);
        let parent = id(&repo, "HEAD");
        (repo, parent, made, at.trim().parse().unwrap())
    }

    fn stored(repo: &Repo) -> String {
        fs::read_to_string(repo.path().join(".kittify/sync-state.json")).unwrap()
    }

    #[test]
    fn it_is_what_is_recorded_when_the_branch_has_moved() {
        let scratch = Scratch::new();
        let (repo, parent, commit, committed) = ground(&scratch);
        let before = stored(&repo);
        let log = format!("{DIR}/log");
        let project = open(&repo);
        let made = Made {
            commit,
            parent,
            committed,
            paths: &["beside", &log],
        };
        // One that is given up leaves everything as it is, and nothing in its way.
        let given_up = recording(&project, BRANCH, &made).unwrap();
        assert!(given_up.is_some());
        drop(given_up);
        assert_eq!(stored(&repo), before);
        let ahead = recording(&project, BRANCH, &made).unwrap();
        assert_eq!(stored(&repo), before);
        repo.git(&["reset", "-q", "--soft", &commit.to_string()]);
        ahead.unwrap().finish().unwrap();
        let ahead = stored(&repo);
        fs::write(repo.path().join(".kittify/sync-state.json"), before).unwrap();
        super::super::record_commit(&open(&repo), BRANCH, Some(parent), commit).unwrap();
        assert_eq!(ahead, stored(&repo));
    }

    #[test]
    fn what_it_can_not_know_is_left_for_afterwards() {
        let scratch = Scratch::new();
        let (repo, parent, commit, committed) = ground(&scratch);
        let (log, meta) = (format!("{DIR}/log"), format!("{DIR}/meta.json"));
        let project = open(&repo);
        let none = |branch: &str, parent: ObjectId, paths: &[&str]| {
            let made = Made {
                commit,
                parent,
                committed,
                paths,
            };
            recording(&project, branch, &made).unwrap().is_none()
        };
        // The mission may be another one.
        assert!(none(BRANCH, parent, &[&log, &meta]));
        // It changes nothing that is announced.
        assert!(none(BRANCH, parent, &["beside"]));
        // The branch isn't on top of where the file saw it.
        let older = id(&repo, "HEAD~3");
        assert!(none(BRANCH, older, &[&log]));
        assert!(none("refs/heads/other", parent, &[&log]));
        // Somebody is at the file.
        let lock = file::lock(&project, crate::lock::PATIENCE).unwrap();
        assert!(none(BRANCH, parent, &[&log]));
        drop(lock);
        assert!(!none(BRANCH, parent, &[&log]));
    }
}
