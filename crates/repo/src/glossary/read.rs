//! Reading the glossary: one store behind `list`, `show` and `rebuild`.

use std::collections::BTreeMap;

use pawtrail_event::ConflictId;
use pawtrail_event::glossary::{self, Key, Log, Row, Scope, Source, Term};
use serde::Serialize;

use super::{logs, seed, store};
use crate::error::{Error, Result};
use crate::history;
use crate::project::Project;
use crate::sandbox;

/// What the glossary says here.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// The terms: by scope, the first has precedence; then by name.
    pub terms: Vec<Term>,
    /// The questions that have no answer, the oldest first.
    pub open: Vec<Open>,
    /// What could not be read.
    pub problems: Vec<Problem>,
}

/// A question that has no answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Open {
    /// The conflict.
    pub conflict_id: ConflictId,
    /// The term, in lower case.
    pub term: String,
    /// The scope it is asked for, if it says one.
    pub scope: Option<Scope>,
    /// The question.
    pub question: String,
    /// Proposed meanings.
    pub options: Vec<String>,
    /// How urgent it is, as it was written.
    pub urgency: String,
    /// When it was asked.
    pub requested_at: String,
    /// The mission, as it was written.
    pub mission: Option<String>,
}

/// Something that is no term and no event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The file, relative to the checkout.
    pub path: String,
    /// The line, from 1; none where it is the file as a whole.
    pub line: Option<u64>,
    /// What is wrong.
    pub reason: String,
}

/// A term that the seed file doesn't have as its resolutions say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The scope.
    pub scope: Scope,
    /// The term.
    pub term: String,
    /// What the seed file says; none where it lacks the term.
    pub seed: Option<String>,
    /// What seed file and resolutions together say.
    pub rebuilt: String,
}

/// The glossary rebuilt from seed files and resolutions, beside the direct read.
#[derive(Debug, Clone, Default)]
pub struct Rebuilt {
    /// The rebuilt terms, in the order of [`Known::terms`].
    pub terms: Vec<Term>,
    /// Where the direct read says something else.
    pub differences: Vec<Difference>,
    /// What could not be read.
    pub problems: Vec<Problem>,
}

/// Lists the glossary: the seed files of this checkout, resolutions on their way into them, and what only the log knows.
///
/// # Errors
/// When a file can't be read. What is damaged in it is reported, not an error.
pub fn list(project: &Project, scope: Option<Scope>) -> Result<Known> {
    let logs = logs::read(project)?;
    let rows = &logs.log.rows;
    let (direct, mut problems) = seeds(project, scope)?;
    let mut terms = glossary::rebuild(&direct, &on_their_way(project, rows)?);
    terms.retain(|key, _| scope.is_none_or(|scope| scope == key.0));
    for (key, term) in glossary::senses(rows) {
        if scope.is_none_or(|scope| scope == key.0) {
            terms.entry(key).or_insert(term);
        }
    }
    problems.extend(damaged(&logs));
    Ok(Known {
        terms: terms.into_values().collect(),
        open: open(rows, scope),
        problems,
    })
}

/// Shows one term in all scopes, the one that counts first, and the open questions about it.
///
/// # Errors
/// [`Error::TermNotFound`] when nothing is known of it and nobody asked; otherwise as [`list`].
pub fn show(project: &Project, term: &str) -> Result<Known> {
    let surface = glossary::surface(term);
    let mut known = list(project, None)?;
    known.terms.retain(|term| term.surface == surface);
    known.open.retain(|open| open.term == surface);
    if known.terms.is_empty() && known.open.is_empty() {
        return Err(Error::TermNotFound { term: surface });
    }
    Ok(known)
}

