//! What each identifier takes.

use super::*;

const ULID: &str = "01KT119YA7GD2Y0D7MZRH5JSS3";

#[test]
fn a_slug_is_no_mission_id() {
    let slug = "event-architecture-cli-git-truth-01KT119Y";
    assert!(slug.parse::<MissionSlug>().is_ok());
    assert!(slug.parse::<MissionId>().is_err());
    assert_eq!(ULID.parse::<MissionId>().unwrap().mid8(), "01KT119Y");
}

#[test]
fn a_ulid_that_overflows_or_uses_other_letters_is_refused() {
    assert!("81KT119YA7GD2Y0D7MZRH5JSS3".parse::<EventId>().is_err());
    assert!("01KT119YA7GD2Y0D7MZRH5JSSU".parse::<EventId>().is_err());
    assert!("01kt119ya7gd2y0d7mzrh5jss3".parse::<EventId>().is_err());
}

#[test]
fn a_build_id_is_a_ulid_or_a_uuid() {
    assert!(ULID.parse::<BuildId>().is_ok());
    assert!(
        "f97f4d9b-d2fa-4ce6-a7ee-9bbca7308aab"
            .parse::<BuildId>()
            .is_ok()
    );
    assert!("f97f4d9b".parse::<BuildId>().is_err());
}

#[test]
fn commit_hashes_have_two_lengths() {
    assert!("a".repeat(40).parse::<CommitHash>().is_ok());
    assert!("a".repeat(64).parse::<CommitHash>().is_ok());
    assert!("a".repeat(41).parse::<CommitHash>().is_err());
    assert!("A".repeat(40).parse::<CommitHash>().is_err());
}

#[test]
fn decision_ids_take_a_ulid_or_a_prefixed_key() {
    assert!(ULID.parse::<DecisionId>().is_ok());
    assert_eq!(
        DecisionId::for_input("db.engine").unwrap().as_str(),
        "input:db.engine"
    );
    assert!("audit:review".parse::<DecisionId>().is_ok());
    assert!(DecisionId::for_input("two words").is_err());
    assert!("other:key".parse::<DecisionId>().is_err());
}

#[test]
fn work_packages_have_a_number() {
    assert!("WP01".parse::<WorkPackageId>().is_ok());
    assert!("WP".parse::<WorkPackageId>().is_err());
    assert!("wp01".parse::<WorkPackageId>().is_err());
}

#[test]
fn json_refuses_what_parse_refuses() {
    assert!(serde_json::from_str::<MissionId>("\"short\"").is_err());
    let id: MissionId = serde_json::from_str(&format!("\"{ULID}\"")).unwrap();
    assert_eq!(serde_json::to_string(&id).unwrap(), format!("\"{ULID}\""));
}

#[test]
fn an_error_shows_only_the_start_of_a_long_value() {
    let error = "x".repeat(500).parse::<NodeId>().unwrap_err();
    assert_eq!(error.value.len(), 80);
}
