//! The board as text: lanes side by side, as many as the width takes, the others below them.

use std::fmt::Write as _;

use owo_colors::OwoColorize as _;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use crate::text::plain;

/// The narrowest column that still says something.
const MIN_WIDTH: usize = 16;
/// The widest column; beyond, a line is hard to take in.
const MAX_WIDTH: usize = 40;
/// What stands between two columns.
const GAP: usize = 2;

/// A lane.
pub(super) struct Column {
    /// Its name.
    pub(super) name: &'static str,
    /// What stands in it.
    pub(super) cards: Vec<Card>,
}

/// A work package.
pub(super) struct Card {
    /// Its id and title.
    pub(super) head: String,
    /// Who has it, and what else is short.
    pub(super) foot: String,
}

/// Draws the lanes for a terminal of this many columns. Styled; the output strips what can't be shown.
pub(super) fn draw(columns: &[Column], width: usize) -> String {
    let fit = ((width + GAP) / (MIN_WIDTH + GAP)).clamp(1, columns.len().max(1));
    // Bands of about the same length look better than a full one and a remnant.
    let bands = columns.len().div_ceil(fit).max(1);
    let per_band = columns.len().div_ceil(bands).max(1);
    let room = (width + GAP) / per_band;
    let cell = room.saturating_sub(GAP).clamp(1, MAX_WIDTH);
    let mut text = String::new();
    for band in columns.chunks(per_band) {
        if !text.is_empty() {
            text.push_str("\n\n");
        }
        text.push_str(&draw_band(band, cell));
    }
    text
}

fn draw_band(columns: &[Column], cell: usize) -> String {
    let mut lines = vec![
        row(columns, cell, |column| {
            fitted(&format!("{} {}", column.name, column.cards.len()), cell)
                .bold()
                .to_string()
        }),
        row(columns, cell, |_| "─".repeat(cell).dimmed().to_string()),
    ];
    let deepest = columns.iter().map(|column| column.cards.len()).max();
    for at in 0..deepest.unwrap_or_default() {
        lines.push(row(columns, cell, |column| {
            column
                .cards
                .get(at)
                .map_or_else(String::new, |card| fitted(&card.head, cell))
        }));
        let feet = columns.iter().any(|column| {
            column
                .cards
                .get(at)
                .is_some_and(|card| !card.foot.is_empty())
        });
        if feet {
            lines.push(row(columns, cell, |column| match column.cards.get(at) {
                Some(card) => fitted(&format!("  {}", card.foot), cell)
                    .dimmed()
                    .to_string(),
                None => String::new(),
            }));
        }
    }
    lines.join("\n")
}

/// One line through all columns, without blanks at its end.
fn row(columns: &[Column], cell: usize, content: impl Fn(&Column) -> String) -> String {
    let mut line = String::new();
    let mut owed = 0;
    for column in columns {
        let part = content(column);
        let used = anstream::adapter::strip_str(&part).to_string().width();
        if used > 0 {
            // Writing to a String can't fail.
            let _ = write!(line, "{}{part}", " ".repeat(owed));
            owed = 0;
        }
        owed += (cell + GAP).saturating_sub(used);
    }
    line
}

/// A text cut to a width, on one line, without control characters.
fn fitted(text: &str, cell: usize) -> String {
    let text = plain(text);
    let text = text.trim_end();
    if text.width() <= cell {
        return text.to_owned();
    }
    let mut cut = String::new();
    let mut used = 0;
    for letter in text.chars() {
        let wide = letter.width().unwrap_or_default();
        if used + wide + 1 > cell {
            break;
        }
        used += wide;
        cut.push(letter);
    }
    cut.push('…');
    cut
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(width: usize) -> String {
        let card = |head: &str, foot: &str| Card {
            head: head.to_owned(),
            foot: foot.to_owned(),
        };
        let columns = [
            Column {
                name: "planned",
                cards: vec![card("WP03 A title that is long", "")],
            },
            Column {
                name: "in_progress",
                cards: vec![
                    card("WP01 決定の台帳を保つこと", "weaver"),
                    card("WP02 \u{1b}[31mred", ""),
                ],
            },
            Column {
                name: "done",
                cards: Vec::new(),
            },
        ];
        anstream::adapter::strip_str(&draw(&columns, width)).to_string()
    }

    #[test]
    fn lanes_stand_side_by_side_and_nothing_is_wider_than_the_terminal() {
        let expected = "\
planned 1         in_progress 2     done 0
────────────────  ────────────────  ────────────────
WP03 A title th…  WP01 決定の台帳…
                    weaver
                  WP02  [31mred";
        assert_eq!(shown(52), expected);
        for width in 1..120 {
            let widest = shown(width).lines().map(|line| line.width()).max();
            assert!(widest.unwrap() <= width.max(1), "{width}: {}", shown(width));
        }
    }

    #[test]
    fn a_narrow_terminal_has_the_lanes_below_each_other() {
        let text = shown(20);
        assert!(text.starts_with("planned 1\n"), "{text}");
        assert!(text.contains("\n\nin_progress 2\n"), "{text}");
        assert!(text.contains("\n\ndone 0\n"), "{text}");
    }
}
