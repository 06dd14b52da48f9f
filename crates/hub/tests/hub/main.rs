//! The hub through real sockets: every rule of the wire, the guard and the board.
// Helpers of tests are tests too: they end by panic.
#![allow(clippy::unwrap_used, clippy::panic)]

mod batch;
mod board;
mod guard;
mod ingest;
mod limits;
mod store;
mod support;
mod team;
mod tls;
mod visitor;
