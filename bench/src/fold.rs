//! The reducer beside the Python tool's: from files on disk to the text of `status.json`, every mission in turn.
//!
//! `cargo run --release -p pawtrail-bench -- fold [--corpus PATH] [--python PATH] [--rounds N]`
//!
//! Each round folds all missions here, side by side and then one after the other, and once in Python. Python's start and its imports don't count; both
//! results are compared with what the corpus expects. Then logs of growing length show how the time grows.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use pawtrail_event::status::{Log, MissionIdentity, Order, reduce};
use pawtrail_repo::status::{FoldedLog, MissionDir, fold_dirs};

use crate::Result;
use crate::stopwatch::Column;

struct Settings {
    corpus: PathBuf,
    python: Option<PathBuf>,
    rounds: usize,
}

/// Folds everything below the first argument once and prints: missions that came out as expected, rows, seconds; and
/// the seconds of its reducer alone, on rows that were read before.
const SCRIPT: &str = r"
import gc, logging, sys, time
from pathlib import Path
logging.disable(logging.CRITICAL)
from specify_cli.status.reducer import materialize_snapshot, materialize_to_json, reduce
from specify_cli.status.store import read_event_stream
missions = sorted(path for path in Path(sys.argv[1]).iterdir() if path.is_dir())
def fold():
    return [materialize_to_json(materialize_snapshot(path)) for path in missions]
fold()
start = time.perf_counter()
texts = fold()
whole = time.perf_counter() - start
good = sum(text == (path / 'expected-status.json').read_text(encoding='utf-8') for path, text in zip(missions, texts))
streams = [read_event_stream(path) for path in missions]
start = time.perf_counter()
for stream in streams:
    reduce(stream.transitions, stream.annotations)
print(good, whole, time.perf_counter() - start)
";

/// Runs the case.
pub(crate) fn run(arguments: impl Iterator<Item = String>) -> Result<()> {
    let settings = settings(arguments)?;
    let missions = missions(&settings.corpus)?;
    let rows = missions
        .iter()
        .map(|path| rows(path))
        .sum::<Result<usize>>()?;
    let dirs: Vec<MissionDir> = missions
        .iter()
        .map(|path| MissionDir {
            path: path.clone(),
            otherwise: MissionIdentity::default(),
        })
        .collect();
    let mut ours = Column::new("pawtrail, files to text");
    let mut ours_single = Column::new("pawtrail, one thread");
    let mut ours_alone = Column::new("pawtrail, reducer alone");
    let mut theirs = Column::new("Python, files to text");
    let mut theirs_alone = Column::new("Python, reducer alone");
    for round in 0..=settings.rounds {
        // The first round fills caches and counts for nothing.
        let counts = round > 0;
        let mut folded = Vec::new();
        ours.time(counts, || {
            folded = texts(&dirs)?;
            Ok(())
        })?;
        compare(&missions, &folded)?;
        let mut singly = Vec::new();
        ours_single.time(counts, || {
            for dir in &dirs {
                singly.extend(texts(std::slice::from_ref(dir))?);
            }
            Ok(())
        })?;
        compare(&missions, &singly)?;
        alone(&missions, counts, &mut ours_alone)?;
        if let Some(python) = &settings.python {
            let [whole, reducer] = python_round(python, &settings.corpus, missions.len())?;
            theirs.add(counts, whole);
            theirs_alone.add(counts, reducer);
        }
    }
    println!(
        "{} missions, {rows} rows, {} rounds, one process each, {} cores, milliseconds",
        missions.len(),
        settings.rounds,
        std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
    );
    println!(
        "{:<28}{:>9}{:>9}{:>9}{:>14}",
        "", "median", "min", "p95", "rows/s"
    );
    let mut columns = vec![&ours, &ours_single, &ours_alone];
    if settings.python.is_some() {
        columns.extend([&theirs, &theirs_alone]);
    }
    for column in columns {
        println!(
            "{:<28}{:>9.2}{:>9.2}{:>9.2}{:>14.0}",
            column.name,
            column.median(),
            column.quantile(0.0),
            column.quantile(0.95),
            per_second(rows, column.median())
        );
    }
    if settings.python.is_some() {
        let pairs = [
            ("files to text", &ours, &theirs),
            ("files to text, one thread", &ours_single, &theirs),
            ("reducer alone", &ours_alone, &theirs_alone),
        ];
        println!("rows a second, times Python's: by the median, by the least");
        for (name, ours, theirs) in pairs {
            println!(
                "{name:<28}{:>9.1}{:>9.1}",
                theirs.median() / ours.median(),
                theirs.quantile(0.0) / ours.quantile(0.0)
            );
        }
    } else {
        println!("without --python there is nothing to compare with");
    }
    growth()
}

fn settings(mut arguments: impl Iterator<Item = String>) -> Result<Settings> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpus");
    let mut settings = Settings {
        corpus: std::env::var_os("PAWTRAIL_CORPUS").map_or(beside, PathBuf::from),
        python: None,
        rounds: 10,
    };
    while let Some(name) = arguments.next() {
        let value = arguments.next().ok_or(format!("{name} needs a value"))?;
        match name.as_str() {
            "--corpus" => settings.corpus = PathBuf::from(value),
            "--python" => settings.python = Some(PathBuf::from(value)),
            "--rounds" => {
                settings.rounds = value.parse().map_err(|_| format!("{value} is no number"))?;
            }
            other => return Err(format!("unknown option {other}")),
        }
    }
    settings.corpus.push("missions");
    if settings.rounds == 0 {
        return Err("--rounds must be at least 1".to_owned());
    }
    Ok(settings)
}

