//! What the hub is to be told of a row: the event from which the queue makes its envelope.

use pawtrail_event::status::{INNER_STATE_CHANGED, WP_STATUS_CHANGED};
use pawtrail_event::{EventId, Sanitized, route, sanitize};
use serde_json::{Map, Value, json};

use crate::error::Result;
use crate::mission::Mission;
use crate::project::Project;
use crate::receipt::Receipt;

/// An event for the queue.
#[derive(Debug, Clone, PartialEq)]
pub struct Emitted {
    /// Its type, by which [`pawtrail_event::route`] knows it.
    pub event_type: &'static str,
    /// The row's identity.
    pub event_id: EventId,
    /// What it is about: the work package.
    pub aggregate_id: String,
    /// When it happened.
    pub at: String,
    /// What it says.
    pub payload: Sanitized,
}

/// Returns what the hub is to be told of rows that are in a commit.
pub(crate) fn of(
    project: &Project,
    mission: &Mission,
    rows: &[Sanitized],
    receipt: &Receipt,
) -> Result<Vec<Emitted>> {
    let slug = project.identity()?.and_then(|identity| identity.slug);
    let commit = receipt.commit.as_ref().map(|commit| commit.as_str());
    let repo = json!({
        "repo": slug.as_deref().unwrap_or("local"),
        "branch": receipt.r#ref.strip_prefix("refs/heads/").unwrap_or(&receipt.r#ref),
        "commit": commit.unwrap_or("unknown"),
    });
    rows.iter()
        .filter_map(|row| emitted(mission, row.value(), &repo))
        .collect()
}

fn emitted(mission: &Mission, row: &Value, repo: &Value) -> Option<Result<Emitted>> {
    let (event_type, keys): (_, &[&str]) = if row.get("kind").is_some() {
        (INNER_STATE_CHANGED, &["wp_id", "actor", "delta"])
    } else {
        (
            WP_STATUS_CHANGED,
            &[
                "wp_id",
                "from_lane",
                "to_lane",
                "actor",
                "force",
                "reason",
                "execution_mode",
                "review_ref",
                "evidence",
            ],
        )
    };
    if !route::route(event_type).is_some_and(|route| route.queue) {
        return None;
    }
    let mut payload: Map<String, Value> = keys
        .iter()
        .filter_map(|key| Some(((*key).to_owned(), row.get(*key)?.clone())))
        .collect();
    payload.insert("mission_slug".to_owned(), json!(mission.mission_slug));
    // The event package asks for a repository where there is evidence; the row need not name one.
    if let Some(Value::Object(evidence)) = payload.get_mut("evidence")
        && !evidence.contains_key("repos")
    {
        evidence.insert("repos".to_owned(), json!([repo]));
    }
    let text = |key: &str| row.get(key).and_then(Value::as_str).unwrap_or_default();
    Some(text("event_id").parse().map_err(Into::into).map(|event_id| Emitted {
        event_type,
        event_id,
        aggregate_id: text("wp_id").to_owned(),
        at: text("at").to_owned(),
        payload: sanitize::sanitize(&Value::Object(payload)),
    }))
}
