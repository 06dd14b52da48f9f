//! Arguments of `next`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use pawtrail_event::run::Delegable;
use pawtrail_event::{DecisionId, StepId};

use super::ActorArgs;

// The help of `next` stands here: that of the noun would give way to that of what is flattened into it.
/// Say what comes next in a mission: a step, a question, or the end
///
/// Without --result nothing is written. With it, the step that the agent has is reported on, and the next one is
/// issued to it; with --answer a decision is answered first. Repeat a report safely with --step, an answer with
/// --decision-id.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct NextArgs {
    /// What else can be done with a run.
    #[command(subcommand)]
    pub(crate) command: Option<NextCommand>,
    /// What happened, and what is asked.
    #[command(flatten)]
    pub(crate) turn: TurnArgs,
}

/// One turn of the loop.
#[derive(Debug, Args)]
pub(crate) struct TurnArgs {
    /// Mission id, its first 8 characters, directory name, slug, or number
    #[arg(long, value_name = "MISSION")]
    pub(crate) mission: Option<String>,
    /// Who works: the name under which steps are issued
    #[arg(long, value_name = "NAME")]
    pub(crate) agent: Option<String>,
    /// How the issued step ended: success, failed or blocked; without it nothing is written
    #[arg(
        long,
        value_name = "RESULT",
        requires = "agent",
        hide_possible_values = true
    )]
    pub(crate) result: Option<ResultName>,
    /// The step that the result is for; a repeated report then completes nothing twice
    #[arg(long, value_name = "STEP", requires = "result")]
    pub(crate) step: Option<StepId>,
    /// The answer to the decision that waits
    #[arg(long, value_name = "TEXT", requires_all = ["result", "agent"])]
    pub(crate) answer: Option<String>,
    /// Which decision; needed where several wait, and where the command may be repeated
    #[arg(long, value_name = "DECISION", requires = "answer")]
    pub(crate) decision_id: Option<DecisionId>,
    /// Take the step that another agent has
    #[arg(long, requires = "agent", conflicts_with_all = ["result", "answer"])]
    pub(crate) take_over: bool,
    /// Say why this and nothing else
    #[arg(long)]
    pub(crate) explain: bool,
    /// Who answers
    #[command(flatten)]
    pub(crate) actor: ActorArgs,
}

/// How a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ResultName {
    /// It is done
    Success,
    /// It failed
    Failed,
    /// Something keeps it from being done
    Blocked,
}

/// The verbs of `next`.
#[derive(Debug, Subcommand)]
pub(crate) enum NextCommand {
    /// Say who answers a run's audits
    #[command(
        after_help = "Example:\n  pawtrail next owner lead --mission payments --actor-type human --actor lead"
    )]
    Owner(OwnerArgs),
    /// Let agents answer a decision, or all but audits
    #[command(
        after_help = "Examples:\n  pawtrail next delegate input:database --rationale \"ADR 7\" --mission payments --actor-type human --actor lead\n  pawtrail next delegate '*' --rationale \"a rehearsal\" --mission payments --actor-type human --actor lead"
    )]
    Delegate(DelegateArgs),
    /// Let a run go on that a failed step or a rejected audit has blocked
    ///
    /// The step is issued again, the audit asked again.
    #[command(
        after_help = "Example:\n  pawtrail next unblock --rationale \"the database is up again\" --mission payments"
    )]
    Unblock(UnblockArgs),
    /// Templates of missions: check, adopt
    #[command(subcommand)]
    Template(TemplateCommand),
}

/// Arguments of `next owner`.
#[derive(Debug, Args)]
pub(crate) struct OwnerArgs {
    /// The owner: a role or a name that may be public
    #[arg(value_name = "NAME")]
    pub(crate) owner: String,
    /// Mission id, its first 8 characters, directory name, slug, or number
    #[arg(long, value_name = "MISSION")]
    pub(crate) mission: Option<String>,
    /// Who says so
    #[command(flatten)]
    pub(crate) actor: ActorArgs,
}

/// Arguments of `next delegate`.
#[derive(Debug, Args)]
pub(crate) struct DelegateArgs {
    /// The decision, or `*` for all but audits
    #[arg(value_name = "DECISION")]
    pub(crate) decision: Delegable,
    /// Why: a text, or where the reason is written down
    #[arg(long, value_name = "TEXT")]
    pub(crate) rationale: String,
    /// The role in which agents answer then
    #[arg(long, value_name = "ROLE", default_value = "delegated_llm")]
    pub(crate) role: String,
    /// Mission id, its first 8 characters, directory name, slug, or number
    #[arg(long, value_name = "MISSION")]
    pub(crate) mission: Option<String>,
    /// Who delegates
    #[command(flatten)]
    pub(crate) actor: ActorArgs,
}

/// Arguments of `next unblock`.
#[derive(Debug, Args)]
pub(crate) struct UnblockArgs {
    /// Why it may go on
    #[arg(long, value_name = "TEXT")]
    pub(crate) rationale: Option<String>,
    /// Mission id, its first 8 characters, directory name, slug, or number
    #[arg(long, value_name = "MISSION")]
    pub(crate) mission: Option<String>,
    /// Who says so
    #[command(flatten)]
    pub(crate) actor: ActorArgs,
}

/// The verbs of `next template`.
#[derive(Debug, Subcommand)]
pub(crate) enum TemplateCommand {
    /// Check a template, and show every problem with its line
    #[command(
        after_help = "Example:\n  pawtrail next template check .kittify/missions/payments/mission-runtime.yaml"
    )]
    Check {
        /// The template, `mission-runtime.yaml`
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Let a run go on with the template as it is now
    #[command(
        after_help = "Example:\n  pawtrail next template adopt --mission payments --actor-type human --actor lead"
    )]
    Adopt(AdoptArgs),
}

/// Arguments of `next template adopt`.
#[derive(Debug, Args)]
pub(crate) struct AdoptArgs {
    /// Mission id, its first 8 characters, directory name, slug, or number
    #[arg(long, value_name = "MISSION")]
    pub(crate) mission: Option<String>,
    /// Who says so
    #[command(flatten)]
    pub(crate) actor: ActorArgs,
}
