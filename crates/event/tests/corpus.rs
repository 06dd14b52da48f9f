//! Files that the Python tool committed: read, and written again to the same bytes.
//!
//! `PAWTRAIL_CORPUS` names a folder with `missions/*/`; without it `../shared/corpus` beside the
//! workspace counts. Where there is none, the same is proved on rows that Python writes here.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "helpers of tests fail loudly too"
)]

mod common;

use std::path::{Path, PathBuf};

use pawtrail_event::route::{Journal, route};
use pawtrail_event::sanitize::{Rule, Sanitizer};
use pawtrail_event::status::{Log, MissionIdentity, Order, Row, reduce};
use pawtrail_event::{json, merge};
use serde_json::{Value, json};

/// The folder with real missions: `PAWTRAIL_CORPUS`, else `../shared/corpus` beside the workspace.
fn corpus() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("PAWTRAIL_CORPUS") {
        let named = PathBuf::from(named);
        assert!(
            named.join("missions").is_dir(),
            "PAWTRAIL_CORPUS is {}, which has no folder `missions`",
            named.display()
        );
        return Some(named);
    }
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus");
    if beside.join("missions").is_dir() {
        return Some(beside);
    }
    println!("no corpus found: running on generated data");
    None
}

fn files(corpus: &Path, names: &[&str]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for mission in std::fs::read_dir(corpus.join("missions")).unwrap() {
        for name in names {
            let path = mission.as_ref().unwrap().path().join(name);
            if path.is_file() {
                let text = std::fs::read_to_string(&path).unwrap();
                found.push((path.display().to_string(), text));
            }
        }
    }
    assert!(!found.is_empty(), "no {names:?} in {}", corpus.display());
    found
}

/// Rows of every event type that has a place in the status journal, with generated payloads.
fn generated() -> Vec<String> {
    let types = ["WPCreated", "MissionCreated", "RetrospectiveCaptured"];
    common::samples(common::values(), 500)
        .into_iter()
        .enumerate()
        .map(|(at, value)| {
            json!({"event_type": types[at % types.len()], "payload": value}).to_string()
        })
        .collect()
}

fn journals() -> Vec<(String, String)> {
    match corpus() {
        Some(corpus) => files(&corpus, &["status.events.jsonl"]),
        None => {
            let rows = common::python_forms(&generated());
            let text = rows.into_iter().map(|[log, ..]| log).collect();
            vec![("generated".to_owned(), text)]
        }
    }
}

#[test]
fn every_row_is_written_again_to_the_same_bytes() {
    let mut rows = 0;
    for (name, text) in journals() {
        for (at, line) in text.split_inclusive('\n').enumerate() {
            let row =
                json::parse(line).unwrap_or_else(|error| panic!("{name}:{}: {error}", at + 1));
            assert_eq!(json::log(&Value::Object(row)), line, "{name}:{}", at + 1);
            rows += 1;
        }
    }
    assert!(rows > 0);
    println!("{rows} rows");
}

#[test]
fn every_row_has_a_route_to_the_status_journal() {
    let mut typed = 0;
    for (name, text) in journals() {
        for line in text.lines() {
            let row = json::parse(line).unwrap();
            for key in ["event_type", "type", "event_name"] {
                if let Some(event_type) = row.get(key).and_then(Value::as_str) {
                    let journal = route(event_type).and_then(|route| route.journal);
                    assert_eq!(journal, Some(Journal::Status), "{name}: {event_type}");
                    typed += 1;
                }
            }
        }
    }
    assert!(typed > 0);
    println!("{typed} rows with a type");
}

/// Counts home directories and addresses in every file of a folder, by plain patterns over the bytes.
const COUNT: &str = r#"
import json, pathlib, re, sys
home = re.compile(rb"(?:/home|/Users|\\Users\\?)[/\\]+[A-Za-z][A-Za-z0-9._-]*")
address = re.compile(rb"[A-Za-z0-9][A-Za-z0-9._+-]*@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}")
for folder in sys.stdin.buffer.read().decode("utf-8").split("\n"):
    bytes = [path.read_bytes() for path in pathlib.Path(folder).rglob("*") if path.is_file()]
    found = [sum(len(pattern.findall(one)) for one in bytes) for pattern in (home, address)]
    sys.stdout.write(json.dumps([len(bytes)] + found) + "\n")
"#;

/// Returns what an audit finds in every file below a folder, line by line, and how many files there are.
fn audited(folder: &Path) -> (usize, Vec<Rule>) {
    let sanitizer = Sanitizer::general();
    let mut folders = vec![folder.to_owned()];
    let mut files = 0;
    let mut rules = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            files += 1;
            for line in std::fs::read(path).unwrap().split(|b| *b == b'\n') {
                rules.extend(sanitizer.findings(line).iter().map(|one| one.rule));
            }
        }
    }
    (files, rules)
}

