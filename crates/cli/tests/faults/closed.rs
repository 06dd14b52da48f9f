//! A git directory that can't be written: how it gets so, what waits in the checkout, and who adopts it.

use pawtrail_testkit::{Output, Repo, Scratch};

use crate::support::{BINARY, World};
#[cfg(target_os = "linux")]
use pawtrail_testkit::Project;

pub(crate) const CLOSED: &str = "lock::open=return(EACCES)";

/// The files that wait in a checkout.
pub(crate) fn waiting(repo: &Repo) -> Vec<String> {
    let dir = repo.path().join(".kittify/spool");
    let mut names: Vec<String> = std::fs::read_dir(dir).map_or(Vec::new(), |entries| {
        entries
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect()
    });
    names.sort();
    names
}

/// Asks a question in another checkout of the clone, which adopts what waits; returns that checkout.
pub(crate) fn ask_elsewhere(world: &World) -> Repo {
    let other = world.project.repo.worktree("other", "other");
    let mission = &world.project.mission_id;
    let ask = [
        "decision",
        "request",
        "--question",
        "After?",
        "--mission",
        mission,
    ];
    world.project.pawtrail.data(&other, &ask);
    other
}

/// Lets a command die at a place where it adopts so many files that wait, which changes nothing of them.
pub(crate) fn die_adopting(world: &World, scratch: &Scratch, place: &str, files: usize) {
    let fault = format!("{place}=return(abort)");
    let ask = ["decision", "request", "--question", "Dead?"];
    let status = world.with_fault(scratch, &fault, &ask).status;
    assert_eq!(status, -1, "{place}");
    assert_eq!(waiting(&world.project.repo).len(), files, "{place}");
}

/// Tells a story of a project with a git directory that is mounted read-only, as sandboxes do it: with it goes what runs
/// a command there. Only root can do that.
#[cfg(target_os = "linux")]
pub(crate) fn told_read_only(story: impl FnOnce(&Project, &dyn Fn(&[&str]) -> Output)) {
    let scratch = Scratch::new();
    let project = Project::new(&scratch, BINARY);
    let run = |args: &[&str]| mounted_read_only(&scratch, &project, args);
    let probe = run(&["--version"]);
    if probe.status == 0 {
        story(&project, &run);
    } else {
        println!(
            "not run here, the failure point stands in for it: {}",
            probe.stderr.trim()
        );
    }
}

/// Runs a command where the git directory is mounted read-only.
#[cfg(target_os = "linux")]
fn mounted_read_only(scratch: &Scratch, project: &Project, args: &[&str]) -> Output {
    let mounted = "mount --bind .git .git && mount -o remount,ro,bind .git && exec \"$@\"";
    let line = ["-m", "sh", "-c", mounted, "sh", BINARY, "--json"];
    let started = std::time::Instant::now();
    let output = scratch
        .env()
        .command("unshare")
        .args(line)
        .args(args)
        .current_dir(project.repo.path())
        .output()
        .unwrap();
    Output {
        status: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        took: started.elapsed(),
        command: format!("{args:?}"),
    }
}
