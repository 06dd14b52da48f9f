//! What the Python tool's readers find of runs: `state.json` of each, and one index. Written, never read to know a run.

use std::path::Path;

use pawtrail_event::run::{Payload, RowPayload};
use pawtrail_event::{RunId, json};
use serde_json::{Map, Value, json};

use super::{Held, Stored, Tail, home, stored};
use crate::durable::{self, Access};
use crate::error::Result;
use crate::lock::{self, Lock};

const STATE: &str = "state.json";
const INDEX: &str = "feature-runs.json";

/// How the index names a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Indexed {
    /// The key of its template.
    pub mission_type: String,
    /// The mission's directory name.
    pub mission_slug: String,
    /// The mission.
    pub mission_id: Option<String>,
}

impl Held<'_> {
    /// Writes a run's state for the Python tool's readers, and enters it in their index.
    ///
    /// # Errors
    /// When a file can't be written. The run is what it is without them.
    pub fn show(&self, run: &Stored, state: &Value, entry: &Indexed) -> Result<()> {
        refresh(&run.dir.join(STATE), state)?;
        let lock = self.project.state_dir().join("locks").join("runs.lock");
        let _lock = Lock::acquire(&lock, lock::PATIENCE)?;
        let path = home(self.project).join(INDEX);
        let content = durable::read(&path)?.unwrap_or_default();
        let mut index: Map<String, Value> = match serde_json::from_slice(&content) {
            Ok(index) => index,
            // Damaged or not there: what it said of other runs is found in their logs.
            Err(_) => self.rebuilt()?,
        };
        index.insert(entry.mission_slug.clone(), self.entry(&run.run_id, entry));
        refresh(&path, &Value::Object(index))
    }

    fn entry(&self, run_id: &RunId, entry: &Indexed) -> Value {
        let dir = home(self.project).join("runs").join(run_id.as_str());
        json!({
            "mission_id": entry.mission_id,
            "mission_key": entry.mission_type,
            "mission_slug": entry.mission_slug,
            "mission_type": entry.mission_type,
            "run_dir": dir.to_string_lossy(),
            "run_id": run_id.as_str(),
        })
    }

    fn rebuilt(&self) -> Result<Map<String, Value>> {
        let runs = home(self.project).join("runs");
        let mut index = Map::new();
        for run_id in durable::identifiers(&runs)? {
            let Some(found) = stored(&runs, &run_id, Tail::Left)? else {
                continue;
            };
            let named = found.log.rows.iter().find_map(|row| match &row.payload {
                RowPayload::Run(Payload::Started(started)) => Some(Indexed {
                    mission_type: started.mission_type.clone(),
                    mission_slug: started.mission_slug.as_ref()?.to_string(),
                    mission_id: started.mission_id.as_ref().map(ToString::to_string),
                }),
                RowPayload::Run(_) | RowPayload::Other(_) => None,
            });
            if let Some(named) = named {
                index.insert(named.mission_slug.clone(), self.entry(&run_id, &named));
            }
        }
        Ok(index)
    }
}

/// Writes a document as the Python tool does, without a line end, unless the file holds it already.
fn refresh(path: &Path, document: &Value) -> Result<()> {
    let text = json::pretty_ascii(document);
    let text = text.trim_end_matches('\n');
    if durable::read(path)?.as_deref() == Some(text.as_bytes()) {
        return Ok(());
    }
    durable::replace(path, text.as_bytes(), Access::Shared)
}
