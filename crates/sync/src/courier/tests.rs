//! The courier against a hub on a real socket, with an outbox in memory.

use std::fs;
use std::path::Path;
use std::thread::JoinHandle;

use pawtrail_event::frame::LocalCommit;
use pawtrail_event::{CommitHash, ProjectUuid};

use super::*;
use crate::consent::{EnableOptions, disable_at, enable_at};
use crate::outbox::Outbox;
use crate::testing::{HubAnswer, MemoryOutbox, TestHub, clean, commit, eventually, hash, raw};

pub(super) const SECRET: &str = "very-secret-token";
/// Longer than any test.
pub(super) const NEVER: Duration = Duration::from_secs(3_600);
const PROJECT: &str = "f97f4d9b-d2fa-4ce6-a7ee-9bbca7308aab";

/// A clone as the courier sees it, and the courier that serves it. None is left behind.
pub(super) struct Scratch {
    _dir: tempfile::TempDir,
    pub(super) place: Place,
    pub(super) outbox: MemoryOutbox,
    pub(super) courier: Option<JoinHandle<Result<End, SyncError>>>,
}

impl Scratch {
    pub(super) fn new(pending: u64) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let common_dir = dir.path().join(".git");
        fs::create_dir_all(common_dir.join("refs/heads")).unwrap();
        fs::write(common_dir.join("HEAD"), "ref: refs/heads/main\n").unwrap();
        let place = Place {
            state_dir: common_dir.join("pawtrail"),
            common_dir,
            project_uuid: Some(PROJECT.parse::<ProjectUuid>().unwrap()),
        };
        Self {
            _dir: dir,
            place,
            outbox: MemoryOutbox::with((0..pending).map(commit).collect()),
            courier: None,
        }
    }

    pub(super) fn enable(&self, hub: &TestHub, token: &str) {
        self.enable_url(&hub.url(), token, false);
    }

    pub(super) fn enable_url(&self, url: &str, token: &str, from_now: bool) {
        enable_at(
            &self.place,
            &self.outbox,
            url,
            Some(token.parse().unwrap()),
            EnableOptions { from_now },
            "2026-06-01T07:55:08Z".to_owned(),
        )
        .unwrap();
    }

    /// A clone in which so many commits wait, and whose courier is told of a hub.
    pub(super) fn served(hub: &TestHub, commits: u64) -> Self {
        let mut clone = Self::new(commits);
        clone.enable(hub, SECRET);
        clone.start();
        clone
    }

    /// Such a clone whose courier is connected.
    pub(super) fn live(hub: &TestHub, commits: u64) -> Self {
        let clone = Self::served(hub, commits);
        eventually("live", || clone.connection() == Connection::Live);
        clone
    }

    pub(super) fn start(&mut self) {
        self.start_with(settings(None));
    }

    pub(super) fn start_with(&mut self, settings: Settings) {
        let place = self.place.clone();
        let outbox = self.outbox.clone();
        let open: OpenOutbox = Box::new(move || Ok(Box::new(outbox) as Box<dyn Outbox>));
        self.courier = Some(std::thread::spawn(move || run_at(place, settings, open)));
    }

    pub(super) fn join(&mut self) -> End {
        self.courier.take().unwrap().join().unwrap().unwrap()
    }

    /// A commit by plain git: the ref changes, nobody says anything.
    pub(super) fn git_commit(&self, number: u64) {
        self.outbox.add(commit(number));
        let lock = self.place.common_dir.join("refs/heads/main.lock");
        fs::write(&lock, hash(number).as_str()).unwrap();
        fs::rename(&lock, self.place.common_dir.join("refs/heads/main")).unwrap();
    }

    pub(super) fn connection(&self) -> Connection {
        standing(&self.place).connection
    }

    pub(super) fn now(&self) -> Report {
        now_at(&self.place, &nobody(), NOW).unwrap()
    }

    /// What a command does that has something to deliver.
    pub(super) fn wake(&self) {
        wake_at(&self.place, &nobody()).unwrap();
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Some(courier) = self.courier.take() {
            let stopped = stop_at(&self.place);
            let ended = courier.join();
            if !std::thread::panicking() {
                stopped.unwrap();
                ended.unwrap().unwrap();
            }
        }
    }
}

