//! What a commit's frame may hold, and how it is made to fit.

use super::{FrameError, LocalCommit, MAX_FRAME_BYTES, SPECS_PREFIX};

/// The most paths that one frame lists.
pub const MAX_CHANGED_FILES: usize = 1_000;
/// The most bytes that the listed paths of one frame take together, so that the frame fits.
pub const MAX_CHANGED_BYTES: usize = 48 * 1024;
/// The longest name of a branch, in bytes.
pub const MAX_BRANCH_BYTES: usize = 1_024;
/// The most parents of a commit.
pub const MAX_PARENTS: usize = 64;
/// The most commits that one frame may supersede.
pub const MAX_SUPERSEDES: usize = 256;

impl LocalCommit {
    /// Shortens the list of paths to what one frame takes; `changed_files_total` then says how
    /// many there were. The first path stays in any case.
    pub fn fit(&mut self) {
        let paths = std::mem::take(&mut self.changed_files);
        let listed = u64::try_from(paths.len()).unwrap_or(u64::MAX);
        let total = self.changed_files_total.unwrap_or(0).max(listed);
        self.changed_files_total = Some(total);
        let rest = serde_json::to_string(self).map_or(MAX_FRAME_BYTES, |text| text.len());
        let mut left = MAX_CHANGED_BYTES.min(MAX_FRAME_BYTES.saturating_sub(rest));
        for path in paths.into_iter().take(MAX_CHANGED_FILES) {
            // As it stands on the wire: quoted, escaped, with its comma.
            let bytes = serde_json::Value::from(path.as_str()).to_string().len() + 1;
            if bytes > left && !self.changed_files.is_empty() {
                break;
            }
            left = left.saturating_sub(bytes);
            self.changed_files.push(path);
        }
        if u64::try_from(self.changed_files.len()).is_ok_and(|kept| kept == total) {
            self.changed_files_total = None;
        }
    }

    /// Shortens the list of paths where the frame as a whole has become too large.
    pub(super) fn fit_in_a_frame(&mut self) {
        let bytes = serde_json::to_string(self).map_or(usize::MAX, |text| text.len());
        if bytes > MAX_FRAME_BYTES {
            self.fit();
        }
    }

    /// Checks the limits that types don't show.
    ///
    /// # Errors
    /// When no path or too many are listed, a path is outside `kitty-specs/`, absolute or climbs,
    /// or the time is not RFC 3339 in UTC.
    pub fn validate(&self) -> Result<(), FrameError> {
        if self.changed_files.is_empty() {
            return Err(FrameError::Invalid("`changed_files` is empty"));
        }
        if self.changed_files.len() > MAX_CHANGED_FILES {
            return Err(FrameError::Invalid(
                "`changed_files` lists more than 1,000 paths",
            ));
        }
        let outside = |path: &String| {
            !path.starts_with(SPECS_PREFIX)
                || path.split('/').any(|part| matches!(part, "" | "." | ".."))
                || path.contains('\0')
        };
        if self.changed_files.iter().any(outside) {
            return Err(FrameError::Invalid(
                "`changed_files` holds a path outside `kitty-specs/`",
            ));
        }
        if !crate::time::is_utc(&self.committed_at) {
            return Err(FrameError::Invalid("`committed_at` is not RFC 3339 in UTC"));
        }
        if self
            .branch
            .as_ref()
            .is_some_and(|branch| branch.len() > MAX_BRANCH_BYTES)
        {
            return Err(FrameError::Invalid("`branch` is longer than 1,024 bytes"));
        }
        if self.parents.len() > MAX_PARENTS || self.supersedes.len() > MAX_SUPERSEDES {
            return Err(FrameError::Invalid(
                "`parents` or `supersedes` lists too many commits",
            ));
        }
        Ok(())
    }
}
