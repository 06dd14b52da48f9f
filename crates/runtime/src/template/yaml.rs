//! YAML as it stands, with the place of each value.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use serde_saphyr::{Location, Spanned};

use super::problem::{Place, Problem};

/// How much of the parser's own words is repeated, in characters.
const MAX_MESSAGE_CHARS: usize = 300;

/// A value and where it begins.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Yaml {
    pub(super) place: Place,
    pub(super) value: Kind,
}

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
    List(Vec<Yaml>),
    Map(Vec<(Key, Yaml)>),
}

/// A key of a mapping and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Key {
    pub(super) place: Place,
    pub(super) name: String,
}

impl Yaml {
    /// Says what it is, as the end of a sentence.
    pub(super) fn kind(&self) -> &'static str {
        match &self.value {
            Kind::Null => "nothing",
            Kind::Bool(_) => "true or false",
            Kind::Int(_) | Kind::Float(_) => "a number",
            Kind::Text(_) => "a text",
            Kind::List(_) => "a list",
            Kind::Map(_) => "a mapping",
        }
    }

    /// Returns the value as JSON.
    pub(super) fn to_json(&self) -> Value {
        match &self.value {
            Kind::Null => Value::Null,
            Kind::Bool(one) => Value::Bool(*one),
            Kind::Int(one) => Value::from(*one),
            Kind::Float(one) => Number::from_f64(*one).map_or(Value::Null, Value::Number),
            Kind::Text(one) => Value::String(one.clone()),
            Kind::List(all) => all.iter().map(Self::to_json).collect(),
            Kind::Map(all) => {
                let members = all
                    .iter()
                    .map(|(key, value)| (key.name.clone(), value.to_json()));
                Value::Object(members.collect::<Map<_, _>>())
            }
        }
    }
}

/// Reads one YAML document.
///
/// # Errors
/// With what the parser stumbled over.
pub(super) fn read(text: &str) -> Result<Yaml, Problem> {
    let start = Place { line: 1, column: 1 };
    if text.trim_start_matches('\u{feff}').trim().is_empty() {
        return Ok(Yaml {
            place: start,
            value: Kind::Null,
        });
    }
    // As YAML 1.2 has it: `yes` is a word.
    let options = serde_saphyr::options! { strict_booleans: true, with_snippet: false };
    let root: Spanned<Any> =
        serde_saphyr::from_str_with_options(text, options).map_err(|error| {
            let place = error.location().map_or(start, |at| Place::of(&at));
            let message = error.to_string();
            let line = message.lines().next().unwrap_or_default();
            Problem {
                place,
                message: format!(
                    "this is no YAML that can be read: {}",
                    line.chars().take(MAX_MESSAGE_CHARS).collect::<String>()
                ),
            }
        })?;
    Ok(placed(root))
}

impl Place {
    fn of(location: &Location) -> Self {
        Self {
            line: location.line().max(1),
            column: location.column().max(1),
        }
    }
}

fn placed(spanned: Spanned<Any>) -> Yaml {
    Yaml {
        place: Place::of(&spanned.referenced),
        value: spanned.value.0,
    }
}

/// Any value.
struct Any(Kind);

impl<'de> Deserialize<'de> for Any {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Any;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Any, A::Error> {
                let mut members = Vec::new();
                while let Some(key) = map.next_key::<Spanned<String>>()? {
                    let value: Spanned<Any> = map.next_value()?;
                    let key = Key {
                        place: Place::of(&key.referenced),
                        name: key.value,
                    };
                    members.push((key, placed(value)));
                }
                Ok(Any(Kind::Map(members)))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Any, A::Error> {
                let mut all = Vec::new();
                while let Some(one) = seq.next_element::<Spanned<Any>>()? {
                    all.push(placed(one));
                }
                Ok(Any(Kind::List(all)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Any, E> {
                Ok(Any(Kind::Text(text.to_owned())))
            }

            fn visit_bool<E>(self, one: bool) -> Result<Any, E> {
                Ok(Any(Kind::Bool(one)))
            }

            fn visit_i64<E>(self, one: i64) -> Result<Any, E> {
                Ok(Any(Kind::Int(one)))
            }

            fn visit_u64<E>(self, one: u64) -> Result<Any, E> {
                #[allow(clippy::cast_precision_loss, reason = "too large to be exact")]
                Ok(Any(
                    i64::try_from(one).map_or(Kind::Float(one as f64), Kind::Int)
                ))
            }

            fn visit_f64<E>(self, one: f64) -> Result<Any, E> {
                Ok(Any(Kind::Float(one)))
            }

            fn visit_unit<E>(self) -> Result<Any, E> {
                Ok(Any(Kind::Null))
            }

            fn visit_none<E>(self) -> Result<Any, E> {
                Ok(Any(Kind::Null))
            }
        }
        deserializer.deserialize_any(Reader)
    }
}
