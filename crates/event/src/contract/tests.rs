use super::shape::{Kind, Shape};
use super::*;
use crate::route;
use crate::schema::tests::validator;
use pawtrail_testkit::agree;
use serde_json::{Map, json};

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

/// A payload of a shape: all fields that there may be, or none but those that must be.
fn sample(shape: &Shape, whole: bool) -> Value {
    let fields = shape.all().filter(|field| whole || field.required);
    let entries = fields.map(|field| {
        let value = match field.name {
            // A step that needs nothing else.
            "from_lane" => json!("planned"),
            "to_lane" => json!("claimed"),
            "force" => json!(false),
            _ => filled(field.kind, whole),
        };
        (field.name.to_owned(), value)
    });
    let map: Map<String, Value> = entries.collect();
    // Without it, only the first lane can be told.
    match map.get("to_lane") {
        Some(_) if !whole => Value::Object(Map::from_iter(
            map.into_iter()
                .chain([("from_lane".to_owned(), json!("planned"))]),
        )),
        Some(_) | None => Value::Object(map),
    }
}

fn filled(kind: Kind, whole: bool) -> Value {
    match kind {
        Kind::Text | Kind::Filled | Kind::Actor => json!("a"),
        Kind::OneOf(words) => json!(words[0]),
        Kind::Int(least) => json!(least),
        Kind::Number | Kind::Share => json!(1),
        Kind::Bool => json!(true),
        Kind::Time => json!("2026-06-01T07:55:08Z"),
        Kind::Url => json!("https://example.org/1"),
        Kind::Texts(least) => json!(vec!["a"; least.max(usize::from(whole))]),
        Kind::TextMap => json!({ "k": "v" }),
        Kind::Object(inner) => sample(inner, whole),
        Kind::Objects(inner, least) => {
            json!(vec![sample(inner, whole); least.max(usize::from(whole))])
        }
    }
}

#[test]
fn schemas_say_what_the_tables_say() {
    let mut seen: Vec<*const Shape> = Vec::new();
    for (name, shape) in tables::TABLE {
        // Types that share a shape are one.
        if seen.contains(&std::ptr::from_ref(*shape)) {
            continue;
        }
        seen.push(*shape);
        let schema = validator(&payload_schema(name).unwrap());
        agree(
            |value| schema.is_valid(value),
            |value| check(name, value).is_ok(),
            &[sample(shape, true), sample(shape, false)],
            &[],
        );
    }
    assert!(seen.len() > 30);
}

#[test]
fn the_schema_of_a_transition_knows_which_lane_follows_which() {
    let schema = validator(&payload_schema("WPStatusChanged").unwrap());
    let evidence = json!({
        "repos": [{ "repo": "r", "branch": "b", "commit": "c" }], "review": { "reviewer": "r", "verdict": "v" },
    });
    let mut froms: Vec<Value> = lanes::LANES.iter().map(|lane| json!(lane)).collect();
    froms.push(Value::Null);
    let said = [json!(null), json!(" "), json!("why")];
    let (mut taken, mut refused) = (0, 0);
    for from in &froms {
        for to in lanes::LANES {
            for bits in 0..36 {
                let (reason, review_ref) = (&said[bits % 3], &said[bits / 3 % 3]);
                let payload = json!({
                    "mission_slug": "m", "wp_id": "WP01", "from_lane": from, "to_lane": to, "actor": "a",
                    "force": bits / 9 % 2 == 1, "reason": reason, "execution_mode": "worktree", "review_ref": review_ref,
                    "evidence": if bits / 18 == 1 { evidence.clone() } else { Value::Null },
                });
                let good = check("WPStatusChanged", &payload).is_ok();
                assert_eq!(schema.is_valid(&payload), good, "{payload}");
                *if good { &mut taken } else { &mut refused } += 1;
            }
        }
    }
    assert!(taken > 300 && refused > 300, "{taken} {refused}");
}
