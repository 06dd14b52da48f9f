//! Many writers at once beside a person who works with git, and the same number of plain commits with retries.

use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::repository::Repository;
use crate::stopwatch::Column;
use crate::{Result, Settings};

/// How long one commit by git is tried again before the measurement fails.
const PATIENCE: Duration = Duration::from_secs(300);
/// What git says when another one is at work.
const IN_THE_WAY: [&str; 4] = [
    "index.lock",
    "cannot lock ref",
    "unable to write",
    "would make",
];

/// Measures answers, then commits of git's, each by all writers at the same time.
pub(crate) fn run(settings: &Settings) -> Result<()> {
    let (writers, each) = (settings.writers, settings.answers);
    println!(
        "{} tracked files, {writers} writers, {each} commits each, whole processes, milliseconds",
        settings.file_count()
    );
    println!(
        "{:<28}{:>9}{:>9}{:>9}{:>14}",
        "", "median", "p99", "longest", "git beside"
    );
    let repository = Repository::make(&settings.binary, settings.file_count())?;
    let decisions = repository.ask(writers * each)?;
    measure("pawtrail decision answer", settings, &repository, |at| {
        let arguments = ["decision", "answer", &decisions[at], "yes", "--json"];
        repository.succeed(repository.pawtrail().args(arguments))
    })?;
    let repository = Repository::make(&settings.binary, settings.file_count())?;
    for writer in 0..writers {
        repository.append(&log(writer), 0)?;
    }
    repository.succeed(repository.git().args(["add", "-A"]))?;
    repository.succeed(repository.git().args(["commit", "-q", "-m", "logs"]))?;
    measure("git commit --only, retried", settings, &repository, |at| {
        let log = log(at / each);
        repository.append(&log, at + 1)?;
        insist(
            &repository,
            &["commit", "-q", "--only", "-m", "a", "--", &log],
            |_| {},
        )
    })
}

fn log(writer: usize) -> String {
    format!("log-{writer:02}.jsonl")
}

/// Lets each writer do its part, timed, while the person works.
fn measure(
    name: &'static str,
    settings: &Settings,
    repository: &Repository,
    write: impl Fn(usize) -> Result<()> + Sync,
) -> Result<()> {
    repository.rest()?;
    let done = AtomicUsize::new(0);
    let part = |writer: usize| {
        let mut column = Column::new(name);
        let written = (0..settings.answers)
            .try_for_each(|at| column.time(true, || write(writer * settings.answers + at)));
        done.fetch_add(1, Ordering::Relaxed);
        written.map(|()| column)
    };
    let (column, beside) = std::thread::scope(|scope| {
        let person = scope.spawn(|| person(repository, &done, settings.writers));
        let part = &part;
        let writers: Vec<_> = (0..settings.writers)
            .map(|writer| scope.spawn(move || part(writer)))
            .collect();
        let mut all = Column::new(name);
        for writer in writers {
            let column = writer.join().map_err(|_| "a writer broke".to_owned())??;
            all.take_over(column);
        }
        let beside = person.join().map_err(|_| "the person broke".to_owned())??;
        Ok::<_, String>((all, beside))
    })?;
    println!(
        "{:<28}{:>9.1}{:>9.1}{:>9.1}{:>14}",
        column.name,
        column.median(),
        column.quantile(0.99),
        column.quantile(1.0),
        beside.notes
    );
    println!(
        "  git beside was refused {} times by a lock and {} times because the branch had moved since it looked; {} commits took lines of an event file away",
        beside.locked,
        beside.outrun,
        removals(repository)?
    );
    Ok(())
}

/// What became of the person's commits.
#[derive(Default)]
struct Beside {
    /// Notes that were committed.
    notes: usize,
    /// How often another process held a lock.
    locked: usize,
    /// How often git had seen the branch, and with it perhaps the index, as it was before a commit of somebody else.
    outrun: usize,
}

/// Counts the commits that took lines of event files away: git had read the index before a commit of ours, and wrote it
/// after that.
fn removals(repository: &Repository) -> Result<usize> {
    let output = repository
        .git()
        .args(["log", "--format=", "--numstat", "--", "kitty-specs"])
        .output()
        .map_err(|error| error.to_string())?;
    let text = String::from_utf8_lossy(&output.stdout);
    let removed = |line: &str| {
        let mut fields = line.split('\t');
        let (_, removed, path) = (fields.next(), fields.next()?, fields.next()?);
        Some(path.ends_with(".events.jsonl") && removed != "0")
    };
    Ok(text
        .lines()
        .filter(|line| removed(line) == Some(true))
        .count())
}

/// Stages, commits, amends and stashes until all writers are done.
fn person(repository: &Repository, done: &AtomicUsize, writers: usize) -> Result<Beside> {
    let mut beside = Beside::default();
    while done.load(Ordering::Relaxed) < writers {
        let notes = beside.notes;
        let mut insist = |arguments: &[&str]| beside.insist(repository, arguments);
        let note = format!("note-{notes}.md");
        repository.append(&note, notes)?;
        insist(&["add", &note])?;
        if notes % 3 == 1 {
            // A stash that can't be made or taken back just now stays for the next time; the note is added again.
            let _ = repository
                .git()
                .args(["stash", "push", "-q", "--staged"])
                .output();
            let _ = repository.git().args(["stash", "pop", "-q"]).output();
            repository.append(&note, notes)?;
            insist(&["add", &note])?;
        }
        insist(&["commit", "-q", "-m", &note, "--", &note])?;
        if notes % 3 == 2 {
            insist(&["commit", "-q", "--amend", "--no-edit"])?;
        }
        beside.notes += 1;
        // A person also thinks.
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(beside)
}

impl Beside {
    /// Runs git again and again, and counts why.
    fn insist(&mut self, repository: &Repository, arguments: &[&str]) -> Result<()> {
        insist(repository, arguments, |said| {
            if said.contains("but expected") {
                self.outrun += 1;
            } else {
                self.locked += 1;
            }
        })
    }
}

/// Runs git again and again until no other one is in its way; `refused` gets to know what it said each time.
fn insist(
    repository: &Repository,
    arguments: &[&str],
    mut refused: impl FnMut(&str),
) -> Result<()> {
    let end = Instant::now() + PATIENCE;
    loop {
        let mut git: Command = repository.git();
        let output = git
            .args(arguments)
            .output()
            .map_err(|error| error.to_string())?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        if output.status.success() || String::from_utf8_lossy(&output.stdout).contains("nothing") {
            return Ok(());
        }
        if Instant::now() > end || !IN_THE_WAY.iter().any(|words| said.contains(words)) {
            return Err(format!("git {arguments:?}: {said}"));
        }
        refused(&said);
        std::thread::sleep(Duration::from_millis(3));
    }
}
