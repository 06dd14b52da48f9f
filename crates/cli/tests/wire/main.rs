//! The wire from outside: peers in Python that know the contract and nothing of ours, faults of the network, deaths on
//! both sides, and couriers as processes.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail like tests"
)]

mod clone;
mod contract;
/// A process is found, and looked into, by what Linux shows of it.
#[cfg(target_os = "linux")]
mod couriers;
mod crowd;
mod faults;
mod losses;
#[cfg(unix)]
mod places;
mod reach;
mod support;
/// As with `tls`.
#[cfg(target_os = "linux")]
mod team;
/// The system's own list of authorities is a file here, which a test can exchange.
#[cfg(target_os = "linux")]
mod tls;

const BINARY: &str = env!("CARGO_BIN_EXE_pawtrail");
