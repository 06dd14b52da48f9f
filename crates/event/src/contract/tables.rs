//! The fields of each event type, as tables.

use super::lanes::{self, LANES};
use super::shape::Kind::{
    Actor, Bool, Filled, Int, Number, Object, Objects, OneOf, Share, Text, TextMap, Texts, Time,
    Url,
};
use super::shape::{Rule, Shape, closed, field, may, must, open, or_null, with};

const LEVELS: &[&str] = &["low", "medium", "high"];
const STRICTNESS: &[&str] = &["off", "medium", "max"];
const ALGORITHMS: &[&str] = &["sha256", "sha512", "md5"];

// Work packages.

static REPO: Shape = open(&[
    must("repo", Filled),
    must("branch", Filled),
    must("commit", Filled),
    or_null("files_touched", Texts(0)),
]);
static VERIFICATION: Shape = open(&[
    must("command", Filled),
    must("result", Filled),
    or_null("summary", Text),
]);
static REVIEW: Shape = open(&[
    must("reviewer", Filled),
    must("verdict", Filled),
    or_null("reference", Text),
]);
static EVIDENCE: Shape = open(&[
    must("repos", Objects(&REPO, 1)),
    may("verification", Objects(&VERIFICATION, 0)),
    must("review", Object(&REVIEW)),
]);
static TRANSITION: Shape = Shape {
    base: None,
    fields: &[
        must("mission_slug", Filled),
        must("wp_id", Filled),
        or_null("from_lane", OneOf(LANES)),
        must("to_lane", OneOf(LANES)),
        must("actor", Actor),
        may("force", Bool),
        or_null("reason", Text),
        must("execution_mode", OneOf(&["worktree", "direct_repo"])),
        or_null("review_ref", Text),
        or_null("evidence", Object(&EVIDENCE)),
    ],
    closed: true,
    rule: Some(Rule {
        check: lanes::transition,
        describe: lanes::describe,
    }),
};
static WP_CREATED: Shape = closed(&[
    must("mission_slug", Filled),
    or_null("mission_number", Int(1)),
    must("wp_id", Filled),
    must("wp_title", Filled),
    or_null("wp_path", Filled),
    may("depends_on", Texts(0)),
    must("actor", Filled),
    or_null("created_at", Time),
]);
static WP_ASSIGNED: Shape = closed(&[
    must("wp_id", Filled),
    must("agent_id", Filled),
    must("phase", Filled),
    may("retry_count", Int(0)),
]);
static HISTORY_ADDED: Shape = closed(&[
    must("wp_id", Filled),
    must("entry_type", Filled),
    must("entry_content", Filled),
    must("author", Filled),
]);
static ERROR_LOGGED: Shape = closed(&[
    must("error_type", Filled),
    must("error_message", Filled),
    or_null("wp_id", Filled),
    or_null("stack_trace", Text),
    or_null("agent_id", Filled),
]);
static DEPENDENCY_RESOLVED: Shape = closed(&[
    must("wp_id", Filled),
    must("dependency_wp_id", Filled),
    must("resolution_type", Filled),
]);

// Missions and projects.

