//! Home directories of anybody: `/home/<user>`, `/Users/<user>` and `C:\Users\<user>`.

use super::super::chars::{after, byte};
use super::super::rule::Rule;
use super::Found;
use super::path::{above, holds_homes, root, separators, separators_back};

/// Directories beside those of users that belong to nobody.
const NOBODYS: &[&str] = &[
    "all users",
    "all",
    "default",
    "linuxbrew",
    "public",
    "shared",
];
/// What a page or a source file ends with, and an account doesn't.
const PAGES: &[&str] = &[
    ".css", ".htm", ".html", ".js", ".json", ".jsx", ".md", ".php", ".png", ".py", ".rs", ".svg",
    ".ts", ".tsx", ".txt", ".vue", ".yaml", ".yml",
];
/// Words in lower case that stand inside names of people.
const PARTICLES: &[&str] = &[
    "al", "bin", "da", "de", "del", "den", "der", "di", "dos", "du", "la", "le", "van", "von",
];
/// How many words the name of a directory of Windows has at most.
const MOST_WORDS: usize = 5;

/// Finds the home directory in which `home` or `Users` stands from a place on.
pub(in super::super) fn at(text: &str, name_at: usize, name_end: usize) -> Option<Found> {
    let name = text.get(name_at..name_end)?;
    let exact = name == "home" || name == "Users";
    let users = name.eq_ignore_ascii_case("users");
    let slashes = separators_back(text, name_at)?;
    let start = match root(text, slashes) {
        Some(start) => start,
        None if above(text, slashes).is_some_and(|above| holds_homes(&above)) => slashes,
        None => return None,
    };
    let windows = users && start < slashes && byte(text, start + 1) == Some(b':');
    let in_drive = windows
        || (users
            && start == slashes
            && above(text, slashes).is_some_and(|above| holds_homes(&above)));
    if !exact && !in_drive {
        return None;
    }
    let from = separators(text, name_end)?;
    let end = user_end(text, from, windows)?;
    Some(Found::new(start, end, Rule::Home))
}

/// Returns the end of the account's name.
fn user_end(text: &str, from: usize, windows: bool) -> Option<usize> {
    let first = after(text, from)?;
    if !(first.is_alphanumeric() || first == '_') {
        return None;
    }
    let mut end = word_end(text, from);
    let user = text.get(from..end)?;
    let folded = user.to_lowercase();
    let is_page = !matches!(byte(text, end), Some(b'/' | b'\\'))
        && PAGES.iter().any(|page| folded.ends_with(page));
    if is_page || NOBODYS.contains(&folded.as_str()) || !user.chars().any(char::is_alphabetic) {
        return None;
    }
    if windows {
        end = spaced_end(text, end).unwrap_or(end);
    }
    Some(end)
}

/// Returns the end of a name's last letter: a dot or a dash that ends a sentence isn't part of it.
fn word_end(text: &str, from: usize) -> usize {
    let mut end = from;
    for (at, c) in text.get(from..).unwrap_or_default().char_indices() {
        let here = from + at;
        if c.is_alphanumeric() || c == '_' {
            end = here + c.len_utf8();
        } else if !matches!(c, '.' | '-' | '+' | '@' | '~' | '%')
            || (c == '%' && separators(text, here).is_some())
        {
            break;
        }
    }
    end
}

/// Returns the end of a name that has spaces in it, as on Windows: only where the path goes on behind it.
fn spaced_end(text: &str, from: usize) -> Option<usize> {
    let mut end = from;
    for _ in 1..MOST_WORDS {
        if byte(text, end) != Some(b' ') {
            break;
        }
        let next = end + 1;
        let first = after(text, next)?;
        let word = word_end(text, next);
        let is_name = first.is_uppercase() || PARTICLES.contains(&text.get(next..word)?);
        if !is_name {
            return None;
        }
        end = word;
    }
    (end > from && separators(text, end).is_some()).then_some(end)
}
