//! Edits of seed files: nothing but the term changes, whatever the file looks like.

use pawtrail_event::glossary::Source;
use proptest::prelude::*;

use super::*;

const SCOPE: Scope = Scope::TeamDomain;

fn term(surface: &str, definition: &str) -> Term {
    Term {
        surface: surface.to_owned(),
        scope: SCOPE,
        definition: definition.to_owned(),
        confidence: 1.0,
        status: Status::Active,
        source: Source::Resolution,
    }
}

fn edited(text: &str, surface: &str, definition: &str) -> String {
    let made = set(SCOPE, Some(text.as_bytes()), &[term(surface, definition)]).unwrap();
    String::from_utf8(made).unwrap()
}

#[test]
fn a_new_file_has_a_head_and_the_term() {
    let made = set(SCOPE, None, &[term("dashboard", "An overview: all of it")]).unwrap();
    assert_eq!(
        String::from_utf8(made).unwrap(),
        "# Glossary of the scope team_domain\n\nterms:\n  - surface: dashboard\n    definition: \"An overview: all of it\"\n    confidence: 1.0\n    status: active\n"
    );
}

#[test]
fn a_meaning_is_replaced_where_it_stands() {
    for (before, after) in [
        (
            "terms:\n- surface: a # c\n  definition: old # why\n  status: active\n",
            "terms:\n- surface: a # c\n  definition: new # why\n  status: active\n",
        ),
        (
            "terms:\n- surface: a\n  definition: >\n    old\n    text\n\n  status: active\n# end\n",
            "terms:\n- surface: a\n  definition: new\n\n  status: active\n# end\n",
        ),
        (
            "terms:\n- definition: |+\n    old\n\n  # c\n  status: active\n  surface: a\n",
            "terms:\n- definition: new\n\n  # c\n  status: active\n  surface: a\n",
        ),
        (
            "terms:\r\n  - surface: \"a\"\r\n    definition: 'o''ld'\r\n    status: active\r\n",
            "terms:\r\n  - surface: \"a\"\r\n    definition: new\r\n    status: active\r\n",
        ),
        (
            "terms: [{surface: a, definition: old, status: active}, {surface: b, definition: c}]",
            "terms: [{surface: a, definition: new, status: active}, {surface: b, definition: c}]",
        ),
        (
            "terms:\n- surface: a\n  definition: two\n    lines\n  status: draft\n",
            "terms:\n- surface: a\n  definition: new\n  status: active\n",
        ),
        (
            "terms:\n- surface: a\n  definition: old # c\n  confidence: 0.5\n",
            "terms:\n- surface: a\n  definition: new # c\n  status: active\n  confidence: 0.5\n",
        ),
        (
            "terms: [{surface: a, definition: old}]\n",
            "terms: [{surface: a, definition: new, status: active}]\n",
        ),
        (
            "terms:\n- surface: a\n  definition: old\n  status: active\n- surface: a\n  definition: twice\n",
            "terms:\n- surface: a\n  definition: new\n  status: active\n- surface: a\n  definition: twice\n",
        ),
    ] {
        assert_eq!(edited(before, "a", "new"), after, "{before}");
        assert_eq!(edited(after, "a", "new"), after, "again");
    }
}

#[test]
fn a_term_is_added_where_a_person_would_add_it() {
    let entry = "surface: new\n    definition: d, e\n    confidence: 1.0\n    status: active\n";
    for (before, after) in [
        (
            "terms:\n  - surface: a\n    definition: x\n",
            format!("terms:\n  - surface: a\n    definition: x\n  - {entry}"),
        ),
        (
            "terms:\n\n  - surface: a\n    definition: x\n\n  - surface: b\n    definition: >\n      y\n\n# end\n",
            format!(
                "terms:\n\n  - surface: a\n    definition: x\n\n  - surface: b\n    definition: >\n      y\n\n  - {entry}\n# end\n"
            ),
        ),
        (
            "terms:\n  - surface: a\n    definition: x # c",
            format!(
                "terms:\n  - surface: a\n    definition: x # c\n  - {}",
                entry.trim_end()
            ),
        ),
        (
            "terms:\n  - surface: a\n    definition: |+\n      x\n\n",
            format!("terms:\n  - surface: a\n    definition: |+\n      x\n\n  - {entry}"),
        ),
        (
            "terms:\n  - surface: a\n    definition: x\nother: 1\n",
            format!("terms:\n  - surface: a\n    definition: x\n  - {entry}other: 1\n"),
        ),
        (
            "# h\nterms:\n# end\n",
            format!("# h\nterms:\n  - {entry}# end\n"),
        ),
        ("terms: ~ # c\n", format!("terms: # c\n  - {entry}")),
        ("# h\n", format!("# h\nterms:\n  - {entry}")),
        ("", format!("terms:\n  - {entry}")),
        ("terms:", format!("terms:\n  - {entry}")),
    ] {
        assert_eq!(edited(before, "new", "d, e"), after, "{before:?}");
    }
    let flow = edited("terms: []\n", "new", "d, e");
    assert!(
        flow.starts_with("terms: [{surface: new, definition: \"d, e\""),
        "{flow}"
    );
    let windows = edited("terms:\r\n- surface: a\r\n  definition: x\r\n", "new", "d");
    assert_eq!(
        windows,
        "terms:\r\n- surface: a\r\n  definition: x\r\n- surface: new\r\n  definition: d\r\n  confidence: 1.0\r\n  status: active\r\n"
    );
}

