//! The MCP server, as the clients of coding agents meet it: on standard input and output of the real binary.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail like tests"
)]

mod crowd;
#[cfg(unix)]
mod ends;
mod list;
mod official;
mod protocol;
mod refusals;
mod story;
mod support;
