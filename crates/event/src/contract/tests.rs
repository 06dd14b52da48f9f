use super::*;
use crate::route;
use serde_json::json;

/// Types that go to a hub and that the package has no model for, or one that isn't checked here: their
/// payload is any object.
const OPEN: [&str; 1] = ["ReviewerSelfApproval"];

#[test]
fn each_type_that_goes_to_a_hub_has_a_shape_or_is_known_to_have_none() {
    for (name, route) in route::TABLE {
        if route.queue {
            assert_eq!(
                tables::shape(name).is_some(),
                !OPEN.contains(name),
                "{name}"
            );
        }
    }
}

fn transition(change: impl FnOnce(&mut Value)) -> Result<(), Violation> {
    let mut payload = json!({
        "mission_slug": "m", "wp_id": "WP01", "from_lane": "planned", "to_lane": "claimed",
        "actor": "agent", "force": false, "reason": null, "execution_mode": "worktree",
        "review_ref": null, "evidence": null,
    });
    change(&mut payload);
    check("WPStatusChanged", &payload)
}

#[test]
fn a_violation_names_the_field_and_never_its_value() {
    let error = transition(|payload| payload["to_lane"] = json!("secret")).unwrap_err();
    assert_eq!(error.path, "payload.to_lane");
    assert!(!error.to_string().contains("secret"));
    let error = transition(|payload| payload["wp_id"] = json!(7)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`payload.wp_id` must be a text that isn't empty"
    );
    let error = check("WPStatusChanged", &json!([])).unwrap_err();
    assert_eq!(error.to_string(), "`payload` must be an object");
}

#[test]
fn transitions_follow_the_rules_of_the_package() {
    let lanes = |from: Value, to: &str, force: bool| {
        transition(|payload| {
            payload["from_lane"] = from;
            payload["to_lane"] = json!(to);
            if force {
                payload["force"] = json!(true);
                payload["reason"] = json!("why");
            }
        })
    };
    assert!(lanes(Value::Null, "planned", false).is_ok());
    assert!(lanes(Value::Null, "canceled", false).is_err());
    assert!(lanes(json!("genesis"), "canceled", false).is_ok());
    assert!(lanes(json!("done"), "planned", false).is_err());
    assert!(lanes(json!("done"), "planned", true).is_ok());
    assert!(lanes(json!("in_review"), "planned", false).is_err());
    assert!(lanes(json!("in_review"), "planned", true).is_ok());
    // The way back into work needs the review's reference, forced or not.
    assert!(lanes(json!("in_review"), "in_progress", true).is_err());
    assert!(lanes(json!("for_review"), "approved", false).is_err());
    assert!(lanes(json!("doing"), "planned", true).is_err());
}

#[test]
fn evidence_is_looked_into() {
    let with = |evidence: Value| {
        transition(|payload| {
            payload["from_lane"] = json!("approved");
            payload["to_lane"] = json!("done");
            payload["evidence"] = evidence;
        })
    };
    let good = json!({
        "repos": [{"repo": "r", "branch": "b", "commit": "c"}],
        "review": {"reviewer": "r", "verdict": "approved"},
    });
    assert!(with(good.clone()).is_ok());
    let mut bad = good;
    bad["repos"][0]["commit"] = json!("");
    assert_eq!(
        with(bad).unwrap_err().path,
        "payload.evidence.repos[0].commit"
    );
    assert!(with(json!({"repos": [], "review": {}})).is_err());
}

#[test]
fn numbers_are_numbers() {
    let check = |confidence: Value| {
        check(
            "TermCandidateObserved",
            &json!({
                "mission_id": "m", "scope_id": "s", "step_id": "t", "term_surface": "x",
                "confidence": confidence, "actor": "a",
            }),
        )
    };
    for good in [json!(0), json!(1), json!(0.5), json!(1.0)] {
        assert!(check(good.clone()).is_ok(), "{good}");
    }
    for bad in [
        json!(1.01),
        json!(-0.1),
        json!("0.5"),
        json!(true),
        json!(null),
    ] {
        assert!(check(bad.clone()).is_err(), "{bad}");
    }
    assert_eq!(integer(&json!(2.0)), Some(2));
    assert_eq!(integer(&json!(2.5)), None);
    assert_eq!(integer(&json!(u64::MAX)), Some(i128::from(u64::MAX)));
    assert_eq!(integer(&json!("2")), None);
}
