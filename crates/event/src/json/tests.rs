//! The writers and the reader by table; `tests/oracle.rs` asks Python itself.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

/// One value in LOG, LOG-COMPACT, PRETTY and PRETTY-ASCII, without the final newline.
type Case = (Value, [&'static str; 4]);

#[test]
fn the_four_forms_differ_in_spacing_and_escapes() {
    let cases: Vec<Case> = vec![
        (
            json!({"b": 1, "a": [1, "x"]}),
            [
                r#"{"a": [1, "x"], "b": 1}"#,
                r#"{"a":[1,"x"],"b":1}"#,
                "{\n  \"a\": [\n    1,\n    \"x\"\n  ],\n  \"b\": 1\n}",
                "{\n  \"a\": [\n    1,\n    \"x\"\n  ],\n  \"b\": 1\n}",
            ],
        ),
        (json!({}), ["{}"; 4]),
        (json!([]), ["[]"; 4]),
        (
            json!({"a": {}, "b": [], "c": [[]]}),
            [
                r#"{"a": {}, "b": [], "c": [[]]}"#,
                r#"{"a":{},"b":[],"c":[[]]}"#,
                "{\n  \"a\": {},\n  \"b\": [],\n  \"c\": [\n    []\n  ]\n}",
                "{\n  \"a\": {},\n  \"b\": [],\n  \"c\": [\n    []\n  ]\n}",
            ],
        ),
        (
            json!("é\u{7f}\u{2028}😀"),
            [
                r#""\u00e9\u007f\u2028\ud83d\ude00""#,
                r#""\u00e9\u007f\u2028\ud83d\ude00""#,
                "\"é\u{7f}\u{2028}😀\"",
                r#""\u00e9\u007f\u2028\ud83d\ude00""#,
            ],
        ),
        (
            json!("\" \\ / \n \r \t \u{8} \u{c} \0 \u{1f} ~"),
            [r#""\" \\ / \n \r \t \b \f \u0000 \u001f ~""#; 4],
        ),
        (
            json!({"ü": null}),
            [
                r#"{"\u00fc": null}"#,
                r#"{"\u00fc":null}"#,
                "{\n  \"ü\": null\n}",
                "{\n  \"\\u00fc\": null\n}",
            ],
        ),
        (
            json!([true, false, null]),
            [
                "[true, false, null]",
                "[true,false,null]",
                "[\n  true,\n  false,\n  null\n]",
                "[\n  true,\n  false,\n  null\n]",
            ],
        ),
    ];
    for (value, forms) in cases {
        let written = [
            log(&value),
            log_compact(&value),
            pretty(&value),
            pretty_ascii(&value),
        ];
        for (written, form) in written.iter().zip(forms) {
            assert_eq!(*written, format!("{form}\n"));
        }
    }
}

#[test]
fn keys_are_sorted_by_code_point_and_not_by_utf_16() {
    // U+FFFD comes before U+1F600, whose first surrogate is smaller than it.
    let value = json!({"\u{1f600}": 1, "\u{fffd}": 2, "Z": 3, "a": 4, "": 5});
    assert_eq!(
        pretty(&value),
        "{\n  \"\": 5,\n  \"Z\": 3,\n  \"a\": 4,\n  \"\u{fffd}\": 2,\n  \"\u{1f600}\": 1\n}\n"
    );
}

#[test]
fn floats_are_written_as_python_writes_them() {
    for (float, written) in [
        (0.0, "0.0"),
        (-0.0, "-0.0"),
        (1.0, "1.0"),
        (-1.5, "-1.5"),
        (0.1, "0.1"),
        (1e15, "1000000000000000.0"),
        (9_999_999_999_999_998.0, "9999999999999998.0"),
        (1e16, "1e+16"),
        (1.2345678901234568e17, "1.2345678901234568e+17"),
        (0.0001, "0.0001"),
        (0.00012345, "0.00012345"),
        (0.00001, "1e-05"),
        (-0.00001234, "-1.234e-05"),
        (1e100, "1e+100"),
        (1e22, "1e+22"),
        (5e-324, "5e-324"),
        (f64::MAX, "1.7976931348623157e+308"),
        (f64::MIN_POSITIVE, "2.2250738585072014e-308"),
    ] {
        assert_eq!(log(&json!(float)), format!("{written}\n"));
    }
}

#[test]
fn integers_of_64_bits_are_exact() {
    for text in [
        "0",
        "-1",
        "9223372036854775807",
        "-9223372036854775808",
        "18446744073709551615",
    ] {
        let line = format!("{{\"n\": {text}}}");
        let value = Value::Object(parse(&line).unwrap());
        assert_eq!(log(&value), format!("{line}\n"));
    }
}

#[test]
fn integers_that_would_change_are_refused() {
    for text in [
        "18446744073709551616",
        "-9223372036854775809",
        "123456789012345678901234567890",
        "-0",
    ] {
        for line in [
            format!("{{\"n\":{text}}}"),
            format!("{{\"n\":[1,{{\"m\":{text} }}]}}"),
            format!("{{\"a\\\"\":\"\\\\\",\"n\":{text}}}"),
        ] {
            assert_eq!(
                parse(&line),
                Err(ParseError::Integer(text.to_owned())),
                "{line}"
            );
        }
    }
    let long = format!("{{\"n\":{}}}", "9".repeat(200));
    assert_eq!(parse(&long), Err(ParseError::Integer("9".repeat(80))));
}

#[test]
fn digits_in_strings_and_keys_and_floats_are_no_integers() {
    for line in [
        r#"{"18446744073709551616":"-9223372036854775809"}"#,
        r#"{"a":"\"18446744073709551616"}"#,
        r#"{"a":1e30,"b":-0.0,"c":2E+5,"d":-0e0}"#,
        r#"{"a":[true,false,null]}"#,
    ] {
        assert!(parse(line).is_ok(), "{line}");
    }
}

#[test]
fn what_python_writes_for_no_number_is_named() {
    for (line, name) in [
        (r#"{"a":NaN}"#, "NaN"),
        (r#"{"a":[1,Infinity]}"#, "Infinity"),
        (r#"{"NaN":-Infinity}"#, "-Infinity"),
    ] {
        assert_eq!(parse(line), Err(ParseError::NotFinite(name)));
    }
    // In a string it is text like any other; the line is wrong for another reason.
    assert!(matches!(parse(r#"{"a":"NaN""#), Err(ParseError::Syntax(_))));
    assert!(parse(r#"{"a":"NaN"}"#).is_ok());
}

#[test]
fn only_an_object_is_a_row() {
    for (line, kind) in [
        ("null", "null"),
        ("true", "a boolean"),
        ("12", "a number"),
        ("\"x\"", "a string"),
        ("[{}]", "an array"),
    ] {
        assert_eq!(parse(line), Err(ParseError::NotAnObject(kind)));
    }
}

#[test]
fn malformed_lines_are_refused() {
    for line in [
        "",
        "{",
        "{\"a\":1} {}",
        "{'a':1}",
        "{\"a\":1,}",
        "{\"a\":01}",
        "{\"a\":1e999}",
        "{\"a\":\"\\ud800\"}",
        "{\"a\":\"unfinished",
        "THIS IS NOT VALID JSON {{{",
    ] {
        assert!(matches!(parse(line), Err(ParseError::Syntax(_))), "{line}");
    }
}

#[test]
fn size_and_depth_are_limited() {
    let line = |length: usize| format!("{{\"a\":\"{}\"}}", "x".repeat(length - 8));
    assert!(parse(&line(MAX_LINE_BYTES)).is_ok());
    assert_eq!(
        parse(&line(MAX_LINE_BYTES + 1)),
        Err(ParseError::TooLong(MAX_LINE_BYTES + 1))
    );
    let nested = |levels: usize| format!("{{\"a\":{}{}}}", "[".repeat(levels), "]".repeat(levels));
    assert!(parse(&nested(126)).is_ok());
    assert!(matches!(parse(&nested(127)), Err(ParseError::Syntax(_))));
}

#[test]
fn a_repeated_key_has_its_last_value() {
    let map = parse(r#"{"a":1,"a":2}"#).unwrap();
    assert_eq!(map.get("a"), Some(&json!(2)));
}

#[test]
fn messages_say_what_is_wrong() {
    let message = |line: &str| parse(line).unwrap_err().to_string();
    assert_eq!(
        message("[]"),
        "the line is JSON, but an array and no object"
    );
    assert_eq!(
        message("{\"a\":NaN}"),
        "the line is not JSON: it holds NaN, which is no JSON number"
    );
    assert_eq!(
        message("{\"a\":18446744073709551616}"),
        "the integer 18446744073709551616 can't be kept exactly: it is -0 or beyond 64 bits"
    );
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(text in "(?s).{0,200}") {
        let _ = parse(&text);
    }

    #[test]
    fn nearly_json_makes_no_panic_either(text in r#"[{}\[\]":,0-9eE.+\-\\NaIn u]{0,60}"#) {
        let _ = parse(&text);
    }

    #[test]
    fn every_float_is_read_back_as_it_was(bits in any::<u64>()) {
        let float = f64::from_bits(bits);
        prop_assume!(float.is_finite());
        let map = parse(&log_compact(&json!({"f": float}))).unwrap();
        prop_assert_eq!(map["f"].as_f64().map(f64::to_bits), Some(bits));
    }

    #[test]
    fn every_string_is_read_back_and_ascii_forms_are_ascii(text in "(?s).{0,80}") {
        let value = json!({ "s": text });
        for (written, ascii) in [
            (log(&value), true),
            (log_compact(&value), true),
            (pretty(&value), false),
            (pretty_ascii(&value), true),
        ] {
            prop_assert!(!ascii || written.is_ascii());
            prop_assert_eq!(Value::Object(parse(&written).unwrap()), value.clone());
        }
    }
}

#[test]
fn lines_are_indented_at_every_depth() {
    let mut value = json!({});
    for depth in 1..40 {
        value = json!([value]);
        let text = pretty(&value);
        let widths: Vec<usize> = text
            .lines()
            .map(|line| line.len() - line.trim_start().len())
            .collect();
        let up = (0..=depth).map(|level| level * 2);
        let down = (0..depth).rev().map(|level| level * 2);
        assert_eq!(widths, up.chain(down).collect::<Vec<_>>(), "{text}");
    }
}
