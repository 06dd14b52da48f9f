//! What a shape is: the fields of an object and what they may hold, in the words in which the tables are written.

use serde_json::{Map, Value};

use super::violation::Violation;

/// What a field may hold.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    /// Any text.
    Text,
    /// A text with at least one character.
    Filled,
    /// One of these.
    OneOf(&'static [&'static str]),
    /// An integer of at least so much.
    Int(i64),
    /// An integer of at least 1, written without a fraction.
    Number,
    /// A number from 0 to 1.
    Share,
    /// True or false.
    Bool,
    /// A date, or a date and a time, in ISO 8601.
    Time,
    /// An `http` or `https` address.
    Url,
    /// A list of at least so many texts.
    Texts(usize),
    /// An object whose values are texts.
    TextMap,
    /// A text that isn't blank, or an object that isn't empty.
    Actor,
    /// An object of this shape.
    Object(&'static Shape),
    /// A list of at least so many objects of this shape.
    Objects(&'static Shape, usize),
}

/// One field of a shape.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field {
    /// Its key.
    pub(super) name: &'static str,
    /// What it may hold.
    pub(super) kind: Kind,
    /// Whether it must be there.
    pub(super) required: bool,
    /// Whether null stands for no value.
    pub(super) nullable: bool,
}

/// What holds between the fields of an object.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rule {
    /// Checks it.
    pub(super) check: fn(&Map<String, Value>) -> Result<(), Violation>,
    /// Says it in JSON Schema: a list, of which all must hold.
    pub(super) describe: fn() -> Value,
}

/// The fields of an object.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    /// Another one, whose fields it has too.
    pub(super) base: Option<&'static Shape>,
    /// Its own.
    pub(super) fields: &'static [Field],
    /// Whether other fields are refused.
    pub(super) closed: bool,
    /// What holds between fields.
    pub(super) rule: Option<Rule>,
}

impl Shape {
    /// All fields, those of the base first.
    pub(super) fn all(&self) -> impl Iterator<Item = &'static Field> {
        let base = self.base.map_or(&[][..], |base| base.fields);
        base.iter().chain(self.fields)
    }
}

/// A field, in one line of a table.
pub(super) const fn field(name: &'static str, kind: Kind, required: bool, nullable: bool) -> Field {
    Field {
        name,
        kind,
        required,
        nullable,
    }
}

/// There, and not null.
pub(super) const fn must(name: &'static str, kind: Kind) -> Field {
    field(name, kind, true, false)
}

/// Absent, or not null.
pub(super) const fn may(name: &'static str, kind: Kind) -> Field {
    field(name, kind, false, false)
}

/// Absent, null, or a value.
pub(super) const fn or_null(name: &'static str, kind: Kind) -> Field {
    field(name, kind, false, true)
}

/// A shape that may have other fields.
pub(super) const fn open(fields: &'static [Field]) -> Shape {
    Shape {
        base: None,
        fields,
        closed: false,
        rule: None,
    }
}

/// A shape that has no other fields.
pub(super) const fn closed(fields: &'static [Field]) -> Shape {
    Shape {
        base: None,
        fields,
        closed: true,
        rule: None,
    }
}

/// A shape that has the fields of another one, too.
pub(super) const fn with(base: &'static Shape, shape: Shape) -> Shape {
    Shape {
        base: Some(base),
        ..shape
    }
}
