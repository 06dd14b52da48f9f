//! Everything that leaves the machine: consent, the one door to the network, the session with a
//! hub and the background process that holds it.
//!
//! A command never waits for anything here. It stores its commits, calls [`courier::wake`] and
//! ends; the courier delivers.

pub mod backlog;
pub mod consent;
pub mod courier;
pub mod egress;
mod egress_log;
mod error;
mod forbidden;
mod outbox;
mod place;
pub mod preview;
mod private_file;
pub mod queue;
pub mod schema;
pub mod session;
#[cfg(test)]
mod testing;
mod token;
mod upload;
pub mod url;
mod withdrawal;

pub use error::SyncError;
pub use outbox::Outbox;
pub use place::Place;
pub use token::Token;
pub use withdrawal::withdraw;
