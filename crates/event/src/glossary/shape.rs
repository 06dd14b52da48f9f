//! What each of the eight events says. Source of the shapes: `spec_kitty_events.glossary` 6.1.0.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::word::{Action, Mode, Nature, Scope, Strictness, Urgency};
use crate::id::ConflictId;

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
