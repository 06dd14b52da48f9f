//! The table of rules: complete, in order, and each of its examples true.

use serde_json::{Value, json};

use super::super::*;
use super::alice;

#[test]
fn the_table_has_every_rule_once_and_in_order() {
    for (index, row) in TABLE.iter().enumerate() {
        assert_eq!(row.rule as usize, index, "{}", row.name);
        assert_eq!(row.rule.name(), row.name);
        let is_kebab = row
            .name
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b == b'-');
        assert!(is_kebab && !row.name.is_empty(), "{}", row.name);
        let same = TABLE.iter().filter(|other| other.name == row.name).count();
        assert_eq!(same, 1, "{}", row.name);
    }
}

#[test]
fn every_example_of_the_table_is_true_and_is_found_by_its_rule() {
    for row in &TABLE {
        match row.rule {
            Rule::PrivateField | Rule::SessionTime => {
                assert_eq!(alice().line(row.before).unwrap(), row.after);
                assert_eq!(alice().findings(row.before.as_bytes())[0].rule, row.rule);
            }
            Rule::Depth => {
                let deep = (0..128).fold(json!(1), |inner, _| json!([inner]));
                let mut cut = alice().sanitize(&deep).value().clone();
                for _ in 0..127 {
                    cut = cut[0].take();
                }
                assert_eq!(cut, Value::from("[redacted:depth]"));
            }
            Rule::Home
            | Rule::Workspace
            | Rule::Host
            | Rule::Login
            | Rule::Name
            | Rule::Email
            | Rule::UrlCredentials
            | Rule::GithubToken
            | Rule::GitlabToken
            | Rule::AwsKey
            | Rule::GoogleKey
            | Rule::AzureKey
            | Rule::SlackToken
            | Rule::ServiceToken
            | Rule::ModelKey
            | Rule::StripeKey
            | Rule::Jwt
            | Rule::PrivateKey
            | Rule::Bearer
            | Rule::BasicAuth => {
                assert_eq!(alice().text(row.before), row.after);
                let found = alice().findings(row.before.as_bytes());
                assert_eq!(found.len(), 1, "{}", row.name);
                assert_eq!(found[0].rule, row.rule);
                let quoted = format!("[{}]", Value::from(row.before));
                assert_eq!(alice().findings(quoted.as_bytes())[0].rule, row.rule);
            }
        }
    }
}

#[test]
fn a_marker_is_never_redacted() {
    let names = TABLE.map(|row| row.name);
    for name in names.into_iter().chain(["redacted"]) {
        let rules = Sanitizer::new(&Identity {
            login: Some(name.to_owned()),
            host: Some(name.to_owned()),
            name: Some(name.to_owned()),
            ..Identity::default()
        });
        for row in &TABLE {
            let marker = row.rule.marker();
            assert_eq!(rules.text(&marker), marker, "of a developer named {name}");
            let path = format!("{marker}/home/x, x {marker}@example.com {marker}.md");
            assert_eq!(alice().text(&path), path);
        }
    }
}

#[test]
fn brackets_of_others_hide_nothing() {
    for text in [
        "[alicebox]",
        "see [alice].",
        "[[alicebox]](x)",
        "[red:alice]",
    ] {
        let clean = alice().text(text).into_owned();
        assert!(!clean.contains("alice"), "{text} -> {clean}");
    }
}

#[test]
fn an_identity_is_not_shown() {
    let shown = format!("{:?}", alice());
    for value in ["alice", "Alice", "/srv"] {
        assert!(!shown.contains(value), "{shown}");
    }
}

#[test]
fn the_document_names_every_rule_as_the_table_does() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/sanitizer.md");
    let document = std::fs::read_to_string(path).unwrap();
    let cell = |text: &str| format!("`{}`", text.replace('\n', "⏎").replace('|', "\\|"));
    for row in &TABLE {
        let line = if row.rule == Rule::Depth {
            format!(
                "| `{}` | {} | {} | {} |",
                row.name, row.finds, row.before, row.after
            )
        } else {
            let (before, after) = (cell(row.before), cell(row.after));
            format!("| `{}` | {} | {before} | {after} |", row.name, row.finds)
        };
        assert!(
            document.contains(&line),
            "docs/sanitizer.md has no line\n{line}"
        );
    }
}
