//! The look of human output: styles, aligned fields, short names.

use std::fmt::Write as _;

use owo_colors::OwoColorize as _;

/// Lines of human output. Styled always; the output strips what the terminal can't show.
#[derive(Debug, Default)]
pub(crate) struct Text {
    lines: String,
}

impl Text {
    /// Starts with a headline: what is now true.
    pub(crate) fn new(headline: &str) -> Self {
        Self {
            lines: headline.bold().to_string(),
        }
    }

    /// Adds a field below the headline.
    pub(crate) fn field(mut self, name: &str, value: impl std::fmt::Display) -> Self {
        // Writing to a String can't fail.
        let _ = write!(self.lines, "\n  {:<10} {value}", name.dimmed());
        self
    }

    /// Adds a field where there is a value.
    pub(crate) fn maybe(self, name: &str, value: Option<impl std::fmt::Display>) -> Self {
        match value {
            Some(value) => self.field(name, value),
            None => self,
        }
    }

    /// Adds the next useful command.
    pub(crate) fn next(self, command: &str) -> Self {
        self.field("next", command.cyan())
    }

    /// Returns the lines, without a line feed at the end.
    pub(crate) fn done(self) -> String {
        self.lines
    }
}

/// A table with columns as wide as their widest cell. Control characters in a cell are shown as
/// spaces, so that no stored text can move the cursor.
pub(crate) fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let mut widths: Vec<usize> = head.iter().map(|cell| cell.chars().count()).collect();
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let line = |cells: Vec<String>| {
        let mut line = String::new();
        for (at, (cell, width)) in cells.iter().zip(&widths).enumerate() {
            if at > 0 {
                line.push_str("  ");
            }
            line.push_str(&plain(cell));
            let used = cell.chars().count();
            line.extend(std::iter::repeat_n(' ', width.saturating_sub(used)));
        }
        line.trim_end().to_owned()
    };
    let names = head.iter().map(|cell| (*cell).to_owned()).collect();
    let mut text = line(names).dimmed().to_string();
    for row in rows {
        text.push('\n');
        text.push_str(&line(row.clone()));
    }
    text
}

/// A stored text on one line, without control characters.
pub(crate) fn plain(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

/// A branch as people name it.
pub(crate) fn branch(reference: &str) -> &str {
    reference.strip_prefix("refs/heads/").unwrap_or(reference)
}

/// The first ten digits of a commit hash.
pub(crate) fn short(hash: &str) -> &str {
    hash.get(..10).unwrap_or(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_align_and_hold_no_control_characters() {
        let rows = vec![
            vec!["one".to_owned(), "a\u{1b}[31mb".to_owned()],
            vec!["three".to_owned(), "ü".to_owned()],
        ];
        let text = anstream::adapter::strip_str(&table(&["name", "text"], &rows)).to_string();
        assert_eq!(text, "name   text\none    a [31mb\nthree  ü");
    }
}
