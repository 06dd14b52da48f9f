//! The scanner beside the JSON reader: what the one takes, the other reads as the same.

use std::fs;
use std::path::{Path, PathBuf};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};

use super::{changed, moved, noted};
use crate::json as written;
use crate::status::head::Head;
use crate::status::loose::Loose;
use crate::status::{read, scan};

/// Whether the scanner takes a line. Where it does, the JSON reader must read the same.
fn is_taken(line: &str) -> bool {
    let mut scanned = Head::default();
    if scan::fill(&mut scanned, line).is_none() {
        return false;
    }
    assert_eq!(read::head_of(line).as_ref(), Ok(&scanned), "{line}");
    // Such a number may have been another one in the line.
    assert!(!scanned.has_float(), "{line}");
    // Both fill the same head, so a reader that shares nothing with them is asked too. It refuses numbers that it can't
    // hold, which may stand where nobody looks.
    if let Ok(Value::Object(whole)) = serde_json::from_str(line) {
        for key in KEYS {
            if let Some(slot) = scanned.slot(key) {
                let kept = slot.as_ref().map(Loose::to_value);
                assert_eq!(kept.as_ref(), whole.get(key), "{key} of {line}");
            }
        }
    }
    true
}

/// The keys that rows have.
const KEYS: [&str; 29] = [
    "actor",
    "agent",
    "at",
    "delta",
    "event_id",
    "event_name",
    "event_type",
    "evidence",
    "execution_mode",
    "feature_slug",
    "force",
    "from_lane",
    "kind",
    "mission_id",
    "mission_slug",
    "mode",
    "payload",
    "policy_metadata",
    "reason",
    "reason_source",
    "record_path",
    "review_ref",
    "review_result",
    "shell_pid",
    "shell_pid_created_at",
    "timestamp",
    "to_lane",
    "type",
    "wp_id",
];

fn rows() -> Vec<Value> {
    let review =
        json!({"reviewer": "r", "verdict": "approved", "reference": "PR 1", "feedback_path": null});
    vec![
        moved(
            1,
            "WP01",
            "planned",
            "claimed",
            json!({
                "policy_metadata": {"shell_pid": 64378, "agent": "weaver", "more": [1, 2.5e-3, {"a": [[], {}]}]},
                "reason": "a quote \" and a line\nend, é and 🐾",
            }),
        ),
        moved(
            2,
            "WP01",
            "in_review",
            "approved",
            json!({
                "evidence": {"review": review, "repos": [{"files_touched": ["a\\b", "c"], "n": -1.0e10}]},
                "review_result": review, "force": true,
                "actor": {"role": "r", "profile": null, "tool": "t", "model": null},
            }),
        ),
        noted(
            3,
            "WP01",
            json!({"subtasks": {"T001": "done"}, "note": "n", "shell_pid": -7, "tracker_refs": []}),
        ),
        json!({"event_type": "WPCreated", "payload": {"mode": "auto", "record_path": null, "x": 0}, "type": "WP"}),
        json!({"event_name": "retrospective.done", "payload": {"mode": {"value": [1, true]}}}),
    ]
}

#[test]
fn rows_as_tools_write_them_are_taken() {
    for row in rows() {
        for line in [
            written::log(&row),
            written::log_compact(&row),
            row.to_string(),
        ] {
            assert!(is_taken(line.trim_end()), "{line}");
        }
    }
    let row = moved(
        1,
        "WP01",
        "planned",
        "claimed",
        json!({"reason": "é ".repeat(1_000)}),
    );
    assert!(is_taken(&row.to_string()));
    assert!(is_taken("{}"));
}

