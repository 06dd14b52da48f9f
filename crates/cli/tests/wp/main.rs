//! Work packages through the real binary: moves, annotations, lists, boards, and the Python tool beside it.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "helpers of tests fail like tests, and say what they measured"
)]

mod agents;
mod board;
mod corpus;
mod created;
mod interop;
mod merges;
mod moves;
mod notes;
mod order;
mod rules;
mod seeds;
mod support;
