//! A commit that the hub keeps leaving without an answer: it stays, and somebody is told.

use pawtrail_event::CommitHash;

/// How much of a hash a person needs.
const SHORT: usize = 12;

/// What the hub left without an answer, if anything.
#[derive(Default)]
pub(super) struct Unanswered(Option<Complaint>);

struct Complaint {
    git_hash: CommitHash,
    times: u64,
    text: String,
}

impl Unanswered {
    /// Notes that this commit waited for its answer in vain. Returns what to tell of it.
    pub(super) fn add(&mut self, git_hash: &CommitHash) -> String {
        let before = match &self.0 {
            Some(complaint) if complaint.git_hash == *git_hash => complaint.times,
            Some(_) | None => 0,
        };
        let times = before + 1;
        let short = git_hash.as_str().get(..SHORT).unwrap_or_default();
        let text = format!(
            "the hub left commit {short} without an answer ({times} so far); \
             it stays pending and is sent again with each connection"
        );
        self.0 = Some(Complaint {
            git_hash: git_hash.clone(),
            times,
            text: text.clone(),
        });
        text
    }

    /// Forgets it where it is no longer so.
    pub(super) fn retain(&mut self, waits: impl FnOnce(&CommitHash) -> bool) {
        if self.0.as_ref().is_some_and(|it| !waits(&it.git_hash)) {
            self.0 = None;
        }
    }

    /// Says it, for a person.
    pub(super) fn text(&self) -> Option<&str> {
        self.0.as_ref().map(|complaint| complaint.text.as_str())
    }
}
