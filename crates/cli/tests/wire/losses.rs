//! A hub that lost what it had acknowledged, and a clone that lost what it knew: either heals the other.

use std::path::Path;
use std::time::Duration;

use pawtrail_testkit::{Hub, Project, Repo, Scratch, eventually, text};

use crate::BINARY;
use crate::support::{ancestry, judge, stored};

/// The longest wait between two attempts to connect is half a minute.
const SOON: Duration = Duration::from_secs(60);

/// A project with two missions on branches of their own, one of them in a worktree, which is a build of its own.
struct Site {
    project: Project,
    second: Repo,
    second_dir: String,
    branches: Vec<String>,
    made: usize,
    scratch: Scratch,
}

impl Site {
    fn new() -> Self {
        let scratch = Scratch::new();
        let project = Project::new(&scratch, BINARY);
        let other = project
            .pawtrail
            .data(&project.repo, &["mission", "create", "search"]);
        let branch = text(&other["ledger_ref"]);
        let second = project
            .repo
            .worktree("second", branch.trim_start_matches("refs/heads/"));
        Self {
            second_dir: text(&other["dir"]),
            branches: vec![project.ledger.clone(), branch],
            project,
            second,
            made: 0,
            scratch,
        }
    }

    fn hub(&self) -> Hub {
        Hub::start(&self.scratch, &self.project.pawtrail)
    }

    /// Commits by commands, which record at once, here and in the worktree, and by git, which tells nobody.
    fn work(&mut self, rounds: usize) {
        for _ in 0..rounds {
            self.made += 1;
            self.project.decide(&format!("Question {}?", self.made));
            let path = format!("{}/part-{}.md", self.second_dir, self.made);
            self.second.commit_file(&path, "part\n", "Write a part");
            let noted = format!("{}/note-{}.md", self.second_dir, self.made);
            self.second.write(&noted, "note\n");
            let commit = ["commit", "-m", "Note", &noted];
            self.project.pawtrail.data(&self.second, &commit);
        }
    }

    fn commits(&self) -> usize {
        let repo = &self.project.repo;
        let branches = self.branches.iter();
        branches.map(|branch| ancestry(repo, branch).len()).sum()
    }

    /// Waits until a hub has all, and fails unless it has each once, in order, and nothing waits.
    fn settles(&self, hub: &Hub, what: &str) {
        eventually(what, SOON, || {
            stored(hub.store()).len() == self.commits() && self.project.pending().is_empty()
        });
        let branches: Vec<&str> = self.branches.iter().map(String::as_str).collect();
        judge(&self.project, hub.store(), &branches, what);
    }

    /// Ends a hub, does something to its store, and starts it again at its address.
    fn restart(&self, hub: Hub, meanwhile: impl FnOnce(&Path)) -> Hub {
        let store = hub.store().to_owned();
        let address = hub.kill();
        meanwhile(&store);
        Hub::start_at(&self.project.pawtrail, self.scratch.path(), &address)
    }
}

/// The files of a store.
fn files(store: &Path) -> Vec<std::path::PathBuf> {
    let name = store.file_name().unwrap().to_string_lossy().into_owned();
    let of = |entry: std::fs::DirEntry| {
        entry
            .file_name()
            .to_string_lossy()
            .starts_with(&name)
            .then(|| entry.path())
    };
    let entries = std::fs::read_dir(store.parent().unwrap()).unwrap();
    entries.filter_map(|entry| of(entry.unwrap())).collect()
}

fn remove(store: &Path) {
    for file in files(store) {
        std::fs::remove_file(file).unwrap();
    }
}

#[test]
fn fr_014_a_hub_whose_store_was_removed_has_all_local_commits_again() {
    let mut site = Site::new();
    let hub = site.hub();
    site.project.connect(&hub);
    site.work(4);
    site.settles(&hub, "the first time");
    let hub = site.restart(hub, remove);
    site.work(1);
    // It has forgotten the token too, and says so. A new one is all that a person has to bring.
    eventually("the hub refuses", SOON, || {
        site.project.status()["connection"] == "refused"
    });
    site.project.connect(&hub);
    site.settles(&hub, "the second time");
    // And with a courier that was not there when it happened.
    site.project
        .pawtrail
        .data(&site.project.repo, &["sync", "stop"]);
    let hub = site.restart(hub, remove);
    site.project.connect(&hub);
    let done = site
        .project
        .pawtrail
        .data(&site.project.repo, &["sync", "now"]);
    assert_eq!(done["pending"], 0, "{done:#}");
    site.settles(&hub, "the third time");
}

