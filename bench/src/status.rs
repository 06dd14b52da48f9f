//! Moves of work packages, on a status log of any length: beside git with a file of the same content, and beside the
//! Python tool where `scripts/oracle` has installed it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::repository::Repository;
use crate::stopwatch::Column;
use crate::{Result, Settings};

/// So many work packages share the rows.
const PACKAGES: usize = 50;
/// The Python tool is slow; a few of its rounds say enough.
const PYTHON_ROUNDS: usize = 7;
/// It is compared on logs as most missions have them.
const PYTHON_ROWS: usize = 1_000;

/// Measures and prints.
pub(crate) fn run(settings: &Settings, rows: usize) -> Result<()> {
    let repository = Repository::make(&settings.binary, settings.file_count())?;
    let mission = repository.status_log(rows)?;
    let mut spawn = Column::new("true");
    let mut moves = Column::new("pawtrail wp move");
    let mut fold = Column::new("pawtrail status fold");
    let mut add_commit = Column::new("git add + git commit");
    for round in 0..=settings.rounds {
        // The first round fills caches and counts for nothing.
        let counts = round > 0;
        spawn.time(counts, || repository.succeed(&mut Command::new("true")))?;
        let lane = ["blocked", "in_progress"][round % 2];
        repository.rest()?;
        moves.time(counts, || {
            let arguments = ["wp", "move", "WP01", lane, "--json"];
            repository.succeed(repository.pawtrail().args(arguments))
        })?;
        fold.time(counts, || {
            repository.succeed(repository.pawtrail().args(["status", "fold"]))
        })?;
        repository.append("log-c.jsonl", round)?;
        repository.rest()?;
        add_commit.time(counts, || {
            repository.succeed(repository.git().args(["add", "log-c.jsonl"]))?;
            repository.succeed(repository.git().args(["commit", "-q", "-m", "c"]))
        })?;
    }
    let mut python = Column::new("spec-kitty move-task");
    if rows > PYTHON_ROWS {
        println!("spec-kitty is measured up to {PYTHON_ROWS} rows");
    } else if let Some(home) = spec_kitty() {
        for round in 0..=PYTHON_ROUNDS.min(settings.rounds) {
            let lane = ["blocked", "doing"][round % 2];
            repository.rest()?;
            python.time(round > 0, || {
                let mut command = repository.python(&home);
                command.args([
                    "-I",
                    "-m",
                    "specify_cli",
                    "agent",
                    "tasks",
                    "move-task",
                    "WP02",
                ]);
                command.args([
                    "--to",
                    lane,
                    "--mission",
                    &mission,
                    "--agent",
                    "bench",
                    "--json",
                ]);
                repository.succeed(&mut command)
            })?;
        }
    } else {
        println!("spec-kitty isn't installed (scripts/oracle), so it isn't measured");
    }
    println!(
        "{rows} rows, {} tracked files, {} rounds, whole processes, milliseconds",
        settings.file_count(),
        settings.rounds
    );
    let base = spawn.median();
    println!(
        "{:<28}{:>9}{:>9}{:>9}{:>14}",
        "", "median", "min", "p95", "over `true`"
    );
    for column in [&spawn, &moves, &fold, &add_commit, &python] {
        if column.median().is_nan() {
            continue;
        }
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
        "move : git add + git commit = {:.2}",
        moves.median() / add_commit.median()
    );
    if !python.median().is_nan() {
        println!(
            "spec-kitty : move = {:.0}",
            python.median() / moves.median()
        );
    }
    Ok(())
}

impl Repository {
    /// Gives the mission a status log of so many rows, and commits a copy of it for git; returns the mission's name.
    fn status_log(&self, rows: usize) -> Result<String> {
        let failed = |error: std::io::Error| error.to_string();
        let specs = self.root().join("kitty-specs");
        let mut entries = fs::read_dir(&specs).map_err(failed)?;
        let mission = entries
            .next()
            .ok_or("there is no mission")?
            .map_err(failed)?;
        let slug = mission.file_name().to_string_lossy().into_owned();
        let tasks = mission.path().join("tasks");
        fs::create_dir_all(&tasks).map_err(failed)?;
        for number in 1..=2 {
            let text = format!(
                "---\nwork_package_id: WP{number:02}\ntitle: Work\ndependencies: []\nsubtasks: []\n---\n\n# WP{number:02}\n"
            );
            fs::write(tasks.join(format!("WP{number:02}-work.md")), text).map_err(failed)?;
        }
        let mut log = String::new();
        for number in 0..rows.max(PACKAGES) {
            log.push_str(&row(&slug, number));
        }
        fs::write(mission.path().join("status.events.jsonl"), &log).map_err(failed)?;
        fs::write(self.root().join("log-c.jsonl"), &log).map_err(failed)?;
        self.succeed(self.git().args(["add", "-A"]))?;
        self.succeed(self.git().args(["commit", "-q", "-m", "log"]))?;
        self.succeed(self.git().args(["repack", "-adq"]))?;
        Ok(slug)
    }

    pub(crate) fn python(&self, home: &Path) -> Command {
        self.command(home.join("bin/python"))
    }
}

/// A transition; each package ends in progress.
fn row(slug: &str, number: usize) -> String {
    let (from, to) = match (number / PACKAGES) % 2 {
        0 => ("claimed", "in_progress"),
        _ => ("in_progress", "in_progress"),
    };
    let (second, micro) = (number / 1_000_000, number % 1_000_000);
    format!(
        "{{\"actor\": \"weaver\", \"at\": \"2026-06-01T08:00:{second:02}.{micro:06}+00:00\", \
         \"event_id\": \"01KT12VTXH{number:016}\", \"evidence\": null, \"execution_mode\": \"worktree\", \
         \"force\": true, \"from_lane\": \"{from}\", \"mission_id\": \"01KT119YA7GD2Y0D7MZRH5JSS3\", \
         \"mission_slug\": \"{slug}\", \"policy_metadata\": null, \"reason\": \"measured again and again, row {number}\", \
         \"review_ref\": null, \"to_lane\": \"{to}\", \"wp_id\": \"WP{:02}\"}}\n",
        number % PACKAGES + 1
    )
}

/// The environment that the variable names, or the one in the target directory.
pub(crate) fn spec_kitty() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("PAWTRAIL_SPEC_KITTY") {
        return Some(PathBuf::from(named));
    }
    let program = std::env::current_exe().ok()?;
    program
        .ancestors()
        .map(|dir| dir.join("spec-kitty-3.2.7"))
        .find(|home| home.join("installed").exists())
}
