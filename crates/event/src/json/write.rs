//! Writers whose bytes are those of Python's `json.dumps(value, sort_keys=True, …)`.
//!
//! A `Value` is written directly and not through a `Serializer`: so no writer can fail, and none
//! has to say what it would mean if it did. Keys come sorted by code point from the map itself.

use serde_json::{Number, Value};

/// Writes LOG: one line, separators `", "` and `": "`, ASCII only, with its final newline.
pub fn log(value: &Value) -> String {
    document(value, &LOG)
}

/// Writes LOG-COMPACT: one line, separators `","` and `":"`, ASCII only, with its final newline.
pub fn log_compact(value: &Value) -> String {
    document(value, &LOG_COMPACT)
}

/// Writes PRETTY: two spaces a level, characters as they are, with a final newline.
pub fn pretty(value: &Value) -> String {
    document(value, &PRETTY)
}

/// Writes PRETTY-ASCII: as [`pretty`], with every character beyond ASCII escaped.
pub fn pretty_ascii(value: &Value) -> String {
    document(value, &PRETTY_ASCII)
}

/// What distinguishes the four forms.
struct Form {
    comma: &'static str,
    colon: &'static str,
    indent: bool,
    ascii: bool,
}

const LOG: Form = Form {
    comma: ", ",
    colon: ": ",
    indent: false,
    ascii: true,
};
const LOG_COMPACT: Form = Form {
    comma: ",",
    colon: ":",
    indent: false,
    ascii: true,
};
const PRETTY: Form = Form {
    comma: ",",
    colon: ": ",
    indent: true,
    ascii: false,
};
const PRETTY_ASCII: Form = Form {
    comma: ",",
    colon: ": ",
    indent: true,
    ascii: true,
};

fn document(value: &Value, form: &Form) -> String {
    let mut out = String::with_capacity(256);
    write(&mut out, value, form, 0);
    out.push('\n');
    out
}

fn write(out: &mut String, value: &Value, form: &Form, level: usize) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(true) => out.push_str("true"),
        Value::Bool(false) => out.push_str("false"),
        Value::Number(number) => write_number(out, number),
        Value::String(text) => write_string(out, text, form),
        Value::Array(items) if items.is_empty() => out.push_str("[]"),
        Value::Array(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                separate(out, form, at, level + 1);
                write(out, item, form, level + 1);
            }
            break_line(out, form, level);
            out.push(']');
        }
        Value::Object(map) if map.is_empty() => out.push_str("{}"),
        Value::Object(map) => {
            out.push('{');
            for (at, (key, item)) in map.iter().enumerate() {
                separate(out, form, at, level + 1);
                write_string(out, key, form);
                out.push_str(form.colon);
                write(out, item, form, level + 1);
            }
            break_line(out, form, level);
            out.push('}');
        }
    }
}

/// A document that borrows its parts: for those that are written far more often than anything else is done with them.
#[derive(Debug)]
pub(crate) enum Node<'a> {
    /// A value as it is.
    Value(&'a Value),
    /// A text, or null.
    Text(Option<&'a str>),
    /// A whole number.
    Number(u64),
    /// An object; its keys differ.
    Object(Vec<(&'a str, Node<'a>)>),
}

/// Writes PRETTY, as [`pretty`] does of the same document. A text that has room for all that is written moves nowhere.
pub(crate) fn pretty_node(node: Node<'_>, room: usize) -> String {
    let mut out = String::with_capacity(room);
    write_node(&mut out, node, 0);
    out.push('\n');
    out
}

fn write_node(out: &mut String, node: Node<'_>, level: usize) {
    match node {
        Node::Value(value) => write(out, value, &PRETTY, level),
        Node::Text(None) => out.push_str("null"),
        Node::Text(Some(text)) => write_string(out, text, &PRETTY),
        Node::Number(number) => out.push_str(&number.to_string()),
        Node::Object(entries) if entries.is_empty() => out.push_str("{}"),
        Node::Object(mut entries) => {
            entries.sort_unstable_by_key(|(key, _)| *key);
            out.push('{');
            for (at, (key, item)) in entries.into_iter().enumerate() {
                separate(out, &PRETTY, at, level + 1);
                write_string(out, key, &PRETTY);
                out.push_str(PRETTY.colon);
                write_node(out, item, level + 1);
            }
            break_line(out, &PRETTY, level);
            out.push('}');
        }
    }
}

fn separate(out: &mut String, form: &Form, at: usize, level: usize) {
    if at > 0 {
        out.push_str(form.comma);
    }
    break_line(out, form, level);
}

fn break_line(out: &mut String, form: &Form, level: usize) {
    // Few documents nest deeper, and one piece is sooner written than many.
    const LINE: &str = "\n                ";
    if form.indent {
        let wide = 1 + level * 2;
        match LINE.get(..wide) {
            Some(line) => out.push_str(line),
            None => {
                out.push_str(LINE);
                out.extend(std::iter::repeat_n(' ', wide - LINE.len()));
            }
        }
    }
}

fn write_string(out: &mut String, text: &str, form: &Form) {
    out.push('"');
    // Nearly every text is plain. To look at all of it without leaving early is several bytes a step.
    if !text
        .bytes()
        .fold(false, |found, byte| found | is_special(byte, form))
    {
        out.push_str(text);
        out.push('"');
        return;
    }
    let mut rest = text;
    // Most of a text stands for itself and is copied in one piece.
    while let Some(at) = rest.bytes().position(|byte| is_special(byte, form)) {
        let (plain, tail) = rest.split_at(at);
        out.push_str(plain);
        let mut characters = tail.chars();
        if let Some(character) = characters.next() {
            write_special(out, character);
        }
        rest = characters.as_str();
    }
    out.push_str(rest);
    out.push('"');
}

/// Whether a byte is, or begins, a character that doesn't stand for itself.
fn is_special(byte: u8, form: &Form) -> bool {
    (byte < b' ') | (byte == b'"') | (byte == b'\\') | (form.ascii & (byte >= 0x7f))
}

fn write_special(out: &mut String, character: char) {
    match character {
        '"' => out.push_str("\\\""),
        '\\' => out.push_str("\\\\"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        '\u{8}' => out.push_str("\\b"),
        '\u{c}' => out.push_str("\\f"),
        other => escape(out, other),
    }
}

/// Writes `\uXXXX` in lower case, a surrogate pair for a character beyond the first plane.
fn escape(out: &mut String, character: char) {
    for unit in character.encode_utf16(&mut [0; 2]) {
        out.push_str(&format!("\\u{unit:04x}"));
    }
}

fn write_number(out: &mut String, number: &Number) {
    match number.as_f64() {
        Some(float) if number.is_f64() => write_float(out, float),
        Some(_) | None => out.push_str(&number.to_string()),
    }
}

/// Writes Python's `repr` of a float: the shortest digits that read back, with an exponent below
/// 1e-4 and from 1e16 on.
fn write_float(out: &mut String, float: f64) {
    let scientific = format!("{float:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let power: i32 = exponent.parse().unwrap_or(0);
    if (-4..16).contains(&power) {
        let plain = format!("{float}");
        let whole = !plain.contains('.');
        out.push_str(&plain);
        if whole {
            out.push_str(".0");
        }
    } else {
        let sign = if power < 0 { '-' } else { '+' };
        out.push_str(&format!("{mantissa}e{sign}{:02}", power.abs()));
    }
}
