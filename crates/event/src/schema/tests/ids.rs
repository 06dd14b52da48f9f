//! Patterns, held against the functions that they stand for.

use proptest::prelude::*;

use super::*;
use crate::envelope::EnvelopeId;
use crate::id::{
    BuildId, CommitHash, ConflictId, DecisionId, EventId, InputKey, MissionSlug, NodeId,
    ProjectUuid, RunId, StepId, TemplateHash, WorkPackageId,
};
use crate::{pattern, time};

/// Texts that are nearly an identifier: right, cut, doubled, with one character of another kind.
fn nearly() -> impl Strategy<Value = String> {
    let sound = prop_oneof![
        "[0-7][0-9A-HJKMNP-TV-Z]{25}",
        "[0-9A-Za-z]{11,27}",
        "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
        "[0-9a-f]{32}",
        "[0-9a-f]{40}",
        "[0-9a-f]{64}",
        "WP[0-9]{0,10}",
        "(input|audit|other):[!-~]{0,8}",
        "[0-9A-Za-z_.:#-]{0,12}",
        "[a-z]{62,66}",
        "[a-z]{127,130}",
        "[a-z]{199,202}",
        "input:[a-z]{199,202}",
    ];
    let odd = prop_oneof![
        Just('\u{85}'),
        Just('\u{a0}'),
        Just('\u{feff}'),
        Just('\u{2028}'),
        Just('\u{200b}'),
        Just('\n'),
        Just('\u{7f}'),
        Just('é'),
        any::<char>(),
        "[ -~]".prop_map(|text| text.chars().next().unwrap()),
    ];
    (sound, odd, any::<prop::sample::Index>(), 0..6).prop_map(|(text, odd, at, how)| {
        let mut chars: Vec<char> = text.chars().collect();
        let at = at.index(chars.len() + 1);
        match how {
            0 => chars.insert(at, odd),
            1 if at < chars.len() => chars[at] = odd,
            2 if at < chars.len() => drop(chars.remove(at)),
            _ => {}
        }
        chars.into_iter().collect()
    })
}

/// What is longer than a limit in bytes alone, no pattern can refuse.
fn same<T: JsonSchema + std::str::FromStr>(text: &str) -> Result<(), TestCaseError> {
    let schema = validator(&read::<T>());
    let (parsed, matched) = (text.parse::<T>().is_ok(), schema.is_valid(&json!(text)));
    if text.is_ascii() || parsed {
        prop_assert_eq!(parsed, matched, "{:?}", text);
    }
    Ok(())
}

proptest! {
    #[test]
    fn identifiers(text in nearly()) {
        same::<EventId>(&text)?;
        same::<BuildId>(&text)?;
        same::<CommitHash>(&text)?;
        same::<ConflictId>(&text)?;
        same::<DecisionId>(&text)?;
        same::<InputKey>(&text)?;
        same::<MissionSlug>(&text)?;
        same::<NodeId>(&text)?;
        same::<ProjectUuid>(&text)?;
        same::<RunId>(&text)?;
        same::<StepId>(&text)?;
        same::<TemplateHash>(&text)?;
        same::<WorkPackageId>(&text)?;
        same::<EnvelopeId>(&text)?;
    }

    /// Short enough, what isn't ASCII is judged alike, too.
    #[test]
    fn keys_in_all_letters(text in "\\PC{0,20}|[\\s\\p{Cc}a]{0,3}") {
        let schema = validator(&read::<InputKey>());
        prop_assert_eq!(text.parse::<InputKey>().is_ok(), schema.is_valid(&json!(text)));
        let said = validator(&json!({ "pattern": pattern::SAID }));
        prop_assert_eq!(!text.trim().is_empty(), said.is_valid(&json!(text)));
    }

    /// A time that the reader takes has the form, whatever else is asked of it.
    #[test]
    fn times(text in "2026-0[1-9]-[0-2][0-9][T ]?[0-2]?[0-9]?(:?[0-5][0-9]){0,2}([.,][0-9]{0,9})?(Z|z|[+-][0-9]{2}(:?[0-9]{2})?|)") {
        let utc = validator(&json!({ "pattern": pattern::UTC }));
        let iso = validator(&json!({ "pattern": pattern::ISO }));
        prop_assert!(!time::is_utc(&text) || utc.is_valid(&json!(text)), "utc {:?}", text);
        prop_assert!(!time::is_iso(&text) || iso.is_valid(&json!(text)), "iso {:?}", text);
    }

    /// A day in the calendar and an hour of the day: then the form is all that is asked.
    #[test]
    fn sound_times(text in "2026-0[1-9]-[12][0-8]T[01][0-9]:[0-5][0-9]:[0-5][0-9]([.][0-9]{1,9})?(Z|[+]00:00|[+]02:00|)") {
        let utc = validator(&json!({ "pattern": pattern::UTC }));
        let iso = validator(&json!({ "pattern": pattern::ISO }));
        prop_assert_eq!(time::is_utc(&text), utc.is_valid(&json!(text)), "utc {:?}", &text);
        prop_assert_eq!(time::is_iso(&text), iso.is_valid(&json!(text)), "iso {:?}", &text);
    }
}
