//! One project on disk: git, journals, missions.
//!
//! This crate answers what is true here, and makes it durable. It never touches the network.

mod adopt;
mod aside;
pub mod audit;
mod beyond;
mod checkout;
mod checkouts;
mod choices;
pub mod clock;
mod clone_state;
pub mod commit;
pub mod decisions;
pub mod developer;
pub mod doctor;
mod durable;
pub mod engine;
mod error;
mod failpoint;
pub mod glossary;
mod glossary_log;
mod history;
pub mod hooks;
mod idempotency;
pub mod identity;
pub mod init;
mod journal;
mod ledger;
pub mod ledger_branch;
mod leftovers;
mod lines;
mod local_commits;
mod local_log;
mod lock;
pub mod merge_driver;
pub mod mission;
mod ownership;
pub mod placement;
mod program;
mod project;
pub mod project_log;
mod protection;
mod reach;
mod receipt;
mod record;
mod ref_storage;
mod references;
pub mod runs;
mod sandbox;
mod settle;
pub mod shell;
mod side_by_side;
mod source;
mod sparse;
pub mod spooled;
pub mod status;
mod status_lock;
pub mod sync_state;
#[cfg(test)]
mod testing;
mod variables;

pub use checkout::Checkout;
pub use error::{Candidate, Error, Result};
pub use project::Project;
pub use receipt::{Delivery, Receipt};
pub use source::{Seeded, Source, System};
