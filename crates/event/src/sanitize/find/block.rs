//! Secrets with an inner structure: JSON Web Tokens, private keys in armour, and authorization headers.

use super::super::chars::{run, word_starts};
use super::super::rule::Rule;
use super::Found;
use super::token::{is_various, stands_alone};

/// The shortest token after `Bearer` that is taken for one, in bytes.
const LEAST_BEARER: usize = 16;
/// The shortest user and password after `Basic`, encoded.
const LEAST_BASIC: usize = 8;
/// The shortest part of a JSON Web Token.
const LEAST_JWT_PART: usize = 8;
/// How much of a key must stand behind its header, in bytes.
const LEAST_KEY: usize = 24;

fn base64url(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-')
}

/// Finds the JSON Web Token that begins at a place, with `eyJ`.
pub(in super::super) fn jwt(text: &str, at: usize) -> Option<Found> {
    if !stands_alone(text, at) {
        return None;
    }
    let mut end = run(text, at, base64url);
    let mut dots = 0;
    if end - at < LEAST_JWT_PART {
        return None;
    }
    while text.as_bytes().get(end) == Some(&b'.') {
        let next = run(text, end + 1, base64url);
        let length = next - end - 1;
        if dots == 0 && length < LEAST_JWT_PART {
            return None;
        }
        dots += 1;
        end = next;
    }
    let end = at + text.get(at..end)?.trim_end_matches('.').len().max(1);
    (dots >= 2).then_some(Found::new(at, end, Rule::Jwt))
}

/// Finds the private key whose `-----BEGIN ` begins at a place.
pub(in super::super) fn private_key(text: &str, at: usize) -> Option<Found> {
    const BEGIN: &str = "-----BEGIN ";
    const END: &str = "-----END ";
    let kind = at + BEGIN.len();
    let dashes = run(text, kind, |b| {
        b.is_ascii_uppercase() || b.is_ascii_digit() || b == b' '
    });
    let header = text.get(kind..dashes)?;
    let is_key = header.ends_with("PRIVATE KEY") || header.ends_with("PRIVATE KEY BLOCK");
    let rest = text.get(dashes..)?;
    if !is_key || !rest.starts_with("-----") {
        return None;
    }
    let from = dashes + "-----".len();
    // Line breaks may be escaped, once or twice; headers of the armour have colons and commas.
    let inside = |b: u8| {
        base64url(b) && b != b'-'
            || matches!(
                b,
                b'+' | b'/' | b'=' | b'\\' | b':' | b',' | b' ' | b'\n' | b'\r' | b'\t' | b'-'
            )
    };
    let mut end = from;
    loop {
        end = run(text, end, |b| inside(b) && b != b'-');
        // One dash is part of a header, five begin the end of the armour.
        if text.get(end..)?.starts_with("-----") || text.as_bytes().get(end) != Some(&b'-') {
            break;
        }
        end += 1;
    }
    let body = text.get(from..end)?;
    let longest = body
        .split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=')))
        .map(str::len)
        .max()?;
    if longest < LEAST_KEY {
        return None;
    }
    let tail = text.get(end..)?;
    if tail.starts_with(END) {
        let label = run(text, end + END.len(), |b| {
            b.is_ascii_uppercase() || b == b' '
        });
        end = run(text, label, |b| b == b'-');
    } else {
        end = from + body.trim_end().len();
    }
    Some(Found::new(at, end, Rule::PrivateKey))
}

/// Finds the token behind `Bearer`, which ends at a place.
pub(in super::super) fn bearer(text: &str, word_end: usize) -> Option<Found> {
    let (start, end) = credentials(text, "Bearer", word_end, |b| {
        base64url(b) || matches!(b, b'.' | b'~' | b'+' | b'/' | b'=' | b':')
    })?;
    let token = text.get(start..end)?.trim_end_matches(['.', ':']);
    let fits = token.len() >= LEAST_BEARER
        && token.bytes().any(|b| b.is_ascii_digit())
        && is_various(token);
    fits.then_some(Found::new(start, start + token.len(), Rule::Bearer))
}

/// Finds the user and password behind `Basic`, which ends at a place.
pub(in super::super) fn basic(text: &str, word_end: usize) -> Option<Found> {
    let (start, end) = credentials(text, "Basic", word_end, |b| {
        base64url(b) || matches!(b, b'+' | b'/' | b'=')
    })?;
    let given = text.get(start..end)?;
    let fits = given.len() >= LEAST_BASIC && decodes_to_a_pair(given.as_bytes());
    fits.then_some(Found::new(start, end, Rule::BasicAuth))
}

fn credentials(
    text: &str,
    word: &str,
    word_end: usize,
    is: fn(u8) -> bool,
) -> Option<(usize, usize)> {
    let word_at = word_end.checked_sub(word.len())?;
    if !text.get(word_at..word_end)?.eq_ignore_ascii_case(word) || !word_starts(text, word_at) {
        return None;
    }
    let start = run(text, word_end, |b| b == b' ' || b == b'\t');
    (start > word_end).then(|| (start, run(text, start, is)))
}

/// Whether Base64 says `user:password` in printable characters.
fn decodes_to_a_pair(encoded: &[u8]) -> bool {
    let mut bits = 0_u32;
    let mut held = 0_u32;
    let mut decoded = Vec::with_capacity(encoded.len());
    for b in encoded {
        let six = match b {
            b'A'..=b'Z' => b - b'A',
            b'a'..=b'z' => b - b'a' + 26,
            b'0'..=b'9' => b - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => break,
        };
        bits = bits << 6 | u32::from(six);
        held += 6;
        if held >= 8 {
            held -= 8;
            decoded.extend(u8::try_from(bits >> held & 0xff));
        }
    }
    std::str::from_utf8(&decoded).is_ok_and(|pair| {
        pair.chars().all(|c| !c.is_control())
            && pair
                .find(':')
                .is_some_and(|colon| colon > 0 && colon + 1 < pair.len())
    })
}
