//! An annotation that is to be written, and its row.

use serde_json::json;

use super::actor::Actor;
use super::delta::Delta;
use crate::id::{EventId, WorkPackageId};
use crate::sanitize::{Sanitized, Sanitizer};

/// A change of a work package beside its lane.
#[derive(Debug, Clone, PartialEq)]
pub struct Annotation {
    /// The event's own identity.
    pub event_id: EventId,
    /// When: UTC, as [`crate::time::iso`] writes it.
    pub at: String,
    /// The work package.
    pub wp_id: WorkPackageId,
    /// Who changes it.
    pub actor: Actor<'static>,
    /// What changes.
    pub delta: Delta,
}

impl Annotation {
    /// Makes the row that is appended to [`super::FILE`]; none where nothing changes.
    pub fn row(&self, sanitizer: &Sanitizer) -> Option<Sanitized> {
        let delta = self.delta.to_map();
        (!delta.is_empty()).then(|| {
            sanitizer.sanitize(&json!({
                "event_id": self.event_id.as_str(),
                "kind": "annotation",
                "wp_id": self.wp_id.as_str(),
                "at": self.at,
                "actor": self.actor.to_value(),
                "delta": delta,
            }))
        })
    }
}
