//! The lane machine: whether a transition may be made, and by which rule not.
//!
//! Only what is to be written is checked. Rows that are read count as they stand: history holds edges that today's
//! rules forbid.

use super::lane::Lane;
use super::refusal::{Part, Refusal, Rule};
use super::transition::{Transition, Verdict};

/// What is known beside the transition itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Context {
    /// Where the work is done, as `<mode>:<root>`; needed to begin it.
    pub workspace: Option<String>,
    /// The subtasks of the package that aren't done: [`super::WorkPackage::open_subtasks`].
    pub open_subtasks: Vec<String>,
    /// Whether there is something to review. The Python tool takes any earlier transition for it.
    pub has_implementation: bool,
}

/// Checks a transition. Force with actor and reason sets aside every rule, but for those about lanes that only the log
/// itself uses.
///
/// # Errors
/// The first rule that forbids it.
pub fn check(transition: &Transition, context: &Context) -> Result<(), Refusal> {
    rules(transition, context).map_err(|rule| Refusal {
        wp_id: transition.wp_id.clone(),
        from_lane: transition.from_lane,
        to_lane: transition.to_lane,
        rule,
    })
}

fn rules(transition: &Transition, context: &Context) -> Result<(), Rule> {
    let (from, to) = (transition.from_lane, transition.to_lane);
    if !to.is_display() {
        return Err(Rule::InternalLane);
    }
    if transition.force {
        needs(has_actor(transition), Rule::ForceNeedsActor)?;
        return needs(says(&transition.reason), Rule::ForceNeedsReason);
    }
    if !from.targets().contains(&to) {
        return Err(if from == to {
            Rule::SameLane
        } else if from.is_terminal() {
            Rule::TerminalLane
        } else {
            Rule::NoEdge
        });
    }
    match (from, to) {
        (Lane::Planned, Lane::Claimed) | (Lane::ForReview, Lane::InReview) => {
            needs(has_actor(transition), Rule::NeedsActor)
        }
        (Lane::Claimed, Lane::InProgress) => needs(says(&context.workspace), Rule::NeedsWorkspace),
        (Lane::InProgress, Lane::ForReview) => {
            if !context.open_subtasks.is_empty() {
                return Err(Rule::OpenSubtasks(context.open_subtasks.clone()));
            }
            needs(context.has_implementation, Rule::NeedsImplementation)
        }
        (Lane::InProgress, Lane::Approved) | (Lane::Approved, Lane::Done) => approval(transition),
        (Lane::InProgress, Lane::Planned) => needs(says(&transition.reason), Rule::NeedsReason),
        (Lane::InReview, _) => review(transition),
        (Lane::Approved, Lane::InProgress | Lane::Planned) => {
            needs(says(&transition.review_ref), Rule::NeedsReviewRef)
        }
        _ => Ok(()),
    }
}

fn needs(given: bool, rule: Rule) -> Result<(), Rule> {
    if given { Ok(()) } else { Err(rule) }
}

fn says(text: &Option<String>) -> bool {
    text.as_deref().is_some_and(|text| !text.trim().is_empty())
}

fn has_actor(transition: &Transition) -> bool {
    !transition.actor.label().trim().is_empty()
}

/// Approved and done take a reviewer's approval as evidence.
fn approval(transition: &Transition) -> Result<(), Rule> {
    let Some(evidence) = &transition.evidence else {
        return Err(Rule::NeedsApproval(Part::Whole));
    };
    let review = &evidence.review;
    let blank = |text: &str| text.trim().is_empty();
    if blank(&review.reviewer) {
        return Err(Rule::NeedsApproval(Part::Reviewer));
    }
    if blank(&review.reference) {
        return Err(Rule::NeedsApproval(Part::Reference));
    }
    needs(
        review.verdict == Verdict::Approved,
        Rule::NeedsApproval(Part::Verdict),
    )
}

/// Nothing leaves a review without its outcome, and nothing in the row may contradict it.
fn review(transition: &Transition) -> Result<(), Rule> {
    let Some(result) = &transition.review_result else {
        return Err(Rule::NeedsReviewResult(Part::Whole));
    };
    if result.reviewer.trim().is_empty() {
        return Err(Rule::NeedsReviewResult(Part::Reviewer));
    }
    if result.reference.trim().is_empty() {
        return Err(Rule::NeedsReviewResult(Part::Reference));
    }
    if matches!(transition.to_lane, Lane::Approved | Lane::Done) {
        if result.verdict != Verdict::Approved {
            return Err(Rule::NotApproved);
        }
        if transition.evidence.is_some() {
            approval(transition)?;
        }
    }
    if let Some(review_ref) = &transition.review_ref
        && *review_ref != result.reference
    {
        return Err(Rule::ReviewRefDiffers);
    }
    if let Some(evidence) = &transition.evidence {
        let review = &evidence.review;
        let agrees = review.reviewer == result.reviewer
            && review.verdict == result.verdict
            && review.reference == result.reference;
        return needs(agrees, Rule::EvidenceDiffers);
    }
    Ok(())
}
