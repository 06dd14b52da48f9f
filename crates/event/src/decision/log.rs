//! A whole decision journal: its rows, each event once, and the lines that are none.

use std::collections::HashMap;

use super::{Row, parse_row};
use crate::id::EventId;
use crate::row::{Damaged, rows};

/// The rows of a journal and what couldn't be read of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Log {
    /// The rows in the order they were found, each event id once.
    pub rows: Vec<Row>,
    /// What was passed over.
    pub damaged: Vec<Damaged>,
}

impl Log {
    /// Reads a journal. Blank lines are passed over, damaged ones reported; an event that is
    /// repeated counts once. Of two different rows under one event id the same one is always
    /// kept, and the line is reported.
    pub fn read(bytes: &[u8]) -> Self {
        let mut log = Self::default();
        let mut seen = HashMap::new();
        for (line, row) in rows(bytes, parse_row) {
            let damage = match row {
                Err(reason) => Some(reason),
                Ok(row) => log
                    .add(&mut seen, row)
                    .then(|| "another row has the same event id and different content".to_owned()),
            };
            if let Some(reason) = damage {
                log.damaged.push(Damaged { line, reason });
            }
        }
        log
    }

    /// Returns the rows of both, each event once, and the damage of both.
    #[must_use]
    pub fn union(mut self, other: Self) -> Self {
        let mut seen: HashMap<EventId, usize> = self
            .rows
            .iter()
            .enumerate()
            .map(|(at, row)| (row.event_id.clone(), at))
            .collect();
        for row in other.rows {
            self.add(&mut seen, row);
        }
        self.damaged.extend(other.damaged);
        self
    }

    /// Adds a row unless its event is there. True where that event had different content.
    fn add(&mut self, seen: &mut HashMap<EventId, usize>, row: Row) -> bool {
        if let Some(known) = seen
            .get(&row.event_id)
            .and_then(|at| self.rows.get_mut(*at))
        {
            let differs = *known != row;
            if row < *known {
                *known = row;
            }
            return differs;
        }
        seen.insert(row.event_id.clone(), self.rows.len());
        self.rows.push(row);
        false
    }
}
