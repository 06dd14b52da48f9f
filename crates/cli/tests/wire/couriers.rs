//! Couriers as processes: how they start, what they hold, and how they end.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use pawtrail_testkit::{Hub, Pawtrail, Project, Scratch, eventually, text};

use crate::BINARY;
use crate::support::stored;

const SOON: Duration = Duration::from_secs(30);

/// A project that may send to a hub that runs.
struct Site {
    project: Project,
    // It ends with the site.
    _hub: Hub,
    store: std::path::PathBuf,
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
            store: hub.store().to_owned(),
            _hub: hub,
            scratch,
        }
    }

    /// Makes a commit, which starts a courier, and waits until the hub has all.
    fn live(&self) {
        self.project.decide("Which?");
        self.project.wait_until_acknowledged(SOON);
        self.one_courier();
    }

    /// Waits until one courier is left, and returns it: a command that waits for its word in vain has another one look
    /// after it, which ends when that answers.
    fn one_courier(&self) -> u32 {
        only(&self.scratch)
    }

    /// The same, where another one is about to end.
    fn live_beside(&self, old: u32) {
        self.project.decide("Which?");
        self.project.wait_until_acknowledged(SOON);
        eventually("the old one ends", SOON, || {
            let couriers = self.scratch.couriers();
            couriers.len() == 1 && couriers[0] != old
        });
    }
}

fn only(scratch: &Scratch) -> u32 {
    let mut found = Vec::new();
    eventually("one courier", SOON, || {
        found = scratch.couriers();
        found.len() == 1
    });
    found[0]
}

#[test]
fn a_courier_ends_when_it_is_idle() {
    // Longer than it takes to connect.
    let site = Site::with(|pawtrail| pawtrail.with_env("PAWTRAIL_COURIER_IDLE_MS", "5000"));
    for _ in 0..2 {
        // Each commit starts one.
        site.project.decide("Which?");
        site.project.wait_until_acknowledged(SOON);
        eventually("it is gone", SOON, || site.scratch.couriers().is_empty());
        assert_eq!(site.project.status()["connection"], "no_courier");
    }
}

#[test]
fn a_courier_ends_with_its_repository() {
    let site = Site::new();
    site.live();
    let repo = site.project.repo.path();
    // The courier may write a line meanwhile.
    eventually("it is removed", SOON, || {
        std::fs::remove_dir_all(repo).is_ok() || !repo.exists()
    });
    eventually("it is gone", SOON, || site.scratch.couriers().is_empty());
    assert!(!repo.exists(), "and brings nothing back");
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
        for at in 0..20 {
            let project = &site.project;
            scope.spawn(move || project.decide(&format!("Question {at}?")));
        }
    });
    site.project.wait_until_acknowledged(SOON);
    site.one_courier();
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
    let courier = site.one_courier();
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

/// Stopped in its tracks it can't answer. Commands notice by asking, don't wait for it, and another one takes its place; if
/// it goes on, it ends.
#[test]
fn a_wedged_courier_holds_nobody_up_and_is_followed_by_another() {
    let site = Site::new();
    site.live();
    let old = site.one_courier();
    signal(old, "STOP");
    // It never answers, and the commands end.
    let commit = site.project.decide("Which one?");
    // Nobody but a new one can deliver it.
    site.project.wait_until_acknowledged(SOON);
    assert!(stored(&site.store).contains(&commit));
    eventually("its successor is live", SOON, || {
        let status = site.project.status();
        status["connection"] == "live" && status["queued"] == 0
    });
    eventually("the old one is only stopped", SOON, || {
        let both = site.scratch.couriers();
        both.len() == 2 && both.contains(&old)
    });
    let entries = |site: &Site| {
        let log = site
            .project
            .repo
            .common_dir()
            .join("pawtrail/sync/egress.jsonl");
        let log = std::fs::read_to_string(log).unwrap();
        // The hub asks the new one whether it is there whenever it likes.
        let entries = log.lines().filter(|line| !line.contains("\"pong\""));
        entries.count()
    };
    let sent = entries(&site);
    signal(old, "CONT");
    eventually("it ends", SOON, || !site.scratch.couriers().contains(&old));
    let wedged = site.one_courier();
    assert_eq!(entries(&site), sent, "without another byte");
    site.project.decide("And now?");
    site.project.wait_until_acknowledged(SOON);
    // A command that waits for the end does so, too.
    assert_eq!(site.one_courier(), wedged);
    signal(wedged, "STOP");
    let path = format!("{}/note.md", site.project.dir);
    let agent = site
        .project
        .repo
        .worktree("agent", &format!("{}-lane", site.project.branch()));
    agent.commit_file(&path, "note\n", "Write a note");
    let done = site
        .project
        .pawtrail
        .data(&site.project.repo, &["sync", "now", "--timeout", "30"]);
    assert_eq!(done["pending"], 0, "{done:#}");
    signal(wedged, "CONT");
    assert_ne!(site.one_courier(), wedged);
}

