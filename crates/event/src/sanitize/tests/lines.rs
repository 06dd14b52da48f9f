//! Lines as text: what isn't private stays as it was written, and what is no document is refused.

use serde_json::Value;

use super::super::*;
use super::alice;

fn line(line: &str) -> String {
    alice().line(line).unwrap().into_owned()
}

#[test]
fn a_line_with_nothing_private_is_the_very_same() {
    for text in [
        "{}",
        "[]",
        "0",
        "\"\"",
        "null",
        " { } ",
        "\t[ 1 , 2 ]\r\n",
        r#"{"b":1,"a":[1,2,{"c":null}]}"#,
        r#"{"a":1.10,"b":1E5,"c":-0,"d":-0.0e-0}"#,
        r#"{"a":"\u00e9\/\ud83d\ude00\n\"\\"}"#,
        r#"{"a":1,"a":2,"":3}"#,
        r#"{"a":NaN,"b":[Infinity,-Infinity]}"#,
        r#"{"a":"\ud800","b":"\udc00\ud800x","\ud800":1}"#,
        "{\"é\":\"日本\"}",
        r#"{"node_id":"alice","git_branch":"alice/x","mission_id":7}"#,
        r#"{"x":"hostname","hostnames":1}"#,
    ] {
        let rules = alice();
        let same = rules.line(text).unwrap();
        assert!(matches!(same, Cow::Borrowed(_)), "{text}");
        assert_eq!(same, text);
    }
    let huge = format!("[1e999999,{},-{}]", "7".repeat(400), "9".repeat(400));
    assert_eq!(line(&huge), huge);
}

