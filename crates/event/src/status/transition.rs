//! A lane transition that is to be written, and its row.

use serde_json::{Map, Value, json};

use super::actor::Actor;
use super::lane::Lane;
use crate::id::{EventId, MissionId, MissionSlug, WorkPackageId};
use crate::sanitize::{Sanitized, Sanitizer};

/// A transition. [`super::check`] says whether it may be made.
#[derive(Debug, Clone, PartialEq)]
pub struct Transition {
    /// The event's own identity.
    pub event_id: EventId,
    /// When: UTC, as [`crate::time::iso`] writes it.
    pub at: String,
    /// The mission's directory name.
    pub mission_slug: MissionSlug,
    /// The mission's identity, where it has one.
    pub mission_id: Option<MissionId>,
    /// The work package.
    pub wp_id: WorkPackageId,
    /// Where it stands: [`super::Snapshot::lane`].
    pub from_lane: Lane,
    /// Where it goes.
    pub to_lane: Lane,
    /// Who moves it.
    pub actor: Actor<'static>,
    /// Whether the rules are set aside.
    pub force: bool,
    /// Where the work is done.
    pub execution_mode: ExecutionMode,
    /// Why.
    pub reason: Option<String>,
    /// Who gave the reason; written for cancellations.
    pub reason_source: Option<ReasonSource>,
    /// The review that it answers.
    pub review_ref: Option<String>,
    /// Who approved it, and what was done.
    pub evidence: Option<Evidence>,
    /// The outcome of a review.
    pub review_result: Option<ReviewResult>,
    /// What the caller's rules add; a claim says here which process it is.
    pub policy_metadata: Option<Map<String, Value>>,
}

/// Where the work is done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ExecutionMode {
    /// In a worktree of its own.
    #[default]
    Worktree,
    /// In the repository's checkout.
    DirectRepo,
}

impl ExecutionMode {
    /// Returns the mode as it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Worktree => "worktree",
            Self::DirectRepo => "direct_repo",
        }
    }
}

/// Who gave a reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReasonSource {
    /// The person or agent that ran the command.
    Operator,
    /// The program.
    Synthetic,
}

impl ReasonSource {
    /// Returns the source as it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::Synthetic => "synthetic",
        }
    }
}

/// What a review came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Good.
    Approved,
    /// To be worked on.
    ChangesRequested,
}

impl Verdict {
    /// Returns the verdict as it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Approved => "approved",
            Self::ChangesRequested => "changes_requested",
        }
    }

    /// Reads a verdict.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Approved, Self::ChangesRequested]
            .into_iter()
            .find(|verdict| verdict.as_str() == text)
    }
}

/// The outcome of a review.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReviewResult {
    /// Who reviewed.
    pub reviewer: String,
    /// What it came to.
    pub verdict: Verdict,
    /// Where it can be read.
    pub reference: String,
    /// The file with the feedback, if one.
    pub feedback_path: Option<String>,
}

/// Proof of what was done and approved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// Who approved it.
    pub review: Approval,
    /// What changed, by repository.
    pub repos: Vec<RepoEvidence>,
    /// What was run to verify it.
    pub verification: Vec<Verification>,
}

/// A reviewer's word in an [`Evidence`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    /// Who reviewed.
    pub reviewer: String,
    /// What it came to.
    pub verdict: Verdict,
    /// Where it can be read.
    pub reference: String,
}

/// What changed in a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepoEvidence {
    /// The repository.
    pub repo: String,
    /// The branch.
    pub branch: String,
    /// The commit.
    pub commit: String,
    /// The files.
    pub files_touched: Vec<String>,
}

/// A command that was run to verify the work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verification {
    /// The command.
    pub command: String,
    /// How it ended: `pass`, `fail` or `skip`.
    pub result: String,
    /// What it said.
    pub summary: String,
}

impl Transition {
    /// Makes the row that is appended to [`super::FILE`].
    pub fn row(&self, sanitizer: &Sanitizer) -> Sanitized {
        let mut row = json!({
            "event_id": self.event_id.as_str(),
            "mission_slug": self.mission_slug.as_str(),
            "wp_id": self.wp_id.as_str(),
            "from_lane": self.from_lane.as_str(),
            "to_lane": self.to_lane.as_str(),
            "at": self.at,
            "actor": self.actor.to_value(),
            "force": self.force,
            "execution_mode": self.execution_mode.as_str(),
            "reason": self.reason,
            "review_ref": self.review_ref,
            "evidence": self.evidence.as_ref().map(Evidence::to_value),
            "policy_metadata": self.policy_metadata,
        });
        // These stand in a row only where they say something.
        if let Value::Object(row) = &mut row {
            if let Some(result) = &self.review_result {
                row.insert("review_result".to_owned(), result.to_value());
            }
            if let Some(source) = self.reason_source {
                row.insert("reason_source".to_owned(), source.as_str().into());
            }
            if let Some(mission_id) = &self.mission_id {
                row.insert("mission_id".to_owned(), mission_id.as_str().into());
            }
        }
        sanitizer.sanitize(&row)
    }
}

impl ReviewResult {
    fn to_value(&self) -> Value {
        let mut value = json!({
            "reviewer": self.reviewer,
            "verdict": self.verdict.as_str(),
            "reference": self.reference,
        });
        if let (Value::Object(map), Some(path)) = (&mut value, &self.feedback_path) {
            map.insert("feedback_path".to_owned(), path.as_str().into());
        }
        value
    }
}

impl Evidence {
    fn to_value(&self) -> Value {
        let mut map = Map::new();
        map.insert(
            "review".to_owned(),
            json!({
                "reviewer": self.review.reviewer,
                "verdict": self.review.verdict.as_str(),
                "reference": self.review.reference,
            }),
        );
        if !self.repos.is_empty() {
            let repos = self.repos.iter().map(RepoEvidence::to_value).collect();
            map.insert("repos".to_owned(), repos);
        }
        if !self.verification.is_empty() {
            let verification = self.verification.iter().map(
                |run| json!({"command": run.command, "result": run.result, "summary": run.summary}),
            );
            map.insert("verification".to_owned(), verification.collect());
        }
        Value::Object(map)
    }
}

impl RepoEvidence {
    pub(super) fn to_value(&self) -> Value {
        let mut value = json!({
            "repo": self.repo,
            "branch": self.branch,
            "commit": self.commit,
        });
        if let (Value::Object(map), false) = (&mut value, self.files_touched.is_empty()) {
            map.insert(
                "files_touched".to_owned(),
                self.files_touched.clone().into(),
            );
        }
        value
    }
}
