//! Measures whole processes of Pawtrail beside git and the Python tool, in turn, in one run.
//!
//! `cargo run --release -p pawtrail-bench -- [CASE] [--files N,…] [--lines N,…] [--rounds N] [--binary PATH] …`
//!
//! Each round runs every command once, so that a machine that slows down slows all of them. Before each of them the disk
//! is at rest (`sync`): else a command that flushes pays for what the one before it left unwritten. A figure is a
//! median over the rounds; what spawning `true` costs in the same run stands beside them.
#![allow(clippy::print_stdout)]

mod answer;
mod contention;
mod delivery;
mod fold;
mod glossary;
mod history;
mod hooks;
mod lines;
mod live;
mod next;
mod pending;
mod plan;
mod queue;
mod repository;
mod sanitize;
mod settings;
mod status;
mod stopwatch;

use std::process::ExitCode;

use settings::Settings;
use stopwatch::Column;

type Result<T> = std::result::Result<T, String>;

/// The cases, with what each measures.
const CASES: &[(&str, &str)] = &[
    (
        "answer",
        "an answered decision, by number of files (the default)",
    ),
    (
        "lines",
        "an answered decision and the list, by number of lines in the event file",
    ),
    (
        "contention",
        "many writers at once, beside a person at work with git: --writers, --answers",
    ),
    (
        "status",
        "a move of a work package, by number of rows (--lines)",
    ),
    ("fold", "the status reducer: --corpus DIR, --python PROGRAM"),
    ("plan", "the planner of `next`, by number of steps: --steps"),
    ("sanitize", "the sanitizer: --python PROGRAM"),
    ("audit", "`audit --history`: --commits"),
    (
        "hooks",
        "a git commit and an amend with our hooks, with empty ones, and without",
    ),
    (
        "pending",
        "one more commit recorded while so many wait for a hub: --pending",
    ),
    ("glossary", "what a session's glossary writes to the queue"),
    (
        "next",
        "what comes next in a mission: a query and a report, beside the Python tool",
    ),
    (
        "queue",
        "the offline queue with so many events in it: --waiting",
    ),
    (
        "replay",
        "50 offline commits after a connect, and --offline many",
    ),
    (
        "latency",
        "--live commits one after another, each until the hub has it",
    ),
    ("idle", "a connected courier with nothing to do"),
];

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1).peekable();
    let case = arguments
        .next_if(|name| !name.starts_with('-'))
        .unwrap_or_else(|| "answer".to_owned());
    match run(&case, arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            println!("bench: {message}");
            ExitCode::FAILURE
        }
    }
}

fn run(case: &str, arguments: impl Iterator<Item = String>) -> Result<()> {
    match case {
        "fold" => return fold::run(arguments),
        "plan" => return plan::run(arguments),
        "sanitize" => return sanitize::run(arguments),
        _ => {}
    }
    if !CASES.iter().any(|(name, _)| *name == case) {
        let known: Vec<String> = CASES
            .iter()
            .map(|(name, what)| format!("{name:<12}{what}"))
            .collect();
        return Err(format!("no case {case}; there are\n{}", known.join("\n")));
    }
    let settings = Settings::read(arguments)?;
    let each = |counts: &[usize], measure: &dyn Fn(usize) -> Result<()>| {
        counts.iter().try_for_each(|count| measure(*count))
    };
    match case {
        "lines" => each(&settings.lines, &|lines| {
            lines::run(&settings.binary, lines, settings.rounds)
        }),
        "contention" => contention::run(&settings),
        "status" => each(&settings.lines, &|rows| status::run(&settings, rows)),
        "audit" => history::run(&settings.binary, settings.commits, settings.rounds.min(5)),
        "hooks" => hooks::run(&settings),
        "pending" => each(&settings.pending, &|count| pending::run(&settings, count)),
        "next" => next::run(&settings),
        "queue" => queue::run(&settings, settings.waiting),
        "replay" => live::replay(&settings),
        "latency" => live::latency(&settings),
        "idle" => live::idle(&settings),
        "glossary" => glossary::run(&settings.binary, settings.file_count()),
        _ => each(&settings.files, &|files| answer::run(&settings, files)),
    }
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
