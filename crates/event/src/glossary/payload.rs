//! What an event of the glossary carries: one of eight shapes, read and written, and checked field by field.

use serde::Deserialize;
use serde_json::Value;

use super::field::{
    MAX_DEFINITION_BYTES, MAX_OPTIONS, MAX_QUESTION_BYTES, MAX_SHORT_BYTES, PayloadError, filled,
    short, sure, term,
};
use super::shape::{
    CheckEvaluated, ClarificationRequested, ClarificationResolved, GenerationBlocked,
    ScopeActivated, SenseUpdated, StrictnessSet, TermObserved,
};
use crate::field::{FieldError, options, said, within};
use crate::row::{UnwritableError, reason, written};

/// What an event of the glossary carries.
#[derive(Debug, Clone, PartialEq)]
pub enum Payload {
    /// `GlossaryScopeActivated`.
    ScopeActivated(ScopeActivated),
    /// `TermCandidateObserved`.
    TermObserved(TermObserved),
    /// `SemanticCheckEvaluated`.
    CheckEvaluated(CheckEvaluated),
    /// `GlossaryClarificationRequested`.
    ClarificationRequested(ClarificationRequested),
    /// `GlossaryClarificationResolved`.
    ClarificationResolved(ClarificationResolved),
    /// `GlossarySenseUpdated`.
    SenseUpdated(SenseUpdated),
    /// `GenerationBlockedBySemanticConflict`.
    GenerationBlocked(GenerationBlocked),
    /// `GlossaryStrictnessSet`.
    StrictnessSet(StrictnessSet),
}

impl Payload {
    /// Reads the payload of an event: valid exactly where the shared contract says so. Keys that the contract
    /// doesn't name are passed over.
    ///
    /// # Errors
    /// Says what is missing or wrong.
    pub fn parse(event_type: &str, payload: &Value) -> Result<Self, PayloadError> {
        let parsed = match event_type {
            "GlossaryScopeActivated" => {
                Self::ScopeActivated(read(payload, "GlossaryScopeActivated")?)
            }
            "TermCandidateObserved" => Self::TermObserved(read(payload, "TermCandidateObserved")?),
            "SemanticCheckEvaluated" => {
                // Serde would take arrays for structs, field by field.
                let conflicts = payload.get("conflicts").and_then(Value::as_array);
                if conflicts.is_some_and(|all| all.iter().any(|one| !one.is_object())) {
                    return Err(malformed(
                        "SemanticCheckEvaluated",
                        "a conflict is no object",
                    ));
                }
                Self::CheckEvaluated(read(payload, "SemanticCheckEvaluated")?)
            }
            "GlossaryClarificationRequested" => {
                Self::ClarificationRequested(read(payload, "GlossaryClarificationRequested")?)
            }
            "GlossaryClarificationResolved" => {
                Self::ClarificationResolved(read(payload, "GlossaryClarificationResolved")?)
            }
            "GlossarySenseUpdated" => Self::SenseUpdated(read(payload, "GlossarySenseUpdated")?),
            "GenerationBlockedBySemanticConflict" => {
                Self::GenerationBlocked(read(payload, "GenerationBlockedBySemanticConflict")?)
            }
            "GlossaryStrictnessSet" => Self::StrictnessSet(read(payload, "GlossaryStrictnessSet")?),
            other => return Err(PayloadError::UnknownType(other.chars().take(80).collect())),
        };
        parsed.check()?;
        Ok(parsed)
    }

