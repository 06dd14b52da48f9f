//! Missions: found in this checkout and in the tips of mission branches, named by handles.

mod create;
mod find;
mod handle;
mod unfinished;

use pawtrail_event::{MissionId, MissionSlug, schema};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::error::Result;

pub use create::{Created, NewMission, Topology, create};
pub use find::{DamagedMeta, Listing, list};
pub use handle::resolve;
pub use unfinished::finish;
pub(crate) use unfinished::is_begun;

/// The directory that holds all missions.
pub const SPECS_DIR: &str = "kitty-specs";
/// The prefix of mission branches.
pub(crate) const BRANCH_PREFIX: &str = "refs/heads/kitty/mission-";
pub(crate) const META: &str = "meta.json";
/// The largest `meta.json` that is read, in bytes.
pub(crate) const LIMIT: usize = 1024 * 1024;

/// One mission.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Mission {
    /// Its identity.
    pub mission_id: MissionId,
    /// The name of its directory.
    pub mission_slug: MissionSlug,
    /// Its directory, relative to the repository root.
    pub dir: String,
    /// Its title.
    pub title: String,
    /// Its number, once it has one.
    pub number: Option<i64>,
    /// Its kind, such as `software-dev`.
    pub mission_type: String,
    /// How its work is laid out on branches.
    pub topology: Option<String>,
    /// The branch that `meta.json` names for its events, short.
    pub coordination_branch: Option<String>,
    /// When it was created.
    pub created_at: Option<String>,
    /// Who answers its audits, where somebody was named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Where it was found: `checkout`, or the full name of a branch.
    pub found_in: String,
}

impl Mission {
    /// Returns the path of one of the mission's files, relative to the repository root.
    pub fn path(&self, file: &str) -> String {
        format!("{}/{file}", self.dir)
    }

    /// Returns the full name of the mission's own branch.
    pub(crate) fn own_branch(&self) -> String {
        format!("{BRANCH_PREFIX}{}", self.branch_stem())
    }

    /// The directory's name without a number in front and with the first part of the id behind.
    fn branch_stem(&self) -> String {
        let human = without_number(self.mission_slug.as_str());
        let mid8 = self.mission_id.mid8();
        if human.ends_with(&format!("-{mid8}")) {
            human.to_owned()
        } else {
            format!("{human}-{mid8}")
        }
    }
}

/// What Pawtrail asks of a `meta.json`; other keys are the Python tool's.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct Meta {
    /// The mission's ULID. A directory without one is no mission here.
    #[serde(default)]
    #[schemars(with = "Option<MissionId>")]
    mission_id: Option<String>,
    /// Its title.
    #[serde(default)]
    friendly_name: Option<String>,
    /// Its number, once it has one.
    #[serde(default)]
    #[schemars(schema_with = "mission_number")]
    mission_number: Option<serde_json::Value>,
    /// Its kind; `software-dev` where none is named.
    #[serde(default)]
    mission_type: Option<String>,
    /// How its work is laid out on branches: `single_branch`, `lanes` or `coord`.
    #[serde(default)]
    topology: Option<String>,
    /// The branch for its events, short; what is no text names none.
    #[serde(default)]
    coordination_branch: Option<serde_json::Value>,
    /// When it was created.
    #[serde(default)]
    created_at: Option<String>,
    /// Who answers its audits, where somebody was named; what is no text names nobody.
    #[serde(default)]
    mission_owner_id: Option<serde_json::Value>,
}

/// The fold of a status reads it as [`pawtrail_event::status::MissionIdentity`]: a whole number, as text too.
fn mission_number(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": ["integer", "string", "null"], "pattern": schema::MISSION_NUMBER })
}

/// Reads a mission from the content of its `meta.json`; `None` when it has no mission id.
pub(crate) fn parse(slug: &str, content: &[u8], found_in: &str) -> Result<Option<Mission>, String> {
    if content.len() > LIMIT {
        return Err("it is larger than 1 MiB".to_owned());
    }
    let meta: Meta = serde_json::from_slice(content).map_err(|error| error.to_string())?;
    let Some(id) = meta.mission_id else {
        return Ok(None);
    };
    let mission_slug: MissionSlug = slug.parse().map_err(|error| format!("{error}"))?;
    Ok(Some(Mission {
        mission_id: id.parse().map_err(|error| format!("{error}"))?,
        dir: format!("{SPECS_DIR}/{slug}"),
        title: meta.friendly_name.unwrap_or_else(|| slug.to_owned()),
        number: meta.mission_number.as_ref().and_then(|number| {
            number
                .as_i64()
                .or_else(|| number.as_str().and_then(|text| text.parse().ok()))
        }),
        mission_type: meta
            .mission_type
            .unwrap_or_else(|| "software-dev".to_owned()),
        topology: meta.topology,
        coordination_branch: meta
            .coordination_branch
            .as_ref()
            .and_then(|branch| branch.as_str())
            .map(str::to_owned),
        created_at: meta.created_at,
        owner: meta
            .mission_owner_id
            .as_ref()
            .and_then(|owner| owner.as_str())
            .map(str::trim)
            .filter(|owner| !owner.is_empty())
            .map(str::to_owned),
        found_in: found_in.to_owned(),
        mission_slug,
    }))
}

/// Removes a legacy number (`042-`) from the front of a directory name.
pub(crate) fn without_number(slug: &str) -> &str {
    match slug.split_at_checked(4) {
        Some((front, rest)) if number_in_front(front).is_some() && !rest.is_empty() => rest,
        _ => slug,
    }
}

fn number_in_front(slug: &str) -> Option<i64> {
    let (digits, rest) = slug.split_at_checked(3)?;
    (rest.starts_with('-') && digits.bytes().all(|b| b.is_ascii_digit()))
        .then(|| digits.parse().ok())
        .flatten()
}
