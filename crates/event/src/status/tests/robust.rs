//! Whatever stands in a file: no line is lost, none stops the reading, nothing panics.

use proptest::prelude::*;
use serde_json::json;

use super::{file, moved, noted};
use crate::json::MAX_LINE_BYTES;
use crate::status::{Content, Log, MissionIdentity, Order, reduce};

/// Reads a file, folds it both ways, and returns the numbers of its damaged lines.
fn damaged(bytes: &[u8]) -> Vec<usize> {
    let log = Log::read(bytes);
    assert_eq!(log.to_bytes(), bytes, "the file comes out byte for byte");
    for order in [Order::Python, Order::Instant] {
        let json = reduce(&log, &MissionIdentity::default(), order).to_json();
        assert!(serde_json::from_str::<serde_json::Value>(&json).is_ok());
    }
    for (at, line) in log.lines.iter().enumerate() {
        assert_eq!(line.number, at + 1);
    }
    log.damaged()
        .into_iter()
        .map(|damaged| damaged.line)
        .collect()
}

fn good() -> String {
    file(&[moved(1, "WP01", "planned", "claimed", json!({}))])
}

/// A good row on each side of a line.
fn between(line: &[u8]) -> Vec<u8> {
    [good().as_bytes(), line, b"\n", good().as_bytes()].concat()
}

#[test]
fn a_line_over_the_limit_is_damaged_and_its_neighbours_are_not() {
    let reason = "x".repeat(10 * MAX_LINE_BYTES);
    let line = file(&[moved(
        2,
        "WP01",
        "planned",
        "claimed",
        json!({"reason": reason}),
    )]);
    assert_eq!(damaged(&between(line.trim_end().as_bytes())), [2]);
    // At the limit it is a row.
    let bare = file(&[moved(
        2,
        "WP01",
        "planned",
        "claimed",
        json!({"reason": ""}),
    )]);
    let reason = "x".repeat(MAX_LINE_BYTES - bare.trim_end().len());
    let line = file(&[moved(
        2,
        "WP01",
        "planned",
        "claimed",
        json!({"reason": reason}),
    )]);
    assert_eq!(line.trim_end().len(), MAX_LINE_BYTES);
    assert_eq!(
        damaged(&between(line.trim_end().as_bytes())),
        Vec::<usize>::new()
    );
}

#[test]
fn deep_nesting_ends_nothing() {
    for depth in [10, 127, 128, 1_000, 400_000] {
        let (open, close) = ("[".repeat(depth), "]".repeat(depth));
        assert_eq!(
            damaged(&between(format!("{open}{close}").as_bytes())),
            [2],
            "{depth}"
        );
        assert_eq!(damaged(&between(open.as_bytes())), [2], "{depth}");
        // Where a row needs it, it must be flat; where no fold looks, it isn't judged.
        let row = good();
        let needed = row.replace("\"user\"", &format!("{open}{close}"));
        assert_eq!(
            damaged(&between(needed.trim_end().as_bytes())),
            [2],
            "{depth}"
        );
        let passed = row.replace(
            "\"evidence\": null",
            &format!("\"evidence\": {open}{close}"),
        );
        assert_eq!(
            damaged(&between(passed.trim_end().as_bytes())),
            Vec::<usize>::new(),
            "{depth}"
        );
    }
}

#[test]
fn odd_bytes_damage_their_own_line() {
    for line in [
        b"\0".as_slice(),
        b"{\"event_type\":\"a\0b\"}",
        b"{\"event_type\":\"\xff\"}",
        b"\xef\xbb\xbf{\"event_type\":\"X\"}",
        b"{1: 2}",
        b"{null: 2}",
        b"{\"a\": 1,}",
        b"{\"event_type\":\"\\ud800\"}",
        b"{} {}",
        b"{\"kind\":Infinity}",
    ] {
        assert_eq!(
            damaged(&between(line)),
            [2],
            "{}",
            String::from_utf8_lossy(line)
        );
    }
    // A mark at the head of a file damages the first line alone, and the reason says so.
    let file = [b"\xef\xbb\xbf", good().as_bytes(), good().as_bytes()].concat();
    assert_eq!(damaged(&file), [1]);
    let log = Log::read(&file);
    assert!(log.damaged()[0].reason.contains("byte order mark"));
}

