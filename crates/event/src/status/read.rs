//! One line to one row: the line is walked once, and what no fold needs is passed over unread.
//!
//! Lines as the tools write them are scanned ([`super::scan`]); every other line is read by `serde_json`, which says what
//! is wrong with it. Both give the same.

use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};

use super::head::{Head, Payload, Pick};
use super::loose::Key;
use super::row::{Claim, Row};
use super::scan;
use crate::json;

/// Reads a line without its line end.
pub(super) fn row(line: &str) -> Result<Row<'_>, String> {
    if line.len() > json::MAX_LINE_BYTES {
        return Err(json::ParseError::TooLong(line.len()).to_string());
    }
    let mut head = Head::default();
    if scan::fill(&mut head, line).is_some() {
        return head.take_row();
    }
    let mut head = head_of(line)?;
    let inexact = head.has_float();
    let row = head.take_row()?;
    if inexact {
        json::parse(line).map_err(|error| error.to_string())?;
    }
    Ok(row)
}

/// Reads the head of any row that is JSON.
#[cold]
pub(super) fn head_of(line: &str) -> Result<Head<'_>, String> {
    let mut head = Head::default();
    let mut json = serde_json::Deserializer::from_str(line);
    let read = HeadSeed(&mut head)
        .deserialize(&mut json)
        .and_then(|()| json.end());
    match read {
        Ok(()) => Ok(head),
        // The strict reader knows what it is instead of JSON.
        Err(error) => {
            Err(json::parse(line).map_or_else(|why| why.to_string(), |_| error.to_string()))
        }
    }
}

/// Fills a head where it stands: it is large, and is moved nowhere.
struct HeadSeed<'h, 'a>(&'h mut Head<'a>);

impl<'de> DeserializeSeed<'de> for HeadSeed<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for HeadSeed<'_, 'de> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(Key(key)) = map.next_key()? {
            match (key.as_ref(), self.0.slot(&key)) {
                (_, Some(slot)) => *slot = Some(map.next_value()?),
                ("policy_metadata", None) => {
                    self.0.claim = map.next_value::<Picked<'de, Claim<'de>>>()?.0;
                }
                ("payload", None) => {
                    self.0.payload = map.next_value::<Picked<'de, Payload<'de>>>()?.0;
                }
                (_, None) => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

/// What counts of an object; nothing where it is none.
struct Picked<'a, T>(T, std::marker::PhantomData<&'a ()>);

impl<'de, T: Pick<'de>> Deserialize<'de> for Picked<'de, T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer
            .deserialize_any(PickedVisitor(std::marker::PhantomData))
            .map(|picked| Picked(picked, std::marker::PhantomData))
    }
}

struct PickedVisitor<T>(std::marker::PhantomData<T>);

impl<'de, T: Pick<'de>> Visitor<'de> for PickedVisitor<T> {
    type Value = T;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<T, E> {
        Ok(T::default())
    }

    fn visit_bool<E>(self, _: bool) -> Result<T, E> {
        Ok(T::default())
    }

    fn visit_i64<E>(self, _: i64) -> Result<T, E> {
        Ok(T::default())
    }

    fn visit_u64<E>(self, _: u64) -> Result<T, E> {
        Ok(T::default())
    }

    fn visit_f64<E>(self, _: f64) -> Result<T, E> {
        Ok(T::default())
    }

    fn visit_str<E>(self, _: &str) -> Result<T, E> {
        Ok(T::default())
    }

    fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut seq: A) -> Result<T, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(T::default())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<T, A::Error> {
        let mut picked = T::default();
        while let Some(Key(key)) = map.next_key()? {
            match picked.slot(&key) {
                Some(slot) => *slot = Some(map.next_value()?),
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(picked)
    }
}
