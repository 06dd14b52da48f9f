//! The slots of a work package's snapshot beside its lane.

/// A slot. Each is missing, null, or holds a value; the order is that of their names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Slot {
    /// `agent`.
    Agent,
    /// `agent_profile`.
    AgentProfile,
    /// `agent_profile_version`.
    AgentProfileVersion,
    /// `assignee`.
    Assignee,
    /// `cancellation_reason`: of a canceled package, why.
    CancellationReason,
    /// `model`.
    Model,
    /// `notes`: a list.
    Notes,
    /// `provider`.
    Provider,
    /// `reason_source`: of a canceled package, who gave the reason: `operator` or `synthetic`.
    ReasonSource,
    /// `review`: an arbiter's word.
    Review,
    /// `review_result`: the reviewer's verdict.
    ReviewResult,
    /// `role`.
    Role,
    /// `shell_pid`.
    ShellPid,
    /// `shell_pid_created_at`.
    ShellPidCreatedAt,
    /// `subtasks`: states by id.
    Subtasks,
    /// `tracker_refs`: a list.
    TrackerRefs,
}

impl Slot {
    /// How many there are.
    pub(super) const COUNT: usize = Self::ALL.len();

    /// Every slot, by name.
    pub const ALL: [Self; 16] = [
        Self::Agent,
        Self::AgentProfile,
        Self::AgentProfileVersion,
        Self::Assignee,
        Self::CancellationReason,
        Self::Model,
        Self::Notes,
        Self::Provider,
        Self::ReasonSource,
        Self::Review,
        Self::ReviewResult,
        Self::Role,
        Self::ShellPid,
        Self::ShellPidCreatedAt,
        Self::Subtasks,
        Self::TrackerRefs,
    ];

    /// Returns the key under which it stands.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::AgentProfile => "agent_profile",
            Self::AgentProfileVersion => "agent_profile_version",
            Self::Assignee => "assignee",
            Self::CancellationReason => "cancellation_reason",
            Self::Model => "model",
            Self::Notes => "notes",
            Self::Provider => "provider",
            Self::ReasonSource => "reason_source",
            Self::Review => "review",
            Self::ReviewResult => "review_result",
            Self::Role => "role",
            Self::ShellPid => "shell_pid",
            Self::ShellPidCreatedAt => "shell_pid_created_at",
            Self::Subtasks => "subtasks",
            Self::TrackerRefs => "tracker_refs",
        }
    }

    /// Returns the slot of that name, if an annotation replaces it by a value as it stands.
    pub(super) fn replaceable(name: &str) -> Option<Self> {
        [
            Self::ShellPidCreatedAt,
            Self::Agent,
            Self::Assignee,
            Self::Role,
            Self::AgentProfile,
            Self::AgentProfileVersion,
            Self::Model,
            Self::Provider,
        ]
        .into_iter()
        .find(|slot| slot.as_str() == name)
    }
}
