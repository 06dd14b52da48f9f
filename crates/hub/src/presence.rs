//! Presence: which builds are connected now. Kept in memory, gone with the process.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use pawtrail_event::{BuildId, ProjectUuid};

use crate::live::Live;

/// The most builds that one connection speaks for; more are not shown.
const MAX_BUILDS_PER_CONNECTION: usize = 16;

/// A build that is connected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Connected {
    pub(crate) build_id: BuildId,
    pub(crate) since: Timestamp,
}

#[derive(Debug, Clone)]
struct Entry {
    connections: usize,
    since: Timestamp,
}

type Projects = HashMap<ProjectUuid, HashMap<BuildId, Entry>>;

/// The connected builds of all projects.
#[derive(Debug)]
pub(crate) struct Presence {
    live: Arc<Live>,
    projects: Mutex<Projects>,
}

impl Presence {
    pub(crate) fn new(live: Arc<Live>) -> Self {
        Self {
            live,
            projects: Mutex::default(),
        }
    }

    /// Returns a project's connected builds, the longest connected first.
    pub(crate) fn connected(&self, project: &ProjectUuid) -> Vec<Connected> {
        let projects = crate::lock::locked(&self.projects);
        let mut builds: Vec<Connected> = projects
            .get(project)
            .into_iter()
            .flatten()
            .map(|(build_id, entry)| Connected {
                build_id: build_id.clone(),
                since: entry.since,
            })
            .collect();
        builds.sort_by(|a, b| (a.since, &a.build_id).cmp(&(b.since, &b.build_id)));
        builds
    }

    /// Begins the presence of one connection.
    pub(crate) fn connection(self: &Arc<Self>, project: ProjectUuid) -> Connection {
        Connection {
            presence: Arc::clone(self),
            project,
            builds: Vec::new(),
        }
    }
}

/// The builds that one connection speaks for; they leave when it is dropped.
#[derive(Debug)]
pub(crate) struct Connection {
    presence: Arc<Presence>,
    project: ProjectUuid,
    builds: Vec<BuildId>,
}

impl Connection {
    /// Notes that this connection spoke for `build`.
    pub(crate) fn seen(&mut self, build: &BuildId) {
        if self.builds.contains(build) || self.builds.len() >= MAX_BUILDS_PER_CONNECTION {
            return;
        }
        self.builds.push(build.clone());
        let is_new = {
            let mut projects = crate::lock::locked(&self.presence.projects);
            let entry = projects
                .entry(self.project.clone())
                .or_default()
                .entry(build.clone())
                .or_insert_with(|| Entry {
                    connections: 0,
                    since: Timestamp::now(),
                });
            entry.connections += 1;
            entry.connections == 1
        };
        if is_new {
            self.presence.live.changed(&self.project);
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        let mut gone = false;
        {
            let mut projects = crate::lock::locked(&self.presence.projects);
            if let Some(builds) = projects.get_mut(&self.project) {
                for build in &self.builds {
                    if let Some(entry) = builds.get_mut(build) {
                        entry.connections -= 1;
                        if entry.connections == 0 {
                            builds.remove(build);
                            gone = true;
                        }
                    }
                }
                if builds.is_empty() {
                    projects.remove(&self.project);
                }
            }
        }
        if gone {
            self.presence.live.changed(&self.project);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project() -> ProjectUuid {
        "f97f4d9b-d2fa-4ce6-a7ee-9bbca7308aab".parse().unwrap()
    }

    fn build(n: usize) -> BuildId {
        format!("01KT119YA7GD2Y0D7MZRH5J{n:03}").parse().unwrap()
    }

    fn presence() -> Arc<Presence> {
        Arc::new(Presence::new(Arc::new(Live::new(1))))
    }

    #[test]
    fn a_build_is_connected_until_its_last_connection_ends() {
        let presence = presence();
        let mut one = presence.connection(project());
        let mut two = presence.connection(project());
        one.seen(&build(1));
        one.seen(&build(1));
        two.seen(&build(1));
        let joined = presence.live.revision(&project());
        drop(one);
        assert_eq!(presence.connected(&project()).len(), 1);
        assert_eq!(presence.live.revision(&project()), joined);
        drop(two);
        assert!(presence.connected(&project()).is_empty());
        assert_ne!(presence.live.revision(&project()), joined);
    }

    #[test]
    fn one_connection_can_not_fill_the_memory_with_builds() {
        let presence = presence();
        let mut connection = presence.connection(project());
        for n in 0..50 {
            connection.seen(&build(n));
        }
        assert_eq!(
            presence.connected(&project()).len(),
            MAX_BUILDS_PER_CONNECTION
        );
    }
}
