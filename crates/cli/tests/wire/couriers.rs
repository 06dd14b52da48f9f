//! Couriers as processes: how they start, what they hold, and how they end.

use std::time::Duration;

use pawtrail_testkit::{Hub, Pawtrail, Project, Scratch, eventually, text};

use crate::BINARY;

const SOON: Duration = Duration::from_secs(20);

/// A project that may send to a hub that runs.
struct Site {
    project: Project,
    // It ends with the site.
    _hub: Hub,
    scratch: Scratch,
}

impl Site {
    fn new() -> Self {
        Self::with(|pawtrail| pawtrail)
    }

    fn with(change: impl FnOnce(Pawtrail) -> Pawtrail) -> Self {
        let scratch = Scratch::new();
        let hub = Hub::start(&scratch, &Pawtrail::new(&scratch, BINARY));
        let pawtrail = change(Pawtrail::new(&scratch, BINARY));
        let project = Project::in_repo(scratch.repo("project"), pawtrail);
        project.connect(&hub);
        Self {
            project,
            _hub: hub,
            scratch,
        }
    }

    /// Makes a commit, which starts a courier, and waits until the hub has all.
    fn live(&self) {
        self.project.decide("Which?");
        self.project.wait_until_acknowledged(SOON);
        assert_eq!(self.scratch.couriers().len(), 1);
    }
}

#[test]
fn a_courier_ends_when_it_is_idle() {
    let site = Site::with(|pawtrail| pawtrail.with_env("PAWTRAIL_COURIER_IDLE_MS", "1500"));
    site.live();
    eventually("it is gone", SOON, || site.scratch.couriers().is_empty());
    assert_eq!(site.project.status()["connection"], "no_courier");
    // The next commit starts another one.
    site.live();
}

#[test]
fn a_courier_ends_with_its_repository() {
    let site = Site::new();
    site.live();
    std::fs::remove_dir_all(site.project.repo.path()).unwrap();
    eventually("it is gone", SOON, || site.scratch.couriers().is_empty());
    assert!(
        !site.project.repo.path().exists(),
        "and brings nothing back"
    );
}

#[test]
fn a_courier_is_gone_when_stop_and_disable_return() {
    let site = Site::new();
    for command in ["stop", "disable"] {
        site.live();
        site.project
            .pawtrail
            .data(&site.project.repo, &["sync", command]);
        assert!(site.scratch.couriers().is_empty(), "sync {command}");
    }
    let again = site
        .project
        .pawtrail
        .data(&site.project.repo, &["sync", "stop"]);
    assert_eq!(again["was_running"], false);
}

/// Asked by many at once, one is started; and it holds nothing that it was not meant to hold.
#[test]
fn one_courier_is_started_which_holds_no_handle_and_no_directory() {
    let site = Site::new();
    std::thread::scope(|scope| {
        for at in 0..8 {
            let project = &site.project;
            scope.spawn(move || project.decide(&format!("Question {at}?")));
        }
    });
    site.project.wait_until_acknowledged(SOON);
    eventually("one is left", SOON, || site.scratch.couriers().len() == 1);
    let stop = ["sync", "stop"];
    site.project.pawtrail.data(&site.project.repo, &stop);

    // A shell gives its child an open file, as an editor or an agent may.
    let given = site.scratch.path().join("given");
    let id = site.project.request("Which?");
    let script = format!(
        "exec 9>'{}'; exec '{}' --json decision answer {id} yes",
        given.display(),
        BINARY
    );
    let mut shell = site.project.repo.env().command("sh");
    let done = shell
        .current_dir(site.project.repo.path())
        .args(["-c", &script])
        .output()
        .unwrap();
    assert!(done.status.success(), "{done:?}");
    site.project.wait_until_acknowledged(SOON);
    let [courier] = site.scratch.couriers()[..] else {
        panic!("{:?}", site.scratch.processes())
    };
    let cwd = std::fs::read_link(format!("/proc/{courier}/cwd")).unwrap();
    assert_eq!(cwd, std::path::Path::new("/"));
    let mut open = Vec::new();
    for entry in std::fs::read_dir(format!("/proc/{courier}/fd")).unwrap() {
        // One that is closed meanwhile is none.
        if let Ok(target) = std::fs::read_link(entry.unwrap().path()) {
            open.push(target.to_string_lossy().into_owned());
        }
    }
    assert!(
        open.iter().any(|name| name.ends_with("courier.lock")),
        "{open:?}"
    );
    let state = site.project.repo.common_dir();
    let own = |name: &String| {
        name == "/dev/null"
            || name.starts_with("socket:")
            || name.starts_with("anon_inode:")
            || name.starts_with(&*state.to_string_lossy())
    };
    let foreign: Vec<&String> = open.iter().filter(|name| !own(name)).collect();
    assert!(foreign.is_empty(), "{foreign:?}");
}