#[test]
fn numbers_that_would_come_out_as_others_damage_a_row_only_where_they_count() {
    for number in ["123456789012345678901234567890", "-0"] {
        let claim = good().replace(
            "\"policy_metadata\": null",
            &format!("\"policy_metadata\": {{\"shell_pid\": {number}}}"),
        );
        assert_eq!(damaged(claim.as_bytes()), [1], "{number}");
        let passed = good().replace(
            "\"policy_metadata\": null",
            &format!("\"policy_metadata\": {{\"other\": {number}}}"),
        );
        assert_eq!(damaged(passed.as_bytes()), Vec::<usize>::new(), "{number}");
    }
    for number in [
        "1.5",
        "1e300",
        "18446744073709551615",
        "-9223372036854775808",
    ] {
        let claim = good().replace(
            "\"policy_metadata\": null",
            &format!("\"policy_metadata\": {{\"shell_pid\": {number}}}"),
        );
        assert_eq!(damaged(claim.as_bytes()), Vec::<usize>::new(), "{number}");
    }
    let huge = good().replace(
        "\"policy_metadata\": null",
        "\"policy_metadata\": {\"shell_pid\": 1e999}",
    );
    assert_eq!(damaged(huge.as_bytes()), [1]);
}

#[test]
fn line_ends_of_windows_and_a_missing_one_are_kept() {
    let rows = file(&[
        moved(1, "WP01", "planned", "claimed", json!({})),
        noted(2, "WP01", json!({"note": "n"})),
    ]);
    let windows = rows.replace('\n', "\r\n");
    assert_eq!(damaged(windows.as_bytes()), Vec::<usize>::new());
    let log = Log::read(windows.as_bytes());
    assert!(log.lines.iter().all(|line| line.raw.ends_with(b"\r\n")));
    let unix = Log::read(rows.as_bytes());
    let fold = |log: &Log<'_>| reduce(log, &MissionIdentity::default(), Order::Python).to_json();
    assert_eq!(fold(&log), fold(&unix));
    assert_eq!(damaged(rows.trim_end().as_bytes()), Vec::<usize>::new());
    assert_eq!(damaged(b""), Vec::<usize>::new());
    assert_eq!(damaged(b"\n \r\n\t\n"), Vec::<usize>::new());
}

#[test]
fn a_repeated_key_has_its_last_value() {
    let row = good().replace(
        "\"to_lane\": \"claimed\"",
        "\"to_lane\": \"done\", \"to_lane\": \"claimed\"",
    );
    let log = Log::read(row.as_bytes());
    assert_eq!(
        log.transitions().next().unwrap().to_lane.as_str(),
        "claimed"
    );
    let note = file(&[noted(1, "WP01", json!({"note": "n"}))]);
    let twice = note.replace(
        "\"note\": \"n\"",
        "\"note\": \"m\", \"note\": \"n\", \"agent\": null, \"agent\": \"a\"",
    );
    let log = Log::read(twice.as_bytes());
    assert_eq!(log.annotations().next().unwrap().note(), Some("n"));
}

/// Bytes that look like a log more or less.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        4 => Just(good().into_bytes()),
        2 => any::<Vec<u8>>(),
        2 => "[{}\\[\\]\",:a-z0-9 \\\\]{0,20}".prop_map(String::into_bytes),
        1 => Just(b"\n".to_vec()),
        1 => Just(b"\r\n".to_vec()),
        1 => Just(file(&[noted(2, "WP01", json!({"note": "n", "subtasks": {"T1": "done"}}))]).into_bytes()),
    ];
    proptest::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn no_bytes_are_lost_and_none_panic(bytes in bytes()) {
        damaged(&bytes);
    }

    /// A good row with one byte changed is a row or a damaged line, and the rest stays.
    /// A line that is no UTF-8 takes the whole file another way.
    #[test]
    fn a_line_is_read_in_a_file_as_it_is_alone(
        lines in prop::collection::vec(
            prop_oneof![
                prop::sample::select(vec![good(), " \t\r".to_owned(), "{\"torn".to_owned()]).prop_map(String::into_bytes),
                prop::collection::vec(any::<u8>(), 0..12),
                Just(b"{\"kind\": \"\xff\"}".to_vec()),
            ],
            0..6,
        ),
        is_ended in any::<bool>(),
    ) {
        let mut bytes = lines.join(&b'\n');
        if is_ended {
            bytes.push(b'\n');
        }
        let log = Log::read(&bytes);
        for line in &log.lines {
            let alone = Log::read(line.raw);
            prop_assert_eq!(alone.lines.len(), 1);
            prop_assert_eq!(&alone.lines[0].content, &line.content);
        }
        prop_assert_eq!(log.to_bytes(), bytes);
    }

    #[test]
    fn a_changed_byte_harms_no_other_line(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut line = good().into_bytes();
        line.pop();
        let at = at.index(line.len());
        line[at] = byte;
        let bytes = between(&line);
        let harmed = damaged(&bytes);
        let log = Log::read(&bytes);
        let last = log.lines.len();
        prop_assert!(!harmed.contains(&1) && !harmed.contains(&last));
        prop_assert!(matches!(log.lines[last - 1].content, Content::Row(_)));
    }
}
