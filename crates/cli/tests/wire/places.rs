//! Where couriers listen: repositories at long paths and with names of any script, and directories that can't be used.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use pawtrail_testkit::{Hub, Pawtrail, Project, Scratch};

use crate::BINARY;

const SOON: Duration = Duration::from_secs(30);

/// Commits in a repository of this name, and returns where its courier listens.
fn listens(scratch: &Scratch, name: &str, change: impl FnOnce(Pawtrail) -> Pawtrail) -> PathBuf {
    let hub = Hub::start(scratch, &Pawtrail::new(scratch, BINARY));
    let pawtrail = change(Pawtrail::new(scratch, BINARY));
    let project = Project::in_repo(scratch.repo(name), pawtrail);
    project.connect(&hub);
    project.decide("Which?");
    project.wait_until_acknowledged(SOON);
    assert_eq!(project.status()["connection"], "live", "it is found");
    let state = project.repo.common_dir().join("pawtrail");
    let elsewhere = std::fs::read_to_string(state.join("courier.at"));
    let socket = elsewhere.map_or_else(|_| state.join("courier.sock"), PathBuf::from);
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&socket), 0o600);
    // Beside the clone's other files it is private by itself; those of a shared repository stay as they are.
    if !socket.starts_with(&state) {
        assert_eq!(mode(socket.parent().unwrap()), 0o700);
    }
    // A command of another login finds it as well.
    let other = Pawtrail::new(scratch, BINARY)
        .without_env("XDG_RUNTIME_DIR")
        .without_env("TMPDIR");
    let told = other.data(&project.repo, &["sync", "status"]);
    assert_eq!(told["connection"], "live");
    let stopped = project.pawtrail.data(&project.repo, &["sync", "stop"]);
    assert_eq!(stopped["was_running"], true);
    assert!(!socket.exists() && !state.join("courier.at").exists());
    socket
}

fn deep() -> String {
    let name = "répertoire-éàü-項目-".repeat(5);
    format!("{name}/{}", "x".repeat(90))
}

#[test]
fn a_repository_at_a_short_path_has_its_socket_beside_it() {
    let scratch = Scratch::new();
    let socket = listens(&scratch, "プロジェクト é", |pawtrail| pawtrail);
    assert!(
        socket.starts_with(scratch.path().join("プロジェクト é")),
        "{}",
        socket.display()
    );
}

#[test]
fn a_repository_at_a_path_of_two_hundred_characters_has_it_in_the_users_directory() {
    let scratch = Scratch::new();
    assert!(scratch.path().join(deep()).as_os_str().len() > 200);
    let socket = listens(&scratch, &deep(), |pawtrail| pawtrail);
    assert!(
        socket.starts_with(scratch.path().join("run")),
        "{}",
        socket.display()
    );
}

#[test]
fn a_runtime_directory_that_cant_be_used_is_passed_over() {
    let unset = Scratch::new();
    let socket = listens(&unset, &deep(), |pawtrail| {
        pawtrail.without_env("XDG_RUNTIME_DIR")
    });
    assert!(
        socket.starts_with(unset.path().join("tmp")),
        "{}",
        socket.display()
    );

    // Not there to be made, and somebody else's.
    let scratch = Scratch::new();
    let file = scratch.path().join("file");
    std::fs::write(&file, "no directory").unwrap();
    let foreign = scratch.path().join("foreign");
    std::fs::create_dir(&foreign).unwrap();
    // Only an administrator can give a directory away; whoever isn't one has others' at hand.
    let foreign = match std::os::unix::fs::chown(&foreign, Some(65_534), None) {
        Ok(()) => foreign,
        Err(_) => PathBuf::from("/usr"),
    };
    for (at, dir) in [file, foreign].into_iter().enumerate() {
        let name = format!("{}-{at}", deep());
        let socket = listens(&scratch, &name, |pawtrail| {
            pawtrail.with_env("XDG_RUNTIME_DIR", &dir)
        });
        assert!(
            socket.starts_with(scratch.path().join("tmp")),
            "{}",
            socket.display()
        );
    }
}
