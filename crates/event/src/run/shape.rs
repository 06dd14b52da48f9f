//! What each of the events of a run says.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::raci::{Binding, Raci, Source};
use super::significance::{Band, HardTrigger, Score};
use crate::decision::{Actor, ActorType};
use crate::id::{DecisionId, MissionId, MissionSlug, RunId, StepId, TemplateHash};

/// `MissionRunStarted`: a run begins.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Started {
    /// The run.
    pub run_id: RunId,
    /// The key of its template.
    pub mission_type: String,
    /// Who began it.
    pub actor: Actor,
    /// The SHA-256 of the template as it was frozen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template_hash: Option<TemplateHash>,
    /// Where the template is: relative to the repository with `/`, or `builtin:<key>`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template_path: Option<String>,
    /// The mission.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mission_id: Option<MissionId>,
    /// The mission's directory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mission_slug: Option<MissionSlug>,
    /// What is known from the start.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub inputs: BTreeMap<String, Value>,
    /// Whether an earlier run is continued from what git knows of it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub recovered: bool,
}

/// `NextStepIssued`: an agent has a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepIssued {
    /// The run.
    pub run_id: RunId,
    /// The step.
    pub step_id: StepId,
    /// The agent.
    pub agent_id: String,
    /// The same agent, as an actor.
    pub actor: Actor,
}

/// How a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StepResult {
    /// It is done.
    Success,
    /// It failed.
    Failed,
    /// Something keeps it from being done.
    Blocked,
}

impl StepResult {
    /// Returns the word as it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failed => "failed",
            Self::Blocked => "blocked",
        }
    }
}

/// `NextStepAutoCompleted`: an agent reports how a step ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepCompleted {
    /// The run.
    pub run_id: RunId,
    /// The step.
    pub step_id: StepId,
    /// The agent.
    pub agent_id: String,
    /// How it ended.
    pub result: StepResult,
    /// The same agent, as an actor.
    pub actor: Actor,
}

/// `MissionRunCompleted`: nothing is left to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Completed {
    /// The run.
    pub run_id: RunId,
    /// The key of its template.
    pub mission_type: String,
    /// Who did the last step.
    pub actor: Actor,
}

/// `SignificanceEvaluated`: how much hangs on an audit. One whose band is low is passed by this event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Significance {
    /// The run.
    pub run_id: RunId,
    /// The audit's question.
    pub decision_id: DecisionId,
    /// The audit.
    pub step_id: StepId,
    /// The score.
    #[serde(rename = "significance_score", serialize_with = "score")]
    pub score: Score,
    /// What forces the highest band, as in the score.
    pub hard_trigger_classes: Vec<HardTrigger>,
    /// The band that counts, as in the score.
    pub effective_band: Band,
    /// Who evaluated it: the runtime.
    pub actor: Binding,
}

/// `DecisionTimeoutExpired`: a question has waited too long. The run goes on waiting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimedOut {
    /// The run.
    pub run_id: RunId,
    /// The question.
    pub decision_id: DecisionId,
    /// The audit.
    pub step_id: StepId,
    /// What hangs on it.
    #[serde(rename = "significance_score", serialize_with = "score")]
    pub score: Score,
    /// The band that counts: never low.
    pub effective_band: Band,
    /// After how many seconds.
    pub timeout_configured_seconds: u32,
    /// Who is to be told.
    pub escalation_targets: Vec<Binding>,
    /// The audit's roles.
    pub raci_snapshot: Raci,
    /// Who noticed: the runtime.
    pub actor: Binding,
}

/// `DecisionAuthorityDenied`: somebody wanted to answer who may not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Denied {
    /// The run.
    pub run_id: RunId,
    /// The question.
    pub decision_id: DecisionId,
    /// What they are.
    pub actor_type: ActorType,
    /// Who they are.
    pub actor_id: String,
    /// The role in which they would have answered.
    pub authority_role: String,
    /// Why they would have been allowed.
    pub rationale_linkage: Option<String>,
    /// Why they are not.
    pub reason: String,
    /// Where the step's roles come from.
    pub raci_source: Option<Source>,
    /// Why the template sets them.
    pub override_reason: Option<String>,
}

/// `MissionOwnerSet`: who decides the audits of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnerSet {
    /// The run.
    pub run_id: RunId,
    /// The owner, as actor id.
    pub owner: String,
    /// Who says so.
    pub actor: Actor,
}

/// Which decisions a delegation is for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Delegable {
    /// All but audits: `*`.
    All,
    /// One.
    One(DecisionId),
}

impl std::str::FromStr for Delegable {
    type Err = crate::id::IdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "*" => Ok(Self::All),
            id => id.parse().map(Self::One),
        }
    }
}

impl TryFrom<String> for Delegable {
    type Error = crate::id::IdError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Delegable> for String {
    fn from(which: Delegable) -> Self {
        match which {
            Delegable::All => "*".to_owned(),
            Delegable::One(id) => id.into(),
        }
    }
}

/// `DecisionDelegated`: language models may answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delegated {
    /// The run.
    pub run_id: RunId,
    /// What they may answer.
    pub decision_id: Delegable,
    /// The role in which they do.
    pub authority_role: String,
    /// Why: a text, or where the reason is written down.
    pub rationale_linkage: String,
    /// Who delegates.
    pub actor: Actor,
}

/// What can be done at a soft gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SoftGate {
    /// The owner wants to talk about it first.
    OpenStandUp,
    /// The owner decides later.
    Defer,
}

impl SoftGate {
    /// Returns the word as it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OpenStandUp => "open_stand_up",
            Self::Defer => "defer",
        }
    }
}

/// `SoftGateRecorded`: a question of the medium band was put off. It stays open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SoftGated {
    /// The run.
    pub run_id: RunId,
    /// The question.
    pub decision_id: DecisionId,
    /// What was done.
    pub action: SoftGate,
    /// Who did it.
    pub actor: Actor,
}

/// `RunBlockCleared`: what blocked a run no longer does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockCleared {
    /// The run.
    pub run_id: RunId,
    /// The step that had failed, or the audit.
    pub step_id: StepId,
    /// The audit's question that is asked anew, in another round; none for a step.
    #[serde(default)]
    pub decision_id: Option<DecisionId>,
    /// Why.
    #[serde(default)]
    pub rationale: Option<String>,
    /// Who says so.
    pub actor: Actor,
}

/// `RunTemplateAdopted`: the run goes on with another template than it began with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TemplateAdopted {
    /// The run.
    pub run_id: RunId,
    /// The SHA-256 of the template as it is frozen now.
    pub template_hash: TemplateHash,
    /// Where it is, as in [`Started`].
    pub template_path: String,
    /// Who says so.
    pub actor: Actor,
}

fn score<S: serde::Serializer>(score: &Score, serializer: S) -> Result<S::Ok, S::Error> {
    score.to_value().serialize(serializer)
}
