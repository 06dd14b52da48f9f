//! What each error means to a program and to a person: its code, the next command, the exit code, its particulars.

use serde_json::{Value, json};

use super::Error;
use crate::receipt::Receipt;
use crate::shell::quoted;

/// The command that shows a decision, wherever it is run: several missions may have one of that id.
fn shown(id: &str, mission: &str) -> String {
    format!("pawtrail decision show {} --mission {mission}", quoted(id))
}

impl Error {
    /// Returns the error's stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotARepository { .. } => "NOT_A_REPOSITORY",
            Self::NotOwned { .. } => "REPOSITORY_NOT_OWNED",
            Self::NoCommits => "NO_COMMITS",
            Self::Unborn { .. } => "BRANCH_WITHOUT_COMMITS",
            Self::ClockBeforeEpoch { .. } => "CLOCK_BEFORE_1970",
            Self::Unsupported { .. } => "UNSUPPORTED_REPOSITORY",
            Self::Git { .. } => "GIT_FAILED",
            Self::Io { .. } => "IO_FAILED",
            Self::Damaged { .. } => "FILE_DAMAGED",
            Self::StateNewer { .. } => "SYNC_STATE_NEWER",
            Self::Beyond { .. } => "PATH_LEADS_OUT",
            Self::NotInitialized => "NOT_INITIALIZED",
            Self::MissionTwice { .. } => "MISSION_TWICE",
            Self::MissionNotFound { .. } => "MISSION_NOT_FOUND",
            Self::AmbiguousMission { .. } => "MISSION_AMBIGUOUS",
            Self::NoMission { .. } => "MISSION_REQUIRED",
            Self::MissionExists { .. } => "MISSION_EXISTS",
            Self::DecisionNotFound { .. } => "DECISION_NOT_FOUND",
            Self::AmbiguousDecision { .. } => "DECISION_AMBIGUOUS",
            Self::AlreadyAnswered { .. } => "DECISION_ALREADY_ANSWERED",
            Self::DecisionExists { .. } => "DECISION_EXISTS",
            Self::MoveRefused { refusal, .. } => refusal.code(),
            Self::ConflictNotFound { .. } => "CONFLICT_NOT_FOUND",
            Self::AlreadyResolved { .. } => "CONFLICT_ALREADY_RESOLVED",
            Self::TermSettled { .. } => "TERM_ALREADY_RESOLVED",
            Self::TermNotFound { .. } => "TERM_NOT_FOUND",
            Self::SeedNotCommitted { .. } => "NO_BRANCH_TO_COMMIT_TO",
            Self::KeyReused { .. } => "IDEMPOTENCY_KEY_REUSED",
            Self::KeyNotKept { .. } => "IDEMPOTENCY_KEY_NOT_KEPT",
            Self::PathTaken { .. } => "PATH_TAKEN",
            Self::EventConflict { .. } => "EVENT_CONFLICT",
            Self::SnapshotNotMerged { .. } => "SNAPSHOT_NOT_MERGED",
            Self::Invalid { .. } => "INVALID_ARGUMENT",
            Self::Protected { .. } => "BRANCH_PROTECTED",
            Self::LedgerNotMoved { .. } => "LEDGER_NOT_MOVED",
            Self::OtherBranch { .. } => "OTHER_BRANCH_CHECKED_OUT",
            Self::Detached => "HEAD_DETACHED",
            Self::NotCreated { .. } => "MISSION_NOT_CREATED",
            Self::NothingToCommit => "NOTHING_TO_COMMIT",
            Self::NotSigned { .. } => "COMMIT_NOT_SIGNED",
            Self::CommitRefused { .. } => "COMMIT_REFUSED",
            Self::Hook { .. } => "HOOK_NOT_OURS",
            Self::Spooled { .. } => "NOT_COMMITTED_YET",
            Self::LockTimeout { .. } => "LOCK_TIMEOUT",
        }
    }

    /// Returns the command that gets the user on, if there is one.
    pub fn next_step(&self) -> Option<String> {
        let step = match self {
            Self::NotARepository { .. } => "git init",
            Self::NotOwned { dir } => {
                let dir = quoted(&dir.to_string_lossy());
                return Some(format!("git config --global --add safe.directory {dir}"));
            }
            Self::NoCommits => "git commit --allow-empty -m \"Initial commit\"",
            Self::Unborn { other, .. } => return Some(format!("git switch {}", quoted(other))),
            // It signs a commit that no branch gets.
            Self::NotSigned { .. } => "git commit-tree -S -m test 'HEAD^{tree}'",
            Self::MissionTwice { dirs, .. } => {
                let last = dirs.last().map_or("kitty-specs", |dir| dir);
                return Some(format!("git log -- {}", quoted(last)));
            }
            Self::NotInitialized => "pawtrail init",
            Self::MissionNotFound { .. } | Self::AmbiguousMission { .. } => "pawtrail mission list",
            Self::NoMission { known: 0 } => "pawtrail mission create my-mission",
            Self::NoMission { .. } => "pawtrail mission list",
            Self::MissionExists { slug } => return Some(format!("pawtrail mission show {slug}")),
            Self::DecisionNotFound { mission: None, .. } => "pawtrail mission list",
            Self::DecisionNotFound {
                mission: Some(mission),
                ..
            } => return Some(format!("pawtrail decision list --mission {mission}")),
            Self::AmbiguousDecision { id, missions } => {
                return Some(match missions.first() {
                    Some(one) => shown(id, one),
                    None => "pawtrail mission list".to_owned(),
                });
            }
            Self::AlreadyAnswered { id, mission, .. }
            | Self::DecisionExists { id, mission, .. } => {
                return Some(shown(id.as_str(), mission.as_str()));
            }
            Self::MoveRefused { refusal, mission } => {
                let step = refusal.next_step();
                let list = || format!("pawtrail wp list --mission {mission}");
                return Some(match step {
                    Some(help) if help.ends_with("--help") => help,
                    Some(step) => format!("{step} --mission {mission}"),
                    None => list(),
                });
            }
            Self::ConflictNotFound { .. } | Self::TermNotFound { .. } => "pawtrail glossary list",
            Self::AlreadyResolved { term, .. } | Self::TermSettled { term, .. } => {
                return Some(format!("pawtrail glossary show {}", quoted(term)));
            }
            Self::Protected { next, .. } | Self::KeyNotKept { next, .. } => {
                return Some(next.clone());
            }
            Self::Detached | Self::SeedNotCommitted { .. } => "git switch -c my-branch",
            Self::NotCreated { .. } | Self::LedgerNotMoved { .. } => "git status",
            Self::OtherBranch { expected, .. } => {
                return Some(format!("git switch {}", quoted(expected)));
            }
            Self::NothingToCommit => "git status",
            Self::CommitRefused { .. } | Self::EventConflict { .. } => "git status",
            Self::SnapshotNotMerged { path } => {
                let mission = path.rsplit('/').nth(1).unwrap_or_default();
                let (mission, path) = (quoted(mission), quoted(path));
                return Some(format!("pawtrail status fold --mission {mission} > {path}"));
            }
            Self::Hook { next_step, .. } => next_step,
            Self::Spooled { .. } => "pawtrail doctor --fix",
            Self::Unsupported { .. }
            | Self::Git { .. }
            | Self::Io { .. }
            | Self::Damaged { .. }
            | Self::StateNewer { .. }
            | Self::Beyond { .. }
            | Self::ClockBeforeEpoch { .. }
            | Self::PathTaken { .. }
            | Self::Invalid { .. }
            | Self::KeyReused { .. }
            | Self::LockTimeout { .. } => return None,
        };
        Some(step.to_owned())
    }

    /// Returns the exit code of a command that ends with this error.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Invalid { .. } | Self::NoMission { .. } => 2,
            Self::Spooled { .. } | Self::SeedNotCommitted { .. } => 3,
            Self::LockTimeout { .. } => 4,
            Self::AlreadyAnswered { .. }
            | Self::DecisionExists { .. }
            | Self::AlreadyResolved { .. }
            | Self::TermSettled { .. }
            | Self::KeyReused { .. }
            | Self::PathTaken { .. }
            // Git, which runs the merge driver, takes any code up to 128 for a conflict.
            | Self::EventConflict { .. }
            | Self::SnapshotNotMerged { .. }
            | Self::MissionTwice { .. }
            | Self::MissionExists { .. } => 5,
            Self::NotARepository { .. }
            | Self::NotOwned { .. }
            | Self::NoCommits
            | Self::Unborn { .. }
            | Self::ClockBeforeEpoch { .. }
            | Self::NotSigned { .. }
            | Self::Unsupported { .. }
            | Self::Git { .. }
            | Self::Io { .. }
            | Self::Damaged { .. }
            | Self::StateNewer { .. }
            | Self::Beyond { .. }
            | Self::NotInitialized
            | Self::MissionNotFound { .. }
            | Self::AmbiguousMission { .. }
            | Self::DecisionNotFound { .. }
            | Self::AmbiguousDecision { .. }
            | Self::MoveRefused { .. }
            | Self::ConflictNotFound { .. }
            | Self::TermNotFound { .. }
            | Self::Protected { .. }
            | Self::OtherBranch { .. }
            | Self::Detached
            | Self::NotCreated { .. }
            | Self::KeyNotKept { .. }
            | Self::LedgerNotMoved { .. }
            | Self::NothingToCommit
            | Self::CommitRefused { .. }
            | Self::Hook { .. } => 1,
        }
    }

    /// Returns the error's particulars as data.
    pub fn details(&self) -> Value {
        match self {
            Self::NotARepository { dir } | Self::NotOwned { dir } => {
                json!({ "dir": dir.display().to_string() })
            }
            Self::Io { action, path, .. } => {
                json!({ "action": action, "path": path.display().to_string() })
            }
            Self::Damaged { path, .. } | Self::Hook { path, .. } => {
                json!({ "path": path.display().to_string() })
            }
            Self::StateNewer { path, found, known } => {
                json!({ "path": path.display().to_string(), "version": found, "known": known })
            }
            Self::MissionNotFound { handle } => json!({ "handle": handle }),
            Self::AmbiguousMission { handle, candidates } => {
                json!({ "handle": handle, "candidates": candidates })
            }
            Self::NoMission { known } => json!({ "missions": known }),
            Self::MissionExists { slug } => json!({ "mission_slug": slug }),
            Self::DecisionNotFound { id, .. } => json!({ "decision_id": id }),
            Self::AmbiguousDecision { id, missions } => {
                json!({ "decision_id": id, "missions": missions })
            }
            Self::AlreadyAnswered {
                id,
                answer,
                answered_at,
                ..
            } => json!({ "decision_id": id, "answer": answer, "answered_at": answered_at }),
            Self::DecisionExists { id, question, .. } => {
                json!({ "decision_id": id, "question": question })
            }
            Self::MoveRefused { refusal, .. } => {
                let (from, to) = (refusal.from_lane, refusal.to_lane);
                let allowed: Vec<&str> = from.targets().iter().map(|lane| lane.as_str()).collect();
                json!({
                    "wp_id": refusal.wp_id,
                    "from_lane": from.as_str(),
                    "to_lane": to.as_str(),
                    "rule": refusal.code(),
                    "missing": refusal.rule.to_string(),
                    "allowed": allowed,
                })
            }
            Self::ConflictNotFound { id } => json!({ "conflict_id": id }),
            Self::AlreadyResolved {
                id,
                term,
                scope,
                definition,
                resolved_at,
            }
            | Self::TermSettled {
                id,
                term,
                scope,
                definition,
                resolved_at,
            } => json!({
                "conflict_id": id,
                "term": term,
                "scope": scope,
                "definition": definition,
                "resolved_at": resolved_at,
            }),
            Self::TermNotFound { term } => json!({ "term": term }),
            Self::KeyReused { key } => json!({ "idempotency_key": key }),
            Self::SnapshotNotMerged { path } => json!({ "path": path }),
            Self::PathTaken { path, branch } => json!({ "path": path, "branch": branch }),
            Self::EventConflict { path, conflicts } => {
                let events: Vec<Value> = conflicts
                    .iter()
                    .map(|event| json!({ "event_id": event.event_id, "lines": event.lines }))
                    .collect();
                json!({ "path": path, "conflicts": events })
            }
            Self::Invalid { what, .. } => json!({ "argument": what }),
            Self::Protected { branch, rule, .. } => json!({ "branch": branch, "rule": rule }),
            Self::OtherBranch { expected, actual } => {
                json!({ "expected": expected, "actual": actual })
            }
            Self::Spooled { receipt, reason } | Self::SeedNotCommitted { receipt, reason } => {
                json!({ "receipt": receipt, "reason": reason })
            }
            Self::LockTimeout { path, seconds } => {
                json!({ "path": path.display().to_string(), "seconds": seconds })
            }
            Self::Unborn { branch, other } => json!({ "branch": branch, "other": other }),
            Self::ClockBeforeEpoch { now } => json!({ "now": now.to_string() }),
            Self::MissionTwice { mission_id, dirs } => {
                json!({ "mission_id": mission_id, "dirs": dirs })
            }
            Self::NoCommits
            | Self::NotSigned { .. }
            | Self::Unsupported { .. }
            | Self::Git { .. }
            | Self::Beyond { .. }
            | Self::NotInitialized
            | Self::Detached
            | Self::NotCreated { .. }
            | Self::KeyNotKept { .. }
            | Self::LedgerNotMoved { .. }
            | Self::NothingToCommit
            | Self::CommitRefused { .. } => json!({}),
        }
    }

    /// Returns the receipt of a write that is recorded and not committed.
    pub fn receipt(&self) -> Option<&Receipt> {
        if let Self::Spooled { receipt, .. } | Self::SeedNotCommitted { receipt, .. } = self {
            Some(receipt)
        } else {
            None
        }
    }
}
