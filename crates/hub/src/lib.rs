//! The server and its live board: what others see of a clone's local commits.
//!
//! `ingest` takes frames from clones, `store` keeps them durably, `board` shows them in a browser.
//! A frame is acknowledged after the transaction that holds it is on disk, never before.

mod app;
mod board;
mod connections;
mod counters;
mod error;
mod guard;
mod health;
mod hub;
mod ingest;
mod live;
mod lock;
mod presence;
mod public_url;
mod reach;
pub mod schema;
mod secret;
mod server;
mod session;
mod slow;
mod store;
mod tls;
mod token;

pub use counters::Counters;
pub use error::{HubError, Result};
pub use hub::{Hub, Timing};
pub use public_url::PublicUrl;
pub use reach::Reach;
pub use server::serve;
pub use store::StoredCommit;
pub use tls::Certificate;
pub use token::{Access, NewToken, Token, TokenId};
