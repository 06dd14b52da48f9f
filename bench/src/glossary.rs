//! A session with 10 extraction steps: what of the glossary's events enters the queue (NFR-004), and what a write takes.
//!
//! Each step notes 20 meanings; 3 terms are asked about and resolved. Without a rule every event would be queued.

use std::path::Path;

use pawtrail_sync::queue::{Entry, Queue};
use serde_json::Value;

use crate::Result;
use crate::repository::Repository;
use crate::stopwatch::Column;

const STEPS: usize = 10;
const OBSERVATIONS: usize = 20;
const TERMS: [&str; 3] = ["gauge", "panel", "dashboard"];

pub(crate) fn run(binary: &Path, files: usize) -> Result<()> {
    let repository = Repository::make(binary, files)?;
    // What making the project and its mission put there is no session's.
    let before = queued(&repository)?.len();
    let mut spawn = Column::new("true");
    let mut sense = Column::new("pawtrail glossary sense");
    let mut ask = Column::new("pawtrail glossary ask");
    let mut resolve = Column::new("pawtrail glossary resolve");
    for step in 0..STEPS {
        for term in 0..OBSERVATIONS {
            let (name, meaning) = (format!("term {term}"), format!("as step {step} has it"));
            let args = [
                "glossary",
                "sense",
                "--term",
                &name,
                "--definition",
                &meaning,
                "--quiet",
            ];
            spawn.time(true, || {
                repository.succeed(&mut std::process::Command::new("true"))
            })?;
            repository.rest()?;
            sense.time(true, || {
                repository.succeed(repository.pawtrail().args(args))
            })?;
        }
    }
    for term in TERMS {
        let mut conflict = String::new();
        let args = [
            "glossary",
            "ask",
            "--term",
            term,
            "--question",
            "What is it?",
            "--json",
        ];
        repository.rest()?;
        ask.time(true, || {
            let output = repository.pawtrail().args(args).output();
            let output = output.map_err(|error| error.to_string())?;
            let answer: Value =
                serde_json::from_slice(&output.stdout).map_err(|error| error.to_string())?;
            let id = answer["data"]["conflict_id"].as_str();
            conflict = id.ok_or(format!("no conflict: {answer}"))?.to_owned();
            Ok(())
        })?;
        let args = [
            "glossary",
            "resolve",
            &conflict,
            "--definition",
            "What we say it is",
            "--quiet",
        ];
        repository.rest()?;
        resolve.time(true, || {
            repository.succeed(repository.pawtrail().args(args))
        })?;
    }
    let written = repository.log_rows()?;
    let queued = queued(&repository)?.split_off(before);
    let noise = queued
        .iter()
        .filter(|event| event.event_type == "GlossarySenseUpdated");
    println!(
        "{STEPS} steps of {OBSERVATIONS} observations, {} clarifications",
        TERMS.len()
    );
    println!("{:<28}{:>9}", "rows in the local log", written);
    println!("{:<28}{:>9}", "events in the queue", queued.len());
    println!("{:<28}{:>9}", "of them GlossarySenseUpdated", noise.count());
    #[allow(clippy::cast_precision_loss)]
    let fewer = 100.0 * (1.0 - queued.len() as f64 / written as f64);
    println!("{:<28}{fewer:>8.1}%", "fewer writes to the queue");
    println!("{:<28}{:>9}{:>14}", "milliseconds", "median", "over `true`");
    for column in [&spawn, &sense, &ask, &resolve] {
        println!(
            "{:<28}{:>9.2}{:>14.2}",
            column.name,
            column.median(),
            column.median() - spawn.median()
        );
    }
    Ok(())
}

/// The events of the queue, the oldest first.
fn queued(repository: &Repository) -> Result<Vec<Entry>> {
    let state = repository.path(".git").join("pawtrail");
    let found = Queue::look(&state, |queue| queue.list(None, 100_000));
    let found = found.map_err(|error| error.to_string())?;
    Ok(found.unwrap_or_default())
}
