//! An answered decision beside git's own commits, in repositories of so many files.
//!
//! Git is measured as it comes, where each commit also asks whether the repository needs maintenance, and without that;
//! with one line more in a small file at the root, and in a file as long as the log and beside it, which is what an
//! answer commits.

use std::fs;
use std::io::Write;
use std::process::Command;

use crate::repository::Repository;
use crate::stopwatch::Column;
use crate::{Result, Settings};

/// What undoes the setting of the repository that is measured in.
const AS_IT_COMES: &str = "maintenance.auto=true";

pub(crate) fn run(settings: &Settings, files: usize) -> Result<()> {
    let repository = Repository::make(&settings.binary, files)?;
    let decisions = repository.ask(settings.rounds + 1)?;
    let mut spawn = Column::new("true");
    let mut version = Column::new("pawtrail --version");
    let mut answer = Column::new("pawtrail decision answer");
    let mut add_commit = Column::new("git add + git commit");
    let mut only = Column::new("git commit --only");
    let mut alike = Column::new("of a file like the log");
    let mut alone = Column::new("without maintenance");
    let mut flushed = Column::new("and core.fsync=all");
    let dir = repository.mission_dir()?;
    let (log, like_log) = (
        format!("{dir}/decisions.events.jsonl"),
        format!("{dir}/alike.jsonl"),
    );
    fs::copy(repository.path(&log), repository.path(&like_log))
        .map_err(|error| error.to_string())?;
    repository.succeed(repository.git().args(["add", &like_log]))?;
    repository.succeed(
        repository
            .git()
            .args(["commit", "-qm", "alike", "--", &like_log]),
    )?;
    for (round, decision) in decisions.iter().enumerate() {
        // The first round fills caches and counts for nothing.
        let counts = round > 0;
        spawn.time(counts, || repository.succeed(&mut Command::new("true")))?;
        version.time(counts, || {
            repository.succeed(repository.pawtrail().arg("--version"))
        })?;
        repository.rest()?;
        answer.time(counts, || {
            let arguments = ["decision", "answer", decision, "yes", "--json"];
            repository.succeed(repository.pawtrail().args(arguments))
        })?;
        repository.append("log-a.jsonl", round)?;
        repository.rest()?;
        add_commit.time(counts, || {
            repository.succeed(repository.git().args(["add", "log-a.jsonl"]))?;
            repository.succeed(repository.git().args(["commit", "-q", "-m", "a"]))
        })?;
        for (column, settings, file) in [
            (&mut only, &[AS_IT_COMES][..], "log-b.jsonl"),
            (&mut alike, &[AS_IT_COMES], &like_log),
            (&mut alone, &[], "log-b.jsonl"),
            (&mut flushed, &["core.fsync=all"], "log-b.jsonl"),
        ] {
            if file == like_log {
                catch_up(&repository, file, &log)?;
            } else {
                repository.append(file, round)?;
            }
            repository.rest()?;
            column.time(counts, || {
                let mut git = repository.git();
                git.args(settings.iter().flat_map(|setting| ["-c", setting]));
                git.args(["commit", "-q", "--only", "-m", "b", "--", file]);
                repository.succeed(&mut git)
            })?;
        }
    }
    println!(
        "{files} tracked files, {} rounds, whole processes, milliseconds",
        settings.rounds
    );
    crate::table(&[
        &spawn,
        &version,
        &answer,
        &add_commit,
        &only,
        &alike,
        &alone,
        &flushed,
    ]);
    let ratio = |other: &Column| answer.median() / other.median();
    println!(
        "answer : git add + git commit = {:.2}    : git commit --only = {:.2}    : of a file like the log = {:.2}    : without maintenance = {:.2}    : and flushed = {:.2}",
        ratio(&add_commit),
        ratio(&only),
        ratio(&alike),
        ratio(&alone),
        ratio(&flushed)
    );
    Ok(())
}

/// Appends what the log has more to a file that is otherwise its copy.
fn catch_up(repository: &Repository, file: &str, log: &str) -> Result<()> {
    let log = fs::read(repository.path(log)).map_err(|error| error.to_string())?;
    let known = fs::metadata(repository.path(file)).map_err(|error| error.to_string())?;
    let known = usize::try_from(known.len()).map_err(|error| error.to_string())?;
    let more = log.get(known..).unwrap_or_default();
    fs::OpenOptions::new()
        .append(true)
        .open(repository.path(file))
        .and_then(|mut file| file.write_all(more))
        .map_err(|error| error.to_string())
}
