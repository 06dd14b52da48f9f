//! Why a run can't go on as it was asked to, with a stable code, what to do next, and an exit code.

use std::path::PathBuf;

use pawtrail_event::{DecisionId, StepId};
use pawtrail_repo::shell::quoted;
use serde_json::{Value, json};

use crate::template::TemplateError;

/// The result of this crate's acting functions.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The disk or git.
    #[error(transparent)]
    Repo(#[from] pawtrail_repo::Error),
    /// A value that can't be written.
    #[error(transparent)]
    Id(#[from] pawtrail_event::IdError),
    /// No place has a template for this kind of mission.
    #[error("there is no template for missions of the type `{mission_type}`")]
    NoTemplate {
        /// The kind.
        mission_type: String,
    },
    /// A template can't be used.
    #[error("{path}: {problems}")]
    Template {
        /// Where it is.
        path: String,
        /// What is wrong with it.
        problems: TemplateError,
    },
    /// The template that a run goes by can't be read any more.
    #[error("the template that this run goes by is damaged or gone: {}: {problems}", .path.display())]
    Frozen {
        /// Where it was kept.
        path: PathBuf,
        /// What is wrong with it.
        problems: TemplateError,
        /// The mission's directory name.
        mission: String,
    },
    /// The project's configuration can't be understood.
    #[error(".kittify/config.yaml: {message}")]
    Config {
        /// What is wrong with it.
        message: String,
    },
    /// A file can't be read.
    #[error("can't read {}: {source}", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Another agent has the step.
    #[error("step `{step}` was issued to {holder} at {since}; it isn't yours to report on")]
    IssuedToAnother {
        /// The step.
        step: StepId,
        /// Who has it.
        holder: String,
        /// Since when.
        since: String,
        /// Who asked.
        agent: String,
        /// The mission's directory name.
        mission: String,
    },
    /// A result for a step that nobody has.
    #[error("step `{step}` isn't issued, so nothing can be reported on it; {}", now(.current.as_ref()))]
    StepNotIssued {
        /// The step.
        step: StepId,
        /// The one that is.
        current: Option<StepId>,
        /// The mission's directory name.
        mission: String,
    },
    /// The template has no such step.
    #[error("the template has no step `{step}`")]
    StepUnknown {
        /// The step.
        step: StepId,
        /// The mission's directory name.
        mission: String,
    },
    /// Nobody has a step that could be taken over.
    #[error("no step is issued that could be taken over")]
    NothingIssued {
        /// The mission's directory name.
        mission: String,
    },
    /// Nothing is asked.
    #[error("no decision waits for an answer")]
    NoDecision {
        /// The mission's directory name.
        mission: String,
    },
    /// Several things are asked.
    #[error("{} decisions wait; say which is answered with --decision-id: {}", .waiting.len(), list(.waiting))]
    SeveralDecisions {
        /// Them.
        waiting: Vec<DecisionId>,
    },
    /// The run doesn't ask this.
    #[error("{message}")]
    NotAsked {
        /// Why not.
        message: String,
        /// The mission's directory name.
        mission: String,
    },
    /// The actor may not answer.
    #[error("{reason}")]
    NotAllowed {
        /// The decision.
        decision: DecisionId,
        /// Why.
        reason: String,
        /// The command that changes that.
        next: String,
        /// Who may answer.
        may_answer: Option<String>,
    },
    /// No answer to this question.
    #[error("{message}")]
    NoAnswer {
        /// Why.
        message: String,
        /// The decision.
        decision: DecisionId,
        /// The answers that are some.
        options: Vec<String>,
    },
    /// Only people name owners and delegate.
    #[error("{reason}")]
    NotGoverning {
        /// Why.
        reason: String,
    },
    /// A text that can't be used.
    #[error("{what}: {message}")]
    Invalid {
        /// Which.
        what: &'static str,
        /// Why.
        message: String,
    },
    /// Nothing blocks the run.
    #[error("nothing blocks the run")]
    NotBlocked {
        /// The mission's directory name.
        mission: String,
    },
    /// There is no run.
    #[error("the mission has no run yet")]
    NoRun {
        /// The mission's directory name.
        mission: String,
    },
    /// The runtime's own events are never in this form.
    #[error("{0}")]
    Internal(String),
}

impl Error {
    pub(crate) fn template(path: &str, problems: TemplateError) -> Self {
        Self::Template {
            path: path.to_owned(),
            problems,
        }
    }

    /// Returns the error's stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Repo(error) => error.code(),
            Self::Id(_) => "INVALID_ID",
            Self::NoTemplate { .. } => "TEMPLATE_NOT_FOUND",
            Self::Template { problems, .. } => problems.code(),
            Self::Frozen { .. } => "RUN_TEMPLATE_DAMAGED",
            Self::Config { .. } => "CONFIG_INVALID",
            Self::Read { .. } => "IO_FAILED",
            Self::IssuedToAnother { .. } => "STEP_ISSUED_TO_ANOTHER",
            Self::StepNotIssued { .. } => "STEP_NOT_ISSUED",
            Self::StepUnknown { .. } => "STEP_UNKNOWN",
            Self::NothingIssued { .. } => "NOTHING_ISSUED",
            Self::NoDecision { .. } => "NO_DECISION_PENDING",
            Self::SeveralDecisions { .. } => "DECISION_ID_REQUIRED",
            Self::NotAsked { .. } => "DECISION_NOT_ASKED",
            Self::NotAllowed { .. } => "DECISION_NOT_ALLOWED",
            Self::NoAnswer { .. } => "ANSWER_NOT_AN_OPTION",
            Self::NotGoverning { .. } => "PERSON_REQUIRED",
            Self::Invalid { .. } => "INVALID_ARGUMENT",
            Self::NotBlocked { .. } => "RUN_NOT_BLOCKED",
            Self::NoRun { .. } => "RUN_NOT_STARTED",
            Self::Internal(_) => "INTERNAL",
        }
    }

    /// Returns the command that gets the user on, if there is one.
    pub fn next_step(&self) -> Option<String> {
        match self {
            Self::Repo(error) => error.next_step(),
            Self::NoTemplate { mission_type } => Some(format!(
                "pawtrail next template check {}",
                quoted(&format!(
                    ".kittify/missions/{mission_type}/mission-runtime.yaml"
                ))
            )),
            Self::Template { path, .. } => Some(match path.split_once(':') {
                Some(_) => "pawtrail next template --help".to_owned(),
                None => format!("pawtrail next template check {}", quoted(path)),
            }),
            Self::Frozen { mission, .. } => Some(format!(
                "pawtrail next template adopt --mission {mission} --actor-type human"
            )),
            Self::IssuedToAnother { agent, mission, .. } => Some(format!(
                "pawtrail next --mission {mission} --agent {} --take-over",
                quoted(agent)
            )),
            Self::StepNotIssued { mission, .. }
            | Self::StepUnknown { mission, .. }
            | Self::NothingIssued { mission }
            | Self::NoDecision { mission }
            | Self::NotAsked { mission, .. }
            | Self::NotBlocked { mission }
            | Self::NoRun { mission } => Some(format!("pawtrail next --mission {mission}")),
            Self::NotAllowed { next, .. } => Some(next.clone()),
            Self::NoAnswer { decision, .. } => Some(format!(
                "pawtrail decision show {}",
                quoted(decision.as_str())
            )),
            Self::SeveralDecisions { .. } => Some("pawtrail decision list --open".to_owned()),
            Self::NotGoverning { .. }
            | Self::Id(_)
            | Self::Config { .. }
            | Self::Read { .. }
            | Self::Invalid { .. }
            | Self::Internal(_) => None,
        }
    }

    /// Returns the exit code of a command that ends with this error.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Repo(error) => error.exit_code(),
            Self::IssuedToAnother { .. } | Self::StepNotIssued { .. } => 5,
            Self::Id(_)
            | Self::StepUnknown { .. }
            | Self::SeveralDecisions { .. }
            | Self::NoAnswer { .. }
            | Self::Invalid { .. } => 2,
            Self::NoTemplate { .. }
            | Self::Template { .. }
            | Self::Frozen { .. }
            | Self::Config { .. }
            | Self::Read { .. }
            | Self::NothingIssued { .. }
            | Self::NoDecision { .. }
            | Self::NotAsked { .. }
            | Self::NotAllowed { .. }
            | Self::NotGoverning { .. }
            | Self::NotBlocked { .. }
            | Self::NoRun { .. }
            | Self::Internal(_) => 1,
        }
    }

    /// Returns the error's particulars as data.
    pub fn details(&self) -> Value {
        match self {
            Self::Repo(error) => error.details(),
            Self::NoTemplate { mission_type } => json!({ "mission_type": mission_type }),
            Self::Template { path, problems } => {
                let problems: Vec<Value> = problems
                    .problems
                    .iter()
                    .map(|problem| {
                        json!({
                            "line": problem.place.line,
                            "column": problem.place.column,
                            "message": problem.message,
                        })
                    })
                    .collect();
                json!({ "path": path, "problems": problems })
            }
            Self::Read { path, .. } | Self::Frozen { path, .. } => {
                json!({ "path": path.display().to_string() })
            }
            Self::IssuedToAnother {
                step,
                holder,
                since,
                ..
            } => json!({ "step_id": step, "agent": holder, "since": since }),
            Self::StepNotIssued { step, current, .. } => {
                json!({ "step_id": step, "issued": current })
            }
            Self::StepUnknown { step, .. } => json!({ "step_id": step }),
            Self::SeveralDecisions { waiting } => json!({ "decisions": waiting }),
            Self::NotAllowed {
                decision,
                may_answer,
                ..
            } => json!({ "decision_id": decision, "may_answer": may_answer }),
            Self::NoAnswer {
                decision, options, ..
            } => json!({ "decision_id": decision, "options": options }),
            Self::Invalid { what, .. } => json!({ "argument": what }),
            Self::Id(_)
            | Self::Config { .. }
            | Self::NothingIssued { .. }
            | Self::NoDecision { .. }
            | Self::NotAsked { .. }
            | Self::NotGoverning { .. }
            | Self::NotBlocked { .. }
            | Self::NoRun { .. }
            | Self::Internal(_) => json!({}),
        }
    }
}

fn now(current: Option<&StepId>) -> String {
    match current {
        Some(step) => format!("the step at work is `{step}`"),
        None => "no step is at work".to_owned(),
    }
}

fn list(ids: &[DecisionId]) -> String {
    let ids: Vec<&str> = ids.iter().map(DecisionId::as_str).collect();
    ids.join(", ")
}
