//! The rows of `status.events.jsonl`, by family.

use std::borrow::Cow;

use super::actor::Actor;
use super::delta::ReadDelta;
use super::lane::Lane;
use super::loose::Loose;

/// One row as it was read; texts borrow from its line.
#[derive(Debug, Clone, PartialEq)]
#[allow(
    clippy::large_enum_variant,
    reason = "most rows are transitions, and a box for each is slower"
)]
pub enum Row<'a> {
    /// A work package changed its lane. These rows carry no type.
    Transition(TransitionRow<'a>),
    /// Something about a work package changed, and not its lane (`InnerStateChanged`).
    Annotation(Box<AnnotationRow<'a>>),
    /// A mission or a work package was created, a phase began or ended ([`super::LIFECYCLE_TYPES`]).
    Lifecycle(TypedRow<'a>),
    /// A decision of a planning interview: `DecisionPointOpened` and its kin.
    DecisionPoint(TypedRow<'a>),
    /// A retrospective, in one of its two spellings.
    Retrospective(Box<RetrospectiveRow<'a>>),
    /// A row of a kind that isn't known here: kept, and part of no fold.
    Other(TypedRow<'a>),
}

/// A lane transition.
#[derive(Debug, Clone, PartialEq)]
pub struct TransitionRow<'a> {
    /// The event's identity; another tool's need not be a ULID.
    pub event_id: Cow<'a, str>,
    /// The mission's directory name, under either of its keys.
    pub mission_slug: Option<Cow<'a, str>>,
    /// The mission's ULID, where it was known.
    pub mission_id: Option<Cow<'a, str>>,
    /// The work package.
    pub wp_id: Cow<'a, str>,
    /// Where it stood, as its writer saw it. Nothing checks that it follows.
    pub from_lane: Lane,
    /// Where it stands now.
    pub to_lane: Lane,
    /// When, as it was written.
    pub at: Cow<'a, str>,
    /// Who moved it.
    pub actor: Actor<'a>,
    /// Whether the rules were set aside.
    pub force: bool,
    /// `worktree` or `direct_repo`; not checked.
    pub execution_mode: Cow<'a, str>,
    /// Why.
    pub reason: Option<Cow<'a, str>>,
    /// Who wrote the reason: `operator` or `synthetic`.
    pub reason_source: Option<Cow<'a, str>>,
    /// The review that it answers.
    pub review_ref: Option<Cow<'a, str>>,
    /// The outcome of a review, with its four keys at most.
    pub(super) review_result: Option<Box<Loose<'a>>>,
    /// What a claim says about the process that claims. Boxed, as all that few rows have: the smaller a row, the
    /// less memory a long log goes through.
    pub(super) claim: Option<Box<Claim<'a>>>,
}

impl TransitionRow<'_> {
    /// Whether a reviewer sent the package back: it outranks a step forward at the same time.
    pub fn is_rollback(&self) -> bool {
        self.to_lane == Lane::InProgress
            && (self.from_lane == Lane::InReview
                || (self.from_lane == Lane::ForReview && self.review_ref.is_some()))
    }
}

/// The keys of `policy_metadata` that `planned -> claimed` takes into the snapshot.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Claim<'a> {
    pub(super) shell_pid: Option<Loose<'a>>,
    pub(super) shell_pid_created_at: Option<Loose<'a>>,
    pub(super) agent: Option<Loose<'a>>,
}

/// A change beside the lanes.
#[derive(Debug, Clone, PartialEq)]
pub struct AnnotationRow<'a> {
    /// The event's identity: a ULID.
    pub event_id: Cow<'a, str>,
    /// The work package.
    pub wp_id: Cow<'a, str>,
    /// When, as it was written.
    pub at: Cow<'a, str>,
    /// Who changed it.
    pub actor: Actor<'a>,
    pub(super) delta: ReadDelta<'a>,
}

impl AnnotationRow<'_> {
    /// Returns the note that it adds.
    pub fn note(&self) -> Option<&str> {
        match &self.delta.note {
            Some(Loose::Text(note)) => Some(note),
            Some(_) | None => None,
        }
    }
}

/// A row of which only the head matters here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TypedRow<'a> {
    /// What kind of event it is: `event_type`, `type`, `event_name` or `kind`, where it is text.
    pub event_type: Option<Cow<'a, str>>,
    /// The event's identity.
    pub event_id: Option<Cow<'a, str>>,
    /// When: `at`, else `timestamp`.
    pub at: Option<Cow<'a, str>>,
    /// The work package that it names at its top.
    pub wp_id: Option<Cow<'a, str>>,
}

/// A retrospective's row.
#[derive(Debug, Clone, PartialEq)]
pub struct RetrospectiveRow<'a> {
    /// Its head; `event_type` is its `event_name` or `type`.
    pub head: TypedRow<'a>,
    /// Whether it has an `event_name`: only those are part of a snapshot.
    pub(super) is_named: bool,
    pub(super) mode: Option<Loose<'a>>,
    pub(super) record_path: Option<Loose<'a>>,
}

impl Row<'_> {
    /// Returns the event's identity, where the row has one.
    pub fn event_id(&self) -> Option<&str> {
        match self {
            Self::Transition(row) => Some(&row.event_id),
            Self::Annotation(row) => Some(&row.event_id),
            Self::Lifecycle(head) | Self::DecisionPoint(head) | Self::Other(head) => {
                head.event_id.as_deref()
            }
            Self::Retrospective(row) => row.head.event_id.as_deref(),
        }
    }

    /// Returns when it happened, as it was written.
    pub fn at(&self) -> Option<&str> {
        match self {
            Self::Transition(row) => Some(&row.at),
            Self::Annotation(row) => Some(&row.at),
            Self::Lifecycle(head) | Self::DecisionPoint(head) | Self::Other(head) => {
                head.at.as_deref()
            }
            Self::Retrospective(row) => row.head.at.as_deref(),
        }
    }

    /// Returns the event type by which [`crate::route`] knows the row.
    pub fn event_type(&self) -> Option<&str> {
        match self {
            Self::Transition(_) => Some(super::WP_STATUS_CHANGED),
            Self::Annotation(_) => Some(super::INNER_STATE_CHANGED),
            Self::Lifecycle(head) | Self::DecisionPoint(head) | Self::Other(head) => {
                head.event_type.as_deref()
            }
            Self::Retrospective(row) => row.head.event_type.as_deref(),
        }
    }
}
