//! Canonical JSON: the four forms in which the Python tool writes, and a strict reader for rows.

mod parse;
mod write;

pub use parse::{MAX_LINE_BYTES, ParseError, parse};
pub(crate) use write::{Node, pretty_node};
pub use write::{log, log_compact, pretty, pretty_ascii};

#[cfg(test)]
mod tests;
