//! Why a transition may not be made: the rule, what is missing, and how to give it.

use std::fmt;

use super::lane::Lane;
use crate::id::WorkPackageId;

/// A transition that a rule forbids.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{wp_id} can't move from {from_lane} to {to_lane}: {rule}{}{}", alternatives(.rule, *.from_lane), missing(.rule))]
pub struct Refusal {
    /// The work package.
    pub wp_id: WorkPackageId,
    /// Where it stands.
    pub from_lane: Lane,
    /// Where it should go.
    pub to_lane: Lane,
    /// The rule.
    pub rule: Rule,
}

/// What is missing of a review.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// All of it.
    Whole,
    /// Who reviewed.
    Reviewer,
    /// Where the review can be read.
    Reference,
    /// That it approves.
    Verdict,
}

/// A rule of the lane machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rule {
    /// Nothing moves to a lane that only the log itself uses, not even by force.
    InternalLane,
    /// It stands there already.
    SameLane,
    /// A terminal lane is left by force alone.
    TerminalLane,
    /// The one lane doesn't follow the other.
    NoEdge,
    /// Force needs to say who.
    ForceNeedsActor,
    /// Force needs to say why.
    ForceNeedsReason,
    /// A claim needs to say who.
    NeedsActor,
    /// Work needs a place.
    NeedsWorkspace,
    /// A review needs all subtasks done; these aren't.
    OpenSubtasks(Vec<String>),
    /// A review needs all subtasks done, and which there are can't be known, for this reason.
    SubtasksUnknown(String),
    /// A review needs something to review.
    NeedsImplementation,
    /// Approved and done need a reviewer's approval.
    NeedsApproval(Part),
    /// Giving up a claim needs to say why.
    NeedsReason,
    /// A review is left with its outcome.
    NeedsReviewResult(Part),
    /// A review that asks for changes doesn't approve.
    NotApproved,
    /// What was approved is reopened by a review.
    NeedsReviewRef,
    /// The review named and the review's outcome differ.
    ReviewRefDiffers,
    /// The evidence and the review's outcome differ.
    EvidenceDiffers,
}

