//! Names, content, streams and exit codes.

use std::io::Read as _;
use std::process::Stdio;

use pawtrail_testkit::{Pawtrail, Scratch};
use serde_json::Value;

use crate::{BINARY, names, printed};

#[test]
fn each_listed_name_prints_a_schema_that_is_one() {
    let scratch = Scratch::new();
    let pawtrail = Pawtrail::new(&scratch, BINARY);
    let dir = scratch.path();
    let listed = pawtrail.run_in(dir, &["schema"]).expect_status(0).stdout;
    let all = printed(&pawtrail, dir);
    assert_eq!(listed.lines().count(), all.len());
    for (name, text) in &all {
        let schema: Value = serde_json::from_str(text).unwrap();
        jsonschema::meta::validate(&schema).unwrap();
        assert_eq!(
            schema["$schema"],
            "https://json-schema.org/draft/2020-12/schema"
        );
        assert_eq!(schema["$id"], format!("urn:pawtrail:schema:{name}"));
        assert!(
            schema["description"]
                .as_str()
                .is_some_and(|text| text.len() > 20)
        );
        let title = schema["title"].as_str().unwrap();
        assert!(
            listed
                .lines()
                .any(|line| line.starts_with(name.as_str()) && line.ends_with(title))
        );
        // As the house writes JSON: sorted keys, two spaces, one line feed at the end.
        assert_eq!(*text, pawtrail_event::json::pretty(&schema));
        let (status, document) = pawtrail.json_in(dir, &["schema", name]);
        assert_eq!(
            (status, &document["data"]["name"]),
            (0, &Value::from(name.as_str()))
        );
        assert_eq!(document["data"]["schema"], schema);
        let quiet = pawtrail
            .run_in(dir, &["-q", "schema", name])
            .expect_status(0);
        assert_eq!(quiet.stdout, *text);
    }
    for name in [
        "snapshot",
        "local-commit",
        "local-commit-ack",
        "error",
        "ping",
        "pong",
        "batch-request",
        "batch-response",
        "health",
        "refusal",
        "envelope",
        "decision-row",
        "status-row",
        "status",
        "meta",
        "glossary-row",
        "glossary-seed",
        "sync-state",
        "success",
        "failure",
        "receipt",
    ] {
        assert!(all.contains_key(name), "{name}");
    }
    assert_eq!(scratch.processes(), Vec::<String>::new());
}

#[test]
fn all_are_written_into_a_directory() {
    let scratch = Scratch::new();
    let pawtrail = Pawtrail::new(&scratch, BINARY);
    let dir = scratch.path();
    let (status, document) = pawtrail.json_in(dir, &["schema", "--dir", "made/schemas"]);
    assert_eq!(status, 0, "{document:#}");
    let files = document["data"]["files"].as_array().unwrap();
    let all = printed(&pawtrail, dir);
    assert_eq!(files.len(), all.len());
    for (name, text) in all {
        let file = dir.join("made/schemas").join(format!("{name}.json"));
        assert_eq!(std::fs::read_to_string(file).unwrap(), text);
    }
    let inside = std::fs::read_dir(dir.join("made/schemas")).unwrap();
    assert_eq!(inside.count(), files.len());
    let args = ["schema", "--dir", "made/schemas/ping.json"];
    let (status, document) = pawtrail.json_in(dir, &args);
    assert_eq!(
        (status, &document["error"]["next_step"]),
        (2, &Value::from("pawtrail schema"))
    );
}

#[test]
fn an_unknown_name_is_a_usage_error_that_names_what_is_near() {
    let scratch = Scratch::new();
    let pawtrail = Pawtrail::new(&scratch, BINARY);
    let said = pawtrail
        .run_in(scratch.path(), &["schema", "local-comit"])
        .expect_status(2);
    assert!(
        said.stdout.is_empty() && said.stderr.contains("near it: local-commit, "),
        "{said}"
    );
    let (status, document) = pawtrail.json_in(scratch.path(), &["schema", "local-comit"]);
    assert_eq!(
        (status, &document["error"]["code"]),
        (2, &Value::from("INVALID_ARGUMENT"))
    );
    assert_eq!(document["error"]["next_step"], "pawtrail schema");
    assert!(
        document["error"]["message"]
            .as_str()
            .unwrap()
            .contains("near it: local-commit, ")
    );
    let both = pawtrail
        .run_in(scratch.path(), &["schema", "ping", "--dir", "d"])
        .expect_status(2);
    assert!(both.stdout.is_empty(), "{both}");
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let scratch = Scratch::new();
    let pawtrail = Pawtrail::new(&scratch, BINARY);
    // Larger than a pipe holds.
    let mut child = pawtrail
        .command(scratch.path(), &["schema", "envelope"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = [0; 10];
    let mut stdout = child.stdout.take().unwrap();
    stdout.read_exact(&mut first).unwrap();
    drop(stdout);
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(0));
    assert_eq!(String::from_utf8(ended.stderr).unwrap(), "");
}

#[test]
fn completions_know_the_names() {
    let scratch = Scratch::new();
    let pawtrail = Pawtrail::new(&scratch, BINARY);
    // The generators for the others leave out what an argument may be.
    for shell in ["bash", "zsh"] {
        let script = pawtrail
            .run_in(scratch.path(), &["completions", shell])
            .expect_status(0)
            .stdout;
        for name in names(&pawtrail, scratch.path()) {
            assert!(script.contains(&name), "{shell} lacks {name}");
        }
    }
}