/// How long a caller may wait for a delivery.
const NOW: Duration = Duration::from_secs(60);

/// Who is started where a courier's word is late: this program, which knows no such arguments and ends.
pub(super) fn nobody() -> Launcher {
    Launcher::this_program().unwrap()
}

/// A courier in the background that ends after so many idle milliseconds, if at all. It looks at the refs when it hears of
/// them or is asked to, and never else.
pub(super) fn settings(idle_ms: Option<u64>) -> Settings {
    Settings {
        ground: Ground::Background,
        idle: idle_ms.map(Duration::from_millis),
        build_id: None,
        limits: Limits::default(),
        quiet_look: NEVER,
        catch_up: Box::new(|| Ok(())),
    }
}

pub(super) fn hashes(range: std::ops::Range<u64>) -> Vec<CommitHash> {
    range.map(hash).collect()
}

#[test]
fn what_waits_is_replayed_and_what_comes_is_sent_live() {
    let hub = TestHub::start(HubAnswer::Ack);
    let clone = Scratch::served(&hub, 50);
    eventually("50 acknowledged", || {
        clone.outbox.acknowledged().len() == 50
    });
    assert_eq!(hub.received(), hashes(0..50));
    eventually("live", || clone.connection() == Connection::Live);

    // The refs aren't looked at unasked.
    clone.git_commit(50);
    eventually("the commit of plain git", || hub.received().len() == 51);

    clone.outbox.add(commit(51));
    clone.wake();
    eventually("the woken one", || hub.received().len() == 52);
    eventually("nothing waits", || clone.outbox.waiting() == 0);
    assert_eq!(clone.outbox.acknowledged(), hashes(0..52));
    assert_eq!(hub.connections(), 1);
}

#[test]
fn the_token_is_in_its_header_and_nowhere_else() {
    let hub = TestHub::start(HubAnswer::Ack);
    let mut clone = Scratch::served(&hub, 2);
    eventually("delivered", || clone.outbox.waiting() == 0);
    let request = hub.request();
    assert_eq!(request.path, "/api/v1/ws");
    assert_eq!(
        request.header("authorization").as_deref(),
        Some("Bearer very-secret-token")
    );
    assert_eq!(request.header("x-pawtrail-protocol").as_deref(), Some("1"));
    assert_eq!(stop_at(&clone.place).unwrap(), Stopped::Ended);
    assert_eq!(clone.join(), End::Stopped);

    let entries = egress::log(&clone.place).unwrap();
    let kinds: Vec<_> = entries.iter().map(|entry| entry.kind.as_str()).collect();
    assert_eq!(kinds, ["connect", "LocalCommit", "LocalCommit"]);
    assert_eq!(entries[1].git_hash.as_deref(), Some(hash(0).as_str()));
    assert_eq!(egress::totals(&clone.place).unwrap().frames, 2);
    for name in ["consent.json", "egress.jsonl", "courier.log", "token"] {
        let path = clone.place.sync_file(name);
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(text.contains(SECRET), name == "token", "{name}");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{name}");
        }
    }
}

#[test]
fn a_broken_connection_costs_nothing_but_time() {
    let hub = TestHub::start(HubAnswer::Nothing);
    let clone = Scratch::served(&hub, 5);
    eventually("5 sent", || hub.received().len() == 5);
    hub.answer(HubAnswer::Ack);
    hub.hang_up();
    eventually("5 acknowledged", || clone.outbox.waiting() == 0);
    assert_eq!(clone.outbox.acknowledged(), hashes(0..5));
    let twice = [hashes(0..5), hashes(0..5)].concat();
    assert_eq!(hub.received(), twice, "sent again, in order");
}

#[test]
fn what_was_rewritten_while_the_hub_was_away_is_not_sent() {
    let hub = TestHub::start(HubAnswer::Status(503));
    let clone = Scratch::served(&hub, 5);
    eventually("some failures", || hub.connections() >= 2);
    // No ref shows it: only asking the outbox again can tell.
    clone.outbox.replace(vec![commit(0), commit(1), commit(9)]);
    hub.answer(HubAnswer::Ack);
    eventually("nothing waits", || clone.outbox.waiting() == 0);
    assert_eq!(hub.received(), [hash(0), hash(1), hash(9)]);
}

