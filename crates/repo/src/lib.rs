//! One project on disk: git, journals, missions.
//!
//! This crate answers what is true here, and makes it durable. It never touches the network.

mod checkouts;
mod clone_state;
mod durable;
mod error;
mod history;
pub mod identity;
pub mod init;
mod lock;
pub mod mission;
pub mod placement;
mod project;
mod protection;
mod receipt;
mod source;

pub use checkouts::Checkout;
pub use error::{Candidate, Error, Result};
pub use project::Project;
pub use receipt::{Delivery, Receipt};
pub use source::{Seeded, Source, System};
