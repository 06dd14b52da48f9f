//! What holds for every input: nothing known is left, twice is once, what isn't private stays.

use proptest::prelude::*;
use serde_json::Value;

use super::super::*;
use super::alice;
use super::never_fails::never_fails;

/// Pieces of text that rules act on, end at, or trip over.
const PIECES: &[&str] = &[
    "alice",
    "Alice",
    "Archer",
    "Alice Archer",
    "alicebox",
    "alice@alicebox",
    "/home/alice",
    "/srv/code/trail",
    "/home/bob",
    "/Users/eve",
    "C:\\Users\\bob",
    "C:\\\\Users",
    "home",
    "Users",
    "bob@example.com",
    "@",
    "@@",
    ".com",
    "example.com",
    "://",
    "https://",
    "file://",
    "bob:pw@",
    "ghp_0123456789abcdefghijABCDEFGHIJ012345",
    "sk-",
    "eyJhbGciOiJIUzI1NiJ9",
    "eyJzdWIiOiIxMjM0NTY3ODkwIn0",
    "-----BEGIN PRIVATE KEY-----",
    "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC",
    "-----END PRIVATE KEY-----",
    "Bearer ",
    "Basic ",
    "Ym9iOmh1bnRlcjI=",
    "0123456789abcdef",
    "[redacted:home]",
    "[redacted:",
    "redacted",
    "]",
    "[",
    "/",
    "\\",
    "\\n",
    "\n",
    " ",
    ".",
    ":",
    "-",
    "_",
    "~",
    "%2F",
    "%40",
    "x",
    "é",
    "日",
    "İ",
    "K",
    "\u{301}",
    "\u{0}",
    "\"",
    "(2)",
    "hostname",
    "AKIA",
    "IOSFODNN7EXAMPLE",
    "aws_secret_access_key=",
    "=",
    "?",
    "#",
    "2x",
    "git",
    "1.2",
];

