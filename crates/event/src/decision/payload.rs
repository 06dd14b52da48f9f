//! What a decision asks and what it is answered, within limits.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{ANSWERED, REQUESTED};
use crate::field::{self, FieldError, said, within};
use crate::id::DecisionId;

/// The largest question, in bytes.
pub const MAX_QUESTION_BYTES: usize = 16 * 1024;
/// The largest answer, in bytes.
pub const MAX_ANSWER_BYTES: usize = 64 * 1024;
/// The most options of a question.
pub const MAX_OPTIONS: usize = 64;
/// The largest option, and the largest of the short fields (step, run, input key, actor), in bytes.
pub const MAX_SHORT_BYTES: usize = 1024;

/// Who acts.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum ActorType {
    /// A person.
    Human,
    /// A language model.
    Llm,
    /// A program.
    Service,
}

impl ActorType {
    /// Returns the kind as it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Human => "human",
            Self::Llm => "llm",
            Self::Service => "service",
        }
    }
}

/// Who asked or answered.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Actor {
    /// The actor's name in this project.
    pub actor_id: String,
    /// What kind of actor it is.
    pub actor_type: ActorType,
    /// A name to show; may be empty.
    #[serde(default)]
    pub display_name: String,
    /// The provider of a model.
    #[serde(default)]
    pub provider: Option<String>,
    /// The model.
    #[serde(default)]
    pub model: Option<String>,
    /// The program through which it acts.
    #[serde(default)]
    pub tool: Option<String>,
}

/// A decision that is asked for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Requested {
    /// The run that asks; empty outside a run.
    #[serde(default)]
    pub run_id: String,
    /// The decision's identity in its mission.
    pub decision_id: DecisionId,
    /// The step that asks; empty outside a step.
    #[serde(default)]
    pub step_id: String,
    /// The question.
    pub question: String,
    /// The answers it proposes; another answer is allowed.
    #[serde(default)]
    pub options: Vec<String>,
    /// The input that the answer fills, if one.
    #[serde(default)]
    pub input_key: Option<String>,
    /// Who asks.
    pub actor: Actor,
}

/// A decision that is taken.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Answered {
    /// The run that it answers; empty outside a run.
    #[serde(default)]
    pub run_id: String,
    /// The decision's identity in its mission.
    pub decision_id: DecisionId,
    /// The answer.
    pub answer: String,
    /// Who answers.
    pub actor: Actor,
}

/// What an event of the decision journal carries. [`Payload::requested`] and
/// [`Payload::answered`] check the limits; what is written goes through them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Payload {
    /// `DecisionInputRequested`.
    Requested(Requested),
    /// `DecisionInputAnswered`.
    Answered(Answered),
}

/// Why a decision can't be asked or answered so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(transparent)]
pub struct PayloadError(#[from] FieldError);

impl Payload {
    /// Makes the payload of a request.
    ///
    /// # Errors
    /// When the question, an option or the actor is blank, or something is over its limit.
    pub fn requested(request: Requested) -> Result<Self, PayloadError> {
        said("question", &request.question, MAX_QUESTION_BYTES)?;
        field::options(request.options.len(), MAX_OPTIONS)?;
        for option in &request.options {
            said("option", option, MAX_SHORT_BYTES)?;
        }
        within("run", &request.run_id, MAX_SHORT_BYTES)?;
        within("step", &request.step_id, MAX_SHORT_BYTES)?;
        if let Some(key) = &request.input_key {
            said("input key", key, MAX_SHORT_BYTES)?;
        }
        request.actor.check()?;
        Ok(Self::Requested(request))
    }

    /// Makes the payload of an answer.
    ///
    /// # Errors
    /// When the answer or the actor is blank, or something is over its limit.
    pub fn answered(answer: Answered) -> Result<Self, PayloadError> {
        said("answer", &answer.answer, MAX_ANSWER_BYTES)?;
        within("run", &answer.run_id, MAX_SHORT_BYTES)?;
        answer.actor.check()?;
        Ok(Self::Answered(answer))
    }

    /// Returns the type under which the event is written.
    pub fn event_type(&self) -> &'static str {
        match self {
            Self::Requested(_) => REQUESTED,
            Self::Answered(_) => ANSWERED,
        }
    }

    pub(super) fn to_value(&self) -> Value {
        match self {
            Self::Requested(request) => json!({
                "run_id": request.run_id,
                "decision_id": request.decision_id.as_str(),
                "step_id": request.step_id,
                "question": request.question,
                "options": request.options,
                "input_key": request.input_key,
                "actor": request.actor.to_value(),
            }),
            Self::Answered(answer) => json!({
                "run_id": answer.run_id,
                "decision_id": answer.decision_id.as_str(),
                "answer": answer.answer,
                "actor": answer.actor.to_value(),
            }),
        }
    }
}

impl Actor {
    fn check(&self) -> Result<(), FieldError> {
        said("actor", &self.actor_id, MAX_SHORT_BYTES)?;
        within("actor's display name", &self.display_name, MAX_SHORT_BYTES)?;
        for (field, text) in [
            ("actor's provider", &self.provider),
            ("actor's model", &self.model),
            ("actor's tool", &self.tool),
        ] {
            if let Some(text) = text {
                within(field, text, MAX_SHORT_BYTES)?;
            }
        }
        Ok(())
    }

    /// Returns the actor as it is written.
    pub(crate) fn to_value(&self) -> Value {
        json!({
            "actor_id": self.actor_id,
            "actor_type": self.actor_type.as_str(),
            "display_name": self.display_name,
            "provider": self.provider,
            "model": self.model,
            "tool": self.tool,
        })
    }
}

impl PayloadError {
    /// Returns the name of the field.
    pub fn field(&self) -> &'static str {
        self.0.field()
    }

    /// Returns the stable code of the error.
    pub fn code(&self) -> &'static str {
        match &self.0 {
            FieldError::Blank(_) => "DECISION_FIELD_EMPTY",
            FieldError::TooLong { .. } => "DECISION_FIELD_TOO_LONG",
            FieldError::TooManyOptions { .. } => "DECISION_TOO_MANY_OPTIONS",
        }
    }
}
