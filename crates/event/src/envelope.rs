//! The envelope: how an event is addressed to a hub, and which events may have one.
//!
//! Source: `Event` of `spec-kitty-events` 6.1.0 and its cutover rules. What that contract doesn't
//! name (`mission_id`, `git_branch`, `head_commit_sha`) rides along; readers of it pass them over.

mod id;
mod queueable;

use serde_json::{Map, Value, json};

pub use id::EnvelopeId;
pub use queueable::{NotQueueable, Queueable};

use crate::contract::{self, Violation};
use crate::route;
use crate::sanitize::{Sanitized, Sanitizer};
use crate::{BuildId, CommitHash, MissionId, NodeId, ProjectUuid, time};

/// The version of the envelope, the only one that the contract accepts.
pub const SCHEMA_VERSION: &str = "3.0.0";
/// The largest envelope, in bytes of its text.
pub const MAX_ENVELOPE_BYTES: usize = 256 * 1024;

/// The largest tier of data.
pub(crate) const MAX_DATA_TIER: i128 = 4;

/// Keys of an older format, refused at every depth.
pub(crate) const LEGACY_KEYS: [&str; 4] = [
    "feature_slug",
    "feature_number",
    "mission_key",
    "legacy_aggregate_id",
];
pub(crate) const LEGACY_TYPES: [&str; 2] = ["FeatureCreated", "FeatureClosed"];
pub(crate) const LEGACY_AGGREGATES: [&str; 2] = ["feature", "feature_catalog"];

/// All of an envelope but type and payload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// The event, the same whenever it is sent again.
    pub event_id: EnvelopeId,
    /// What the event is about: a mission, a work package.
    pub aggregate_id: String,
    /// What kind of thing that is, where it is known: `Mission`, `WorkPackage`.
    pub aggregate_type: Option<String>,
    /// When it happened, in ISO 8601.
    pub timestamp: String,
    /// The checkout that it happened in.
    pub build_id: BuildId,
    /// The clone.
    pub node_id: NodeId,
    /// The clone's Lamport clock.
    pub lamport_clock: u64,
    /// The project.
    pub project_uuid: ProjectUuid,
    /// The project's short name.
    pub project_slug: Option<String>,
    /// The mission.
    pub mission_id: Option<MissionId>,
    /// What belongs together.
    pub correlation_id: EnvelopeId,
    /// The event that led to this one.
    pub causation_id: Option<EnvelopeId>,
    /// The branch that was checked out.
    pub git_branch: Option<String>,
    /// Its commit.
    pub head_commit_sha: Option<CommitHash>,
}

/// An event on its way to a hub: of a type that may go there, and with nothing private in it.
#[derive(Debug, Clone, PartialEq)]
pub struct Envelope {
    event_id: EnvelopeId,
    kind: Queueable,
    project: ProjectUuid,
    body: Sanitized,
}

impl Envelope {
    /// Puts an event into its envelope. The payload comes sanitized, the whole goes through the rules once more.
    pub fn new(
        kind: Queueable,
        header: &Header,
        payload: &Sanitized,
        sanitizer: &Sanitizer,
    ) -> Self {
        let body = json!({
            "aggregate_id": header.aggregate_id,
            "aggregate_type": header.aggregate_type,
            "build_id": header.build_id,
            "causation_id": header.causation_id,
            "correlation_id": header.correlation_id,
            "data_tier": 0,
            "event_id": header.event_id,
            "event_type": kind.event_type(),
            "git_branch": header.git_branch,
            "head_commit_sha": header.head_commit_sha,
            "lamport_clock": header.lamport_clock,
            "mission_id": header.mission_id,
            "node_id": header.node_id,
            "payload": payload.value(),
            "project_slug": header.project_slug,
            "project_uuid": header.project_uuid,
            "schema_version": SCHEMA_VERSION,
            "timestamp": header.timestamp,
        });
        Self {
            event_id: header.event_id.clone(),
            kind,
            project: header.project_uuid.clone(),
            body: sanitizer.sanitize(&body),
        }
    }

    /// Returns the event's id.
    pub fn event_id(&self) -> &EnvelopeId {
        &self.event_id
    }

    /// Returns the event's type.
    pub fn kind(&self) -> Queueable {
        self.kind
    }

    /// Returns the project.
    pub fn project(&self) -> &ProjectUuid {
        &self.project
    }

    /// Returns the envelope as one line of JSON, without a line feed.
    pub fn to_text(&self) -> String {
        let mut line = self.body.to_line();
        line.truncate(line.trim_end().len());
        line
    }

    /// Checks the whole against the contract: a hub refuses what breaks it.
    ///
    /// # Errors
    /// With the first violation.
    pub fn check(&self) -> Result<(), Violation> {
        check(self.body.value()).map(drop)
    }

    /// Returns the key under which a later event takes the place of one that still waits, where
    /// events of this type only say how something is now.
    pub fn coalesce_key(&self) -> Option<String> {
        let payload = self.body.value().get("payload")?;
        let text = |path: &str| payload.pointer(path).and_then(Value::as_str);
        let name = self.kind.event_type();
        let project = text("/namespace/project_uuid");
        let mission = text("/namespace/mission_slug");
        let whole = match name {
            "MissionDossierArtifactIndexed" => {
                [Some(name), project, mission, text("/artifact_id/path")]
            }
            "MissionDossierSnapshotComputed" => [Some(name), project, mission, Some("")],
            _ => return None,
        };
        let parts: Option<Vec<&str>> = whole.into_iter().collect();
        Some(parts?.join("|").trim_end_matches('|').to_owned())
    }
}