    /// Returns the type under which the event is written.
    pub fn event_type(&self) -> &'static str {
        match self {
            Self::ScopeActivated(_) => "GlossaryScopeActivated",
            Self::TermObserved(_) => "TermCandidateObserved",
            Self::CheckEvaluated(_) => "SemanticCheckEvaluated",
            Self::ClarificationRequested(_) => "GlossaryClarificationRequested",
            Self::ClarificationResolved(_) => "GlossaryClarificationResolved",
            Self::SenseUpdated(_) => "GlossarySenseUpdated",
            Self::GenerationBlocked(_) => "GenerationBlockedBySemanticConflict",
            Self::StrictnessSet(_) => "GlossaryStrictnessSet",
        }
    }

    /// Returns the payload as JSON.
    ///
    /// # Errors
    /// When a field has no form in JSON. None that is here lacks one; an event without its payload is never made instead.
    pub fn to_value(&self) -> Result<Value, UnwritableError> {
        let value = match self {
            Self::ScopeActivated(payload) => serde_json::to_value(payload),
            Self::TermObserved(payload) => serde_json::to_value(payload),
            Self::CheckEvaluated(payload) => serde_json::to_value(payload),
            Self::ClarificationRequested(payload) => serde_json::to_value(payload),
            Self::ClarificationResolved(payload) => serde_json::to_value(payload),
            Self::SenseUpdated(payload) => serde_json::to_value(payload),
            Self::GenerationBlocked(payload) => serde_json::to_value(payload),
            Self::StrictnessSet(payload) => serde_json::to_value(payload),
        };
        written(self.event_type(), value)
    }

    /// Checks what the contract asks of the fields' content.
    fn check(&self) -> Result<(), PayloadError> {
        match self {
            Self::ScopeActivated(p) => filled(&[
                ("mission", &p.mission_id),
                ("scope", &p.scope_id),
                ("version of the glossary", &p.glossary_version_id),
            ]),
            Self::TermObserved(p) => {
                sure(p.confidence)?;
                filled(&[
                    ("mission", &p.mission_id),
                    ("scope", &p.scope_id),
                    ("step", &p.step_id),
                    ("term", &p.term_surface),
                    ("actor", &p.actor),
                ])
            }
            Self::CheckEvaluated(p) => {
                sure(p.confidence)?;
                for conflict in &p.conflicts {
                    filled(&[("term of a conflict", &conflict.term)])?;
                }
                filled(&[
                    ("mission", &p.mission_id),
                    ("scope", &p.scope_id),
                    ("step", &p.step_id),
                ])
            }
            Self::ClarificationRequested(p) => filled(&[
                ("mission", &p.mission_id),
                ("scope", &p.scope_id),
                ("step", &p.step_id),
                ("check", &p.semantic_check_event_id),
                ("term", &p.term),
                ("actor", &p.actor),
            ]),
            Self::ClarificationResolved(p) => filled(&[
                ("mission", &p.mission_id),
                ("clarification", &p.clarification_event_id),
                ("meaning", &p.selected_meaning),
                ("actor", &p.actor),
            ]),
            Self::SenseUpdated(p) => filled(&[
                ("mission", &p.mission_id),
                ("scope", &p.scope_id),
                ("term", &p.term_surface),
                ("sense", &p.after_sense),
                ("actor", &p.actor),
            ]),
            Self::GenerationBlocked(p) => {
                if p.conflict_event_ids.is_empty() {
                    return Err(FieldError::Blank("list of conflicts").into());
                }
                filled(&[("mission", &p.mission_id), ("step", &p.step_id)])
            }
            Self::StrictnessSet(p) => filled(&[("mission", &p.mission_id), ("actor", &p.actor)]),
        }
    }

    /// Checks what Pawtrail asks of what it writes itself, beyond the contract: nothing too long, a term on one line,
    /// and but for the reason of a sense nothing blank.
    ///
    /// # Errors
    /// Says which field it is.
    pub fn within_limits(self) -> Result<Self, PayloadError> {
        self.check()?;
        match &self {
            Self::TermObserved(p) => {
                term(&p.term_surface)?;
                short(&[("step", &p.step_id), ("actor", &p.actor)])?;
            }
            Self::ClarificationRequested(p) => {
                term(&p.term)?;
                said("question", &p.question, MAX_QUESTION_BYTES)?;
                options(p.options.len(), MAX_OPTIONS)?;
                for option in &p.options {
                    said("option", option, MAX_SHORT_BYTES)?;
                }
                short(&[
                    ("step", &p.step_id),
                    ("check", &p.semantic_check_event_id),
                    ("actor", &p.actor),
                ])?;
            }
            Self::ClarificationResolved(p) => {
                said("definition", &p.selected_meaning, MAX_DEFINITION_BYTES)?;
                if let Some(surface) = &p.term_surface {
                    term(surface)?;
                }
                short(&[("actor", &p.actor)])?;
            }
            Self::SenseUpdated(p) => {
                term(&p.term_surface)?;
                said("definition", &p.after_sense, MAX_DEFINITION_BYTES)?;
                short(&[("actor", &p.actor)])?;
                within("reason", &p.reason, MAX_QUESTION_BYTES)?;
            }
            // Steps of a run write these; every text in them is a name.
            Self::ScopeActivated(_)
            | Self::CheckEvaluated(_)
            | Self::GenerationBlocked(_)
            | Self::StrictnessSet(_) => {}
        }
        Ok(self)
    }
}

fn read<'a, T: Deserialize<'a>>(
    payload: &'a Value,
    event_type: &'static str,
) -> Result<T, PayloadError> {
    if !payload.is_object() {
        return Err(malformed(event_type, "it is no object"));
    }
    T::deserialize(payload).map_err(|error| malformed(event_type, &error.to_string()))
}

fn malformed(event_type: &'static str, said: &str) -> PayloadError {
    PayloadError::Malformed {
        event_type,
        reason: reason(said),
    }
}