/// Each is taken as it is read, or left: what is no JSON is never taken.
#[test]
fn unusual_lines_are_read_as_ever() {
    let values = [
        "0",
        "-0",
        "-1",
        "01",
        "1.",
        ".5",
        "1.5",
        "1e5",
        "1E+05",
        "1e",
        "-",
        "+1",
        "1e400",
        "-1e-400",
        "NaN",
        "123456789012345678",
        "1234567890123456789",
        "18446744073709551615",
        "18446744073709551616",
        "-9223372036854775808",
        "-9223372036854775809",
        "1 2",
        "nul",
        "nulll",
        "true",
        "false",
        "tru",
        "True",
        "\"",
        "\"\"",
        "\"\\\"",
        "\"\\\\\"",
        "\"\\u00e9\"",
        "\"\\ud83d\\udc3e\"",
        "\"\\ud83d\"",
        "\"\\u12\"",
        "\"\\x\"",
        "\"\t\"",
        "\"\u{7f}\"",
        "\"\u{0}\"",
        "\"a\"b\"",
        "\"1234567\"",
        "\"12345678\"",
        "\"1234567\\n\"",
        "\"123456789\\\"\"",
        "[",
        "[]",
        "[ ]",
        "[1]",
        "[1,]",
        "[,1]",
        "[1 ,2]",
        "[1 2]",
        "[1}",
        "{",
        "{}",
        "{ }",
        "{\"a\":1}",
        "{\"a\":1,}",
        "{\"a\"}",
        "{a:1}",
        "{\"a\":1]",
        "{\"a\":1 , \"a\" : 2}",
        "{\"\\u0061\":1}",
        "",
        "{\"agent\":\"x\",\"agent\":1.5}",
        "{\"mode\":1e3,\"shell_pid\":1.0}",
        "\u{feff}1",
        "\u{a0}1",
    ];
    let deep =
        |open: &str, close: &str, depth| format!("{}1{}", open.repeat(depth), close.repeat(depth));
    let deep = [30, 33, 61, 62, 63, 64, 126, 127, 128, 200]
        .into_iter()
        .flat_map(|depth| {
            [
                deep("[", "]", depth),
                deep("{\"a\":", "}", depth),
                deep("[{\"a\":", "}]", depth / 2),
            ]
        });
    let mut taken = 0;
    for value in values.into_iter().map(str::to_owned).chain(deep) {
        for key in [
            "x",
            "actor",
            "delta",
            "reason",
            "review_result",
            "policy_metadata",
            "payload",
            "\\u0061t",
            "é",
        ] {
            for line in [
                format!("{{\"{key}\":{value}}}"),
                format!("{{ \"{key}\" : {value} }}"),
                format!("{{\"{key}\":   {value},  \" {key}\": 1, \"  \" :2}}"),
                format!("{{\"{key}\":1,\"{key}\":{value}, \"at\": \"now\"}}"),
                format!("{{\"{key}\":{value}}}x"),
                format!("{{\"{key}\":{value}"),
                format!("{{\"payload\":{{\"mode\":{value},\"{key}\":{value}}}}}"),
                value.clone(),
            ] {
                taken += usize::from(is_taken(&line));
            }
        }
    }
    assert!(taken > 500, "{taken}");
}

/// The lines of the corpus, where it is here.
fn corpus() -> Vec<String> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus");
    let corpus = std::env::var_os("PAWTRAIL_CORPUS").map_or(beside, PathBuf::from);
    let Ok(missions) = fs::read_dir(corpus.join("missions")) else {
        println!("NOT RUN on the corpus, which is nowhere: set PAWTRAIL_CORPUS");
        return Vec::new();
    };
    let mut lines = Vec::new();
    for mission in missions {
        let log = mission.unwrap().path().join("status.events.jsonl");
        let log = fs::read_to_string(log).unwrap();
        lines.extend(log.lines().map(|line| line.trim().to_owned()));
    }
    lines
}

#[test]
fn every_line_of_the_corpus_is_scanned_as_it_is_read() {
    let lines = corpus();
    let taken = lines.iter().filter(|line| is_taken(line)).count();
    // Only rows with a fraction where a fold looks for it are left.
    assert!(
        taken * 100 >= lines.len() * 99,
        "{taken} of {}",
        lines.len()
    );
}

/// Any JSON value, with the keys that rows have.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        (0..100_i32).prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        "[a-z \"\\\\é]{0,40}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 6, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(Value::from),
            proptest::collection::btree_map(key(), inner, 0..6)
                .prop_map(|map| map.into_iter().collect::<serde_json::Map<_, _>>().into()),
        ]
    })
}

fn key() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => select(KEYS.to_vec()).prop_map(str::to_owned),
        1 => "[a-zé\"\\\\]{0,12}",
    ]
}

