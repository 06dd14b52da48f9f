//! The repository crate against real git.
#![allow(clippy::unwrap_used)]
#[path = "it/decisions.rs"]
mod decisions;
#[path = "it/ledger.rs"]
mod ledger;
#[path = "it/missions.rs"]
mod missions;
#[path = "it/safe_commit.rs"]
mod safe_commit;
#[path = "it/support.rs"]
mod support;
