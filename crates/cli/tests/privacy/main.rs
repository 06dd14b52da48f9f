//! What is private stays out of git, of the queue and of the wire, and that can be checked: through the real program.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail like tests"
)]

mod audit;
mod hooks;
mod sanitize;
mod support;
mod writes;
