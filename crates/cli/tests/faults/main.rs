//! Death and failure at each step of a write, through the real binary built with the feature `failpoints`.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "helpers of tests fail like tests, and say what they measured"
)]

mod closed;
mod deaths;
mod failures;
mod glossary;
mod moves;
mod sandbox;
mod sandbox_moves;
mod support;
