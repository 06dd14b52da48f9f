//! A whole local log: its rows, each event once, and the lines that are none.

use std::collections::HashSet;

use super::row::{Row, parse_row};
use crate::row::{Damaged, rows};

/// The rows of a log and what couldn't be read of it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Log {
    /// The rows in the order they were found, each event id once.
    pub rows: Vec<Row>,
    /// What was passed over.
    pub damaged: Vec<Damaged>,
}

impl Log {
    /// Reads a log. Blank lines are passed over, damaged ones reported. A last line without its end may still be in the
    /// making, and isn't read yet.
    pub fn read(bytes: &[u8]) -> Self {
        let mut log = Self::default();
        let end = bytes
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |last| last + 1);
        for (line, row) in rows(&bytes[..end], parse_row) {
            match row {
                Ok(row) => log.rows.push(row),
                Err(reason) => log.damaged.push(Damaged { line, reason }),
            }
        }
        log.once();
        log
    }

    /// Adds the rows of another log, each event once. Its damage is the caller's to report.
    pub fn add(&mut self, rows: Vec<Row>) {
        self.rows.extend(rows);
        self.once();
    }

    /// A row without an event id can't be told from its copy, and none of them is harmful twice.
    fn once(&mut self) {
        let mut seen = HashSet::new();
        self.rows.retain(|row| match &row.event_id {
            Some(id) => seen.insert(id.clone()),
            None => true,
        });
    }
}