#[test]
fn every_home_directory_and_address_is_found_and_nothing_else() {
    let generated = tempfile::tempdir().unwrap();
    let folder = corpus().unwrap_or_else(|| {
        let rows: String = (0..500)
            .map(|n| format!("{{\"a\":\"/home/u{n}/x and C:\\\\Users\\\\u{n}\",\"b\":\"u{n}@example.com @app.get\"}}\n"))
            .collect();
        std::fs::write(generated.path().join("rows.jsonl"), rows).unwrap();
        generated.path().to_owned()
    });
    let answer = common::python(COUNT, &[folder.display().to_string()]).remove(0);
    let counted: [usize; 3] = serde_json::from_str(&answer).unwrap();
    let (files, rules) = audited(&folder);
    let of = |rule| rules.iter().filter(|one| **one == rule).count();
    let found = [files, of(Rule::Home), of(Rule::Email)];
    println!("files, home directories, addresses: {found:?}");
    assert_eq!(found, counted);
    assert_eq!(rules.len(), of(Rule::Home) + of(Rule::Email));
    assert!(of(Rule::Home) > 0 && of(Rule::Email) > 0);
}

/// As text, a row loses what is private and nothing else; as a value it says the same.
#[test]
fn every_row_keeps_what_is_not_private() {
    let sanitizer = Sanitizer::general();
    for (name, text) in journals() {
        for line in text.lines() {
            let clean = sanitizer.line(line).unwrap();
            assert_eq!(
                clean == line,
                sanitizer.findings(line.as_bytes()).is_empty(),
                "{name}"
            );
            let row = Value::Object(json::parse(line).unwrap());
            let read = Value::Object(json::parse(&clean).unwrap());
            assert_eq!(sanitizer.sanitize(&row).value(), &read, "{name}");
            assert_eq!(sanitizer.line(&clean).unwrap(), clean, "{name}");
        }
    }
}

#[test]
fn every_canonical_document_is_written_again_to_the_same_bytes() {
    let documents = match corpus() {
        Some(corpus) => files(
            &corpus,
            &["meta.json", "status.json", "expected-status.json"],
        ),
        None => common::python_forms(&generated())
            .into_iter()
            .map(|[.., pretty, _]| ("generated".to_owned(), pretty))
            .collect(),
    };
    let texts: Vec<String> = documents.iter().map(|(_, text)| text.clone()).collect();
    let mut canonical = 0;
    for ((name, text), [.., theirs, ascii]) in documents.iter().zip(common::python_forms(&texts)) {
        let value: Value = serde_json::from_str(text).unwrap();
        assert_eq!(json::pretty(&value), theirs, "{name}");
        assert_eq!(json::pretty_ascii(&value), ascii, "{name}");
        if *text == theirs {
            canonical += 1;
        } else {
            println!("{name} is not canonical");
        }
    }
    assert!(canonical > 0);
    println!("{canonical} of {} documents are canonical", documents.len());
}

/// `decisions/index.json` is PRETTY-ASCII.
#[test]
fn decision_indexes_are_written_again_to_the_same_bytes() {
    let indexes = match corpus() {
        Some(corpus) => files(&corpus, &["decisions/index.json"]),
        None => common::python_forms(&generated())
            .into_iter()
            .map(|[.., ascii]| ("generated".to_owned(), ascii))
            .collect(),
    };
    let texts: Vec<String> = indexes.iter().map(|(_, text)| text.clone()).collect();
    let mut canonical = 0;
    for ((name, text), [.., theirs]) in indexes.iter().zip(common::python_forms(&texts)) {
        let value: Value = serde_json::from_str(text).unwrap();
        assert_eq!(json::pretty_ascii(&value), theirs, "{name}");
        canonical += usize::from(*text == theirs);
    }
    assert!(canonical > 0);
    println!("{canonical} of {} indexes are canonical", indexes.len());
}

