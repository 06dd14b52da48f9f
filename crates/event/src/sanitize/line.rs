//! One JSON document as text: which parts of it go, and what stands there instead. All else stays as it is written.

use super::Sanitizer;
use super::lexer::{Lexer, Text, decode, decode_with_places, written_at};
use super::members::{Member, SESSION_DURATION, distinct, session_seconds};
use super::refusal::{MAX_LINE_DEPTH, Refusal};
use super::rule::Rule;
use super::scan::{self, Places};

/// A part of a line that goes, in bytes, and what stands there instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Edit {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) instead: String,
    /// The rule that acts, and where what it acts on begins.
    pub(super) cause: Option<(Rule, usize)>,
}

/// A member of an object that is being read.
#[derive(Debug, Clone, Copy)]
struct Held {
    kind: Member,
    key: Text,
    renamed: bool,
    value_start: usize,
    value_end: usize,
    /// How many edits there were before its value.
    edits: usize,
}

/// A container that is being read.
#[derive(Debug, Clone, Copy)]
struct Open {
    /// Whether it is an object, and no array.
    object: bool,
    /// How many members were held before its own.
    first: usize,
    /// Whether a member goes or is renamed.
    special: bool,
}

struct Editor<'a> {
    rules: &'a Sanitizer,
    line: &'a str,
    lexer: Lexer<'a>,
    open: Vec<Open>,
    held: Vec<Held>,
    edits: Vec<Edit>,
    /// Where a rule can act on a string without escapes.
    places: Places<'a>,
}

/// Returns what goes, in order.
pub(super) fn edits(rules: &Sanitizer, line: &str) -> Result<Vec<Edit>, Refusal> {
    let mut editor = Editor {
        rules,
        line,
        lexer: Lexer::new(line),
        open: Vec::new(),
        held: Vec::new(),
        edits: Vec::new(),
        places: Places::new(rules.triggers(), line),
    };
    editor.document()?;
    let mut edits = editor.edits;
    edits.sort_by_key(|edit| edit.start);
    Ok(edits)
}

/// Returns the line with its edits.
pub(super) fn edited(line: &str, edits: &[Edit]) -> String {
    let mut result = String::with_capacity(line.len() + edits.len() * 16);
    let mut from = 0;
    for edit in edits {
        result.push_str(line.get(from..edit.start).unwrap_or_default());
        result.push_str(&edit.instead);
        from = edit.end;
    }
    result.push_str(line.get(from..).unwrap_or_default());
    result
}

