//! Values that differ from a sound one in one place.

use serde_json::{Value, json};

/// A place, and the whole with something else there.
pub struct Near {
    /// Where, as a JSON pointer.
    pub at: String,
    /// The whole.
    pub value: Value,
}

/// What takes the place of a part. Whole numbers stand without a fraction, and days are in the calendar: what a reader says of
/// others no schema can.
fn pool() -> Vec<Value> {
    let texts = [
        "",
        " ",
        "x",
        "\u{a0}\u{85}",
        "a b",
        "a\u{0}b",
        "01KT119YA7GD2Y0D7MZRH5JSS3",
        "01kt119ya7gd2y0d7mzrh5jss3",
        "81KT119YA7GD2Y0D7MZRH5JSS3",
        "f97f4d9b-d2fa-4ce6-a7ee-9bbca7308aab",
        "F97F4D9B-D2FA-4CE6-A7EE-9BBCA7308AAB",
        "f97f4d9bd2fa4ce6a7ee9bbca7308aab",
        "{f97f4d9b-d2fa-4ce6-a7ee-9bbca7308aab}",
        "urn:uuid:f97f4d9bd2fa4ce6a7ee9bbca7308aab",
        "2026-06-01T07:55:08.081409+00:00",
        "2026-06-01T07:55:08Z",
        "2026-06-01T07:55:08+02:00",
        "2026-06-01T07:55:08",
        "2026-06-01 07:55",
        "2026-06-01",
        "20260601T075508Z",
        "yesterday",
        "https://example.org/a?b#c",
        "HTTP://h",
        "http://",
        "https:///path",
        "https://a b",
        "ftp://example.org",
        "kitty-specs/a",
        "kitty-specs/a/.hidden/..b",
        "kitty-specs/",
        "kitty-specs//a",
        "kitty-specs/./a",
        "kitty-specs/../a",
        "/kitty-specs/a",
        "human",
        "planned",
        "in_progress",
        "genesis",
        "uninitialized",
        "low",
        "medium",
        "sha256",
        "team_domain",
        "WP01",
        "input:k",
        "input:",
        "input:a b",
        "audit:x#2",
        "accepted",
        "annotation",
        "retrospective.completed",
        "RetrospectiveSkipped",
        "3.0.0",
        "feature/x",
        "feature_catalog",
        "features",
        "GlossarySenseUpdated",
        "DecisionInputAnswered",
        "FeatureCreated",
        "WPAssigned",
        " 12 ",
        "-7",
    ];
    let commit = "a".repeat(40);
    let mut pool: Vec<Value> = texts.iter().map(|text| json!(text)).collect();
    pool.extend([129, 199, 201, 1_025].map(|length| json!("a".repeat(length))));
    pool.extend([39, 40, 41, 64, 65].map(|length| json!("b".repeat(length))));
    pool.extend([65, 257].map(|count| json!(vec![&commit; count])));
    pool.extend([1_000, 1_001].map(|count| json!(vec!["kitty-specs/a"; count])));
    pool.extend([
        Value::Null,
        json!(true),
        json!(false),
        json!(0),
        json!(1),
        json!(-1),
        json!(5),
        json!(0.5),
        json!(1.5),
        json!(4_294_967_296_u64),
        json!(u64::MAX),
        json!([]),
        json!(["x"]),
        json!([commit]),
        json!([1]),
        json!([null]),
        json!([{}]),
        json!([[]]),
        json!({}),
        json!({ "a": "b" }),
        json!({ "a": 1 }),
        json!({ "WP01": "done" }),
        json!([{ "feature_slug": 1 }]),
        json!({ "deep": [{ "mission_key": null }] }),
        json!({ "reference": 1, "reviewer": 2, "verdict": 3 }),
        json!({ "role": null, "profile": null, "tool": "t", "model": "m" }),
        json!({ "role": null, "profile": null, "tool": "t", "model": 1 }),
        json!({ "at": null, "actor": "a", "wp_id": 1, "reason": true }),
        json!({ "surface_text": "term" }),
    ]);
    pool
}

/// Returns every value that differs from this one in one place, and itself.
pub fn near(sound: &Value) -> Vec<Near> {
    let mut places = vec![String::new()];
    collect(sound, "", &mut places);
    let mut all = vec![Near {
        at: String::new(),
        value: sound.clone(),
    }];
    let pool = pool();
    for at in places {
        for part in &pool {
            let mut value = sound.clone();
            *value.pointer_mut(&at).unwrap() = part.clone();
            all.push(Near {
                at: at.clone(),
                value,
            });
        }
        let mut value = sound.clone();
        if let Some(Value::Object(map)) = value.pointer_mut(&at) {
            map.insert("a_new_field".to_owned(), json!("x"));
            all.push(Near {
                at: at.clone(),
                value,
            });
        }
        if let Some((parent, key)) = at.rsplit_once('/') {
            let mut value = sound.clone();
            if let Some(Value::Object(map)) = value.pointer_mut(parent) {
                map.remove(key);
                all.push(Near { at, value });
            }
        }
    }
    all
}

fn collect(value: &Value, at: &str, places: &mut Vec<String>) {
    let below: Vec<(String, &Value)> = match value {
        Value::Object(map) => map
            .iter()
            .map(|(key, value)| (key.clone(), value))
            .collect(),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .map(|(place, value)| (place.to_string(), value))
            .collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    };
    for (key, value) in below {
        let at = format!("{at}/{key}");
        places.push(at.clone());
        collect(value, &at, places);
    }
}

/// Holds a schema against a reader, for each of these sound values and all that is near. Below the places that are named a
/// schema may refuse what the reader, with patience, takes.
pub fn agree(
    schema: impl Fn(&Value) -> bool,
    takes: impl Fn(&Value) -> bool,
    sound: &[Value],
    stricter: &[&str],
) {
    let mut refused = 0;
    let mut wrong = Vec::new();
    for one in sound {
        assert!(takes(one), "the reader refuses {one}");
        for Near { at, value } in near(one) {
            let (by_reader, by_schema) = (takes(&value), schema(&value));
            refused += usize::from(!by_reader);
            let patient = by_reader && stricter.iter().any(|place| at == *place);
            if by_reader != by_schema && !patient {
                let shown: String = value.to_string().chars().take(400).collect();
                wrong.push(format!(
                    "{at}: reader {by_reader}, schema {by_schema}: {shown}"
                ));
            }
        }
    }
    assert!(refused > 0);
    assert!(
        wrong.is_empty(),
        "{} differ\n{}",
        wrong.len(),
        wrong[..wrong.len().min(40)].join("\n")
    );
}
