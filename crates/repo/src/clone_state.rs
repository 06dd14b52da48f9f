//! What a clone keeps to itself, in its git directory: identifiers and what git ignores.

use std::path::Path;
use std::str::FromStr;

use pawtrail_event::{BuildId, NodeId};
use ulid::Ulid;

use crate::durable::{self, Access};
use crate::error::{Error, Result};

/// The files that Pawtrail and the Python tool keep in a checkout and that are nobody else's.
const IGNORED: &[&str] = &[
    "/.kittify/sync-state.json",
    "/.kittify/sync-state.json.*",
    "/.kittify/events/",
    "/.kittify/runtime/",
    // A file in the making, which lasts for milliseconds.
    ".pawtrail-*",
];
const MARK: &str = "# pawtrail: private files of this clone";

/// Returns this checkout's build id, made at first use.
pub(crate) fn build_id(
    git_dir: &Path,
    common_dir: &Path,
    make: impl FnOnce() -> Ulid,
) -> Result<BuildId> {
    let path = git_dir.join("pawtrail").join("build_id");
    identifier(&path, common_dir, make)
}

/// Returns this clone's node id, made at first use.
pub(crate) fn node_id(
    state_dir: &Path,
    common_dir: &Path,
    make: impl FnOnce() -> Ulid,
) -> Result<NodeId> {
    identifier(&state_dir.join("node_id"), common_dir, make)
}

/// Lets this clone's git ignore our private files; returns whether it had to be told.
pub(crate) fn ignore_private_files(common_dir: &Path) -> Result<bool> {
    let path = common_dir.join("info").join("exclude");
    let before = durable::read(&path)?.unwrap_or_default();
    let text = String::from_utf8_lossy(&before);
    let missing: Vec<&str> = IGNORED
        .iter()
        .copied()
        .filter(|rule| !text.lines().any(|line| line.trim() == *rule))
        .collect();
    if missing.is_empty() {
        return Ok(false);
    }
    let mut after = before.clone();
    if !after.is_empty() && !after.ends_with(b"\n") {
        after.push(b'\n');
    }
    for line in std::iter::once(MARK).chain(missing) {
        after.extend_from_slice(line.as_bytes());
        after.push(b'\n');
    }
    durable::replace(&path, &after, Access::Shared)?;
    Ok(true)
}

fn identifier<T>(path: &Path, common_dir: &Path, make: impl FnOnce() -> Ulid) -> Result<T>
where
    T: FromStr + From<Ulid>,
{
    if let Some(stored) = stored(path)? {
        return Ok(stored);
    }
    let made = make();
    if durable::create_new(path, format!("{made}\n").as_bytes(), Access::Private)? {
        ignore_private_files(common_dir)?;
        return Ok(T::from(made));
    }
    // Another process made it in the meantime.
    stored(path)?.ok_or_else(|| Error::Damaged {
        path: path.to_owned(),
        message: "it vanished while it was read".to_owned(),
    })
}

fn stored<T: FromStr>(path: &Path) -> Result<Option<T>> {
    let Some(content) = durable::read(path)? else {
        return Ok(None);
    };
    let text = String::from_utf8_lossy(&content);
    text.trim().parse().map(Some).map_err(|_| Error::Damaged {
        path: path.to_owned(),
        message: "it doesn't hold an identifier; remove it, and the next command makes a new one"
            .to_owned(),
    })
}
