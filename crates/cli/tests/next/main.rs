//! The mission runtime through the binary: `next`, and what people say of a run.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "helpers of tests fail like tests, and say what they measured"
)]

mod builtin;
mod contract;
mod kill;
mod oracle;
mod places;
mod queue;
mod race;
mod store;
mod support;
mod trouble;
