//! What comes next in a mission: a query beside the Python tool's, and a report.

use std::process::Command;

use crate::repository::Repository;
use crate::status::spec_kitty;
use crate::stopwatch::Column;
use crate::{Result, Settings};

impl Repository {
    /// Returns the directory name of the only mission.
    fn mission(&self) -> Result<String> {
        let failed = |error: std::io::Error| error.to_string();
        let mut entries = std::fs::read_dir(self.root().join("kitty-specs")).map_err(failed)?;
        let mission = entries
            .next()
            .ok_or("there is no mission")?
            .map_err(failed)?;
        Ok(mission.file_name().to_string_lossy().into_owned())
    }
}

/// The Python tool takes seconds each time.
const PYTHON_ROUNDS: usize = 7;

pub(crate) fn run(settings: &Settings) -> Result<()> {
    let repository = Repository::make(&settings.binary, settings.file_count())?;
    let mission = repository.mission()?;
    let mut spawn = Column::new("true");
    let mut fresh = Column::new("pawtrail next, no run");
    let mut query = Column::new("pawtrail next, step issued");
    let mut report = Column::new("pawtrail next --take-over");
    let ask = |column: &mut Column, counts: bool, more: &[&str]| {
        repository.rest()?;
        column.time(counts, || {
            let mut command = repository.pawtrail();
            command
                .args(["next", "--mission", &mission, "--json"])
                .args(more);
            repository.succeed(&mut command)
        })
    };
    for round in 0..=settings.rounds {
        // The first round fills caches and counts for nothing.
        spawn.time(round > 0, || repository.succeed(&mut Command::new("true")))?;
        ask(&mut fresh, round > 0, &[])?;
    }
    // The first question has to be answered before the first step is issued.
    let start = ["--agent", "bench", "--result", "success"];
    let first = ["--answer", "measured", "--actor-type", "human"];
    ask(&mut Column::new("start"), false, &start)?;
    ask(
        &mut Column::new("answer"),
        false,
        &[&start[..], &first[..]].concat(),
    )?;
    for round in 0..=settings.rounds {
        ask(&mut query, round > 0, &[])?;
        // Another agent takes the step each time: a row, the prompt and the projections are written.
        let agent = ["one", "two"][round % 2];
        ask(&mut report, round > 0, &["--agent", agent, "--take-over"])?;
    }
    let mut python = Column::new("spec-kitty next");
    if let Some(home) = spec_kitty() {
        for round in 0..=PYTHON_ROUNDS.min(settings.rounds) {
            repository.rest()?;
            python.time(round > 0, || {
                let mut command = repository.python(&home);
                command.args([
                    "-I",
                    "-m",
                    "specify_cli",
                    "next",
                    "--mission",
                    &mission,
                    "--json",
                ]);
                repository.succeed(&mut command)
            })?;
        }
    } else {
        println!("spec-kitty isn't installed (scripts/oracle), so it isn't measured");
    }
    println!(
        "{} tracked files, {} rounds, whole processes, milliseconds",
        settings.file_count(),
        settings.rounds
    );
    crate::table(&[&spawn, &fresh, &query, &report]);
    println!(
        "a query over spawning `true`: {:.2} without a run, {:.2} with a step issued",
        fresh.median() - spawn.median(),
        query.median() - spawn.median()
    );
    if !python.median().is_nan() {
        crate::table(&[&python]);
        println!(
            "spec-kitty's query takes {:.0} times as long",
            python.median() / query.median()
        );
    }
    Ok(())
}