/// What a receiver needs to know of a valid envelope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addressed {
    /// The event.
    pub event_id: EnvelopeId,
    /// Its type.
    pub event_type: String,
    /// What it is about.
    pub aggregate_id: String,
    /// The project.
    pub project_uuid: ProjectUuid,
    /// The mission, where the envelope or the payload names one by its id.
    pub mission_id: Option<MissionId>,
    /// The Lamport clock of its node.
    pub lamport_clock: u64,
    /// Its node.
    pub node_id: String,
    /// When it happened, as its maker wrote it.
    pub timestamp: String,
}

/// Checks an envelope as the contract's own validator does, and its payload.
///
/// # Errors
/// With the first violation.
pub fn check(value: &Value) -> Result<Addressed, Violation> {
    let addressed = check_envelope(value)?;
    if let Some(route) = route::route(&addressed.event_type)
        && !route.queue
    {
        return Err(Violation::new(
            "event_type",
            "is not one that goes to a hub",
        ));
    }
    let empty = Value::Object(Map::new());
    let payload = value.get("payload").unwrap_or(&empty);
    contract::check(&addressed.event_type, payload)?;
    Ok(addressed)
}

/// Checks an envelope and nothing of its payload.
///
/// # Errors
/// With the first violation.
pub fn check_envelope(value: &Value) -> Result<Addressed, Violation> {
    let Value::Object(map) = value else {
        return Err(Violation::new("event", "must be an object"));
    };
    cutover(map)?;
    let event_id = id(map, "event_id")?.ok_or_else(|| missing("event_id"))?;
    id(map, "correlation_id")?.ok_or_else(|| missing("correlation_id"))?;
    id(map, "causation_id")?;
    for name in ["build_id", "node_id"] {
        filled(map, name)?;
    }
    if map
        .get("payload")
        .is_some_and(|payload| !payload.is_object())
    {
        return Err(Violation::new("payload", "must be an object"));
    }
    let timestamp = filled(map, "timestamp")?;
    if !time::is_iso(timestamp) {
        return Err(Violation::new("timestamp", "must be a time in ISO 8601"));
    }
    let lamport_clock = map
        .get("lamport_clock")
        .ok_or_else(|| missing("lamport_clock"))
        .map(contract::integer)?
        .and_then(|clock| u64::try_from(clock).ok())
        .ok_or_else(|| Violation::new("lamport_clock", "must be an integer of at least 0"))?;
    let project_uuid = id::uuid(filled(map, "project_uuid")?)
        .ok_or_else(|| Violation::new("project_uuid", "must be a UUID"))?;
    if map
        .get("project_slug")
        .is_some_and(|slug| !slug.is_null() && !slug.is_string())
    {
        return Err(Violation::new("project_slug", "must be a text"));
    }
    if let Some(tier) = map.get("data_tier")
        && !contract::integer(tier).is_some_and(|tier| (0..=MAX_DATA_TIER).contains(&tier))
    {
        return Err(Violation::new(
            "data_tier",
            format!("must be an integer from 0 to {MAX_DATA_TIER}"),
        ));
    }
    let named = |value: Option<&Value>| value.and_then(Value::as_str)?.parse().ok();
    let mission_id =
        named(map.get("mission_id")).or_else(|| named(value.pointer("/payload/mission_id")));
    Ok(Addressed {
        event_id,
        event_type: filled(map, "event_type")?.to_owned(),
        aggregate_id: filled(map, "aggregate_id")?.to_owned(),
        project_uuid,
        mission_id,
        lamport_clock,
        node_id: filled(map, "node_id")?.to_owned(),
        timestamp: timestamp.to_owned(),
    })
}

/// Refuses what is of another version, or of the format before the first one.
fn cutover(map: &Map<String, Value>) -> Result<(), Violation> {
    if map.get("schema_version").and_then(Value::as_str) != Some(SCHEMA_VERSION) {
        let expected = format!("must be {SCHEMA_VERSION}");
        return Err(Violation::new("schema_version", expected));
    }
    if let Some(key) = legacy_key(map) {
        return Err(Violation::new(key, "is a key of an older format"));
    }
    let text = |name: &str| map.get(name).and_then(Value::as_str).unwrap_or_default();
    if LEGACY_TYPES.contains(&text("event_type")) {
        return Err(Violation::new("event_type", "is one of an older format"));
    }
    let aggregate = text("aggregate_id").split('/').next().unwrap_or_default();
    if LEGACY_AGGREGATES.contains(&aggregate) {
        return Err(Violation::new("aggregate_id", "is one of an older format"));
    }
    Ok(())
}

fn legacy_key(map: &Map<String, Value>) -> Option<&'static str> {
    map.iter().find_map(|(key, value)| {
        let here = LEGACY_KEYS.iter().copied().find(|legacy| legacy == key);
        here.or_else(|| legacy_below(value))
    })
}

fn legacy_below(value: &Value) -> Option<&'static str> {
    match value {
        Value::Object(map) => legacy_key(map),
        Value::Array(items) => items.iter().find_map(legacy_below),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

fn missing(name: &str) -> Violation {
    Violation::new(name, "is missing")
}

fn filled<'a>(map: &'a Map<String, Value>, name: &str) -> Result<&'a str, Violation> {
    let value = map.get(name).ok_or_else(|| missing(name))?;
    value
        .as_str()
        .filter(|text| !text.is_empty())
        .ok_or_else(|| Violation::new(name, "must be a text that isn't empty"))
}

fn id(map: &Map<String, Value>, name: &str) -> Result<Option<EnvelopeId>, Violation> {
    match map.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => value
            .as_str()
            .and_then(|text| text.parse().ok())
            .map(Some)
            .ok_or_else(|| Violation::new(name, "must be a ULID or a UUID")),
    }
}

#[cfg(test)]
mod tests;