fn missions(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder)
        .map_err(|error| format!("{}: {error}; name one with --corpus", folder.display()))?;
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| error.to_string())?.path();
        if path.is_dir() {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn rows(mission: &Path) -> Result<usize> {
    let log = read(&mission.join("status.events.jsonl"))?;
    Ok(Log::read(&log).rows().count())
}

fn identity(mission: &Path) -> Result<MissionIdentity> {
    let meta = read(&mission.join("meta.json"))?;
    MissionIdentity::parse(&meta).map_err(|error| error.to_string())
}

/// Folds directories as `status fold --check --all` does.
fn texts(dirs: &[MissionDir]) -> Result<Vec<String>> {
    let folded = fold_dirs(dirs, Order::Python).into_iter();
    let text = |folded: pawtrail_repo::Result<Option<FoldedLog>>| match folded {
        Ok(Some(folded)) => Ok(folded.content),
        Ok(None) => Err("a mission has no log".to_owned()),
        Err(error) => Err(error.to_string()),
    };
    folded.map(text).collect()
}

fn compare(missions: &[PathBuf], texts: &[String]) -> Result<()> {
    for (mission, text) in missions.iter().zip(texts) {
        if read(&mission.join("expected-status.json"))? != text.as_bytes() {
            return Err(format!("{} folds to something else", mission.display()));
        }
    }
    Ok(())
}

/// Times the reducer on logs that were read before, as Python's is.
fn alone(missions: &[PathBuf], counts: bool, column: &mut Column) -> Result<()> {
    let mut total = 0.0;
    for mission in missions {
        let bytes = read(&mission.join("status.events.jsonl"))?;
        let (log, identity) = (Log::read(&bytes), identity(mission)?);
        let start = Instant::now();
        std::hint::black_box(reduce(&log, &identity, Order::Python));
        total += start.elapsed().as_secs_f64();
    }
    column.add(counts, total * 1_000.0);
    Ok(())
}

/// Returns the milliseconds of a round in Python: whole, and its reducer alone.
fn python_round(python: &Path, corpus: &Path, missions: usize) -> Result<[f64; 2]> {
    let output = Command::new(python)
        .args(["-c", SCRIPT])
        .arg(corpus)
        .output()
        .map_err(|error| format!("{}: {error}", python.display()))?;
    let said = String::from_utf8_lossy(&output.stdout);
    let fields: Vec<&str> = said.split_whitespace().collect();
    let [good, whole, reducer] = fields.as_slice() else {
        let why = String::from_utf8_lossy(&output.stderr);
        return Err(format!(
            "Python can't fold the corpus; install spec-kitty-cli there: {why}"
        ));
    };
    if good.parse() != Ok(missions) {
        return Err(format!(
            "Python folds {good} of {missions} missions as expected"
        ));
    }
    let number = |text: &str| text.parse::<f64>().map_err(|error| error.to_string());
    Ok([number(whole)? * 1_000.0, number(reducer)? * 1_000.0])
}

/// Shows how the time grows with the length of one log.
fn growth() -> Result<()> {
    println!("{:<28}{:>9}{:>14}", "one log of", "median", "rows/s");
    for rows in [1_000, 10_000, 100_000] {
        let log = generated(rows);
        let mut column = Column::new("log");
        for round in 0..=10 {
            column.time(round > 0, || {
                let log = Log::read(log.as_bytes());
                let snapshot = reduce(&log, &MissionIdentity::default(), Order::Python);
                if snapshot.event_count + log.annotations().count() != rows {
                    return Err("a generated row is missing".to_owned());
                }
                std::hint::black_box(snapshot.to_json());
                Ok(())
            })?;
        }
        let name = format!("{rows} rows");
        let median = column.median();
        println!("{name:<28}{median:>9.2}{:>14.0}", per_second(rows, median));
    }
    Ok(())
}

/// Rows of 20 work packages that go round, three transitions to an annotation.
fn generated(rows: usize) -> String {
    let lanes = [
        "planned",
        "claimed",
        "in_progress",
        "for_review",
        "in_review",
    ];
    let mut log = String::new();
    for at in 0..rows {
        let (wp, id) = (at % 20 + 1, format!("01KT12VTX{at:017}"));
        let (minute, second) = (at / 60 % 60, at % 60);
        let time = format!(
            "2026-06-{:02}T{:02}:{minute:02}:{second:02}.000001+00:00",
            at / 86_400 + 1,
            at / 3_600 % 24
        );
        // Writing to a string can't fail.
        let _ = if at % 4 == 3 {
            writeln!(
                log,
                r#"{{"actor": "user", "at": "{time}", "delta": {{"subtasks": {{"T{:03}": "done"}}}}, "event_id": "{id}", "kind": "annotation", "wp_id": "WP{wp:02}"}}"#,
                at % 300
            )
        } else {
            let step = at / 20 % 4;
            writeln!(
                log,
                r#"{{"actor": "user", "at": "{time}", "event_id": "{id}", "evidence": null, "execution_mode": "worktree", "force": false, "from_lane": "{}", "mission_id": "01KT119YA7GD2Y0D7MZRH5JSS3", "mission_slug": "a-mission-01KT119Y", "policy_metadata": null, "reason": "the next step", "review_ref": null, "to_lane": "{}", "wp_id": "WP{wp:02}"}}"#,
                lanes[step],
                lanes[step + 1]
            )
        };
    }
    log
}

fn per_second(rows: usize, milliseconds: f64) -> f64 {
    #[allow(clippy::cast_precision_loss, reason = "far below 2^52 rows")]
    let rows = rows as f64;
    rows / milliseconds * 1_000.0
}
