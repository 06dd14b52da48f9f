//! What the eight events say. Source of the shapes: `spec_kitty_events.glossary` 6.1.0.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::word::{Action, Mode, Nature, Scope, Strictness, Urgency};
use crate::id::ConflictId;
use crate::row::UnwritableError;

/// The largest term, in bytes.
pub const MAX_TERM_BYTES: usize = 256;
/// The largest question, in bytes.
pub const MAX_QUESTION_BYTES: usize = 16 * 1024;
/// The largest definition, in bytes.
pub const MAX_DEFINITION_BYTES: usize = 64 * 1024;
/// The most options of a question.
pub const MAX_OPTIONS: usize = 64;
/// The largest of the short fields (scope, step, actor), in bytes.
pub const MAX_SHORT_BYTES: usize = 1024;

/// How much is said about a malformed payload, in characters.
const MAX_REASON_CHARS: usize = 200;

/// A glossary is in use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScopeActivated {
    /// The mission.
    pub mission_id: String,
    /// The scope's name.
    pub scope_id: String,
    /// What kind of scope it is.
    pub scope_type: Scope,
    /// The version of its glossary.
    pub glossary_version_id: String,
}

/// A term was met.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TermObserved {
    /// The mission.
    pub mission_id: String,
    /// The scope it was met in.
    pub scope_id: String,
    /// The step that met it.
    pub step_id: String,
    /// The term as it stood there.
    pub term_surface: String,
    /// How sure it is that this is a term, from 0 to 1.
    pub confidence: f64,
    /// Who met it.
    pub actor: String,
    /// What else is known of the step.
    #[serde(default)]
    pub step_metadata: BTreeMap<String, String>,
}

/// One conflict that a check found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conflict {
    /// The term.
    pub term: String,
    /// What kind of conflict it is.
    pub nature: Nature,
    /// How grave it is.
    pub severity: Urgency,
    /// For a person.
    pub description: String,
}

/// A step's words were checked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CheckEvaluated {
    /// The mission.
    pub mission_id: String,
    /// The scope it was checked against.
    pub scope_id: String,
    /// The step.
    pub step_id: String,
    /// What was found.
    pub conflicts: Vec<Conflict>,
    /// The gravest of it.
    pub severity: Urgency,
    /// How sure that is, from 0 to 1.
    pub confidence: f64,
    /// What should follow.
    pub recommended_action: Action,
    /// How strictly it was checked.
    pub effective_strictness: Strictness,
    /// What else is known of the step.
    #[serde(default)]
    pub step_metadata: BTreeMap<String, String>,
}

/// Somebody has to say what a term means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClarificationRequested {
    /// The mission.
    pub mission_id: String,
    /// The scope it is asked for.
    pub scope_id: String,
    /// The step that asks.
    pub step_id: String,
    /// The check that found the conflict.
    pub semantic_check_event_id: String,
    /// The term.
    pub term: String,
    /// The question.
    pub question: String,
    /// Proposed meanings.
    pub options: Vec<String>,
    /// How urgent it is.
    pub urgency: Urgency,
    /// Who asks.
    pub actor: String,
}

/// Somebody said what a term means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClarificationResolved {
    /// The mission.
    pub mission_id: String,
    /// The event that asked.
    pub clarification_event_id: String,
    /// The meaning.
    pub selected_meaning: String,
    /// Who says so.
    pub actor: String,
    /// The conflict, as it was named to the user. Pawtrail's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conflict_id: Option<ConflictId>,
    /// The term in lower case. Pawtrail's, so that the event says by itself what changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub term_surface: Option<String>,
    /// The scope whose seed file holds it. Pawtrail's, for the same reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope_id: Option<String>,
}

/// A meaning was found or has moved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SenseUpdated {
    /// The mission.
    pub mission_id: String,
    /// The scope.
    pub scope_id: String,
    /// The term.
    pub term_surface: String,
    /// What it meant before.
    #[serde(default)]
    pub before_sense: Option<String>,
    /// What it means.
    pub after_sense: String,
    /// Why.
    pub reason: String,
    /// Who says so.
    pub actor: String,
}

/// Work stopped over a conflict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GenerationBlocked {
    /// The mission.
    pub mission_id: String,
    /// The step.
    pub step_id: String,
    /// The checks that found the conflicts.
    pub conflict_event_ids: Vec<String>,
    /// The strictness that stopped it.
    pub blocking_strictness: Mode,
    /// What else is known of the step.
    #[serde(default)]
    pub step_metadata: BTreeMap<String, String>,
}

/// A mission is checked more or less strictly from here on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StrictnessSet {
    /// The mission.
    pub mission_id: String,
    /// How strictly.
    pub new_strictness: Strictness,
    /// How strictly before.
    #[serde(default)]
    pub previous_strictness: Option<Strictness>,
    /// Who set it.
    pub actor: String,
}

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