static MISSION_CREATED: Shape = closed(&[
    or_null("mission_id", Filled),
    must("mission_slug", Filled),
    field("mission_number", Int(1), true, true),
    must("mission_type", Filled),
    must("target_branch", Filled),
    must("wp_count", Int(0)),
    must("friendly_name", Filled),
    must("purpose_tldr", Filled),
    must("purpose_context", Filled),
    or_null("created_at", Filled),
]);
static MISSION_CLOSED: Shape = closed(&[
    must("mission_slug", Filled),
    must("mission_number", Int(1)),
    must("mission_type", Filled),
]);
static MISSION_STARTED: Shape = open(&[
    must("mission_id", Filled),
    must("mission_type", Filled),
    must("initial_phase", Filled),
    must("actor", Filled),
]);
static MISSION_COMPLETED: Shape = open(&[
    must("mission_id", Filled),
    must("mission_type", Filled),
    must("final_phase", Filled),
    must("actor", Filled),
]);
static MISSION_CANCELLED: Shape = open(&[
    must("mission_id", Filled),
    must("reason", Filled),
    must("actor", Filled),
    may("cancelled_wp_ids", Texts(0)),
]);
static MISSION_ORIGIN_BOUND: Shape = closed(&[
    must("mission_slug", Filled),
    must("provider", Filled),
    must("external_issue_id", Filled),
    must("external_issue_key", Filled),
    must("external_issue_url", Filled),
    must("title", Filled),
    or_null("mission_id", Filled),
]);
static PHASE_ENTERED: Shape = open(&[
    must("mission_id", Filled),
    must("phase_name", Filled),
    or_null("previous_phase", Filled),
    must("actor", Filled),
]);
static REVIEW_ROLLBACK: Shape = open(&[
    must("mission_id", Filled),
    must("review_ref", Filled),
    must("target_phase", Filled),
    may("affected_wp_ids", Texts(0)),
    must("actor", Filled),
]);
static PROJECT_INITIALIZED: Shape = closed(&[
    must("project_uuid", Filled),
    or_null("project_slug", Filled),
    must("actor", Filled),
    or_null("runtime_version", Filled),
    or_null("initialized_at", Time),
]);
static ARTIFACT_STARTED: Shape = closed(&[
    must("mission_slug", Filled),
    or_null("mission_number", Int(1)),
    must("actor", Filled),
    or_null("at", Time),
]);
static ARTIFACT_COMPLETED: Shape = with(
    &ARTIFACT_STARTED,
    closed(&[must("artifact_path", Filled), or_null("summary", Text)]),
);
static TASKS_COMPLETED: Shape = with(
    &ARTIFACT_STARTED,
    closed(&[
        must("artifact_path", Filled),
        must("wp_count", Int(0)),
        or_null("summary", Text),
    ]),
);
static BUILD_REGISTERED: Shape = closed(&[
    or_null("repo_slug", Filled),
    or_null("git_branch", Filled),
    or_null("head_commit_sha", Filled),
]);
static BUILD_HEARTBEAT: Shape = with(
    &BUILD_REGISTERED,
    closed(&[
        or_null("remote_head", Filled),
        or_null("ahead_of_remote", Int(0)),
        or_null("behind_remote", Int(0)),
        or_null("recent_commits", Texts(0)),
    ]),
);

// Gates.

static GATE: Shape = open(&[
    must("gate_name", Filled),
    must("gate_type", OneOf(&["ci"])),
    must("external_provider", OneOf(&["github"])),
    must("check_run_id", Number),
    must("check_run_url", Url),
    must("delivery_id", Filled),
    or_null("pr_number", Number),
]);
static GATE_PASSED: Shape = with(&GATE, open(&[must("conclusion", OneOf(&["success"]))]));
static GATE_FAILED: Shape = with(
    &GATE,
    open(&[must(
        "conclusion",
        OneOf(&["failure", "timed_out", "cancelled", "action_required"]),
    )]),
);

// The glossary.

static SCOPE_ACTIVATED: Shape = open(&[
    must("mission_id", Filled),
    must("scope_id", Filled),
    must(
        "scope_type",
        OneOf(&[
            "spec_kitty_core",
            "team_domain",
            "audience_domain",
            "mission_local",
        ]),
    ),
    must("glossary_version_id", Filled),
]);
static TERM_OBSERVED: Shape = open(&[
    must("mission_id", Filled),
    must("scope_id", Filled),
    must("step_id", Filled),
    must("term_surface", Filled),
    must("confidence", Share),
    must("actor", Filled),
    may("step_metadata", TextMap),
]);
static CONFLICT: Shape = open(&[
    must("term", Filled),
    must("nature", OneOf(&["overloaded", "drift", "ambiguous"])),
    must("severity", OneOf(LEVELS)),
    must("description", Text),
]);
static CHECK_EVALUATED: Shape = open(&[
    must("mission_id", Filled),
    must("scope_id", Filled),
    must("step_id", Filled),
    must("conflicts", Objects(&CONFLICT, 0)),
    must("severity", OneOf(LEVELS)),
    must("confidence", Share),
    must("recommended_action", OneOf(&["block", "warn", "pass"])),
    must("effective_strictness", OneOf(STRICTNESS)),
    may("step_metadata", TextMap),
]);
static CLARIFICATION_REQUESTED: Shape = open(&[
    must("mission_id", Filled),
    must("scope_id", Filled),
    must("step_id", Filled),
    must("semantic_check_event_id", Filled),
    must("term", Filled),
    must("question", Text),
    must("options", Texts(0)),
    must("urgency", OneOf(LEVELS)),
    must("actor", Filled),
]);
static CLARIFICATION_RESOLVED: Shape = open(&[
    must("mission_id", Filled),
    must("clarification_event_id", Filled),
    must("selected_meaning", Filled),
    must("actor", Filled),
]);
static SENSE_UPDATED: Shape = open(&[
    must("mission_id", Filled),
    must("scope_id", Filled),
    must("term_surface", Filled),
    or_null("before_sense", Text),
    must("after_sense", Filled),
    must("reason", Text),
    must("actor", Filled),
]);
static GENERATION_BLOCKED: Shape = open(&[
    must("mission_id", Filled),
    must("step_id", Filled),
    must("conflict_event_ids", Texts(1)),
    must("blocking_strictness", OneOf(&["medium", "max"])),
    may("step_metadata", TextMap),
]);
static STRICTNESS_SET: Shape = open(&[
    must("mission_id", Filled),
    must("new_strictness", OneOf(STRICTNESS)),
    or_null("previous_strictness", OneOf(STRICTNESS)),
    must("actor", Filled),
]);

