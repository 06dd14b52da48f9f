//! The sanitizer beside the Python tool's: from text to text, event by event, in one thread.
//!
//! `cargo run --release -p pawtrail-bench -- sanitize [--python PATH] [--rounds N]`
//!
//! All rules are on here, with an identity; Python removes keys only. Python reads, sanitizes and writes: its start and
//! its imports don't count. Events of three sizes have nothing to redact, as nearly all have; one more column has something
//! in each. A round takes each side once; a figure is bytes a second of the median round. Last comes what the rules cost
//! before the first event, and what Python's sanitizer takes without reading and writing.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use pawtrail_event::sanitize::{Identity, Sanitizer};
use serde_json::{Value, json};

use crate::Result;
use crate::stopwatch::Column;

/// How many bytes a round has, about.
const ROUND_BYTES: usize = 3_000_000;
/// Events of these sizes, in bytes, about.
const SIZES: [usize; 3] = [300, 3_000, 300_000];

/// Prints the milliseconds for a file of lines: from text to text, and from object to object.
const SCRIPT: &str = r"
import json, sys, time
from specify_cli.events.sanitizer import sanitize_event_for_log
lines = open(sys.argv[1], encoding='utf-8').read().splitlines()
start = time.perf_counter()
for line in lines:
    json.dumps(sanitize_event_for_log(json.loads(line)), sort_keys=True)
whole = time.perf_counter() - start
events = [json.loads(line) for line in lines]
start = time.perf_counter()
for event in events:
    sanitize_event_for_log(event)
print(whole * 1000, (time.perf_counter() - start) * 1000)
";

/// Runs the case.
pub(crate) fn run(mut arguments: impl Iterator<Item = String>) -> Result<()> {
    let mut python: Option<PathBuf> = None;
    let mut rounds = 9;
    while let Some(name) = arguments.next() {
        let value = arguments.next().ok_or(format!("{name} needs a value"))?;
        match name.as_str() {
            "--python" => python = Some(PathBuf::from(value)),
            "--rounds" => rounds = value.parse().map_err(|_| format!("{value} is no number"))?,
            other => return Err(format!("unknown option {other}")),
        }
    }
    println!("{rounds} rounds, megabytes a second");
    println!(
        "{:<26}{:>10}{:>10}{:>10}{:>8}",
        "", "pawtrail", "Python", "keys only", "ratio"
    );
    for size in SIZES {
        case(
            &format!("events of {size} bytes"),
            &events(size, false),
            python.as_deref(),
            rounds,
        )?;
    }
    let found = events(SIZES[1], true);
    case(
        "with something to redact",
        &found,
        python.as_deref(),
        rounds,
    )?;
    start_up(rounds);
    Ok(())
}

fn case(name: &str, lines: &[String], python: Option<&Path>, rounds: usize) -> Result<()> {
    let file = tempfile::NamedTempFile::new().map_err(|error| error.to_string())?;
    std::fs::write(file.path(), lines.join("\n")).map_err(|error| error.to_string())?;
    let bytes: usize = lines.iter().map(String::len).sum();
    let sanitizer = Sanitizer::new(&developer());
    let mut ours = Column::new("");
    let mut theirs = Column::new("");
    let mut keys_only = Column::new("");
    for round in 0..=rounds {
        // The first round fills caches and counts for nothing.
        let counts = round > 0;
        ours.time(counts, || {
            for line in lines {
                let clean = sanitizer.line(line).map_err(|error| error.to_string())?;
                std::hint::black_box(clean);
            }
            Ok(())
        })?;
        if let Some(python) = python {
            let [whole, alone] = python_round(python, file.path())?;
            theirs.add(counts, whole);
            keys_only.add(counts, alone);
        }
    }
    let [ours, theirs, keys_only] =
        [ours, theirs, keys_only].map(|column| speed(bytes, column.median()));
    println!(
        "{name:<26}{ours:>10.0}{theirs:>10.1}{keys_only:>10.1}{:>8.1}",
        ours / theirs
    );
    Ok(())
}

#[allow(clippy::cast_precision_loss, reason = "a few million bytes")]
fn speed(bytes: usize, milliseconds: f64) -> f64 {
    bytes as f64 / milliseconds / 1_000.0
}

fn python_round(python: &Path, file: &Path) -> Result<[f64; 2]> {
    let output = Command::new(python)
        .args(["-I", "-c", SCRIPT])
        .arg(file)
        .output()
        .map_err(|error| error.to_string())?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut numbers = text.split_whitespace().map(str::parse::<f64>);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(whole)), Some(Ok(alone))) => Ok([whole, alone]),
        _ => Err(format!("Python printed {text}")),
    }
}

/// What the rules cost before the first event: making them, and their first use.
fn start_up(rounds: usize) {
    let mut cost = Column::new("");
    for _ in 0..rounds.max(100) {
        let start = Instant::now();
        let sanitizer = Sanitizer::new(&developer());
        std::hint::black_box(sanitizer.text("nothing private"));
        cost.add(true, start.elapsed().as_secs_f64() * 1_000.0);
    }
    println!(
        "start of the rules: {:.3} ms, at most {:.3} ms",
        cost.median(),
        cost.quantile(1.0)
    );
}

fn developer() -> Identity {
    Identity {
        home: Some("/home/alice".to_owned()),
        workspaces: vec![
            "/home/alice/code/trail".to_owned(),
            "/home/alice/code/trail-2".to_owned(),
        ],
        host: Some("alicebox.local".to_owned()),
        login: Some("alice".to_owned()),
        name: Some("Alice Archer".to_owned()),
        email: Some("alice@example.com".to_owned()),
    }
}

/// Returns rows as the status journal has them, alone or so many in one event that it has this size.
fn events(size: usize, private: bool) -> Vec<String> {
    let mut lines = Vec::new();
    let mut bytes = 0;
    let mut number = 0;
    while bytes < ROUND_BYTES {
        let mut event = row(&mut number, private);
        let mut length = event.to_string().len();
        let mut more = Vec::new();
        while length + 200 < size {
            let one = row(&mut number, private);
            length += one.to_string().len();
            more.push(one);
        }
        if !more.is_empty() {
            event["payload"] = Value::from(more);
        }
        let line = pawtrail_event::json::log(&event).trim_end().to_owned();
        bytes += line.len();
        lines.push(line);
    }
    lines
}

fn row(number: &mut usize, private: bool) -> Value {
    *number += 1;
    let lanes = ["planned", "in_progress", "for_review", "approved", "done"];
    let lane = |at: usize| lanes[at % lanes.len()];
    let place = if private {
        "/home/alice/code/trail/"
    } else {
        ""
    };
    json!({
        "actor": "weaver",
        "at": format!("2026-06-01T09:{:02}:{:02}.123456+00:00", *number / 60 % 60, *number % 60),
        "event_id": format!("01KT17YA7GD2Y0D7MZRH{number:06}"),
        "force": number.is_multiple_of(7),
        "from_lane": lane(*number),
        "reason": if number.is_multiple_of(3) {
            Value::from(format!("Review passed: {place}src/status/reducer.rs keeps the order of rows, {number} tests"))
        } else {
            Value::Null
        },
        "to_lane": lane(*number + 1),
        "wp_id": format!("WP{:02}", *number % 20),
    })
}
