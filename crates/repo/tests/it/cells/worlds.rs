//! The shapes that repositories come in: each a function that makes one.

#[path = "worlds/branches.rs"]
mod branches;
#[path = "worlds/files.rs"]
mod files;
#[path = "worlds/indexes.rs"]
mod indexes;
#[path = "worlds/names.rs"]
mod names;
#[path = "worlds/progress.rs"]
mod progress;
#[path = "worlds/signers.rs"]
mod signers;
#[path = "worlds/stores.rs"]
mod stores;

use std::fs;
use std::path::{Path, PathBuf};

use pawtrail_event::decision::FILE;
use pawtrail_repo::decisions::Written;
use pawtrail_repo::mission::Mission;
use pawtrail_testkit::{Repo, Scratch};

use super::has_files;
use crate::support::{answer, ask, create, ledger_file, open};

pub(crate) use branches::*;
pub(crate) use files::*;
pub(crate) use indexes::*;
pub(crate) use names::*;
pub(crate) use progress::*;
pub(crate) use signers::*;
pub(crate) use stores::*;

/// A repository in some shape, and what is to happen in it.
pub(crate) struct World {
    /// The worktree, or bare repository, that git is asked in.
    pub(crate) repo: Repo,
    /// Where our commands run.
    pub(crate) dir: PathBuf,
    /// The mission, where it is older than the shape.
    pub(crate) mission: Option<Mission>,
    /// What happens once the mission is there.
    pub(crate) meanwhile: fn(&World, &Mission),
    /// What must hold of this shape alone, once an answer is in git.
    pub(crate) check: fn(&World, &Written),
    /// What this machine lacks to make it.
    pub(crate) lacks: Option<&'static str>,
    beside: Vec<Repo>,
    keys: Option<Keys>,
}

/// Keys of gpg, whose agent ends with them.
struct Keys {
    home: PathBuf,
    repo: Repo,
}

impl Drop for Keys {
    fn drop(&mut self) {
        let mut agent = self.repo.env().command("gpgconf");
        let agent = agent.env("GNUPGHOME", &self.home);
        let _ = agent.args(["--kill", "all"]).output();
    }
}

impl World {
    /// With nothing in progress.
    fn calm(repo: Repo) -> Self {
        Self {
            dir: repo.path().to_owned(),
            repo,
            mission: None,
            meanwhile: |_, _| {},
            check: |_, _| {},
            lacks: None,
            beside: Vec::new(),
            keys: None,
        }
    }

    /// With somebody at work: a stash, a change that is staged, one that isn't, a file that git doesn't know.
    fn of(repo: Repo) -> Self {
        repo.write("stashed.txt", "s\n");
        repo.git(&["add", "stashed.txt"]);
        repo.git(&["stash", "-q"]);
        repo.write("staged.txt", "staged\n");
        repo.git(&["add", "staged.txt"]);
        repo.write("README.md", "dirty\n");
        repo.write("loose.txt", "untracked\n");
        Self::calm(repo)
    }

    fn lacking(repo: Repo, what: &'static str) -> Self {
        let mut world = Self::calm(repo);
        world.lacks = Some(what);
        world
    }

    fn beside(mut self, repo: Repo) -> Self {
        self.beside.push(repo);
        self
    }

    fn with_mission(mut self, mission: Mission) -> Self {
        self.mission = Some(mission);
        self
    }

    fn meanwhile(mut self, happens: fn(&World, &Mission)) -> Self {
        self.meanwhile = happens;
        self
    }

    fn check(mut self, check: fn(&World, &Written)) -> Self {
        self.check = check;
        self
    }

    /// All worktrees that have files.
    pub(crate) fn checkouts(&self) -> impl Iterator<Item = &Repo> {
        let all = std::iter::once(&self.repo).chain(&self.beside);
        all.filter(|repo| has_files(repo))
    }
}

pub(crate) fn git(world: &World, args: &[&str]) {
    world.repo.git(args);
}

pub(crate) fn git_beside(world: &World, args: &[&str]) {
    world.beside[0].git(args);
}

fn feature(scratch: &Scratch) -> Repo {
    let repo = scratch.repo("r");
    repo.git(&["switch", "-q", "-c", "feature"]);
    repo
}

/// On `feature`, with a setting.
fn with_setting(scratch: &Scratch, name: &str, value: &str) -> World {
    let repo = feature(scratch);
    repo.git(&["config", name, value]);
    World::of(repo)
}

fn init(scratch: &Scratch, form: &str) -> Option<Repo> {
    let repo = scratch.empty_repo("r");
    fs::remove_dir_all(repo.path().join(".git")).unwrap();
    let made = repo.try_git(&["init", "-q", form, "-b", "feature"]);
    (made.status == 0).then(|| {
        repo.commit_file("README.md", "r\n", "start");
        repo
    })
}
