//! A whole run log: its rows, each event once, and the lines that are none.

use std::collections::HashSet;

use super::row::{Row, parse_row};
use crate::id::EventId;
use crate::row::{Damaged, rows};

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
        for (line, row) in rows(bytes, parse_row) {
            match row {
                Ok(row) => {
                    let id = row.event_id.clone();
                    if id.is_none_or(|id| seen.insert(id)) {
                        log.rows.push(row);
                    }
                }
                Err(reason) => log.damaged.push(Damaged { line, reason }),
            }
        }
        log
    }
}
