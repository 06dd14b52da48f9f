//! Names of the developer and the machine, as words of a text.

use super::super::chars::{after, before, folded_end, is_in_marker, is_unspaced, run};
use super::super::chars::{word_ends, word_starts};
use super::super::common::Weight;
use super::super::rule::Rule;
use super::Found;
use super::path::{above, is_of_files};

/// The most blanks or marks between two words of a name.
const WIDEST_GAP: usize = 8;

/// One name: its words in lower case.
#[derive(Clone, PartialEq, Eq)]
pub(in super::super) struct Name {
    pub(in super::super) rule: Rule,
    pub(in super::super) weight: Weight,
    pub(in super::super) words: Vec<String>,
}

impl Name {
    /// Finds the name at a place.
    pub(in super::super) fn at(&self, text: &str, at: usize) -> Option<Found> {
        if !word_starts(text, at) {
            return None;
        }
        let mut end = at;
        for (index, word) in self.words.iter().enumerate() {
            if index > 0 {
                end = match gap(text, end) {
                    Some(end) => end,
                    None if before(text, end).is_some_and(is_unspaced) => end,
                    None => return None,
                };
            }
            end = folded_end(text, end, word)?;
        }
        let counts = match self.weight {
            Weight::Never => false,
            Weight::InPlace => stands_in_place(text, at, end),
            Weight::Anywhere => true,
        };
        (counts && word_ends(text, end) && !is_in_marker(text, at))
            .then_some(Found::new(at, end, self.rule))
    }
}

/// Returns the end of what may stand between two words of a name.
fn gap(text: &str, at: usize) -> Option<usize> {
    if text.get(at..at + 3) == Some("%20") {
        return Some(at + 3);
    }
    let end = run(text, at, |b| {
        b.is_ascii_whitespace() || matches!(b, b'.' | b'_' | b'-' | b'+')
    });
    // A space that doesn't break is a character of two bytes.
    let end = match text.get(end..) {
        Some(rest) if rest.starts_with('\u{a0}') => end + '\u{a0}'.len_utf8(),
        Some(_) | None => end,
    };
    (end > at && end - at <= WIDEST_GAP).then_some(end)
}

/// Whether a short or common name stands where only a name does: as a component of an absolute path, or beside the
/// `@` of an address.
fn stands_in_place(text: &str, start: usize, end: usize) -> bool {
    let next = after(text, end);
    let is_word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    match before(text, start) {
        Some('~') => true,
        Some('@') => is_word(before(text, start - 1)) && next.is_none_or(|c| c != '(' && c != '['),
        Some('/' | '\\') if next.is_none_or(|c| matches!(c, '/' | '\\') || c.is_whitespace()) => {
            above(text, start - 1).is_some_and(|above| is_of_files(&above))
        }
        Some(_) | None => next == Some('@') && is_word(after(text, end + 1)),
    }
}
