//! `sanitize`: what goes in and what comes out, byte for byte.

use pawtrail_testkit::Scratch;
use serde_json::Value;

use crate::support::{EMAIL, HOME, HOST, LOGIN, NAME, clean, feed, pawtrail, private, told};

fn run(
    scratch: &Scratch,
    dir: &std::path::Path,
    args: &[&str],
    input: &[u8],
) -> (i32, Vec<u8>, String) {
    let all: Vec<&str> = std::iter::once("sanitize")
        .chain(args.iter().copied())
        .collect();
    feed(&mut pawtrail(scratch).command(dir, &all), input)
}

#[test]
fn what_holds_nothing_private_comes_out_byte_for_byte() {
    let scratch = Scratch::new();
    for input in [
        "",
        "\n",
        "{\"b\": 1.0,  \"a\":1e3, \"n\": 100000000000000000000 }\r\n\r\n{\"a\":\"\\u00e9\\/\"}",
        "{}\n\n  {\"x\": [1, 2]}  \n",
        "{\"sha\":\"f6a00c7084a8026eafbd4246aa30e0f0d7495c3b\",\"code\":\"@app.command\"}\n",
    ] {
        let (status, output, words) = run(&scratch, scratch.path(), &["--lines"], input.as_bytes());
        assert_eq!((status, words.as_str()), (0, ""), "{input:?}");
        assert_eq!(String::from_utf8(output).unwrap(), input);
    }
    let document = "{\n  \"b\": 1.0,\n  \"a\": [ ]\n}\n\n";
    let (status, output, _) = run(&scratch, scratch.path(), &[], document.as_bytes());
    assert_eq!((status, output.as_slice()), (0, document.as_bytes()));
}

#[test]
fn outside_a_repository_the_environment_says_who_works_here() {
    let scratch = Scratch::new();
    let input = format!(
        "{{\"z\":1.50,\"text\":\"{NAME} ({EMAIL}, {LOGIN}) on {HOST}, {HOME}/x\",\"hostname\":\"h\",\"a\":null}}\r\n{{\"kept\":1e2}}"
    );
    let (status, output, _) = run(&scratch, scratch.path(), &["--lines"], input.as_bytes());
    let text = String::from_utf8(output).unwrap();
    assert_eq!(status, 0);
    for value in [NAME, EMAIL, LOGIN, HOST, HOME, "hostname"] {
        assert!(!text.contains(value), "{value} in {text}");
    }
    // Order, number forms and line ends stay.
    assert!(
        text.starts_with("{\"z\":1.50,\"text\":\"[redacted:name] ([redacted:email]"),
        "{text}"
    );
    assert!(text.contains(",\"a\":null}\r\n{\"kept\":1e2}"), "{text}");
    let (_, again, _) = run(&scratch, scratch.path(), &["--lines"], text.as_bytes());
    assert_eq!(String::from_utf8(again).unwrap(), text);
}

#[test]
fn inside_a_repository_its_configuration_and_its_root_count() {
    let scratch = Scratch::new();
    let repo = scratch.repo("workshop");
    repo.git(&["config", "user.name", "Augusta King"]);
    let input =
        serde_json::json!({ "text": format!("{} by Augusta King", told(&repo)) }).to_string();
    let (status, output, _) = run(&scratch, repo.path(), &[], input.as_bytes());
    assert_eq!(status, 0);
    let text = String::from_utf8(output).unwrap();
    assert!(!text.contains("Augusta King"), "{text}");
    assert!(text.contains(" src/main.rs on "), "{text}");
    let mut private = private(&repo);
    // The repository has a name of its own.
    private.retain(|(name, _)| *name != "name");
    clean("the output", text.as_bytes(), &private);
}

#[test]
fn a_bad_line_ends_it_and_what_came_before_is_whole() {
    let scratch = Scratch::new();
    let input = format!("{{\"a\":1}}\n{{\"b\":\"{EMAIL}\"}}\n{{\"c\": {EMAIL}}}\n{{\"d\":1}}\n");
    let (status, output, words) = run(&scratch, scratch.path(), &["--lines"], input.as_bytes());
    assert_eq!(status, 1);
    assert_eq!(
        String::from_utf8(output).unwrap(),
        "{\"a\":1}\n{\"b\":\"[redacted:email]\"}\n"
    );
    assert!(words.contains("line 3: the line is not JSON"), "{words}");
    assert!(!words.contains(EMAIL), "{words}");
    let (status, output, _) = run(&scratch, scratch.path(), &["--lines"], b"{}\n\"\xff\"\n");
    assert_eq!((status, output.as_slice()), (1, &b"{}\n"[..]));
    // Lines where one document is expected.
    let (status, output, words) = run(&scratch, scratch.path(), &[], b"{}\n{}\n");
    assert_eq!((status, output.len()), (1, 0));
    assert!(words.contains("next: pawtrail sanitize --lines"), "{words}");
}

#[test]
fn a_line_above_the_limit_is_refused_and_not_kept_in_memory() {
    let scratch = Scratch::new();
    let mut input = b"{}\n\"".to_vec();
    input.resize(64 * 1024 * 1024 + 10, b'x');
    let (status, output, words) = run(&scratch, scratch.path(), &["--lines"], &input);
    assert_eq!((status, output.as_slice()), (1, &b"{}\n"[..]));
    assert!(words.contains("line 2: it is larger than"), "{words}");
}

#[test]
fn json_counts_by_rule_and_tells_no_value() {
    let scratch = Scratch::new();
    let input = format!("{{\"a\":\"{EMAIL} {HOST}\"}}\n{{\"b\":\"{EMAIL}\"}}\n{{}}\n");
    let (status, output, words) = run(
        &scratch,
        scratch.path(),
        &["--lines", "--json"],
        input.as_bytes(),
    );
    assert_eq!((status, words.as_str()), (0, ""));
    let document: Value = serde_json::from_slice(&output).unwrap();
    let data = &document["data"];
    assert_eq!((&data["lines"], &data["changed"]), (&3.into(), &2.into()));
    assert_eq!(
        (&data["counts"]["email"], &data["counts"]["host"]),
        (&2.into(), &1.into())
    );
    assert!(!document.to_string().contains(EMAIL));
    let (status, output, _) = run(&scratch, scratch.path(), &["--lines", "--json"], b"{}\n{");
    let document: Value = serde_json::from_slice(&output).unwrap();
    assert_eq!(
        (status, &document["error"]["details"]["line"]),
        (1, &2.into())
    );
}

#[test]
fn a_next_step_is_named_where_it_helps() {
    let scratch = Scratch::new();
    let error = |input: &[u8]| {
        let (status, output, _) = run(&scratch, scratch.path(), &["--json"], input);
        let document: Value = serde_json::from_slice(&output).unwrap();
        assert_eq!(status, 1);
        let error = &document["error"];
        (error["code"].clone(), error["next_step"].clone())
    };
    for empty in [&b""[..], b"\n", b"  \r\n \n"] {
        let help = ("NO_INPUT".into(), "pawtrail sanitize --help".into());
        assert_eq!(error(empty), help);
    }
    let lines = "pawtrail sanitize --lines".into();
    assert_eq!(error(b"{}\n{}\n"), ("LINE_NOT_JSON".into(), lines));
    for torn in [&b"{"[..], b"{\n\"a\": }", b"nothing\nof {}\n"] {
        assert_eq!(error(torn), ("LINE_NOT_JSON".into(), Value::Null));
    }
}
