use super::*;

const ULID: &str = "01KT119YA7GD2Y0D7MZRH5JSS3";
const PROJECT: &str = "f97f4d9b-d2fa-4ce6-a7ee-9bbca7308aab";

fn header() -> Header {
    Header {
        event_id: ULID.parse().unwrap(),
        aggregate_id: "WP01".to_owned(),
        aggregate_type: Some("WorkPackage".to_owned()),
        timestamp: "2026-06-01T07:55:08.081409+00:00".to_owned(),
        build_id: ULID.parse().unwrap(),
        node_id: "d036a097a835".parse().unwrap(),
        lamport_clock: 7,
        project_uuid: PROJECT.parse().unwrap(),
        project_slug: None,
        mission_id: Some(ULID.parse().unwrap()),
        correlation_id: ULID.parse().unwrap(),
        causation_id: None,
        git_branch: Some("kitty/mission-m".to_owned()),
        head_commit_sha: Some("a".repeat(40).parse().unwrap()),
    }
}

fn envelope(event_type: &str, payload: &Value) -> Envelope {
    let kind = Queueable::new(event_type).unwrap();
    let rules = Sanitizer::general();
    Envelope::new(kind, &header(), &rules.sanitize(payload), &rules)
}

fn moved() -> Value {
    json!({
        "mission_slug": "m", "wp_id": "WP01", "from_lane": "planned", "to_lane": "claimed",
        "actor": {"tool": "agent", "hostname": "secret-host"}, "execution_mode": "worktree",
    })
}

#[test]
fn an_envelope_is_valid_sanitized_and_one_line() {
    let envelope = envelope("WPStatusChanged", &moved());
    envelope.check().unwrap();
    let text = envelope.to_text();
    assert!(
        !text.contains('\n') && !text.contains("secret-host"),
        "{text}"
    );
    let value: Value = serde_json::from_str(&text).unwrap();
    let addressed = check(&value).unwrap();
    assert_eq!(addressed.event_id.as_str(), ULID);
    assert_eq!(addressed.event_type, "WPStatusChanged");
    assert_eq!(addressed.lamport_clock, 7);
    assert_eq!(addressed.mission_id.unwrap().as_str(), ULID);
    // FR-009: these pass as they are.
    for name in ["node_id", "build_id", "git_branch", "head_commit_sha"] {
        assert!(value[name].is_string(), "{name}");
    }
}

#[test]
fn a_payload_that_breaks_its_contract_is_told() {
    let mut payload = moved();
    payload["to_lane"] = json!("nowhere");
    let violation = envelope("WPStatusChanged", &payload).check().unwrap_err();
    assert_eq!(violation.path, "payload.to_lane");
}

#[test]
fn what_does_not_go_to_a_hub_is_refused_there_too() {
    let mut value: Value =
        serde_json::from_str(&envelope("WPStatusChanged", &moved()).to_text()).unwrap();
    value["event_type"] = json!("DecisionInputAnswered");
    value["payload"] = json!({
        "run_id": "r", "decision_id": "input:x", "answer": "a",
        "actor": {"actor_id": "a", "actor_type": "human"},
    });
    assert_eq!(check(&value).unwrap_err().path, "event_type");
    assert!(check_envelope(&value).is_ok());
    // A type that this version doesn't know may be one of a later version.
    value["event_type"] = json!("SomethingNew");
    assert!(check(&value).is_ok());
}

#[test]
fn each_field_of_the_envelope_is_checked() {
    let good: Value =
        serde_json::from_str(&envelope("WPStatusChanged", &moved()).to_text()).unwrap();
    let cases: &[(&str, Value)] = &[
        ("event_id", json!("short")),
        ("event_id", Value::Null),
        ("event_type", json!("")),
        ("event_type", json!("FeatureCreated")),
        ("aggregate_id", json!("feature/x")),
        ("aggregate_id", json!(1)),
        ("payload", json!([])),
        ("timestamp", json!("yesterday")),
        ("timestamp", json!(1_700_000_000)),
        ("build_id", json!("")),
        ("node_id", Value::Null),
        ("lamport_clock", json!(-1)),
        ("lamport_clock", json!("1")),
        ("causation_id", json!("x")),
        ("project_uuid", json!("x")),
        ("project_slug", json!(1)),
        ("correlation_id", Value::Null),
        ("schema_version", json!("3.0.1")),
        ("data_tier", json!(5)),
    ];
    check(&good).unwrap();
    for (name, bad) in cases {
        let mut value = good.clone();
        value[*name] = bad.clone();
        assert_eq!(check(&value).unwrap_err().path, *name, "{name}: {bad}");
    }
    let mut deep = good.clone();
    deep["payload"]["evidence"] = json!([{"mission_key": 1}]);
    assert_eq!(check(&deep).unwrap_err().path, "mission_key");
    assert_eq!(check(&json!([])).unwrap_err().path, "event");
    let mut extra = good;
    extra["team_slug"] = json!("t");
    assert!(check(&extra).is_ok());
}

#[test]
fn dossier_events_replace_each_other_and_no_others_do() {
    let namespace = json!({
        "project_uuid": PROJECT, "mission_slug": "m", "target_branch": "main",
        "mission_type": "software-dev", "manifest_version": "1",
    });
    let indexed = json!({"namespace": namespace, "artifact_id": {"path": "a.md"}});
    assert_eq!(
        envelope("MissionDossierArtifactIndexed", &indexed).coalesce_key(),
        Some(format!("MissionDossierArtifactIndexed|{PROJECT}|m|a.md"))
    );
    let snapshot = json!({"namespace": namespace});
    assert_eq!(
        envelope("MissionDossierSnapshotComputed", &snapshot).coalesce_key(),
        Some(format!("MissionDossierSnapshotComputed|{PROJECT}|m"))
    );
    assert_eq!(
        envelope("MissionDossierArtifactIndexed", &snapshot).coalesce_key(),
        None
    );
    assert_eq!(envelope("WPStatusChanged", &moved()).coalesce_key(), None);
}