#[test]
fn only_what_is_private_changes() {
    for (before, after) in [
        (
            r#"{ "z" : 1.50, "a" : "by alice", "x":1E5 }"#,
            r#"{ "z" : 1.50, "a" : "by [redacted:login]", "x":1E5 }"#,
        ),
        (
            r#"["\u0061lice\n\u00e9 alice"]"#,
            r#"["[redacted:login]\n\u00e9 [redacted:login]"]"#,
        ),
        (
            r#"["\ud83d\ude00alice\ud83d\ude00"]"#,
            r#"["\ud83d\ude00[redacted:login]\ud83d\ude00"]"#,
        ),
        (
            r#"["\ud800 alice \udc00"]"#,
            r#"["\ud800 [redacted:login] \udc00"]"#,
        ),
        (r#"["\/home\/bob\/x"]"#, r#"["[redacted:home]\/x"]"#),
        (r#"["C:\\Users\\bob\\x"]"#, r#"["[redacted:home]\\x"]"#),
        (
            r#"["{\"p\":\"C:\\\\Users\\\\bob\\\\x\"}"]"#,
            r#"["{\"p\":\"[redacted:home]\\\\x\"}"]"#,
        ),
        (r#"["bob\u0040example.com"]"#, r#"["[redacted:email]"]"#),
        (r#"["/srv/code/trail/a\tb"]"#, r#"["a\tb"]"#),
        (
            r#"{"git_branch":["alice"],"node_id":{"a":"alice"}}"#,
            r#"{"git_branch":["[redacted:login]"],"node_id":{"a":"[redacted:login]"}}"#,
        ),
        ("\"alice\"", "\"[redacted:login]\""),
        (
            r#"["alice\\nalice"]"#,
            r#"["[redacted:login]\\n[redacted:login]"]"#,
        ),
    ] {
        assert_eq!(line(before), after);
        assert_eq!(line(after), after);
    }
}

#[test]
fn members_go_with_one_comma() {
    for (before, after) in [
        (r#"{"hostname":"x"}"#, "{}"),
        (r#"{ "hostname" : "x" }"#, "{  }"),
        (r#"{"hostname":"x","a":1}"#, r#"{"a":1}"#),
        (r#"{ "hostname": "x", "a": 1 }"#, r#"{ "a": 1 }"#),
        (r#"{"a":1,"hostname":"x"}"#, r#"{"a":1}"#),
        (
            r#"{"a": 1, "hostname": "x", "b": 2}"#,
            r#"{"a": 1, "b": 2}"#,
        ),
        (
            r#"{"hostname":1,"machine_name":2,"a":1,"workspace_path":[{"b":"alice"}],"developer_name":{},"developer_email":""}"#,
            r#"{"a":1}"#,
        ),
        (r#"{"hostname":1,"machine_name":2}"#, "{}"),
        (r#"{"\u0068ostname":1,"a":2}"#, r#"{"a":2}"#),
        (
            r#"{"hostname":1,"hostname":2,"a":{"hostname":{"hostname":1}}}"#,
            r#"{"a":{}}"#,
        ),
        (
            r#"{"hostname":{"a":{"hostname":1},"alice":"alice"},"b":"alice"}"#,
            r#"{"b":"[redacted:login]"}"#,
        ),
        (
            "{\n  \"a\": 1,\n  \"hostname\": \"x\"\n}\n",
            "{\n  \"a\": 1\n}\n",
        ),
    ] {
        assert_eq!(line(before), after);
        assert_eq!(line(after), after);
    }
}

#[test]
fn session_times_become_a_duration_in_their_place() {
    const START: &str = r#""session_started_at": "2026-06-01T07:00:00Z""#;
    const END: &str = r#""session_ended_at": "2026-06-01T07:01:30.9Z""#;
    for (before, after) in [
        (
            format!(r#"{{"a": 1, {END}, {START}, "z": 2}}"#),
            r#"{"a": 1, "session_duration_s": 90, "z": 2}"#,
        ),
        (
            format!("{{{START},{END}}}"),
            r#"{"session_duration_s": 90}"#,
        ),
        (
            format!(r#"{{{START}, "m": 1, {END}}}"#),
            r#"{"session_duration_s": 90, "m": 1}"#,
        ),
        (format!(r#"{{{START}, "m": 1}}"#), r#"{"m": 1}"#),
        (format!(r#"{{"m": 1, {END}}}"#), r#"{"m": 1}"#),
        (
            format!(r#"{{{START}, {END}, "session_duration_s": 7}}"#),
            r#"{"session_duration_s": 7}"#,
        ),
        (format!(r#"{{{START}, "session_ended_at": "x"}}"#), "{}"),
        (
            format!(r#"{{{START}, "session_ended_at": 7, "a": 1}}"#),
            r#"{"a": 1}"#,
        ),
        (
            format!(r#"[{{"p": [{{{START}, {END}}}]}}]"#),
            r#"[{"p": [{"session_duration_s": 90}]}]"#,
        ),
        (
            format!(r#"{{{START}, "hostname": 1, {END}, "machine_name": 2}}"#),
            r#"{"session_duration_s": 90}"#,
        ),
        (format!(r#"{{{START}, "p": {{{END}}}}}"#), r#"{"p": {}}"#),
    ] {
        assert_eq!(line(&before), after);
        assert_eq!(line(after), after);
    }
}

#[test]
fn keys_that_become_equal_keep_their_values() {
    for (before, after) in [
        (
            r#"{"/home/b/x":2,"/home/a/x":1}"#,
            r#"{"[redacted:home]/x (2)":2,"[redacted:home]/x":1}"#,
        ),
        (
            r#"{"[redacted:home]":0,"/home/a":1,"/home/b":2}"#,
            r#"{"[redacted:home]":0,"[redacted:home] (2)":1,"[redacted:home] (3)":2}"#,
        ),
        (
            r#"{"/home/a":1,"/home/a":2}"#,
            r#"{"[redacted:home]":1,"[redacted:home]":2}"#,
        ),
        // What a path is left with may be a name that goes, or passes.
        (r#"{"/srv/code/trail/hostname":1}"#, r#"{"hostname (2)":1}"#),
        (
            r#"{"/srv/code/trail/node_id":"alice"}"#,
            r#"{"node_id (2)":"[redacted:login]"}"#,
        ),
        (
            r#"{"/home/a":{"/home/b":1,"/home/c":2}}"#,
            r#"{"[redacted:home]":{"[redacted:home]":1,"[redacted:home] (2)":2}}"#,
        ),
    ] {
        assert_eq!(line(before), after);
        assert_eq!(line(after), after);
        let value: Value = serde_json::from_str(before).unwrap();
        let expected: Value = serde_json::from_str(after).unwrap();
        assert_eq!(alice().sanitize(&value).value(), &expected);
    }
}

#[test]
fn what_is_no_document_is_refused() {
    for (text, at) in [
        ("", 0),
        (" ", 1),
        ("{", 1),
        ("[1,]", 3),
        ("{\"a\":1,}", 7),
        ("{\"a\"}", 4),
        ("{a:1}", 1),
        ("[1 2]", 3),
        ("[1}", 2),
        ("{}{}", 2),
        ("\"a", 2),
        ("\"\u{1}\"", 1),
        ("\"\\x\"", 1),
        ("\"\\u12\"", 1),
        ("01", 1),
        ("1.", 2),
        ("-", 1),
        ("1e", 2),
        ("+1", 0),
        ("truex", 4),
        ("nul", 0),
        ("[NaNa]", 4),
        ("{1:2}", 1),
        (".5", 0),
        ("[\"alice\",", 9),
    ] {
        match alice().line(text) {
            Err(Refusal::Syntax { at: found, .. }) => assert_eq!(found, at, "{text}"),
            other => panic!("{text}: {other:?}"),
        }
    }
}

#[test]
fn a_refusal_says_where_and_never_what() {
    let refusal = alice().line("[\"alice\", alice]").unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "the line is not JSON: no value at byte 10"
    );
    assert_eq!(refusal.code(), "LINE_NOT_JSON");
}

#[test]
fn nesting_is_no_danger() {
    for (open, close) in [
        ("[", "]"),
        ("{\"a\":", "}"),
        ("[{\"hostname\":0,\"a\":", "}]"),
    ] {
        let deep = format!("{}\"alice\"{}", open.repeat(10_000), close.repeat(10_000));
        let clean = line(&deep);
        assert!(clean.contains("[redacted:login]") && !clean.contains("hostname"));
        assert_eq!(
            alice().findings(deep.as_bytes()).len(),
            1 + deep.matches("hostname").count()
        );
    }
    let refusal = alice().line(&"[".repeat(10_000_000)).unwrap_err();
    assert_eq!(refusal, Refusal::TooDeep { at: MAX_LINE_DEPTH });
    assert_eq!(refusal.code(), "LINE_TOO_DEEP");
    assert!(refusal.to_string().contains("100000 levels"));
}

#[test]
fn a_value_is_cut_where_no_reader_goes() {
    let nested = |depth: usize| {
        (0..depth).fold(Value::from("alice"), |inner, _| {
            Value::Object([("a".to_owned(), inner)].into_iter().collect())
        })
    };
    let at_the_limit = alice().sanitize(&nested(MAX_DEPTH)).to_line();
    assert!(at_the_limit.contains("[redacted:login]"));
    assert!(serde_json::from_str::<Value>(&at_the_limit).is_ok());
    let thread = std::thread::Builder::new().stack_size(256 << 20);
    let deep = thread.spawn(move || {
        let value = nested(10_000);
        alice().sanitize(&value).to_line()
    });
    let line = deep.unwrap().join().unwrap();
    assert_eq!(line.matches("{").count(), MAX_DEPTH);
    assert!(line.contains("[redacted:depth]"));
}

#[test]
fn findings_say_rule_and_place() {
    let found = |line: &[u8]| {
        let findings = alice().findings(line);
        findings
            .iter()
            .map(|one| (one.rule.name(), one.at))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        found(br#"{"a":"alice","hostname":"alicebox"}"#),
        [("login", 6), ("private-field", 13)]
    );
    assert_eq!(
        found(br#"{"a":1,"session_started_at":1}"#),
        [("session-time", 7)]
    );
    assert_eq!(
        found(br#"{"session_started_at":"2026-06-01T07:00:00Z","session_ended_at":"2026-06-01T07:00:00Z"}"#),
        [("session-time", 1), ("session-time", 45)]
    );
    assert_eq!(
        found(b"alice \xff\xfe /home/bob"),
        [("login", 0), ("home", 9)]
    );
    assert_eq!(found(b"  \"hostname\": \"x\","), [("private-field", 2)]);
    assert_eq!(found(b"  \"session_ended_at\" : 1"), [("session-time", 2)]);
    assert_eq!(found(b"- \"hostname\" is a key"), []);
    assert_eq!(found(b""), []);
    assert_eq!(found(br#"["\u0061lice"]"#), [("login", 2)]);
}
