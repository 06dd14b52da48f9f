use proptest::prelude::*;

use crate::status::{
    Actor, Approval, Binding, Context, Evidence, ExecutionMode, Lane, Part, ReviewResult, Rule,
    Transition, Verdict, check,
};

fn transition(from_lane: Lane, to_lane: Lane) -> Transition {
    Transition {
        event_id: super::id(1).parse().unwrap(),
        at: super::at(1),
        mission_slug: "a-mission".parse().unwrap(),
        mission_id: None,
        wp_id: "WP01".parse().unwrap(),
        from_lane,
        to_lane,
        actor: Actor::name("user"),
        force: false,
        execution_mode: ExecutionMode::Worktree,
        reason: None,
        reason_source: None,
        review_ref: None,
        evidence: None,
        review_result: None,
        policy_metadata: None,
    }
}

fn ready() -> Context {
    Context {
        workspace: Some("worktree:/w".to_owned()),
        open_subtasks: Vec::new(),
        has_implementation: true,
    }
}

fn evidence(reviewer: &str, verdict: Verdict, reference: &str) -> Option<Evidence> {
    Some(Evidence {
        review: Approval {
            reviewer: reviewer.to_owned(),
            verdict,
            reference: reference.to_owned(),
        },
        repos: Vec::new(),
        verification: Vec::new(),
    })
}

fn result(reviewer: &str, verdict: Verdict, reference: &str) -> Option<ReviewResult> {
    Some(ReviewResult {
        reviewer: reviewer.to_owned(),
        verdict,
        reference: reference.to_owned(),
        feedback_path: None,
    })
}

fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

/// The rule that forbids it, if one does.
fn rule(transition: &Transition, context: &Context) -> Option<Rule> {
    check(transition, context).err().map(|refusal| refusal.rule)
}

#[test]
fn the_way_from_genesis_to_done_is_open() {
    let approved = Verdict::Approved;
    let mut steps = [
        transition(Lane::Genesis, Lane::Planned),
        transition(Lane::Planned, Lane::Claimed),
        transition(Lane::Claimed, Lane::InProgress),
        transition(Lane::InProgress, Lane::ForReview),
        transition(Lane::ForReview, Lane::InReview),
        transition(Lane::InReview, Lane::Approved),
        transition(Lane::Approved, Lane::Done),
    ];
    steps[5].review_result = result("r", approved, "PR 1");
    steps[6].evidence = evidence("r", approved, "PR 1");
    for step in &steps {
        assert_eq!(check(step, &ready()), Ok(()), "{}", step.to_lane);
    }
}

#[test]
fn a_lane_that_does_not_follow_is_refused() {
    for (from, to, forbidden) in [
        (Lane::Planned, Lane::Done, Rule::NoEdge),
        (Lane::Genesis, Lane::Claimed, Rule::NoEdge),
        (Lane::Uninitialized, Lane::Planned, Rule::NoEdge),
        (Lane::Planned, Lane::Planned, Rule::SameLane),
        (Lane::Done, Lane::Done, Rule::SameLane),
        (Lane::Done, Lane::InProgress, Rule::TerminalLane),
        (Lane::Canceled, Lane::Planned, Rule::TerminalLane),
        (Lane::Planned, Lane::Genesis, Rule::InternalLane),
        (Lane::Planned, Lane::Uninitialized, Rule::InternalLane),
    ] {
        let refused = rule(&transition(from, to), &ready());
        assert_eq!(refused, Some(forbidden), "{from} {to}");
    }
}

#[test]
fn force_with_actor_and_reason_sets_rules_aside() {
    for from in Lane::ALL {
        for to in Lane::ALL {
            let mut forced = transition(from, to);
            forced.force = true;
            forced.reason = text("because");
            let expected = (!to.is_display()).then_some(Rule::InternalLane);
            assert_eq!(rule(&forced, &Context::default()), expected, "{from} {to}");
        }
    }
}

#[test]
fn force_says_who_and_why() {
    let mut forced = transition(Lane::Done, Lane::Planned);
    forced.force = true;
    assert_eq!(rule(&forced, &ready()), Some(Rule::ForceNeedsReason));
    forced.reason = text("  ");
    assert_eq!(rule(&forced, &ready()), Some(Rule::ForceNeedsReason));
    forced.reason = text("why");
    forced.actor = Actor::name(" ");
    assert_eq!(rule(&forced, &ready()), Some(Rule::ForceNeedsActor));
    // An edge that is open asks for it too.
    forced.from_lane = Lane::Genesis;
    assert_eq!(rule(&forced, &ready()), Some(Rule::ForceNeedsActor));
}

