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
    let rest = text.get(start..)?;
    let mut url = before_any(rest, ENDS);
    if !url.contains('@') && has_password(url) {
        // A password that should have been escaped, and wasn't, has a `/` or the like in it.
        let most = rest.floor_char_boundary(url.len() + LONGEST_REST);
        url = before_any(rest.get(..most)?, QUOTES);
    }
    let end = start + url.rfind('@')?;
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

/// Returns what stands before a blank or one of these characters.
fn before_any<'a>(text: &'a str, ends: &[char]) -> &'a str {
    let end = text.find(|c: char| c.is_whitespace() || ends.contains(&c));
    end.and_then(|end| text.get(..end)).unwrap_or(text)
}
