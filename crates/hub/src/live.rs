//! Revisions: a number a project that grows with each change a board would show.
//!
//! A watcher gets the newest revision only, so one that reads slowly costs no memory.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;
use std::sync::Mutex;

use pawtrail_event::ProjectUuid;
use tokio::sync::watch;

/// One state of a project's board: this run of the hub, and a count in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Revision {
    run: u64,
    count: u64,
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}-{}", self.run, self.count)
    }
}

impl FromStr for Revision {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (run, count) = text.split_once('-').ok_or(())?;
        Ok(Self {
            run: u64::from_str_radix(run, 16).map_err(|_| ())?,
            count: count.parse().map_err(|_| ())?,
        })
    }
}

/// The revisions of all projects.
#[derive(Debug)]
pub(crate) struct Live {
    run: u64,
    projects: Mutex<HashMap<ProjectUuid, watch::Sender<Revision>>>,
}

impl Live {
    /// Starts at zero. `run` tells this run of the hub from others, so that a browser which comes
    /// back after a restart gets the board anew.
    pub(crate) fn new(run: u64) -> Self {
        Self {
            run,
            projects: Mutex::default(),
        }
    }

    /// Says that a project's board changed.
    pub(crate) fn changed(&self, project: &ProjectUuid) {
        self.with(project, |sender| {
            sender.send_modify(|revision| revision.count += 1);
        });
    }

    /// Watches a project; the receiver holds the revision of now.
    pub(crate) fn watch(&self, project: &ProjectUuid) -> watch::Receiver<Revision> {
        self.with(project, watch::Sender::subscribe)
    }

    /// Returns the revision of now.
    pub(crate) fn revision(&self, project: &ProjectUuid) -> Revision {
        // Asked for any address, so it must not keep what it is asked for.
        crate::lock::locked(&self.projects).get(project).map_or(
            Revision {
                run: self.run,
                count: 0,
            },
            |sender| *sender.borrow(),
        )
    }

    fn with<T>(&self, project: &ProjectUuid, act: impl FnOnce(&watch::Sender<Revision>) -> T) -> T {
        let mut projects = crate::lock::locked(&self.projects);
        let run = self.run;
        act(projects
            .entry(project.clone())
            .or_insert_with(|| watch::Sender::new(Revision { run, count: 0 })))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project() -> ProjectUuid {
        "f97f4d9b-d2fa-4ce6-a7ee-9bbca7308aab".parse().unwrap()
    }

    #[test]
    fn a_watcher_sees_that_something_changed_and_the_newest_revision() {
        let live = Live::new(7);
        let mut watcher = live.watch(&project());
        let before = *watcher.borrow_and_update();
        assert!(!watcher.has_changed().unwrap());
        live.changed(&project());
        live.changed(&project());
        assert!(watcher.has_changed().unwrap());
        let after = *watcher.borrow_and_update();
        assert_ne!(before, after);
        assert_eq!(after, live.revision(&project()));
        assert_eq!(after.to_string(), "7-2");
        assert_eq!("7-2".parse(), Ok(after));
    }

    #[test]
    fn another_run_has_other_revisions() {
        assert_ne!(
            Live::new(1).revision(&project()),
            Live::new(2).revision(&project())
        );
        assert!("x".parse::<Revision>().is_err());
    }

    #[test]
    fn asking_for_a_revision_keeps_nothing() {
        let live = Live::new(1);
        assert_eq!(live.revision(&project()), *live.watch(&project()).borrow());
        let live = Live::new(1);
        live.revision(&project());
        assert!(live.projects.lock().unwrap().is_empty());
    }
}
