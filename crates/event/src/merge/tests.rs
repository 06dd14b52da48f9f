use proptest::prelude::*;

use super::*;
use crate::json;

fn spaced(at: &str, id: &str, text: &str) -> String {
    json::log(&serde_json::json!({ "at": at, "event_id": id, "text": text }))
}

fn compact(at: &str, id: &str, text: &str) -> String {
    json::log_compact(&serde_json::json!({ "at": at, "event_id": id, "text": text }))
}

fn merged(base: &str, ours: &str, theirs: &str) -> String {
    let merged = merge(base.as_bytes(), ours.as_bytes(), theirs.as_bytes());
    assert_eq!(merged.conflicts, Vec::new());
    String::from_utf8(merged.content).unwrap()
}

#[test]
fn two_branches_that_appended_give_both_in_order() {
    let base = spaced("1", "A", "");
    let (b, c, d) = (
        compact("2", "B", ""),
        spaced("2", "C", ""),
        compact("3", "D", ""),
    );
    let (ours, theirs) = (format!("{base}{d}"), format!("{base}{c}{b}"));
    assert_eq!(merged(&base, &ours, &theirs), format!("{base}{b}{c}{d}"));
    assert_eq!(merged(&base, &theirs, &ours), format!("{base}{b}{c}{d}"));
}

#[test]
fn the_side_that_only_appended_stays_as_it_stands() {
    let base = format!("{}{}", spaced("9", "Z", ""), compact("1", "A", ""));
    let longer = format!("{base}no event\r\n{}", compact("0", "B", "ü"));
    assert_eq!(merged(&base, &longer, &base), longer);
    assert_eq!(merged("", &base, &longer), longer);
    // A line twice doesn't stay.
    let twice = format!("{base}{}", compact("1", "A", ""));
    assert_ne!(merged(&base, &base, &twice), twice);
}

#[test]
fn a_line_that_one_side_left_out_stays() {
    let (a, b) = (spaced("1", "A", ""), spaced("2", "B", ""));
    let base = format!("{a}{b}");
    assert_eq!(merged(&base, &a, &b), base);
    assert_eq!(merged(&base, "", ""), base);
    assert_eq!(merged(&base, &a, &a), base);
}

#[test]
fn the_same_event_in_another_spelling_is_one_and_the_base_spells_it() {
    let (wide, narrow) = (spaced("1", "A", "x"), compact("1", "A", "x"));
    assert_eq!(merged(&wide, &narrow, &narrow), wide);
    assert_eq!(merged(&narrow, &wide, &narrow), narrow);
    let free = merged("", &wide, &narrow);
    assert_eq!(free, merged("", &narrow, &wide));
    assert_eq!(free, wide.min(narrow));
}

#[test]
fn one_event_with_two_contents_is_a_conflict_with_both_lines() {
    let (yes, no) = (compact("1", "A", "yes"), compact("1", "A", "no"));
    let other = spaced("2", "B", "");
    let merged = merge(b"", format!("{yes}{other}").as_bytes(), no.as_bytes());
    assert_eq!(
        merged.conflicts,
        [Conflict {
            event_id: "A".to_owned(),
            lines: vec![no.trim_end().to_owned(), yes.trim_end().to_owned()],
        }]
    );
    assert_eq!(merged.content, format!("{no}{yes}{other}").as_bytes());
    assert_eq!(merged.events, 2);
    // It stays one until somebody decides.
    let again = merge(&merged.content, &merged.content, &merged.content);
    assert_eq!(again, merged);
}

#[test]
fn what_is_no_event_stays_behind_the_event_before_it() {
    let (a, b, c) = (
        spaced("1", "A", ""),
        spaced("2", "B", ""),
        spaced("3", "C", ""),
    );
    let ours = format!("{a}half a li\n{c}");
    let theirs = format!("torn\n{a}{b}{{\"event_id\": \" \"}}\n[1]");
    let whole = format!("torn\n{a}half a li\n{b}[1]\n{{\"event_id\": \" \"}}\n{c}");
    assert_eq!(merged(&a, &ours, &theirs), whole);
    assert_eq!(merged(&whole, &theirs, &whole), whole);
}

