//! The text of `sync-state.json`: two keys as the Python tool has them, and what we add.

mod shown;
mod unread;

use std::collections::{BTreeMap, HashSet};
use std::fmt;

use pawtrail_event::Sanitized;
use pawtrail_event::frame::{Announcement, LocalCommit};
use pawtrail_event::sanitize::Sanitizer;
use pawtrail_event::{BuildId, CommitHash};
use schemars::JsonSchema;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde::ser::{SerializeMap, Serializer};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub(crate) use self::shown::schema;
pub(super) use self::unread::Unread;
use super::memory::{Acknowledged, Place};
use super::set_aside::SetAside;
use crate::error::{GitContext, Result};

/// The largest file that is read, in bytes.
const LIMIT: usize = 256 * 1024 * 1024;
/// The version of the keys that we add.
pub(super) const VERSION: u64 = 2;
/// The most rewrites that are remembered until a branch has their new commits.
const MAX_REWRITTEN: usize = 1_000;
const ENCODING: &str = "encoding sync-state.json";
/// How much longer the file usually gets at once, in bytes.
const MARGIN: usize = 4 * 1024;
const PENDING: &str = "pending_local_commits";
/// The sum of all bytes up to the end of the last frame: who finds it right needn't read the frames to add one.
const SUM: &str = "pending_crc32";
/// What closes the list of frames, and the brackets that open and close the whole.
const CLOSE: &[u8] = b"\n  ]";
const OPEN_ALL: &[u8] = b"{";
const CLOSE_ALL: &[u8] = b"\n}";

/// What the file says.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Document {
    /// The last commit that a hub confirmed.
    pub(super) confirmed: Option<CommitHash>,
    /// The frames that wait, in the order in which they are to be sent.
    pub(super) pending: Vec<Announcement>,
    /// Confirmed commits that no remote has; those that were given up too, while they are remembered.
    pub(super) acknowledged: Acknowledged,
    /// Commits that waited or were confirmed, that no branch has any more and that nothing replaced yet, by the
    /// branch that had them.
    pub(super) withdrawn: Groups,
    /// Commits that a hub refused for good.
    pub(super) set_aside: Vec<SetAside>,
    /// Where each mission branch stood when the file was brought up to date.
    pub(super) cursors: BTreeMap<String, CommitHash>,
    /// Where recorded ledger branches stood that were deleted since.
    pub(super) deleted: BTreeMap<String, CommitHash>,
    /// The last commits of mission branches that were seen on a remote.
    pub(super) pushed: Vec<CommitHash>,
    /// A digest of the remote-tracking branches when the file was brought up to date.
    pub(super) remotes: Option<String>,
    /// Commits under `kitty-specs/` of no mission that can be named.
    pub(super) unattributed: Vec<CommitHash>,
    /// What git said was replaced by commits that no branch has yet, oldest first.
    pub(super) rewritten: Vec<Rewrite>,
    /// Keys of other tools and later versions.
    pub(super) other: Option<Sanitized>,
}

/// A commit, and the one that an amend or a rebase made of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Rewrite {
    /// The commit that was.
    pub old: CommitHash,
    /// The commit that took its place.
    pub new: CommitHash,
}

impl Document {
    /// The commits that need no frame of their own any more.
    pub(super) fn known(&self) -> HashSet<&CommitHash> {
        self.pending
            .iter()
            .map(|frame| &frame.git_hash)
            .chain(self.acknowledged.hashes())
            .chain(self.set_aside.iter().map(|entry| &entry.git_hash))
            .collect()
    }

    pub(super) fn knows(&self, hash: &CommitHash) -> bool {
        self.known().contains(hash)
    }

    /// Remembers what git said that commits became; the oldest goes where there are too many.
    pub(super) fn remember(&mut self, rewrites: &[Rewrite]) {
        for rewrite in rewrites {
            if !self.rewritten.contains(rewrite) {
                self.rewritten.push(rewrite.clone());
            }
        }
        let excess = self.rewritten.len().saturating_sub(MAX_REWRITTEN);
        self.rewritten.drain(..excess);
    }

    /// Whether there is nothing that a file would have to say.
    pub(super) fn is_empty(&self) -> bool {
        let remotes = self.remotes.clone();
        *self
            == Self {
                remotes,
                ..Self::default()
            }
    }
}

/// Commits by branch, in the order in which they were added.
pub(super) type Groups = BTreeMap<String, Vec<CommitHash>>;

/// What stood in the file.
#[derive(Debug)]
pub(super) enum Content {
    /// All of it is understood.
    Sound(Box<Document>),
    /// Understood but for frames of another tool, which are given as they stand.
    Foreign(Box<Document>, Vec<Value>),
    /// Of a later version than this program knows.
    Newer(u64),
    /// Not JSON, or not of this shape.
    Damaged,
}

