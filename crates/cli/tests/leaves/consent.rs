//! Consent and its negative cases: unless this clone of this project said yes to this hub, no byte leaves.

use std::path::Path;
use std::time::Duration;

use pawtrail_testkit::{Pawtrail, Project, Repo, Scratch, eventually, text};
use serde_json::{Value, json};

use crate::ear::{Ear, Manner};
use crate::support::{BINARY, SOON, TOKEN, enable, hooked, spec};

/// Long enough for a courier that was wrongly started to connect.
pub(crate) const WHILE: Duration = Duration::from_millis(250);

/// Does all that could make something leave; each command must still do its own work.
pub(crate) fn provoke(project: &Project, what: &str) {
    project.decide(what);
    let (status, document) = project
        .pawtrail
        .json_in(project.repo.path(), &["sync", "now", "--timeout", "1"]);
    assert_eq!(
        (status, &document["error"]["code"]),
        (6, &json!("EGRESS_DENIED")),
        "{what}: {document:#}"
    );
    let (status, document) = project
        .pawtrail
        .json_in(project.repo.path(), &["sync", "run"]);
    assert_eq!(
        (status, &document["error"]["code"]),
        (6, &json!("EGRESS_DENIED")),
        "{what}: {document:#}"
    );
    let shown = project.status();
    assert_eq!(shown["connection"], "off", "{what}: {shown:#}");
}

pub(crate) fn sync_dir(repo: &Repo) -> std::path::PathBuf {
    repo.common_dir().join("pawtrail/sync")
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else if entry.file_type().unwrap().is_file() {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[test]
fn consent_that_is_unknown_unreadable_malformed_or_anothers_means_no() {
    let scratch = Scratch::new();
    let (project, agent) = hooked(&scratch);
    let ear = Ear::start(Manner::Says(
        "HTTP/1.1 503 No\r\nConnection: close\r\n\r\n".to_owned(),
    ));
    let dir = sync_dir(&project.repo);
    let (record, token) = (dir.join("consent.json"), dir.join("token"));
    let swap = |from: &str, to: &str| {
        let text = std::fs::read_to_string(&record).unwrap();
        assert!(text.contains(from), "{text}");
        std::fs::write(&record, text.replace(from, to)).unwrap();
    };
    let other = "0b0e2f7c-1111-4222-8333-444455556666";
    #[cfg_attr(not(unix), expect(unused_mut, reason = "only Unix adds to them"))]
    let mut spoilers: Vec<Spoiler<'_>> = vec![
        ("gone", Box::new(|| std::fs::remove_file(&record).unwrap())),
        ("empty", Box::new(|| std::fs::write(&record, "").unwrap())),
        (
            "torn",
            Box::new(|| std::fs::write(&record, "{\"version\":2,").unwrap()),
        ),
        (
            "huge",
            Box::new(|| std::fs::write(&record, " ".repeat(10_000)).unwrap()),
        ),
        (
            "unreadable",
            Box::new(|| {
                std::fs::remove_file(&record).unwrap();
                std::fs::create_dir(&record).unwrap();
            }),
        ),
        (
            "of a version to come",
            Box::new(|| swap("\"version\":2", "\"version\":3")),
        ),
        (
            "of a version that was",
            Box::new(|| swap("\"version\":2", "\"version\":1")),
        ),
        ("another project's", Box::new(|| swap(&project.uuid, other))),
        (
            "with a hub in clear text elsewhere",
            Box::new(|| swap("127.0.0.1", "192.0.2.1")),
        ),
        (
            "with credentials in the address",
            Box::new(|| swap("127.0.0.1", "me:secret@127.0.0.1")),
        ),
        (
            "with a query in the address",
            Box::new(|| swap(&ear.url(), &format!("{}?a=b", ear.url()))),
        ),
        (
            "without a token",
            Box::new(|| std::fs::remove_file(&token).unwrap()),
        ),
        (
            "with an empty token",
            Box::new(|| std::fs::write(&token, "").unwrap()),
        ),
        (
            "with a broken token",
            Box::new(|| std::fs::write(&token, "two words").unwrap()),
        ),
        (
            "with an unreadable token",
            Box::new(|| {
                std::fs::remove_file(&token).unwrap();
                std::fs::create_dir(&token).unwrap();
            }),
        ),
    ];
    #[cfg(unix)]
    spoilers.extend(unix::spoilers(&scratch, &record, &token));
    for (what, spoil) in spoilers {
        for path in [&record, &token] {
            if path.is_dir() {
                std::fs::remove_dir(path).unwrap();
            }
        }
        if dir.is_symlink() {
            std::fs::remove_file(&dir).unwrap();
        }
        enable(&project, &ear.url(), &[]);
        spoil();
        spec(&project, &agent, what);
        provoke(&project, what);
    }
    std::thread::sleep(WHILE);
    assert_eq!(ear.heard().connections, 0);
    assert_eq!(scratch.processes(), Vec::<String>::new());
    // The same ear hears where the answer is yes.
    if dir.is_symlink() {
        std::fs::remove_file(&dir).unwrap();
    }
    enable(&project, &ear.url(), &[]);
    spec(&project, &agent, "yes");
    eventually("somebody calls", SOON, || ear.heard().connections > 0);
}

/// What makes a consent one that can't be relied on, and what it does to it.
type Spoiler<'a> = (&'static str, Box<dyn Fn() + 'a>);

/// What only Unix has: links, pipes, and other users.
#[cfg(unix)]
mod unix {
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::path::Path;

    use pawtrail_testkit::Scratch;

    use super::Spoiler;

    pub(super) fn spoilers<'a>(
        scratch: &'a Scratch,
        record: &'a Path,
        token: &'a Path,
    ) -> Vec<Spoiler<'a>> {
        let mode = |path: &'a Path, mode| {
            move || {
                std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
            }
        };
        // The very same content, under another name.
        let link = |path: &'a Path| {
            move || {
                let real = scratch.path().join("elsewhere");
                let _ = std::fs::remove_file(&real);
                std::fs::rename(path, &real).unwrap();
                symlink(&real, path).unwrap();
            }
        };
        vec![
            ("behind a link", Box::new(link(record))),
            ("with a token behind a link", Box::new(link(token))),
            (
                "in a directory behind a link",
                Box::new(move || {
                    let dir = record.parent().unwrap();
                    let real = scratch.path().join("sync-elsewhere");
                    let _ = std::fs::remove_dir_all(&real);
                    std::fs::rename(dir, &real).unwrap();
                    symlink(&real, dir).unwrap();
                }),
            ),
            ("that others may write", Box::new(mode(record, 0o620))),
            ("that others may read", Box::new(mode(record, 0o604))),
            (
                "with a token that the group may read",
                Box::new(mode(token, 0o640)),
            ),
            (
                "with a token that anybody may read",
                Box::new(mode(token, 0o604)),
            ),
            (
                "that its owner may not read either",
                Box::new(move || {
                    // An administrator may all the same, and would find it in order.
                    mode(record, 0o000)();
                    if std::fs::read(record).is_ok() {
                        std::fs::write(record, "").unwrap();
                    }
                }),
            ),
            (
                "that is a pipe nobody writes to",
                Box::new(move || {
                    std::fs::remove_file(record).unwrap();
                    let made = std::process::Command::new("mkfifo").arg(record).status();
                    assert!(made.unwrap().success());
                }),
            ),
        ]
    }
}

