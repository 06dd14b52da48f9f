//! Writing terms into a seed file: every byte that isn't the term's stays, and what was made is read back.
//!
//! Places come from the reader of YAML, so a meaning is replaced exactly where it stands. The library that edits YAML
//! is asked only for lists in flow style: in block style it takes the blank line behind a folded text along, and puts a
//! new entry where the comment of what follows stands.

use std::ops::Range;

use pawtrail_event::glossary::{Scope, Status, Term};
use serde_json::Value;

use super::layout::{self, Field, File, Item};
use super::seed;

/// What a new seed file begins with.
fn head(scope: Scope) -> String {
    format!("# Glossary of the scope {scope}\n\nterms:\n")
}

/// Returns the file's content with these terms meaning what they say, each active. All are of one scope. Content that
/// says so already comes back as it was.
///
/// # Errors
/// Says why the file can't be changed without harm.
pub(super) fn set(scope: Scope, content: Option<&[u8]>, terms: &[Term]) -> Result<Vec<u8>, String> {
    let mut text = match content {
        Some(content) => seed::text(content)?.to_owned(),
        None => head(scope),
    };
    for term in terms {
        text = set_one(scope, &text, term)?;
    }
    if text.len() > seed::LIMIT {
        return Err(format!("it would be larger than {} bytes", seed::LIMIT));
    }
    Ok(text.into_bytes())
}

fn set_one(scope: Scope, text: &str, term: &Term) -> Result<String, String> {
    let file = layout::parse(text)?;
    let items = file.terms.as_deref().unwrap_or_default();
    let found = items
        .iter()
        .position(|item| surface(item) == Some(term.surface.as_str()));
    let candidates = match found {
        Some(at) => vec![replaced(text, &items[at], term)?],
        None => inserted(text, &file, term),
    };
    let before = facts(items);
    let mut refusal = "no way to add a term was found".to_owned();
    for candidate in candidates {
        match check(scope, &before, found, &candidate, term) {
            Ok(()) => return Ok(candidate),
            Err(reason) => refusal = reason,
        }
    }
    Err(format!(
        "`{}` can't be written into it: {refusal}; write it by hand",
        term.surface
    ))
}

fn surface(item: &Item) -> Option<&str> {
    item.field("surface")?.value.as_str()
}

/// Replaces the meaning of an entry where it stands, and makes it active.
fn replaced(text: &str, item: &Item, term: &Term) -> Result<String, String> {
    let definition = item
        .field("definition")
        .ok_or_else(|| format!("the entry of `{}` has no definition", term.surface))?;
    let flow = text[item.at..].starts_with('{');
    let mut edits: Vec<(Range<usize>, String)> = Vec::new();
    let place = whole(text, definition);
    if definition.value != Value::String(term.definition.clone()) {
        edits.push((place.clone(), scalar(&term.definition, flow)));
    }
    match item.field("status") {
        Some(status) if status.value == Status::Active.as_str() => {}
        Some(status) => edits.push((whole(text, status), Status::Active.to_string())),
        None if flow => edits.push((place.end..place.end, ", status: active".to_owned())),
        None => {
            let end = line_end(text, place.end);
            let indent = " ".repeat(definition.key.column);
            edits.push((end..end, format!("{}{indent}status: active", newline(text))));
        }
    }
    // From the back, so that places stay what they are.
    edits.sort_by_key(|(range, _)| std::cmp::Reverse(range.start));
    let mut text = text.to_owned();
    for (range, new) in edits {
        text.replace_range(range, &new);
    }
    Ok(text)
}

/// Where a value stands as it is written. The reader places a block text at its first letter, behind its header, and
/// lets it end where the next thing begins.
fn whole(text: &str, field: &Field) -> Range<usize> {
    let between = &text[field.key.end..field.span.start];
    let header = between
        .char_indices()
        .skip_while(|(_, c)| *c == ':' || *c == '"' || *c == '\'' || c.is_whitespace())
        .find(|(_, c)| *c == '>' || *c == '|');
    let written = &text[field.span.clone()];
    let end = field.span.start + written.trim_end().len();
    match header {
        Some((at, _)) => field.key.end + at..end,
        None => field.span.start..end,
    }
}

