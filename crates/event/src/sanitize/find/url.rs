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
    let length = rest
        .find(|c: char| c.is_whitespace() || ENDS.contains(&c))
        .unwrap_or(rest.len());
    let end = start + rest.get(..length)?.rfind('@')?;
    let given = text.get(start..end)?;
    let is_marker = given.starts_with(MARKER) && given.find(']') == Some(given.len() - 1);
    let host = text.get(end + 1..)?;
    let is_host =
        host.starts_with(|c: char| c.is_alphanumeric() || c == '[') && !host.starts_with(MARKER);
    let says_something = !given.is_empty() && !is_marker && !SHARED.contains(&given);
    (is_host && says_something).then_some(Found::new(start, end, Rule::UrlCredentials))
}