#[test]
fn consent_in_the_repository_itself_is_none() {
    let scratch = Scratch::new();
    let (project, agent) = hooked(&scratch);
    let ear = Ear::hub();
    enable(&project, &ear.url(), &[]);
    let dir = sync_dir(&project.repo);
    for place in [
        ".kittify/sync",
        ".kittify/pawtrail/sync",
        "pawtrail/sync",
        "sync",
    ] {
        for repo in [&project.repo, &agent] {
            copy(&dir, &repo.path().join(place));
        }
    }
    // The worktree's own git directory is not the clone's either.
    copy(
        &dir,
        &project
            .repo
            .common_dir()
            .join("worktrees/agent/pawtrail/sync"),
    );
    project.pawtrail.data(&project.repo, &["sync", "disable"]);
    agent.git(&["add", "-A"]);
    spec(&project, &agent, "one");
    provoke(&project, "a file of the repository");
    std::thread::sleep(WHILE);
    assert_eq!(ear.heard().connections, 0);
}

#[test]
fn consent_copied_from_another_clone_is_none_and_a_moved_clone_keeps_its_own() {
    let scratch = Scratch::new();
    let project = Project::new(&scratch, BINARY);
    let ear = Ear::hub();
    enable(&project, &ear.url(), &[]);
    let fresh = Project {
        repo: scratch.clone_of(&project.repo, "fresh"),
        pawtrail: Pawtrail::new(&scratch, BINARY),
        uuid: project.uuid.clone(),
        mission_id: project.mission_id.clone(),
        ledger: project.ledger.clone(),
        dir: project.dir.clone(),
        path: project.path.clone(),
    };
    fresh.repo.git(&[
        "fetch",
        "-q",
        "origin",
        &format!("{0}:{0}", project.branch()),
    ]);
    fresh.pawtrail.data(&fresh.repo, &["init"]);
    copy(&sync_dir(&project.repo), &sync_dir(&fresh.repo));
    provoke(&fresh, "copied consent");
    let status = fresh.status();
    assert!(
        text(&status["last_error"]).contains("another clone"),
        "{status:#}"
    );
    // All of the clone's private state, its name included.
    copy(
        &project.repo.common_dir().join("pawtrail"),
        &fresh.repo.common_dir().join("pawtrail"),
    );
    provoke(&fresh, "copied state");
    std::thread::sleep(WHILE);
    assert_eq!(ear.heard().connections, 0);
    // Said again here, it holds here.
    enable(&fresh, &ear.url(), &[]);
    fresh.pawtrail.data(&fresh.repo, &["sync", "now"]);
    assert!(ear.heard().connections > 0);

    #[cfg(unix)]
    {
        fresh.pawtrail.data(&fresh.repo, &["sync", "stop"]);
        let moved = scratch.path().join("moved");
        std::fs::rename(fresh.repo.path(), &moved).unwrap();
        let (status, document) = fresh.pawtrail.json_in(&moved, &["sync", "now"]);
        assert_eq!(status, 0, "{document:#}");
        let (status, _) = fresh.pawtrail.json_in(&moved, &["sync", "stop"]);
        assert_eq!(status, 0);
    }
}

