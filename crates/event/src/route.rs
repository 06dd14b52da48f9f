//! Where an event goes: ONE table by event type, that every writer asks.

/// A log that is committed with its mission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Journal {
    /// `decisions.events.jsonl`.
    Decisions,
    /// `status.events.jsonl`.
    Status,
}

/// A log that stays in the clone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LocalLog {
    /// `.kittify/events/glossary/`.
    Glossary,
    /// `run.events.jsonl` of a mission run.
    Run,
}

/// Where events of one type go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Route {
    /// The journal in git, if one.
    pub journal: Option<Journal>,
    /// The local log, if one.
    pub local_log: Option<LocalLog>,
    /// Whether they enter the queue to the hub.
    pub queue: bool,
}

/// Returns the route of an event type; none where the type is unknown, and nothing may be written.
pub fn route(event_type: &str) -> Option<&'static Route> {
    TABLE
        .iter()
        .find(|(name, _)| *name == event_type)
        .map(|(_, route)| route)
}

const fn to(journal: Option<Journal>, local_log: Option<LocalLog>, queue: bool) -> Route {
    Route {
        journal,
        local_log,
        queue,
    }
}

/// In git alone: the team reads it there.
const DECISIONS: Route = to(Some(Journal::Decisions), None, false);
/// In git, and to the hub.
const STATUS_AND_QUEUE: Route = to(Some(Journal::Status), None, true);
/// In git, and of no interest to the hub.
const STATUS: Route = to(Some(Journal::Status), None, false);
/// Noise to anyone but this clone.
const GLOSSARY: Route = to(None, Some(LocalLog::Glossary), false);
/// What the team has to see or answer.
const GLOSSARY_AND_QUEUE: Route = to(None, Some(LocalLog::Glossary), true);
/// The run's own bookkeeping; the hub gets the mission events that it maps to.
const RUN: Route = to(None, Some(LocalLog::Run), false);
/// To the hub, which is where it is read.
const QUEUE: Route = to(None, None, true);

/// Every event type that is known, with its route.
pub static TABLE: &[(&str, Route)] = &[
    // Decisions of a run: git is their home, and the queue never sees them (FR-003).
    ("DecisionInputRequested", DECISIONS),
    ("DecisionInputAnswered", DECISIONS),
    // Lane transitions. Their rows in git carry no type; this names them for the queue.
    ("WPStatusChanged", STATUS_AND_QUEUE),
    // Annotations fold into the same snapshot as the lanes. The Python tool delivers none, and the contract has no payload
    // for them: no receiver knows them.
    ("InnerStateChanged", STATUS),
    // Lifecycle of missions and work packages.
    ("MissionCreated", STATUS_AND_QUEUE),
    ("SpecifyStarted", STATUS_AND_QUEUE),
    ("SpecifyCompleted", STATUS_AND_QUEUE),
    ("PlanStarted", STATUS_AND_QUEUE),
    ("PlanCompleted", STATUS_AND_QUEUE),
    ("TasksStarted", STATUS_AND_QUEUE),
    ("TasksCompleted", STATUS_AND_QUEUE),
    ("WPCreated", STATUS_AND_QUEUE),
    ("ReviewerSelfApproval", STATUS_AND_QUEUE),
    // Never delivered by the Python tool either: no receiver knows them.
    ("MissionReopened", STATUS),
    ("FollowUpRecorded", STATUS),
    // Stands in the project's own log, which is no mission's journal.
    ("ProjectInitialized", QUEUE),
    // Decisions of planning interviews live among the status rows, and are read there: the Python tool writes them and
    // delivers none.
    ("DecisionPointOpened", STATUS),
    ("DecisionPointResolved", STATUS),
    ("DecisionPointDeferred", STATUS),
    ("DecisionPointCanceled", STATUS),
    ("DecisionPointWidened", STATUS),
    ("DecisionPointDiscussing", STATUS),
    ("DecisionPointOverridden", STATUS),
    // Retrospectives, in both of their spellings, are read from git.
    ("RetrospectiveCaptured", STATUS),
    ("RetrospectiveCaptureFailed", STATUS),
    ("RetrospectiveSkipped", STATUS),
    ("retrospective.requested", STATUS),
    ("retrospective.started", STATUS),
    ("retrospective.completed", STATUS),
    ("retrospective.skipped", STATUS),
    ("retrospective.failed", STATUS),
    ("retrospective.proposal.generated", STATUS),
    ("retrospective.proposal.applied", STATUS),
    ("retrospective.proposal.rejected", STATUS),
    // A clarification asks the team and tells the team (FR-019, FR-020).
    ("GlossaryClarificationRequested", GLOSSARY_AND_QUEUE),
    ("GlossaryClarificationResolved", GLOSSARY_AND_QUEUE),
    // Every extraction step makes many of these (FR-018, NFR-004, C-003).
    ("GlossarySenseUpdated", GLOSSARY),
    ("TermCandidateObserved", GLOSSARY),
    ("SemanticCheckEvaluated", GLOSSARY),
    ("GlossaryScopeActivated", GLOSSARY),
    ("GlossaryStrictnessSet", GLOSSARY),
    ("GenerationBlockedBySemanticConflict", GLOSSARY),
    ("StepCheckpointed", GLOSSARY),
    // A run's steps stay with the run.
    ("MissionRunStarted", RUN),
    ("MissionRunCompleted", RUN),
    ("NextStepPlanned", RUN),
    ("NextStepIssued", RUN),
    ("NextStepAutoCompleted", RUN),
    ("SignificanceEvaluated", RUN),
    ("DecisionTimeoutExpired", RUN),
    // Names who was refused: nobody else's business.
    ("DecisionAuthorityDenied", RUN),
    // Who decides in a run, what of it is put off, and how it goes on after a block or with another template.
    ("MissionOwnerSet", RUN),
    ("DecisionDelegated", RUN),
    ("SoftGateRecorded", RUN),
    ("RunBlockCleared", RUN),
    ("RunTemplateAdopted", RUN),
    // A call of `next`, kept for this clone.
    ("MissionNextInvoked", RUN),
    // What a run's steps look like from outside.
    ("MissionStarted", QUEUE),
    ("PhaseEntered", QUEUE),
    ("MissionCompleted", QUEUE),
    // Derived from files that are in git anyway.
    ("MissionDossierArtifactIndexed", QUEUE),
    ("MissionDossierSnapshotComputed", QUEUE),
];

#[cfg(test)]
mod tests;