#[test]
fn times_are_text_and_the_timestamp_stands_in_for_at() {
    let row = |text: &str| format!("{text}\n");
    let late = row(r#"{"event_id":"A","timestamp":"2026-02-01T00:00:00Z"}"#);
    let early = row(r#"{"at":"","event_id":"B","timestamp":"2026-01-01T00:00:00Z"}"#);
    let none = row(r#"{"at":null,"event_id":"C"}"#);
    assert_eq!(
        merged("", &format!("{late}{none}"), &early),
        format!("{none}{early}{late}")
    );
}

#[test]
fn carriage_returns_and_blank_lines_make_no_other_event() {
    let (a, b, c) = (
        spaced("1", "A", ""),
        spaced("2", "B", ""),
        spaced("3", "C", ""),
    );
    let dos = |text: &str| text.replace('\n', "\r\n");
    assert_eq!(
        merged(&dos(&a), &dos(&format!("{a}{c}")), &format!("{a}\n \n{b}")),
        format!("{a}{b}{c}")
    );
    assert_eq!(merged("", "\n\n", "\r\n"), "");
    assert_eq!(merged("", "", ""), "");
}

#[test]
fn a_number_that_cannot_be_compared_is_kept_as_text() {
    let (one, other) = (
        "{\"event_id\":\"A\",\"n\":123456789012345678901234567890}\n",
        "{\"event_id\":\"A\",\"n\":123456789012345678901234567891}\n",
    );
    let whole = merged("", one, other);
    assert!(whole.contains(one) && whole.contains(other), "{whole}");
}

#[test]
fn a_fold_takes_out_markers_and_repeats_and_keeps_each_byte() {
    let (a, b, c) = (
        compact("1", "A", ""),
        compact("2", "B", ""),
        compact("3", "C", ""),
    );
    let taken = "<<<<<<< HEAD\r\n=======\n>>>>>>> other/branch\n=======\n\u{1}half";
    let text =
        format!("{a}<<<<<<< HEAD\r\n{c}=======\n{b}{c}>>>>>>> other/branch\n=======\n\u{1}half");
    let folded = fold(text.as_bytes());
    assert_eq!(folded.merged.content, format!("{a}{b}{c}").as_bytes());
    assert_eq!(String::from_utf8_lossy(&folded.unreadable), taken);
    assert_eq!((folded.markers, folded.duplicates), (4, 1));
    assert_eq!(folded.damaged.len(), 5);
    assert_eq!(folded.damaged[0].line, 2);
    let clean = fold(&folded.merged.content);
    assert_eq!(clean.merged, folded.merged);
    assert_eq!(
        (clean.unreadable, clean.damaged, clean.duplicates),
        (Vec::new(), Vec::new(), 0)
    );
}

#[test]
fn a_fold_keeps_both_contents_of_an_event() {
    let (yes, no) = (compact("1", "A", "yes"), compact("1", "A", "no"));
    let folded = fold(format!("{yes}{no}{yes}").as_bytes());
    assert_eq!(folded.merged.content, format!("{no}{yes}").as_bytes());
    assert_eq!(folded.merged.conflicts.len(), 1);
    assert_eq!(folded.duplicates, 1);
}

/// Lines of few events, so that they meet: some damaged, some conflicting, in both spellings.
fn line() -> impl Strategy<Value = String> {
    let event = (0..5u8, 0..3u8, any::<bool>(), 0..10u8).prop_map(|(id, at, wide, odd)| {
        let (id, at) = (format!("E{id}"), format!("{}", (id + at / 2) % 3));
        let text = if odd == 0 { "odd" } else { "same" };
        if wide {
            spaced(&at, &id, text)
        } else {
            compact(&at, &id, text)
        }
    });
    prop_oneof![
        8 => event,
        1 => Just("\n".to_owned()),
        1 => prop::sample::select(vec!["torn {\n", "=======\n", "[]\n", "\u{fe}\r\n"])
            .prop_map(str::to_owned),
    ]
}

fn log() -> impl Strategy<Value = String> {
    (prop::collection::vec(line(), 0..8), any::<bool>()).prop_map(|(lines, ended)| {
        let text = lines.concat();
        match text.strip_suffix('\n') {
            Some(open) if !ended => open.to_owned(),
            Some(_) | None => text,
        }
    })
}

/// What must not get lost: the content of each event, and each other line.
fn contents(log: &[u8]) -> BTreeSet<String> {
    Reading::of(log)
        .lines
        .iter()
        .map(|line| match &line.row {
            Some(row) => Value::Object(row.clone()).to_string(),
            None => String::from_utf8_lossy(line.text).into_owned(),
        })
        .collect()
}

proptest! {
    #[test]
    fn it_does_not_matter_which_side_is_which(base in log(), ours in log(), theirs in log()) {
        let (base, ours, theirs) = (base.as_bytes(), ours.as_bytes(), theirs.as_bytes());
        prop_assert_eq!(merge(base, ours, theirs), merge(base, theirs, ours));
    }

    #[test]
    fn nothing_is_lost_and_nothing_is_there_twice(base in log(), ours in log(), theirs in log()) {
        let merged = merge(base.as_bytes(), ours.as_bytes(), theirs.as_bytes());
        let all: BTreeSet<String> = [&base, &ours, &theirs]
            .iter()
            .flat_map(|log| contents(log.as_bytes()))
            .collect();
        prop_assert_eq!(Reading::of(&merged.content).lines.len(), all.len());
        prop_assert_eq!(contents(&merged.content), all);
        prop_assert!(merged.content.is_empty() || merged.content.ends_with(b"\n"));
        prop_assert!(!merged.content.ends_with(b"\n\n"));
    }

    #[test]
    fn lines_stay_byte_for_byte(base in log(), ours in log(), theirs in log()) {
        let merged = merge(base.as_bytes(), ours.as_bytes(), theirs.as_bytes());
        let before = [&base, &ours, &theirs].map(|log| Reading::of(log.as_bytes()));
        let known: BTreeSet<&[u8]> =
            before.iter().flat_map(|reading| &reading.lines).map(|line| line.text).collect();
        for line in Reading::of(&merged.content).lines {
            prop_assert!(known.contains(line.text));
        }
    }

    #[test]
    fn merging_again_changes_nothing(base in log(), ours in log(), theirs in log()) {
        let first = merge(base.as_bytes(), ours.as_bytes(), theirs.as_bytes());
        prop_assert_eq!(&merge(&first.content, &first.content, &first.content), &first);
        prop_assert_eq!(contents(&merge(base.as_bytes(), &first.content, theirs.as_bytes()).content),
            contents(&first.content));
    }

    #[test]
    fn three_branches_give_the_same_events_in_any_order(a in log(), b in log(), c in log()) {
        let (a, b, c) = (a.as_bytes(), b.as_bytes(), c.as_bytes());
        let left = merge(b"", &merge(b"", a, b).content, c);
        let right = merge(b"", a, &merge(b"", b, c).content);
        prop_assert_eq!(contents(&left.content), contents(&right.content));
        prop_assert_eq!(left.events, right.events);
    }

    #[test]
    fn a_fold_is_the_events_and_the_rest(log in log()) {
        let folded = fold(log.as_bytes());
        let mut parts = contents(&folded.merged.content);
        parts.extend(contents(&folded.unreadable));
        prop_assert_eq!(parts, contents(log.as_bytes()));
        prop_assert_eq!(fold(&folded.merged.content).merged, folded.merged);
        let taken: usize = folded.damaged.len();
        prop_assert_eq!(Reading::of(&folded.unreadable).lines.len(), taken);
    }
}