// Runs.

static RUNTIME_ACTOR: Shape = open(&[
    must("actor_id", Filled),
    must("actor_type", OneOf(&["human", "llm", "service"])),
    may("display_name", Text),
    or_null("provider", Text),
    or_null("model", Text),
    or_null("tool", Text),
]);
static RUN: Shape = open(&[
    must("run_id", Filled),
    must("mission_type", Filled),
    must("actor", Object(&RUNTIME_ACTOR)),
]);
static STEP_ISSUED: Shape = open(&[
    must("run_id", Filled),
    must("step_id", Filled),
    must("agent_id", Filled),
    must("actor", Object(&RUNTIME_ACTOR)),
]);
static STEP_COMPLETED: Shape = with(&STEP_ISSUED, open(&[must("result", Filled)]));
static INPUT_REQUESTED: Shape = open(&[
    must("run_id", Filled),
    must("decision_id", Filled),
    must("step_id", Filled),
    must("question", Filled),
    may("options", Texts(0)),
    or_null("input_key", Text),
    must("actor", Object(&RUNTIME_ACTOR)),
]);
static INPUT_ANSWERED: Shape = open(&[
    must("run_id", Filled),
    must("decision_id", Filled),
    must("answer", Filled),
    must("actor", Object(&RUNTIME_ACTOR)),
]);

// Deliveries between services.

static DELIVERY: Shape = open(&[
    must("delivery_id", Filled),
    must("source_event_fingerprint", Filled),
    must("connector_id", Filled),
    must("mission_id", Filled),
    must("recorded_at", Time),
]);
static INGEST_ACCEPTED: Shape = with(
    &DELIVERY,
    open(&[
        must("ingest_batch_id", Filled),
        must("ingested_count", Int(1)),
    ]),
);
static INGEST_REJECTED: Shape = with(
    &DELIVERY,
    open(&[
        must("rejection_reason", Filled),
        must("rejected_payload_ref", Filled),
    ]),
);
static RETRY_SCHEDULED: Shape = with(
    &DELIVERY,
    open(&[
        must("retry_attempt", Int(1)),
        must("max_retries", Int(1)),
        must("next_retry_at", Time),
    ]),
);
static DEAD_LETTERED: Shape = with(
    &DELIVERY,
    open(&[
        must("failure_reason", Filled),
        must("total_attempts", Int(1)),
        must("dead_letter_ref", Filled),
    ]),
);
static REPLAY_COMPLETED: Shape = with(
    &DELIVERY,
    open(&[
        must("replay_id", Filled),
        must("replayed_count", Int(0)),
        must("replay_source", Filled),
    ]),
);
static REFERENCE_LINKED: Shape = open(&[
    must("link_id", Filled),
    must("connector_id", Filled),
    must("external_provider", Filled),
    must("external_ref_type", Filled),
    must("external_ref_id", Filled),
    must("external_ref_url", Url),
    must("internal_aggregate_type", Filled),
    must("internal_aggregate_id", Filled),
    must("mission_id", Filled),
    must("linked_by", Filled),
    must("recorded_at", Time),
]);

// Dossiers.

