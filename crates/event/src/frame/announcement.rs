//! What a clone says of its commits: frames that hold nothing private.

use std::ops::Deref;

use serde::Serialize;

use super::{Frame, FrameError, LocalCommit, MAX_SUPERSEDES, Pong, SPECS_PREFIX};
use crate::id::{BuildId, CommitHash, ProjectUuid};
use crate::sanitize::Sanitizer;

/// So many of them have their place beside the paths, however long the names of commits are.
const FEW_SUPERSEDES: usize = 100;

/// A commit's frame that holds nothing private: all that is stored as pending, and all that is sent.
///
/// [`Announcement::new`] makes it and nothing else does:
///
/// ```compile_fail,E0423
/// fn forge(commit: pawtrail_event::frame::LocalCommit) -> pawtrail_event::frame::Announcement {
///     pawtrail_event::frame::Announcement(commit)
/// }
/// ```
///
/// Nor can it be read back from text:
///
/// ```compile_fail,E0277
/// let forged: pawtrail_event::frame::Announcement = serde_json::from_str("{}").unwrap();
/// ```
///
/// Nor can it be changed afterwards, but for who announces it and what it supersedes:
///
/// ```compile_fail,E0594
/// fn forge(mut announcement: pawtrail_event::frame::Announcement, path: String) {
///     announcement.branch = Some(path);
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Announcement(LocalCommit);

impl Announcement {
    /// Takes what is private out of a commit's frame.
    ///
    /// Paths get markers; a mission's name that would need one is left out. Identifiers, and the branch as git has it,
    /// pass.
    pub fn new(mut commit: LocalCommit, sanitizer: &Sanitizer) -> Self {
        let mut changed = false;
        for path in &mut commit.changed_files {
            let inside = path.strip_prefix(SPECS_PREFIX).unwrap_or(path);
            let clean = sanitizer.text(inside);
            if *clean != *inside {
                *path = format!("{SPECS_PREFIX}{clean}");
                changed = true;
            }
        }
        let slug = commit.mission_slug.take();
        commit.mission_slug = slug.filter(|slug| *sanitizer.text(slug.as_str()) == *slug.as_str());
        if changed {
            // Markers may be longer than what they stand for.
            commit.fit();
        }
        Self(commit)
    }

    /// Adds commits whose frames this one replaces; the oldest give way where they are too many.
    pub fn supersede(&mut self, hashes: impl IntoIterator<Item = CommitHash>) {
        for hash in hashes {
            if hash != self.0.git_hash && !self.0.supersedes.contains(&hash) {
                self.0.supersedes.push(hash);
            }
        }
        let excess = self.0.supersedes.len().saturating_sub(MAX_SUPERSEDES);
        self.0.supersedes.drain(..excess);
        if self.0.supersedes.len() > FEW_SUPERSEDES {
            self.0.fit_in_a_frame();
        }
    }

    /// Takes back that it replaces a commit. Returns whether it had said so.
    pub fn spare(&mut self, hash: &CommitHash) -> bool {
        let before = self.0.supersedes.len();
        self.0.supersedes.retain(|known| known != hash);
        self.0.supersedes.len() < before
    }

    /// Says of which project it is, where that isn't said yet.
    pub fn belong_to(&mut self, project: Option<&ProjectUuid>) {
        if self.0.project_uuid.is_none() {
            self.0.project_uuid = project.cloned();
        }
    }

    /// Says that it is announced by this build, as it was before.
    pub fn be_of(&mut self, build_id: BuildId) {
        self.0.build_id = build_id;
    }

    /// Takes from an earlier announcement of the same commit what git doesn't tell: who announced it, and what it
    /// replaced.
    pub fn stay(&mut self, earlier: &Self) {
        self.0.build_id = earlier.0.build_id.clone();
        self.0.supersedes.clear();
        self.supersede(earlier.0.supersedes.iter().cloned());
    }
}

impl Deref for Announcement {
    type Target = LocalCommit;

    fn deref(&self) -> &LocalCommit {
        &self.0
    }
}

/// A frame that a clone sends.
///
/// A commit's frame is sent as an [`Announcement`] or not at all:
///
/// ```compile_fail,E0308
/// fn forge(commit: pawtrail_event::frame::LocalCommit) -> pawtrail_event::frame::Outgoing {
///     pawtrail_event::frame::Outgoing::Commit(Box::new(commit))
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outgoing {
    /// A commit.
    Commit(Box<Announcement>),
    /// The answer to a ping.
    Pong(Pong),
}

impl Outgoing {
    /// Returns the frame as it stands on the wire.
    ///
    /// # Errors
    /// As [`Frame::to_text`].
    pub fn to_text(&self) -> Result<String, FrameError> {
        self.clone().into_frame().to_text()
    }

    /// Returns the frame as the other side reads it.
    pub fn into_frame(self) -> Frame {
        match self {
            Self::Commit(commit) => Frame::LocalCommit((*commit).0),
            Self::Pong(pong) => Frame::Pong(pong),
        }
    }
}
