//! The whole table, spelled out a second time by where the events go.

use std::collections::BTreeSet;

use super::*;

/// In the status journal and on the queue.
const STATUS_AND_HUB: [&str; 10] = [
    "MissionCreated",
    "PlanCompleted",
    "PlanStarted",
    "ReviewerSelfApproval",
    "SpecifyCompleted",
    "SpecifyStarted",
    "TasksCompleted",
    "TasksStarted",
    "WPCreated",
    "WPStatusChanged",
];
/// In the status journal alone.
const STATUS_ALONE: [&str; 21] = [
    "DecisionPointCanceled",
    "DecisionPointDeferred",
    "DecisionPointDiscussing",
    "DecisionPointOpened",
    "DecisionPointOverridden",
    "DecisionPointResolved",
    "DecisionPointWidened",
    "FollowUpRecorded",
    "InnerStateChanged",
    "MissionReopened",
    "RetrospectiveCaptureFailed",
    "RetrospectiveCaptured",
    "RetrospectiveSkipped",
    "retrospective.completed",
    "retrospective.failed",
    "retrospective.proposal.applied",
    "retrospective.proposal.generated",
    "retrospective.proposal.rejected",
    "retrospective.requested",
    "retrospective.skipped",
    "retrospective.started",
];
const GLOSSARY_AND_HUB: [&str; 2] = [
    "GlossaryClarificationRequested",
    "GlossaryClarificationResolved",
];
const GLOSSARY_ALONE: [&str; 7] = [
    "GenerationBlockedBySemanticConflict",
    "GlossaryScopeActivated",
    "GlossarySenseUpdated",
    "GlossaryStrictnessSet",
    "SemanticCheckEvaluated",
    "StepCheckpointed",
    "TermCandidateObserved",
];
const RUN_ALONE: [&str; 14] = [
    "DecisionAuthorityDenied",
    "DecisionDelegated",
    "DecisionTimeoutExpired",
    "MissionNextInvoked",
    "MissionOwnerSet",
    "MissionRunCompleted",
    "MissionRunStarted",
    "NextStepAutoCompleted",
    "NextStepIssued",
    "NextStepPlanned",
    "RunBlockCleared",
    "RunTemplateAdopted",
    "SignificanceEvaluated",
    "SoftGateRecorded",
];
const HUB_ALONE: [&str; 6] = [
    "MissionCompleted",
    "MissionDossierArtifactIndexed",
    "MissionDossierSnapshotComputed",
    "MissionStarted",
    "PhaseEntered",
    "ProjectInitialized",
];
const DECISIONS_ALONE: [&str; 2] = ["DecisionInputAnswered", "DecisionInputRequested"];

fn check(names: &[&str], journal: Option<Journal>, local_log: Option<LocalLog>, queue: bool) {
    for name in names {
        let expected = Route {
            journal,
            local_log,
            queue,
        };
        assert_eq!(route(name), Some(&expected), "{name}");
    }
}

#[test]
fn every_type_goes_where_it_belongs() {
    check(&DECISIONS_ALONE, Some(Journal::Decisions), None, false);
    check(&STATUS_AND_HUB, Some(Journal::Status), None, true);
    check(&STATUS_ALONE, Some(Journal::Status), None, false);
    check(&GLOSSARY_AND_HUB, None, Some(LocalLog::Glossary), true);
    check(&GLOSSARY_ALONE, None, Some(LocalLog::Glossary), false);
    check(&RUN_ALONE, None, Some(LocalLog::Run), false);
    check(&HUB_ALONE, None, None, true);
}

#[test]
fn the_table_holds_these_types_once_and_no_others() {
    let listed: BTreeSet<&str> = DECISIONS_ALONE
        .iter()
        .chain(&STATUS_AND_HUB)
        .chain(&STATUS_ALONE)
        .chain(&GLOSSARY_AND_HUB)
        .chain(&GLOSSARY_ALONE)
        .chain(&RUN_ALONE)
        .chain(&HUB_ALONE)
        .copied()
        .collect();
    let table: BTreeSet<&str> = TABLE.iter().map(|(name, _)| *name).collect();
    assert_eq!(table, listed);
    assert_eq!(TABLE.len(), table.len());
}

#[test]
fn an_event_has_one_home_at_most() {
    for (name, route) in TABLE {
        assert!(
            route.journal.is_none() || route.local_log.is_none(),
            "{name}"
        );
        assert!(
            route.queue || route.journal.is_some() || route.local_log.is_some(),
            "{name} goes nowhere"
        );
    }
}

#[test]
fn decisions_of_a_run_are_known_by_the_names_that_are_written() {
    for name in [crate::decision::REQUESTED, crate::decision::ANSWERED] {
        assert_eq!(
            route(name).and_then(|route| route.journal),
            Some(Journal::Decisions)
        );
    }
}

#[test]
fn an_unknown_type_has_no_route() {
    for name in [
        "",
        "decisioninputanswered",
        "DecisionInputAnswered ",
        "FeatureCreated",
    ] {
        assert_eq!(route(name), None);
    }
}
