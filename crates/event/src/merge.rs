//! The union of event logs by event id: what a merge of two branches that both appended has to be.
//!
//! The order is spec-kitty's: by (`at` or `timestamp`, event id), compared as text. A line that can't be read as an
//! event keeps its place behind the event that it followed, and is never lost.

mod lines;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::decision::Damaged;
use lines::{Key, Line, Reading};

/// What a merge or a fold came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Merged {
    /// The whole log: every line once, the last one ended.
    pub content: Vec<u8>,
    /// How many events it holds.
    pub events: usize,
    /// Events that stand there with different content; all their lines are in `content`.
    pub conflicts: Vec<Conflict>,
}

/// One event id with different content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// The id as it is written; another tool's need not be a ULID.
    pub event_id: String,
    /// The different lines, two or more, in the order in which they stand in the log.
    pub lines: Vec<String>,
}

/// A log with everything that is no event taken out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Folded {
    /// The events, each once.
    pub merged: Merged,
    /// What was taken out, byte for byte and in its order, each line with its own line end.
    pub unreadable: Vec<u8>,
    /// Why each of those lines is no event.
    pub damaged: Vec<Damaged>,
    /// How many of those lines are conflict markers of git.
    pub markers: usize,
    /// How many lines only repeat an event.
    pub duplicates: usize,
}

/// Merges two versions of a log that come from `base`.
///
/// The result holds every line of all three, so a line can't be deleted by leaving it out on one side. Where one side
/// only appended to the other, the longer one is the result as it stands. Otherwise lines stay byte for byte, but for
/// a carriage return at their end; blank ones go. Of lines with the same event and equal JSON, that of `base` stays,
/// else the smallest as bytes: so it doesn't matter which side is which.
pub fn merge(base: &[u8], ours: &[u8], theirs: &[u8]) -> Merged {
    let readings = [base, ours, theirs].map(Reading::of);
    let longer = if ours.len() >= theirs.len() {
        ours
    } else {
        theirs
    };
    let extends = [base, ours, theirs]
        .iter()
        .all(|other| longer.starts_with(other));
    let union = union(&readings);
    if extends && is_tidy(longer, &union) {
        return Merged {
            content: longer.to_vec(),
            ..union
        };
    }
    union
}

/// Takes out of a log what is no event, and what stands there twice.
pub fn fold(content: &[u8]) -> Folded {
    let reading = Reading::of(content);
    let mut folded = Folded::default();
    for line in &reading.lines {
        if let Some(reason) = &line.damage {
            folded.unreadable.extend_from_slice(line.raw);
            folded.markers += usize::from(is_marker(line.text));
            folded.damaged.push(Damaged {
                line: line.number,
                reason: reason.clone(),
            });
        }
    }
    let events = Reading {
        lines: reading
            .lines
            .into_iter()
            .filter(|line| line.damage.is_none())
            .collect(),
    };
    let count = events.lines.len();
    folded.merged = union(&[events]);
    let kept = line_count(&folded.merged.content);
    folded.duplicates = count.saturating_sub(kept);
    folded
}

/// Whether a line is one that git writes around a conflict.
pub fn is_marker(line: &[u8]) -> bool {
    ["<<<<<<<", "|||||||", "=======", ">>>>>>>"]
        .iter()
        .any(|marker| {
            line.strip_prefix(marker.as_bytes())
                .is_some_and(|rest| rest.first().is_none_or(u8::is_ascii_whitespace))
        })
}

/// Whether the log can stay as it is: ended, and no line in it too many.
fn is_tidy(content: &[u8], union: &Merged) -> bool {
    (content.is_empty() || content.ends_with(b"\n"))
        && line_count(content) == line_count(&union.content)
}

fn line_count(content: &[u8]) -> usize {
    content.iter().filter(|byte| **byte == b'\n').count()
}

/// The lines of all readings, each once, in order. The first reading's wording of an event goes before the others'.
fn union(readings: &[Reading<'_>]) -> Merged {
    let mut events: BTreeMap<&str, Vec<Event<'_>>> = BTreeMap::new();
    let mut others: BTreeMap<&[u8], Key> = BTreeMap::new();
    for (at, reading) in readings.iter().enumerate() {
        for line in &reading.lines {
            match &line.row {
                Some(row) => add(events.entry(&line.key.event_id).or_default(), at, line, row),
                None => {
                    let key = others.entry(line.text).or_insert_with(|| line.key.clone());
                    if line.key < *key {
                        *key = line.key.clone();
                    }
                }
            }
        }
    }
    // An event comes before the lines that followed it.
    let mut ordered: BTreeSet<(&Key, bool, &[u8])> = BTreeSet::new();
    let mut merged = Merged {
        events: events.len(),
        ..Merged::default()
    };
    for (event_id, mut wordings) in events {
        wordings.sort_by_key(|event| (event.key, event.text));
        if wordings.len() > 1 {
            merged.conflicts.push(Conflict {
                event_id: event_id.to_owned(),
                lines: wordings
                    .iter()
                    .map(|event| String::from_utf8_lossy(event.text).into_owned())
                    .collect(),
            });
        }
        for event in wordings {
            ordered.insert((event.key, false, event.text));
        }
    }
    for (text, key) in &others {
        ordered.insert((key, true, text));
    }
    for (_, _, text) in ordered {
        merged.content.extend_from_slice(text);
        merged.content.push(b'\n');
    }
    merged
}

/// One wording of an event's content.
struct Event<'a> {
    reading: usize,
    key: &'a Key,
    text: &'a [u8],
    row: &'a Map<String, Value>,
}

/// Adds a line to the wordings of its event; equal JSON is one wording.
fn add<'a>(
    wordings: &mut Vec<Event<'a>>,
    reading: usize,
    line: &'a Line<'a>,
    row: &'a Map<String, Value>,
) {
    match wordings.iter_mut().find(|known| known.row == row) {
        Some(known) => {
            // Only the first reading goes before the others; between those, bytes decide.
            let rank = |reading: usize| usize::from(reading > 0);
            if (rank(reading), line.text) < (rank(known.reading), known.text) {
                known.reading = reading;
                known.text = line.text;
            }
        }
        None => wordings.push(Event {
            reading,
            key: &line.key,
            text: line.text,
            row,
        }),
    }
}

#[cfg(test)]
mod tests;