#[test]
fn what_cannot_be_changed_without_harm_is_refused() {
    for text in [
        "terms: [\n",
        "terms:\n- surface: a\n  definition: x\n  colour: red\n",
        "terms:\n- surface: b\n  definition: &d x\n- surface: a\n  definition: y\n  see_also: [{k: *d}]\n  colour: 1\n",
        "terms:\n- surface: a\n  definition: &d x\n  status: active\n- surface: b\n  definition: *d\n",
        "terms:\n- surface: a\n",
        "\u{0}",
    ] {
        assert!(
            set(SCOPE, Some(text.as_bytes()), &[term("a", "new")]).is_err(),
            "{text:?}"
        );
    }
    assert!(set(SCOPE, Some(b"\xff"), &[term("a", "new")]).is_err());
}

#[test]
fn other_bad_terms_stay_as_they_are() {
    let text =
        "terms:\n- surface: Bad\n  definition: x\n- nonsense\n- surface: ok\n  definition: y\n";
    let made = edited(text, "n", "d");
    assert!(made.starts_with(text), "{made}");
}

/// How a text may stand in a file, as it is written and as it reads.
fn written() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z][a-z ]{0,20}[a-z]",
        "\"[a-zA-Z:# ,é—]{1,20}x\"",
        "'[a-z:# ,]{1,20}x'",
        Just(">\n      folded text\n      in lines".to_owned()),
        Just("|\n      kept text\n        in lines".to_owned()),
        Just(">-\n      folded\n\n      twice".to_owned()),
        Just("two\n      plain lines".to_owned()),
    ]
}

fn comment() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        Just("\n".to_owned()),
        Just("\n    # a note\n".to_owned()),
        Just("\n\n".to_owned()),
    ]
}

/// One entry: before the meaning, the meaning, behind it.
fn item(number: usize) -> impl Strategy<Value = (String, String, String)> {
    let surface = prop_oneof![
        Just(format!("term {number}")),
        Just(format!("\"term {number}\"")),
        Just(format!("'term {number}'  # named so")),
    ];
    (surface, written(), comment(), any::<bool>(), comment()).prop_map(
        |(surface, meaning, gap, sure, tail)| {
            let confidence = if sure {
                "    confidence: 0.5  # about\n"
            } else {
                ""
            };
            let gap = gap.trim_start_matches('\n').to_owned();
            (
                format!("  - surface: {surface}\n{confidence}    definition: "),
                meaning,
                format!("\n{gap}    status: active\n{tail}"),
            )
        },
    )
}

fn file() -> impl Strategy<Value = (String, Vec<(String, String, String)>, String)> {
    let items = (1_usize..6).prop_flat_map(|count| (0..count).map(item).collect::<Vec<_>>());
    let head = prop_oneof![
        Just("terms:\n".to_owned()),
        Just("# A head: of sorts\n#\n\nterms:   # all of them\n\n".to_owned()),
        Just("\u{feff}terms:\n".to_owned()),
    ];
    let foot = prop_oneof![
        Just(String::new()),
        Just("# end\n".to_owned()),
        Just("...\n".to_owned())
    ];
    (head, items, foot)
}

fn meaning() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-zA-Z ,.:#'\"-]{0,30}[a-z]",
        any::<String>(),
        "[\\PC\n\t]{0,40}x",
        Just("2026-01-01".to_owned()),
        Just("yes".to_owned()),
        Just("~".to_owned()),
        Just("line\nline\n\n".to_owned()),
        Just("# no comment".to_owned()),
        Just("- no list".to_owned()),
        Just("*no &anchor !tag %x @y `z".to_owned()),
        Just("\u{85}\u{2028}\u{feff}\u{7f}\u{0}".to_owned()),
    ]
    .prop_filter("a meaning says something", |text| !text.trim().is_empty())
}

