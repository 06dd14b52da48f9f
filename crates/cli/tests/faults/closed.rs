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
    let run = |args: &[&str]| {
        let args: Vec<&str> = ["--json"].into_iter().chain(args.iter().copied()).collect();
        project.repo.run_closed(BINARY, &args)
    };
    // Where it can't be mounted the failure point stands in for it.
    if project.repo.can_be_closed() {
        story(&project, &run);
    }
}
