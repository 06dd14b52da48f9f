//! A whole `status.events.jsonl`: every line is in it, read or not, byte for byte.

use super::read;
use super::row::{AnnotationRow, Row, TransitionRow};
use crate::decision::Damaged;

/// How many bytes a short row has.
const SHORT_ROW: usize = 256;

/// A log: all its lines in their order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Log<'a> {
    /// Every line; put together they are the file.
    pub lines: Vec<Line<'a>>,
}

/// One line of a log.
#[derive(Debug, Clone, PartialEq)]
pub struct Line<'a> {
    /// Its number, from 1.
    pub number: usize,
    /// The line as it stands, with its line end, if it has one.
    pub raw: &'a [u8],
    /// What it says.
    pub content: Content<'a>,
}

/// What a line says.
#[derive(Debug, Clone, PartialEq)]
#[allow(
    clippy::large_enum_variant,
    reason = "most lines are rows, and a box for each is slower"
)]
pub enum Content<'a> {
    /// Nothing.
    Blank,
    /// A row.
    Row(Row<'a>),
    /// Nothing that can be read; the text says why.
    Damaged(String),
}

impl<'a> Log<'a> {
    /// Reads a log. No line is lost and none stops the reading: what can't be read is damaged and stays in its place.
    ///
    /// What no fold needs of a row isn't judged: it only has to be JSON.
    pub fn read(bytes: &'a [u8]) -> Self {
        // Few rows are shorter, and what is not used costs nothing.
        let mut lines = Vec::with_capacity(bytes.len() / SHORT_ROW + 1);
        match std::str::from_utf8(bytes) {
            Ok(text) => {
                let mut rest = text;
                while let Some(end) = memchr::memchr(b'\n', rest.as_bytes()) {
                    // A line end is a character of its own: nothing is cut in two.
                    let (line, tail) = rest.split_at(end + 1);
                    lines.push(Line::read(lines.len() + 1, line));
                    rest = tail;
                }
                if !rest.is_empty() {
                    lines.push(Line::read(lines.len() + 1, rest));
                }
            }
            Err(_) => {
                let raws = bytes.split_inclusive(|byte| *byte == b'\n').enumerate();
                lines.extend(raws.map(|(at, raw)| Line {
                    number: at + 1,
                    raw,
                    content: std::str::from_utf8(raw).map_or_else(
                        |_| Content::Damaged("the line is not UTF-8".to_owned()),
                        content,
                    ),
                }));
            }
        }
        Self { lines }
    }

    /// Returns the rows, each with its line.
    pub fn rows(&self) -> impl Iterator<Item = (&Line<'a>, &Row<'a>)> {
        self.lines.iter().filter_map(|line| match &line.content {
            Content::Row(row) => Some((line, row)),
            Content::Blank | Content::Damaged(_) => None,
        })
    }

    /// Returns the lane transitions in the order of the file, repeated ones too.
    pub fn transitions(&self) -> impl Iterator<Item = &TransitionRow<'a>> {
        self.rows().filter_map(|(_, row)| match row {
            Row::Transition(row) => Some(row),
            Row::Annotation(_)
            | Row::Lifecycle(_)
            | Row::DecisionPoint(_)
            | Row::Retrospective(_)
            | Row::Other(_) => None,
        })
    }

    /// Returns the annotations in the order of the file, repeated ones too.
    pub fn annotations(&self) -> impl Iterator<Item = &AnnotationRow<'a>> {
        self.rows().filter_map(|(_, row)| match row {
            Row::Annotation(row) => Some(row.as_ref()),
            Row::Transition(_)
            | Row::Lifecycle(_)
            | Row::DecisionPoint(_)
            | Row::Retrospective(_)
            | Row::Other(_) => None,
        })
    }

    /// Returns the damaged lines.
    pub fn damaged(&self) -> Vec<Damaged> {
        self.lines
            .iter()
            .filter_map(|line| match &line.content {
                Content::Damaged(reason) => Some(Damaged {
                    line: line.number,
                    reason: reason.clone(),
                }),
                Content::Blank | Content::Row(_) => None,
            })
            .collect()
    }

    /// Returns the file again.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.lines
            .iter()
            .flat_map(|line| line.raw)
            .copied()
            .collect()
    }
}

impl<'a> Line<'a> {
    fn read(number: usize, line: &'a str) -> Self {
        Self {
            number,
            raw: line.as_bytes(),
            content: content(line),
        }
    }
}

fn content(line: &str) -> Content<'_> {
    let text = line.trim_ascii();
    if text.is_empty() {
        return Content::Blank;
    }
    if text.starts_with('\u{feff}') {
        return Content::Damaged("the line begins with a byte order mark".to_owned());
    }
    match read::row(text) {
        Ok(row) => Content::Row(row),
        Err(reason) => Content::Damaged(reason),
    }
}
