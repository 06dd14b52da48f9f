//! Arguments of `decision`.

use clap::{Args, Subcommand, ValueEnum};
use pawtrail_event::DecisionId;

/// The verbs of `decision`.
#[derive(Debug, Subcommand)]
pub(crate) enum DecisionCommand {
    /// Ask a question that a mission waits for
    #[command(
        after_help = "Example:\n  pawtrail decision request --mission payments --question \"Which database?\" --option sqlite --option postgres"
    )]
    Request(RequestArgs),
    /// Answer a decision and commit it, together with its request
    #[command(
        after_help = "Examples:\n  pawtrail decision answer 01KT11A2B3C4D5E6F7G8H9JKMN postgres\n  pawtrail decision answer input:database postgres --mission payments"
    )]
    Answer(AnswerArgs),
    /// List the decisions of a mission
    #[command(after_help = "Example:\n  pawtrail decision list --mission payments --open")]
    List(ListArgs),
    /// Show one decision with its history
    #[command(after_help = "Example:\n  pawtrail decision show 01KT11A2B3C4D5E6F7G8H9JKMN")]
    Show(ShowArgs),
    /// Read the decisions from git alone, at any commit
    #[command(after_help = "Example:\n  pawtrail decision log --mission payments --ref HEAD~3")]
    Log(LogArgs),
}

/// Arguments of `decision request`.
#[derive(Debug, Args)]
pub(crate) struct RequestArgs {
    /// Mission id, its first 8 characters, directory name, slug, or number
    #[arg(long, value_name = "MISSION")]
    pub(crate) mission: Option<String>,
    /// What is to be decided
    #[arg(long, value_name = "TEXT")]
    pub(crate) question: String,
    /// A possible answer; may be given several times
    #[arg(long = "option", value_name = "TEXT")]
    pub(crate) options: Vec<String>,
    /// The step of the mission that asks
    #[arg(long, value_name = "STEP")]
    pub(crate) step: Option<String>,
    /// The name of the input that the answer fills; the decision is then `input:<key>`
    #[arg(long, value_name = "KEY")]
    pub(crate) input_key: Option<String>,
    /// The run that asks
    #[arg(long, value_name = "RUN")]
    pub(crate) run: Option<String>,
    /// Who asks
    #[command(flatten)]
    pub(crate) actor: ActorArgs,
    /// Retries
    #[command(flatten)]
    pub(crate) key: KeyArg,
}

/// Arguments of `decision answer`.
#[derive(Debug, Args)]
pub(crate) struct AnswerArgs {
    /// The decision: a ULID, or `input:<key>`
    pub(crate) decision_id: DecisionId,
    /// The answer; behind `--` it may begin with a dash
    #[arg(allow_negative_numbers = true)]
    pub(crate) answer: String,
    /// Mission id, its first 8 characters, directory name, slug, or number
    #[arg(long, value_name = "MISSION")]
    pub(crate) mission: Option<String>,
    /// Who answers
    #[command(flatten)]
    pub(crate) actor: ActorArgs,
    /// Retries
    #[command(flatten)]
    pub(crate) key: KeyArg,
}

/// Makes retries safe.
#[derive(Debug, Args)]
pub(crate) struct KeyArg {
    /// The same key gives the same result and writes once
    #[arg(long = "idempotency-key", value_name = "KEY")]
    pub(crate) value: Option<String>,
}

/// Who acts.
#[derive(Debug, Args)]
pub(crate) struct ActorArgs {
    /// Who acts: a role or a name that may be public
    #[arg(long, value_name = "NAME")]
    pub(crate) actor: Option<String>,
    /// What kind of actor that is: human, llm or service
    #[arg(long, value_name = "KIND", hide_possible_values = true)]
    pub(crate) actor_type: Option<ActorKind>,
}

/// The kinds of actors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ActorKind {
    /// A person
    Human,
    /// A language model
    Llm,
    /// A program
    Service,
}

/// Arguments of `decision list`.
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// Mission id, its first 8 characters, directory name, slug, or number
    #[arg(long, value_name = "MISSION")]
    pub(crate) mission: Option<String>,
    /// Only those without an answer
    #[arg(long)]
    pub(crate) open: bool,
}

/// Arguments of `decision show`.
#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// The decision: a ULID, or `input:<key>`
    pub(crate) decision_id: DecisionId,
    /// Mission id, its first 8 characters, directory name, slug, or number
    #[arg(long, value_name = "MISSION")]
    pub(crate) mission: Option<String>,
}

/// Arguments of `decision log`.
#[derive(Debug, Args)]
pub(crate) struct LogArgs {
    /// Mission id, its first 8 characters, directory name, slug, or number
    #[arg(long, value_name = "MISSION")]
    pub(crate) mission: Option<String>,
    /// The commit to read from; default: the mission's ledger branch
    #[arg(long = "ref", value_name = "REVISION")]
    pub(crate) reference: Option<String>,
}
