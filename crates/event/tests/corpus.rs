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
use pawtrail_event::sanitize::Sanitizer;
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

/// The Python tool removed private keys before it wrote these rows: there is nothing left to do.
#[test]
fn rows_that_were_sanitized_before_pass_unchanged() {
    for (name, text) in journals() {
        for line in text.lines() {
            let row = Value::Object(json::parse(line).unwrap());
            assert_eq!(Sanitizer::general().sanitize(&row).value(), &row, "{name}");
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
