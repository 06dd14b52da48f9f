//! `schema`: what it prints, what the documents hold of it, and whether what the program makes fits.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail like tests"
)]

mod documents;
mod made;
mod printed;

use std::collections::BTreeMap;
use std::path::Path;

use jsonschema::Validator;
use pawtrail_testkit::Pawtrail;
use serde_json::Value;

const BINARY: &str = env!("CARGO_BIN_EXE_pawtrail");

/// The names, as the program lists them.
fn names(pawtrail: &Pawtrail, dir: &Path) -> Vec<String> {
    let (status, document) = pawtrail.json_in(dir, &["schema"]);
    assert_eq!(status, 0, "{document:#}");
    let all = document["data"]["schemas"].as_array().unwrap();
    all.iter()
        .map(|one| one["name"].as_str().unwrap().to_owned())
        .collect()
}

/// What the program prints of each.
fn printed(pawtrail: &Pawtrail, dir: &Path) -> BTreeMap<String, String> {
    let print = |name: String| {
        let ran = pawtrail.run_in(dir, &["schema", &name]).expect_status(0);
        (name, ran.stdout)
    };
    names(pawtrail, dir).into_iter().map(print).collect()
}

/// The schemas that the program prints.
struct Schemas(BTreeMap<String, Validator>);

impl Schemas {
    fn of(pawtrail: &Pawtrail, dir: &Path) -> Self {
        let made = printed(pawtrail, dir).into_iter().map(|(name, text)| {
            let schema: Value = serde_json::from_str(&text).unwrap();
            (name, jsonschema::draft202012::new(&schema).unwrap())
        });
        Self(made.collect())
    }

    #[track_caller]
    fn fits(&self, name: &str, value: &Value) {
        let schema = &self.0[name];
        let wrong: Vec<String> = schema
            .iter_errors(value)
            .map(|error| error.to_string())
            .collect();
        assert!(wrong.is_empty(), "{name}: {wrong:?} in {value:#}");
    }
}
