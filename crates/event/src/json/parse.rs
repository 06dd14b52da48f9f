//! A strict reader for one row: what it returns is what stood there, or it is an error.

use serde_json::{Map, Value};

/// The largest line that is read as a row, in bytes.
pub const MAX_LINE_BYTES: usize = 1024 * 1024;

/// Why a line is no row.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// Larger than [`MAX_LINE_BYTES`].
    #[error("the line has {0} bytes; the limit is {MAX_LINE_BYTES}")]
    TooLong(usize),
    /// Not JSON, or nested deeper than 127 levels.
    #[error("the line is not JSON: {0}")]
    Syntax(String),
    /// `NaN`, `Infinity` or `-Infinity`, which Python writes and JSON doesn't have.
    #[error("the line is not JSON: it holds {0}, which is no JSON number")]
    NotFinite(&'static str),
    /// An integer that would come out as another number: 64 bits don't hold it, or it is `-0`.
    #[error("the integer {0} can't be kept exactly: it is -0 or beyond 64 bits")]
    Integer(String),
    /// JSON, but no object.
    #[error("the line is JSON, but {0} and no object")]
    NotAnObject(&'static str),
}

impl ParseError {
    /// Returns the stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLong(_) => "LINE_TOO_LONG",
            Self::Syntax(_) | Self::NotFinite(_) => "LINE_NOT_JSON",
            Self::Integer(_) => "LINE_NUMBER_INEXACT",
            Self::NotAnObject(_) => "LINE_NOT_AN_OBJECT",
        }
    }
}

/// Reads one row. A key that is repeated has its last value, as in Python.
///
/// # Errors
/// When the line is too long, isn't a JSON object, or holds a number that can't be kept exactly.
pub fn parse(line: &str) -> Result<Map<String, Value>, ParseError> {
    if line.len() > MAX_LINE_BYTES {
        return Err(ParseError::TooLong(line.len()));
    }
    let value: Value = match serde_json::from_str(line) {
        Ok(value) => value,
        Err(error) => {
            return Err(match not_finite(line) {
                Some(name) => ParseError::NotFinite(name),
                None => ParseError::Syntax(error.to_string()),
            });
        }
    };
    let map = match value {
        Value::Object(map) => map,
        Value::Null => return Err(ParseError::NotAnObject("null")),
        Value::Bool(_) => return Err(ParseError::NotAnObject("a boolean")),
        Value::Number(_) => return Err(ParseError::NotAnObject("a number")),
        Value::String(_) => return Err(ParseError::NotAnObject("a string")),
        Value::Array(_) => return Err(ParseError::NotAnObject("an array")),
    };
    match outside_strings(line).find(|word| is_inexact(word)) {
        Some(word) => Err(ParseError::Integer(word.chars().take(80).collect())),
        None => Ok(map),
    }
}

/// An integer that `serde_json` reads as a float: beyond 64 bits, or `-0`.
fn is_inexact(word: &str) -> bool {
    word.starts_with(|first: char| first == '-' || first.is_ascii_digit())
        && !word.contains(['.', 'e', 'E'])
        && word.parse::<u64>().is_err()
        && (word == "-0" || word.parse::<i64>().is_err())
}

fn not_finite(line: &str) -> Option<&'static str> {
    outside_strings(line).find_map(|word| match word {
        "NaN" => Some("NaN"),
        "Infinity" => Some("Infinity"),
        "-Infinity" => Some("-Infinity"),
        _ => None,
    })
}

/// Returns the words of a JSON text that stand in no string: numbers and names.
fn outside_strings(line: &str) -> impl Iterator<Item = &str> {
    let mut rest = line;
    std::iter::from_fn(move || {
        loop {
            let start = rest.find(|c: char| c == '"' || is_word(c))?;
            rest = &rest[start..];
            if let Some(string) = rest.strip_prefix('"') {
                rest = after_string(string);
                continue;
            }
            let end = rest.find(|c: char| !is_word(c)).unwrap_or(rest.len());
            let (word, tail) = rest.split_at(end);
            rest = tail;
            return Some(word);
        }
    })
}

fn is_word(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '-' | '+' | '.')
}

/// Returns what follows the closing quote of a string whose opening one is gone.
fn after_string(text: &str) -> &str {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'\\' if !escaped => escaped = true,
            b'"' if !escaped => return &text[at + 1..],
            _ => escaped = false,
        }
    }
    ""
}
