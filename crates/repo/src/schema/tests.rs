//! What is written and read here is what the schemas say.

use pawtrail_event::{CommitHash, EventId, MissionId};
use pawtrail_testkit::agree;
use serde_json::{Value, json};

use super::*;
use crate::Delivery;

fn takes(named: Named) -> impl Fn(&Value) -> bool {
    let validator = jsonschema::draft202012::new(&named.schema()).unwrap();
    move |value| validator.is_valid(value)
}

#[test]
fn missions() {
    let meta = json!({
        "mission_id": "01KT119YA7GD2Y0D7MZRH5JSS3", "friendly_name": "n", "mission_number": 7, "mission_type": "t",
        "topology": "lanes", "coordination_branch": "b", "created_at": "t", "mission_owner_id": "o",
    });
    let reader = |value: &Value| {
        let text = value.to_string();
        mission::parse("slug", text.as_bytes(), "checkout").is_ok()
            && pawtrail_event::status::MissionIdentity::parse(text.as_bytes()).is_ok()
    };
    agree(takes(META), reader, &[meta], &[]);
}

#[test]
fn receipts() {
    let takes = takes(RECEIPT);
    let commit: CommitHash = "a".repeat(40).parse().unwrap();
    let event: EventId = "01KT119YA7GD2Y0D7MZRH5JSS3".parse().unwrap();
    let mission: MissionId = event.as_str().parse().unwrap();
    for delivery in [Delivery::None, Delivery::Pending, Delivery::Acknowledged] {
        for commit in [None, Some(commit.clone())] {
            let path = "kitty-specs/m/a".to_owned();
            let receipt = Receipt {
                delivery,
                ..Receipt::here(
                    Some(event.clone()),
                    Some(mission.clone()),
                    path,
                    "refs/heads/b",
                    commit,
                )
            };
            let written = serde_json::to_value(&receipt).unwrap();
            assert!(takes(&written), "{written}");
            for key in written.as_object().unwrap().keys() {
                let mut less = written.clone();
                less.as_object_mut().unwrap().remove(key);
                assert!(!takes(&less), "{less}");
            }
        }
    }
}

/// The missions of a public project, where they are at hand.
#[test]
fn real_missions() {
    let takes = takes(META);
    let beside = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus");
    let corpus = std::env::var_os("PAWTRAIL_CORPUS").map_or(beside, std::path::PathBuf::from);
    for dir in std::fs::read_dir(corpus.join("missions"))
        .into_iter()
        .flatten()
    {
        let file = dir.unwrap().path().join("meta.json");
        let text = std::fs::read(&file).unwrap();
        let read = mission::parse("slug", &text, "checkout");
        let meta: Value = serde_json::from_slice(&text).unwrap();
        assert_eq!(takes(&meta), read.is_ok(), "{}: {read:?}", file.display());
    }
}