/// Stopped in its tracks, it is shut out: nothing leaves any more, the next one serves, and it ends when it goes on.
#[test]
fn a_wedged_courier_that_is_stopped_is_shut_out() {
    for command in ["stop", "disable"] {
        let site = Site::new();
        site.live();
        let old = site.one_courier();
        signal(old, "STOP");
        let (status, said) = site
            .project
            .pawtrail
            .json_in(site.project.repo.path(), &["sync", command]);
        assert_eq!(status, 0, "{said:#}");
        if command == "stop" {
            assert_eq!(said["data"]["was_running"], true);
            assert_eq!(said["data"]["shut_out"], true);
            let warnings = said["warnings"].to_string();
            assert!(warnings.contains("ends by itself"), "{said:#}");
            let again = site
                .project
                .pawtrail
                .data(&site.project.repo, &["sync", command]);
            assert_eq!(
                (&again["was_running"], &again["shut_out"]),
                (&false.into(), &false.into())
            );
            assert_eq!(site.project.status()["connection"], "no_courier");
        } else {
            assert_eq!(said["data"]["was_enabled"], true);
            assert_eq!(site.project.status()["connection"], "off");
        }
        let had = stored(&site.store);
        let agent = site
            .project
            .repo
            .worktree("agent", &format!("{}-lane", site.project.branch()));
        let path = format!("{}/note.md", site.project.dir);
        let commit = agent.commit_file(&path, "note\n", "Write a note");
        signal(old, "CONT");
        eventually("it ends", SOON, || site.scratch.couriers().is_empty());
        assert_eq!(stored(&site.store), had, "without another byte");
        if command == "stop" {
            site.live();
            assert!(stored(&site.store).contains(&commit));
        }
    }
}

/// One that accepts whoever calls and says nothing, as a courier might whose work never ends; and one whose socket
/// somebody has removed, so that nobody can ask it.
#[test]
fn a_courier_that_never_answers_or_can_not_be_asked_is_shut_out() {
    let site = Site::new();
    site.live();
    site.project
        .pawtrail
        .data(&site.project.repo, &["sync", "stop"]);
    let state = site.project.repo.common_dir().join("pawtrail");
    let lock = std::fs::File::options()
        .append(true)
        .open(state.join("locks/courier.lock"))
        .unwrap();
    lock.try_lock().unwrap();
    let socket = state.join("courier.sock");
    let listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    let callers = Arc::new(Mutex::new(Vec::new()));
    let accepted = Arc::clone(&callers);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            accepted.lock().unwrap().push(stream);
        }
    });
    let stop = ["sync", "stop"];
    let said = site.project.pawtrail.data(&site.project.repo, &stop);
    assert_eq!(said["shut_out"], true, "{said:#}");
    assert!(!socket.exists(), "nobody is to ask there any more");
    let asked = || callers.lock().unwrap().len();
    // On a busy machine its time may be over before the third question.
    eventually("it was asked", SOON, || asked() > 0);
    assert!(asked() <= 3, "it was asked {} times", asked());
    // The lock that it holds is nobody's any more.
    site.live();
    lock.unlock().unwrap();

    let old = site.one_courier();
    std::fs::remove_file(&socket).unwrap();
    let said = site.project.pawtrail.data(&site.project.repo, &stop);
    assert_eq!(said["shut_out"], true, "{said:#}");
    // It notices when it looks after the house, at the latest where it has something to send.
    site.live_beside(old);
}

/// A courier of another version, as far as this one can know it: it holds the lock, tells its version, and ends when it is
/// told to. Returns what it heard.
fn courier_of_version(project: &Project, version: u32) -> std::thread::JoinHandle<Vec<String>> {
    use std::io::{BufRead, BufReader, Write};
    let state = project.repo.common_dir().join("pawtrail");
    let lock = std::fs::File::options()
        .append(true)
        .create(true)
        .open(state.join("locks/courier.lock"))
        .unwrap();
    lock.try_lock().unwrap();
    let socket = state.join("courier.sock");
    let listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    std::thread::spawn(move || {
        let mut heard = Vec::new();
        loop {
            let (mut stream, _) = listener.accept().unwrap();
            let mut line = String::new();
            BufReader::new(&stream).read_line(&mut line).unwrap();
            // Whoever asked may have lost its patience.
            let _ =
                stream.write_all(format!("{{\"v\":{version},\"state\":\"fine\"}}\n").as_bytes());
            let stop = line.contains("\"op\":\"stop\"");
            heard.push(line);
            if stop {
                std::fs::remove_file(&socket).unwrap();
                drop(lock);
                return heard;
            }
        }
    })
}