/// Adds an entry to the list: the ways to do it, the nicest first.
fn inserted(text: &str, file: &File, term: &Term) -> Vec<String> {
    let line = newline(text);
    let Some(items) = &file.terms else {
        return vec![first(text, file, term)];
    };
    if file.at.is_some_and(|at| text[at..].starts_with('[')) {
        return through_library(text, term).into_iter().collect();
    }
    let Some(last) = items.last() else {
        return Vec::new();
    };
    let mut dashes = items.iter().rev().filter_map(|item| dash(text, item.at));
    let Some(dash) = dashes.next() else {
        return Vec::new();
    };
    let indent = &text[line_start(text, dash)..dash];
    let apart = items.len() > 1 && is_blank_before(text, dash);
    let gap = if apart { line } else { "" };
    let ends = last
        .fields
        .iter()
        .flatten()
        .map(|field| whole(text, field).end);
    let end = line_end(text, ends.max().unwrap_or(last.at));
    let behind_last = with(
        text,
        end,
        &format!("{line}{gap}{}", entry(term, indent, line).trim_end()),
    );
    // A text that keeps its last blank lines needs them, so the entry goes behind them.
    let open = if text.ends_with('\n') { "" } else { line };
    let at_end = with(
        text,
        text.len(),
        &format!("{open}{gap}{}", entry(term, indent, line)),
    );
    vec![behind_last, at_end]
}

/// The first entry of a list that has none: behind a bare `terms:`, or together with that key at the end.
fn first(text: &str, file: &File, term: &Term) -> String {
    let line = newline(text);
    let entry = entry(term, "  ", line);
    if !file.has_terms {
        let open = if text.is_empty() || text.ends_with('\n') {
            ""
        } else {
            line
        };
        return with(text, text.len(), &format!("{open}terms:{line}{entry}"));
    }
    let mut at = 0;
    for candidate in text.split_inclusive('\n') {
        let name = candidate.trim_start_matches('\u{feff}');
        if name.starts_with("terms:") {
            let end = line_end(text, at);
            let rest = text[end..].is_empty();
            let whole = with(
                text,
                end,
                &format!("{line}{}", if rest { &entry } else { entry.trim_end() }),
            );
            // A written null gives way to the list.
            return ["null", "Null", "NULL", "~"]
                .iter()
                .find_map(|null| {
                    let value = name
                        .trim_start_matches("terms:")
                        .trim_start()
                        .starts_with(null);
                    value.then(|| whole.replacen(&format!("terms: {null}"), "terms:", 1))
                })
                .unwrap_or(whole);
        }
        at += candidate.len();
    }
    text.to_owned()
}

fn through_library(text: &str, term: &Term) -> Option<String> {
    let file: yaml_edit::YamlFile = text.parse().ok()?;
    let document = file.document()?;
    let list = document.as_mapping()?.get_sequence("terms")?;
    let entry = yaml_edit::Mapping::new();
    for (key, value) in [("surface", &term.surface), ("definition", &term.definition)] {
        if is_plain(value) && !value.contains(',') {
            entry.set(key, yaml_edit::ScalarValue::plain(value.as_str()));
        } else {
            entry.set(key, yaml_edit::ScalarValue::double_quoted(value.as_str()));
        }
    }
    entry.set(
        "confidence",
        yaml_edit::ScalarValue::parse(number(term.confidence)),
    );
    entry.set("status", Status::Active.as_str());
    list.push(&entry);
    let made = file.to_string();
    // Only something new may have come in.
    let front = common(text.bytes(), made.bytes());
    let back = common(text.bytes().rev(), made.bytes().rev());
    (front + back >= text.len() && made.len() > text.len()).then_some(made)
}

fn common(a: impl Iterator<Item = u8>, b: impl Iterator<Item = u8>) -> usize {
    a.zip(b).take_while(|(a, b)| a == b).count()
}

/// An entry of its own, with its line ends.
fn entry(term: &Term, indent: &str, line: &str) -> String {
    format!(
        "{indent}- surface: {}{line}{indent}  definition: {}{line}{indent}  confidence: {}{line}{indent}  status: active{line}",
        scalar(&term.surface, false),
        scalar(&term.definition, false),
        number(term.confidence),
    )
}

fn number(confidence: f64) -> String {
    format!("{confidence:?}")
}

