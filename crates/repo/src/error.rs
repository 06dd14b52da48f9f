//! Everything that can go wrong on disk, with a stable code, what to do next, and an exit code.

mod context;
mod meaning;

use std::path::PathBuf;

use pawtrail_event::glossary::Scope;
use pawtrail_event::merge::Conflict;
use pawtrail_event::status::Refusal;
use pawtrail_event::{ConflictId, DecisionId, IdError, MissionId, MissionSlug};

use crate::receipt::Receipt;
pub(crate) use context::{GitContext, IoContext, with_causes};

/// The result of this crate's functions.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// How much of a conflicting line a message repeats, in characters; the file and the details hold all of it.
const MAX_LINE_CHARS: usize = 400;

/// A mission that a handle could mean.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Candidate {
    /// The mission's identity.
    pub mission_id: String,
    /// Its directory name.
    pub mission_slug: String,
}

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No git repository holds the directory.
    #[error("{} is in no git repository", .dir.display())]
    NotARepository {
        /// Where the search began.
        dir: PathBuf,
    },
    /// The repository is another user's, so what its configuration runs isn't run.
    #[error(
        "{} belongs to another user, and git runs nothing there until it is told that it is safe",
        .dir.display()
    )]
    NotOwned {
        /// The root of the checkout, or the bare repository.
        dir: PathBuf,
    },
    /// The repository has no commit that a branch could start from.
    #[error(
        "the repository has no commits, so there is nothing that a ledger branch could start from"
    )]
    NoCommits,
    /// The branch that is checked out has no commit that another one could start from; others have some.
    #[error(
        "the branch `{branch}`, which is checked out, has no commits yet, so there is nothing that a ledger branch could start from; `{other}` has some"
    )]
    Unborn {
        /// The branch that is checked out, short.
        branch: String,
        /// A branch with commits, short.
        other: String,
    },
    /// The clock says that it is before 1970.
    #[error(
        "the clock says that it is {now}: git takes no commit from before 1970, so nothing was written; set the clock, then try again"
    )]
    ClockBeforeEpoch {
        /// The present time by the clock.
        now: jiff::Timestamp,
    },
    /// The repository uses something that Pawtrail doesn't write safely yet.
    #[error("{what} is not supported yet; nothing was changed")]
    Unsupported {
        /// What it uses.
        what: String,
    },
    /// Git data can't be read or written.
    #[error("git: {action} failed: {message}")]
    Git {
        /// What was tried.
        action: String,
        /// Why it failed.
        message: String,
    },
    /// A file can't be read or written.
    #[error("can't {action} {}: {source}", .path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// Why it failed.
        source: std::io::Error,
    },
    /// A file holds what it must not.
    #[error("{} is damaged: {message}", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        message: String,
    },
    /// What was kept by a later version of this program.
    #[error(
        "{} is of version {found}, and this program knows versions up to {known}: it was left as it is; use the newer pawtrail",
        .path.display()
    )]
    StateNewer {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u64,
        /// The newest version that this program knows.
        known: u64,
    },
    /// The way to a file of the project leads out of it.
    #[error("{reason}")]
    Beyond {
        /// What stands on the way, and where.
        reason: String,
    },
    /// The repository has no project identity.
    #[error("this repository has no project identity yet")]
    NotInitialized,
    /// Several directories say in their `meta.json` that they are the same mission.
    #[error("{} all say that they are mission {mission_id}; let one keep the id", .dirs.join(" and "))]
    MissionTwice {
        /// The mission.
        mission_id: MissionId,
        /// The directories, relative to the repository root.
        dirs: Vec<String>,
    },
    /// No mission answers to the handle.
    #[error("no mission answers to `{handle}`")]
    MissionNotFound {
        /// What was asked for.
        handle: String,
    },
    /// Several missions answer to the handle.
    #[error("`{handle}` can mean {} missions; name one by its mission id: {}", .candidates.len(), ids(.candidates))]
    AmbiguousMission {
        /// What was asked for.
        handle: String,
        /// What it can mean.
        candidates: Vec<Candidate>,
    },
    /// The command needs a mission and none can be inferred.
    #[error("which mission? {} in this clone, and none can be inferred from here", count(*.known))]
    NoMission {
        /// How many missions there are.
        known: usize,
    },
    /// A mission with that slug is there already.
    #[error("a mission named `{slug}` is there already")]
    MissionExists {
        /// The slug.
        slug: String,
    },
    /// No decision has that id.
    #[error("no decision `{id}` in {}", .mission.as_deref().unwrap_or("any mission of this clone"))]
    DecisionNotFound {
        /// The id.
        id: String,
        /// The directory name of the mission that was looked in, if it wasn't all of them.
        mission: Option<String>,
    },
    /// Several missions have a decision of that id.
    #[error("{} missions have a decision `{id}`; say which with --mission", .missions.len())]
    AmbiguousDecision {
        /// The id.
        id: String,
        /// Their directory names.
        missions: Vec<String>,
    },
    /// The decision has another answer.
    #[error("decision `{id}` already has another answer: {answer}")]
    AlreadyAnswered {
        /// The decision.
        id: DecisionId,
        /// The mission's directory name.
        mission: MissionSlug,
        /// The answer it has.
        answer: String,
        /// When it was given.
        answered_at: String,
    },
    /// The decision id is taken by another question.
    #[error("decision `{id}` is there already and asks something else: {question}")]
    DecisionExists {
        /// The decision.
        id: DecisionId,
        /// The mission's directory name.
        mission: MissionSlug,
        /// What it asks.
        question: String,
    },
    /// A rule of the lane machine forbids a transition; nothing was written.
    #[error("{refusal}")]
    MoveRefused {
        /// The transition and the rule.
        refusal: Box<Refusal>,
        /// The mission's directory name.
        mission: MissionSlug,
    },
    /// Nobody asked a question of that id about a term.
    #[error("no question about a term has the id `{id}`")]
    ConflictNotFound {
        /// The id.
        id: ConflictId,
    },
    /// The question about a term has another answer.
    #[error("conflict `{id}` is resolved already: in {scope}, `{term}` means: {definition}")]
    AlreadyResolved {
        /// The conflict.
        id: ConflictId,
        /// The term.
        term: String,
        /// The scope.
        scope: Scope,
        /// What it means there.
        definition: String,
        /// When that was said.
        resolved_at: String,
    },
    /// Since the question was asked, another answer gave the term a meaning.
    #[error("since `{id}` was asked, `{term}` was given another meaning in {scope}: {definition}")]
    TermSettled {
        /// The conflict.
        id: ConflictId,
        /// The term.
        term: String,
        /// The scope.
        scope: Scope,
        /// What it means there.
        definition: String,
        /// When that was said.
        resolved_at: String,
    },
    /// The glossary doesn't know the term.
    #[error("the glossary has no term `{term}`")]
    TermNotFound {
        /// The term.
        term: String,
    },
    /// Log and seed file hold a resolution, and there is no branch that it may be committed to.
    #[error("recorded, and in the seed file, but not committed: {reason}")]
    SeedNotCommitted {
        /// What is true now.
        receipt: Box<Receipt>,
        /// Why it isn't committed.
        reason: String,
    },
    /// The idempotency key stands for another request.
    #[error("the idempotency key `{key}` was used for something else")]
    KeyReused {
        /// The key.
        key: String,
    },
    /// An idempotency key can't be kept where the git directory can't be written.
    #[error(
        "an idempotency key is kept in the git directory, which can't be written here ({closed}); without a key the \
         command works, and the same answer given twice counts once"
    )]
    KeyNotKept {
        /// Why the git directory can't be written.
        closed: Box<Error>,
        /// The command without the key.
        next: String,
    },
    /// The same path holds something else on the branch.
    #[error("{path} is on {branch} already, with other content")]
    PathTaken {
        /// The path, relative to the repository root.
        path: String,
        /// The branch.
        branch: String,
    },
    /// An event has different content on the two sides of a merge; the file holds both lines.
    #[error("{path}: {}", contents(.conflicts))]
    EventConflict {
        /// The file.
        path: String,
        /// The events.
        conflicts: Vec<Conflict>,
    },
    /// A snapshot changed on both sides of a merge, and git doesn't say what it merges.
    #[error("{path} changed on both sides, and git doesn't say which commits it merges")]
    SnapshotNotMerged {
        /// The file.
        path: String,
    },
    /// An argument's value is refused.
    #[error("{what}: {message}")]
    Invalid {
        /// The argument.
        what: &'static str,
        /// Why it is refused.
        message: String,
    },
    /// The branch is protected.
    #[error("`{branch}` is protected ({rule}), so nothing is committed to it")]
    Protected {
        /// The branch's short name.
        branch: String,
        /// The rule that protects it.
        rule: String,
        /// The command that gets the user on.
        next: String,
    },
    /// The mission's ledger stays where it was.
    #[error("the ledger was not moved: {reason}")]
    LedgerNotMoved {
        /// Why not.
        reason: String,
    },
    /// Another branch is checked out than the one named.
    #[error("`{expected}` isn't checked out here; {actual} is")]
    OtherBranch {
        /// The branch named.
        expected: String,
        /// What is checked out.
        actual: String,
    },
    /// HEAD names no branch.
    #[error("HEAD is detached: no branch is checked out here to commit to")]
    Detached,
    /// A mission could not be committed, so it isn't there.
    #[error("the mission was not created: {reason}")]
    NotCreated {
        /// Why not.
        reason: String,
    },
    /// There is nothing to commit.
    #[error("nothing to commit: the paths are as they are in the last commit")]
    NothingToCommit,
    /// Commits are to be signed, and git made none.
    #[error(
        "git made no signed commit, which commit.gpgSign asks for: {message}\ntry again once git can sign; \
         `git config commit.gpgSign false` lets this clone commit without"
    )]
    NotSigned {
        /// What git and the signer said.
        message: String,
    },
    /// Git refused the commit: a hook, a conflict, a lock.
    #[error("git refused the commit: {message}")]
    CommitRefused {
        /// What git said.
        message: String,
    },
    /// A git hook can't be installed or removed.
    #[error("{}: {message}", .path.display())]
    Hook {
        /// The hook's file.
        path: PathBuf,
        /// Why not, and what to do.
        message: String,
        /// The command to run next.
        next_step: String,
    },
    /// What should have been committed is only recorded; the next command finishes it.
    #[error("recorded, but not committed: {reason}")]
    Spooled {
        /// What is true now.
        receipt: Box<Receipt>,
        /// Why it isn't committed.
        reason: String,
    },
    /// Another process holds a lock.
    #[error("another process held {} for {seconds} s", .path.display())]
    LockTimeout {
        /// The lock.
        path: PathBuf,
        /// How long this one waited.
        seconds: u64,
    },
}