/// Reads the file's text.
pub(super) fn read(text: &[u8], sanitizer: &Sanitizer) -> Content {
    if text.len() > LIMIT {
        return Content::Damaged;
    }
    let parsed = parsed(text, sanitizer);
    // Whatever a later version keeps, in whatever form: it isn't this one's to change.
    if parsed.is_err()
        && let Some(found) = later(text)
    {
        return Content::Newer(found);
    }
    let mut content = match parsed {
        Ok(document) if document.pending.iter().all(|f| f.validate().is_ok()) => {
            Content::Sound(Box::new(document))
        }
        Ok(_) | Err(_) => with_foreign_frames(text, sanitizer),
    };
    if let Content::Sound(document) | Content::Foreign(document, _) = &mut content
        && !sum_is_right(text)
    {
        // Somebody else changed the frames and may have taken one away: all is looked at again.
        document.cursors.clear();
    }
    content
}

/// Says whether the frames are those that the sum was made of. A file without one is of a version that made none.
fn sum_is_right(text: &[u8]) -> bool {
    let mark = format!(",\n  \"{SUM}\": ");
    let Some(end) = memchr::memmem::rfind(text, mark.as_bytes()) else {
        return memchr::memmem::find(text, format!("\"{SUM}\"").as_bytes()).is_none();
    };
    let (frames, behind) = text.split_at(end);
    let digits = behind.get(mark.len()..).unwrap_or_default();
    let length = digits.iter().take_while(|c| c.is_ascii_digit()).count();
    let sum = std::str::from_utf8(&digits[..length]).map(str::parse);
    sum == Ok(Ok(crc32fast::hash(
        frames.strip_suffix(CLOSE).unwrap_or(frames),
    )))
}

/// Writes the file's text, two spaces a level, with a final newline. It will be about `size` bytes long.
pub(super) fn write(document: &Document, size: usize) -> Result<Vec<u8>> {
    let mut text = Vec::with_capacity(size + MARGIN);
    serde_json::to_writer_pretty(&mut text, &Head(document)).git(ENCODING)?;
    text.truncate(text.len().saturating_sub(CLOSE_ALL.len()));
    let end = text.strip_suffix(CLOSE).map_or(text.len(), <[u8]>::len);
    let sum = crc32fast::hash(&text[..end]);
    close(text, document, sum)
}

/// Adds to the text up to the end of the list what stands behind it.
fn close(mut text: Vec<u8>, document: &Document, sum: u32) -> Result<Vec<u8>> {
    let rest = serde_json::to_vec_pretty(&Rest(document, sum)).git(ENCODING)?;
    text.push(b',');
    text.extend_from_slice(rest.strip_prefix(OPEN_ALL).unwrap_or(&rest));
    text.push(b'\n');
    Ok(text)
}

fn parsed(text: &[u8], sanitizer: &Sanitizer) -> serde_json::Result<Document> {
    let mut reader = serde_json::Deserializer::from_slice(text);
    let document = reader.deserialize_map(Keys { sanitizer })?;
    reader.end()?;
    Ok(document)
}

/// The version of a text that only a later program understands.
fn later(text: &[u8]) -> Option<u64> {
    #[derive(Deserialize)]
    struct Head {
        #[serde(default)]
        version: Value,
    }
    let head: Head = serde_json::from_slice(text).ok()?;
    head.version.as_u64().filter(|found| *found > VERSION)
}

fn with_foreign_frames(text: &[u8], sanitizer: &Sanitizer) -> Content {
    let Ok(Value::Object(mut map)) = serde_json::from_slice(text) else {
        return Content::Damaged;
    };
    let frames = match map.remove(PENDING) {
        Some(Value::Array(frames)) if frames.iter().all(Value::is_object) => frames,
        Some(_) | None => return Content::Damaged,
    };
    let Ok(mut document) = Value::Object(map).deserialize_map(Keys { sanitizer }) else {
        return Content::Damaged;
    };
    let mut foreign = Vec::new();
    for frame in frames {
        match LocalCommit::deserialize(&frame) {
            Ok(known) if known.validate().is_ok() => {
                document.pending.push(Announcement::new(known, sanitizer));
            }
            Ok(_) | Err(_) => foreign.push(frame),
        }
    }
    Content::Foreign(Box::new(document), foreign)
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct Group {
    branch: String,
    /// The build that announced them; only where they are acknowledged, and since it is remembered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    build_id: Option<BuildId>,
    git_hashes: Vec<CommitHash>,
}

fn grouped(groups: &Groups) -> Vec<Group> {
    groups
        .iter()
        .map(|(branch, hashes)| Group {
            branch: branch.clone(),
            build_id: None,
            git_hashes: hashes.clone(),
        })
        .collect()
}

fn ungrouped(groups: Vec<Group>) -> Groups {
    let mut all = Groups::new();
    for group in groups {
        all.entry(group.branch)
            .or_default()
            .extend(group.git_hashes);
    }
    all
}

fn by_build(groups: &BTreeMap<Place, Vec<CommitHash>>) -> Vec<Group> {
    groups
        .iter()
        .map(|((branch, build_id), hashes)| Group {
            branch: branch.clone(),
            build_id: build_id.clone(),
            git_hashes: hashes.clone(),
        })
        .collect()
}

fn of_builds(groups: Vec<Group>) -> BTreeMap<Place, Vec<CommitHash>> {
    let mut all: BTreeMap<Place, Vec<CommitHash>> = BTreeMap::new();
    for group in groups {
        all.entry((group.branch, group.build_id))
            .or_default()
            .extend(group.git_hashes);
    }
    all
}

/// The keys of the Python tool.
struct Head<'d>(&'d Document);

