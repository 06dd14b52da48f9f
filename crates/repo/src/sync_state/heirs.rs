//! What became of commits that were rewritten, and rewritten again.

use std::collections::HashMap;

use pawtrail_event::CommitHash;

use super::document::Rewrite;

/// What became of each commit.
pub(super) fn heirs(rewrites: &[Rewrite]) -> HashMap<CommitHash, CommitHash> {
    rewrites
        .iter()
        .map(|rewrite| (rewrite.old.clone(), rewrite.new.clone()))
        .collect()
}

/// Follows what became of a commit to the first that is `wanted`; a rewrite may have been rewritten.
pub(super) fn heir<'h>(
    heirs: &'h HashMap<CommitHash, CommitHash>,
    old: &CommitHash,
    wanted: impl Fn(&CommitHash) -> bool,
) -> Option<&'h CommitHash> {
    let mut at = heirs.get(old)?;
    // There are no more steps than rewrites, though a commit can become itself again.
    for _ in 0..heirs.len() {
        if wanted(at) {
            return Some(at);
        }
        at = heirs.get(at)?;
    }
    None
}
