//! What a glossary says: the terms of its seed files, and what rows of the log make of them.

use std::collections::{BTreeMap, HashSet};

use serde::Serialize;

use super::row::{Asked, Resolved, Row, RowPayload};
use super::word::{Scope, Status};
use crate::id::ConflictId;
use crate::time::Moment;

/// A term in a scope. In this order scopes come by precedence.
pub type Key = (Scope, String);

/// Where a term is known from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The seed file has it.
    Seed,
    /// A resolution that is on its way into the seed file.
    Resolution,
    /// The local log alone: nobody was asked.
    Log,
}

/// A term and what it means.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Term {
    /// The term: trimmed, in lower case.
    pub surface: String,
    /// Where it means this.
    pub scope: Scope,
    /// What it means.
    pub definition: String,
    /// How sure that is, from 0 to 1.
    pub confidence: f64,
    /// How settled it is.
    pub status: Status,
    /// Where it is known from.
    pub source: Source,
}

impl Term {
    /// Returns what a term is told apart by.
    pub fn key(&self) -> Key {
        (self.scope, self.surface.clone())
    }

    fn of(resolved: &Resolved) -> Self {
        Self {
            surface: resolved.surface.clone(),
            scope: resolved.scope,
            definition: resolved.definition.clone(),
            confidence: 1.0,
            status: Status::Active,
            source: Source::Resolution,
        }
    }
}

/// A question with its answer, if it has one.
#[derive(Debug, Clone, PartialEq)]
pub struct Question<'a> {
    /// The row that asks.
    pub row: &'a Row,
    /// What it asks.
    pub asked: &'a Asked,
    /// The answer that counts.
    pub answer: Option<(&'a Row, &'a Resolved)>,
}

/// Returns the rows in the order in which they happened: by instant, then event id, then as they were found.
pub fn sorted(rows: &[Row]) -> Vec<&Row> {
    let mut keyed: Vec<(Moment, &Row)> =
        rows.iter().map(|row| (Moment::of(&row.at), row)).collect();
    keyed.sort_by(|(a_at, a), (b_at, b)| a_at.cmp(b_at).then_with(|| a.event_id.cmp(&b.event_id)));
    keyed.into_iter().map(|(_, row)| row).collect()
}

/// Returns the answers that count, in the order in which they were given: of each conflict the first.
pub fn resolutions(rows: &[Row]) -> Vec<(&Row, &Resolved)> {
    let mut settled: HashSet<&ConflictId> = HashSet::new();
    sorted(rows)
        .into_iter()
        .filter_map(|row| match &row.payload {
            RowPayload::Resolved(resolved) => Some((row, resolved)),
            RowPayload::Asked(_) | RowPayload::Sensed(_) | RowPayload::Other => None,
        })
        .filter(|(_, resolved)| settled.insert(&resolved.conflict_id))
        .collect()
}

/// Returns the questions in the order in which they were asked, each conflict once.
pub fn questions(rows: &[Row]) -> Vec<Question<'_>> {
    let answers: BTreeMap<&ConflictId, (&Row, &Resolved)> = resolutions(rows)
        .into_iter()
        .map(|answer| (&answer.1.conflict_id, answer))
        .collect();
    let mut seen = HashSet::new();
    sorted(rows)
        .into_iter()
        .filter_map(|row| match &row.payload {
            RowPayload::Asked(asked) => Some((row, asked)),
            RowPayload::Resolved(_) | RowPayload::Sensed(_) | RowPayload::Other => None,
        })
        .filter(|(_, asked)| seen.insert(&asked.conflict_id))
        .map(|(row, asked)| Question {
            row,
            asked,
            answer: answers.get(&asked.conflict_id).copied(),
        })
        .collect()
}

/// Returns what seed files and resolutions together say (FR-022). Where both know a term, the latest resolution says
/// what it means, and the seed how settled that is.
pub fn rebuild(seed: &[Term], rows: &[Row]) -> BTreeMap<Key, Term> {
    let mut terms = BTreeMap::new();
    for term in seed {
        // Of a term that stands twice, the first counts.
        terms.entry(term.key()).or_insert_with(|| term.clone());
    }
    // Of several resolutions of a term only the latest counts: one that was taken back leaves no trace.
    let latest: BTreeMap<Key, Term> = resolutions(rows)
        .into_iter()
        .map(|(_, resolved)| Term::of(resolved))
        .map(|term| (term.key(), term))
        .collect();
    for (key, term) in latest {
        terms
            .entry(key)
            .and_modify(|known: &mut Term| {
                if known.definition != term.definition {
                    known.definition.clone_from(&term.definition);
                    known.source = Source::Resolution;
                }
            })
            .or_insert(term);
    }
    terms
}

/// Returns the latest meanings that only the log knows, for terms that nobody was asked about.
pub fn senses(rows: &[Row]) -> BTreeMap<Key, Term> {
    let mut terms = BTreeMap::new();
    for row in sorted(rows) {
        match &row.payload {
            RowPayload::Sensed(sensed) => {
                let term = Term {
                    surface: sensed.surface.clone(),
                    scope: sensed.scope,
                    definition: sensed.definition.clone(),
                    confidence: 1.0,
                    status: sensed.status,
                    source: Source::Log,
                };
                terms.insert(term.key(), term);
            }
            RowPayload::Asked(_) | RowPayload::Resolved(_) | RowPayload::Other => {}
        }
    }
    terms
}
