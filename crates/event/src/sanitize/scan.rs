//! The value rules on one text: what they find, and the text without it.

use std::borrow::Cow;
use std::cmp::Reverse;

use memchr::{memchr, memchr_iter};

use super::find::{Found, address, block, home, token, url};
use super::rule::Rule;
use super::trigger::{Hit, Rules, Triggers};

/// How often a text is looked at again: what a marker or a relative path stands beside may be something else then.
const MOST_ROUNDS: usize = 8;

/// The places of a text where a rule can act, from left to right.
pub(super) struct Places<'a> {
    triggers: &'a Triggers,
    text: &'a str,
    /// The next `@`, and the next trigger.
    next: (usize, usize),
}

impl<'a> Places<'a> {
    pub(super) fn new(triggers: &'a Triggers, text: &'a str) -> Self {
        let mut places = Self {
            triggers,
            text,
            next: (0, 0),
        };
        places.next = (places.at_sign(0), places.trigger(0));
        places
    }

    /// Whether there is one in a part of the text. The parts that are asked for follow one another.
    pub(super) fn any(&mut self, start: usize, end: usize) -> bool {
        if self.next.0 < start {
            self.next.0 = self.at_sign(start);
        }
        if self.next.1 < start {
            self.next.1 = self.trigger(start);
        }
        self.next.0.min(self.next.1) < end
    }

    fn at_sign(&self, from: usize) -> usize {
        let rest = self.text.as_bytes().get(from..).unwrap_or_default();
        memchr(b'@', rest).map_or(usize::MAX, |at| from + at)
    }

    fn trigger(&self, from: usize) -> usize {
        self.triggers.next(self.text, from).unwrap_or(usize::MAX)
    }
}

/// Returns what is private in a text, in order and apart from one another.
pub(super) fn find(triggers: &Triggers, text: &str) -> Vec<Found> {
    let mut found: Vec<Found> = Vec::new();
    if is_identifier(text) {
        return found;
    }
    let mut from = 0;
    while let Some(start) = triggers.candidate(text, from) {
        found.extend(triggers.at(text, start).filter_map(|hit| act(text, &hit)));
        from = start + 1;
    }
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
    apart(found)
}

/// Looks closely at a place where a rule can act.
fn act(text: &str, hit: &Hit<'_>) -> Option<Found> {
    let Hit {
        start, from, end, ..
    } = *hit;
    match hit.rules {
        Rules::Home => home::at(text, start + 1, end),
        Rules::Url => url::at(text, start),
        Rules::EscapedAt => address::at(text, start, end - start),
        Rules::Token => token::at(text, start),
        Rules::Jwt => block::jwt(text, start),
        Rules::PrivateKey => block::private_key(text, start),
        Rules::Bearer => block::bearer(text, end - 1),
        Rules::Basic => block::basic(text, end - 1),
        Rules::AwsSecret => token::aws_secret(text, end),
        Rules::Known(known) => known.at(text, from),
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
pub(super) fn text<'a>(triggers: &Triggers, text: &'a str) -> Cow<'a, str> {
    let mut result = Cow::Borrowed(text);
    for _ in 0..MOST_ROUNDS {
        let found = find(triggers, &result);
        if found.is_empty() {
            break;
        }
        result = Cow::Owned(without(&result, &found));
    }
    result
}
