//! Measures whole processes of Pawtrail beside git's, in turn, in one run.
//!
//! `cargo run --release -p pawtrail-bench -- [--files N,…] [--lines N,…] [--rounds N] [--binary PATH]`
//!
//! `--files` measures in repositories of so many files, `--lines` with event files of so many lines.
//!
//! Each round runs every command once, so that a machine that slows down slows all of them. Before each of them the disk
//! is at rest (`sync`): else a command that flushes pays for what the one before it left unwritten. A figure is a
//! median over the rounds; what spawning `true` costs in the same run stands beside them.
#![allow(clippy::print_stdout)]

mod lines;
mod repository;
mod stopwatch;

use std::path::PathBuf;
use std::process::{Command, ExitCode};

use repository::Repository;
use stopwatch::Column;

type Result<T> = std::result::Result<T, String>;

struct Settings {
    files: Vec<usize>,
    lines: Vec<usize>,
    rounds: usize,
    binary: PathBuf,
}

fn main() -> ExitCode {
    match settings().and_then(|settings| run(&settings)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            println!("bench: {message}");
            ExitCode::FAILURE
        }
    }
}

fn settings() -> Result<Settings> {
    let own = std::env::current_exe().map_err(|error| error.to_string())?;
    let mut settings = Settings {
        files: Vec::new(),
        lines: Vec::new(),
        rounds: 60,
        binary: own.with_file_name(format!("pawtrail{}", std::env::consts::EXE_SUFFIX)),
    };
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let value = arguments.next().ok_or(format!("{name} needs a value"))?;
        let parse = |text: &str| text.parse().map_err(|_| format!("{text} is no number"));
        match name.as_str() {
            "--files" => settings.files = value.split(',').map(parse).collect::<Result<_>>()?,
            "--lines" => settings.lines = value.split(',').map(parse).collect::<Result<_>>()?,
            "--rounds" => settings.rounds = parse(&value)?,
            "--binary" => settings.binary = PathBuf::from(value),
            other => return Err(format!("unknown option {other}")),
        }
    }
    if settings.files.is_empty() && settings.lines.is_empty() {
        settings.files.push(1_000);
    }
    if settings.rounds == 0 {
        return Err("--rounds must be at least 1".to_owned());
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
    for files in &settings.files {
        files_of(settings, *files)?;
    }
    for lines in &settings.lines {
        lines::run(&settings.binary, *lines, settings.rounds)?;
    }
    Ok(())
}

fn files_of(settings: &Settings, files: usize) -> Result<()> {
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
    table(&[&spawn, &version, &answer, &add_commit, &only, &flushed]);
    println!(
        "answer : git add + git commit = {:.2}    : git commit --only = {:.2}    : flushed as well = {:.2}",
        answer.median() / add_commit.median(),
        answer.median() / only.median(),
        answer.median() / flushed.median()
    );
    Ok(())
}

/// Prints columns as lines.
fn table(columns: &[&Column]) {
    println!("{:<28}{:>9}{:>9}{:>9}", "", "median", "min", "p95");
    for column in columns {
        println!(
            "{:<28}{:>9.2}{:>9.2}{:>9.2}",
            column.name,
            column.median(),
            column.quantile(0.0),
            column.quantile(0.95)
        );
    }
}