impl Editor<'_> {
    fn document(&mut self) -> Result<(), Refusal> {
        loop {
            if !self.value()? {
                continue;
            }
            if !self.after_value()? {
                continue;
            }
            return match self.lexer.skip_space() {
                None => Ok(()),
                Some(_) => Err(self.lexer.refuse("more than one document")),
            };
        }
    }

    /// Reads a value, or opens a container that isn't empty: then the next value is to be read, and it returns `false`.
    fn value(&mut self) -> Result<bool, Refusal> {
        let next = self.lexer.skip_space();
        let start = self.lexer.at;
        if let (Some(open), Some(held)) = (self.open.last(), self.held.last_mut())
            && open.object
        {
            held.value_start = start;
        }
        match next {
            Some(b'{') => self.opened(true, b'}'),
            Some(b'[') => self.opened(false, b']'),
            Some(b'"') => {
                let text = self.lexer.string()?;
                if !self.passes() {
                    self.string(text);
                }
                Ok(true)
            }
            Some(_) => self.lexer.scalar().map(|()| true),
            None => Err(self.lexer.refuse("no value")),
        }
    }

    fn opened(&mut self, object: bool, close: u8) -> Result<bool, Refusal> {
        if self.open.len() >= MAX_LINE_DEPTH {
            return Err(Refusal::TooDeep { at: self.lexer.at });
        }
        self.lexer.at += 1;
        if self.lexer.skip_space() == Some(close) {
            self.lexer.at += 1;
            return Ok(true);
        }
        self.open.push(Open {
            object,
            first: self.held.len(),
            special: false,
        });
        if object {
            self.key()?;
        }
        Ok(false)
    }

    /// Whether the value that is being read is a scalar that passes.
    fn passes(&self) -> bool {
        match (self.open.last(), self.held.last()) {
            (Some(open), Some(held)) => open.object && held.kind.passes(),
            (Some(_) | None, Some(_) | None) => false,
        }
    }

    /// Reads a key and its colon.
    fn key(&mut self) -> Result<(), Refusal> {
        if self.lexer.skip_space() != Some(b'"') {
            return Err(self.lexer.refuse("an object without a key"));
        }
        let key = self.lexer.string()?;
        let raw = self.line.get(key.start..key.end).unwrap_or_default();
        let kind = if key.escaped {
            Member::of(&decode(raw))
        } else {
            Member::of(raw)
        };
        let before = self.edits.len();
        if kind == Member::Plain {
            self.string(key);
        }
        let renamed = self.edits.len() > before;
        if let Some(open) = self.open.last_mut() {
            open.special |= renamed || kind.goes();
        }
        self.held.push(Held {
            kind,
            key,
            renamed,
            value_start: 0,
            value_end: 0,
            edits: self.edits.len(),
        });
        if self.lexer.skip_space() != Some(b':') {
            return Err(self.lexer.refuse("a key without a colon"));
        }
        self.lexer.at += 1;
        Ok(())
    }

    /// Goes on behind a value: to the next one, `false`, or to the end of the document.
    fn after_value(&mut self) -> Result<bool, Refusal> {
        loop {
            let Some(open) = self.open.last().copied() else {
                return Ok(true);
            };
            if open.object {
                self.member_ends();
            }
            match (self.lexer.skip_space(), open.object) {
                (Some(b','), true) => {
                    self.lexer.at += 1;
                    self.key()?;
                    return Ok(false);
                }
                (Some(b','), false) => {
                    self.lexer.at += 1;
                    return Ok(false);
                }
                (Some(b'}'), true) => {
                    self.lexer.at += 1;
                    if open.special {
                        self.object_ends(open);
                    }
                    self.held.truncate(open.first);
                    self.open.pop();
                }
                (Some(b']'), false) => {
                    self.lexer.at += 1;
                    self.open.pop();
                }
                (Some(_) | None, _) => {
                    return Err(self.lexer.refuse("a container without its end"));
                }
            }
        }
    }

    fn member_ends(&mut self) {
        if let Some(held) = self.held.last_mut() {
            held.value_end = self.lexer.at;
            if held.kind.goes() {
                // What goes as a whole needs no edits inside.
                self.edits.truncate(held.edits);
            }
        }
    }

    /// Finds what is private in a string.
    fn string(&mut self, text: Text) {
        if !text.escaped && !self.places.any(text.start, text.end) {
            return;
        }
        let raw = self.line.get(text.start..text.end).unwrap_or_default();
        if !text.escaped {
            self.found(raw, text, |place| place);
            return;
        }
        let means = decode(raw);
        if !Places::new(self.rules.triggers(), &means).any(0, means.len()) {
            return;
        }
        let (means, places) = decode_with_places(raw);
        self.found(&means, text, |place| written_at(&places, place));
    }

    fn found(&mut self, means: &str, text: Text, written: impl Fn(usize) -> usize) {
        let found = scan::find(self.rules.triggers(), means);
        let first = self.edits.len();
        for one in &found {
            let start = text.start + written(one.start);
            let mut instead = String::new();
            one.write(&mut instead);
            self.edits.push(Edit {
                start,
                end: text.start + written(one.end),
                instead,
                cause: Some((one.rule, start)),
            });
        }
        if found.is_empty() {
            return;
        }
        // What was apart stands together now, and may be something again: then the whole string is written anew.
        let once = scan::without(means, &found);
        let again = scan::text(self.rules.triggers(), &once);
        if again != once {
            let cause = self.edits.get(first).and_then(|edit| edit.cause);
            self.edits.truncate(first);
            self.edits.push(Edit {
                start: text.start,
                end: text.end,
                instead: escaped(&again),
                cause,
            });
        }
    }

    /// Takes out members, and writes down the duration of a session.
    fn object_ends(&mut self, open: Open) {
        let members = self.held.get(open.first..).unwrap_or_default().to_vec();
        let last = |kind| members.iter().rev().find(|held| held.kind == kind);
        let has_duration = last(Member::SessionDuration).is_some();
        let start = last(Member::SessionStart).and_then(|held| self.text_of(held));
        let end = last(Member::SessionEnd).and_then(|held| self.text_of(held));
        let mut seconds =
            session_seconds(start.as_deref(), end.as_deref()).filter(|_| !has_duration);
        let mut kept_before = None;
        for (index, held) in members.iter().enumerate() {
            if !held.kind.goes() {
                kept_before = Some(held.value_end);
                continue;
            }
            let rule = if held.kind == Member::Private {
                Rule::PrivateField
            } else if let Some(seconds) = seconds.take() {
                self.duration(held, seconds);
                kept_before = Some(held.value_end);
                continue;
            } else {
                Rule::SessionTime
            };
            let key_start = held.key.start - 1;
            // With a member goes the comma before it, or behind it where it is the first.
            let (start, end) = match (kept_before, members.get(index + 1)) {
                (Some(before), _) => (before, held.value_end),
                (None, Some(next)) => (key_start, next.key.start - 1),
                (None, None) => (key_start, held.value_end),
            };
            kept_before = kept_before.map(|_| held.value_end);
            self.edits.push(Edit {
                start,
                end,
                instead: String::new(),
                cause: Some((rule, key_start)),
            });
        }
        self.rename(&members);
    }

    fn text_of(&self, held: &Held) -> Option<String> {
        let raw = self.line.get(held.value_start..held.value_end)?;
        let raw = raw.strip_prefix('"')?.strip_suffix('"')?;
        Some(decode(raw))
    }

    fn duration(&mut self, held: &Held, seconds: i64) {
        let cause = Some((Rule::SessionTime, held.key.start - 1));
        for (start, end, instead, cause) in [
            (
                held.key.start,
                held.key.end,
                SESSION_DURATION.to_owned(),
                cause,
            ),
            (held.value_start, held.value_end, seconds.to_string(), None),
        ] {
            self.edits.push(Edit {
                start,
                end,
                instead,
                cause,
            });
        }
    }

    /// Gives keys that became equal names of their own.
    fn rename(&mut self, members: &[Held]) {
        let renamed: Vec<&Held> = members.iter().filter(|held| held.renamed).collect();
        if renamed.is_empty() {
            return;
        }
        let meaning = |held: &Held| {
            decode(
                self.line
                    .get(held.key.start..held.key.end)
                    .unwrap_or_default(),
            )
        };
        let kept: Vec<String> = members
            .iter()
            .filter(|held| !held.renamed && !held.kind.goes())
            .map(meaning)
            .collect();
        let redacted: Vec<(String, String)> = renamed
            .iter()
            .map(|held| {
                let was = meaning(held);
                let became = scan::text(self.rules.triggers(), &was).into_owned();
                (was, became)
            })
            .collect();
        let mut order: Vec<usize> = (0..redacted.len()).collect();
        order.sort_by(|one, other| redacted.get(*one).cmp(&redacted.get(*other)));
        let mut names = redacted.clone();
        distinct(kept.iter().map(String::as_str), &mut names);
        for (index, (_, name)) in order.into_iter().zip(names) {
            let (Some(held), Some((_, became))) = (renamed.get(index), redacted.get(index)) else {
                continue;
            };
            let number = name.strip_prefix(became.as_str()).unwrap_or_default();
            if !number.is_empty() {
                self.edits.push(Edit {
                    start: held.key.end,
                    end: held.key.end,
                    instead: number.to_owned(),
                    cause: None,
                });
            }
        }
    }
}

/// Writes a text as a string of JSON, without its quotes.
fn escaped(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '"' => written.push_str("\\\""),
            '\\' => written.push_str("\\\\"),
            c if c < ' ' => written.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => written.push(c),
        }
    }
    written
}
