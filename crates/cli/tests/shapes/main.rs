//! The ledger and `commit` through the real binary, in the shapes and on the disks that repositories come in.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail like tests"
)]

mod clones;
mod disk;
mod links;
mod mission_ledger;
mod safe_commit;

const BINARY: &str = env!("CARGO_BIN_EXE_pawtrail");
