//! Frames from git and `sync-state.json`, against real git.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests fail by panicking"
)]

#[path = "local_commits/branches.rs"]
mod branches;
#[path = "local_commits/crowd.rs"]
mod crowd;
#[path = "local_commits/file.rs"]
mod file;
#[path = "local_commits/frames.rs"]
mod frames;
#[path = "local_commits/heal.rs"]
mod heal;
#[path = "local_commits/losses.rs"]
mod losses;
#[path = "local_commits/oracle.rs"]
mod oracle;
#[path = "local_commits/rewrites.rs"]
mod rewrites;
#[path = "local_commits/support.rs"]
mod support;
#[path = "local_commits/versions.rs"]
mod versions;
