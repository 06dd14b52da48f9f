//! Consent, case by case.

use std::ffi::OsStr;
use std::fs;

use super::*;
use crate::testing::{MemoryOutbox, commit};

const PROJECT: &str = "f97f4d9b-d2fa-4ce6-a7ee-9bbca7308aab";
const URL: &str = "https://hub.example/team";

fn place(dir: &tempfile::TempDir) -> Place {
    Place {
        common_dir: dir.path().to_owned(),
        state_dir: dir.path().join("pawtrail"),
        project_uuid: Some(PROJECT.parse().unwrap()),
    }
}

fn enable(place: &Place, url: &str, token: Option<&str>) -> Result<Enabled, SyncError> {
    let outbox = MemoryOutbox::with(vec![commit(1), commit(2)]);
    enable_at(
        place,
        &outbox,
        url,
        token.map(|token| token.parse().unwrap()),
        EnableOptions::default(),
        "2026-06-01T07:55:08Z".to_owned(),
    )
}

fn verdict(place: &Place) -> Verdict {
    check_with(place, None)
}

#[test]
fn off_until_somebody_says_yes_and_after_somebody_says_no() {
    let dir = tempfile::tempdir().unwrap();
    let place = place(&dir);
    assert_eq!(verdict(&place), Verdict::Never);
    let enabled = enable(&place, "https://hub.example/team/", Some("first-token")).unwrap();
    assert_eq!((enabled.pending, enabled.set_aside), (2, 0));
    assert_eq!(enabled.url, URL);
    let consent = verdict(&place).granted().unwrap();
    assert_eq!(consent.url.to_string(), URL);
    assert_eq!(consent.token.secret(), "first-token");
    assert_eq!(consent.enabled_at, "2026-06-01T07:55:08Z");
    assert!(disable_at(&place).unwrap());
    assert_eq!(verdict(&place), Verdict::Never);
    assert!(!place.sync_file("token").exists());
}

#[test]
fn whatever_is_doubtful_means_no() {
    let dir = tempfile::tempdir().unwrap();
    let place = place(&dir);
    enable(&place, URL, Some("first-token")).unwrap();
    let file = place.sync_file("consent.json");
    let good = fs::read_to_string(&file).unwrap();
    let spoilt = [
        String::new(),
        "{".to_owned(),
        "x".repeat(9_000),
        good.replace("\"version\":2", "\"version\":3"),
        good.replace(PROJECT, "00000000-d2fa-4ce6-a7ee-9bbca7308aab"),
        good.replace("https", "http"),
        good.replace("hub.example", "me:secret@hub.example"),
    ];
    for text in spoilt {
        assert_ne!(text, good);
        fs::write(&file, &text).unwrap();
        assert!(matches!(verdict(&place), Verdict::Unusable(_)), "{text}");
    }
    fs::write(&file, &good).unwrap();
    assert!(matches!(verdict(&place), Verdict::Granted(_)));
    for token in ["", "two words", "short"] {
        fs::write(place.sync_file("token"), token).unwrap();
        assert!(matches!(verdict(&place), Verdict::Unusable(_)), "{token}");
    }
    fs::remove_file(place.sync_file("token")).unwrap();
    let error = verdict(&place).granted().unwrap_err();
    assert_eq!((error.code(), error.exit_code()), ("EGRESS_DENIED", 6));
}

#[test]
fn the_environment_can_only_forbid() {
    let dir = tempfile::tempdir().unwrap();
    let place = place(&dir);
    for value in ["on", "1", "https://hub.example"] {
        let verdict = check_with(&place, Some(OsStr::new(value)));
        assert!(!matches!(verdict, Verdict::Granted(_)), "{value}");
    }
    enable(&place, URL, Some("first-token")).unwrap();
    for value in ["off", "OFF", "0", "false", "no", "of", "disabled"] {
        let verdict = check_with(&place, Some(OsStr::new(value)));
        assert_eq!(verdict, Verdict::Forbidden, "{value}");
    }
    for value in ["", "on", "1", "true"] {
        let verdict = check_with(&place, Some(OsStr::new(value)));
        assert!(matches!(verdict, Verdict::Granted(_)), "{value}");
    }
}

#[test]
fn a_token_is_kept_for_its_own_hub_alone() {
    let dir = tempfile::tempdir().unwrap();
    let place = place(&dir);
    let missing = enable(&place, URL, None).unwrap_err();
    assert_eq!(missing.code(), "TOKEN_MISSING");
    assert_eq!(verdict(&place), Verdict::Never);
    enable(&place, URL, Some("first-token")).unwrap();
    enable(&place, URL, None).unwrap();
    let other = enable(&place, "https://other.example", None).unwrap_err();
    assert_eq!(other.code(), "TOKEN_MISSING");
    let consent = verdict(&place).granted().unwrap();
    assert_eq!(
        consent.url.to_string(),
        URL,
        "a refused change changes nothing"
    );
}

#[test]
fn a_project_without_identity_cannot_be_sent() {
    let dir = tempfile::tempdir().unwrap();
    let mut place = place(&dir);
    place.project_uuid = None;
    let error = enable(&place, URL, Some("first-token")).unwrap_err();
    assert_eq!(error.next_step().as_deref(), Some("pawtrail init"));
    let refused = enable(&place, "http://hub.example", Some("first-token")).unwrap_err();
    assert_eq!(
        (refused.code(), refused.exit_code()),
        ("INVALID_HUB_URL", 2)
    );
}

/// What `enable` leaves is what the door takes for a yes, or nothing.
#[cfg(unix)]
#[test]
fn a_yes_that_can_not_be_kept_is_none() {
    let dir = tempfile::tempdir().unwrap();
    let place = place(&dir);
    let elsewhere = dir.path().join("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    fs::create_dir(&place.state_dir).unwrap();
    std::os::unix::fs::symlink(&elsewhere, place.state_dir.join("sync")).unwrap();
    let error = enable(&place, URL, Some("first-token")).unwrap_err();
    assert_eq!((error.code(), error.exit_code()), ("CONSENT_NOT_KEPT", 1));
    assert!(error.to_string().contains("symbolic link"), "{error}");
    assert_eq!(verdict(&place), Verdict::Never);
    assert_eq!(fs::read_dir(&elsewhere).unwrap().count(), 0);
}

#[cfg(unix)]
#[test]
fn both_files_are_private() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let place = place(&dir);
    enable(&place, URL, Some("first-token")).unwrap();
    for name in ["consent.json", "token"] {
        let mode = fs::metadata(place.sync_file(name)).unwrap().permissions();
        assert_eq!(mode.mode() & 0o777, 0o600, "{name}");
    }
    let record = fs::read_to_string(place.sync_file("consent.json")).unwrap();
    assert!(!record.contains("first-token"));
}

/// Whoever reads the record just before it is replaced, and the token just after, must not send the one to the other.
#[test]
fn the_token_of_one_hub_never_stands_beside_the_address_of_another() {
    let dir = tempfile::tempdir().unwrap();
    let place = place(&dir);
    enable(&place, "https://one.example", Some("the-token-of-one")).unwrap();
    let mixed = read_pausing(&place, || {
        enable(&place, "https://two.example", Some("the-token-of-two")).unwrap();
    });
    assert!(mixed.unwrap_err().contains("being replaced"));
    let consent = verdict(&place).granted().unwrap();
    assert_eq!(consent.url.to_string(), "https://two.example");
}
