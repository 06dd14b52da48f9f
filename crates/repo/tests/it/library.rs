//! The ledger's suite on one engine: the library.

#[path = "decisions.rs"]
mod decisions;
#[path = "kept.rs"]
mod kept;
#[path = "ledger.rs"]
mod ledger;
#[path = "support.rs"]
mod support;

const ENGINE: Option<pawtrail_repo::engine::Kind> = Some(pawtrail_repo::engine::Kind::Library);
