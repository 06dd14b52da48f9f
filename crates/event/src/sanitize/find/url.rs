//! User and password in the authority of a URL.

use super::super::chars::run_back;
use super::super::rule::{MARKER, Rule};
use super::Found;

/// Accounts that are no secret and nobody's: `ssh://git@host`.
const SHARED: &[&str] = &["git", "hg", "svn", "anonymous"];
/// Characters that end an authority.
const ENDS: &[char] = &[
    '/', '?', '#', '"', '\'', '`', '<', '>', '\\', '|', '^', '{', '}', '(', ')', ',', ';',
];

/// Characters that end a URL in a text.
const QUOTES: &[char] = &['"', '\'', '`', '<', '>'];
/// How much of a password behind a `/` is looked at, in bytes.
const LONGEST_REST: usize = 512;

/// Finds the user and password of the URL whose `://` begins at a place.
pub(in super::super) fn at(text: &str, at: usize) -> Option<Found> {
    let scheme = run_back(text, at, |b| {
        b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.')
    });
    if scheme == at {
        return None;
    }
    let start = at + 3;
    let mut end = run_chars(text, start, ENDS);
    let authority = text.get(start..end)?;
    if !authority.contains('@') && has_password(authority) {
        // What was written as it is, and should have been escaped, has a `/` or the like in it.
        end = run_chars(text, end, QUOTES).min(end + LONGEST_REST);
    }
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let end = start + text.get(start..end)?.rfind('@')?;
    let given = text.get(start..end)?;
    let is_marker = given.starts_with(MARKER) && given.find(']') == Some(given.len() - 1);
    let host = text.get(end + 1..)?;
    let is_host =
        host.starts_with(|c: char| c.is_alphanumeric() || c == '[') && !host.starts_with(MARKER);
    let says_something = !given.is_empty() && !is_marker && !SHARED.contains(&given);
    (is_host && says_something).then_some(Found::new(start, end, Rule::UrlCredentials))
}

/// Whether what stands before a `/` is the beginning of a user and password: behind a colon there is no port.
fn has_password(authority: &str) -> bool {
    !authority.starts_with('[')
        && authority
            .split_once(':')
            .is_some_and(|(_, rest)| rest.contains(|c: char| !c.is_ascii_digit()))
}

/// Returns how far a text reaches from a place without a blank or one of these characters.
fn run_chars(text: &str, from: usize, ends: &[char]) -> usize {
    let rest = text.get(from..).unwrap_or_default();
    let length = rest.find(|c: char| c.is_whitespace() || ends.contains(&c));
    from + length.unwrap_or(rest.len())
}
