//! The glossary through the real binary: its log, its seed files, its commits, and what goes to the queue.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail like tests"
)]

mod branches;
mod crowd;
mod defects;
mod kill;
mod queue;
mod rebuild;
mod seed;
mod support;
mod waiting;
