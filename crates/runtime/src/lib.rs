//! The mission runtime: which step of a mission comes next, what has to be decided before it, and who may decide.
//!
//! A run is its log: [`run::fold`] makes the state from the rows of the run and the decisions in git, and
//! [`plan::plan`] says what follows from it. Both are pure. [`engine`] alone writes.

pub mod authority;
pub mod builtin;
pub mod discovery;
pub mod engine;
mod error;
pub mod plan;
mod progress;
mod prompt;
pub mod raci;
pub mod run;
pub mod significance;
pub mod template;

pub use error::{Error, Result};
pub use plan::{Next, Plan, plan};
pub use run::{Run, fold};
pub use template::{Template, TemplateError, parse};
