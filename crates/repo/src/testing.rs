//! What the tests of several modules begin with.

use std::sync::Arc;

use pawtrail_testkit::{Repo, Scratch};

use crate::mission::{self, Mission, NewMission};
use crate::project::Project;
use crate::source::System;

/// A repository with the unprotected branch `work` checked out, and on it the mission `payments`.
pub(crate) fn with_mission(scratch: &Scratch) -> (Repo, Project, Mission) {
    let repo = scratch.repo("project");
    repo.git(&["switch", "-q", "-c", "work"]);
    let project = Project::discover(repo.path(), Arc::new(System)).unwrap();
    let new = NewMission {
        slug: "payments".to_owned(),
        ..NewMission::default()
    };
    let mission = mission::create(&project, &new).unwrap().mission;
    (repo, project, mission)
}
