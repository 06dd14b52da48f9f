//! What Pawtrail's tests stand on: scratch repositories by real git, a hermetic environment, the
//! real binary, and a real headless browser. For development only.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test kit fails by panicking, with what it saw"
)]

mod browser;
#[cfg(target_os = "linux")]
mod clock;
mod devtools;
mod dice;
mod env;
mod fault_proxy;
mod files;
mod hub;
mod leftovers;
mod near;
mod pawtrail;
mod peer;
#[cfg(target_os = "linux")]
mod preload;
mod process;
mod project;
mod repo;
mod scratch;
mod scripted_hub;
mod spec_kitty;
#[cfg(target_os = "linux")]
mod witness;

pub use browser::{Browser, Page};
#[cfg(target_os = "linux")]
pub use clock::Clock;
pub use dice::Dice;
pub use env::Env;
pub use fault_proxy::{FaultProxy, Met};
pub use files::files_below;
pub use hub::Hub;
pub use near::{Near, agree, near};
pub use pawtrail::Pawtrail;
pub use peer::Peer;
pub use process::{Output, Running};
pub use project::{Project, eventually, rows, text};
pub use repo::Repo;
pub use scratch::Scratch;
pub use scripted_hub::ScriptedHub;
pub use spec_kitty::SpecKitty;
#[cfg(target_os = "linux")]
pub use witness::Witness;
