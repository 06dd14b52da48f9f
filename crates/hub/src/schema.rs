//! JSON Schemas of what the hub takes and answers beside its frames; see [`pawtrail_event::schema`].

use pawtrail_event::envelope::MAX_ENVELOPE_BYTES;
use pawtrail_event::schema::{Named, read, written};

use crate::app::Refusal;
use crate::health::{Health, MAX_BYTES_PER_BATCH};
use crate::ingest::Batch;

/// The schemas.
pub const SCHEMAS: &[Named] = &[
    Named {
        name: "batch-request",
        title: "The body of `POST /api/v1/events/batch/`",
        about: || {
            format!(
                "At most {MAX_BYTES_PER_BATCH} bytes unpacked. Each event is judged for itself, and is what `pawtrail schema \
                 envelope` says, with at most {MAX_ENVELOPE_BYTES} bytes: one that isn't costs only itself, and its result \
                 says why."
            )
        },
        body: read::<Batch>,
    },
    Named {
        name: "health",
        title: "The answer to `GET /api/v1/health`",
        about: || {
            "As this hub gives it. A clone needs no more than `limits`, and of those what is smaller than its own.".to_owned()
        },
        body: written::<Health>,
    },
    Named {
        name: "refusal",
        title: "The body of a hub's answer that refuses a request",
        about: || {
            "With any status from 400 on. Of other hubs' answers a clone reads `error.message` alone.".to_owned()
        },
        body: written::<Refusal>,
    },
];

#[cfg(test)]
mod tests {
    use pawtrail_testkit::agree;
    use serde_json::{Value, json};

    use super::*;
    use crate::app;
    use crate::health::{MAX_EVENTS_PER_BATCH, health};

    fn takes(name: &str) -> impl Fn(&Value) -> bool {
        let named = SCHEMAS.iter().find(|one| one.name == name).unwrap();
        let validator = jsonschema::draft202012::new(&named.schema()).unwrap();
        move |value| validator.is_valid(value)
    }

    /// What is written is taken, and needs all its keys.
    fn whole(name: &str, written: &Value, optional: &[&str]) {
        let takes = takes(name);
        assert!(takes(written), "{written}");
        for key in written.as_object().unwrap().keys() {
            let mut less = written.clone();
            less.as_object_mut().unwrap().remove(key);
            assert_eq!(takes(&less), optional.contains(&key.as_str()), "{less}");
        }
    }

    #[tokio::test]
    async fn answers() {
        let axum::Json(health) = health().await;
        whole("health", &serde_json::to_value(health).unwrap(), &[]);
        for protocol in [None, Some([1])] {
            let body = app::body("HUB_BUSY", "m", protocol);
            whole(
                "refusal",
                &serde_json::to_value(body).unwrap(),
                &["protocol"],
            );
        }
        assert!(!takes("refusal")(
            &json!({ "error": { "code": "lower", "message": "m" } })
        ));
    }

    #[test]
    fn batches() {
        let takes = takes("batch-request");
        let reader = |body: &Value| {
            // Serde would take a list for the object; no clone sends one.
            let batch: Option<Batch> = body
                .is_object()
                .then(|| serde_json::from_value(body.clone()).ok())
                .flatten();
            batch.is_some_and(|batch| batch.refused().is_none())
        };
        agree(&takes, reader, &[json!({ "events": [{}] })], &[]);
        let of = |count: usize| json!({ "events": vec![json!({}); count] });
        assert!(takes(&of(MAX_EVENTS_PER_BATCH)));
        assert!(!takes(&of(MAX_EVENTS_PER_BATCH + 1)));
    }
}
