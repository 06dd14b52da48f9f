//! How a seed file is laid out: its list, its entries and their fields, and where each stands. Nothing is judged.

use std::fmt;
use std::ops::Range;

use serde::Deserialize;
use serde::de::{self, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use serde_saphyr::{Location, Spanned};

/// A seed file as it stands, with the places of everything.
#[derive(Debug, Default)]
pub(super) struct File {
    /// The entries of the list; none where the file has no such key or it is bare.
    pub(super) terms: Option<Vec<Item>>,
    /// Where the value of `terms` begins, where it has one.
    pub(super) at: Option<usize>,
    /// Whether there is a key `terms`.
    pub(super) has_terms: bool,
    /// The keys that a seed file doesn't have.
    pub(super) others: Vec<Key>,
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
    pub(super) span: Range<usize>,
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
                        match list.value.map(items) {
                            Some(None) => unplaced = true,
                            Some(found @ Some(_)) => file.terms = found,
                            None => {}
                        }
                    } else {
                        map.next_value::<IgnoredAny>()?;
                        match Key::of(&key) {
                            Some(key) => file.others.push(key),
                            None => unplaced = true,
                        }
                    }
                }
                Ok(Root(if unplaced {
                    Err("its keys and entries can't be placed".to_owned())
                } else {
                    Ok(file)
                }))
            }
        }
        deserializer.deserialize_map(Reader)
    }
}

/// The entries with their places; none where one has no place, for then it must not pass for absent.
fn items(entries: Vec<Spanned<Entry>>) -> Option<Vec<Item>> {
    entries.into_iter().map(item).collect()
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

fn span(location: &Location) -> Option<Range<usize>> {
    let span = location.span();
    let start = usize::try_from(span.byte_offset()?).ok()?;
    let length = usize::try_from(span.byte_len()?).ok()?;
    Some(start..start + length)
}