#[test]
fn nothing_goes_to_another_hub_than_the_one_that_was_agreed_to() {
    let scratch = Scratch::new();
    let project = Project::new(&scratch, BINARY);
    let other = Ear::hub();
    // The hub that was agreed to sends its visitors elsewhere, and the environment names another.
    let agreed = Ear::start(Manner::Says(format!(
        "HTTP/1.1 307 Elsewhere\r\nLocation: {}/api/v1/ws\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        other.url()
    )));
    let pawtrail = Pawtrail::new(&scratch, BINARY)
        .with_env("HTTP_PROXY", other.url())
        .with_env("http_proxy", other.url())
        .with_env("ALL_PROXY", other.url());
    let project = Project {
        pawtrail,
        ..project
    };
    enable(&project, &agreed.url(), &[]);
    project.decide("Which?");
    let args = [
        "wp",
        "move",
        "WP01",
        "planned",
        "--mission",
        &project.mission_id,
        "--actor",
        "agent",
    ];
    project.pawtrail.data(&project.repo, &args);
    let (status, _) = project
        .pawtrail
        .json_in(project.repo.path(), &["sync", "now", "--timeout", "2"]);
    assert_eq!(status, 1);
    eventually("both ways were tried", SOON, || {
        agreed.heard().connections >= 2
    });
    assert_eq!(other.heard().connections, 0);
    // The stored token is that hub's alone.
    let (status, document) = project
        .pawtrail
        .json_in(project.repo.path(), &["sync", "enable", &other.url()]);
    assert_eq!(
        (status, &document["error"]["code"]),
        (1, &json!("TOKEN_MISSING"))
    );
    project.decide("And?");
    std::thread::sleep(WHILE);
    assert_eq!(other.heard().connections, 0);
}

#[test]
fn the_environment_can_only_forbid() {
    let scratch = Scratch::new();
    let project = Project::new(&scratch, BINARY);
    let ear = Ear::hub();
    let with = |value: &str| {
        Pawtrail::new(&scratch, BINARY)
            .with_env("PAWTRAIL_SYNC", value)
            .with_env("PAWTRAIL_SYNC_URL", ear.url())
            .with_env("PAWTRAIL_HUB", ear.url())
            .with_env("PAWTRAIL_TOKEN", TOKEN)
    };
    let mut project = project;
    for value in ["on", "1", "true", "yes"] {
        project.pawtrail = with(value);
        provoke(&project, value);
    }
    project.pawtrail = Pawtrail::new(&scratch, BINARY);
    enable(&project, &ear.url(), &[]);
    for value in ["off", "0", "no", "of course not"] {
        project.pawtrail = with(value);
        provoke(&project, value);
    }
    std::thread::sleep(WHILE);
    assert_eq!(ear.heard().connections, 0);
}

