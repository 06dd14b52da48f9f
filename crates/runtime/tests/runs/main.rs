//! Whole runs: driven from their first step to their end, by chance, and beside the Python tool.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail like tests"
)]

mod beside;
mod chance;
mod courses;
mod drive;
mod recovery;
