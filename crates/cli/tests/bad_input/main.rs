//! Bad input and damage: each has a code, an exit code and a next step, and loses nothing.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail like tests"
)]

mod answers;
mod damage;
mod handles;
mod next_steps;
mod repositories;
mod support;
mod texts;
