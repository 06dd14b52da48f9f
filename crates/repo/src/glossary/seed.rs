//! Seed files: `.kittify/glossaries/<scope>.yaml`, read term by term, so that one bad term costs only itself.
//!
//! Source of the format: spec-kitty's seed files. What its reader refuses is no term here either.

use std::fmt;

use pawtrail_event::glossary::{Scope, Source, Status, Term, surface};
use serde::Deserialize;
use serde::de::{self, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use serde_saphyr::{Location, Spanned};

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
    let file = parse(text)?;
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

/// A seed file as it stands, with the places of everything.
#[derive(Debug, Default)]
pub(super) struct File {
    /// Where the list of terms begins, and its items; none where the file has no such key or it is bare.
    pub(super) terms: Option<Vec<Item>>,
    /// Where the value of `terms` begins, where it has one.
    pub(super) at: Option<usize>,
    /// Whether there is a key `terms`.
    pub(super) has_terms: bool,
    others: Vec<Key>,
}

/// One entry of the list.
#[derive(Debug)]
pub(super) struct Item {
    /// The line it begins on, from 1.
    pub(super) line: u64,
    /// Where it begins, in bytes.
    pub(super) at: usize,
    /// Its fields; none where it is no mapping.
    pub(super) fields: Option<Vec<Field>>,
}

/// One field of an entry.
#[derive(Debug)]
pub(super) struct Field {
    /// Its key.
    pub(super) key: Key,
    /// Its value.
    pub(super) value: Value,
    /// Where the value stands, in bytes.
    pub(super) span: std::ops::Range<usize>,
}

/// A key of a mapping.
#[derive(Debug)]
pub(super) struct Key {
    /// What it says.
    pub(super) name: String,
    /// The line it stands on, from 1.
    pub(super) line: u64,
    /// Its column, from 0, in characters.
    pub(super) column: usize,
    /// Where it ends, in bytes.
    pub(super) end: usize,
}

impl Item {
    /// Returns a field.
    pub(super) fn field(&self, name: &str) -> Option<&Field> {
        let mut fields = self.fields.iter().flatten();
        fields.find(|field| field.key.name == name)
    }
}

/// Parses a seed file without judging its terms.
pub(super) fn parse(text: &str) -> Result<File, String> {
    if text.trim_start_matches('\u{feff}').trim().is_empty() {
        return Ok(File::default());
    }
    // As YAML 1.2 has it, and the Python tool: `yes` is a word.
    let options = serde_saphyr::options! { strict_booleans: true };
    let root: Option<Root> = serde_saphyr::from_str_with_options(text, options)
        .map_err(|error| first_line(&error.to_string()))?;
    root.map_or_else(|| Ok(File::default()), |root| root.0)
}

fn first_line(text: &str) -> String {
    text.lines()
        .next()
        .unwrap_or_default()
        .chars()
        .take(300)
        .collect()
}

/// The whole document.
struct Root(Result<File, String>);

impl<'de> Deserialize<'de> for Root {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Root;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a mapping with the key `terms`")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Root, A::Error> {
                let mut file = File::default();
                let mut unplaced = false;
                while let Some(key) = map.next_key::<Spanned<String>>()? {
                    if key.value == "terms" {
                        file.has_terms = true;
                        let list: Spanned<Option<Vec<Spanned<Entry>>>> = map.next_value()?;
                        file.at = list
                            .value
                            .is_some()
                            .then(|| start(&list.referenced))
                            .flatten();
                        file.terms = list
                            .value
                            .map(|entries| entries.into_iter().filter_map(item).collect());
                    } else {
                        map.next_value::<IgnoredAny>()?;
                        match Key::of(&key) {
                            Some(key) => file.others.push(key),
                            None => unplaced = true,
                        }
                    }
                }
                Ok(Root(if unplaced {
                    Err("its keys can't be placed".to_owned())
                } else {
                    Ok(file)
                }))
            }
        }
        deserializer.deserialize_map(Reader)
    }
}

fn item(entry: Spanned<Entry>) -> Option<Item> {
    Some(Item {
        line: entry.referenced.line(),
        at: start(&entry.referenced)?,
        fields: entry.value.0,
    })
}

/// One entry, whatever it is.
struct Entry(Option<Vec<Field>>);

impl<'de> Deserialize<'de> for Entry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Entry;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a term")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entry, A::Error> {
                let mut fields = Vec::new();
                while let Some(key) = map.next_key::<Spanned<String>>()? {
                    let value: Spanned<Value> = map.next_value()?;
                    let key =
                        Key::of(&key).ok_or_else(|| de::Error::custom("a key has no place"))?;
                    let span = span(&value.referenced)
                        .ok_or_else(|| de::Error::custom("a value has no place"))?;
                    fields.push(Field {
                        key,
                        value: value.value,
                        span,
                    });
                }
                Ok(Entry(Some(fields)))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Entry, A::Error> {
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Entry(None))
            }

            fn visit_str<E>(self, _: &str) -> Result<Entry, E> {
                Ok(Entry(None))
            }

            fn visit_bool<E>(self, _: bool) -> Result<Entry, E> {
                Ok(Entry(None))
            }

            fn visit_i64<E>(self, _: i64) -> Result<Entry, E> {
                Ok(Entry(None))
            }

            fn visit_u64<E>(self, _: u64) -> Result<Entry, E> {
                Ok(Entry(None))
            }

            fn visit_f64<E>(self, _: f64) -> Result<Entry, E> {
                Ok(Entry(None))
            }

            fn visit_unit<E>(self) -> Result<Entry, E> {
                Ok(Entry(None))
            }

            fn visit_none<E>(self) -> Result<Entry, E> {
                Ok(Entry(None))
            }
        }
        deserializer.deserialize_any(Reader)
    }
}

impl Key {
    fn of(key: &Spanned<String>) -> Option<Self> {
        Some(Self {
            name: key.value.clone(),
            line: key.referenced.line(),
            column: usize::try_from(key.referenced.column())
                .ok()?
                .checked_sub(1)?,
            end: span(&key.referenced)?.end,
        })
    }
}

fn start(location: &Location) -> Option<usize> {
    span(location).map(|span| span.start)
}

fn span(location: &Location) -> Option<std::ops::Range<usize>> {
    let span = location.span();
    let start = usize::try_from(span.byte_offset()?).ok()?;
    let length = usize::try_from(span.byte_len()?).ok()?;
    Some(start..start + length)
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
