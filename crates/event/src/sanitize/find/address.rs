//! E-mail addresses, and what looks like one and is code.

use super::super::chars::{after, byte, follows_escape};
use super::super::rule::Rule;
use super::{Found, domain};

/// The longest part before the `@` that is looked at, in bytes.
const LONGEST_LOCAL: usize = 256;
/// Accounts that everybody logs in to: `git@github.com:x/y` is where a repository is, not who somebody is.
const SHARED: &[&str] = &["git", "hg", "svn", "gitea", "forgejo"];

/// Finds the address whose `@`, or `%40`, stands at a place.
pub(in super::super) fn at(text: &str, at: usize, sign: usize) -> Option<Found> {
    let start = local_start(text, at)?;
    let local = text.get(start..at)?;
    let end = domain::end(text, at + sign)?;
    let domain = text.get(at + sign..end)?;
    let is_code = SHARED.contains(&local) || is_call(text, end) || domain::is_image(domain);
    (!is_code).then_some(Found::new(start, end, Rule::Email))
}

/// Returns where the part before the `@` begins.
fn local_start(text: &str, at: usize) -> Option<usize> {
    let mut start = at;
    for (index, c) in text.get(..at)?.char_indices().rev() {
        let goes_on = c.is_alphanumeric()
            || matches!(
                c,
                '.' | '_' | '+' | '-' | '%' | '=' | '#' | '&' | '\'' | '!'
            );
        if !goes_on || at - index > LONGEST_LOCAL {
            break;
        }
        start = index;
    }
    // `to=bob@…`, `%20bob@…` and `'bob@…`: what stands before is no part of it.
    let mut local = text.get(start..at)?;
    if let Some(cut) = local.rfind(['=', '#', '&', '\'', '!']) {
        local = local.get(cut + 1..)?;
    }
    while let Some((_, rest)) = local.split_once('%') {
        local = rest.get(2..).unwrap_or_default();
    }
    // Of text that was escaped twice, the `n` of `\n` isn't a letter of the name.
    if at - local.len() > 0
        && byte(text, at - local.len() - 1) == Some(b'\\')
        && follows_escape(text, at - local.len() + 1)
    {
        local = local.get(1..)?;
    }
    let local = local.trim_start_matches(|c: char| !(c.is_alphanumeric() || c == '_'));
    local
        .contains(char::is_alphanumeric)
        .then_some(at - local.len())
}

/// `a@b.do(…)`: an operator and a call.
fn is_call(text: &str, end: usize) -> bool {
    after(text, end) == Some('(')
}