impl Rule {
    /// Returns the rule's stable name.
    pub fn code(&self) -> &'static str {
        match self {
            Self::InternalLane => "TRANSITION_LANE_INTERNAL",
            Self::SameLane => "TRANSITION_SAME_LANE",
            Self::TerminalLane => "TRANSITION_LANE_TERMINAL",
            Self::NoEdge => "TRANSITION_NOT_ALLOWED",
            Self::ForceNeedsActor => "TRANSITION_FORCE_NEEDS_ACTOR",
            Self::ForceNeedsReason => "TRANSITION_FORCE_NEEDS_REASON",
            Self::NeedsActor => "TRANSITION_NEEDS_ACTOR",
            Self::NeedsWorkspace => "TRANSITION_NEEDS_WORKSPACE",
            Self::OpenSubtasks(_) => "TRANSITION_SUBTASKS_OPEN",
            Self::SubtasksUnknown(_) => "TRANSITION_SUBTASKS_UNKNOWN",
            Self::NeedsImplementation => "TRANSITION_NEEDS_IMPLEMENTATION",
            Self::NeedsApproval(_) => "TRANSITION_NEEDS_APPROVAL",
            Self::NeedsReason => "TRANSITION_NEEDS_REASON",
            Self::NeedsReviewResult(_) => "TRANSITION_NEEDS_REVIEW_RESULT",
            Self::NotApproved => "TRANSITION_NOT_APPROVED",
            Self::NeedsReviewRef => "TRANSITION_NEEDS_REVIEW_REF",
            Self::ReviewRefDiffers => "TRANSITION_REVIEW_REF_DIFFERS",
            Self::EvidenceDiffers => "TRANSITION_EVIDENCE_DIFFERS",
        }
    }

    /// Returns the options of `wp move` that give what is missing; nothing where no option does.
    pub fn options(&self) -> Option<&'static str> {
        match self {
            Self::ForceNeedsActor | Self::NeedsActor => Some("--actor NAME"),
            Self::ForceNeedsReason | Self::NeedsReason => Some("--reason TEXT"),
            Self::TerminalLane
            | Self::NoEdge
            | Self::NeedsImplementation
            | Self::SubtasksUnknown(_) => Some("--force --actor NAME --reason TEXT"),
            Self::NeedsApproval(_) | Self::NotApproved => {
                Some("--reviewer NAME --verdict approved --review-ref REFERENCE")
            }
            Self::NeedsReviewResult(Part::Reviewer) => Some("--reviewer NAME"),
            Self::NeedsReviewResult(Part::Reference)
            | Self::NeedsReviewRef
            | Self::ReviewRefDiffers => Some("--review-ref REFERENCE"),
            Self::NeedsReviewResult(Part::Whole | Part::Verdict) => {
                Some("--reviewer NAME --verdict approved|changes_requested --review-ref REFERENCE")
            }
            Self::InternalLane
            | Self::SameLane
            | Self::NeedsWorkspace
            | Self::OpenSubtasks(_)
            | Self::EvidenceDiffers => None,
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InternalLane => formatter.write_str("only the log itself uses that lane"),
            Self::SameLane => formatter.write_str("it is there already"),
            Self::TerminalLane => {
                formatter.write_str("that lane is terminal, and left by force alone")
            }
            Self::NoEdge => formatter.write_str("the one lane doesn't follow the other"),
            Self::ForceNeedsActor => formatter.write_str("force needs an actor"),
            Self::ForceNeedsReason => formatter.write_str("force needs a reason"),
            Self::NeedsActor => formatter.write_str("an actor is missing"),
            Self::NeedsWorkspace => formatter.write_str("the workspace isn't known"),
            Self::OpenSubtasks(open) => {
                write!(formatter, "subtasks aren't done: {}", open.join(", "))
            }
            Self::SubtasksUnknown(reason) => {
                write!(
                    formatter,
                    "whether its subtasks are done can't be known: {reason}"
                )
            }
            Self::NeedsImplementation => {
                formatter.write_str("there is no sign of work on it to review")
            }
            Self::NeedsApproval(part) => write!(formatter, "an approval is needed, and {part}"),
            Self::NeedsReason => formatter.write_str("a reason is missing"),
            Self::NeedsReviewResult(part) => {
                write!(formatter, "a review is left with its outcome, and {part}")
            }
            Self::NotApproved => formatter.write_str("the review asks for changes"),
            Self::NeedsReviewRef => formatter.write_str("the review that asks for it is missing"),
            Self::ReviewRefDiffers => {
                formatter.write_str("the review reference isn't that of the review's outcome")
            }
            Self::EvidenceDiffers => {
                formatter.write_str("the evidence contradicts the review's outcome")
            }
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Whole => "there is none",
            Self::Reviewer => "its reviewer is missing",
            Self::Reference => "its reference is missing",
            Self::Verdict => "its verdict is not `approved`",
        })
    }
}

impl Refusal {
    /// Returns the stable code of the rule.
    pub fn code(&self) -> &'static str {
        self.rule.code()
    }

    /// Returns a command that leads on and can be run as it stands: what only a person can say, a reviewer or a reason, it
    /// doesn't make up.
    pub fn next_step(&self) -> Option<String> {
        let (wp_id, to) = (&self.wp_id, self.to_lane);
        if let Rule::OpenSubtasks(open) = &self.rule {
            return open
                .first()
                .map(|subtask| format!("pawtrail wp subtask {wp_id} {subtask} done"));
        }
        if let (Rule::NoEdge, Some(first)) = (&self.rule, self.from_lane.towards(to))
            && is_free(self.from_lane, first)
        {
            return Some(format!("pawtrail wp move {wp_id} {first}"));
        }
        self.rule
            .options()
            .map(|_| "pawtrail wp move --help".to_owned())
    }
}

/// Says whether a move takes no more than the lane's name.
fn is_free(from: Lane, to: Lane) -> bool {
    let gives_up = from == Lane::InProgress && to == Lane::Planned;
    let is_judged = matches!(to, Lane::Approved | Lane::Done);
    let was_judged = matches!(from, Lane::InReview | Lane::Approved);
    !(gives_up || is_judged || was_judged)
}

/// Names the options that give what is missing, with words in capitals to fill in. Those that break a rule are named by
/// the rule itself.
fn missing(rule: &Rule) -> String {
    match rule.options() {
        Some(options) if *rule != Rule::NoEdge => format!("; say it with {options}"),
        Some(_) | None => String::new(),
    }
}

/// Says where a package can go instead.
fn alternatives(rule: &Rule, from: Lane) -> String {
    match from.targets() {
        lanes if *rule == Rule::NoEdge && !lanes.is_empty() => {
            let names: Vec<&str> = lanes.iter().map(|lane| lane.as_str()).collect();
            format!(
                "; {from} is followed by {}, and by anything else with --force",
                names.join(", ")
            )
        }
        _ => String::new(),
    }
}