#[test]
fn taking_consent_back_closes_the_door_before_the_next_frame() {
    for by_hand in [false, true] {
        let scratch = Scratch::new();
        let (project, agent) = hooked(&scratch);
        let hub = Ear::hub();
        enable(&project, &hub.url(), &["--from-now"]);
        let last = spec(&project, &agent, "allowed");
        eventually("it is live", SOON, || hub.commits() == [last.clone()]);
        project.wait_until_acknowledged(SOON);
        if by_hand {
            // Nobody tells the courier, which is connected.
            std::fs::remove_file(sync_dir(&project.repo).join("consent.json")).unwrap();
        } else {
            project.pawtrail.data(&project.repo, &["sync", "disable"]);
        }
        for at in 0..5 {
            spec(&project, &agent, &format!("secret-{at}"));
        }
        eventually("the line is closed", SOON, || {
            let heard = hub.heard();
            heard.ended == heard.connections
        });
        eventually("the courier ended", SOON, || scratch.processes().is_empty());
        assert_eq!(hub.commits(), [last]);
        assert_eq!(project.status()["pending"], 5);
        let log = project
            .pawtrail
            .data(&project.repo, &["sync", "log", "--kind", "LocalCommit"]);
        assert_eq!(log["total"], 1);
    }
}

#[test]
fn enable_counts_what_waits_and_from_now_sets_all_of_it_aside() {
    let scratch = Scratch::new();
    let project = Project::new(&scratch, BINARY);
    let hub = Ear::hub();
    project.decide("Which?");
    for lane in ["planned", "claimed", "in_progress"] {
        let args = [
            "wp",
            "move",
            "WP01",
            lane,
            "--mission",
            &project.mission_id,
            "--actor",
            "agent",
        ];
        project.pawtrail.data(&project.repo, &args);
    }
    let commits = project.pending().len() as u64;
    let events = project.status()["queued"].as_u64().unwrap();
    // The project, the mission and three moves.
    assert_eq!(events, 5);
    let count =
        |data: &Value| ["pending", "queued", "set_aside"].map(|key| data[key].as_u64().unwrap());
    assert_eq!(
        count(&enable(&project, &hub.url(), &[])),
        [commits, events, 0]
    );
    // What a crash kept from the queue is counted as well.
    let queue = project.repo.common_dir().join("pawtrail/queue.sqlite");
    for end in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{end}", queue.display()));
    }
    assert_eq!(
        count(&enable(&project, &hub.url(), &[])),
        [commits, events, 0]
    );
    for end in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{end}", queue.display()));
    }
    let made = enable(&project, &hub.url(), &["--from-now"]);
    assert_eq!(count(&made), [0, 0, commits + events]);
    assert_eq!(hub.heard().connections, 0, "it contacts nobody");
    let status = project.status();
    assert_eq!(
        (
            &status["pending"],
            &status["queued"],
            status["set_aside"].as_u64()
        ),
        (&json!(0), &json!(0), Some(commits + events))
    );
    let next = project.decide("And now?");
    project.pawtrail.data(&project.repo, &["sync", "now"]);
    assert_eq!(hub.commits(), [next]);
    assert_eq!(hub.heard().bodies, Vec::<String>::new());
    // Said again, it sets nothing more aside, and what was set aside stays so.
    let again = enable(&project, &hub.url(), &["--from-now"]);
    assert_eq!(count(&again), [0, 0, 0]);
    let said = project.pawtrail.run(&project.repo, &["sync", "now"]);
    assert!(
        said.stdout.contains("but what was set aside"),
        "{}",
        said.stdout
    );
    assert_eq!(hub.commits().len(), 1);
    // Nor does any of it go when what remembers that is gone: both are made again from git and the journals.
    project.pawtrail.data(&project.repo, &["sync", "stop"]);
    std::fs::remove_file(project.repo.path().join(".kittify/sync-state.json")).unwrap();
    for end in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{end}", queue.display()));
    }
    let status = project.status();
    assert_eq!(
        (&status["pending"], &status["queued"]),
        (&json!(0), &json!(0))
    );
    project.pawtrail.data(&project.repo, &["sync", "now"]);
    assert_eq!(hub.commits().len(), 1);
    assert_eq!(hub.heard().bodies, Vec::<String>::new());
    let last = project.decide("And then?");
    project.pawtrail.data(&project.repo, &["sync", "now"]);
    assert_eq!(hub.commits().last(), Some(&last));
}
