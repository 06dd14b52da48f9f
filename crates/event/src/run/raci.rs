//! Who is responsible, accountable, consulted and informed.
//!
//! Source: spec-kitty's RACI models (names and shapes of the payload).

use serde::{Deserialize, Serialize};

use crate::decision::ActorType;
use crate::id::StepId;

/// An actor in a role: a kind, and who it is where that is known.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Binding {
    /// The kind.
    pub actor_type: ActorType,
    /// Who, where it is known.
    #[serde(default)]
    pub actor_id: Option<String>,
}

/// Where roles come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// From the kind of the step.
    Inferred,
    /// The template says so.
    Explicit,
}

impl Source {
    /// Returns the word as it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Inferred => "inferred",
            Self::Explicit => "explicit",
        }
    }
}

/// The roles of one step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Raci {
    /// The step.
    pub step_id: StepId,
    /// Who does it.
    pub responsible: Binding,
    /// Who answers for it: always a person.
    pub accountable: Binding,
    /// Who is asked.
    #[serde(default)]
    pub consulted: Vec<Binding>,
    /// Who is told.
    #[serde(default)]
    pub informed: Vec<Binding>,
    /// Where the roles come from.
    pub source: Source,
    /// The rule, where they are inferred.
    #[serde(default)]
    pub inferred_rule: Option<String>,
    /// Why they differ from the rule, where the template says so.
    #[serde(default)]
    pub override_reason: Option<String>,
}
