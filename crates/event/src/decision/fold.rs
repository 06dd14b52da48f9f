//! The fold from rows to decisions: independent of the rows' order, harmless to repeat.

use std::collections::{BTreeMap, HashSet};

use super::{Actor, Answered, Requested, Row, RowPayload};
use crate::id::{DecisionId, EventId};
use crate::time::Moment;

/// A decision as its rows tell it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Its identity in its mission.
    pub decision_id: DecisionId,
    /// The question; empty where the request isn't there.
    pub question: String,
    /// The proposed answers.
    pub options: Vec<String>,
    /// The step that asked.
    pub step_id: String,
    /// The input that the answer fills.
    pub input_key: Option<String>,
    /// The run that asked, or that the first answer names where the request isn't there.
    pub run_id: String,
    /// When it was asked for, as it was written; empty where the request isn't there.
    pub requested_at: String,
    /// The request, where it is there.
    pub requested_event: Option<EventId>,
    /// The different answers, the one that counts first.
    pub answers: Vec<GivenAnswer>,
}

/// An answer that was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GivenAnswer {
    /// The answer.
    pub answer: String,
    /// Who gave it first.
    pub actor: Actor,
    /// When, as it was written.
    pub at: String,
    /// The event that says so.
    pub event_id: EventId,
}

/// How far a decision is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Nobody answered.
    Open,
    /// There is one answer.
    Answered,
    /// There are answers that differ; the first counts.
    Contested,
}

impl Status {
    /// Returns the status as it is shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Answered => "answered",
            Self::Contested => "contested",
        }
    }
}

impl Decision {
    /// Returns how far the decision is.
    pub fn status(&self) -> Status {
        match self.answers.len() {
            0 => Status::Open,
            1 => Status::Answered,
            _ => Status::Contested,
        }
    }

    /// Returns the answer that counts: the first by its instant, then by its event id.
    pub fn answer(&self) -> Option<&GivenAnswer> {
        self.answers.first()
    }
}

/// Folds rows to decisions, in the order in which they were asked for; one whose request isn't
/// there stands where its first answer does.
pub fn fold(rows: &[Row]) -> Vec<Decision> {
    let mut sorted: Vec<(Moment, &Row)> =
        rows.iter().map(|row| (Moment::of(&row.at), row)).collect();
    // By instant, then event id; the rest only settles which of two conflicting copies counts.
    sorted.sort_by(|(a_at, a), (b_at, b)| a_at.cmp(b_at).then_with(|| a.cmp(b)));

    let mut seen = HashSet::new();
    let mut decisions: BTreeMap<&DecisionId, Gathered<'_>> = BTreeMap::new();
    for (place, (_, row)) in sorted.iter().enumerate() {
        if !seen.insert(&row.event_id) {
            continue;
        }
        match &row.payload {
            RowPayload::Requested(request) => {
                let gathered = decisions.entry(&request.decision_id).or_default();
                gathered.request.get_or_insert((place, row, request));
            }
            RowPayload::Answered(answer) => {
                let gathered = decisions.entry(&answer.decision_id).or_default();
                gathered.answers.push((place, row, answer));
            }
            RowPayload::Other(_) => {}
        }
    }

    let mut placed: Vec<(usize, Decision)> = decisions
        .into_iter()
        .map(|(id, gathered)| (gathered.place(), gathered.decision(id)))
        .collect();
    placed.sort_by_key(|(place, _)| *place);
    placed.into_iter().map(|(_, decision)| decision).collect()
}

/// What the rows of one decision say, each with its place in the order of time.
#[derive(Default)]
struct Gathered<'a> {
    request: Option<(usize, &'a Row, &'a Requested)>,
    answers: Vec<(usize, &'a Row, &'a Answered)>,
}

impl Gathered<'_> {
    fn place(&self) -> usize {
        let request = self.request.map(|(place, ..)| place);
        let answer = self.answers.first().map(|(place, ..)| *place);
        request.or(answer).unwrap_or(usize::MAX)
    }

    fn decision(&self, id: &DecisionId) -> Decision {
        let mut answers: Vec<GivenAnswer> = Vec::new();
        for (_, row, given) in &self.answers {
            if answers.iter().all(|known| known.answer != given.answer) {
                answers.push(GivenAnswer {
                    answer: given.answer.clone(),
                    actor: given.actor.clone(),
                    at: row.at.clone(),
                    event_id: row.event_id.clone(),
                });
            }
        }
        let empty = Decision {
            decision_id: id.clone(),
            question: String::new(),
            options: Vec::new(),
            step_id: String::new(),
            input_key: None,
            run_id: String::new(),
            requested_at: String::new(),
            requested_event: None,
            answers,
        };
        match (self.request, self.answers.first()) {
            (Some((_, row, request)), _) => Decision {
                question: request.question.clone(),
                options: request.options.clone(),
                step_id: request.step_id.clone(),
                input_key: request.input_key.clone(),
                run_id: request.run_id.clone(),
                requested_at: row.at.clone(),
                requested_event: Some(row.event_id.clone()),
                ..empty
            },
            (None, Some((_, _, answer))) => Decision {
                run_id: answer.run_id.clone(),
                ..empty
            },
            (None, None) => empty,
        }
    }
}
