//! Seed files: `.kittify/glossaries/<scope>.yaml`, read term by term, so that one bad term costs only itself.
//!
//! Source of the format: spec-kitty's seed files. What its reader refuses is no term here either.

use pawtrail_event::glossary::{Scope, Source, Status, Term, surface};
use serde_json::Value;

use super::layout::{self, Item};

/// The largest seed file, in bytes.
pub(super) const LIMIT: usize = 4 * 1024 * 1024;

/// What a seed file says.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Seed {
    /// Its terms, in the file's order, each once.
    pub(super) terms: Vec<Term>,
    /// What is no term, and why.
    pub(super) problems: Vec<(u64, String)>,
}

/// Returns where a checkout, or a branch, has the seed file of a scope.
pub(super) fn path(scope: Scope) -> String {
    format!(".kittify/glossaries/{scope}.yaml")
}

/// Reads a seed file.
///
/// # Errors
/// Says why the file as a whole is none.
pub(super) fn read(scope: Scope, content: &[u8]) -> Result<Seed, String> {
    let text = text(content)?;
    let file = layout::parse(text)?;
    let mut seed = Seed::default();
    for key in file.others {
        seed.problems
            .push((key.line, format!("`{}` is no key of a seed file", key.name)));
    }
    for item in file.terms.unwrap_or_default() {
        match term(scope, &item) {
            Ok(term) if seed.terms.iter().any(|known| known.surface == term.surface) => {
                let reason = format!("`{}` stands twice; the first counts", term.surface);
                seed.problems.push((item.line, reason));
            }
            Ok(term) => seed.terms.push(term),
            Err(reason) => seed.problems.push((item.line, reason)),
        }
    }
    Ok(seed)
}

/// Returns the text of a seed file, within limits.
pub(super) fn text(content: &[u8]) -> Result<&str, String> {
    if content.len() > LIMIT {
        return Err(format!("it is larger than {LIMIT} bytes"));
    }
    std::str::from_utf8(content).map_err(|_| "it is no UTF-8".to_owned())
}

/// Judges an entry as the Python tool does.
fn term(scope: Scope, item: &Item) -> Result<Term, String> {
    if item.fields.is_none() {
        return Err("the entry is no mapping".to_owned());
    }
    let value = |name: &str| item.field(name).map(|field| &field.value);
    let text = |name: &str| match value(name) {
        Some(Value::String(text)) => Ok(text.as_str()),
        Some(_) => Err(format!("`{name}` is no text (quote it)")),
        None => Err(format!("`{name}` is missing")),
    };
    let found = text("surface")?;
    let about =
        |reason: String| format!("`{}`: {reason}", found.chars().take(80).collect::<String>());
    if found.is_empty() || surface(found) != found {
        return Err(about(
            "`surface` is not trimmed and in lower case".to_owned(),
        ));
    }
    let definition = text("definition").map_err(about)?;
    if definition.trim().is_empty() {
        return Err(about("`definition` is empty".to_owned()));
    }
    let confidence = match value("confidence") {
        None => 1.0,
        Some(Value::Number(number)) => number
            .as_f64()
            .filter(|number| (0.0..=1.0).contains(number))
            .ok_or_else(|| about("`confidence` is not from 0 to 1".to_owned()))?,
        Some(_) => return Err(about("`confidence` is no number".to_owned())),
    };
    let status = match value("status") {
        None => Status::Draft,
        Some(Value::String(word)) => word
            .parse()
            .map_err(|error| about(format!("`status`: {error}")))?,
        Some(_) => return Err(about("`status` is no text".to_owned())),
    };
    for field in item.fields.iter().flatten() {
        let sound = match field.key.name.as_str() {
            "surface" | "definition" | "confidence" | "status" => true,
            "see_also" => is_list(&field.value, |entry| {
                entry
                    .as_object()
                    .is_some_and(|map| map.values().all(Value::is_string))
            }),
            "synonyms_to_avoid" => is_list(&field.value, Value::is_string),
            "introduced_in_mission" => field.value.is_null() || field.value.is_string(),
            other => return Err(about(format!("`{other}` is no key of a term"))),
        };
        if !sound {
            return Err(about(format!("`{}` is malformed", field.key.name)));
        }
    }
    Ok(Term {
        surface: found.to_owned(),
        scope,
        definition: definition.to_owned(),
        confidence,
        status,
        source: Source::Seed,
    })
}

fn is_list(value: &Value, sound: impl Fn(&Value) -> bool) -> bool {
    value.is_null() || value.as_array().is_some_and(|list| list.iter().all(sound))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seed(text: &str) -> Seed {
        read(Scope::TeamDomain, text.as_bytes()).unwrap()
    }

    #[test]
    fn a_bad_term_is_reported_and_costs_only_itself() {
        let seed = seed(
            "terms:\n- surface: good\n  definition: D\n- surface: Bad\n  definition: D\n- surface: yes\n  definition: no quotes needed\n\
             - just text\n- [a]\n- surface: x\n  definition: ' '\n- surface: y\n  definition: D\n  colour: red\n- surface: 12\n  definition: D\n\
             - surface: z\n  definition: D\n  confidence: true\n- surface: good\n  definition: again\n- ~\n- surface: last\n  definition: D\n  status: active\n",
        );
        let terms: Vec<_> = seed
            .terms
            .iter()
            .map(|term| (term.surface.as_str(), term.status))
            .collect();
        assert_eq!(
            terms,
            [
                ("good", Status::Draft),
                ("yes", Status::Draft),
                ("last", Status::Active)
            ]
        );
        let lines: Vec<u64> = seed.problems.iter().map(|(line, _)| *line).collect();
        assert_eq!(lines, [4, 8, 9, 10, 12, 15, 17, 20, 22]);
        assert!(seed.problems[4].1.contains("colour"), "{:?}", seed.problems);
    }

    #[test]
    fn every_entry_is_a_term_or_a_problem() {
        let sound = "surface: good\n  definition: D";
        for odd in [
            "",
            "~",
            "*a",
            "&b {}",
            "!!str x",
            "!t {}",
            "''",
            "|\n  x",
            "? a",
            "[]",
            "&c",
            "!!null",
            "- a",
            "é: ü",
            "{surface: *a}",
        ] {
            let seed = seed(&format!("terms:\n- &a word\n- {odd}\n- {sound}\n"));
            assert_eq!((seed.terms.len(), seed.problems.len()), (1, 2), "{odd:?}");
        }
    }

    #[test]
    fn no_terms_are_no_problem() {
        for text in [
            "",
            "\n# c\n",
            "terms:\n",
            "terms: []\n",
            "terms: ~\n",
            "\u{feff}",
            "# only\n",
        ] {
            assert_eq!(seed(text), Seed::default(), "{text:?}");
        }
    }

    #[test]
    fn what_is_no_seed_file_says_why() {
        for text in [
            "terms: {a: b}\n",
            "- a\n",
            "terms: [\n",
            "a: b: c\n",
            "terms: 5\n",
        ] {
            assert!(
                read(Scope::TeamDomain, text.as_bytes()).is_err(),
                "{text:?}"
            );
        }
        assert!(read(Scope::TeamDomain, b"\xff").is_err());
        assert_eq!(seed("terms:\nother: 1\n").problems.len(), 1);
    }
}