#[test]
fn each_guard_names_what_is_missing() {
    let (approved, changes) = (Verdict::Approved, Verdict::ChangesRequested);
    let mut claim = transition(Lane::Planned, Lane::Claimed);
    claim.actor = Actor::name("");
    assert_eq!(rule(&claim, &ready()), Some(Rule::NeedsActor));
    let mut take = transition(Lane::ForReview, Lane::InReview);
    take.actor = Actor::Binding(Box::new(Binding {
        role: None,
        profile: text("p").map(Into::into),
        tool: None,
        model: None,
    }));
    assert_eq!(rule(&take, &ready()), Some(Rule::NeedsActor));

    let begin = transition(Lane::Claimed, Lane::InProgress);
    assert_eq!(
        rule(&begin, &Context::default()),
        Some(Rule::NeedsWorkspace)
    );

    let hand_in = transition(Lane::InProgress, Lane::ForReview);
    let open = Context {
        open_subtasks: vec!["T002".to_owned(), "T003".to_owned()],
        has_implementation: false,
        ..ready()
    };
    let subtasks = Rule::OpenSubtasks(open.open_subtasks.clone());
    assert_eq!(rule(&hand_in, &open), Some(subtasks));
    let unseen = Context {
        has_implementation: false,
        ..ready()
    };
    assert_eq!(rule(&hand_in, &unseen), Some(Rule::NeedsImplementation));

    let mut give_up = transition(Lane::InProgress, Lane::Planned);
    assert_eq!(rule(&give_up, &ready()), Some(Rule::NeedsReason));
    give_up.reason = text("too big");
    assert_eq!(rule(&give_up, &ready()), None);

    for from in [Lane::InProgress, Lane::Approved] {
        let to = if from == Lane::Approved {
            Lane::Done
        } else {
            Lane::Approved
        };
        for (given, missing) in [
            (None, Some(Part::Whole)),
            (evidence(" ", approved, "PR"), Some(Part::Reviewer)),
            (evidence("r", approved, ""), Some(Part::Reference)),
            (evidence("r", changes, "PR"), Some(Part::Verdict)),
            (evidence("r", approved, "PR"), None),
        ] {
            let mut end = transition(from, to);
            end.evidence = given;
            assert_eq!(rule(&end, &ready()), missing.map(Rule::NeedsApproval));
        }
    }

    for to in [Lane::InProgress, Lane::Planned] {
        let mut reopen = transition(Lane::Approved, to);
        assert_eq!(rule(&reopen, &ready()), Some(Rule::NeedsReviewRef));
        reopen.review_ref = text("PR");
        assert_eq!(rule(&reopen, &ready()), None);
    }
}

#[test]
fn nothing_leaves_a_review_without_its_outcome() {
    let (approved, changes) = (Verdict::Approved, Verdict::ChangesRequested);
    for to in Lane::InReview.targets() {
        let mut leave = transition(Lane::InReview, *to);
        assert_eq!(
            rule(&leave, &ready()),
            Some(Rule::NeedsReviewResult(Part::Whole)),
            "{to}"
        );
        leave.review_result = result("", approved, "PR");
        assert_eq!(
            rule(&leave, &ready()),
            Some(Rule::NeedsReviewResult(Part::Reviewer)),
            "{to}"
        );
        leave.review_result = result("r", approved, " ");
        assert_eq!(
            rule(&leave, &ready()),
            Some(Rule::NeedsReviewResult(Part::Reference)),
            "{to}"
        );
        leave.review_result = result("r", changes, "PR");
        let is_end = matches!(to, Lane::Approved | Lane::Done);
        assert_eq!(
            rule(&leave, &ready()),
            is_end.then_some(Rule::NotApproved),
            "{to}"
        );
        leave.review_result = result("r", approved, "PR");
        assert_eq!(rule(&leave, &ready()), None, "{to}");
    }
}

#[test]
fn what_a_row_says_of_a_review_agrees() {
    let approved = Verdict::Approved;
    let mut leave = transition(Lane::InReview, Lane::Approved);
    leave.review_result = result("r", approved, "PR");
    leave.review_ref = text("another");
    assert_eq!(rule(&leave, &ready()), Some(Rule::ReviewRefDiffers));
    leave.review_ref = text("PR");
    leave.evidence = evidence("another", approved, "PR");
    assert_eq!(rule(&leave, &ready()), Some(Rule::EvidenceDiffers));
    leave.evidence = evidence("r", approved, "PR");
    assert_eq!(rule(&leave, &ready()), None);
    leave.evidence = evidence("r", Verdict::ChangesRequested, "PR");
    assert_eq!(
        rule(&leave, &ready()),
        Some(Rule::NeedsApproval(Part::Verdict))
    );
}

