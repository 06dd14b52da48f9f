//! The repository crate against real git.
// The ledger's suite stands here once for each engine.
#![allow(clippy::unwrap_used, clippy::duplicate_mod)]
#[path = "it/cells.rs"]
mod cells;
#[path = "it/chosen.rs"]
mod chosen;
#[path = "it/executable.rs"]
mod executable;
#[path = "it/library.rs"]
mod library;
#[path = "it/lost.rs"]
mod lost;
#[path = "it/missions.rs"]
mod missions;
#[path = "it/records.rs"]
mod records;
#[path = "it/safe_commit.rs"]
mod safe_commit;
#[path = "it/support.rs"]
mod support;

/// What commits here: whatever the probe chooses.
const ENGINE: Option<pawtrail_repo::engine::Kind> = None;
