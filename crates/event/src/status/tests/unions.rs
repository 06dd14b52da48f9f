//! Branches that went on with one log: their union keeps every row and folds to one snapshot, whichever side merges.

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{at, changed, file, id, moved, noted};
use crate::merge::merge;
use crate::status::{Lane, Log, MissionIdentity, Order, reduce};

/// A row of any kind about one of a few packages, at one of a few times, so that many coincide.
fn row() -> impl Strategy<Value = Value> {
    let lane = || proptest::sample::select(Lane::ALL.map(Lane::as_str).to_vec());
    let transition = (
        lane(),
        lane(),
        any::<bool>(),
        proptest::option::of("PR[12]"),
    )
        .prop_map(|(from, to, force, review_ref)| {
            let review = json!({"reviewer": "r", "verdict": "approved", "reference": "PR"});
            json!({"from_lane": from, "to_lane": to, "force": force, "review_ref": review_ref,
                   "review_result": if force { review } else { Value::Null },
                   "policy_metadata": {"shell_pid": 5, "agent": to}})
        });
    let delta = (proptest::option::of("[a-c]"), "[a-c]", lane(), any::<bool>()).prop_map(
        |(agent, note, state, release)| {
            json!({"agent": agent, "note": note, "subtasks": {note.as_str(): state}, "tracker_refs": [note],
                   "release_runtime_claim": release})
        },
    );
    let change = prop_oneof![
        3 => transition.prop_map(|changes| (true, changes)),
        2 => delta.prop_map(|delta| (false, delta)),
    ];
    (change, 1..4_usize, 0..6_usize).prop_map(|((is_move, said), wp, time)| {
        let wp = format!("WP{wp:02}");
        let row = if is_move {
            moved(0, &wp, "planned", "claimed", said)
        } else {
            noted(0, &wp, said)
        };
        changed(row, json!({"at": at(time)}))
    })
}

/// Rows with ids of their own, shuffled, so that ids don't follow the file.
fn rows(count: std::ops::Range<usize>) -> impl Strategy<Value = Vec<Value>> {
    proptest::collection::vec(row(), count)
        .prop_map(|rows| {
            rows.into_iter()
                .enumerate()
                .map(|(number, row)| changed(row, json!({"event_id": id(number)})))
                .collect::<Vec<_>>()
        })
        .prop_shuffle()
}

fn lines(content: &[u8]) -> BTreeSet<Vec<u8>> {
    content
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(<[u8]>::to_vec)
        .collect()
}

fn snapshot(content: &[u8], order: Order) -> String {
    let log = Log::read(content);
    assert_eq!(log.damaged(), []);
    reduce(&log, &MissionIdentity::default(), order).to_json()
}

proptest! {
    #[test]
    fn two_branches_merge_to_every_row_and_one_snapshot(
        rows in rows(0..24),
        cuts in (any::<prop::sample::Index>(), any::<prop::sample::Index>()),
        apart in any::<bool>(),
    ) {
        let (one, two) = (cuts.0.index(rows.len() + 1), cuts.1.index(rows.len() + 1));
        let (base, rest) = rows.split_at(one.min(two));
        // Each branch its own packages, or both the same.
        let mine = |row: &Value, number: usize| {
            if apart { row["wp_id"] == "WP01" } else { number.is_multiple_of(2) }
        };
        let side = |ours: bool| {
            let own = rest.iter().enumerate().filter(|(number, row)| mine(row, *number) == ours);
            let rows: Vec<Value> = base.iter().cloned().chain(own.map(|(_, row)| row.clone())).collect();
            file(&rows)
        };
        let (base, ours, theirs) = (file(base), side(true), side(false));
        let here = merge(base.as_bytes(), ours.as_bytes(), theirs.as_bytes());
        let there = merge(base.as_bytes(), theirs.as_bytes(), ours.as_bytes());
        prop_assert!(here.conflicts.is_empty() && there.conflicts.is_empty());
        let all = file(&rows);
        prop_assert_eq!(lines(&here.content), lines(all.as_bytes()));
        prop_assert_eq!(lines(&there.content), lines(all.as_bytes()));
        for order in [Order::Python, Order::Instant] {
            let expected = snapshot(all.as_bytes(), order);
            prop_assert_eq!(&snapshot(&here.content, order), &expected);
            prop_assert_eq!(&snapshot(&there.content, order), &expected);
        }
    }

    #[test]
    fn the_order_in_the_file_is_no_part_of_the_snapshot(
        (rows, shuffled) in rows(0..24).prop_flat_map(|rows| (Just(rows.clone()), Just(rows).prop_shuffle()))
    ) {
        for order in [Order::Python, Order::Instant] {
            let there = snapshot(file(&shuffled).as_bytes(), order);
            prop_assert_eq!(snapshot(file(&rows).as_bytes(), order), there);
        }
    }

    /// Repeated lines of transitions, blank lines and damaged ones change nothing.
    #[test]
    fn repeats_and_damage_change_nothing(rows in rows(1..24), again in any::<prop::sample::Index>()) {
        let clean = file(&rows);
        let mut dirty = String::new();
        for (number, row) in rows.iter().enumerate() {
            dirty += &file(std::slice::from_ref(row));
            if number == again.index(rows.len()) {
                dirty += "\n{\"half\": \n<<<<<<< ours\n";
                if row.get("kind").is_none() {
                    dirty += &file(std::slice::from_ref(row));
                }
            }
        }
        let log = Log::read(dirty.as_bytes());
        prop_assert_eq!(log.damaged().len(), 2);
        let found = reduce(&log, &MissionIdentity::default(), Order::Python).to_json();
        prop_assert_eq!(found, snapshot(clean.as_bytes(), Order::Python));
    }
}