#[test]
fn branches_that_shared_out_a_log_merge_to_all_of_its_lines() {
    let logs = match corpus() {
        Some(corpus) => files(&corpus, &["status.events.jsonl"]),
        None => {
            let rows = generated().into_iter().enumerate().map(|(at, row)| {
                let mut row = json::parse(&row).unwrap();
                row.insert("event_id".to_owned(), json!(format!("E{at:04}")));
                json::log(&Value::Object(row))
            });
            vec![("generated".to_owned(), rows.collect())]
        }
    };
    for (name, log) in logs {
        let lines: Vec<&str> = log.split_inclusive('\n').collect();
        let share = |rest: usize| -> String {
            let picked = lines.iter().enumerate().filter(|(at, _)| at % 3 != rest);
            picked.map(|(_, line)| *line).collect()
        };
        let merged = merge::merge(b"", share(0).as_bytes(), share(1).as_bytes());
        assert_eq!(merged.conflicts, Vec::new(), "{name}");
        let text = String::from_utf8(merged.content).unwrap();
        let mut found: Vec<&str> = text.split_inclusive('\n').collect();
        let mut all = lines.clone();
        found.sort_unstable();
        all.sort_unstable();
        all.dedup();
        assert_eq!(found, all, "{name}");
        // A branch that only appended is taken as it stands, whatever the order of its times.
        let half: String = lines[..lines.len() / 2].concat();
        let appended = merge::merge(half.as_bytes(), half.as_bytes(), log.as_bytes());
        assert_eq!(appended.content, log.as_bytes(), "{name}");
    }
}

/// The log, `meta.json` and expected snapshot of every mission; of generated rows no expectation.
fn missions() -> Vec<(String, String, Value, Option<String>)> {
    let Some(corpus) = corpus() else {
        let (name, log) = (
            "generated".to_owned(),
            transitions().iter().map(json::log).collect(),
        );
        return vec![(name, log, json!({"mission_number": "007"}), None)];
    };
    files(&corpus, &["status.events.jsonl"])
        .into_iter()
        .map(|(name, log)| {
            let dir = Path::new(&name).parent().unwrap();
            let meta = std::fs::read_to_string(dir.join("meta.json")).unwrap();
            let expected = std::fs::read_to_string(dir.join("expected-status.json")).unwrap();
            (
                name,
                log,
                serde_json::from_str(&meta).unwrap(),
                Some(expected),
            )
        })
        .collect()
}

/// Transitions of a few packages through all lanes, with generated reasons.
fn transitions() -> Vec<Value> {
    let lanes = [
        "planned",
        "claimed",
        "in_progress",
        "for_review",
        "in_review",
    ];
    common::samples(common::values(), 500)
        .into_iter()
        .enumerate()
        .map(|(at, value)| {
            json!({
                "actor": "user", "at": format!("2026-06-01T07:55:{:02}+00:00", at % 50),
                "event_id": format!("01KT12VTX{at:017}"), "evidence": value, "execution_mode": "worktree",
                "force": at % 7 == 0, "from_lane": lanes[at % 4], "mission_slug": "m",
                "reason": value.to_string(), "to_lane": lanes[at % 4 + 1], "wp_id": format!("WP{:02}", at % 9),
            })
        })
        .collect()
}

#[test]
fn every_mission_folds_to_what_the_python_reducer_makes_of_it() {
    let mut compared = 0;
    for (name, log, meta, expected) in missions() {
        let identity = MissionIdentity::of_meta(meta.as_object().unwrap()).unwrap();
        let fold = |text: &str, order| {
            let log = Log::read(text.as_bytes());
            assert_eq!(log.damaged(), [], "{name}");
            reduce(&log, &identity, order)
        };
        let snapshot = fold(&log, Order::Python);
        if let Some(expected) = expected {
            assert_eq!(snapshot.to_json(), expected, "{name}");
            compared += 1;
        }
        // The order of the lines is no part of it.
        let backwards: Vec<&str> = log.split_inclusive('\n').rev().collect();
        for order in [Order::Python, Order::Instant] {
            assert_eq!(
                fold(&log, order),
                fold(&backwards.concat(), order),
                "{name}"
            );
        }
    }
    if corpus().is_some() {
        assert!(compared > 0);
    }
    println!("{compared} missions fold as expected");
}

#[test]
fn every_row_has_a_family_and_the_log_comes_out_byte_for_byte() {
    let (mut rows, mut lanes, mut forbidden, mut other) = (0, 0, 0, 0);
    for (name, text, ..) in missions() {
        let log = Log::read(text.as_bytes());
        assert_eq!(log.to_bytes(), text.as_bytes(), "{name}");
        for (_, row) in log.rows() {
            rows += 1;
            match row {
                Row::Transition(row) => {
                    lanes += 1;
                    let follows = row.from_lane.targets().contains(&row.to_lane);
                    forbidden += usize::from(!follows && !row.force);
                }
                Row::Other(_) => other += 1,
                Row::Annotation(_)
                | Row::Lifecycle(_)
                | Row::DecisionPoint(_)
                | Row::Retrospective(_) => {}
            }
        }
        assert_eq!(log.rows().count(), text.lines().count(), "{name}");
    }
    assert!(lanes > 0 && other == 0);
    println!(
        "{rows} rows, {lanes} transitions, {forbidden} of them by edges that are forbidden today"
    );
}
