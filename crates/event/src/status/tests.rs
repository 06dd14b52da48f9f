//! What the status rows, the lane machine and the reducer promise.

mod lanes;
mod machine;
mod queued;
mod reading;
mod reducing;
mod robust;
mod scanning;
mod unions;
mod writing;

use serde_json::{Map, Value, json};

use super::{Log, MissionIdentity, Order, Snapshot, reduce};
use crate::json;

const MISSION: &str = "01KT119YA7GD2Y0D7MZRH5JSS3";

/// An event id that sorts by its number.
fn id(number: usize) -> String {
    format!("01KT12VTX{number:017}")
}

/// A time that sorts by its number.
fn at(number: usize) -> String {
    format!(
        "2026-06-01T07:{:02}:{:02}.000001+00:00",
        number / 60,
        number % 60
    )
}

/// A transition's row, with other values for some of its keys.
fn moved(number: usize, wp: &str, from: &str, to: &str, changes: Value) -> Value {
    let row = json!({
        "actor": "user", "at": at(number), "event_id": id(number), "evidence": null,
        "execution_mode": "worktree", "force": false, "from_lane": from, "mission_id": MISSION,
        "mission_slug": "a-mission-01KT119Y", "policy_metadata": null, "reason": null,
        "review_ref": null, "to_lane": to, "wp_id": wp,
    });
    changed(row, changes)
}

/// An annotation's row.
#[allow(
    clippy::needless_pass_by_value,
    reason = "callers write the delta where they call"
)]
fn noted(number: usize, wp: &str, delta: Value) -> Value {
    json!({
        "actor": "user", "at": at(number), "delta": delta, "event_id": id(number),
        "kind": "annotation", "wp_id": wp,
    })
}

/// Returns the row with other values; null takes a key away where it stands as `"-"`.
fn changed(mut row: Value, changes: Value) -> Value {
    let (Value::Object(row_map), Value::Object(changes)) = (&mut row, changes) else {
        return row;
    };
    for (key, value) in changes {
        if value == "-" {
            row_map.remove(&key);
        } else {
            row_map.insert(key, value);
        }
    }
    row
}

fn file(rows: &[Value]) -> String {
    rows.iter().map(json::log).collect()
}

fn folded(rows: &[Value]) -> Snapshot {
    let file = file(rows);
    let log = Log::read(file.as_bytes());
    assert_eq!(log.damaged(), []);
    reduce(&log, &MissionIdentity::default(), Order::Python)
}

/// The one work package of the rows as its snapshot has it.
fn package(rows: &[Value]) -> Map<String, Value> {
    let snapshot = folded(rows);
    assert_eq!(snapshot.work_packages.len(), 1);
    let written: Value = serde_json::from_str(&snapshot.to_json()).unwrap();
    let packages = written["work_packages"].as_object().unwrap();
    let package = packages.values().next().unwrap();
    package.as_object().unwrap().clone()
}
