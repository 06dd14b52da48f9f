//! What an event of a run carries: one of its shapes, read and written.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::shape::{
    BlockCleared, Completed, Delegated, Denied, OwnerSet, Significance, SoftGated, Started,
    StepCompleted, StepIssued, TemplateAdopted, TimedOut,
};
use crate::id::RunId;
use crate::row::{RowError, UnwritableError, payload, written};

/// What an event of a run carries.
#[derive(Debug, Clone, PartialEq)]
pub enum Payload {
    /// `MissionRunStarted`.
    Started(Box<Started>),
    /// `NextStepIssued`.
    StepIssued(StepIssued),
    /// `NextStepAutoCompleted`.
    StepCompleted(StepCompleted),
    /// `MissionRunCompleted`.
    Completed(Completed),
    /// `SignificanceEvaluated`.
    Significance(Box<Significance>),
    /// `DecisionTimeoutExpired`.
    TimedOut(Box<TimedOut>),
    /// `DecisionAuthorityDenied`.
    Denied(Box<Denied>),
    /// `MissionOwnerSet`.
    OwnerSet(OwnerSet),
    /// `DecisionDelegated`.
    Delegated(Delegated),
    /// `SoftGateRecorded`.
    SoftGated(SoftGated),
    /// `RunBlockCleared`.
    BlockCleared(BlockCleared),
    /// `RunTemplateAdopted`.
    TemplateAdopted(TemplateAdopted),
}

impl Payload {
    /// Returns the type under which the event is written.
    pub fn event_type(&self) -> &'static str {
        match self {
            Self::Started(_) => "MissionRunStarted",
            Self::StepIssued(_) => "NextStepIssued",
            Self::StepCompleted(_) => "NextStepAutoCompleted",
            Self::Completed(_) => "MissionRunCompleted",
            Self::Significance(_) => "SignificanceEvaluated",
            Self::TimedOut(_) => "DecisionTimeoutExpired",
            Self::Denied(_) => "DecisionAuthorityDenied",
            Self::OwnerSet(_) => "MissionOwnerSet",
            Self::Delegated(_) => "DecisionDelegated",
            Self::SoftGated(_) => "SoftGateRecorded",
            Self::BlockCleared(_) => "RunBlockCleared",
            Self::TemplateAdopted(_) => "RunTemplateAdopted",
        }
    }

    /// Returns the run that it is about.
    pub fn run_id(&self) -> &RunId {
        match self {
            Self::Started(one) => &one.run_id,
            Self::StepIssued(one) => &one.run_id,
            Self::StepCompleted(one) => &one.run_id,
            Self::Completed(one) => &one.run_id,
            Self::Significance(one) => &one.run_id,
            Self::TimedOut(one) => &one.run_id,
            Self::Denied(one) => &one.run_id,
            Self::OwnerSet(one) => &one.run_id,
            Self::Delegated(one) => &one.run_id,
            Self::SoftGated(one) => &one.run_id,
            Self::BlockCleared(one) => &one.run_id,
            Self::TemplateAdopted(one) => &one.run_id,
        }
    }

    /// Returns the payload as it is written.
    ///
    /// # Errors
    /// When a field has no form in JSON. None that is here lacks one; an event without its payload is never made instead.
    pub fn to_value(&self) -> Result<Value, UnwritableError> {
        let value = match self {
            Self::Started(one) => serde_json::to_value(one),
            Self::StepIssued(one) => serde_json::to_value(one),
            Self::StepCompleted(one) => serde_json::to_value(one),
            Self::Completed(one) => serde_json::to_value(one),
            Self::Significance(one) => serde_json::to_value(one),
            Self::TimedOut(one) => serde_json::to_value(one),
            Self::Denied(one) => serde_json::to_value(one),
            Self::OwnerSet(one) => serde_json::to_value(one),
            Self::Delegated(one) => serde_json::to_value(one),
            Self::SoftGated(one) => serde_json::to_value(one),
            Self::BlockCleared(one) => serde_json::to_value(one),
            Self::TemplateAdopted(one) => serde_json::to_value(one),
        };
        written(self.event_type(), value)
    }

    /// Reads the payload that a row of a type has; none where the type is another's.
    pub(super) fn read(
        event_type: &str,
        row: &Map<String, Value>,
    ) -> Option<Result<Self, RowError>> {
        fn of<'a, T: Deserialize<'a>>(
            row: &'a Map<String, Value>,
            event_type: &'static str,
            make: impl Fn(T) -> Payload,
        ) -> Result<Payload, RowError> {
            payload(row, event_type).map(make)
        }
        Some(match event_type {
            "MissionRunStarted" => of(row, "MissionRunStarted", |one| Self::Started(Box::new(one))),
            "NextStepIssued" => of(row, "NextStepIssued", Self::StepIssued),
            "NextStepAutoCompleted" => of(row, "NextStepAutoCompleted", Self::StepCompleted),
            "MissionRunCompleted" => of(row, "MissionRunCompleted", Self::Completed),
            "SignificanceEvaluated" => of(row, "SignificanceEvaluated", |one| {
                Self::Significance(Box::new(one))
            }),
            "DecisionTimeoutExpired" => of(row, "DecisionTimeoutExpired", |one| {
                Self::TimedOut(Box::new(one))
            }),
            "DecisionAuthorityDenied" => of(row, "DecisionAuthorityDenied", |one| {
                Self::Denied(Box::new(one))
            }),
            "MissionOwnerSet" => of(row, "MissionOwnerSet", Self::OwnerSet),
            "DecisionDelegated" => of(row, "DecisionDelegated", Self::Delegated),
            "SoftGateRecorded" => of(row, "SoftGateRecorded", Self::SoftGated),
            "RunBlockCleared" => of(row, "RunBlockCleared", Self::BlockCleared),
            "RunTemplateAdopted" => of(row, "RunTemplateAdopted", Self::TemplateAdopted),
            _ => return None,
        })
    }
}