fn texts() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        8 => proptest::sample::select(PIECES).prop_map(str::to_owned),
        1 => "\\PC{0,4}",
    ];
    proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        4 => texts().prop_map(Value::from),
        1 => any::<i64>().prop_map(Value::from),
        1 => Just(Value::Null),
        1 => Just(Value::from("2026-06-01T07:00:09Z")),
    ];
    let key = prop_oneof![
        2 => texts(),
        1 => proptest::sample::select(PRIVATE_KEYS.as_slice()).prop_map(str::to_owned),
        1 => proptest::sample::select(PASSING_KEYS.as_slice()).prop_map(str::to_owned),
        1 => proptest::sample::select(["session_started_at", "session_ended_at"].as_slice()).prop_map(str::to_owned),
        1 => "[ab]",
    ];
    leaf.prop_recursive(4, 24, 5, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            proptest::collection::btree_map(key.clone(), inner, 0..5)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// Whether a value of Alice's is left in a text, as a word or a directory of its own.
fn leaks(text: &str) -> bool {
    // In lower case this letter is two characters, the second of which is none of a word.
    let text = text.replace('İ', "i").to_lowercase();
    let stands_alone = |value: &str| {
        text.match_indices(value).any(|(at, found)| {
            let before = text[..at].chars().next_back();
            let after = text[at + found.len()..].chars().next();
            !before.is_some_and(char::is_alphanumeric) && !after.is_some_and(char::is_alphanumeric)
        })
    };
    [
        "alice",
        "alicebox",
        "alice archer",
        "alice@alicebox",
        "/home/alice",
    ]
    .into_iter()
    .any(stands_alone)
}

fn all_texts(value: &Value, to: &mut Vec<String>) {
    match value {
        Value::String(text) => to.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| all_texts(item, to)),
        Value::Object(map) => {
            for (key, value) in map {
                to.push(key.clone());
                // What passes is no text that a rule looks at.
                if !(PASSING_KEYS.contains(&key.as_str()) && value.is_string()) {
                    all_texts(value, to);
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn nothing_of_alice_is_left(text in texts()) {
        let clean = alice().text(&text).into_owned();
        prop_assert!(!leaks(&clean), "{text:?} -> {clean:?}");
    }

    #[test]
    fn twice_is_once(text in texts()) {
        let once = alice().text(&text).into_owned();
        let twice = alice().text(&once).into_owned();
        prop_assert_eq!(&twice, &once, "{:?}", text);
    }

    #[test]
    fn a_value_is_clean_after_one_turn(value in values()) {
        let clean = alice().sanitize(&value);
        let again = alice().sanitize(clean.value());
        prop_assert_eq!(&again, &clean);
        let mut texts = Vec::new();
        all_texts(clean.value(), &mut texts);
        for text in texts {
            prop_assert!(!leaks(&text), "{value} -> {text:?}");
        }
    }

    #[test]
    fn a_line_says_what_the_value_says(value in values(), pretty in any::<bool>(), ascii in any::<bool>()) {
        let line = match (pretty, ascii) {
            (false, false) => value.to_string(),
            (true, false) => crate::json::pretty(&value),
            (false, true) => crate::json::log(&value),
            (true, true) => crate::json::pretty_ascii(&value),
        };
        let rules = alice();
        let clean = rules.line(&line).unwrap();
        let read: Value = serde_json::from_str(&clean).unwrap();
        let sanitized = rules.sanitize(&value);
        prop_assert_eq!(&read, sanitized.value(), "{}", line);
        prop_assert_eq!(clean == line, sanitized.value() == &value);
        prop_assert_eq!(clean == line, rules.findings(line.as_bytes()).is_empty());
    }

    #[test]
    fn bytes_never_fail(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
        never_fails(&bytes);
    }

    #[test]
    fn texts_that_are_nearly_json_never_fail(text in texts(), at in 0_usize..40, byte in any::<u8>()) {
        let mut bytes = serde_json::json!({"a": text, "hostname": [text]}).to_string().into_bytes();
        if let Some(here) = bytes.get_mut(at) {
            *here = byte;
        }
        never_fails(&bytes);
    }
}

/// What a rule begins at, again and again: what takes more than its length in time shows here.
#[test]
fn long_texts_take_no_time() {
    const LENGTH: usize = 100_000;
    // Some seconds where it is in proportion, hours where it isn't.
    const MOST: std::time::Duration = std::time::Duration::from_secs(60);
    let rules = alice();
    let begun = std::time::Instant::now();
    let more = [
        "alice ",
        "a@",
        "/home/",
        "eyJ",
        "ghp_",
        "sk-",
        "a.",
        "://a",
        "Bearer a ",
        "%40a",
        "a://b@",
        "a@b.c.d.",
    ];
    for piece in PIECES.iter().chain(&more) {
        let text = piece.repeat(LENGTH / piece.len());
        rules.text(&text);
        let worked = worked().unwrap_or_else(|| begun.elapsed());
        assert!(worked < MOST, "{piece}: {worked:?}");
    }
}

/// How long this thread has had a processor, however busy that is; none where the system doesn't tell.
fn worked() -> Option<std::time::Duration> {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let nanoseconds = told.split(' ').next()?.parse().ok()?;
    Some(std::time::Duration::from_nanos(nanoseconds))
}

#[test]
fn ten_megabytes_of_a_string_pass() {
    const LENGTH: usize = 10_000_000;
    for text in [
        "x".repeat(LENGTH),
        format!("{}alice", "x ".repeat(LENGTH / 2)),
    ] {
        let line = Value::from(text).to_string();
        let once = alice().line(&line).unwrap().into_owned();
        assert_eq!(once, line.replace("alice", "[redacted:login]"));
    }
}

#[test]
fn many_keys_that_become_equal_pass() {
    let keys: String = (0..20_000)
        .map(|n| format!("\"/home/u{n}\":{n},"))
        .collect();
    let line = format!("{{{}}}", keys.trim_end_matches(','));
    assert!(
        alice()
            .line(&line)
            .unwrap()
            .contains("[redacted:home] (20000)")
    );
}
