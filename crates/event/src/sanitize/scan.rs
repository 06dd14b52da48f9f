//! The value rules on one text: what they find, and the text without it.

use std::borrow::Cow;
use std::cmp::Reverse;

use memchr::memchr_iter;

use super::find::{Found, address, block, home, token, url};
use super::known::Known;
use super::rule::Rule;
use super::trigger::{General, Triggers, general};

/// How often a text is looked at again: what a marker or a relative path stands beside may be something else then.
const MOST_ROUNDS: usize = 8;

/// Whether a text has a place where a rule can act, from a place on: where it is.
pub(super) fn next_place(known: Option<&Triggers<Vec<Known>>>, text: &str, from: usize) -> usize {
    let rest = text.as_bytes().get(from..).unwrap_or_default();
    let at = memchr::memchr(b'@', rest).map(|at| from + at);
    let first = general().next(text, from).map(|hit| hit.start);
    let named = known
        .and_then(|known| known.next(text, from))
        .map(|hit| hit.start);
    [at, first, named]
        .into_iter()
        .flatten()
        .min()
        .unwrap_or(usize::MAX)
}

/// Returns what is private in a text, in order and apart from one another.
pub(super) fn find(known: Option<&Triggers<Vec<Known>>>, text: &str) -> Vec<Found> {
    let mut found: Vec<Found> = Vec::new();
    if is_identifier(text) {
        return found;
    }
    each(general(), text, |start, end, stands_for| {
        found.extend(match stands_for {
            General::Home => home::at(text, start + 1, end),
            General::Url => url::at(text, start),
            General::EscapedAt => address::at(text, start, end - start),
            General::Token => token::at(text, start),
            General::Jwt => block::jwt(text, start),
            General::PrivateKey => block::private_key(text, start),
            General::Bearer => block::bearer(text, start.saturating_sub(1), end - 1),
            General::Basic => block::basic(text, start.saturating_sub(1), end - 1),
            General::AwsSecret => token::aws_secret(text, end),
        });
    });
    // Behind the user and password of a URL stands its host.
    let hosts: Vec<usize> = found
        .iter()
        .filter(|one| one.rule == Rule::UrlCredentials)
        .map(|one| one.end)
        .collect();
    for at in memchr_iter(b'@', text.as_bytes()) {
        if hosts.binary_search(&at).is_err() {
            found.extend(address::at(text, at, 1));
        }
    }
    if let Some(known) = known {
        each(known, text, |start, _, all| {
            found.extend(all.iter().filter_map(|one| one.at(text, start)));
        });
    }
    apart(found)
}

fn each<T>(triggers: &Triggers<T>, text: &str, mut act: impl FnMut(usize, usize, &T)) {
    let mut from = 0;
    while let Some(hit) = triggers.next(text, from) {
        act(hit.start, hit.end, hit.stands_for);
        from = hit.start + 1;
        while !text.is_char_boundary(from) {
            from += 1;
        }
    }
}

/// Orders what was found; of two that overlap, the one that begins first stays whole, the longer of two that begin
/// together.
fn apart(mut found: Vec<Found>) -> Vec<Found> {
    found.sort_by_key(|one| (one.start, Reverse(one.end), one.rule));
    let mut end = 0;
    let mut workspace = 0;
    found.retain_mut(|one| {
        // In a path that becomes relative, `home` is a directory of the project.
        if one.rule == Rule::Home && one.start < workspace {
            return false;
        }
        if one.rule == Rule::Workspace {
            workspace = one.end;
        }
        one.start = one.start.max(end);
        end = end.max(one.end);
        one.start < one.end
    });
    found
}

/// A ULID, a SHA or a UUID: what names an event names nobody.
fn is_identifier(text: &str) -> bool {
    let is_of = |is: fn(u8) -> bool| text.bytes().all(is);
    match text.len() {
        26 => {
            is_of(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
                && text.starts_with(|c| ('0'..='7').contains(&c))
        }
        36 => text.bytes().enumerate().all(|(at, b)| match at {
            8 | 13 | 18 | 23 => b == b'-',
            _ => b.is_ascii_hexdigit(),
        }),
        40 | 64 => is_of(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)),
        _ => false,
    }
}

/// Returns the text without what was found.
pub(super) fn without(text: &str, found: &[Found]) -> String {
    let mut result = String::with_capacity(text.len() + found.len() * 16);
    let mut from = 0;
    for one in found {
        result.push_str(text.get(from..one.start).unwrap_or_default());
        one.write(&mut result);
        from = one.end;
    }
    result.push_str(text.get(from..).unwrap_or_default());
    result
}

/// Returns the text without what is private.
pub(super) fn text<'a>(known: Option<&Triggers<Vec<Known>>>, text: &'a str) -> Cow<'a, str> {
    let mut result = Cow::Borrowed(text);
    for _ in 0..MOST_ROUNDS {
        let found = find(known, &result);
        if found.is_empty() {
            break;
        }
        result = Cow::Owned(without(&result, &found));
    }
    result
}