impl Error {
    pub(crate) fn invalid(what: &'static str, message: impl Into<String>) -> Self {
        Self::Invalid {
            what,
            message: message.into(),
        }
    }
}

impl From<IdError> for Error {
    fn from(error: IdError) -> Self {
        Self::Invalid {
            what: "identifier",
            message: error.to_string(),
        }
    }
}

/// Names each event with its different lines.
fn contents(conflicts: &[Conflict]) -> String {
    let mut text = String::new();
    for event in conflicts {
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&format!(
            "event {} has different content on the two sides; both lines are kept:",
            event.event_id
        ));
        for line in &event.lines {
            text.push_str("\n  ");
            text.extend(
                line.chars()
                    .filter(|c| !c.is_control())
                    .take(MAX_LINE_CHARS),
            );
        }
    }
    text
}

/// The first few ids, for a person; all are in the details.
fn ids(candidates: &[Candidate]) -> String {
    const SHOWN: usize = 5;
    let ids: Vec<&str> = candidates
        .iter()
        .take(SHOWN)
        .map(|candidate| candidate.mission_id.as_str())
        .collect();
    let more = if candidates.len() > SHOWN {
        ", …"
    } else {
        ""
    };
    format!("{}{more}", ids.join(", "))
}

fn count(missions: usize) -> String {
    match missions {
        0 => "there are none".to_owned(),
        1 => "there is one".to_owned(),
        more => format!("there are {more}"),
    }
}
