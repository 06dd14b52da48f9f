//! What `-vv` prints is for bug reports: never a token, whatever a library would write down.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail like tests"
)]

use std::time::{Duration, Instant};

use pawtrail_testkit::{Hub, Pawtrail, Scratch};

#[test]
fn the_loudest_courier_does_not_tell_its_token() {
    let scratch = Scratch::new();
    let repo = scratch.repo("project");
    let pawtrail = Pawtrail::new(&scratch, env!("CARGO_BIN_EXE_pawtrail"));
    let init = pawtrail.data(&repo, &["init"]);
    let uuid = init["project_uuid"].as_str().unwrap();
    let hub = Hub::start(&scratch, &pawtrail);
    let token = hub.token(&pawtrail, uuid);
    pawtrail.data(&repo, &["sync", "enable", hub.url(), "--token", &token]);

    let mut courier = pawtrail.spawn(&repo, &["-vv", "sync", "run"]);
    let begun = Instant::now();
    while pawtrail.data(&repo, &["sync", "status"])["connection"] != "live" {
        assert!(begun.elapsed() < Duration::from_secs(30), "never live");
        std::thread::sleep(Duration::from_millis(20));
    }
    pawtrail.data(&repo, &["sync", "stop"]);
    let output = courier.finish(Duration::from_secs(30));
    assert!(output.stderr.contains("live"), "it tells nothing: {output}");
    for secret in [token.as_str(), "Bearer"] {
        assert!(!output.stderr.contains(secret), "{secret} in {output}");
    }
}
