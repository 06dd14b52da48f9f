//! One more commit recorded while many wait for a hub: the record alone, as each of our commits does it, and the hook as
//! a whole process; then both hooks of an amend.
//!
//! `… -- pending [--pending N,…] [--rounds N] [--binary PATH]`

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::Stdio;
use std::sync::Arc;

use pawtrail_repo::{Project, System, sync_state};

use crate::repository::Repository;
use crate::stopwatch::Column;
use crate::{Result, Settings};

pub(crate) fn run(settings: &Settings, count: usize) -> Result<()> {
    let repository = Repository::make(&settings.binary, 100)?;
    let mission = repository.mission_dir()?;
    grow(&repository, &mission, count)?;
    let open = || Project::discover(repository.root(), Arc::new(System)).map_err(error);
    let waiting = sync_state::record(&open()?).map_err(error)?.len();
    if waiting < count {
        return Err(format!("{waiting} commits wait, not {count}"));
    }
    let mut record = Column::new("record one more");
    let mut hook = Column::new("pawtrail hooks run post-commit");
    let mut amended = Column::new("after an amend: post-commit");
    let mut told = Column::new("and post-rewrite");
    for round in 0..=settings.rounds {
        let counts = round > 0;
        commit(&repository, &mission)?;
        // What a command has at hand when it has committed.
        let project = open()?;
        project.sanitizer();
        record.time(counts, || sync_state::committed(&project).map_err(error))?;
        commit(&repository, &mission)?;
        hook.time(counts, || {
            repository.succeed(repository.pawtrail().args(["hooks", "run", "post-commit"]))
        })?;
        let old = head(&repository)?;
        let message = format!("Amended {round}");
        repository.succeed(
            repository
                .git()
                .args(["commit", "-q", "--amend", "-m", &message]),
        )?;
        repository.rest()?;
        amended.time(counts, || {
            repository.succeed(repository.pawtrail().args(["hooks", "run", "post-commit"]))
        })?;
        let list = repository.path(".git/rewritten");
        std::fs::write(&list, format!("{old} {}\n", head(&repository)?)).map_err(error)?;
        told.time(counts, || {
            let mut hook = repository.pawtrail();
            hook.args(["hooks", "run", "post-rewrite", "--", "amend"]);
            let list = std::fs::File::open(&list).map_err(error)?;
            repository.succeed(hook.stdin(list))
        })?;
    }
    let now = sync_state::pending(&open()?).map_err(error)?.len();
    let expected = waiting + 2 * (settings.rounds + 1);
    if now != expected {
        return Err(format!("{now} commits wait, not {expected}"));
    }
    println!(
        "{count} commits wait, {} rounds, milliseconds",
        settings.rounds
    );
    crate::table(&[&record, &hook, &amended, &told]);
    Ok(())
}

/// Puts so many commits of one file on the branch, as a history that git made by itself.
fn grow(repository: &Repository, mission: &str, count: usize) -> Result<()> {
    let mut stream = String::new();
    for n in 0..count {
        let from = if n == 0 {
            "from refs/heads/work^0\n"
        } else {
            ""
        };
        let text = format!("note {n}\n");
        write!(
            stream,
            "commit refs/heads/work\ncommitter Robin Example <bench@localhost> {} +0000\ndata 4\nnote\n\
             {from}M 100644 inline {mission}/notes-{}.md\ndata {}\n{text}\n",
            1_780_000_000 + n,
            n % 10,
            text.len()
        )
        .map_err(error)?;
    }
    let mut import = repository
        .git()
        .args(["fast-import", "--quiet"])
        .stdin(Stdio::piped())
        .spawn()
        .map_err(error)?;
    if let Some(mut input) = import.stdin.take() {
        input.write_all(stream.as_bytes()).map_err(error)?;
    }
    if !import.wait().map_err(error)?.success() {
        return Err("git fast-import failed".to_owned());
    }
    repository.succeed(repository.git().args(["reset", "-q", "--hard"]))
}

/// Commits one line more, by git alone.
fn commit(repository: &Repository, mission: &str) -> Result<()> {
    let path = format!("{mission}/more.md");
    repository.append(&path, 0)?;
    repository.succeed(repository.git().args(["add", &path]))?;
    repository.succeed(repository.git().args(["commit", "-q", "-m", "More"]))?;
    repository.rest()
}

fn head(repository: &Repository) -> Result<String> {
    let head = std::fs::read_to_string(repository.path(".git/refs/heads/work")).map_err(error)?;
    Ok(head.trim().to_owned())
}

fn error(error: impl std::fmt::Display) -> String {
    error.to_string()
}
