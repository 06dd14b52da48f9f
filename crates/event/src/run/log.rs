//! A whole run log: its rows, each event once, and the lines that are none.

use std::collections::HashSet;

use super::row::{Row, parse_row};
use crate::decision::Damaged;
use crate::id::EventId;

/// The rows of a log and what couldn't be read of it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Log {
    /// The rows in the order in which they stand, each event id once.
    pub rows: Vec<Row>,
    /// What was passed over.
    pub damaged: Vec<Damaged>,
}

impl Log {
    /// Reads a log. Blank lines are passed over, damaged ones reported. Of rows with one event id the first counts.
    pub fn read(bytes: &[u8]) -> Self {
        let mut log = Self::default();
        let mut seen: HashSet<EventId> = HashSet::new();
        for (at, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
            let line = line.trim_ascii();
            if line.is_empty() {
                continue;
            }
            let row = match std::str::from_utf8(line) {
                Ok(line) => parse_row(line).map_err(|error| error.to_string()),
                Err(_) => Err("the line is not UTF-8".to_owned()),
            };
            match row {
                Ok(row) => {
                    let id = row.event_id.clone();
                    if id.is_none_or(|id| seen.insert(id)) {
                        log.rows.push(row);
                    }
                }
                Err(reason) => log.damaged.push(Damaged {
                    line: at + 1,
                    reason,
                }),
            }
        }
        log
    }
}
