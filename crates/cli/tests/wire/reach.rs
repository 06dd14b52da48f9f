//! Where a hub may listen, and what it says where it may not.

use pawtrail_testkit::{Pawtrail, Scratch, text};

use crate::BINARY;

const CERTIFICATE: &str = include_str!("tls/hub.pem");
const PUBLIC: [&str; 2] = ["--public-url", "https://hub.example.org"];

#[test]
fn a_hub_that_others_could_reach_in_the_clear_is_refused_with_both_ways() {
    let scratch = Scratch::new();
    let pawtrail = Pawtrail::new(&scratch, BINARY);
    let serve = ["hub", "serve", "--store", "hub.db", "--listen", "0.0.0.0:0"];
    let (status, refused) = pawtrail.json_in(scratch.path(), &serve);
    assert_eq!(status, 1, "{refused:#}");
    assert_eq!(refused["error"]["code"], "HUB_NOT_LOOPBACK");
    let message = text(&refused["error"]["message"]);
    for way in ["--tls-cert", "--tls-key", "--behind-proxy", "--public-url"] {
        assert!(message.contains(way), "{message}");
    }
}

#[test]
fn ways_that_do_not_go_together_are_wrong_usage() {
    let scratch = Scratch::new();
    let pawtrail = Pawtrail::new(&scratch, BINARY);
    for args in [
        &["--behind-proxy"][..],
        &["--tls-cert", "a", "--tls-key", "b"],
        &["--tls-cert", "a"],
        &["--tls-key", "b", PUBLIC[0], PUBLIC[1]],
        &["--tls-cert", "a", PUBLIC[0], PUBLIC[1]],
        &PUBLIC,
        &[
            "--behind-proxy",
            "--tls-cert",
            "a",
            "--tls-key",
            "b",
            PUBLIC[0],
            PUBLIC[1],
        ],
        &["--behind-proxy", "--public-url", "http://hub.example.org"],
        &[
            "--behind-proxy",
            "--public-url",
            "https://hub.example.org/pawtrail",
        ],
        &[
            "--behind-proxy",
            "--public-url",
            "https://me:secret@hub.example.org",
        ],
    ] {
        let serve = [&["hub", "serve", "--store", "hub.db"], args].concat();
        let (status, refused) = pawtrail.json_in(scratch.path(), &serve);
        assert_eq!(status, 2, "{args:?}: {refused:#}");
        assert!(!scratch.path().join("hub.db").exists(), "{args:?}");
    }
}

#[test]
fn a_certificate_that_can_not_be_used_is_named_before_anything_listens() {
    let scratch = Scratch::new();
    let pawtrail = Pawtrail::new(&scratch, BINARY);
    std::fs::write(scratch.path().join("hub.pem"), CERTIFICATE).unwrap();
    std::fs::write(scratch.path().join("empty.pem"), "").unwrap();
    for (certificate, key, named) in [
        ("missing.pem", "hub.pem", "missing.pem"),
        ("hub.pem", "empty.pem", "empty.pem"),
    ] {
        let files = ["--tls-cert", certificate, "--tls-key", key];
        let serve = [&["hub", "serve", "--store", "hub.db"], &files[..], &PUBLIC].concat();
        let (status, refused) = pawtrail.json_in(scratch.path(), &serve);
        assert_eq!(status, 1, "{refused:#}");
        assert_eq!(refused["error"]["code"], "HUB_TLS_FILE");
        assert!(text(&refused["error"]["message"]).contains(named));
        assert!(!scratch.path().join("hub.db").exists());
    }
}