fn joined(file: &(String, Vec<(String, String, String)>, String)) -> String {
    let items = file.1.iter().map(|(a, b, c)| format!("{a}{b}{c}"));
    format!("{}{}{}", file.0, items.collect::<String>(), file.2)
}

fn lines(text: String, windows: bool) -> String {
    if windows {
        text.replace('\n', "\r\n")
    } else {
        text
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn replacing_a_meaning_leaves_every_other_byte(file in file(), at in any::<prop::sample::Index>(), new in meaning(), windows in any::<bool>()) {
        let at = at.index(file.1.len());
        let before = lines(joined(&file), windows);
        let made = edited(&before, &format!("term {at}"), &new);
        let mut front = (file.0.clone(), file.1[..=at].to_vec(), String::new());
        let last = front.1.last_mut().unwrap();
        let behind = std::mem::take(&mut last.2);
        last.1.clear();
        let back = (behind, file.1[at + 1..].to_vec(), file.2.clone());
        let (front, back) = (lines(joined(&front), windows), lines(joined(&back), windows));
        prop_assert!(made.starts_with(&front), "{made}");
        prop_assert!(made.ends_with(&back), "{made}");
        let middle = &made[front.len()..made.len() - back.len()];
        // Where it said the same before, it stays as it was written.
        prop_assert!(made == before || middle == scalar(&new, false), "{middle}");
    }

    #[test]
    fn adding_a_term_only_adds(file in file(), new in meaning(), windows in any::<bool>(), cut in any::<bool>()) {
        let mut before = lines(joined(&file), windows);
        if cut && file.2.is_empty() {
            before.truncate(before.trim_end().len());
        }
        let made = edited(&before, "a new term", &new);
        let front = common(before.bytes(), made.bytes());
        let back = common(before.bytes().rev(), made.bytes().rev());
        prop_assert!(front + back >= before.len(), "{made}");
        prop_assert!(made.contains("surface: a new term"));
        if windows {
            prop_assert!(!made.replace("\r\n", "").contains('\n'), "{made:?}");
        }
    }

    #[test]
    fn nothing_panics_and_nothing_is_blanked(text in "(terms:)?[ \n:>|#'\"a-c{}\\[\\],*&!~-]{0,60}", new in meaning()) {
        if let Ok(made) = set(SCOPE, Some(text.as_bytes()), &[term("a", &new)]) {
            let seed = seed::read(SCOPE, &made).unwrap();
            prop_assert!(seed.terms.iter().any(|term| term.surface == "a" && term.definition == new));
        }
    }
}

/// The seed files of a public project, where they are at hand.
fn corpus() -> Vec<String> {
    let root = std::env::var_os("PAWTRAIL_CORPUS").map_or_else(
        || std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus"),
        std::path::PathBuf::from,
    );
    ["spec_kitty_core.yaml", "planning-and-tracking.yaml"]
        .iter()
        .filter_map(|name| std::fs::read_to_string(root.join("glossaries").join(name)).ok())
        .collect()
}

#[test]
fn real_glossaries_keep_every_byte_but_the_terms() {
    for text in corpus() {
        let file = layout::parse(&text).unwrap();
        let items = file.terms.unwrap();
        assert!(items.len() > 5);
        let sound = seed::read(SCOPE, text.as_bytes()).unwrap();
        assert_eq!(sound.problems, [], "all of its terms are sound");
        for item in &items {
            let name = surface(item).unwrap();
            let made = edited(&text, name, "What: it # means");
            let front = common(text.bytes(), made.bytes());
            let back = common(text.bytes().rev(), made.bytes().rev());
            assert!(front >= item.at, "{name}");
            let gone = &text[front..text.len() - back.min(text.len() - front)];
            let meaning = item.field("definition").unwrap().value.as_str().unwrap();
            let squeezed = |text: &str| text.split_whitespace().collect::<String>();
            let status = gone.contains("status:")
                || !gone.contains('\n')
                || squeezed(meaning).contains(
                    &squeezed(gone.trim_start_matches(['>', '|', '-', '+', '"', '\'']))
                        .trim_end_matches(['"', '\''])
                        .to_owned(),
                );
            assert!(status, "{name}: {gone:?}");
        }
        let made = edited(&text, "a term of our own", "It means this.");
        let front = common(text.bytes(), made.bytes());
        let back = common(text.bytes().rev(), made.bytes().rev());
        assert!(front + back >= text.len());
    }
}
