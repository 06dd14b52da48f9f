//! The sanitizer: its members, its rules one by one, lines as text, and what holds for every input.

mod lines;
mod members;
mod names;
mod never_fails;
mod paths;
mod properties;
mod rules;
mod secrets;

use super::{Identity, Sanitizer};
// The fuzz target has the same body, and knows this crate by its name.
use crate as pawtrail_event;

/// A developer with a home, a workspace and names of every kind.
fn alice() -> Sanitizer {
    Sanitizer::new(&Identity {
        home: Some("/home/alice".to_owned()),
        workspaces: vec!["/srv/code/trail".to_owned()],
        host: Some("alicebox".to_owned()),
        login: Some("alice".to_owned()),
        name: Some("Alice Archer".to_owned()),
        email: Some("alice@alicebox".to_owned()),
    })
}

/// Checks what becomes of texts, and that it stays so.
fn check(rules: &Sanitizer, table: &[(&str, &str)]) {
    for (before, after) in table {
        let once = rules.text(before);
        assert_eq!(once, *after, "{before}");
        assert_eq!(rules.text(&once), *after, "twice: {before}");
    }
}

/// Checks that texts stay as they are.
fn check_untouched(rules: &Sanitizer, texts: &[&str]) {
    for text in texts {
        assert_eq!(rules.text(text), *text);
    }
}
