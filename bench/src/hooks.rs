//! What our hooks cost git: a commit and an amend with them, beside the same with hooks that do nothing, and with none.
//!
//! `… -- hooks [--rounds N] [--files N] [--binary PATH]`

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::repository::Repository;
use crate::stopwatch::Column;
use crate::{Result, Settings};

/// Each column's directory of hooks: none, empty ones, ours.
struct Hooks {
    none: PathBuf,
    empty: PathBuf,
    ours: PathBuf,
}

pub(crate) fn run(settings: &Settings) -> Result<()> {
    let repository = Repository::make(&settings.binary, settings.file_count())?;
    let hooks = Hooks::make(&repository)?;
    let mission = repository.mission_dir()?;
    let alone = format!("{mission}/alone.md");
    let mut spawn = Column::new("true");
    let mut plain = Column::new("git commit, no hooks");
    let mut empty = Column::new("git commit, empty hooks");
    let mut ours = Column::new("git commit, ours");
    let mut alone_empty = Column::new("empty post-commit alone");
    let mut alone_ours = Column::new("our post-commit alone");
    let mut amend_empty = Column::new("git amend, empty hooks");
    let mut amend_ours = Column::new("git amend, ours");
    for round in 0..=settings.rounds {
        // The first round fills caches and counts for nothing.
        let counts = round > 0;
        spawn.time(counts, || repository.succeed(&mut Command::new("true")))?;
        let turn = |column: &mut Column, dir: &Path, amend: bool| {
            let name = format!("{mission}/notes-{}-{amend}.md", column.name.len());
            let path = repository.path(&name);
            fs::write(path, format!("{round}\n")).map_err(told)?;
            repository.succeed(repository.git().args(["add", &name]))?;
            repository.rest()?;
            let mut git = repository.git();
            git.arg("-c")
                .arg(format!("core.hooksPath={}", dir.display()));
            git.args(["commit", "-q", "-m", "A note"]);
            if amend {
                git.arg("--amend");
            }
            column.time(counts, || repository.succeed(&mut git))
        };
        turn(&mut plain, &hooks.none, false)?;
        turn(&mut empty, &hooks.empty, false)?;
        turn(&mut amend_empty, &hooks.empty, true)?;
        turn(&mut ours, &hooks.ours, false)?;
        turn(&mut amend_ours, &hooks.ours, true)?;
        for (column, dir) in [
            (&mut alone_empty, &hooks.empty),
            (&mut alone_ours, &hooks.ours),
        ] {
            // A commit that nobody has recorded yet.
            let mut commit = repository.git();
            commit
                .arg("-c")
                .arg(format!("core.hooksPath={}", hooks.none.display()));
            repository.append(&alone, round)?;
            repository.succeed(repository.git().args(["add", &alone]))?;
            repository.succeed(commit.args(["commit", "-q", "-m", "Alone"]))?;
            repository.rest()?;
            let mut hook = repository.command(dir.join("post-commit"));
            column.time(counts, || repository.succeed(&mut hook))?;
        }
    }
    println!(
        "{} tracked files, {} rounds, whole processes, milliseconds",
        settings.file_count(),
        settings.rounds
    );
    crate::table(&[
        &spawn,
        &plain,
        &empty,
        &ours,
        &amend_empty,
        &amend_ours,
        &alone_empty,
        &alone_ours,
    ]);
    println!(
        "ours over empty hooks: a commit {:.2} ms, an amend (two hooks) {:.2} ms, alone {:.2} ms",
        ours.median() - empty.median(),
        amend_ours.median() - amend_empty.median(),
        alone_ours.median() - alone_empty.median()
    );
    Ok(())
}

impl Hooks {
    fn make(repository: &Repository) -> Result<Self> {
        repository.succeed(repository.pawtrail().args(["hooks", "install", "--quiet"]))?;
        let beside = |name: &str| repository.root().with_file_name(name);
        let hooks = Self {
            none: beside("none"),
            empty: beside("empty"),
            ours: repository.path(".git/hooks"),
        };
        for dir in [&hooks.none, &hooks.empty] {
            fs::create_dir(dir).map_err(told)?;
        }
        for name in ["post-commit", "post-rewrite", "post-merge"] {
            // With the rights of ours.
            let path = hooks.empty.join(name);
            fs::copy(hooks.ours.join(name), &path).map_err(told)?;
            fs::write(&path, "#!/bin/sh\nexit 0\n").map_err(told)?;
        }
        Ok(hooks)
    }
}

fn told(error: impl std::fmt::Display) -> String {
    error.to_string()
}