static NAMESPACE: Shape = closed(&[
    must("project_uuid", Filled),
    must("mission_slug", Filled),
    must("target_branch", Filled),
    must("mission_type", Filled),
    must("manifest_version", Filled),
    or_null("step_id", Text),
]);
static ARTIFACT: Shape = closed(&[
    must("mission_type", Filled),
    must("path", Filled),
    must(
        "artifact_class",
        OneOf(&[
            "input", "workflow", "output", "evidence", "policy", "runtime",
        ]),
    ),
    or_null("run_id", Text),
    or_null("wp_id", Text),
]);
static CONTENT: Shape = closed(&[
    must("hash", Filled),
    must("algorithm", OneOf(ALGORITHMS)),
    or_null("size_bytes", Int(0)),
    or_null("encoding", Text),
]);
static PROVENANCE: Shape = closed(&[
    or_null("source_event_ids", Texts(0)),
    or_null("git_sha", Text),
    or_null("git_ref", Text),
    or_null("actor_id", Text),
    or_null("actor_kind", OneOf(&["human", "llm", "system"])),
    or_null("revised_at", Text),
]);
static ARTIFACT_INDEXED: Shape = closed(&[
    must("namespace", Object(&NAMESPACE)),
    must("artifact_id", Object(&ARTIFACT)),
    must("content_ref", Object(&CONTENT)),
    must("indexed_at", Text),
    or_null("provenance", Object(&PROVENANCE)),
    or_null("step_id", Text),
    or_null("supersedes", Object(&ARTIFACT)),
    or_null("context_diagnostics", TextMap),
]);
static SNAPSHOT_COMPUTED: Shape = closed(&[
    must("namespace", Object(&NAMESPACE)),
    must("snapshot_hash", Filled),
    must("artifact_count", Int(0)),
    must("anomaly_count", Int(0)),
    must("computed_at", Text),
    or_null("algorithm", OneOf(ALGORITHMS)),
    or_null("context_diagnostics", TextMap),
]);

/// The shape of each event type's payload.
pub(super) static TABLE: &[(&str, &Shape)] = &[
    ("WPStatusChanged", &TRANSITION),
    ("WPCreated", &WP_CREATED),
    ("WPAssigned", &WP_ASSIGNED),
    ("HistoryAdded", &HISTORY_ADDED),
    ("ErrorLogged", &ERROR_LOGGED),
    ("DependencyResolved", &DEPENDENCY_RESOLVED),
    ("MissionCreated", &MISSION_CREATED),
    ("MissionClosed", &MISSION_CLOSED),
    ("MissionStarted", &MISSION_STARTED),
    ("MissionCompleted", &MISSION_COMPLETED),
    ("MissionCancelled", &MISSION_CANCELLED),
    ("MissionOriginBound", &MISSION_ORIGIN_BOUND),
    ("PhaseEntered", &PHASE_ENTERED),
    ("ReviewRollback", &REVIEW_ROLLBACK),
    ("ProjectInitialized", &PROJECT_INITIALIZED),
    ("SpecifyStarted", &ARTIFACT_STARTED),
    ("PlanStarted", &ARTIFACT_STARTED),
    ("TasksStarted", &ARTIFACT_STARTED),
    ("SpecifyCompleted", &ARTIFACT_COMPLETED),
    ("PlanCompleted", &ARTIFACT_COMPLETED),
    ("TasksCompleted", &TASKS_COMPLETED),
    ("BuildRegistered", &BUILD_REGISTERED),
    ("BuildHeartbeat", &BUILD_HEARTBEAT),
    ("GatePassed", &GATE_PASSED),
    ("GateFailed", &GATE_FAILED),
    ("GlossaryScopeActivated", &SCOPE_ACTIVATED),
    ("TermCandidateObserved", &TERM_OBSERVED),
    ("SemanticCheckEvaluated", &CHECK_EVALUATED),
    ("GlossaryClarificationRequested", &CLARIFICATION_REQUESTED),
    ("GlossaryClarificationResolved", &CLARIFICATION_RESOLVED),
    ("GlossarySenseUpdated", &SENSE_UPDATED),
    ("GenerationBlockedBySemanticConflict", &GENERATION_BLOCKED),
    ("GlossaryStrictnessSet", &STRICTNESS_SET),
    ("MissionRunStarted", &RUN),
    ("MissionRunCompleted", &RUN),
    ("NextStepIssued", &STEP_ISSUED),
    ("NextStepAutoCompleted", &STEP_COMPLETED),
    ("DecisionInputRequested", &INPUT_REQUESTED),
    ("DecisionInputAnswered", &INPUT_ANSWERED),
    ("SyncIngestAccepted", &INGEST_ACCEPTED),
    ("SyncIngestRejected", &INGEST_REJECTED),
    ("SyncRetryScheduled", &RETRY_SCHEDULED),
    ("SyncDeadLettered", &DEAD_LETTERED),
    ("SyncReplayCompleted", &REPLAY_COMPLETED),
    ("ExternalReferenceLinked", &REFERENCE_LINKED),
    ("MissionDossierArtifactIndexed", &ARTIFACT_INDEXED),
    ("MissionDossierSnapshotComputed", &SNAPSHOT_COMPUTED),
];

/// Returns the shape of an event type's payload.
pub(super) fn shape(event_type: &str) -> Option<&'static Shape> {
    TABLE
        .iter()
        .find(|(name, _)| *name == event_type)
        .map(|(_, shape)| *shape)
}
