//! What this crate writes, compared with what Python writes for the same values.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "helpers of tests fail loudly too"
)]

mod common;

use pawtrail_event::{json, time};
use serde_json::Value;

const VALUES: usize = 4_000;

fn ours(value: &Value) -> [String; 4] {
    [
        json::log(value),
        json::log_compact(value),
        json::pretty(value),
        json::pretty_ascii(value),
    ]
}

#[test]
fn generated_values_are_written_as_python_writes_them() {
    let values = common::samples(common::values(), VALUES);
    // Python gets them from another writer than the one under test.
    let texts: Vec<String> = values.iter().map(Value::to_string).collect();
    let theirs = common::python_forms(&texts);
    for (value, theirs) in values.iter().zip(&theirs) {
        assert_eq!(ours(value), *theirs);
    }
    // The sample holds each of the things that it is there for.
    for (form, part) in [
        (0, "e+16"),
        (0, "e-05"),
        (0, "-0.0"),
        (0, "\\u007f"),
        (0, "\\u2028"),
        (0, "\\ud83d\\ude00"),
        (0, "\\u0000"),
        (2, "\u{7f}"),
        (2, "\u{2028}"),
        (2, "\u{1f600}"),
        (2, ": {}"),
        (2, ": []"),
        (3, "\n      "),
    ] {
        assert!(
            theirs.iter().any(|forms| forms[form].contains(part)),
            "no value with {part:?}"
        );
    }
}

#[test]
fn what_python_writes_in_a_line_is_read_back_exactly() {
    let objects: Vec<String> = common::samples(common::values(), VALUES / 4)
        .into_iter()
        .map(|value| serde_json::json!({ "v": value }).to_string())
        .collect();
    for [log, compact, ..] in common::python_forms(&objects) {
        let value = Value::Object(json::parse(&log).unwrap());
        assert_eq!(json::log(&value), log);
        assert_eq!(json::log_compact(&value), compact);
    }
}

#[test]
fn times_are_written_as_python_writes_them() {
    const SCRIPT: &str = r#"
import sys
from datetime import datetime, timedelta, timezone
start = datetime(1970, 1, 1, tzinfo=timezone.utc)
for line in sys.stdin.buffer.read().split():
    print((start + timedelta(microseconds=int(line))).isoformat())
"#;
    // From the year 1 to 9999, with and without a fraction.
    let range = -62_135_596_800_000_000_i64..253_402_214_400_000_000;
    let mut micros = common::samples(range, 1_000);
    let whole: Vec<i64> = micros
        .iter()
        .map(|at| at - at.rem_euclid(1_000_000))
        .collect();
    micros.extend(whole);
    let lines: Vec<String> = micros.iter().map(i64::to_string).collect();
    for (at, theirs) in micros.iter().zip(common::python(SCRIPT, &lines)) {
        assert_eq!(
            time::iso(jiff::Timestamp::from_microsecond(*at).unwrap()),
            theirs
        );
    }
}
