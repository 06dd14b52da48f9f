//! An answered decision beside git's own commits, in repositories of so many files.

use std::process::Command;

use crate::repository::Repository;
use crate::stopwatch::Column;
use crate::{Result, Settings};

pub(crate) fn run(settings: &Settings, files: usize) -> Result<()> {
    let repository = Repository::make(&settings.binary, files)?;
    let decisions = repository.ask(settings.rounds + 1)?;
    let mut spawn = Column::new("true");
    let mut version = Column::new("pawtrail --version");
    let mut answer = Column::new("pawtrail decision answer");
    let mut add_commit = Column::new("git add + git commit");
    let mut only = Column::new("git commit --only");
    let mut flushed = Column::new("the same with core.fsync=all");
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
        repository.append("log-b.jsonl", round)?;
        repository.rest()?;
        only.time(counts, || {
            let arguments = ["commit", "-q", "--only", "-m", "b", "--", "log-b.jsonl"];
            repository.succeed(repository.git().args(arguments))
        })?;
        repository.append("log-b.jsonl", round)?;
        repository.rest()?;
        flushed.time(counts, || {
            let mut git = repository.git();
            git.args(["-c", "core.fsync=all"]);
            git.args(["commit", "-q", "--only", "-m", "b", "--", "log-b.jsonl"]);
            repository.succeed(&mut git)
        })?;
    }
    println!(
        "{files} tracked files, {} rounds, whole processes, milliseconds",
        settings.rounds
    );
    crate::table(&[&spawn, &version, &answer, &add_commit, &only, &flushed]);
    println!(
        "answer : git add + git commit = {:.2}    : git commit --only = {:.2}    : flushed as well = {:.2}",
        answer.median() / add_commit.median(),
        answer.median() / only.median(),
        answer.median() / flushed.median()
    );
    Ok(())
}
