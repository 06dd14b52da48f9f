//! Words as a shell takes them, for commands that a user is told to run. Nothing here reaches a shell by itself.

use std::path::Path;

/// Returns a word as a shell takes it: quoted where that is needed.
pub fn quoted(word: &str) -> String {
    // Paths of Windows; elsewhere a shell takes that character for its own.
    let backslash = |c: char| cfg!(windows) && c == '\\';
    let safe = |c: char| c.is_ascii_alphanumeric() || "-_./:=@%+,".contains(c) || backslash(c);
    if !word.is_empty() && word.chars().all(safe) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// Returns a path as a shell takes it.
pub(crate) fn quoted_path(path: &Path) -> String {
    quoted(&path.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_for_a_shell() {
        assert_eq!(quoted("input:key"), "input:key");
        assert_eq!(quoted("it's"), r"'it'\''s'");
        assert_eq!(quoted(""), "''");
    }
}