#[test]
fn a_commit_that_the_hub_never_answers_is_told() {
    let hub = TestHub::start(HubAnswer::Nothing);
    let mut clone = Scratch::new(1);
    clone.enable(&hub, SECRET);
    clone.start_with(Settings {
        limits: Limits {
            answer: 1_000,
            ..Limits::default()
        },
        ..settings(None)
    });
    eventually("sent twice", || hub.received().len() >= 2);
    let told = || standing(&clone.place).last_error.unwrap_or_default();
    eventually("told", || told().contains("without an answer"));
    hub.answer(HubAnswer::Ack);
    eventually("nothing waits", || clone.outbox.waiting() == 0);
    eventually("it is over", || standing(&clone.place).last_error.is_none());
}

#[test]
fn a_hub_that_falls_silent_is_left() {
    let hub = TestHub::start(HubAnswer::Nothing);
    let mut clone = Scratch::new(1);
    clone.enable(&hub, SECRET);
    hub.go_deaf();
    clone.start_with(Settings {
        limits: Limits {
            probe: 100,
            silence: 300,
            ..Limits::default()
        },
        ..settings(None)
    });
    eventually("a second connection", || hub.connections() >= 2);
    let diary = fs::read_to_string(clone.place.sync_file("courier.log")).unwrap();
    assert!(diary.contains("the hub fell silent"), "{diary}");
}

#[test]
fn a_refused_token_is_not_tried_over_and_over() {
    let hub = TestHub::start(HubAnswer::Status(401));
    let clone = Scratch::served(&hub, 1);
    eventually("refused", || clone.connection() == Connection::Refused);
    let report = clone.now();
    assert_eq!(report.connection, Connection::Refused);
    assert_eq!((report.pending, report.acknowledged), (1, 0));
    assert!(report.last_error.unwrap().contains("401"));
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(
        hub.connections(),
        2,
        "the first attempt and the one of `now`"
    );

    hub.answer(HubAnswer::Ack);
    clone.enable(&hub, "another-token");
    eventually("delivered with the new token", || {
        clone.outbox.waiting() == 0
    });
}

#[test]
fn now_connects_at_once_and_says_what_came_of_it() {
    let hub = TestHub::start(HubAnswer::Status(503));
    let clone = Scratch::served(&hub, 3);
    eventually("some failures", || hub.connections() >= 3);
    hub.answer(HubAnswer::Ack);
    let report = clone.now();
    assert_eq!((report.acknowledged, report.pending), (3, 0));
    assert_eq!(report.connection, Connection::Live);
    let again = clone.now();
    assert_eq!((again.acknowledged, again.pending), (0, 0));
    assert!(
        Duration::from_millis(again.elapsed_ms) < NOW / 2,
        "it waits for nothing"
    );
}

#[test]
fn a_commit_that_the_hub_refuses_is_set_aside() {
    let hub = TestHub::start(HubAnswer::Refuse(hash(1)));
    let clone = Scratch::served(&hub, 3);
    eventually("nothing waits", || clone.outbox.waiting() == 0);
    assert_eq!(clone.outbox.acknowledged(), [hash(0), hash(2)]);
    assert_eq!(clone.outbox.set_aside_codes(), ["BAD_MISSION"]);
}

#[test]
fn a_commit_of_another_project_does_not_leave() {
    let hub = TestHub::start(HubAnswer::Ack);
    let mut clone = Scratch::new(0);
    let foreign = LocalCommit {
        project_uuid: Some("00000000-d2fa-4ce6-a7ee-9bbca7308aab".parse().unwrap()),
        ..raw(7)
    };
    clone.outbox.add(clean(foreign));
    clone.outbox.add(commit(8));
    clone.enable(&hub, SECRET);
    clone.start();
    eventually("nothing waits", || clone.outbox.waiting() == 0);
    assert_eq!(hub.received(), [hash(8)]);
    assert_eq!(clone.outbox.set_aside_codes(), ["OTHER_PROJECT"]);
}

