//! Idempotency keys: the same key gives the same identifiers, so that a repeated command finds its first write.
//!
//! A claim is stored, flushed, before anything is written under it; a command that died in between and comes again
//! writes with the same identifiers. Claims belong to the clone.

use pawtrail_event::{DecisionId, EventId};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::durable::{self, Access};
use crate::error::{Error, GitContext, Result};
use crate::mission::Mission;
use crate::project::Project;

const MAX_KEY_BYTES: usize = 512;

/// What a key stands for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Claim {
    pub(crate) event_id: EventId,
    print: String,
}

/// The identifiers to write with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Claimed {
    pub(crate) event_id: EventId,
    pub(crate) decision_id: DecisionId,
    print: String,
}

impl Claim {
    /// A claim for one kind of write with these arguments.
    pub(crate) fn new(project: &Project, mission: &Mission, kind: &str, arguments: &Value) -> Self {
        Self {
            event_id: EventId::from(project.ulid()),
            print: digest(
                project,
                &format!("{kind}\0{}\0{arguments}", mission.mission_id),
            ),
        }
    }
}

/// Stores a claim under its key, or returns the one that is there.
///
/// # Errors
/// [`Error::KeyReused`] when the key was used with other arguments.
pub(crate) fn claim(
    project: &Project,
    key: Option<&str>,
    claim: &Claim,
    decision_id: &DecisionId,
) -> Result<Claimed> {
    let fresh = Claimed {
        event_id: claim.event_id.clone(),
        decision_id: decision_id.clone(),
        print: claim.print.clone(),
    };
    let Some(key) = key else {
        return Ok(fresh);
    };
    if key.is_empty() || key.len() > MAX_KEY_BYTES {
        return Err(Error::Invalid {
            what: "--idempotency-key",
            message: format!("a key has 1 to {MAX_KEY_BYTES} bytes"),
        });
    }
    let path = project.state_dir().join("keys").join(digest(project, key));
    let text = serde_json::to_vec(&fresh).git("encoding a claim")?;
    if durable::create_new(&path, &text, Access::Private)? {
        return Ok(fresh);
    }
    let stored = durable::read(&path)?.unwrap_or_default();
    let stored: Claimed = serde_json::from_slice(&stored).map_err(|error| Error::Damaged {
        path,
        message: error.to_string(),
    })?;
    if stored.print == fresh.print {
        Ok(stored)
    } else {
        Err(Error::KeyReused {
            key: key.to_owned(),
        })
    }
}

/// Returns the identity of the first event of a write: the one that its key stands for, or a fresh one.
///
/// # Errors
/// As [`claim`].
pub(crate) fn claim_events(
    project: &Project,
    mission: &Mission,
    key: Option<&str>,
    kind: &str,
    arguments: &Value,
) -> Result<EventId> {
    let fresh = Claim::new(project, mission, kind, arguments);
    // Claims have a place for a decision, and there is none here.
    let nobody: DecisionId = fresh.event_id.as_str().parse()?;
    Ok(claim(project, key, &fresh, &nobody)?.event_id)
}

fn digest(project: &Project, text: &str) -> String {
    let hash = gix::objs::compute_hash(
        project.git().object_hash(),
        gix::objs::Kind::Blob,
        text.as_bytes(),
    );
    hash.map_or_else(|_| String::from("unhashable"), |id| id.to_string())
}