proptest! {
    #[test]
    fn any_row_is_scanned_as_it_is_read(members in vec((key(), value()), 0..12), spaced in any::<bool>()) {
        // Keys may repeat.
        let members: Vec<String> = members
            .iter()
            .map(|(key, value)| {
                let line = if spaced { written::log(value) } else { written::log_compact(value) };
                format!("{}: {}", Value::from(key.as_str()), line.trim_end())
            })
            .collect();
        is_taken(&format!("{{{}}}", members.join(", ")));
    }

    #[test]
    fn a_row_with_other_bytes_in_it_is_scanned_as_it_is_read(
        row in select(rows()),
        changes in vec((any::<Index>(), 0..3_u8, select(br#"{}[]":,\0 1-.eEu/tfn"#.to_vec()), any::<u8>()), 1..4),
        common in any::<bool>(),
    ) {
        let mut bytes = written::log(&row).into_bytes();
        for (at, what, usual, any) in changes {
            let at = at.index(bytes.len());
            let byte = if common { usual } else { any };
            match what {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                _ => drop(bytes.remove(at)),
            }
        }
        if let Ok(line) = String::from_utf8(bytes) {
            is_taken(&line);
        }
    }
}

/// A text as it may stand in a line, with escapes of every kind, whole and broken.
fn written_text() -> impl Strategy<Value = String> {
    let escape = select(vec![
        "\\\"",
        "\\\\",
        "\\/",
        "\\b",
        "\\f",
        "\\n",
        "\\r",
        "\\t",
        "\\u0000",
        "\\u00E9",
        "\\u2028",
        "\\ud83d\\udc3e",
    ])
    .prop_map(str::to_owned);
    let broken = select(vec![
        "\\ud83d",
        "\\udc3e",
        "\\udc3e\\ud83d",
        "\\ud83d\\n",
        "\\u12",
        "\\uXYZ0",
        "\\x",
        "\\",
        "\"",
        "\t",
        "\u{0}",
    ])
    .prop_map(str::to_owned);
    let plain = "[a-z é🐾\u{7f}]{0,40}";
    vec(prop_oneof![20 => plain, 10 => escape, 1 => broken], 0..6)
        .prop_map(|parts| format!("\"{}\"", parts.concat()))
}

/// A number as it may stand in a line, and what looks like one.
fn written_number() -> impl Strategy<Value = String> {
    let integer = "-?(0|[1-9][0-9]{0,24})";
    let float = "-?(0|[1-9][0-9]{0,20})(\\.[0-9]{1,20})?([eE][+-]?[0-9]{1,4})?";
    prop_oneof![4 => integer, 4 => float, 1 => "-?[0-9]{0,3}\\.?[0-9]{0,2}[eE]?-?"]
}

proptest! {
    /// What a writer of JSON never writes, but other tools may.
    #[test]
    fn any_spelling_is_scanned_as_it_is_read(
        members in vec(
            (
                prop_oneof![4 => select(KEYS.to_vec()).prop_map(|key| format!("\"{key}\"")), 1 => written_text()],
                prop_oneof![written_text(), written_number()],
                0..4_u8,
                (" {0,2}", " {0,2}"),
            ),
            0..8,
        ),
    ) {
        let members = members.into_iter().map(|(key, leaf, wrap, (before, after))| {
            let value = match wrap {
                0 => format!("[{before}{leaf}{after},{leaf}]"),
                1 => format!("{{{before}{key}{after}:{before}{leaf}{after}}}"),
                _ => leaf,
            };
            format!("{key}{before}:{after}{value}{before}")
        });
        let members: Vec<String> = members.collect();
        is_taken(&format!("{{{}}}", members.join(", ")));
    }
}

/// Half a row, and every other piece of one.
#[test]
fn pieces_of_rows_are_scanned_as_they_are_read() {
    for row in rows() {
        let line = changed(row, json!({"wp_id": "WP02"})).to_string();
        for end in 0..=line.len() {
            if let Some(piece) = line.get(..end) {
                assert_eq!(is_taken(piece), end == line.len(), "{piece}");
            }
            if let Some(rest) = line.get(end..) {
                is_taken(rest);
            }
        }
    }
}