#[test]
fn an_older_courier_gives_way_and_a_newer_one_is_left_to_serve() {
    let site = Site::new();
    let stop = ["sync", "stop"];
    site.project.pawtrail.data(&site.project.repo, &stop);
    let old = courier_of_version(&site.project, 0);
    site.live();
    assert!(old.join().unwrap().last().unwrap().contains("stop"));
    site.project.pawtrail.data(&site.project.repo, &stop);

    let new = courier_of_version(&site.project, 7);
    site.project.decide("Which?");
    eventually("none of ours serves", SOON, || {
        site.scratch.couriers().is_empty()
    });
    eventually("it is told", SOON, || {
        text(&site.project.status()["last_error"]).contains("newer version")
    });
    let now = ["sync", "now", "--timeout", "5"];
    let (code, told) = site
        .project
        .pawtrail
        .json_in(site.project.repo.path(), &now);
    assert_eq!(
        (code, &told["error"]["code"]),
        (1, &"COURIER_NEWER".into()),
        "{told:#}"
    );
    assert_eq!(told["error"]["next_step"], "pawtrail sync stop");
    let stopped = site.project.pawtrail.data(&site.project.repo, &stop);
    assert_eq!(stopped["was_running"], true);
    let heard = new.join().unwrap();
    assert!(
        heard[..heard.len() - 1]
            .iter()
            .all(|line| !line.contains("stop")),
        "{heard:?}"
    );
    site.live();
}

#[test]
fn what_a_killed_courier_left_is_in_nobodys_way() {
    let site = Site::new();
    for _ in 0..3 {
        site.live();
        site.scratch.kill_couriers();
        eventually("it is gone", SOON, || site.scratch.couriers().is_empty());
        let socket = site.project.repo.common_dir().join("pawtrail/courier.sock");
        assert!(socket.exists(), "nobody removed it");
    }
    site.live();
}

/// The hub away for a while, and a machine that sleeps meanwhile: what git commits then is delivered without a command.
#[test]
fn a_courier_outlives_a_hub_that_is_away_and_a_machine_that_sleeps() {
    let scratch = Scratch::new();
    let project = Project::new(&scratch, BINARY);
    let hub = Hub::start(&scratch, &project.pawtrail);
    project.connect(&hub);
    project.decide("Which?");
    project.wait_until_acknowledged(SOON);
    let courier = only(&scratch);
    let agent = project
        .repo
        .worktree("agent", &format!("{}-lane", project.branch()));
    let mut hub = hub;
    for sleeps in [false, true] {
        if sleeps {
            signal(courier, "STOP");
        }
        let store = hub.store().to_owned();
        let address = hub.kill();
        let path = format!("{}/note-{sleeps}.md", project.dir);
        let commit = agent.commit_file(&path, "note\n", "Write a note");
        std::thread::sleep(Duration::from_millis(1_500));
        hub = Hub::start_at(&project.pawtrail, scratch.path(), &address);
        if sleeps {
            signal(courier, "CONT");
        }
        // The longest wait between two attempts is half a minute.
        eventually("it arrives", 2 * SOON, || stored(&store).contains(&commit));
    }
    eventually("nothing waits", SOON, || project.pending().is_empty());
    assert_eq!(only(&scratch), courier, "the same one");
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
    let courier = only(&scratch);
    for seconds in [10 * 365 * 86_400, -10 * 365 * 86_400, 0] {
        jump.set(seconds);
        project.decide("And now?");
        project.wait_until_acknowledged(SOON);
        assert_eq!(project.status()["connection"], "live", "{seconds}");
    }
    assert_eq!(only(&scratch), courier, "the same one");
    let diary = project.repo.common_dir().join("pawtrail/sync/egress.jsonl");
    let diary = std::fs::read_to_string(diary).unwrap();
    let years: std::collections::BTreeSet<&str> = diary
        .lines()
        .filter_map(|line| line.split_once("\"at\":\"").map(|(_, at)| &at[..4]))
        .collect();
    assert!(years.len() >= 3, "the clock did jump: {years:?}");
    drop(hub);
}