#[test]
fn a_refusal_says_the_rule_the_cause_and_the_next_command() {
    let refused = |transition: &Transition, context: &Context| {
        let refusal = check(transition, context).unwrap_err();
        (refusal.code(), refusal.to_string(), refusal.next_step())
    };
    assert_eq!(
        refused(&transition(Lane::InProgress, Lane::Planned), &ready()),
        (
            "TRANSITION_NEEDS_REASON",
            "WP01 can't move from in_progress to planned: a reason is missing; say it with --reason TEXT".to_owned(),
            text("pawtrail wp move --help"),
        )
    );
    let open = Context {
        open_subtasks: vec!["T002".to_owned()],
        ..ready()
    };
    assert_eq!(
        refused(&transition(Lane::InProgress, Lane::ForReview), &open),
        (
            "TRANSITION_SUBTASKS_OPEN",
            "WP01 can't move from in_progress to for_review: subtasks aren't done: T002".to_owned(),
            text("pawtrail wp subtask WP01 T002 done"),
        )
    );
    assert_eq!(
        refused(&transition(Lane::Genesis, Lane::InProgress), &ready()),
        (
            "TRANSITION_NOT_ALLOWED",
            "WP01 can't move from genesis to in_progress: the one lane doesn't follow the other; genesis is followed by planned, \
             canceled, and by anything else with --force"
                .to_owned(),
            text("pawtrail wp move WP01 planned"),
        )
    );
    // The first step of the way would need a reason, which nobody but the user has.
    let (_, _, next) = refused(&transition(Lane::InProgress, Lane::Claimed), &ready());
    assert_eq!(next, text("pawtrail wp move --help"));
    let (code, message, next) = refused(&transition(Lane::Done, Lane::Done), &ready());
    assert_eq!((code, next), ("TRANSITION_SAME_LANE", None));
    assert!(message.ends_with("it is there already"));
}

/// A rule with each of its messages, codes and options.
#[test]
fn every_rule_has_a_message_and_a_code_of_its_own() {
    let parts = [Part::Whole, Part::Reviewer, Part::Reference, Part::Verdict];
    let mut rules = vec![
        Rule::InternalLane,
        Rule::SameLane,
        Rule::TerminalLane,
        Rule::NoEdge,
        Rule::ForceNeedsActor,
        Rule::ForceNeedsReason,
        Rule::NeedsActor,
        Rule::NeedsWorkspace,
        Rule::OpenSubtasks(vec!["T1".to_owned()]),
        Rule::SubtasksUnknown("why".to_owned()),
        Rule::NeedsImplementation,
        Rule::NeedsReason,
        Rule::NotApproved,
        Rule::NeedsReviewRef,
        Rule::ReviewRefDiffers,
        Rule::EvidenceDiffers,
    ];
    rules.extend(parts.map(Rule::NeedsApproval));
    rules.extend(parts.map(Rule::NeedsReviewResult));
    let messages: std::collections::BTreeSet<String> =
        rules.iter().map(ToString::to_string).collect();
    assert_eq!(messages.len(), rules.len());
    let codes: std::collections::BTreeSet<&str> = rules.iter().map(Rule::code).collect();
    assert_eq!(codes.len(), 18);
    for rule in &rules {
        assert!(rule.code().starts_with("TRANSITION_"));
        assert!(
            rule.options()
                .is_none_or(|options| options.starts_with("--"))
        );
    }
}

proptest! {
    /// Without force nothing passes that has no edge, and nothing passes to a lane of the log itself.
    #[test]
    fn only_edges_pass_without_force(from in 0..11_usize, to in 0..11_usize, force in any::<bool>()) {
        let (from, to) = (Lane::ALL[from], Lane::ALL[to]);
        let mut any = transition(from, to);
        any.force = force;
        any.reason = text("why");
        any.review_ref = text("PR");
        any.review_result = result("r", Verdict::Approved, "PR");
        any.evidence = evidence("r", Verdict::Approved, "PR");
        let allowed = if force { to.is_display() } else { from.targets().contains(&to) };
        prop_assert_eq!(check(&any, &ready()).is_ok(), allowed);
    }
}

#[test]
fn the_way_to_a_lane_is_the_shortest_one() {
    assert_eq!(Lane::Genesis.towards(Lane::Done), Some(Lane::Planned));
    assert_eq!(Lane::Planned.towards(Lane::InReview), Some(Lane::Claimed));
    assert_eq!(Lane::InProgress.towards(Lane::Done), Some(Lane::Approved));
    assert_eq!(Lane::Blocked.towards(Lane::Planned), Some(Lane::InProgress));
    assert_eq!(Lane::Done.towards(Lane::Planned), None);
    for from in Lane::DISPLAY {
        for to in from.targets() {
            assert_eq!(from.towards(*to), Some(*to));
        }
    }
}
