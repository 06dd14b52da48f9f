//! What is known of git's own work, and what of it may leave: git hooks, consent, preview and log.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail like tests"
)]

mod consent;
mod ear;
mod from_now;
mod history;
mod hooks;
mod neighbours;
mod preview;
mod revoked;
mod rewrites;
mod support;
mod versions;
