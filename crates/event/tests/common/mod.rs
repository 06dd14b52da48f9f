//! Python as the oracle for what Python writes, and values to ask it about.

use std::io::Write;
use std::process::{Command, Stdio};

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::Value;

/// Defines `forms(text)`: the four canonical forms of a JSON text.
pub(crate) const FORMS: &str = r#"
import json, sys
def forms(text):
    x = json.loads(text)
    return [json.dumps(x, sort_keys=True) + "\n",
            json.dumps(x, sort_keys=True, separators=(",", ":")) + "\n",
            json.dumps(x, indent=2, sort_keys=True, ensure_ascii=False) + "\n",
            json.dumps(x, indent=2, sort_keys=True) + "\n"]
for line in sys.stdin.buffer.read().decode("utf-8").split("\n"):
    if line:
        sys.stdout.write(json.dumps(forms(json.loads(line))) + "\n")
"#;

/// Runs one Python process over lines and returns its lines, which are as many.
pub(crate) fn python(script: &str, lines: &[String]) -> Vec<String> {
    let mut child = Command::new("python3")
        .args(["-I", "-c", script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| {
            panic!("these tests compare with Python: install `python3` on the path ({error})")
        });
    let mut stdin = child.stdin.take().unwrap();
    // The script reads everything before it writes, so neither side waits for the other.
    stdin.write_all(lines.join("\n").as_bytes()).unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "python3 failed: {}", output.status);
    let text = String::from_utf8(output.stdout).unwrap();
    let answers: Vec<String> = text.lines().map(str::to_owned).collect();
    assert_eq!(answers.len(), lines.len(), "one answer a line");
    answers
}

/// Asks Python for LOG, LOG-COMPACT, PRETTY and PRETTY-ASCII of each JSON text.
pub(crate) fn python_forms(texts: &[String]) -> Vec<[String; 4]> {
    let lines: Vec<String> = texts
        .iter()
        .map(|text| serde_json::to_string(text).unwrap())
        .collect();
    python(FORMS, &lines)
        .iter()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Returns `count` values, the same in every run.
pub(crate) fn samples<T: std::fmt::Debug>(
    strategy: impl Strategy<Value = T>,
    count: usize,
) -> Vec<T> {
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    (0..count)
        .map(|_| strategy.new_tree(&mut runner).unwrap().current())
        .collect()
}

/// Values with everything in them that writers could disagree about.
pub(crate) fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        1 => Just(Value::Null),
        1 => any::<bool>().prop_map(Value::from),
        2 => any::<i64>().prop_map(Value::from),
        1 => any::<u64>().prop_map(Value::from),
        1 => (-1000_i64..1000).prop_map(Value::from),
        6 => floats().prop_map(Value::from),
        6 => texts().prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 40, 6, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            proptest::collection::btree_map(texts(), inner, 0..6)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn floats() -> impl Strategy<Value = f64> {
    prop_oneof![
        // All magnitudes alike.
        any::<u64>()
            .prop_map(f64::from_bits)
            .prop_filter("finite", |f| f.is_finite()),
        // Round about the places where the notation changes.
        (-9_999_i32..9_999, -8_i32..20).prop_map(|(m, e)| f64::from(m) * 10_f64.powi(e)),
        (-330_i32..309).prop_map(|e| 10_f64.powi(e)),
        proptest::sample::select(vec![
            0.0,
            -0.0,
            1.0,
            0.1,
            1e15,
            1e16,
            9_999_999_999_999_998.0,
            1e17,
            1e-4,
            1e-5,
            1e22,
            1e23,
            5e-324,
            f64::MAX,
            f64::MIN,
            f64::MIN_POSITIVE,
            f64::EPSILON,
        ]),
    ]
}

fn texts() -> impl Strategy<Value = String> {
    let character = prop_oneof![
        3 => any::<char>(),
        2 => proptest::char::range('\0', '\u{a0}'),
        1 => proptest::sample::select(vec![
            '\u{7f}', '\u{80}', '\u{85}', '\u{2028}', '\u{2029}', '\u{d7ff}', '\u{e000}',
            '\u{fffd}', '\u{ffff}', '\u{10000}', '\u{1f600}', '\u{10ffff}', '"', '\\', '/',
        ]),
        3 => proptest::char::range('a', 'f'),
    ];
    proptest::collection::vec(character, 0..8).prop_map(|text| text.into_iter().collect())
}
