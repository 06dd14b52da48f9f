//! The file with its frames as they were written: to add one or to replace one, no other is read.

use std::ops::Range;

use pawtrail_event::CommitHash;
use pawtrail_event::frame::{Announcement, LocalCommit};
use pawtrail_event::sanitize::Sanitizer;

use super::{CLOSE, Document, ENCODING, LIMIT, OPEN_ALL, SUM, close, parsed};
use crate::error::{GitContext, Result};

/// What stands before and behind the keys of each frame.
const OPEN_FRAME: &[u8] = b"\n    {\n";
const CLOSE_FRAME: &[u8] = b"\n    }";

/// A file whose frames are as they were written, unread.
pub(in super::super) struct Unread {
    /// Everything else that it says.
    pub(in super::super) rest: Document,
    text: Vec<u8>,
    end: usize,
    sum: u32,
}

impl Unread {
    /// Takes a text apart; nothing where it has no frames, or was not written by this program.
    pub(in super::super) fn open(text: &[u8], sanitizer: &Sanitizer) -> Option<Self> {
        let mark = format!("\n  ],\n  \"{SUM}\": ");
        let end = memchr::memmem::rfind(text, mark.as_bytes())?;
        let (frames, behind) = text.split_at_checked(end)?;
        let digits = behind.get(mark.len()..)?;
        let digits = digits.get(..memchr::memchr(b',', digits)?)?;
        let sum: u32 = std::str::from_utf8(digits).ok()?.parse().ok()?;
        if text.len() > LIMIT || !frames.ends_with(b"}") || crc32fast::hash(frames) != sum {
            return None;
        }
        // Behind the bracket and its comma an object goes on.
        let rest = [OPEN_ALL, behind.get(CLOSE.len() + 1..)?].concat();
        let rest = parsed(&rest, sanitizer).ok()?;
        Some(Self {
            rest,
            text: text.to_vec(),
            end,
            sum,
        })
    }

    /// Says whether a commit is named anywhere.
    pub(in super::super) fn names(&self, hash: &CommitHash) -> bool {
        memchr::memmem::find(&self.text, hash.as_str().as_bytes()).is_some()
    }

    /// Says how often a commit is named by the frames.
    pub(in super::super) fn named_by_frames(&self, hash: &CommitHash) -> usize {
        let frames = self.text.get(..self.end).unwrap_or_default();
        memchr::memmem::find_iter(frames, hash.as_str().as_bytes()).count()
    }

    /// Returns the frame of a commit, and where it stands.
    pub(in super::super) fn frame(&self, hash: &CommitHash) -> Option<(Range<usize>, LocalCommit)> {
        let frames = self.text.get(..self.end)?;
        let key = format!("\n      \"git_hash\": \"{hash}\"");
        let at = memchr::memmem::find(frames, key.as_bytes())?;
        let start = memchr::memmem::rfind(frames.get(..=at)?, OPEN_FRAME)? + OPEN_FRAME.len() - 2;
        let end = at + memchr::memmem::find(frames.get(at..)?, CLOSE_FRAME)? + CLOSE_FRAME.len();
        let frame: LocalCommit = serde_json::from_slice(frames.get(start..end)?).ok()?;
        (frame.git_hash == *hash && frame.validate().is_ok()).then_some((start..end, frame))
    }

    /// Puts a frame in the place of another one.
    pub(in super::super) fn put(
        &mut self,
        place: Range<usize>,
        frame: &Announcement,
    ) -> Result<()> {
        let text = indented(frame)?;
        self.end = self.end - place.len() + text.len();
        self.text.splice(place, text.into_bytes());
        let frames = self.text.get(..self.end).unwrap_or_default();
        self.sum = crc32fast::hash(frames);
        Ok(())
    }

    /// Returns the text with these frames behind the others.
    pub(in super::super) fn with(mut self, frames: &[Announcement]) -> Result<Vec<u8>> {
        let mut added = Vec::new();
        for frame in frames {
            added.extend_from_slice(b",\n    ");
            added.extend_from_slice(indented(frame)?.as_bytes());
        }
        let mut sum = crc32fast::Hasher::new_with_initial_len(self.sum, self.end as u64);
        sum.update(&added);
        self.text.truncate(self.end);
        self.text.extend_from_slice(&added);
        self.text.extend_from_slice(CLOSE);
        close(self.text, &self.rest, sum.finalize())
    }
}

/// A frame as it stands in the list, but for what is before its first bracket.
fn indented(frame: &Announcement) -> Result<String> {
    let frame = serde_json::to_string_pretty(frame).git(ENCODING)?;
    // A line feed is never inside a string.
    Ok(frame.replace('\n', "\n    "))
}
