//! The courier on a real repository that real git commits to.

use std::sync::Arc;
use std::thread::JoinHandle;

use pawtrail_event::CommitHash;
use pawtrail_repo::{Project, System, init, sync_state};
use pawtrail_testkit::{Repo, Scratch};

use super::tests::NEVER;
use super::*;
use crate::consent::EnableOptions;
use crate::testing::{HubAnswer, TestHub, eventually};

const BRANCH: &str = "kitty/mission-demo-01KT119Y";
const DIR: &str = "kitty-specs/demo-01KT119Y";

/// A repository with a mission, and its courier, which is not left behind.
pub(super) struct Site {
    pub(super) repo: Repo,
    _scratch: Scratch,
    courier: Option<JoinHandle<Result<End, SyncError>>>,
}

impl Site {
    pub(super) fn new() -> Self {
        let scratch = Scratch::new();
        let repo = scratch.repo("repo");
        repo.git(&["switch", "-q", "-c", BRANCH]);
        let meta = r#"{"mission_id":"01KT119YJ5M0V7Q8Z9X2C3D4E5","mission_slug":"demo-01KT119Y","slug":"demo-01KT119Y"}"#;
        repo.commit_file(&format!("{DIR}/meta.json"), meta, "Create the mission");
        let site = Self {
            repo,
            _scratch: scratch,
            courier: None,
        };
        init::init(&site.project()).unwrap();
        sync_state::first_sight(&site.project()).unwrap();
        site
    }

    pub(super) fn project(&self) -> Project {
        Project::discover(self.repo.path(), Arc::new(System)).unwrap()
    }

    pub(super) fn commit(&self, name: &str) -> CommitHash {
        let path = format!("{DIR}/{name}");
        self.repo.commit_file(&path, name, name).parse().unwrap()
    }

    pub(super) fn enable(&self, hub: &TestHub) {
        let token = Some("a-token-for-this".parse().unwrap());
        let project = self.project();
        consent::enable(&project, &hub.url(), token, EnableOptions::default()).unwrap();
    }

    /// Starts a courier that looks at the refs when it hears of them or is asked to, and never else.
    pub(super) fn start(&mut self) {
        let dir = self.project().common_dir().to_owned();
        self.courier = Some(std::thread::spawn(move || {
            let project = Project::discover(&dir, Arc::new(System)).unwrap();
            run_looking(&project, Ground::Background, NEVER)
        }));
    }

    fn pending(&self) -> usize {
        sync_state::pending(&self.project()).unwrap().len()
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        if let Some(courier) = self.courier.take() {
            let stopped = stop(&self.project());
            let ended = courier.join();
            if !std::thread::panicking() {
                stopped.unwrap();
                ended.unwrap().unwrap();
            }
        }
    }
}

#[test]
fn commits_of_plain_git_are_announced_when_they_are_made() {
    let hub = TestHub::start(HubAnswer::Ack);
    let mut site = Site::new();
    site.enable(&hub);
    site.start();
    eventually("live", || {
        status(&site.project()).unwrap().connection == Connection::Live
    });
    for name in ["a", "b", "c"] {
        let hash = site.commit(name);
        eventually("the hub has it", || hub.received().last() == Some(&hash));
    }
    eventually("all noted", || site.pending() == 0);
    let status = status(&site.project()).unwrap();
    assert_eq!((status.pending, status.set_aside), (0, 0));
    assert_eq!(status.egress.frames, 3);
    assert_eq!(status.url, Some(hub.url()));
    // No commit waits; that the project is one does, because this hub takes no events.
    let state = sync_state::state(&site.project()).unwrap();
    assert_eq!((state.oldest_at, status.queued), (None, 1));
}

#[test]
fn offline_commits_are_replayed_in_order_and_an_amended_one_replaces_the_other() {
    let hub = TestHub::start(HubAnswer::Ack);
    let mut site = Site::new();
    site.enable(&hub);
    let mut expected: Vec<_> = ["a", "b", "c"].map(|name| site.commit(name)).into();
    site.commit("d");
    site.repo.git(&["commit", "-q", "--amend", "-m", "another"]);
    expected.push(site.repo.rev("HEAD").unwrap().parse().unwrap());
    let before = status(&site.project()).unwrap();
    assert_eq!(before.connection, Connection::NoCourier);
    assert_eq!(before.pending, 4);
    assert!(before.oldest_age_s.is_some());

    site.start();
    eventually("a courier", || {
        status(&site.project()).unwrap().connection != Connection::NoCourier
    });
    eventually("all noted", || site.pending() == 0);
    // The whole time, because this hub takes no events.
    let report = now(&site.project(), Duration::from_secs(1)).unwrap();
    assert_eq!(report.pending, 0);
    assert_eq!(hub.received(), expected);
    assert_eq!(site.pending(), 0);
    let state = sync_state::state(&site.project()).unwrap();
    assert_eq!(state.confirmed.as_ref(), expected.last());
}

#[test]
fn disable_ends_the_courier_and_forgets_the_token() {
    let hub = TestHub::start(HubAnswer::Ack);
    let mut site = Site::new();
    site.enable(&hub);
    site.start();
    eventually("live", || {
        status(&site.project()).unwrap().connection == Connection::Live
    });
    assert!(crate::withdraw(&site.project()).unwrap());
    let end = site.courier.take().unwrap().join().unwrap().unwrap();
    assert!(matches!(end, End::NoConsent | End::Stopped));
    assert_eq!(consent::load(&site.project()).unwrap(), None);
    site.commit("a");
    wake(&site.project()).unwrap();
    let status = status(&site.project()).unwrap();
    assert_eq!((status.connection, status.pending), (Connection::Off, 1));
    assert_eq!(hub.received(), []);
}
