//! Measures whole processes of Pawtrail beside git's, in turn, in one run.
//!
//! `cargo run --release -p pawtrail-bench -- [--files N] [--rounds N] [--binary PATH] [--status ROWS]`
//!
//! `cargo run --release -p pawtrail-bench -- fold …` measures the reducer: [`fold`].
//! `… -- queue [--waiting N] [--rounds N] [--binary PATH]` measures the offline queue: [`queue`].
//! `… -- contention [--files N] [--writers N] [--answers N] [--binary PATH]` measures many writers at once: [`contention`].
//! `… -- audit [--commits N] [--rounds N] [--binary PATH]` measures `audit --history`: [`history`].
//!
//! Each round runs every command once, so that a machine that slows down slows all of them. Before each of them the disk
//! is at rest (`sync`): else a command that flushes pays for what the one before it left unwritten. A figure is a
//! median over the rounds, as it is and without what spawning `true` costs in the same run.
#![allow(clippy::print_stdout)]

mod contention;
mod fold;
mod history;
mod queue;
mod repository;
mod status;
mod stopwatch;

use std::path::PathBuf;
use std::process::{Command, ExitCode};

use repository::Repository;
use stopwatch::Column;

type Result<T> = std::result::Result<T, String>;

struct Settings {
    files: usize,
    commits: usize,
    rounds: usize,
    writers: usize,
    answers: usize,
    binary: PathBuf,
    /// Measures moves of work packages on a log of so many rows, and not answers.
    status: Option<usize>,
    /// How many events wait in the queue.
    waiting: usize,
}

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1).peekable();
    let measure = |settings: Settings| match settings.status {
        Some(rows) => status::run(&settings, rows),
        None => run(&settings),
    };
    let ran = if arguments.next_if(|name| name == "fold").is_some() {
        fold::run(arguments)
    } else if arguments.next_if(|name| name == "contention").is_some() {
        settings(arguments).and_then(|settings| contention::run(&settings))
    } else if arguments.next_if(|name| name == "queue").is_some() {
        settings(arguments).and_then(|settings| queue::run(&settings, settings.waiting))
    } else if arguments.next_if(|name| name == "audit").is_some() {
        settings(arguments).and_then(|settings| {
            history::run(&settings.binary, settings.commits, settings.rounds.min(5))
        })
    } else {
        settings(arguments).and_then(measure)
    };
    match ran {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            println!("bench: {message}");
            ExitCode::FAILURE
        }
    }
}

fn settings(mut arguments: impl Iterator<Item = String>) -> Result<Settings> {
    let own = std::env::current_exe().map_err(|error| error.to_string())?;
    let mut settings = Settings {
        files: 1_000,
        commits: 5_000,
        rounds: 60,
        writers: 16,
        answers: 20,
        binary: own.with_file_name(format!("pawtrail{}", std::env::consts::EXE_SUFFIX)),
        status: None,
        waiting: 100_000,
    };
    while let Some(name) = arguments.next() {
        let value = arguments.next().ok_or(format!("{name} needs a value"))?;
        let number = || value.parse().map_err(|_| format!("{value} is no number"));
        match name.as_str() {
            "--files" => settings.files = number()?,
            "--commits" => settings.commits = number()?,
            "--rounds" => settings.rounds = number()?,
            "--writers" => settings.writers = number()?,
            "--answers" => settings.answers = number()?,
            "--waiting" => settings.waiting = number()?,
            "--status" => settings.status = Some(number()?),
            "--binary" => settings.binary = PathBuf::from(value),
            other => return Err(format!("unknown option {other}")),
        }
    }
    if [settings.rounds, settings.writers, settings.answers].contains(&0) {
        return Err("--rounds, --writers and --answers must be at least 1".to_owned());
    }
    if !settings.binary.is_file() {
        return Err(format!(
            "{} is missing; build it: cargo build --release",
            settings.binary.display()
        ));
    }
    Ok(settings)
}

fn run(settings: &Settings) -> Result<()> {
    let repository = Repository::make(&settings.binary, settings.files)?;
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
        "{} tracked files, {} rounds, whole processes, milliseconds",
        settings.files, settings.rounds
    );
    println!(
        "{:<28}{:>9}{:>9}{:>9}{:>14}",
        "", "median", "min", "p95", "over `true`"
    );
    let base = spawn.median();
    for column in [&spawn, &version, &answer, &add_commit, &only, &flushed] {
        println!(
            "{:<28}{:>9.2}{:>9.2}{:>9.2}{:>14.2}",
            column.name,
            column.median(),
            column.quantile(0.0),
            column.quantile(0.95),
            column.median() - base
        );
    }
    println!(
        "answer : git add + git commit = {:.2}    : git commit --only = {:.2}    : flushed as well = {:.2}",
        answer.median() / add_commit.median(),
        answer.median() / only.median(),
        answer.median() / flushed.median()
    );
    Ok(())
}