#[test]
fn a_hub_that_was_set_back_gets_what_it_lost_again() {
    let mut site = Site::new();
    let hub = site.hub();
    site.project.connect(&hub);
    site.work(2);
    site.settles(&hub, "before the backup");
    let backup = site.scratch.path().join("backup");
    std::fs::create_dir(&backup).unwrap();
    let hub = site.restart(hub, |store| {
        for file in files(store) {
            std::fs::copy(&file, backup.join(file.file_name().unwrap())).unwrap();
        }
    });
    site.work(2);
    site.settles(&hub, "after the backup");
    let had = stored(hub.store());
    let hub = site.restart(hub, |store| {
        remove(store);
        for entry in std::fs::read_dir(&backup).unwrap() {
            let entry = entry.unwrap();
            let place = store.parent().unwrap().join(entry.file_name());
            std::fs::copy(entry.path(), place).unwrap();
        }
        assert!(stored(store).len() < had.len());
    });
    site.settles(&hub, "from the backup");
}

#[test]
fn another_hub_gets_all_that_is_local_and_nothing_of_before_where_somebody_says_from_now() {
    let mut site = Site::new();
    let first = site.hub();
    site.project.connect(&first);
    site.work(2);
    site.settles(&first, "the first hub");
    let place = site.scratch.path().join("second-hub");
    std::fs::create_dir(&place).unwrap();
    let second = Hub::start_at(&site.project.pawtrail, &place, "127.0.0.1:0");
    let pawtrail = &site.project.pawtrail;
    let token = |hub: &Hub| hub.token(pawtrail, &site.project.uuid);
    let preview = pawtrail.data(&site.project.repo, &["sync", "preview"]);
    let again = preview["again"].as_array().unwrap().len();
    assert_eq!(
        (preview["frames"].as_array().unwrap().len(), again),
        (0, site.commits())
    );
    let made = token(&second);
    let enable = ["sync", "enable", second.url(), "--token", &made];
    let enabled = pawtrail.data(&site.project.repo, &enable);
    assert_eq!(
        (&enabled["pending"], &enabled["acknowledged"]),
        (&0.into(), &site.commits().into())
    );
    pawtrail.data(&site.project.repo, &["sync", "now"]);
    site.settles(&second, "the second hub");
    // A third, and only from now on.
    let place = site.scratch.path().join("third-hub");
    std::fs::create_dir(&place).unwrap();
    let third = Hub::start_at(&site.project.pawtrail, &place, "127.0.0.1:0");
    let made = token(&third);
    let enable = [
        "sync",
        "enable",
        third.url(),
        "--token",
        &made,
        "--from-now",
    ];
    let enabled = site.project.pawtrail.data(&site.project.repo, &enable);
    assert_eq!(
        (&enabled["pending"], &enabled["acknowledged"]),
        (&0.into(), &0.into())
    );
    let later = site.project.decide("And now?");
    site.project.wait_until_acknowledged(SOON);
    assert_eq!(stored(third.store()), [later]);
}

#[test]
fn a_clone_that_lost_its_state_is_in_step_with_its_hub_again() {
    let mut site = Site::new();
    let hub = site.hub();
    site.project.connect(&hub);
    site.work(2);
    site.settles(&hub, "at first");
    let file = site.project.repo.path().join(".kittify/sync-state.json");
    let old = std::fs::read(&file).unwrap();
    site.work(2);
    site.settles(&hub, "and then");
    for state in [Some(old), None] {
        site.project
            .pawtrail
            .data(&site.project.repo, &["sync", "stop"]);
        match state {
            Some(old) => std::fs::write(&file, old).unwrap(),
            None => std::fs::remove_file(&file).unwrap(),
        }
        let done = site
            .project
            .pawtrail
            .data(&site.project.repo, &["sync", "now"]);
        assert_eq!(done["pending"], 0, "{done:#}");
        site.settles(&hub, "what it sends twice is stored once");
    }
}
