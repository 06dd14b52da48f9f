//! Real logs of the Python tool fold to what its own reducer makes of them.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "helpers of tests fail loudly too"
)]

use pawtrail_event::status::{Log, MissionIdentity, Order, reduce};
use std::path::{Path, PathBuf};

fn corpus() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus");
    Some(beside)
}

#[test]
fn corpus_folds() {
    let mut n = 0;
    let mut bad = 0;
    for mission in std::fs::read_dir(corpus().unwrap().join("missions")).unwrap() {
        let dir = mission.unwrap().path();
        let log = std::fs::read(dir.join("status.events.jsonl")).unwrap();
        let meta = serde_json::from_slice(&std::fs::read(dir.join("meta.json")).unwrap()).unwrap();
        let log = Log::read(&log);
        assert_eq!(log.damaged(), []);
        let snap = reduce(
            &log,
            &MissionIdentity::of_meta(&meta).unwrap(),
            Order::Python,
        )
        .to_json();
        let expected = std::fs::read_to_string(dir.join("expected-status.json")).unwrap();
        n += 1;
        if snap != expected {
            bad += 1;
            println!("{}", dir.display());
        }
    }
    println!("{n} {bad}");
    assert_eq!(bad, 0);
}
