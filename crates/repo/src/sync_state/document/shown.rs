//! The JSON Schema of `sync-state.json`: its keys, each with the type that it is read into.

use std::collections::BTreeMap;

use pawtrail_event::frame::LocalCommit;
use pawtrail_event::schema::Definitions;
use pawtrail_event::{BuildId, CommitHash};
use schemars::JsonSchema;
use serde_json::{Map, Value, json};

use super::{Group, PENDING, Rewrite, SUM, SetAside, VERSION};
use crate::sync_state::memory::{Again, Answer};

/// Returns the schema of the file.
pub(crate) fn schema() -> Value {
    let mut keys = Keys::default();
    keys.add::<Option<CommitHash>>(
        "last_saas_confirmed_hash",
        "The last commit that a hub confirmed.",
    );
    keys.add::<Vec<LocalCommit>>(
        PENDING,
        "The frames that wait, in the order in which they are to be sent.",
    );
    keys.add::<Vec<Group>>("acknowledged", "Confirmed commits that no remote has.");
    keys.add::<BTreeMap<BuildId, Answer>>("acknowledged_last", "The last answer to each build.");
    keys.add::<BTreeMap<CommitHash, Vec<CommitHash>>>(
        "acknowledged_supersedes",
        "What those of them replaced that replaced something.",
    );
    keys.add::<Option<String>>(
        "acknowledged_store",
        "The name of the store of the hub that confirmed them.",
    );
    keys.add::<Vec<CommitHash>>(
        "acknowledged_kept_back",
        "Those that are never announced again, because a later consent doesn't cover them.",
    );
    keys.add::<BTreeMap<BuildId, Again>>(
        "acknowledged_again",
        "How often a hub that doesn't count said that it lacks what it had confirmed.",
    );
    keys.add::<Vec<Group>>(
        "withdrawn",
        "Commits that no branch has any more and that nothing replaced yet.",
    );
    keys.add::<Vec<SetAside>>("set_aside", "Commits that a hub refused for good.");
    keys.add::<BTreeMap<String, CommitHash>>("cursors", "Where each mission branch stood.");
    keys.add::<BTreeMap<String, CommitHash>>(
        "deleted",
        "Where ledger branches stood that were deleted since.",
    );
    keys.add::<Vec<CommitHash>>(
        "pushed",
        "The last commits of mission branches that were seen on a remote.",
    );
    keys.add::<Option<String>>("remotes", "A digest of the remote-tracking branches.");
    keys.add::<Vec<CommitHash>>(
        "unattributed",
        "Commits under `kitty-specs/` of no mission that can be named.",
    );
    keys.add::<Vec<Rewrite>>(
        "rewritten",
        "What git said was replaced by commits that no branch has yet.",
    );
    let Keys {
        types,
        mut properties,
    } = keys;
    let version = json!({
        "description": "The version of the keys that Pawtrail adds. A file of a later one is left alone.",
        "type": ["integer", "null"], "minimum": 0, "maximum": VERSION,
    });
    properties.insert("version".to_owned(), version);
    let sum = json!({ "description": "The CRC-32 of all bytes up to the end of the last frame." });
    properties.insert(SUM.to_owned(), sum);
    types.into(json!({ "type": "object", "properties": properties }))
}

#[derive(Default)]
struct Keys {
    types: Definitions,
    properties: Map<String, Value>,
}

impl Keys {
    fn add<T: JsonSchema>(&mut self, key: &str, description: &str) {
        let mut schema = self.types.of::<T>();
        schema["description"] = description.into();
        self.properties.insert(key.to_owned(), schema);
    }
}

#[cfg(test)]
mod tests {
    use pawtrail_event::sanitize::Sanitizer;
    use pawtrail_testkit::agree;

    use super::super::{Content, read};
    use super::*;

    #[test]
    fn the_schema_takes_what_the_reader_understands() {
        let schema = jsonschema::draft202012::new(&schema()).unwrap();
        let commit = "a".repeat(40);
        let ulid = "01KT119YA7GD2Y0D7MZRH5JSS3";
        let sound = json!({
            "last_saas_confirmed_hash": commit, "version": 2, "pending_crc32": 1,
            "pending_local_commits": [{
                "type": "LocalCommit", "git_hash": commit, "mission_id": ulid, "build_id": ulid,
                "changed_files": ["kitty-specs/m/a"], "committed_at": "2026-06-01T07:55:08Z", "parents": [commit],
            }],
            "acknowledged": [{ "branch": "b", "build_id": ulid, "git_hashes": [commit] }],
            "acknowledged_last": { ulid: { "git_hash": commit, "frames": 1 } },
            "acknowledged_supersedes": { &commit: [commit] }, "acknowledged_store": null,
            "acknowledged_kept_back": [commit], "acknowledged_again": { ulid: { "times": 1, "since": 5 } },
            "withdrawn": [{ "branch": "b", "git_hashes": [] }],
            "set_aside": [{ "git_hash": commit, "code": "C", "message": "m", "at": "t" }],
            "cursors": { "b": commit }, "deleted": {}, "pushed": [commit], "remotes": "r", "unattributed": [],
            "rewritten": [{ "old": commit, "new": commit }],
        });
        let sanitizer = Sanitizer::general();
        agree(
            |file| schema.is_valid(file),
            |file| {
                matches!(
                    read(file.to_string().as_bytes(), &sanitizer),
                    Content::Sound(_)
                )
            },
            &[sound],
            // Serde takes a list for an entry, too; nobody writes one.
            &[&format!("/acknowledged_last/{ulid}")],
        );
    }
}
