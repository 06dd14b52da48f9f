//! The vocabulary of Pawtrail: pure values, no I/O, no clock, no async.
//!
//! Everything that is written, sent or shown is first a value of this crate. Nothing here reads a
//! file, asks the time or makes up an identifier; callers pass those in.

pub mod contract;
pub mod decision;
pub mod envelope;
mod error;
mod field;
pub mod frame;
pub mod glossary;
pub mod id;
pub mod json;
pub mod merge;
mod nullable;
mod pattern;
pub mod route;
mod row;
pub mod run;
pub mod sanitize;
pub mod schema;
pub mod status;
pub mod time;

pub use error::Error;
pub use field::FieldError;
pub use id::{
    BuildId, CommitHash, ConflictId, DecisionId, EventId, IdError, InputKey, MissionId,
    MissionSlug, NodeId, ProjectUuid, RunId, StepId, TemplateHash, WorkPackageId,
};
pub use sanitize::Sanitized;
