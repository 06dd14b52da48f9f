//! Files that are made from a log, and made while the log is being stored where that takes long.

use std::sync::Arc;
use std::thread;

use gix::ObjectId;

use super::engine::Engine;
use super::index::Obstacle;
use super::{Change, Content};
use crate::error::Result;

/// From so many bytes on a log is stored on one processor, and what is made from it on another.
const LARGE: usize = 256 * 1024;

/// A file that says what a log says, in other words; it replaces what is there.
#[derive(Clone)]
pub(crate) struct Derived {
    /// The path of the log, which stands before this file in the list of changes.
    pub(crate) from: String,
    /// Makes the file's content from the log's.
    pub(crate) make: Arc<Make>,
}

/// Makes one file's content from another's.
pub(crate) type Make = dyn Fn(&[u8]) -> Vec<u8> + Send + Sync;

impl std::fmt::Debug for Derived {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Derived").field("from", &self.from).finish()
    }
}

/// A file that was stored, and the one that was made from it meanwhile.
pub(super) type Stored = (std::result::Result<ObjectId, Obstacle>, Option<Vec<u8>>);

/// Stores a file's content. Of a large one, `next` is made beside, if it is made from it.
pub(super) fn store(
    engine: &dyn Engine,
    base: Option<ObjectId>,
    path: &str,
    content: &[u8],
    next: Option<&Change>,
) -> Result<Stored> {
    let derived = next.and_then(|next| match &next.content {
        Content::Derived(derived) if derived.from == path => Some(derived),
        Content::Derived(_)
        | Content::Lines(_)
        | Content::New(_)
        | Content::Folded(_)
        | Content::Seed(..) => None,
    });
    let Some(derived) = derived.filter(|_| content.len() >= LARGE) else {
        return Ok((engine.blob(base, path, content)?, None));
    };
    thread::scope(|scope| {
        let making = scope.spawn(|| (derived.make)(content));
        let stored = engine.blob(base, path, content);
        // Where that thread can't end well, the file is made in its turn.
        let made = making.join().ok();
        Ok((stored?, made))
    })
}

/// Makes a derived file from its log: as this commit changes it, else as the branch has it.
pub(super) fn made(
    engine: &dyn Engine,
    base: Option<ObjectId>,
    changed: Option<&[u8]>,
    derived: &Derived,
) -> Result<Vec<u8>> {
    if let Some(log) = changed {
        return Ok((derived.make)(log));
    }
    let known = match base {
        Some(base) => engine.entry(base, &derived.from)?,
        None => None,
    };
    let log = match known {
        Some(blob) => engine.content(blob)?,
        None => Vec::new(),
    };
    Ok((derived.make)(&log))
}
