//! What stands before and after a place in a text, and the boundaries that rules ask for.

use super::rule::MARKER;

/// The longest marker, in bytes, with room to grow.
const LONGEST_MARKER: usize = 40;

/// Returns the character before a place.
pub(super) fn before(text: &str, at: usize) -> Option<char> {
    text.get(..at)?.chars().next_back()
}

/// Returns the character at a place.
pub(super) fn after(text: &str, at: usize) -> Option<char> {
    text.get(at..)?.chars().next()
}

/// Returns the byte at a place.
pub(super) fn byte(text: &str, at: usize) -> Option<u8> {
    text.as_bytes().get(at).copied()
}

/// Whether what stands before a place is `\n`, `\r` or `\t` written as two characters, as in text that was escaped
/// twice.
pub(super) fn follows_escape(text: &str, at: usize) -> bool {
    let bytes = text.as_bytes().get(..at).unwrap_or_default();
    matches!(bytes, [.., b'\\', b'n' | b'r' | b't'])
}

/// Whether no word reaches up to a place from the left.
pub(super) fn word_starts(text: &str, at: usize) -> bool {
    let unspaced = after(text, at).is_some_and(is_unspaced);
    before(text, at).is_none_or(|c| !c.is_alphanumeric() || unspaced) || follows_escape(text, at)
}

/// Whether no word reaches beyond a place to the right.
pub(super) fn word_ends(text: &str, at: usize) -> bool {
    let unspaced = before(text, at).is_some_and(is_unspaced);
    after(text, at).is_none_or(|c| !c.is_alphanumeric() || unspaced)
}

/// Whether a letter is of a script that has no capitals: most of them have no spaces between words either.
pub(super) fn is_unspaced(c: char) -> bool {
    !c.is_ascii() && c.is_alphabetic() && !c.is_lowercase() && !c.is_uppercase()
}

/// Returns the marker that is open at a place: its name up to there.
fn marker(text: &str, at: usize) -> Option<&[u8]> {
    let from = at.saturating_sub(LONGEST_MARKER);
    let near = text.as_bytes().get(from..at)?;
    let open = near.iter().rposition(|b| *b == b'[')?;
    let name = near.get(open..)?.strip_prefix(MARKER.as_bytes())?;
    // Whatever else stands there was not written by us.
    name.iter()
        .all(|b| b.is_ascii_lowercase() || *b == b'-')
        .then_some(name)
}

/// Whether a place is inside a marker.
pub(super) fn is_in_marker(text: &str, at: usize) -> bool {
    let end = run(text, at, |b| b.is_ascii_lowercase() || b == b'-');
    byte(text, end) == Some(b']') && marker(text, at).is_some()
        || text
            .get(at..)
            .is_some_and(|rest| rest.starts_with("redacted:"))
            && before(text, at) == Some('[')
}

/// Whether a marker ends at a place.
pub(super) fn follows_marker(text: &str, at: usize) -> bool {
    at.checked_sub(1)
        .is_some_and(|last| byte(text, last) == Some(b']') && marker(text, last).is_some())
}

/// Returns how far a run of bytes reaches from a place.
pub(super) fn run(text: &str, from: usize, is: impl Fn(u8) -> bool) -> usize {
    let rest = text.as_bytes().get(from..).unwrap_or_default();
    from + rest.iter().position(|b| !is(*b)).unwrap_or(rest.len())
}

/// Returns where a run of bytes begins that ends at a place.
pub(super) fn run_back(text: &str, to: usize, is: impl Fn(u8) -> bool) -> usize {
    let head = text.as_bytes().get(..to).unwrap_or_default();
    head.iter().rposition(|b| !is(*b)).map_or(0, |at| at + 1)
}

/// Returns the end of what is written at a place, whatever the case of its letters; `folded` is in lower case.
pub(super) fn folded_end(text: &str, at: usize, folded: &str) -> Option<usize> {
    let mut here = text.get(at..)?.char_indices();
    let mut lower = folded.chars();
    let mut end = at;
    // A character may be more than one in lower case.
    while lower.as_str() != "" {
        let (offset, c) = here.next()?;
        for part in c.to_lowercase() {
            if lower.next() != Some(part) {
                return None;
            }
        }
        end = at + offset + c.len_utf8();
    }
    Some(end)
}