#[test]
fn without_consent_nothing_listens_connects_or_starts() {
    let mut clone = Scratch::new(3);
    let marker = clone.place.common_dir.join("started");
    let launcher = recorder(&clone.place, &marker);
    wake_at(&clone.place, &launcher).unwrap();
    let refused = now_at(&clone.place, &launcher, NOW).unwrap_err();
    assert_eq!((refused.code(), refused.exit_code()), ("EGRESS_DENIED", 6));
    clone.start();
    let refused = clone.courier.take().unwrap().join().unwrap().unwrap_err();
    assert_eq!(refused.code(), "EGRESS_DENIED");
    assert_eq!(stop_at(&clone.place).unwrap(), Stopped::Nobody);
    assert_eq!(clone.connection(), Connection::Off);
    assert!(!clone.place.state_dir.exists(), "not even a directory");
    assert!(!marker.exists(), "no process");
}

#[test]
fn consent_taken_back_stops_before_the_next_frame() {
    let hub = TestHub::start(HubAnswer::Nothing);
    let mut clone = Scratch::served(&hub, 2);
    eventually("live", || hub.received().len() == 2);
    assert!(disable_at(&clone.place).unwrap());
    clone.git_commit(2);
    assert_eq!(clone.join(), End::NoConsent);
    assert_eq!(hub.received(), hashes(0..2));
    assert_eq!(clone.outbox.waiting(), 3, "all of it still waits");
    assert!(!disable_at(&clone.place).unwrap());
}

#[test]
fn from_now_leaves_the_past_at_home() {
    let hub = TestHub::start(HubAnswer::Ack);
    let mut clone = Scratch::new(3);
    clone.enable_url(&hub.url(), SECRET, true);
    clone.start();
    clone.git_commit(3);
    eventually("the new one", || clone.outbox.acknowledged() == [hash(3)]);
    assert_eq!(hub.received(), [hash(3)]);
    assert_eq!(clone.outbox.set_aside_codes(), ["FROM_NOW"; 3]);
}

#[cfg(unix)]
#[test]
fn a_courier_is_started_detached_where_none_answers() {
    let hub = TestHub::start(HubAnswer::Ack);
    let clone = Scratch::new(1);
    clone.enable(&hub, SECRET);
    let marker = clone.place.common_dir.join("started");
    wake_at(&clone.place, &recorder(&clone.place, &marker)).unwrap();
    let expected = format!(
        "/|sync run --background --repo {}|",
        clone.place.common_dir.display()
    );
    eventually("the process", || {
        fs::read_to_string(&marker).is_ok_and(|text| text.trim() == expected)
    });
    assert_eq!(hub.connections(), 0, "the command itself connects nowhere");
}

#[cfg(target_os = "linux")]
#[test]
fn a_courier_inherits_no_open_file() {
    let clone = Scratch::new(0);
    let path = clone.place.common_dir.join("given-by-the-parent");
    let given = fs::File::create(&path).unwrap();
    rustix::io::fcntl_setfd(&given, rustix::io::FdFlags::empty()).unwrap();
    let marker = clone.place.common_dir.join("started");
    recorder(&clone.place, &marker)
        .launch(&clone.place)
        .unwrap();
    eventually("the process", || marker.exists());
    let open = fs::read_to_string(marker.with_extension("open")).unwrap();
    assert!(open.contains("/dev/null"), "{open}");
    assert!(!open.contains("given-by-the-parent"), "{open}");
}

/// A program that writes down how it was started and ends.
pub(super) fn recorder(place: &Place, marker: &Path) -> Launcher {
    let path = place.common_dir.join("program.sh");
    let text = format!(
        "#!/bin/sh\nls -l /proc/$$/fd > {0}.open 2>&1\n\
         echo \"$(pwd)|$*|$(cat)\" > {0}.tmp\nmv {0}.tmp {0}\n",
        marker.display()
    );
    fs::write(&path, text).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
    }
    Launcher::of(path)
}