/// Stopped in its tracks it can't answer. Commands notice by asking, don't wait for it, and say so.
#[test]
fn a_wedged_courier_holds_nobody_up_and_is_told_of() {
    let site = Site::new();
    site.live();
    let courier = site.scratch.couriers()[0];
    signal(courier, "STOP");
    let begun = std::time::Instant::now();
    let commit = site.project.decide("Which one?");
    assert!(begun.elapsed() < Duration::from_secs(10));
    assert!(site.project.pending().contains(&commit));
    let status = site.project.status();
    assert!(
        text(&status["last_error"]).contains("too busy to answer"),
        "{status:#}"
    );
    let (code, told) = site
        .project
        .pawtrail
        .json_in(site.project.repo.path(), &["sync", "now", "--timeout", "1"]);
    assert_eq!(code, 1, "{told:#}");
    assert_eq!(told["error"]["code"], "COURIER_SILENT");
    let (code, told) = site
        .project
        .pawtrail
        .json_in(site.project.repo.path(), &["sync", "stop"]);
    assert_eq!(
        (code, &told["error"]["code"]),
        (1, &"COURIER_SILENT".into())
    );
    assert!(told["error"]["next_step"].is_string(), "{told:#}");
    signal(courier, "CONT");
    site.project
        .pawtrail
        .data(&site.project.repo, &["sync", "now"]);
    assert_eq!(site.project.status()["pending"], 0);
}

fn signal(pid: u32, name: &str) {
    let pid = pid.to_string();
    let sent = std::process::Command::new("kill")
        .args(["-s", name, &pid])
        .status();
    assert!(sent.unwrap().success());
}

/// The wall clock jumps by years, both ways, while the courier is connected: only the diary shows it.
#[test]
fn a_clock_that_jumps_delays_nothing() {
    let scratch = Scratch::new();
    let jump = pawtrail_testkit::Clock::new(&scratch);
    let hub = Hub::start(&scratch, &Pawtrail::new(&scratch, BINARY));
    let pawtrail = jump.rule(Pawtrail::new(&scratch, BINARY));
    let project = Project::in_repo(scratch.repo("project"), pawtrail);
    project.connect(&hub);
    project.decide("Which?");
    project.wait_until_acknowledged(SOON);
    let courier = scratch.couriers();
    for seconds in [10 * 365 * 86_400, -10 * 365 * 86_400, 0] {
        jump.set(seconds);
        project.decide("And now?");
        project.wait_until_acknowledged(Duration::from_secs(5));
        assert_eq!(project.status()["connection"], "live", "{seconds}");
    }
    assert_eq!(scratch.couriers(), courier, "the same one");
    let diary = project.repo.common_dir().join("pawtrail/sync/egress.jsonl");
    let diary = std::fs::read_to_string(diary).unwrap();
    let years: std::collections::BTreeSet<&str> = diary
        .lines()
        .filter_map(|line| line.split_once("\"at\":\"").map(|(_, at)| &at[..4]))
        .collect();
    assert!(years.len() >= 3, "the clock did jump: {years:?}");
    drop(hub);
}