/// Writes a text so that every reader of YAML takes it for that text, in a block or in a flow.
fn scalar(text: &str, flow: bool) -> String {
    if is_plain(text) && !(flow && text.contains(',')) {
        return text.to_owned();
    }
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            '\r' => quoted.push_str("\\r"),
            c if is_printable(c) => quoted.push(c),
            c if u32::from(c) <= 0xffff => quoted.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => quoted.push_str(&format!("\\U{:08x}", u32::from(c))),
        }
    }
    quoted.push('"');
    quoted
}

/// What may stand in a YAML file as it is, without the line and byte order marks that readers disagree about.
fn is_printable(c: char) -> bool {
    !c.is_control()
        && !matches!(
            c,
            '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}'
        )
}

/// Whether a text needs no quotes anywhere: words that begin with a letter, and nothing that YAML knows.
fn is_plain(text: &str) -> bool {
    const KNOWN: [&str; 10] = [
        "true", "false", "null", "yes", "no", "on", "off", "y", "n", "nan",
    ];
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text
            .chars()
            .all(|c| c.is_alphanumeric() || " -_.,/();'—–".contains(c))
        && !text.ends_with(' ')
        && !KNOWN.contains(&text.to_ascii_lowercase().as_str())
}

/// What an edit must leave alone: all fields of all entries.
type Facts = Vec<Option<Vec<(String, Value)>>>;

fn facts(items: &[Item]) -> Facts {
    items
        .iter()
        .map(|item| {
            let fields = item.fields.as_ref()?;
            let pair = |field: &Field| (field.key.name.clone(), field.value.clone());
            Some(fields.iter().map(pair).collect())
        })
        .collect()
}

/// Reads back what was made: the term says what it should, and everything else what it said.
fn check(
    scope: Scope,
    before: &Facts,
    found: Option<usize>,
    made: &str,
    term: &Term,
) -> Result<(), String> {
    let file = layout::parse(made)?;
    let mut after = facts(file.terms.as_deref().unwrap_or_default());
    let at = found.unwrap_or(before.len());
    if after.len() != before.len() + usize::from(found.is_none()) {
        return Err("other terms would change".to_owned());
    }
    let mut expected = before.clone();
    let entry = after.remove(at).unwrap_or_default();
    if let Some(found) = found {
        let old = expected.remove(found).unwrap_or_default();
        let kept = |fields: &[(String, Value)]| {
            let others = fields
                .iter()
                .filter(|(key, _)| key != "definition" && key != "status");
            others.cloned().collect::<Vec<_>>()
        };
        if kept(&old) != kept(&entry) {
            return Err("other fields of the term would change".to_owned());
        }
    }
    if after != expected {
        return Err("other terms would change".to_owned());
    }
    let seed = seed::read(scope, made.as_bytes())?;
    match seed
        .terms
        .iter()
        .find(|known| known.surface == term.surface)
    {
        Some(known) if known.definition == term.definition && known.status == Status::Active => {
            Ok(())
        }
        Some(_) => Err("it would not read back as it was meant".to_owned()),
        None => {
            let reason = seed
                .problems
                .into_iter()
                .find(|(_, reason)| reason.contains(&term.surface));
            Err(reason.map_or_else(|| "it would not be there".to_owned(), |(_, reason)| reason))
        }
    }
}

fn with(text: &str, at: usize, new: &str) -> String {
    format!("{}{new}{}", &text[..at], &text[at..])
}

/// The line end that the file uses.
fn newline(text: &str) -> &'static str {
    if text.contains("\r\n") { "\r\n" } else { "\n" }
}

fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |last| last + 1)
}

/// Where the line that holds `at` ends, before its line end.
fn line_end(text: &str, at: usize) -> usize {
    let end = text[at..].find('\n').map_or(text.len(), |next| at + next);
    if text[..end].ends_with('\r') && end > at {
        end - 1
    } else {
        end
    }
}

/// Where the dash of an entry stands.
fn dash(text: &str, at: usize) -> Option<usize> {
    let before = text[..at].trim_end();
    before.ends_with('-').then(|| before.len() - 1)
}

/// Whether a blank line stands before the dash of the last entry.
fn is_blank_before(text: &str, dash: usize) -> bool {
    let before = &text[..line_start(text, dash)];
    before
        .lines()
        .next_back()
        .is_some_and(|line| line.trim().is_empty())
}

#[cfg(test)]
mod tests;