impl Serialize for Head<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("last_saas_confirmed_hash", &self.0.confirmed)?;
        map.serialize_entry(PENDING, &self.0.pending)?;
        map.end()
    }
}

/// All other keys, and the sum of what stands before them.
struct Rest<'d>(&'d Document, u32);

impl Serialize for Rest<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let Self(document, sum) = self;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry(SUM, sum)?;
        map.serialize_entry("version", &VERSION)?;
        let acknowledged = &document.acknowledged;
        map.serialize_entry("acknowledged", &by_build(&acknowledged.groups))?;
        map.serialize_entry("acknowledged_last", &acknowledged.last)?;
        map.serialize_entry("acknowledged_supersedes", &acknowledged.supersedes)?;
        map.serialize_entry("acknowledged_store", &acknowledged.store)?;
        map.serialize_entry("acknowledged_kept_back", &acknowledged.kept_back)?;
        map.serialize_entry("acknowledged_again", &acknowledged.again)?;
        map.serialize_entry("withdrawn", &grouped(&document.withdrawn))?;
        map.serialize_entry("set_aside", &document.set_aside)?;
        map.serialize_entry("cursors", &document.cursors)?;
        if !document.deleted.is_empty() {
            map.serialize_entry("deleted", &document.deleted)?;
        }
        map.serialize_entry("pushed", &document.pushed)?;
        map.serialize_entry("remotes", &document.remotes)?;
        map.serialize_entry("unattributed", &document.unattributed)?;
        map.serialize_entry("rewritten", &document.rewritten)?;
        let other = document
            .other
            .as_ref()
            .and_then(|other| other.value().as_object());
        for (key, value) in other.into_iter().flatten() {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

/// Reads a document; nothing of it comes in unsanitized, whoever wrote the file.
struct Keys<'s> {
    sanitizer: &'s Sanitizer,
}

impl<'de> Visitor<'de> for Keys<'_> {
    type Value = Document;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<Document, A::Error> {
        let mut document = Document::default();
        let mut other = Map::new();
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "last_saas_confirmed_hash" => document.confirmed = map.next_value()?,
                PENDING => {
                    let frames: Vec<LocalCommit> = map.next_value()?;
                    let clean = |frame| Announcement::new(frame, self.sanitizer);
                    document.pending = frames.into_iter().map(clean).collect();
                }
                SUM => {
                    map.next_value::<IgnoredAny>()?;
                }
                "version" => match map.next_value::<Option<u64>>()? {
                    Some(later) if later > VERSION => {
                        return Err(serde::de::Error::custom("of a later version"));
                    }
                    Some(_) | None => {}
                },
                "acknowledged" => document.acknowledged.groups = of_builds(map.next_value()?),
                "acknowledged_last" => document.acknowledged.last = map.next_value()?,
                "acknowledged_supersedes" => document.acknowledged.supersedes = map.next_value()?,
                "acknowledged_store" => document.acknowledged.store = map.next_value()?,
                "acknowledged_kept_back" => document.acknowledged.kept_back = map.next_value()?,
                "acknowledged_again" => document.acknowledged.again = map.next_value()?,
                "withdrawn" => document.withdrawn = ungrouped(map.next_value()?),
                "set_aside" => {
                    document.set_aside = map.next_value()?;
                    for entry in &mut document.set_aside {
                        entry.message = self.sanitizer.text(&entry.message).into_owned();
                    }
                }
                "cursors" => document.cursors = map.next_value()?,
                "deleted" => document.deleted = map.next_value()?,
                "pushed" => document.pushed = map.next_value()?,
                "remotes" => document.remotes = map.next_value()?,
                "unattributed" => document.unattributed = map.next_value()?,
                "rewritten" => document.rewritten = map.next_value()?,
                _ => {
                    other.insert(key, map.next_value::<Value>()?);
                }
            }
        }
        if !other.is_empty() {
            document.other = Some(self.sanitizer.sanitize(&Value::Object(other)));
        }
        Ok(document)
    }
}