/// Why a value is no payload of the glossary.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PayloadError {
    /// The event type is none of the glossary's.
    #[error("`{0}` is no event type of the glossary")]
    UnknownType(String),
    /// A field is missing, of another type, or none of the words it may be.
    #[error("the payload of {event_type} is malformed: {reason}")]
    Malformed {
        /// The type.
        event_type: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// A field that must say something is empty.
    #[error("the {0} is empty")]
    Blank(&'static str),
    /// A confidence is not from 0 to 1.
    #[error("the confidence {0} is not from 0 to 1")]
    Confidence(String),
    /// A field is too long.
    #[error("the {field} has {bytes} bytes; the limit is {limit}")]
    TooLong {
        /// Which field.
        field: &'static str,
        /// How long it is.
        bytes: usize,
        /// How long it may be.
        limit: usize,
    },
    /// More options than [`MAX_OPTIONS`].
    #[error("the question has {0} options; the limit is {MAX_OPTIONS}")]
    TooManyOptions(usize),
    /// A term that would not stand on one line.
    #[error("the term holds a control character")]
    TermNotPlain,
}

impl PayloadError {
    /// Returns the stable code of the error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownType(_) => "GLOSSARY_TYPE_UNKNOWN",
            Self::Malformed { .. } => "GLOSSARY_PAYLOAD_MALFORMED",
            Self::Blank(_) => "GLOSSARY_FIELD_EMPTY",
            Self::Confidence(_) => "GLOSSARY_CONFIDENCE_INVALID",
            Self::TooLong { .. } => "GLOSSARY_FIELD_TOO_LONG",
            Self::TooManyOptions(_) => "GLOSSARY_TOO_MANY_OPTIONS",
            Self::TermNotPlain => "GLOSSARY_TERM_INVALID",
        }
    }
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
        let written = match self {
            Self::ScopeActivated(payload) => serde_json::to_value(payload),
            Self::TermObserved(payload) => serde_json::to_value(payload),
            Self::CheckEvaluated(payload) => serde_json::to_value(payload),
            Self::ClarificationRequested(payload) => serde_json::to_value(payload),
            Self::ClarificationResolved(payload) => serde_json::to_value(payload),
            Self::SenseUpdated(payload) => serde_json::to_value(payload),
            Self::GenerationBlocked(payload) => serde_json::to_value(payload),
            Self::StrictnessSet(payload) => serde_json::to_value(payload),
        };
        written.map_err(|error| UnwritableError {
            event_type: self.event_type(),
            reason: error.to_string(),
        })
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
                    return Err(PayloadError::Blank("list of conflicts"));
                }
                filled(&[("mission", &p.mission_id), ("step", &p.step_id)])
            }
            Self::StrictnessSet(p) => filled(&[("mission", &p.mission_id), ("actor", &p.actor)]),
        }
    }

    /// Checks what Pawtrail asks of what it writes itself, beyond the contract: nothing blank, nothing too long, a term
    /// on one line.
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
                if p.options.len() > MAX_OPTIONS {
                    return Err(PayloadError::TooManyOptions(p.options.len()));
                }
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
                if p.reason.len() > MAX_QUESTION_BYTES {
                    said("reason", &p.reason, MAX_QUESTION_BYTES)?;
                }
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

fn malformed(event_type: &'static str, reason: &str) -> PayloadError {
    PayloadError::Malformed {
        event_type,
        reason: reason.chars().take(MAX_REASON_CHARS).collect(),
    }
}

fn filled(fields: &[(&'static str, &str)]) -> Result<(), PayloadError> {
    match fields.iter().find(|(_, text)| text.is_empty()) {
        Some((field, _)) => Err(PayloadError::Blank(field)),
        None => Ok(()),
    }
}

fn sure(confidence: f64) -> Result<(), PayloadError> {
    if (0.0..=1.0).contains(&confidence) {
        Ok(())
    } else {
        Err(PayloadError::Confidence(confidence.to_string()))
    }
}

fn term(text: &str) -> Result<(), PayloadError> {
    said("term", text, MAX_TERM_BYTES)?;
    if text.chars().any(char::is_control) {
        return Err(PayloadError::TermNotPlain);
    }
    Ok(())
}

fn short(fields: &[(&'static str, &str)]) -> Result<(), PayloadError> {
    fields
        .iter()
        .try_for_each(|(field, text)| said(field, text, MAX_SHORT_BYTES))
}

fn said(field: &'static str, text: &str, limit: usize) -> Result<(), PayloadError> {
    if text.trim().is_empty() {
        return Err(PayloadError::Blank(field));
    }
    if text.len() > limit {
        return Err(PayloadError::TooLong {
            field,
            bytes: text.len(),
            limit,
        });
    }
    Ok(())
}