/// Rebuilds the glossary from seed files and resolutions, and compares that with what the seed files say (FR-022).
///
/// # Errors
/// As [`list`].
pub fn rebuild(project: &Project) -> Result<Rebuilt> {
    let logs = logs::read(project)?;
    let (direct, mut problems) = seeds(project, None)?;
    let rebuilt = glossary::rebuild(&direct, &logs.log.rows);
    let mut known: BTreeMap<Key, &str> = BTreeMap::new();
    for term in &direct {
        known.entry(term.key()).or_insert(&term.definition);
    }
    let differences = rebuilt
        .iter()
        .filter(|(key, term)| known.get(*key) != Some(&term.definition.as_str()))
        .map(|((scope, surface), term)| Difference {
            scope: *scope,
            term: surface.clone(),
            seed: known
                .get(&(*scope, surface.clone()))
                .map(|text| (*text).to_owned()),
            rebuilt: term.definition.clone(),
        })
        .collect();
    problems.extend(damaged(&logs));
    Ok(Rebuilt {
        terms: rebuilt.into_values().collect(),
        differences,
        problems,
    })
}

/// The terms of the seed files of this checkout; without one, of the commit that HEAD names.
fn seeds(project: &Project, only: Option<Scope>) -> Result<(Vec<Term>, Vec<Problem>)> {
    let mut terms = Vec::new();
    let mut problems = Vec::new();
    for scope in Scope::ALL.iter().copied() {
        if only.is_some_and(|only| only != scope) {
            continue;
        }
        let path = seed::path(scope);
        let content = match project.checkout() {
            Some(root) => store::content(&root.join(&path))?,
            None => match history::tip(project, "HEAD")? {
                Some(tip) => history::file_at(project, tip, &path)?,
                None => None,
            },
        };
        let Some(content) = content else {
            continue;
        };
        match seed::read(scope, &content) {
            Ok(read) => {
                terms.extend(read.terms);
                problems.extend(read.problems.into_iter().map(|(line, reason)| Problem {
                    path: path.clone(),
                    line: Some(line),
                    reason,
                }));
            }
            Err(reason) => problems.push(Problem {
                path,
                line: None,
                reason,
            }),
        }
    }
    Ok((terms, problems))
}

/// The resolutions that are recorded, and perhaps in no seed file yet.
fn on_their_way(project: &Project, rows: &[Row]) -> Result<Vec<Row>> {
    let mut lines = sandbox::glossary_lines(project)?;
    lines.extend(
        logs::waiting(project)?
            .into_iter()
            .flat_map(|(_, lines)| lines),
    );
    let waiting = Log::read(format!("{}\n", lines.join("\n")).as_bytes());
    // Of a conflict that has several answers, only the one that counts is on its way.
    let counting = glossary::resolutions(rows);
    Ok(waiting
        .rows
        .into_iter()
        .filter(|row| {
            counting
                .iter()
                .any(|(known, _)| known.event_id == row.event_id)
        })
        .collect())
}

fn open(rows: &[Row], scope: Option<Scope>) -> Vec<Open> {
    glossary::questions(rows)
        .into_iter()
        .filter(|question| question.answer.is_none())
        .filter(|question| scope.is_none_or(|scope| question.asked.scope == Some(scope)))
        .map(|question| Open {
            conflict_id: question.asked.conflict_id.clone(),
            term: question.asked.surface.clone(),
            scope: question.asked.scope,
            question: question.asked.question.clone(),
            options: question.asked.options.clone(),
            urgency: question.asked.urgency.clone(),
            requested_at: question.row.at.clone(),
            mission: question.row.mission.clone(),
        })
        .collect()
}

fn damaged(logs: &logs::Logs) -> impl Iterator<Item = Problem> + '_ {
    logs.damaged.iter().map(|(path, line)| Problem {
        path: path.clone(),
        line: u64::try_from(line.line).ok(),
        reason: line.reason.clone(),
    })
}

/// Returns the term that a rebuilt glossary has for a difference.
pub(super) fn wanted(difference: &Difference) -> Term {
    Term {
        surface: difference.term.clone(),
        scope: difference.scope,
        definition: difference.rebuilt.clone(),
        confidence: 1.0,
        status: glossary::Status::Active,
        source: Source::Resolution,
    }
}
